//! Debian's Tomcats, as any user starts them: from a folder of their own (CATALINA_BASE), without a service.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::jvm::Jvm;
use super::program;
use super::scratch::Scratch;

const HOME: &str = "/usr/share/tomcat10";
const PACKAGE: &str = "tomcat10-user (without tomcat10 itself, which would start a service)";
const PATIENCE: Duration = Duration::from_secs(120);

/// Tomcat 9 comes to Debian 12 as its jars alone.
const JARS: &str = "/usr/share/java";
const PACKAGE_9: &str = "libtomcat9-java";

/// Looking through its own jars for tag libraries is most of a start.
const OPTIONS: [&str; 3] = [
    "-XX:TieredStopAtLevel=1",
    "-Dorg.apache.catalina.startup.EXIT_ON_INIT_FAILURE=true",
    "-Dtomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar",
];

/// Without this servlet every file answers 404.
const WEB_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<web-app>
  <servlet><servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    <load-on-startup>1</load-on-startup></servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
  <mime-mapping><extension>json</extension><mime-type>application/json</mime-type></mime-mapping>
</web-app>
"#;

/// A running Tomcat, ended when dropped.
#[derive(Debug)]
pub(crate) struct Tomcat {
    child: Child,
    base: Scratch,
    /// Where it listens, on 127.0.0.1: its first connector.
    pub(crate) port: u16,
    /// Where each of its connectors listens.
    pub(crate) ports: Vec<u16>,
}

impl Tomcat {
    /// Starts Tomcat 10 with a connector whose `<Connector>` element holds `inside`, with `attributes` more; serves
    /// `files` (path from the root, content). Returns once the connector answers.
    ///
    /// # Panics
    /// With Tomcat's own log if the connector does not start.
    #[track_caller]
    pub(crate) fn start(jvm: &Jvm, attributes: &str, inside: &str, files: &[(&str, &str)]) -> Self {
        let connector = format!(
            "<Connector address=\"127.0.0.1\" port=\"0\" protocol=\"HTTP/1.1\" SSLEnabled=\"true\" {attributes}>\n\
             {inside}\n</Connector>"
        );
        Self::ten(jvm, &[connector], files)
    }

    /// The usual connector: one keystore, in the form that Tomcat 8.5 to 11 take.
    #[track_caller]
    pub(crate) fn with_keystore(jvm: &Jvm, keystore: &str, kind: &str, password: &str, alias: &str) -> Self {
        let inside = format!(
            "<SSLHostConfig><Certificate certificateKeystoreFile=\"{keystore}\" certificateKeystoreType=\"{kind}\" \
             certificateKeystorePassword=\"{password}\" certificateKeyAlias=\"{alias}\"/></SSLHostConfig>"
        );
        Self::start(jvm, "", &inside, &[("hello.txt", "hello\n")])
    }

    /// Tomcat 10 with these connectors, each on port 0.
    #[track_caller]
    pub(crate) fn ten(jvm: &Jvm, connectors: &[String], files: &[(&str, &str)]) -> Self {
        Self::run(Self::ten_command(jvm), PACKAGE, connectors, files)
    }

    fn ten_command(jvm: &Jvm) -> Command {
        let mut command = Command::new(format!("{HOME}/bin/catalina.sh"));
        command.arg("run").env("CATALINA_HOME", HOME).env("JAVA_HOME", &jvm.home).env_remove("JRE_HOME");
        command.env("CATALINA_OPTS", OPTIONS.join(" "));
        command
    }

    /// The same for Tomcat 9.
    #[track_caller]
    pub(crate) fn nine(jvm: &Jvm, connectors: &[String], files: &[(&str, &str)]) -> Self {
        let jars = std::fs::read_dir(JARS).into_iter().flatten().map(|entry| entry.unwrap().path());
        let ours = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("tomcat9-") && name.ends_with(".jar") && !name.contains("-9.")
        };
        let jars: Vec<_> = jars.filter(ours).collect();
        let mut command = jvm.program("java");
        command.args(OPTIONS);
        command.arg("-cp").arg(std::env::join_paths(jars).unwrap());
        command.args(["org.apache.catalina.startup.Bootstrap", "start"]);
        Self::run(command, PACKAGE_9, connectors, files)
    }

    /// What Tomcat 10 logs when it does not start with this connector.
    #[track_caller]
    pub(crate) fn refusal(jvm: &Jvm, connector: String) -> String {
        let mut tomcat = Self::spawn(Self::ten_command(jvm), PACKAGE, &[connector], &[]);
        let start = Instant::now();
        while tomcat.child.try_wait().unwrap().is_none() {
            let started = tomcat.log().contains("Server startup in") || start.elapsed() > PATIENCE;
            assert!(!started, "Tomcat started: {}", tomcat.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        tomcat.log()
    }

    #[track_caller]
    fn run(command: Command, package: &str, connectors: &[String], files: &[(&str, &str)]) -> Self {
        let mut tomcat = Self::spawn(command, package, connectors, files);
        tomcat.wait_until_it_answers(package);
        tomcat.ports = ports(&tomcat.log());
        assert_eq!(tomcat.ports.len(), connectors.len(), "{}", tomcat.log());
        tomcat.port = tomcat.ports[0];
        tomcat
    }

    #[track_caller]
    fn spawn(mut command: Command, package: &str, connectors: &[String], files: &[(&str, &str)]) -> Self {
        let base = Scratch::new();
        base.write("conf/web.xml", WEB_XML);
        base.write("conf/server.xml", server_xml(&connectors.concat()));
        for folder in ["lib", "logs", "work", "temp", "webapps/ROOT"] {
            std::fs::create_dir_all(base.path().join(folder)).unwrap();
        }
        for (path, content) in files {
            base.write(&format!("webapps/ROOT/{path}"), content);
        }
        let log = File::create(base.path().join("out.log")).unwrap();
        command.env("CATALINA_BASE", base.path()).env_remove("JAVA_TOOL_OPTIONS");
        // Bootstrap itself, without catalina.sh, takes this folder for both.
        command.current_dir(base.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), package));
        Self { child, base, port: 0, ports: Vec::new() }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.base.read("out.log")).into_owned()
    }

    #[track_caller]
    fn wait_until_it_answers(&mut self, package: &str) {
        let start = Instant::now();
        while !self.log().contains("Server startup in") {
            let ended = self.child.try_wait().unwrap();
            let failed = ended.is_some() || start.elapsed() > PATIENCE;
            assert!(!failed, "Tomcat (of {package}) did not start ({ended:?}):\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tomcat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ports that the system gave the connectors, which Tomcat names after them when it starts them:
/// `Starting ProtocolHandler ["https-jsse-nio-127.0.0.1-auto-1-41234"]`.
fn ports(log: &str) -> Vec<u16> {
    let started = log.split("Starting ProtocolHandler [\"").skip(1).filter_map(|rest| rest.split_once("\"]"));
    started.map(|(name, _)| name.rsplit_once('-').unwrap().1.parse().unwrap()).collect()
}

fn server_xml(connectors: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="SHUTDOWN">
  <Service name="Catalina">
    {connectors}
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
"#
    )
}

//! Debian's Tomcat 10, as any user starts it: from a folder of its own (CATALINA_BASE), without its service.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::jvm::Jvm;
use super::program;
use super::scratch::Scratch;

const HOME: &str = "/usr/share/tomcat10";
const PACKAGE: &str = "tomcat10-user (without tomcat10 itself, which would start a service)";
const PATIENCE: Duration = Duration::from_secs(60);

/// Without this servlet every file answers 404.
const WEB_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
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
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Tomcat {
    /// Starts a connector whose `<Connector>` element holds `inside`, with `attributes` more; serves `files` (path
    /// from the root, content). Returns once the connector answers.
    ///
    /// # Panics
    /// With Tomcat's own log if the connector does not start.
    #[track_caller]
    pub(crate) fn start(jvm: &Jvm, attributes: &str, inside: &str, files: &[(&str, &str)]) -> Self {
        let base = Scratch::new();
        let port = free_port();
        base.write("conf/web.xml", WEB_XML);
        base.write("conf/server.xml", server_xml(port, attributes, inside));
        for folder in ["logs", "work", "temp", "webapps/ROOT"] {
            std::fs::create_dir_all(base.path().join(folder)).unwrap();
        }
        for (path, content) in files {
            base.write(&format!("webapps/ROOT/{path}"), content);
        }
        let log = File::create(base.path().join("out.log")).unwrap();
        let mut command = Command::new(format!("{HOME}/bin/catalina.sh"));
        command.arg("run").env("CATALINA_HOME", HOME).env("CATALINA_BASE", base.path());
        command.env("JAVA_HOME", &jvm.home).env_remove("JAVA_TOOL_OPTIONS").env_remove("JRE_HOME");
        let options = "-XX:TieredStopAtLevel=1 -Dorg.apache.catalina.startup.EXIT_ON_INIT_FAILURE=true";
        command.env("CATALINA_OPTS", options);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), PACKAGE));
        let mut tomcat = Self { child, base, port };
        tomcat.wait_until_it_answers();
        tomcat
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

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&self.base.read("out.log")).into_owned()
    }

    #[track_caller]
    fn wait_until_it_answers(&mut self) {
        let start = Instant::now();
        while !(self.log().contains("Server startup in")
            && TcpStream::connect(("127.0.0.1", self.port)).is_ok())
        {
            let ended = self.child.try_wait().unwrap();
            let failed = ended.is_some() || start.elapsed() > PATIENCE;
            assert!(!failed, "Tomcat did not start ({ended:?}):\n{}", self.log());
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

fn server_xml(port: u16, attributes: &str, inside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Connector address="127.0.0.1" port="{port}" protocol="HTTP/1.1" SSLEnabled="true" {attributes}>
      {inside}
    </Connector>
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
"#
    )
}

/// A port that was free a moment ago: Tomcat cannot say which one the system gave it.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

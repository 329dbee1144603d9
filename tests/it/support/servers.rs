//! Servers as Debian has them, run from a folder of their own by whoever runs the tests, without their services.

use std::fs::File;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::scratch::Scratch;
use super::{port, program};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, ended when dropped. Its files are in a folder of its own.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    home: Scratch,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

/// What a server presents: PEM files in some folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'a> {
    /// The chain, leaf first.
    pub(crate) chain: &'a [u8],
    /// The leaf's key.
    pub(crate) key: &'a [u8],
}

impl Server {
    /// OpenLDAP without a database, which begins in the clear (`ldap`) or with TLS at once (`ldaps`); `lines` go into its
    /// slapd.conf.
    #[track_caller]
    pub(crate) fn slapd(scheme: &str, identity: Option<Identity<'_>>, lines: &str) -> Self {
        let home = Scratch::new();
        let mut conf = format!("include /etc/ldap/schema/core.schema\npidfile {}\n", home.at("pid"));
        if let Some(identity) = identity {
            put(&home, identity);
            let (chain, key) = (home.at("chain.pem"), home.at("key.pem"));
            conf.push_str(&format!("TLSCertificateFile {chain}\nTLSCertificateKeyFile {key}\n"));
        }
        conf.push_str(&format!("{lines}\n"));
        home.write("slapd.conf", conf);
        Self::start(home, "slapd", |home, port| {
            let mut command = Command::new("/usr/sbin/slapd");
            command
                .args(["-d", "0", "-f", &home.at("slapd.conf")])
                .arg("-h")
                .arg(format!("{scheme}://127.0.0.1:{port}/"));
            command
        })
    }

    /// PostgreSQL with a new cluster; `settings` as `name=value`. It does not run as root, so root gives it to nobody.
    #[track_caller]
    pub(crate) fn postgres(identity: Identity<'_>, settings: &[&str]) -> Self {
        let home = Scratch::new();
        put(&home, identity);
        let bin = postgres_bin();
        own(&home);
        let mut initdb = as_nobody(&bin.join("initdb"));
        initdb.args([
            "-D",
            &home.at("data"),
            "-U",
            "test",
            "-A",
            "trust",
            "--no-locale",
            "--no-sync",
            "-E",
            "UTF8",
        ]);
        program::run(initdb, b"", "postgresql").success();
        Self::start(home, "postgresql", |home, port| {
            let mut command = as_nobody(&bin.join("postgres"));
            command.args(["-D", &home.at("data"), "-h", "127.0.0.1", "-p", &port.to_string()]);
            let files = [
                format!("ssl_cert_file={}", home.at("chain.pem")),
                format!("ssl_key_file={}", home.at("key.pem")),
            ];
            let fixed = [
                "ssl=on",
                "unix_socket_directories=",
                "fsync=off",
                "shared_buffers=1MB",
                "max_connections=10",
            ];
            for setting in
                fixed.iter().copied().chain(files.iter().map(String::as_str)).chain(settings.iter().copied())
            {
                command.args(["-c", setting]);
            }
            command
        })
    }

    /// nginx, with `lines` in its server block.
    #[track_caller]
    pub(crate) fn nginx(identity: Identity<'_>, lines: &str) -> Self {
        let home = Scratch::new();
        put(&home, identity);
        home.write("ca.pem", identity.chain);
        Self::start(home, "nginx-light", |home, port| {
            let at = |name: &str| home.at(name);
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary: String =
                temporary.iter().map(|kind| format!("{kind}_temp_path {};\n", at("t"))).collect();
            let conf = format!(
                "daemon off; pid {}; error_log {} crit;\nevents {{}}\nhttp {{ access_log off; {temporary}\n\
                 server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {};\n{lines}\n\
                 location / {{ return 204; }} }} }}\n",
                at("pid"),
                at("error.log"),
                at("chain.pem"),
                at("key.pem"),
            );
            home.write("nginx.conf", conf);
            let mut command = Command::new("/usr/sbin/nginx");
            command.args(["-c", &at("nginx.conf"), "-e", &at("error.log")]);
            command
        })
    }

    /// nginx with these lines alone about certificates.
    #[track_caller]
    pub(crate) fn nginx_told(lines: &str) -> Self {
        Self::start(Scratch::new(), "nginx-light", |home, port| {
            let (pid, log, t) = (home.at("pid"), home.at("error.log"), home.at("t"));
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let temporary = temporary.map(|kind| format!("{kind}_temp_path {t};")).concat();
            let conf = format!(
                "daemon off; pid {pid}; error_log {log} crit; events {{}}\nhttp {{ access_log off; {temporary}\n\
                 server {{ listen 127.0.0.1:{port} ssl;\n{lines}\nlocation / {{ return 204; }} }} }}\n"
            );
            home.write("nginx.conf", conf);
            let mut command = Command::new("/usr/sbin/nginx");
            command.args(["-c", &home.at("nginx.conf"), "-e", &log]);
            command
        })
    }

    /// Apache httpd with these lines alone about certificates.
    #[track_caller]
    pub(crate) fn apache_told(lines: &str) -> Self {
        Self::start(Scratch::new(), "apache2-bin", |home, port| {
            let (pid, log, root) = (home.at("pid"), home.at("error.log"), home.path().display());
            let modules = ["mpm_event", "authz_core", "ssl"]
                .map(|name| format!("LoadModule {name}_module modules/mod_{name}.so\n"))
                .concat();
            let conf = format!(
                "ServerRoot /usr/lib/apache2\n{modules}ServerName localhost\nListen 127.0.0.1:{port}\nPidFile {pid}\n\
                 DefaultRuntimeDir {root}\nErrorLog {log}\nUser nobody\nGroup nogroup\nSSLEngine on\n{lines}\n"
            );
            home.write("httpd.conf", conf);
            let mut command = Command::new("/usr/sbin/apache2");
            command.args(["-X", "-f", &home.at("httpd.conf")]);
            command
        })
    }

    /// GnuTLS's server with these arguments, answering HTTP.
    #[track_caller]
    pub(crate) fn gnutls(identity: Identity<'_>, arguments: &[&str]) -> Self {
        let home = Scratch::new();
        put(&home, identity);
        Self::start(home, "gnutls-bin", |home, port| {
            let mut command = Command::new("/usr/bin/gnutls-serv");
            command.args(["--http", "--quiet", "--port", &port.to_string()]);
            command.args(["--x509certfile", &home.at("chain.pem"), "--x509keyfile", &home.at("key.pem")]);
            command.args(arguments);
            command
        })
    }

    /// tinyproxy, which lets this user and password through.
    #[track_caller]
    pub(crate) fn tinyproxy(user: &str, password: &str) -> Self {
        Self::start(Scratch::new(), "tinyproxy-bin", |home, port| {
            let conf = format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 30\nAllow 127.0.0.1\nBasicAuth {user} {password}\n"
            );
            home.write("tinyproxy.conf", conf);
            let mut command = Command::new("/usr/bin/tinyproxy");
            command.args(["-d", "-c", &home.at("tinyproxy.conf")]);
            command
        })
    }

    #[track_caller]
    fn start(home: Scratch, package: &str, command: impl Fn(&Scratch, u16) -> Command) -> Self {
        let port = port::free();
        let mut command = command(&home, port);
        let log = File::create(home.path().join("out.log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.current_dir(home.path());
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| program::missing(&command, &error.to_string(), package));
        let mut server = Self { child, home, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", server.port)).is_err() {
            let ended = server.child.try_wait().unwrap();
            let log = String::from_utf8_lossy(&server.home.read("out.log")).into_owned();
            let signal = ended.and_then(|status| status.signal());
            assert!(
                ended.is_none() && start.elapsed() < PATIENCE,
                "{command:?}: {ended:?} {signal:?}\n{log}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // PostgreSQL and nginx end their children when asked, not when killed.
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        if asked.is_ok_and(|status| status.success()) {
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(5) {
                if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn put(home: &Scratch, identity: Identity<'_>) {
    use std::os::unix::fs::PermissionsExt as _;
    home.write("chain.pem", identity.chain);
    let key = home.write("key.pem", identity.key);
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[track_caller]
fn postgres_bin() -> std::path::PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        folders.map(|folder| folder.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.expect("no initdb under /usr/lib/postgresql; install postgresql (tests/setup.sh does)")
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Gives a folder to nobody, if the tests run as root.
fn own(home: &Scratch) {
    if is_root() {
        let done = Command::new("chown").arg("-R").arg("nobody").arg(home.path()).status();
        assert!(done.unwrap().success());
    }
}

fn as_nobody(program: &std::path::Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]).arg(program);
    command.env("HOME", "/nonexistent");
    command
}

//! The chain that `--write-bundle` writes, and the lines it prints for it, in the servers themselves.

use crate::net_support::Pki;
use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{self, openssl_with};
use crate::support::program;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::servers::Server;
use crate::support::tomcat::Tomcat;

/// What is printed behind a server's name.
#[track_caller]
fn line<'a>(printed: &'a str, server: &str) -> &'a str {
    let line = printed.lines().find_map(|line| line.trim_start().strip_prefix(server));
    line.unwrap_or_else(|| panic!("no {server} in {printed}")).trim()
}

/// This program, a JVM and OpenSSL accept the server with the root alone.
#[track_caller]
fn accepted(home: &Scratch, server: &str, port: u16) {
    let source = format!("https://localhost:{port}/");
    trustmend(home, &["diagnose", &source, "--store", "root.jks", "--no-fetch"]).success();
    let jvm = Jvm::all().iter().max_by_key(|jvm| jvm.major()).unwrap();
    let option = format!("-Djavax.net.ssl.trustStore={}", home.at("root.jks"));
    let printed = java::run(jvm, "HttpsGet", &[&option], &[&source]).stdout;
    let status = printed.lines().next().unwrap_or_default();
    assert!(status.parse::<u16>().is_ok(), "{server}: {printed}");
    let (address, root) = (format!("127.0.0.1:{port}"), home.at("root.pem"));
    let words = ["s_client", "-brief", "-verify_return_error", "-CAfile", &root, "-connect", &address];
    let run = openssl_with(&words, b"");
    assert!(run.stderr.contains("Verification: OK"), "{server}: {}", run.text());
}

#[test]
fn the_bundle_serves_in_the_lines_printed_for_it() {
    let home = Scratch::new();
    Pki::new().write(home.path());
    std::fs::rename(home.at("chain.pem"), home.at("middle.pem")).unwrap();
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let key = home.at("key.pem");
    let bare = openssl::Server::start(&["-cert", &home.at("leaf.pem"), "-key", &key]);
    let source = format!("localhost:{}", bare.port);
    let wanted = ["--extra", "middle.pem", "--write-bundle", "the bundle.pem"];
    let run = trustmend(&home, &[&["diagnose", &source, "--store", "root.jks"][..], &wanted].concat());
    assert_eq!(run.code, 1, "the server sends its own certificate alone: {}", run.text());
    let printed = run.stderr.as_str();

    let nginx = Server::nginx_told(&format!("{}\nssl_certificate_key \"{key}\";", line(printed, "nginx:")));
    accepted(&home, "nginx", nginx.port);
    let apache = line(printed, "Apache 2.4.8:");
    let apache = Server::apache_told(&format!("{apache}\nSSLCertificateKeyFile \"{key}\""));
    accepted(&home, "Apache", apache.port);

    let export = line(printed, "a keystore:").replace("KEY", &key).replace("NEW.p12", &home.at("new.p12"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("{export} -passout pass:changeit")]);
    program::run(shell, b"", "openssl").success();
    let file = line(printed, "Tomcat 8.5:").replace("\"...\"", &format!("\"{key}\""));
    let keystore = format!(
        "<Certificate certificateKeystoreFile=\"{}\" certificateKeystorePassword=\"changeit\" certificateKeyAlias=\"tomcat\"/>",
        home.at("new.p12")
    );
    let connectors = [file, keystore].map(|certificate| {
        format!(
            "<Connector address=\"127.0.0.1\" port=\"0\" protocol=\"HTTP/1.1\" SSLEnabled=\"true\">\
             <SSLHostConfig>{certificate}</SSLHostConfig></Connector>"
        )
    });
    let jvm = Jvm::all().iter().max_by_key(|jvm| jvm.major()).unwrap();
    let tomcat = Tomcat::ten(jvm, &connectors, &[("hello.txt", "hello\n")]);
    assert_eq!(tomcat.ports.len(), 2);
    for port in &tomcat.ports {
        accepted(&home, "Tomcat", *port);
    }
}

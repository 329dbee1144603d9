//! A JVM's options change the verdict as they change the JVM.

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

#[test]
fn options_are_honoured_as_each_jvm_honours_them() {
    let home = Scratch::new();
    let (key, certificate, store) = (home.at("key.pem"), home.at("certificate.pem"), home.at("trust.jks"));
    let make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"];
    let names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", &key, "-out", &certificate];
    openssl(&[&make[..], &names].concat()).success();
    trustmend(&home, &["import", &certificate, "--store", &store]).success();
    let security = home.write("security", "jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, TLSv1.3\n");
    let server = Server::start(&["-cert", &certificate, "-key", &key, "-tls1_3"]);
    let url = format!("https://localhost:{}/?token=hidden", server.port);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let diagnose = |version: &str, option: &str| {
        let options = [format!("--java-option={trust}"), format!("--java-option={option}")];
        let words = ["diagnose", &url, "--json", "--java-version", version, &options[0], &options[1]];
        let outcome = trustmend(&home, &words);
        assert!(!outcome.stdout.contains("hidden"), "{}", outcome.stdout);
        outcome.json()["targets"][0].clone()
    };
    for jvm in Jvm::all() {
        assert_eq!(diagnose(&jvm.version, "-Dhttps.protocols=TLSv1.3")["verdict"], "trusted");
        for option in [
            "-Dhttps.protocols=TLSv1.2".to_owned(),
            "-Djdk.tls.client.protocols=TLSv1.2".to_owned(),
            format!("-Djava.security.properties={}", security.display()),
        ] {
            let printed = java::run(jvm, "HttpsGet", &[&trust, &option], &[&url]).stdout;
            let predicted = diagnose(&jvm.version, &option)["predicted_error"].clone();
            assert_eq!(predicted.as_str(), printed.lines().next(), "{option}, Java {}", jvm.version);
            // The option is to blame, not the server; a security file is no option of that kind.
            let findings = diagnose(&jvm.version, &option)["findings"].clone();
            let is_blamed = findings[0]["code"] == "protocol-client-restricted";
            assert_eq!(is_blamed, option.contains("protocols="), "{option}: {findings}");
        }
    }
}

#[test]
fn a_store_password_is_not_taken_from_the_command_line() {
    let home = Scratch::new();
    let option = "--java-option=-Djavax.net.ssl.trustStorePassword=s3cret";
    let outcome = trustmend(&home, &["diagnose", "localhost:1", option]);
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("s3cret") && outcome.stderr.contains("--store-password-file"));
}

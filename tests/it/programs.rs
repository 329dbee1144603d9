//! The judges themselves work: a real Tomcat, a real JVM, openssl, and the messages we compare with are Java's own.

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::scratch::Scratch;
use crate::support::tomcat::Tomcat;

/// The cause, which every Java spells alike; the exception around it names the alert only since late 2023.
const UNTRUSTED: &str = "sun.security.validator.ValidatorException: PKIX path building failed: \
    sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested \
    target";

#[test]
fn a_java_client_tells_why_it_does_not_trust_a_tomcat_and_then_trusts_it() {
    let scratch = Scratch::new();
    let (keystore, trusted) = (scratch.at("server.p12"), scratch.at("trusted.p12"));
    let jvm = Jvm::with_keytool().next().unwrap();
    let store = |file| ["-storepass", "changeit", "-keystore", file];
    let key = ["-genkeypair", "-alias", "tomcat", "-keyalg", "EC", "-dname", "CN=scim.corp.test"];
    let san = ["-ext", "san=dns:scim.corp.test"];
    jvm.keytool(&[&key[..], &san, &store(&keystore)].concat()).success();
    let certificate = scratch.at("server.pem");
    let export = ["-exportcert", "-rfc", "-alias", "tomcat", "-file", &certificate];
    jvm.keytool(&[&export[..], &store(&keystore)].concat()).success();
    let import = ["-importcert", "-noprompt", "-alias", "server", "-file", &certificate];
    jvm.keytool(&[&import[..], &store(&trusted)].concat()).success();

    let tomcat = Tomcat::with_keystore(jvm, &keystore, "PKCS12", "changeit", "tomcat");
    let hosts = java::hosts(&scratch, &[("scim.corp.test", "127.0.0.1")]);
    let url = format!("https://scim.corp.test:{}/hello.txt", tomcat.port);
    for jvm in Jvm::all() {
        let refused = java::run(jvm, "HttpsGet", &[&hosts], &[&url]);
        assert_eq!((refused.code, refused.stdout.lines().nth(1)), (1, Some(UNTRUSTED)), "{}", jvm.version);
        let trust = format!("-Djavax.net.ssl.trustStore={trusted}");
        let password = "-Djavax.net.ssl.trustStorePassword=changeit";
        let welcome = java::run(jvm, "HttpsGet", &[&hosts, &trust, password], &[&url]).success();
        assert_eq!(welcome.stdout, "200\nhello\n", "{}", jvm.version);
    }
}

#[test]
fn openssl_serves_what_openssl_made() {
    let scratch = Scratch::new();
    let (key, certificate) = (scratch.at("key.pem"), scratch.at("certificate.pem"));
    let make = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
    ];
    openssl(&[&make[..], &["-keyout", &key, "-out", &certificate]].concat()).success();
    let server = Server::start(&["-cert", &certificate, "-key", &key]);
    let address = format!("127.0.0.1:{}", server.port);
    let connect = ["s_client", "-connect", &address, "-CAfile", &certificate, "-verify_return_error"];
    assert!(openssl(&connect).success().stdout.contains("Verify return code: 0 (ok)"));
}

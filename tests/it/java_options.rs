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
    let plain = format!("tls://localhost:{}", server.port);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let diagnose = |version: &str, option: &str| {
        let options = [format!("--java-option={trust}"), format!("--java-option={option}")];
        let words = ["diagnose", &plain, "--json", "--java-version", version, &options[0], &options[1]];
        trustmend(&home, &words).json()["targets"][0].clone()
    };
    let outcome = trustmend(&home, &["diagnose", &url, "--json", &format!("--java-option={trust}")]);
    assert!(!outcome.stdout.contains("hidden"), "{}", outcome.stdout);
    for jvm in Jvm::all() {
        assert_eq!(diagnose(&jvm.version, "-Dhttps.protocols=TLSv1.3")["verdict"], "trusted");
        for option in [
            "-Dhttps.protocols=TLSv1.2".to_owned(),
            "-Djdk.tls.client.protocols=TLSv1.2".to_owned(),
            format!("-Djava.security.properties={}", security.display()),
        ] {
            let printed = java::run(jvm, "HttpsGet", &[&trust, &option], &[&url]).stdout;
            let target = diagnose(&jvm.version, &option);
            let predicted = target["predicted_error"].as_str();
            assert_eq!(predicted, printed.lines().next(), "{option}, Java {}", jvm.version);
            // The option is to blame, not the server; a security file is no option of that kind.
            let findings = &target["findings"];
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

#[test]
fn suites_and_the_server_name_are_the_options_own() {
    let home = Scratch::new();
    let (key, store) = (home.at("key.pem"), home.at("trust.jks"));
    let certificate = |name: &str| {
        let file = home.at(&format!("{name}.pem"));
        let names = format!("subjectAltName=DNS:{name}");
        let make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        openssl(
            &[&make[..], &["-keyout", &key, "-subj", "/CN=x", "-addext", &names, "-out", &file]].concat(),
        )
        .success();
        trustmend(&home, &["import", &file, "--store", &store]).success();
        let own_key = home.at(&format!("{name}.key"));
        std::fs::copy(&key, &own_key).unwrap();
        (file, own_key)
    };
    let ((wanted, wanted_key), (other, other_key)) =
        (certificate("scim.corp.test"), certificate("other.corp.test"));
    let server = Server::start(&[
        "-cert",
        &other,
        "-key",
        &other_key,
        "-servername",
        "scim.corp.test",
        "-cert2",
        &wanted,
        "-key2",
        &wanted_key,
        "-groups",
        "X25519:P-256",
        "-ciphersuites",
        "TLS_AES_256_GCM_SHA384",
        "-cipher",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ]);
    let [url, plain] = ["https", "tls"].map(|scheme| format!("{scheme}://scim.corp.test:{}", server.port));
    let resolve = format!("scim.corp.test:{}:127.0.0.1", server.port);
    let hosts = java::hosts(&home, &[("scim.corp.test", "127.0.0.1")]);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    for jvm in Jvm::all() {
        for (option, code) in [
            ("-Djsse.enableSNIExtension=true", None),
            ("-Djsse.enableSNIExtension=false", Some("name-mismatch")),
            ("-Dhttps.cipherSuites=TLS_AES_256_GCM_SHA384", None),
            ("-Djdk.tls.client.cipherSuites=TLS_AES_128_GCM_SHA256", Some("cipher-suites-none")),
            ("-Djdk.tls.namedGroups=ffdhe2048", Some("cipher-suites-none")),
        ] {
            let printed = java::run(jvm, "HttpsGet", &[&trust, &hosts, option], &[&url]).stdout;
            let options = [&trust, option].map(|option| format!("--java-option={option}"));
            let words = ["diagnose", &plain, "--json", "--resolve", &resolve, "--java-version", &jvm.version];
            let told = trustmend(&home, &[&words[..], &[&options[0], &options[1]]].concat()).json();
            let (target, name) = (&told["targets"][0], format!("{option}, Java {}: {told}", jvm.version));
            let predicted = target["predicted_error"].as_str();
            assert_eq!(predicted.or(Some("200")), printed.lines().next(), "{name}");
            assert_eq!(target["verdict"] == "trusted", code.is_none(), "{name}");
            let mut findings = target["findings"].as_array().unwrap().iter();
            assert!(code.is_none_or(|code| findings.any(|finding| finding["code"] == code)), "{name}");
        }
    }
}

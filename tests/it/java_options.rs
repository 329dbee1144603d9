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

/// A server that shows the certificate of `scim.corp.test` to who asks for it, of another name to anybody else; `store`
/// trusts both.
fn named_server(home: &Scratch, store: &str) -> Server {
    let key = home.at("key.pem");
    let certificate = |name: &str| {
        let file = home.at(&format!("{name}.pem"));
        let names = format!("subjectAltName=DNS:{name}");
        let make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        openssl(
            &[&make[..], &["-keyout", &key, "-subj", "/CN=x", "-addext", &names, "-out", &file]].concat(),
        )
        .success();
        trustmend(home, &["import", &file, "--store", store]).success();
        let own_key = home.at(&format!("{name}.key"));
        std::fs::copy(&key, &own_key).unwrap();
        (file, own_key)
    };
    let ((wanted, wanted_key), (other, other_key)) =
        (certificate("scim.corp.test"), certificate("other.corp.test"));
    Server::start(&[
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
    ])
}

#[test]
fn suites_and_the_server_name_are_the_options_own() {
    let home = Scratch::new();
    let store = home.at("trust.jks");
    let server = named_server(&home, &store);
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
            // TLS_RSA_* is gone from newer updates: nothing is left there, and elsewhere nothing in common.
            ("-Dhttps.cipherSuites=TLS_RSA_WITH_AES_128_CBC_SHA", Some("")),
            ("-Dhttps.protocols=TLSv1", Some("protocol-client-restricted")),
            ("-Djdk.tls.client.SignatureSchemes=unheard_of", None),
            ("-Djavax.net.ssl.trustStoreType=UNHEARD-OF", Some("store-unreadable")),
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
            assert!(
                code.is_none_or(|code| findings.any(|finding| code.is_empty() || finding["code"] == code)),
                "{name}"
            );
        }
    }
}

#[test]
fn the_certificate_shown_to_this_client_is_judged() {
    let home = Scratch::new();
    let store = home.at("trust.jks");
    let certificate = |file: &str, name: &str, key: &[&str]| {
        let [pem, key_file] = ["pem", "key"].map(|ending| home.at(&format!("{file}.{ending}")));
        let subject = ["-subj", &format!("/CN={file}"), "-addext", &format!("subjectAltName=DNS:{name}")];
        let files = ["-nodes", "-keyout", &key_file, "-out", &pem];
        openssl(&[&["req", "-x509"], key, &subject, &files].concat()).success();
        trustmend(&home, &["import", &pem, "--store", &store]).success();
        [pem, key_file]
    };
    let (rsa, ec) = (["-newkey", "rsa:2048"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let own = |file, name, key: &[&str]| certificate(file, name, key);
    let [wanted, wanted_key] = own("wanted", "scim.corp.test", &rsa);
    let [other, other_key] = own("other", "other.corp.test", &ec);
    let [letters, letters_key] = own("letters", "b*.corp.test", &ec);
    let [octets, octets_key] = own("octets", "xn--b*.corp.test", &ec);
    let both = Server::start(&["-cert", &wanted, "-key", &wanted_key, "-dcert", &other, "-dkey", &other_key]);
    let letters = Server::start(&["-cert", &letters, "-key", &letters_key]);
    let octets = Server::start(&["-cert", &octets, "-key", &octets_key]);
    // "bücher", whose wildcards Java compares in letters.
    let (host, international) = ("scim.corp.test", "xn--bcher-kva.corp.test");
    let hosts = java::hosts(&home, &[(host, "127.0.0.1"), (international, "127.0.0.1")]);
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let schemes = "-Djdk.tls.client.SignatureSchemes=rsa_pss_rsae_sha256,rsa_pkcs1_sha256";
    for jvm in Jvm::all() {
        for (server, host, options, is_trusted) in [
            (&both, host, &[][..], false),
            (&both, host, &[schemes], true),
            (&both, host, &[schemes, "-Djdk.tls.client.protocols=TLSv1.2"], true),
            (&letters, international, &[], true),
            (&octets, international, &[], false),
        ] {
            let url = format!("https://{host}:{}", server.port);
            let printed =
                java::run(jvm, "HttpsGet", &[&[trust.as_str(), &hosts], options].concat(), &[&url]).stdout;
            let given: Vec<String> = options.iter().map(|option| format!("--java-option={option}")).collect();
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            let (plain, resolve) =
                (format!("tls://{host}:{}", server.port), format!("{host}:{}:127.0.0.1", server.port));
            let words = ["diagnose", &plain, "--store", &store, "--resolve", &resolve, "--java-version"];
            let words = [&words[..], &[&jvm.version, "--json"], &given].concat();
            let target = trustmend(&home, &words).json()["targets"][0].clone();
            let predicted = target["predicted_error"].as_str();
            assert_eq!(predicted.or(Some("200")), printed.lines().next(), "{options:?}: {target}");
            assert_eq!(target["verdict"] == "trusted", is_trusted, "{options:?}: {target}");
        }
    }
}

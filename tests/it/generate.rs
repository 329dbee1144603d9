//! `trustmend generate` as people call it.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

/// What openssl says of FOLDER/fullchain.pem for a server of this name.
fn verdict(home: &Scratch, folder: &str, host: &str) -> String {
    let (root, chain) = (home.at(&format!("{folder}/ca.pem")), home.at(&format!("{folder}/fullchain.pem")));
    let verify =
        ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", host, "-CAfile", &root];
    openssl(&[&verify[..], &["-untrusted", &chain, &chain]].concat()).text()
}

#[test]
fn a_fault_is_made_and_nothing_else_is_wrong() {
    let home = Scratch::new();
    for (fault, expected) in [
        ("expired", "certificate has expired"),
        ("wrong-name", "hostname mismatch"),
        ("missing-intermediate", "unable to get local issuer certificate"),
    ] {
        trustmend(&home, &["generate", "scim.corp.test", "--bad", fault, "--out", fault]).success();
        let said = verdict(&home, fault, "scim.corp.test");
        assert!(said.contains(expected), "{fault}: {said}");
    }
    trustmend(&home, &["generate", "scim.corp.test", "--out", "good"]).success();
    assert!(verdict(&home, "good", "scim.corp.test").ends_with(": OK\n"));
    let unknown = trustmend(&home, &["generate", "scim.corp.test", "--bad", "ugly"]);
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
}

#[test]
fn a_certificate_request_is_signed_and_its_key_stays_elsewhere() {
    let home = Scratch::new();
    let (key, csr) = (home.at("own-key.pem"), home.at("own.csr"));
    let make =
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", &key];
    let ask = ["-subj", "/CN=scim.corp.test", "-addext", "subjectAltName=DNS:scim.corp.test", "-out", &csr];
    openssl(&[&make[..], &ask].concat()).success();
    trustmend(&home, &["generate", "--csr", &csr, "--out", "signed"]).success();
    assert!(verdict(&home, "signed", "scim.corp.test").ends_with(": OK\n"));
    assert!(!home.path().join("signed/key.pem").exists());
    let public = |args: &[&str]| openssl(args).success().stdout;
    let certified = public(&["x509", "-in", &home.at("signed/cert.pem"), "-noout", "-pubkey"]);
    assert_eq!(certified, public(&["pkey", "-in", &key, "-pubout"]));

    trustmend(&home, &["generate", "other.corp.test", "--csr", &csr, "--out", "other"]).success();
    assert!(verdict(&home, "other", "other.corp.test").ends_with(": OK\n"));
    assert!(verdict(&home, "other", "scim.corp.test").contains("hostname mismatch"));
    let with_keystore = trustmend(&home, &["generate", "--csr", &csr, "--keystore", "a.p12"]);
    assert_eq!(with_keystore.code, 2, "{}", with_keystore.stderr);
    let none = trustmend(&home, &["generate", "--csr", &key, "--out", "none"]);
    let says = format!("{key}: this certificate request is refused: there is no certificate request in it");
    assert!(none.code == 2 && none.stderr.contains(&says), "{}", none.stderr);
}

#[test]
fn a_public_name_is_refused_with_the_limits() {
    let home = Scratch::new();
    let refused = trustmend(&home, &["generate", "okta.com"]);
    assert_eq!(refused.code, 5, "{}", refused.stderr);
    for expected in ["dns:okta.com lies outside its limits: localhost, test, local", "10.0.0.0/8", "--permit"]
    {
        assert!(refused.stderr.contains(expected), "{expected}: {}", refused.stderr);
    }
    assert!(!home.path().join("okta.com").exists());
    let permit = ["generate", "scim.corp.example", "--permit", "corp.example", "--ca-dir", "wide"];
    trustmend(&home, &permit).success();
    assert!(verdict(&home, "scim.corp.example", "scim.corp.example").ends_with(": OK\n"));
}

/// The permission bits of a file.
fn mode(home: &Scratch, name: &str) -> u32 {
    std::fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_are_private_whatever_stood_in_their_place() {
    let home = Scratch::new();
    let made = ["generate", "localhost", "--out", "pem", "--keystore", "k.p12"];
    trustmend(&home, &made).success();
    let secrets = ["pem/key.pem", "k.p12", "k.p12.password"];
    for name in secrets {
        std::fs::set_permissions(home.path().join(name), Permissions::from_mode(0o666)).unwrap();
    }
    let without_force = trustmend(&home, &made);
    assert!(without_force.code == 5 && without_force.stderr.contains("is already there"));
    trustmend(&home, &[&made[..], &["--force"]].concat()).success();
    for name in secrets {
        assert_eq!(mode(&home, name), 0o600, "{name}");
    }
    assert_eq!(mode(&home, "pem/cert.pem"), 0o644);
}

#[test]
fn nothing_is_written_through_a_link() {
    let home = Scratch::new();
    std::fs::create_dir(home.path().join("pem")).unwrap();
    home.write("precious", "precious");
    let key = home.path().join("pem/key.pem");
    symlink("../precious", &key).unwrap();
    let generate = ["generate", "localhost", "--out", "pem", "--force"];
    let refused = trustmend(&home, &generate);
    assert!(refused.code == 5 && refused.stderr.contains("pem/key.pem is a link to "), "{}", refused.stderr);
    std::fs::remove_file(&key).unwrap();
    symlink("../precious", home.path().join("k.p12")).unwrap();
    let keystore = trustmend(&home, &[&generate[..], &["--keystore", "k.p12"]].concat());
    assert!(keystore.code == 5 && keystore.stderr.contains("k.p12 is a link to "), "{}", keystore.stderr);
    assert_eq!(home.read("precious"), b"precious");
    assert_eq!(std::fs::read_dir(home.path().join("pem")).unwrap().count(), 0);
}

/// The lines in which keytool names the entries of `k.p12`, with their fingerprints.
fn entries(home: &Scratch, jvm: &Jvm) -> Vec<String> {
    let listed = jvm.keytool(&["-list", "-keystore", &home.at("k.p12"), "-storepass", "changeit"]).success();
    let text = listed.text();
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.windows(2).filter(|pair| pair[1].starts_with("Certificate fingerprint"));
    pairs.map(|pair| pair.join(" ")).collect()
}

#[test]
fn a_keystore_in_use_gets_the_key_and_keeps_the_rest() {
    let jvm = Jvm::with_keytool().next().unwrap();
    let home = Scratch::new();
    let store = home.at("k.p12");
    let other =
        ["-genkeypair", "-alias", "other", "-keyalg", "EC", "-dname", "CN=other", "-keystore", &store];
    jvm.keytool(&[&other[..], &["-storepass", "changeit"]].concat()).success();
    let before = (home.read("k.p12"), entries(&home, jvm));
    assert_eq!(before.1.len(), 1);

    home.write("password", "changeit\n");
    let password = ["--keystore-password-file", "password"];
    let anew = ["generate", "localhost", "--out", "a", "--keystore", "k.p12", "--force"];
    for flags in [&anew[..], &[&anew[..], &password].concat()] {
        let refused = trustmend(&home, flags);
        assert!(refused.code == 5 && refused.stderr.contains("--into-keystore"), "{}", refused.stderr);
    }
    assert!(home.read("k.p12") == before.0 && !home.path().join("a").exists());

    let into = ["generate", "localhost", "--into-keystore", "k.p12", "--alias", "scim", "--force"];
    let into = [&into[..], &password].concat();
    trustmend(&home, &into).success();
    let after = entries(&home, jvm);
    assert!(after.len() == 2 && after.contains(&before.1[0]), "{after:?}");
    let backup = home.names().into_iter().find(|name| name.ends_with(".bak")).unwrap();
    assert_eq!(home.read(&backup), before.0);

    let twice = trustmend(&home, &into.iter().copied().filter(|flag| *flag != "--force").collect::<Vec<_>>());
    assert_eq!(twice.code, 5, "{}", twice.stderr);
    trustmend(&home, &into).success();
    let renewed = entries(&home, jvm);
    assert!(renewed.len() == 2 && renewed.contains(&before.1[0]) && renewed != after, "{renewed:?}");
    let loads = ["-certreq", "-alias", "scim", "-keystore", &store, "-storepass", "changeit"];
    jvm.keytool(&loads).success();
}

#[test]
fn a_failed_attempt_leaves_nothing_in_the_way_of_the_next() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "ca.test", "--out", "ca"]).success();
    trustmend(&home, &["import", "ca/ca.pem", "--store", "trust.jks", "--yes"]).success();
    trustmend(&home, &["generate", "other.test", "--self-signed", "--out", "other"]).success();
    home.write("wrong", "mistyped\n");
    let generate = ["generate", "other.test", "--self-signed", "--out", "out"];
    for (flags, code) in [
        (&["--trust", "trust.jks", "--store-password-file", "wrong"][..], 4),
        (&["--trust", "missing/trust.jks"], 4),
        (&["--keystore", "missing/k.p12"], 6),
        (&["--into-keystore", "missing.p12"], 4),
        (&["--into-keystore", "trust.jks", "--keystore-password-file", "wrong"], 4),
        (&["--keystore-password-file", "wrong"], 2),
        (&["--ask-keystore-password"], 2),
    ] {
        let failed = trustmend(&home, &[&generate[..], flags].concat());
        assert_eq!(failed.code, code, "{flags:?}: {}", failed.stderr);
        assert!(!home.path().join("out").exists(), "{flags:?}");
    }
    trustmend(&home, &[&generate[..], &["--trust", "trust.jks", "--keystore", "k.p12"]].concat()).success();
    let renew = ["--keystore", "k.p12", "--force"];
    trustmend(&home, &[&generate[..], &renew].concat()).success();
}

#[test]
fn a_keystore_made_again_keeps_the_password_its_server_knows() {
    let home = Scratch::new();
    let again = |more: &[&str]| {
        let arguments = ["generate", "localhost", "--keystore", "server.p12", "--out", "out"];
        trustmend(&home, &[&arguments[..], more].concat()).success();
        home.read("server.p12.password")
    };
    let (first, store) = (again(&[]), home.read("server.p12"));
    assert_eq!(again(&["--force"]), first);
    assert_ne!(home.read("server.p12"), store, "the key is another");
    // What others could read is not used again.
    let loose = Permissions::from_mode(0o644);
    std::fs::set_permissions(home.path().join("server.p12.password"), loose).unwrap();
    assert_ne!(again(&["--force"]), first);
}

//! The authority and its leaves, judged by openssl and by every Java found.

use std::os::unix::fs::PermissionsExt as _;

use time::{Duration, OffsetDateTime};
use trustmend::ca::{
    Authority, CaError, CommonName, Fault, IssueNote, Issued, KeyKind, LeafName, NewAuthority, Purpose,
    Request, SigningRequest, Validity, default_limits, self_signed,
};
use trustmend::fs::PathError;

use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::openssl::{Server, openssl};
use crate::support::scratch::Scratch;

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn new_authority(key: KeyKind) -> NewAuthority {
    NewAuthority { name: "Müller's laptop".to_owned(), key, limits: default_limits(), days: 730 }
}

fn request(names: &[&str], key: KeyKind) -> Request {
    let names = names.iter().map(|name| LeafName::parse(name).unwrap()).collect();
    Request { key, ..Request::server(names, Validity::days(now(), 397).unwrap()) }
}

/// Writes what a server and its clients need: leaf.pem, chain.pem, key.pem, root.pem.
fn write(scratch: &Scratch, issued: &Issued) {
    let leaf = issued.signed.full_chain_pem();
    let end = leaf.find("-----END CERTIFICATE-----\n").unwrap() + 26;
    scratch.write("leaf.pem", &leaf[..end]);
    scratch.write("chain.pem", &leaf[end..]);
    scratch.write("fullchain.pem", &leaf);
    scratch.write("key.pem", issued.key.pem().as_bytes());
}

/// What `openssl verify -x509_strict` says of the leaf for a server of this name.
fn openssl_verdict(scratch: &Scratch, host: &str) -> String {
    let (leaf, chain, root) = (scratch.at("leaf.pem"), scratch.at("chain.pem"), scratch.at("root.pem"));
    let check = if host.parse::<std::net::IpAddr>().is_ok() { "-verify_ip" } else { "-verify_hostname" };
    let strict = ["verify", "-x509_strict", "-purpose", "sslserver", check, host];
    let chain: &[&str] = if scratch.read("chain.pem").is_empty() { &[] } else { &["-untrusted", &chain] };
    let said = openssl(&[&strict[..], &["-CAfile", &root], chain, &[&leaf]].concat());
    if said.code == 0 { "OK".to_owned() } else { said.text() }
}

/// What a Java client of this trust anchor says of a server with the leaf, at https://HOST.
fn java_verdict(jvm: &Jvm, scratch: &Scratch, host: &str) -> String {
    let (chain, key) = (scratch.at("fullchain.pem"), scratch.at("key.pem"));
    let weak = ["-cipher", "DEFAULT:@SECLEVEL=0"]; // the judge is the client
    let server =
        Server::start(&[&weak[..], &["-cert", &chain, "-cert_chain", &chain, "-key", &key]].concat());
    let store = scratch.at(&format!("trusted-{}.p12", jvm.version));
    if !std::path::Path::new(&store).exists() {
        let import =
            ["-importcert", "-noprompt", "-alias", "root", "-storepass", "changeit", "-keystore", &store];
        let keytool = Jvm::with_keytool().next().unwrap();
        keytool.keytool(&[&import[..], &["-file", &scratch.at("root.pem")]].concat()).success();
    }
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let hosts = java::hosts(scratch, &[(host, "127.0.0.1")]);
    let password = "-Djavax.net.ssl.trustStorePassword=changeit";
    let url = format!("https://{host}:{}/", server.port);
    let said = java::run(jvm, "HttpsGet", &[&trust, password, &hosts], &[&url]);
    if said.code == 0 { "OK".to_owned() } else { said.text() }
}

#[test]
fn every_kind_of_key_makes_a_leaf_that_openssl_and_every_java_accept() {
    for kind in KeyKind::ALL {
        let scratch = Scratch::new();
        let authority_kind = if kind == KeyKind::Rsa4096 { KeyKind::Rsa2048 } else { kind };
        let authority = Authority::sealed(&new_authority(authority_kind), now()).unwrap();
        let names = ["scim.corp.test", "*.dev.test", "müller.test", "10.0.0.5", "127.0.0.1", "::1"];
        let issued = authority.issue(&request(&names, kind)).unwrap();
        write(&scratch, &issued);
        scratch.write("root.pem", authority.root_pem());
        for host in ["scim.corp.test", "a.dev.test", "xn--mller-kva.test", "10.0.0.5", "::1"] {
            assert_eq!(openssl_verdict(&scratch, host), "OK", "{kind} {host}");
        }
        assert!(openssl_verdict(&scratch, "other.test").contains("hostname mismatch"), "{kind}");
        for jvm in Jvm::all().iter().filter(|jvm| kind != KeyKind::Ed25519 || jvm.major() >= 15) {
            assert_eq!(java_verdict(jvm, &scratch, "scim.corp.test"), "OK", "{kind} on Java {}", jvm.version);
        }
    }
}

#[test]
fn the_authority_cannot_vouch_for_a_public_name() {
    let scratch = Scratch::new();
    let authority = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    scratch.write("root.pem", authority.root_pem());
    let refused = authority.issue(&request(&["scim.corp.test", "okta.com"], KeyKind::P256));
    assert!(
        matches!(&refused, Err(CaError::OutsideLimits { name, .. }) if name == "dns:okta.com"),
        "{refused:?}"
    );
    for host in ["okta.com", "8.8.8.8"] {
        let forged = authority.issue_unchecked(&request(&[host], KeyKind::P256)).unwrap();
        write(&scratch, &forged);
        assert!(openssl_verdict(&scratch, host).contains("permitted subtree violation"), "{host}");
    }
    write(&scratch, &authority.issue_unchecked(&request(&["okta.com"], KeyKind::P256)).unwrap());
    for jvm in Jvm::all() {
        let said = java_verdict(jvm, &scratch, "okta.com");
        let refused = said.starts_with("javax.net.ssl.SSLHandshakeException: ") && said.contains("PKIX path");
        assert!(refused, "Java {}: {said}", jvm.version);
    }
}

/// The reason for the sealed form: the day Java reads the constraints of a trust anchor, this fails, and the unsealed
/// form is as good.
#[test]
fn java_does_not_read_the_limits_of_a_root() {
    let scratch = Scratch::new();
    let authority = Authority::unsealed(&new_authority(KeyKind::P256), now()).unwrap();
    scratch.write("root.pem", authority.root_pem());
    write(&scratch, &authority.issue_unchecked(&request(&["okta.com"], KeyKind::P256)).unwrap());
    assert!(openssl_verdict(&scratch, "okta.com").contains("permitted subtree violation"));
    for jvm in Jvm::all() {
        assert_eq!(java_verdict(jvm, &scratch, "okta.com"), "OK", "Java {}", jvm.version);
    }
}

#[test]
fn a_self_signed_leaf_is_its_own_anchor_and_no_authority() {
    let scratch = Scratch::new();
    let issued = self_signed(&request(&["scim.corp.test"], KeyKind::P256)).unwrap();
    write(&scratch, &issued);
    scratch.write("root.pem", issued.signed.full_chain_pem());
    assert_eq!(openssl_verdict(&scratch, "scim.corp.test"), "OK");
    for jvm in Jvm::all() {
        assert_eq!(java_verdict(jvm, &scratch, "scim.corp.test"), "OK", "Java {}", jvm.version);
    }
    let nameless = Request { common_name: CommonName::Absent, ..request(&["a.test"], KeyKind::P256) };
    assert!(matches!(self_signed(&nameless), Err(CaError::SubjectEmpty)));
}

#[test]
fn a_signing_request_gets_its_names_and_nothing_else() {
    let scratch = Scratch::new();
    let authority = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    scratch.write("root.pem", authority.root_pem());
    let (openssl_key, csr) = (scratch.at("key.pem"), scratch.at("request.pem"));
    let make = [
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=ignored.test",
        "-keyout",
        &openssl_key,
    ];
    let ask =
        ["-addext", "subjectAltName=DNS:scim.corp.test,IP:10.0.0.5", "-addext", "basicConstraints=CA:TRUE"];
    openssl(&[&make[..], &ask, &["-out", &csr]].concat()).success();
    let octets = scratch.read("request.pem");
    let sign = |octets: &[u8]| {
        let read = SigningRequest::read(octets)?;
        let validity = Validity::days(now(), 397).unwrap();
        authority.sign(&read, &Request::server(read.names().to_vec(), validity))
    };
    let signed = sign(&octets).unwrap();
    let pem =
        |certificate: &trustmend::cert::Certificate| trustmend::pem::encode("CERTIFICATE", certificate.der());
    scratch.write("leaf.pem", pem(&signed.certificate));
    scratch.write("chain.pem", pem(&signed.chain[0]));
    scratch.write("fullchain.pem", pem(&signed.certificate) + &pem(&signed.chain[0]));
    for host in ["scim.corp.test", "10.0.0.5"] {
        assert_eq!(openssl_verdict(&scratch, host), "OK", "{host}");
    }
    assert!(openssl_verdict(&scratch, "ignored.test").contains("hostname mismatch"));
    assert!(!signed.certificate.is_ca());
    assert_eq!(java_verdict(Jvm::compiler(), &scratch, "scim.corp.test"), "OK");

    let (store, from_java) = (scratch.at("key.p12"), scratch.at("keytool.csr"));
    let with = ["-keystore", &store, "-storepass", "changeit", "-alias", "key"];
    let keytool = Jvm::with_keytool().next().unwrap();
    let key = ["-genkeypair", "-keyalg", "EC", "-dname", "CN=java.corp.test"];
    keytool.keytool(&[&key[..], &with].concat()).success();
    keytool.keytool(&[&["-certreq", "-file", &from_java][..], &with].concat()).success();
    let names = sign(&scratch.read("keytool.csr")).unwrap();
    assert_eq!(names.certificate.label(), "java.corp.test");

    let der = trustmend::pem::scan(&octets).blocks().next().unwrap().2.to_vec();
    for at in (0..der.len()).step_by(7) {
        let mut changed = der.clone();
        changed[at] ^= 1;
        assert!(matches!(sign(&changed), Err(CaError::SigningRequest { .. })), "octet {at} changed");
    }
    let make =
        ["req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=a.test", "-keyout", &openssl_key];
    openssl(&[&make[..], &["-out", &csr]].concat()).success();
    let weak = sign(&scratch.read("request.pem")).unwrap_err().to_string();
    assert!(weak.contains("its RSA key has 1024 bits"), "{weak}");
}

#[test]
fn every_fault_is_the_one_that_openssl_finds() {
    let scratch = Scratch::new();
    let authority = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    scratch.write("root.pem", authority.root_pem());
    let asked = request(&["scim.corp.test"], KeyKind::P256);
    for (fault, verdict) in [
        (Fault::Expired, "certificate has expired"),
        (Fault::NotYetValid, "certificate is not yet valid"),
        (Fault::WrongName, "hostname mismatch"),
        (Fault::NoSan, "OK"), // OpenSSL falls back to the common name, as Java does
        (Fault::WeakKey, "OK"),
        (Fault::Sha1, "OK"), // at its default security level for files
        (Fault::MissingIntermediate, "unable to get local issuer certificate"),
        (Fault::WrongOrder, "OK"), // which is of no matter to OpenSSL
    ] {
        let issued = authority.issue_with(fault, &asked, now()).unwrap();
        write(&scratch, &issued);
        let said = openssl_verdict(&scratch, "scim.corp.test");
        assert!(said.contains(verdict), "{fault}: {said}");
        assert_eq!(fault, fault.name().parse().unwrap());
    }
    let text = |fault| {
        write(&scratch, &authority.issue_with(fault, &asked, now()).unwrap());
        openssl(&["x509", "-in", &scratch.at("leaf.pem"), "-noout", "-text"]).success().stdout
    };
    assert!(!text(Fault::NoSan).contains("Subject Alternative Name"));
    assert!(text(Fault::WeakKey).contains("Public-Key: (768 bit)"));
    assert!(text(Fault::Sha1).contains("Signature Algorithm: ecdsa-with-SHA1"));
    let order = authority.issue_with(Fault::WrongOrder, &asked, now()).unwrap();
    assert_eq!(order.signed.chain.first(), Some(authority.root()));
    let rsa = Authority::sealed(&new_authority(KeyKind::Rsa2048), now()).unwrap();
    scratch.write("root.pem", rsa.root_pem());
    write(&scratch, &rsa.issue_with(Fault::Sha1, &asked, now()).unwrap());
    assert_eq!(openssl_verdict(&scratch, "scim.corp.test"), "OK");
    for jvm in Jvm::all() {
        write(&scratch, &authority.issue_with(Fault::WeakKey, &asked, now()).unwrap());
        scratch.write("root.pem", authority.root_pem());
        let said = java_verdict(jvm, &scratch, "scim.corp.test");
        assert!(said.contains("SSLHandshakeException"), "a weak key on Java {}: {said}", jvm.version);
    }
}

#[test]
fn a_kept_authority_is_private_and_signs_again() {
    let scratch = Scratch::new();
    let folder = scratch.path().join("ca");
    let authority = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    authority.save(&folder).unwrap();
    let mode = |name: &str| std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("."), mode("authority.pem"), mode("ca.pem")), (0o700, 0o600, 0o644));
    assert!(matches!(authority.save(&folder), Err(CaError::Path(PathError::Exists { .. }))));
    let again = Authority::load(&folder).unwrap();
    assert_eq!(again.root(), authority.root());
    write(&scratch, &again.issue(&request(&["a.test"], KeyKind::P256)).unwrap());
    scratch.write("root.pem", scratch.read("ca/ca.pem"));
    assert_eq!(openssl_verdict(&scratch, "a.test"), "OK");

    let other = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    other.save(&scratch.path().join("other")).unwrap();
    let text = |name: &str| String::from_utf8(scratch.read(name)).unwrap();
    let (ours, theirs) = (text("ca/authority.pem"), text("other/authority.pem"));
    let end = |text: &str| text.find("-----BEGIN CERTIFICATE").unwrap();
    scratch.write("ca/authority.pem", format!("{}{}", &theirs[..end(&theirs)], &ours[end(&ours)..]));
    let mixed = Authority::load(&folder);
    assert!(
        matches!(&mixed, Err(CaError::Damaged { reason, .. }) if reason.contains("not that of the certificate")),
        "{mixed:?}"
    );
    assert!(matches!(Authority::load(scratch.path()), Err(CaError::NoAuthority { .. })));
    assert_eq!(
        Authority::folders(scratch.path()).unwrap(),
        [scratch.path().join("ca"), scratch.path().join("other")]
    );
    Authority::remove(&folder).unwrap();
    assert!(matches!(Authority::load(&folder), Err(CaError::NoAuthority { .. })));
    assert!(matches!(Authority::remove(&folder), Err(CaError::NoAuthority { .. })));
}

#[test]
fn clients_lives_and_many_names() {
    let authority = Authority::sealed(&new_authority(KeyKind::P256), now()).unwrap();
    let names = ["admin@corp.test", "spiffe://corp.test/agent"];
    let client = Request { purpose: Purpose::Client, ..request(&names, KeyKind::P256) };
    let scratch = Scratch::new();
    write(&scratch, &authority.issue(&client).unwrap());
    let said = openssl(&["x509", "-in", &scratch.at("leaf.pem"), "-noout", "-text"]).success().stdout;
    for expected in ["TLS Web Client Authentication", "email:admin@corp.test, URI:spiffe://corp.test/agent"] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(!said.contains("TLS Web Server Authentication"), "{said}");

    let long =
        Request { validity: Validity::days(now(), 3650).unwrap(), ..request(&["a.test"], KeyKind::P256) };
    let issued = authority.issue(&long).unwrap();
    assert_eq!(issued.signed.certificate.not_after(), authority.root().not_after());
    assert!(
        issued.signed.notes.contains(&IssueNote::ShortenedTo(authority.root().not_after())),
        "{:?}",
        issued.signed.notes
    );
    let later = Validity::days(now() + Duration::days(800), 1).unwrap();
    let late = authority.issue(&Request { validity: later, ..request(&["a.test"], KeyKind::P256) });
    assert!(matches!(late, Err(CaError::AuthorityExpired { .. })), "{late:?}");

    let many: Vec<_> = (0..10_000).map(|number| format!("host{number}.corp.test")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let refused = authority.issue(&request(&many, KeyKind::P256));
    assert!(matches!(refused, Err(CaError::TooManyNames { count: 10_000, .. })), "{refused:?}");
    authority.issue(&request(&many[..1000], KeyKind::P256)).unwrap();
    let long: Vec<_> =
        (0..1000).map(|number| format!("a-host-with-a-long-name-{number}.corp.test")).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    let refused = authority.issue(&request(&long, KeyKind::P256));
    assert!(matches!(refused, Err(CaError::TooLong { .. })), "{refused:?}");
    assert!(matches!(authority.issue(&request(&[], KeyKind::P256)), Err(CaError::NoNames)));
}

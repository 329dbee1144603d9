//! Certificates that OpenSSL and this program read and Java does not: one of them in a store, and Java loads nothing of it.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair, SanType,
};
use trustmend::cert::{self, Certificate, CertificateError};
use trustmend::der::{self, Oid};
use trustmend::digest::Sha1Fingerprint;

use crate::net_support::openssl;
use crate::support::java;
use crate::support::jvm::Jvm;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

const CA_ISSUERS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const SAN: &[u64] = &[2, 5, 29, 17];

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn with(oid: &[u64], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut params = params("Extended");
    let mut extension = CustomExtension::from_oid_content(oid, value.to_vec());
    extension.set_criticality(critical);
    params.custom_extensions.push(extension);
    made(&params)
}

fn made(params: &CertificateParams) -> Vec<u8> {
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

/// Extensions by their last arc under id-ce, each with octets that are right and others that are wrong for it.
fn extensions() -> Vec<(String, Vec<u8>)> {
    let oid = |arcs: &[u64]| der::oid(&Oid::new(arcs));
    let any_policy = oid(&[2, 5, 29, 32, 0]);
    let dns = [&[0x82, 6][..], b"a.test"].concat();
    let uri = [&[0x86, 15][..], b"http://a.test/c"].concat();
    let policy = der::sequence(&[&any_policy]);
    let location = der::sequence(&[&oid(&[1, 3, 6, 1, 5, 5, 7, 48, 2]), &uri]);
    let subtree = |name: &[u8]| der::sequence(&[der::tlv(0xA0, &der::sequence(&[name]))]);
    let point = der::sequence(&[der::tlv(0xA0, &der::tlv(0xA0, &uri))]);
    let (truth, number, nothing) = (der::boolean(true), der::integer(3), der::sequence::<&[u8]>(&[]));
    let right: Vec<(&str, &[u64], Vec<u8>)> = vec![
        ("subject-key-id", &[2, 5, 29, 14], der::octet_string(b"key")),
        ("key-usage", &[2, 5, 29, 15], vec![3, 2, 1, 6]),
        ("names", SAN, der::sequence(&[&dns, &uri])),
        ("names-address", SAN, der::sequence(&[[0x87, 4, 10, 0, 0, 1]])),
        ("issuer-names", &[2, 5, 29, 18], der::sequence(&[&dns])),
        ("basic", &[2, 5, 29, 19], der::sequence(&[&truth, &number])),
        ("basic-empty", &[2, 5, 29, 19], nothing.clone()),
        ("basic-number-first", &[2, 5, 29, 19], der::sequence(&[&number])),
        ("name-constraints", &[2, 5, 29, 30], subtree(&dns)),
        ("name-constraints-empty", &[2, 5, 29, 30], nothing.clone()),
        ("crl", &[2, 5, 29, 31], der::sequence(&[&point])),
        ("policies", &[2, 5, 29, 32], der::sequence(&[&policy])),
        ("mappings", &[2, 5, 29, 33], der::sequence(&[der::sequence(&[&any_policy, &any_policy])])),
        ("authority-key-id", &[2, 5, 29, 35], der::sequence(&[[0x80, 1, 7]])),
        ("policy-constraints", &[2, 5, 29, 36], der::sequence(&[[0x80, 1, 0]])),
        ("usages", &[2, 5, 29, 37], der::sequence(&[oid(&[1, 3, 6, 1, 5, 5, 7, 3, 1])])),
        ("any-policy", &[2, 5, 29, 54], number.clone()),
        ("access", CA_ISSUERS, der::sequence(&[&location])),
        ("unknown", &[1, 2, 3, 4], b"whatever".to_vec()),
    ];
    let wrong: Vec<(&str, &[u64], Vec<u8>)> = vec![
        ("names-none", SAN, nothing),
        ("names-short-address", SAN, der::sequence(&[[0x87, 3, 10, 0, 0]])),
        ("names-constructed", SAN, der::sequence(&[[0xA2, 1, 7]])),
        ("key-usage-octets", &[2, 5, 29, 15], vec![0x30, 0]),
        ("basic-boolean-after", &[2, 5, 29, 19], der::sequence(&[&truth, &truth])),
        ("name-constraints-bare", &[2, 5, 29, 30], der::sequence(&[&dns])),
        ("name-constraints-address", &[2, 5, 29, 30], subtree(&[0x87, 3, 10, 0, 0])),
        ("crl-point", &[2, 5, 29, 31], der::sequence(&[&number])),
        ("policies-number", &[2, 5, 29, 32], der::sequence(&[&number])),
        ("usages-number", &[2, 5, 29, 37], der::sequence(&[&number])),
    ];
    let mut all = Vec::new();
    for (name, oid, value) in right {
        all.push((format!("{name}-right"), with(oid, true, &value)));
        all.push((format!("{name}-null"), with(oid, true, &der::null())));
        all.push((format!("{name}-null-not-critical"), with(oid, false, &der::null())));
    }
    all.extend(wrong.into_iter().map(|(name, oid, value)| (name.to_owned(), with(oid, true, &value))));
    all
}

fn certificates(home: &Scratch) -> Vec<(String, Vec<u8>)> {
    let mut all = extensions();
    let mut nameless = params("");
    nameless.distinguished_name = DistinguishedName::new();
    all.push(("nobody".to_owned(), made(&nameless)));
    nameless.subject_alt_names.push(SanType::DnsName("a.test".try_into().unwrap()));
    all.push(("nobody-but-a-name".to_owned(), made(&nameless)));
    let mut twice = params("Twice");
    twice.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]); 2];
    all.push(("twice".to_owned(), made(&twice)));
    for (name, options) in [
        ("explicit-curve", "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"),
        ("brainpool", "-newkey ec -pkeyopt ec_paramgen_curve:brainpoolP384r1"),
        ("sect", "-newkey ec -pkeyopt ec_paramgen_curve:sect283k1"),
        ("sm2", "-newkey ec -pkeyopt ec_paramgen_curve:SM2 -sha256"),
        ("c2pnb163v1", "-newkey ec -pkeyopt ec_paramgen_curve:c2pnb163v1"),
        ("wtls1", "-newkey ec -pkeyopt ec_paramgen_curve:wap-wsg-idm-ecid-wtls1"),
        ("ed448", "-newkey ed448"),
        ("rsa-1024", "-newkey rsa:1024"),
    ] {
        let made =
            format!("req -x509 {options} -nodes -keyout key.pem -subj /CN={name} -outform DER -out made.der");
        openssl(home.path(), &made);
        all.push((name.to_owned(), home.read("made.der")));
    }
    all
}

#[test]
fn what_java_cannot_parse_is_known_of_each_jvm() {
    let home = Scratch::new();
    let certificates = certificates(&home);
    std::fs::create_dir(home.at("all")).unwrap();
    let mut ours = std::collections::BTreeMap::new();
    for (name, der) in &certificates {
        home.write(&format!("all/{name}.der"), der);
        let certificate = Certificate::from_der(der).unwrap_or_else(|error| panic!("{name}: {error}"));
        ours.insert(format!("{name}.der"), certificate);
    }
    let says = |certificate, feature| Some(cert::java_refuses(certificate, feature)?.swap_remove(0));
    let refused = ours.values().filter(|certificate| says(certificate, 25).is_some()).count();
    assert!(refused >= 25 && ours.len() - refused >= 25, "{refused} of {}", ours.len());
    let mut wrong = Vec::new();
    for jvm in Jvm::all() {
        let said = java::run(jvm, "Certificates", &[], &[&home.at("all")]).success();
        assert_eq!(said.stdout.lines().count(), ours.len());
        for line in said.stdout.lines() {
            let (name, java) = line.split_once('\t').unwrap();
            let predicted = says(&ours[name], jvm.major());
            let is_right = match predicted.as_deref() {
                None => java == "read",
                // Where the message depends on what is deep inside, the class alone is told.
                Some(class) if !class.contains(": ") => java.starts_with(class),
                Some(exception) => java == exception,
            };
            if !is_right {
                wrong.push(format!("{} {name}: {java}, not {predicted:?}", jvm.major()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_store_that_java_would_not_load_is_not_made() {
    let home = Scratch::new();
    let mut params = params("Broken CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut extension = CustomExtension::from_oid_content(CA_ISSUERS, der::null());
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
    home.write("broken.der", made(&params));
    params.custom_extensions.clear();
    home.write("good.der", made(&params));
    for store in ["s.jks", "s.p12", "s.jceks"] {
        trustmend(&home, &["import", "good.der", "--store", store]).success();
        let before = home.read(store);
        let refused = trustmend(&home, &["import", "broken.der", "--store", store]);
        assert_eq!(refused.code, 4, "{}", refused.text());
        let words = "Java cannot parse this certificate, nor load a store that holds it: ";
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert_eq!(home.read(store), before);
    }
    // A bundle for OpenSSL is nothing that Java loads.
    trustmend(&home, &["import", "broken.der", "good.der", "--store", "s.pem"]).success();
    let converted = trustmend(&home, &["convert", "s.pem", "t.p12"]);
    assert_eq!(converted.code, 4, "{}", converted.text());
}

/// A JKS store as another program may have made it (sun.security.provider.JavaKeyStore).
fn jks(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let utf = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let mut store = [[0xFE, 0xED, 0xFE, 0xED], number(2), number(entries.len())].concat();
    for (alias, der) in entries {
        store.extend([&number(2)[..], &utf(alias), &[0; 8], &utf("X.509"), &number(der.len()), der].concat());
    }
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = Sha1Fingerprint::of(&[&password[..], b"Mighty Aphrodite", &store].concat());
    let octet = |digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
    store.extend(digest.hex().as_bytes().chunks(2).map(octet));
    store
}

#[test]
fn one_that_another_program_made_is_called_what_it_is_and_mended() {
    let home = Scratch::new();
    let broken = with(CA_ISSUERS, true, &der::null());
    home.write("s.jks", jks(&[("good", made(&params("Good"))), ("broken", broken)]));
    let keytool = ["-list", "-keystore", &home.at("s.jks"), "-storepass", "changeit"];
    for jvm in Jvm::with_keytool() {
        assert_ne!(jvm.keytool(&keytool).code, 0, "{}", jvm.major());
    }
    let listed = trustmend(&home, &["list", "s.jks"]).success();
    assert!(listed.stdout.contains("0 trusted by Java"), "{}", listed.stdout);
    let audited = trustmend(&home, &["audit", "s.jks", "--json"]);
    let document = audited.json();
    let found = document["findings"].as_array().unwrap();
    let refused = found.iter().find(|finding| finding["code"] == "store-refused").unwrap();
    assert_eq!((audited.code, refused["alias"].as_str()), (1, Some("broken")), "{document}");
    trustmend(&home, &["remove", "s.jks", "broken"]).success();
    for jvm in Jvm::with_keytool() {
        jvm.keytool(&keytool).success();
    }
}

/// Every octet of a certificate damaged in turn: what this program cannot read at all, Java does not read either, and it loads
/// no store that holds it.
#[test]
fn what_cannot_be_read_keeps_java_from_loading_the_store() {
    let home = Scratch::new();
    let whole = made(&params("Whole"));
    std::fs::create_dir(home.at("all")).unwrap();
    let mut unreadable = 0;
    for octet in 0..whole.len() {
        for bits in [1, 4, 0x20, 0x80] {
            let mut der = whole.clone();
            der[octet] ^= bits;
            if Certificate::from_der(&der).is_err() && !cert::java_may_read(&der) {
                home.write(&format!("all/{octet}-{bits}.der"), &der);
                unreadable += 1;
            }
        }
    }
    assert!(unreadable > 200, "{unreadable}");
    for jvm in Jvm::all() {
        let said = java::run(jvm, "Certificates", &[], &[&home.at("all")]).success();
        assert_eq!(said.stdout.lines().count(), unreadable);
        let read: Vec<&str> = said.stdout.lines().filter(|line| line.ends_with("\tread")).collect();
        assert!(read.is_empty(), "{}: {read:?}", jvm.major());
    }
    let inside = (0..whole.len()).find(|octet| {
        let mut der = whole.clone();
        der[*octet] ^= 1;
        let error = Certificate::from_der(&der);
        matches!(error, Err(CertificateError::Content { .. })) && !cert::java_may_read(&der)
    });
    let mut store = jks(&[("one", whole.clone())]);
    let start = store.windows(whole.len()).position(|window| window == whole).unwrap();
    home.write("whole.jks", &store);
    store[start + inside.unwrap()] ^= 1;
    home.write("damaged.jks", &store);
    home.write("whole.der", &whole);
    for (name, is_loaded) in [("whole.jks", true), ("damaged.jks", false)] {
        for jvm in Jvm::with_keytool() {
            assert_eq!(jvm.keytool(&["-list", "-keystore", &home.at(name)]).code == 0, is_loaded, "{name}");
        }
        let words = ["diagnose", "whole.der", "--store", name, "--no-store-password", "--json"];
        let target = trustmend(&home, &words).json()["targets"][0].clone();
        assert_eq!(target["findings"][0]["code"] == "store-unreadable", !is_loaded, "{target:#}");
        let error = target["predicted_error"].as_str().unwrap_or_default();
        assert_eq!(error.starts_with("java.net.SocketException: "), !is_loaded, "{target:#}");
    }
}

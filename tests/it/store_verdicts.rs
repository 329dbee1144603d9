//! Traps of the store itself: what JVMs make of a server with it and with their options, and what this program says.

use rcgen::{BasicConstraints, Certificate as Made, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use trustmend::cert::Certificate;
use trustmend::store::{self, Edit, Pkcs8};

use crate::handshakes::serve;
use crate::store_support::{add, now, password, testdata};
use crate::support::jvm::Jvm;
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;
use crate::support::{java, jre, program};
use crate::verdicts::jvms;

/// Every JVM that verdicts are compared with.
pub(crate) fn all_jvms() -> Vec<Jvm> {
    let jvm = |(version, java): (String, std::path::PathBuf)| {
        let home = java.parent().unwrap().parent().unwrap().canonicalize().unwrap();
        Jvm { home, version }
    };
    jvms().into_iter().map(jvm).collect()
}

/// A server, a store, the options about it, and what is found.
struct Case {
    name: &'static str,
    port: u16,
    store: String,
    kind: &'static str,
    password: &'static str,
    /// The trap's code, and whether it is met.
    code: &'static str,
    fires: bool,
}

/// What a JVM says with each line of `Stores`.
pub(crate) fn ask(jvm: &Jvm, options: &[&str], lines: &str) -> Vec<String> {
    let command = java::command(jvm, "Stores", options, &[]);
    let outcome = program::run(command, lines.as_bytes(), "a Java runtime").success();
    outcome.stdout.lines().map(str::to_owned).collect()
}

/// What this program says, in the words of `Stores`, and the codes it finds with their severities.
pub(crate) fn told(outcome: &program::Outcome) -> Told {
    told_each(outcome).swap_remove(0)
}

/// The answer, and codes with severities.
pub(crate) type Told = (String, Vec<(String, String)>);

/// The same of each target.
pub(crate) fn told_each(outcome: &program::Outcome) -> Vec<Told> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |target: &Value| {
        let found = target["findings"].as_array().unwrap_or_else(|| panic!("{}", outcome.stdout)).iter();
        let found = found.map(|finding| (text(&finding["code"]), text(&finding["severity"]))).collect();
        let predicted = text(&target["predicted_error"]);
        let answer = match text(&target["verdict"]).as_str() {
            "trusted" => "trusted".to_owned(),
            _ if predicted.starts_with("java.net.SocketException: ") => "unreadable".to_owned(),
            _ => predicted,
        };
        (answer, found)
    };
    outcome.json()["targets"].as_array().unwrap().iter().map(told).collect()
}

/// Certificates for `localhost` and their authorities, made as they are needed.
pub(crate) struct Pki {
    keys: Vec<KeyPair>,
}

impl Pki {
    /// Begun a hundred days ago, valid for so many more.
    pub(crate) fn params(name: &str, days: i64, ca: bool) -> CertificateParams {
        let names = if ca { Vec::new() } else { vec!["localhost".to_owned()] };
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        if ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.not_before = OffsetDateTime::now_utc() - Duration::days(100);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(days);
        params
    }

    /// A certificate that vouches for itself, of the key with this number.
    fn own(&self, name: &str, key: usize, days: i64, ca: bool) -> Made {
        Self::params(name, days, ca).self_signed(&self.keys[key]).unwrap()
    }

    /// A leaf that the authority of that name and key issued.
    fn leaf(&self, name: &str, key: usize, (ca, ca_key): (&str, usize)) -> Made {
        let authority = Self::params(ca, 100, true);
        let issuer = Issuer::from_params(&authority, &self.keys[ca_key]);
        Self::params(name, 100, false).signed_by(&self.keys[key], &issuer).unwrap()
    }

    fn serve(&self, key: usize, chain: &[&Made]) -> u16 {
        let chain: Vec<CertificateDer<'static>> = chain.iter().map(|made| made.der().clone()).collect();
        serve(chain, self.keys[key].serialize_der())
    }

    fn store(&self, home: &Scratch, name: &str, edits: Vec<Edit>) -> String {
        let format = store::format(if name.ends_with(".jks") { "jks" } else { "pkcs12" }).unwrap();
        let changeit = Some(password("changeit"));
        let empty = store::empty(format, changeit.as_ref()).unwrap();
        let octets = store::edit(&empty, &edits, changeit.as_ref()).unwrap();
        home.write(name, octets).display().to_string()
    }

    fn key(&self, alias: &str, key: usize, chain: &[&Made]) -> Edit {
        let key = Pkcs8::from_der(self.keys[key].serialize_der().into()).unwrap();
        let chain = chain.iter().map(|made| read(made)).collect();
        Edit::AddKey { alias: alias.into(), key, chain, created: now() }
    }
}

fn read(made: &Made) -> Certificate {
    Certificate::from_der(made.der()).unwrap()
}

/// A store of the fixtures under a name of its own: a JVM that has read a file does not read it again for another password.
fn copy(home: &Scratch, store: &str, number: usize) -> String {
    home.write(&format!("{number}/{store}"), std::fs::read(testdata(store)).unwrap()).display().to_string()
}

/// The server of the fixtures' leaf, and what their stores make of it.
fn of_fixtures(home: &Scratch, cases: &mut Vec<Case>) {
    let certificate = |name: &str| std::fs::read(testdata(&format!("certificates/{name}.der"))).unwrap();
    let chain = ["leaf", "intermediate"].map(|name| CertificateDer::from(certificate(name))).to_vec();
    let port = serve(chain, std::fs::read(testdata("certificates/leaf.pk8")).unwrap());
    let mut case = |store: &'static str, password, code, fires| {
        let path = copy(home, store, cases.len());
        cases.push(Case { name: store, port, store: path, kind: "-", password, code, fires });
    };
    for (store, password, code, fires) in [
        ("pkcs12/openssl-nokeys.p12", "changeit", "store-empty-for-java", true),
        ("pkcs12/java8.p12", "changeit", "store-empty-for-java", false),
        ("pkcs12/java8.p12", "-", "store-empty-for-java", true),
        ("pkcs12/keytool17.p12", "-", "store-empty-for-java", true),
        ("pkcs12/passwordless.p12", "-", "store-empty-for-java", false),
        ("jks/version1.jks", "-", "store-empty-for-java", false),
        ("jks/non-ascii-password.jks", "-", "store-unreadable", false),
        ("jks/non-ascii-password.jks", "changeit", "store-unreadable", true),
        ("jks/mixed-case.jks", "changeit", "entry-invisible", true),
        ("pkcs12/mixed-case.p12", "changeit", "entry-invisible", false),
        ("pkcs12/openssl-nokeys.p12", "changeit", "entry-invisible", true),
        ("jks/duplicates.jks", "changeit", "entry-invisible", false),
        ("pkcs12/key-by-name.p12", "changeit", "key-in-trust-store", true),
        ("jks/version1.jks", "changeit", "key-in-trust-store", false),
        ("jks/unknown-type.jks", "changeit", "store-unreadable", true),
        ("pkcs12/ber.p12", "changeit", "store-unreadable", false),
    ] {
        case(store, password, code, fires);
    }
    for (kind, store, fires) in [
        ("JCEKS", "jceks/keytool17.jceks", false),
        ("-", "jceks/keytool17.jceks", true),
        ("JCEKS", "jks/version1.jks", false),
        ("JCEKS", "pkcs12/java8.p12", true),
        ("JKS", "pkcs12/java8.p12", false),
        ("PKCS12", "jks/version1.jks", false),
    ] {
        let path = copy(home, store, cases.len());
        let (password, code) = ("changeit", "store-unreadable");
        cases.push(Case { name: store, port, store: path, kind, password, code, fires });
    }
}

/// Entries that were right once, in each of four shapes; and a server's own keystore.
fn of_stale_entries(home: &Scratch, cases: &mut Vec<Case>) {
    let pki = Pki { keys: (0..4).map(|_| KeyPair::generate().unwrap()).collect() };
    let mut case = |name: &'static str, port, edits, code, fires| {
        let store = pki.store(home, &format!("{name}.jks"), edits);
        cases.push(Case { name, port, store, kind: "-", password: "changeit", code, fires });
    };
    let trust = |made: &Made| add("entry", &read(made));
    let (old, new) = (pki.own("Root", 0, 100, true), pki.own("Root", 1, 100, true));
    let leaf = pki.leaf("localhost", 2, ("Root", 1));
    let port = pki.serve(2, &[&leaf, &new]);
    case("authority rekeyed", port, vec![trust(&old)], "anchor-stale", true);
    case("both authorities", port, vec![trust(&old), add("new", &read(&new))], "anchor-stale", false);
    let over = pki.own("Root", 1, -1, true);
    case("authority renewed", port, vec![trust(&over)], "anchor-stale", true);
    case("authority the same", port, vec![trust(&new)], "anchor-stale", false);
    case("pinned", port, vec![trust(&leaf)], "anchor-stale", false);
    let before = pki.leaf("localhost", 3, ("Root", 1));
    case("pinned leaf rekeyed", port, vec![trust(&before)], "anchor-stale", true);
    let keystore = |leaf: &Made, key| vec![pki.key("server", key, &[leaf, &new])];
    case("own keystore", port, keystore(&leaf, 2), "key-in-trust-store", true);
    case(
        "own keystore and its root",
        port,
        [keystore(&before, 3), vec![trust(&new)]].concat(),
        "key-in-trust-store",
        false,
    );
    case("own keystore, leaf rekeyed", port, keystore(&before, 3), "entry-invisible", true);
    case("own keystore, leaf rekeyed too", port, keystore(&before, 3), "anchor-stale", true);
    let signed = |key, days| pki.own("localhost", key, days, false);
    let own = signed(2, 100);
    let port = pki.serve(2, &[&own]);
    case("leaf renewed", port, vec![trust(&signed(2, -1))], "anchor-stale", true);
    let renewed = vec![trust(&signed(2, -1))];
    case("leaf renewed, imported itself", port, renewed.clone(), "leaf-self-signed", true);
    case("leaf renewed, no authority", port, renewed, "issuer-not-ca", false);
    case("leaf rekeyed", port, vec![trust(&signed(3, 100))], "anchor-stale", true);
    case("leaf the same", port, vec![trust(&own)], "anchor-stale", false);
    case(
        "leaf and an older one",
        port,
        vec![trust(&own), add("old", &read(&signed(3, 100)))],
        "leaf-self-signed",
        false,
    );
    case("another leaf", port, vec![trust(&pki.own("elsewhere", 3, 100, false))], "anchor-stale", false);
}

/// A JKS file with one octet changed, opened without a password, so that nobody compares its digest: in the certificate, in the
/// entry's date.
fn of_damage(home: &Scratch, cases: &mut Vec<Case>) {
    let pki = Pki { keys: (0..2).map(|_| KeyPair::generate().unwrap()).collect() };
    let (root, leaf) = (pki.own("Root", 0, 100, true), pki.leaf("localhost", 1, ("Root", 0)));
    let port = pki.serve(1, &[&leaf]);
    let whole = std::fs::read(pki.store(home, "whole.jks", vec![add("root", &read(&root))])).unwrap();
    let start = whole.windows(root.der().len()).position(|window| window == &**root.der()).unwrap();
    for (name, at, fires) in [("damaged certificate", start + 45, true), ("damaged date", start - 12, false)]
    {
        let mut octets = whole.clone();
        octets[at] ^= 1;
        let store = home.write(&format!("{name}.jks"), octets).display().to_string();
        let (kind, password, code) = ("-", "-", "store-unreadable");
        cases.push(Case { name, port, store, kind, password, code, fires });
    }
}

#[test]
fn each_jvm_says_of_a_trap_what_was_predicted() {
    let home = Scratch::new();
    let mut cases = Vec::new();
    of_fixtures(&home, &mut cases);
    of_stale_entries(&home, &mut cases);
    of_damage(&home, &mut cases);
    home.write("changeit", "changeit\n");
    let hosts = java::hosts(&home, &[("store.test", "127.0.0.1"), ("localhost", "127.0.0.1")]);
    let url = |case: &Case| {
        let host = if case.name.contains('/') { "store.test" } else { "localhost" };
        format!("https://{host}:{}/", case.port)
    };
    let line = |case: &Case| format!("{}\t{}\t{}\t{}\n", url(case), case.store, case.kind, case.password);
    let lines: String = cases.iter().map(line).collect();
    let mut differences = Vec::new();
    for jvm in all_jvms() {
        let answers = ask(&jvm, &[&hosts], &lines);
        assert_eq!(answers.len(), cases.len());
        for (case, answer) in cases.iter().zip(answers) {
            let (url, option) =
                (url(case), format!("--java-option=-Djavax.net.ssl.trustStore={}", case.store));
            let resolve = format!("store.test:{}:127.0.0.1", case.port);
            let kind = format!("--java-option=-Djavax.net.ssl.trustStoreType={}", case.kind);
            let mut words =
                vec!["diagnose", &url, "--resolve", &resolve, "--java-version", &jvm.version, "--json"];
            words.extend(if case.kind == "-" {
                vec!["--store", &case.store]
            } else {
                vec![&*option, &*kind]
            });
            words.extend(match case.password {
                "-" => vec!["--no-store-password"],
                _ => vec!["--store-password-file", "changeit"],
            });
            let (told, found) = told(&trustmend(&home, &words));
            let fires = found.iter().any(|(code, _)| code == case.code);
            let severity_fits = (told == "trusted") == found.iter().all(|(_, severity)| severity != "error");
            if told != answer || fires != case.fires || !severity_fits {
                let name = format!("{} {} {}", case.name, case.kind, case.password);
                differences.push(format!(
                    "{name}, Java {}\n  java {answer}\n  we   {told}\n  {found:?}",
                    jvm.version
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// A runtime, the option (or else the STORE that is judged), and what is found in the order of reports.
type Row<'a> = (&'a Jvm, Option<&'a str>, &'a str, &'a [&'a str]);

/// Which store a JVM reads: the option's, its `jssecacerts`, its `cacerts`.
#[test]
fn each_jvm_falls_back_to_the_store_that_was_predicted() {
    let home = Scratch::new();
    let pki = Pki { keys: (0..2).map(|_| KeyPair::generate().unwrap()).collect() };
    let own = pki.own("localhost", 0, 100, false);
    let url = format!("https://localhost:{}/", pki.serve(0, &[&own]));
    let right = pki.store(&home, "right.jks", vec![add("right", &read(&own))]);
    let wrong =
        pki.store(&home, "wrong.jks", vec![add("wrong", &read(&pki.own("elsewhere", 1, 100, false)))]);
    std::fs::create_dir(home.path().join("folder")).unwrap();
    let (missing, folder) = (home.at("missing.jks"), home.at("folder"));
    let mut differences = Vec::new();
    for (number, jvm) in all_jvms().iter().enumerate() {
        let runtime = |name: &str, stores: &[(&str, &str)]| {
            let folder = jre::linked(jvm, &home.path().join(format!("{name}{number}")));
            for (store, place) in stores {
                std::fs::copy(store, folder.join("lib/security").join(place)).unwrap();
            }
            Jvm { home: folder, version: jvm.version.clone() }
        };
        let both = runtime("both", &[(&right, "cacerts"), (&wrong, "jssecacerts")]);
        let one = runtime("one", &[(&right, "cacerts")]);
        let none = runtime("none", &[]);
        let cacerts = |jvm: &Jvm| jvm.home.join("lib/security/cacerts").display().to_string();
        let (shadowed, alone) = (cacerts(&both), cacerts(&one));
        let rows: [Row<'_>; 12] = [
            (&both, Some(""), "", &["store-missing"]),
            (&one, Some(""), "", &["store-missing"]),
            (&both, Some(&missing), "", &["store-missing"]),
            (&both, Some(&folder), "", &["store-missing"]),
            (&both, Some(&shadowed), "", &[]),
            (&both, None, &shadowed, &["store-shadowed", "leaf-self-signed"]),
            (&both, None, "java:", &["leaf-self-signed", "store-shadowed"]),
            (&both, Some("NONE"), "", &["store-empty-for-java", "leaf-self-signed"]),
            (&one, Some(&missing), "", &["store-missing"]),
            (&one, None, &alone, &[]),
            (&one, None, "java:", &[]),
            (&none, Some(&missing), "", &["store-missing", "leaf-self-signed"]),
        ];
        for jvm in [&both, &one, &none] {
            let rows: Vec<&Row<'_>> = rows.iter().filter(|row| row.0.home == jvm.home).collect();
            differences.extend(compare(&home, jvm, &url, &rows));
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// The list of certificates that a runtime refuses, which JDK 11 has under another name; and near misses beside it: the list of
/// the other releases' name, a list of another hash, a list without this certificate.
#[test]
fn each_jvm_refuses_what_its_own_list_blocks() {
    let home = Scratch::new();
    let pki = Pki { keys: (0..2).map(|_| KeyPair::generate().unwrap()).collect() };
    let (root, leaf) = (pki.own("Root", 0, 100, true), pki.leaf("localhost", 1, ("Root", 0)));
    let url = format!("https://localhost:{}/", pki.serve(1, &[&leaf]));
    let store = pki.store(&home, "root.jks", vec![add("root", &read(&root))]);
    let list = |hash: &str, blocked: &Made| {
        format!("Algorithm={hash}\n{}\n", read(blocked).sha256().hex().to_ascii_uppercase())
    };
    let (leaf_listed, root_listed) = (list("SHA-256", &leaf), list("SHA-256", &root));
    let (other_hash, strange) = (list("SHA-1", &leaf), list("SHA-256", &pki.own("Else", 1, 100, true)));
    let mut differences = Vec::new();
    for (number, jvm) in all_jvms().iter().enumerate() {
        let own = ["blocked.certs", "blacklisted.certs"]
            .into_iter()
            .find(|name| jvm.home.join("lib/security").join(name).exists())
            .expect("a runtime has such a list");
        let other = if own == "blocked.certs" { "blacklisted.certs" } else { "blocked.certs" };
        let mut refused = 0;
        for (case, (name, text)) in [
            (own, &leaf_listed),
            (own, &root_listed),
            (own, &other_hash),
            (own, &strange),
            (other, &leaf_listed),
        ]
        .into_iter()
        .enumerate()
        {
            let runtime = jre::linked(jvm, &home.path().join(format!("listing{number}-{case}")));
            let security = runtime.join("lib/security");
            std::fs::copy(&store, security.join("cacerts")).unwrap();
            let _ = std::fs::remove_file(security.join(own));
            std::fs::write(security.join(name), text).unwrap();
            let jvm = Jvm { home: runtime, version: jvm.version.clone() };
            let answer = ask(&jvm, &[], &format!("{url}\t-\t-\t-\n")).remove(0);
            let mut command = command(&home, &["diagnose", &url, "--json", "--store", "java:"]);
            command.env("JAVA_HOME", &jvm.home);
            let (told, _) = told(&program::run(command, b"", "nothing"));
            refused += usize::from(answer.contains("Untrusted certificate: "));
            if told != answer {
                differences.push(format!("{case} Java {}\n  java {answer}\n  we   {told}", jvm.version));
            }
        }
        assert!(refused > 0, "Java {} blocks nothing", jvm.version);
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// Where this program and the runtime of these rows say different things.
fn compare(home: &Scratch, jvm: &Jvm, url: &str, rows: &[&Row<'_>]) -> Vec<String> {
    let line = |row: &&Row<'_>| format!("{url}\t{}\t-\t-\n", row.1.unwrap_or("-"));
    let lines: String = rows.iter().map(line).collect();
    let mut differences = Vec::new();
    for ((_, option, store, codes), answer) in rows.iter().zip(ask(jvm, &[], &lines)) {
        let mut command = command(home, &["diagnose", url, "--json"]);
        command.env("JAVA_HOME", &jvm.home);
        match option {
            Some(path) => command.arg(format!("--java-option=-Djavax.net.ssl.trustStore={path}")),
            None => command.args(["--store", store]),
        };
        if *option == Some("NONE") {
            command.args(["--java-version", &jvm.version]); // no file leads to the runtime
        }
        let (told, found) = told(&program::run(command, b"", "nothing"));
        let found: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        if told != answer || found != *codes {
            let name = format!("{option:?} {store} of {}, Java {}", jvm.home.display(), jvm.version);
            differences.push(format!("{name}\n  java {answer}\n  we   {told}\n  {found:?}"));
        }
    }
    differences
}

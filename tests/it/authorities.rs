//! Authorities that a JVM treats otherwise than others: those of its own `cacerts`, and those it stopped trusting.

use std::path::Path;

use base64::Engine as _;
use time::OffsetDateTime;
use trustmend::cert::Certificate;
use trustmend::path::Anchor;
use trustmend::path::java::{Question, Settings, Verdict, Version, judge};
use trustmend::store;

use crate::completion::Pki;
use crate::handshakes::serve;
use crate::store_support::{add, password};
use crate::store_verdicts::{all_jvms, ask, told};
use crate::support::jvm::Jvm;
use crate::support::program;
use crate::support::run::command;
use crate::support::scratch::Scratch;
use crate::support::{java, jre};

/// A store with one certificate under an alias, which the program itself would not give.
fn store(home: &Scratch, name: &str, file: &str, alias: &str) -> String {
    let format = store::format(if name.ends_with(".jks") { "jks" } else { "pkcs12" }).unwrap();
    let changeit = Some(password("changeit"));
    let empty = store::empty(format, changeit.as_ref()).unwrap();
    let edits = [add(alias, &read(&home.path().join(file)))];
    let octets = store::edit(&empty, &edits, changeit.as_ref()).unwrap();
    home.write(name, octets).display().to_string()
}

/// A runtime's own store and the one before it, and what is asked of a JVM that has them: the option, and whether SHA-1 is
/// refused.
type Runtime<'a> = (&'a str, Option<&'a str>, &'a [(Option<&'a str>, &'a str)]);

/// SHA-1 below an authority of the runtime's own, which an alias with ` [jdk` in its `cacerts` tells; and below the same
/// authority where it stands elsewhere or otherwise.
#[test]
fn each_jvm_knows_its_own_authorities_by_the_alias_in_cacerts() {
    let pki = Pki::new();
    let home = &pki.home;
    home.write("leaf.ext", "subjectAltName=DNS:localhost\n");
    pki.run("x509 -req -sha1 -in leaf.csr -CA issuing.pem -CAkey issuing.key -days 30 -extfile leaf.ext -out sha1.pem");
    pki.run("req -config req.cnf -x509 -new -key root.key -subj /CN=Root -days 60 -addext basicConstraints=critical,CA:TRUE -out renewed.pem");
    pki.run("pkcs8 -topk8 -nocrypt -in leaf.key -outform DER -out leaf.pk8");
    let chain = ["sha1.pem", "issuing.pem"].map(|name| read(&home.path().join(name)).der().to_vec().into());
    let port = serve(chain.to_vec(), home.read("leaf.pk8"));
    let url = format!("https://localhost:{port}/");
    let marked = store(home, "marked.jks", "root.pem", "x [jdk]");
    let plain = store(home, "plain.jks", "root.pem", "x");
    let near = store(home, "near.jks", "root.pem", "x[jdk]");
    let renewed = store(home, "renewed.jks", "renewed.pem", "x [jdk]");
    let locked = store(home, "locked.p12", "root.pem", "x [jdk]");
    let runtimes: [Runtime<'_>; 3] = [
        (
            &marked,
            None,
            &[(None, "refused"), (Some(&plain), "refused"), (Some(&marked), "refused"), (Some(&renewed), "")],
        ),
        (&near, Some(&marked), &[(None, ""), (Some(&marked), ""), (Some(&plain), ""), (Some(&near), "")]),
        // A PKCS#12 file is read without a password, which shows none of its certificates.
        (&locked, None, &[(Some(&plain), "")]),
    ];
    let mut differences = Vec::new();
    for (number, jvm) in all_jvms().iter().enumerate() {
        for (case, (cacerts, jssecacerts, rows)) in runtimes.iter().enumerate() {
            let folder = jre::linked(jvm, &home.path().join(format!("runtime{number}-{case}")));
            std::fs::copy(cacerts, folder.join("lib/security/cacerts")).unwrap();
            if let Some(store) = jssecacerts {
                std::fs::copy(store, folder.join("lib/security/jssecacerts")).unwrap();
            }
            let jvm = Jvm { home: folder, version: jvm.version.clone() };
            let line = |row: &(Option<&str>, &str)| format!("{url}\t{}\t-\t-\n", row.0.unwrap_or("-"));
            let answers = ask(&jvm, &[], &rows.iter().map(line).collect::<String>());
            for ((option, expected), answer) in rows.iter().zip(answers) {
                let mut diagnose = command(home, &["diagnose", &url, "--json"]);
                diagnose.env("JAVA_HOME", &jvm.home);
                diagnose
                    .args(["--store", "java:"])
                    .args(option.map(|path| format!("--java-option=-Djavax.net.ssl.trustStore={path}")));
                let (told, _) = told(&program::run(diagnose, b"", "nothing"));
                let is_refused = answer.contains("SHA1");
                if told != answer || is_refused != (*expected == "refused") {
                    differences.push(format!(
                        "{case} {option:?}, Java {}\n  java {answer}\n  we   {told}",
                        jvm.version
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

fn read(path: &Path) -> Certificate {
    let text = std::fs::read_to_string(path).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    Certificate::from_der(&base64::engine::general_purpose::STANDARD.decode(base64).unwrap()).unwrap()
}

/// The authority, one of the same name with a key of ours, and what that one issued.
fn namesakes(pki: &Pki) -> [Certificate; 3] {
    let home = &pki.home;
    let entrust = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/path/entrust-root.pem");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    home.write(
        "mimic.cnf",
        "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ca\n[ca]\nbasicConstraints=critical,CA:TRUE\n[dn]\nC=US\n\
         O=Entrust, Inc.\n0.OU=www.entrust.net/CPS is incorporated by reference\n1.OU=(c) 2006 Entrust, Inc.\n\
         CN=Entrust Root Certification Authority\n",
    );
    pki.run(&format!("req -config mimic.cnf -x509 {key} -days 30 -utf8 -keyout mimic.key -out mimic.pem"));
    home.write("leaf.ext", "subjectAltName=DNS:localhost\n");
    pki.run("x509 -req -in leaf.csr -CA mimic.pem -CAkey mimic.key -days 30 -extfile leaf.ext -out leaf.pem");
    let entrust = read(&entrust);
    let [mimic, leaf] = ["mimic.pem", "leaf.pem"].map(|name| read(&home.path().join(name)));
    assert_eq!(mimic.subject().to_string(), entrust.subject().to_string());
    [entrust, mimic, leaf]
}

/// What each JVM's trust manager makes of an authority that is no longer trusted, of one that is called the same, and of what
/// neither issued; with the policies it has, none, all, and one nobody knows.
#[test]
fn each_jvm_distrusts_by_fingerprint_and_policy() {
    let pki = Pki::new();
    let home = &pki.home;
    let [entrust, mimic, leaf] = namesakes(&pki);
    let cases = [
        ("namesake", vec![&leaf], vec![&mimic]),
        ("namesake sent", vec![&leaf, &mimic], vec![&mimic]),
        ("another key", vec![&leaf], vec![&entrust]),
        ("namesake and the authority", vec![&leaf], vec![&entrust, &mimic]),
        ("pinned", vec![&entrust], vec![&entrust]),
        ("unknown", vec![&entrust], vec![&mimic]),
    ];
    let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap();
    let at = now.format(&time::format_description::well_known::Rfc3339).unwrap();
    let base64 = |list: &[&Certificate]| {
        let encode = |one: &&Certificate| base64::engine::general_purpose::STANDARD.encode(one.der());
        list.iter().map(encode).collect::<Vec<_>>().join(",")
    };
    let line = |(id, chain, anchors): &(&str, Vec<&Certificate>, Vec<&Certificate>)| {
        format!("{id}\t{at}\t\t{}\t{}\n", base64(chain), base64(anchors))
    };
    let input = home.write("cases.tsv", cases.iter().map(line).collect::<String>()).display().to_string();
    let policies =
        [None, Some("SYMANTEC_TLS,ENTRUST_TLS, CAMERFIRMA_TLS,CHUNGHWA_TLS"), Some(""), Some("NOBODY_TLS")];
    let mut differences = Vec::new();
    for (number, jvm) in all_jvms().into_iter().enumerate() {
        // A list of its own reading is one JVM's as much as another's.
        for list in policies.into_iter().take(if number == 0 { policies.len() } else { 2 }) {
            let text = list.map(|list| format!("jdk.security.caDistrustPolicies={list}\n"));
            let file = home.write("security", text.as_deref().unwrap_or_default()).display().to_string();
            let (option, output) = (format!("-Djava.security.properties={file}"), home.at("answers.tsv"));
            java::run(&jvm, "JavaOracle", &[&option], &[&input, &output]).success();
            let answers = std::fs::read_to_string(&output).unwrap();
            let settings = Settings::of(&Version::parse(&jvm.version).unwrap());
            let settings = settings.with_more_security(text.as_deref().unwrap_or_default());
            for ((id, chain, anchors), answer) in cases.iter().zip(answers.lines()) {
                let chain: Vec<Certificate> = chain.iter().map(|&one| one.clone()).collect();
                let anchor = |&one: &&Certificate| Anchor { certificate: one.clone(), alias: None };
                let anchors: Vec<Anchor> = anchors.iter().map(anchor).collect();
                let judgement = judge(&Question::new(&chain, &anchors, now, &settings));
                let ours = match judgement.verdict {
                    Verdict::Trusted => format!("{id}\tSUCCESS\t"),
                    _ => format!("{id}\tFAILURE\t{}", judgement.predicted.unwrap().causes.join(" <- ")),
                };
                if ours != answer {
                    let version = &jvm.version;
                    differences.push(format!("{list:?}, Java {version}\n  java {answer}\n  we   {ours}"));
                }
            }
            assert_eq!(answers.lines().count(), cases.len());
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

//! What this program says a JVM decides and prints, against what JVMs said and say.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use trustmend::cert::Certificate;
use trustmend::path::java::{Question, Session, Settings, Verdict, Version, judge};
use trustmend::path::{Anchor, PeerName};

/// A chain, a store, a name and a time.
pub(crate) struct Case {
    pub(crate) id: String,
    time: String,
    name: String,
    pub(crate) chain: Vec<Certificate>,
    pub(crate) anchors: Vec<Anchor>,
    /// Whether this program can read all of that.
    pub(crate) is_read: bool,
    /// The line itself, which may hold certificates that cannot be read.
    line: Option<String>,
}

/// What a JVM says: SUCCESS or FAILURE, and the exceptions joined by ` <- `.
pub(crate) type Answer = (String, String);

impl Case {
    /// One line of testdata/cases/chains.tsv.
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let time = if fields[1].is_empty() { "2026-11-23T12:00:00Z" } else { fields[1] };
        let chain = [fields[4], fields[5]].iter().flat_map(|list| certificates(list).unwrap()).collect();
        let anchor = |certificate| Anchor { certificate, alias: None };
        Self {
            id: fields[0].to_owned(),
            time: time.to_owned(),
            name: fields[3].to_owned(),
            chain,
            anchors: certificates(fields[6]).unwrap().into_iter().map(anchor).collect(),
            is_read: true,
            line: None,
        }
    }

    /// One line of testdata/cases/generated.tsv, which is what JavaOracle reads.
    fn parse_generated(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let anchor = |certificate| Anchor { certificate, alias: None };
        let (chain, anchors) = (certificates(fields[3]), certificates(fields[4]));
        Self {
            is_read: chain.is_some() && anchors.is_some(),
            id: fields[0].to_owned(),
            time: fields[1].to_owned(),
            name: fields[2].to_owned(),
            chain: chain.unwrap_or_default(),
            anchors: anchors.unwrap_or_default().into_iter().map(anchor).collect(),
            line: Some(format!("{line}\n")),
        }
    }

    /// One line for JavaOracle.
    fn for_java(&self) -> String {
        if let Some(line) = &self.line {
            return line.clone();
        }
        let list = |certificates: &mut dyn Iterator<Item = &Certificate>| {
            let encode = |c: &Certificate| base64::engine::general_purpose::STANDARD.encode(c.der());
            certificates.map(encode).collect::<Vec<_>>().join(",")
        };
        let anchors = list(&mut self.anchors.iter().map(|anchor| &anchor.certificate));
        format!("{}\t{}\t{}\t{}\t{anchors}\n", self.id, self.time, self.name, list(&mut self.chain.iter()))
    }

    /// The question, asked of this program.
    pub(crate) fn ask<T>(&self, settings: &Settings, answer: impl FnOnce(&Question<'_>) -> T) -> T {
        let name = match self.name.parse::<IpAddr>() {
            Ok(address) => PeerName::address(address, &self.name),
            Err(_) => PeerName::Dns(self.name.clone()),
        };
        let now = OffsetDateTime::parse(&self.time, &Rfc3339).unwrap();
        let mut question = Question::new(&self.chain, &self.anchors, now, settings);
        question.name = (!self.name.is_empty()).then_some(&name);
        // The oracle's session has the algorithms of both versions, as one has that is not agreed yet.
        question.schemes = Some(settings.certificate_schemes(&[Session::Tls12, Session::Tls13]));
        answer(&question)
    }

    /// What this program says, in the form of the oracle: a trust manager never sees the handshake's limits.
    pub(crate) fn judged(&self, version: &str) -> Answer {
        if !self.is_read {
            return ("UNREAD".to_owned(), String::new());
        }
        let mut settings = Settings::of(&Version::parse(version).unwrap());
        settings.maximum_chain = usize::MAX;
        let judgement = self.ask(&settings, judge);
        match judgement.verdict {
            Verdict::Trusted => ("SUCCESS".to_owned(), String::new()),
            Verdict::Refused => {
                ("FAILURE".to_owned(), judgement.predicted.unwrap().causes.join(" <- ").replace('\n', " "))
            }
            Verdict::Undecided { why } => ("UNDECIDED".to_owned(), why),
        }
    }
}

fn certificates(list: &str) -> Option<Vec<Certificate>> {
    let decode = |base64: &str| {
        let der = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
        Certificate::from_der(&der).ok()
    };
    list.split(',').filter(|base64| !base64.is_empty()).map(decode).collect()
}

pub(crate) fn recorded_cases() -> Vec<Case> {
    let file = std::fs::read_to_string("testdata/cases/chains.tsv").unwrap();
    file.lines().map(Case::parse).collect()
}

pub(crate) fn generated_cases() -> Vec<Case> {
    cases_of("generated.tsv")
}

pub(crate) fn cases_of(name: &str) -> Vec<Case> {
    let file = std::fs::read_to_string(format!("testdata/cases/{name}")).unwrap();
    file.lines().map(Case::parse_generated).collect()
}

/// What `make.py dsa` wrote.
pub(crate) fn dsa_cases() -> Vec<Case> {
    let file = std::fs::read_to_string("testdata/cases/dsa.tsv").unwrap();
    file.lines().map(Case::parse_generated).collect()
}

/// A runtime without the names of variables has a number for them: the oldest of this machine's are so.
fn named(text: &str) -> String {
    text.replace(
        "CharSequence.toString()\" because \"<parameter1>\"",
        "CharSequence.toString()\" because \"src\"",
    )
}

/// Reviewed differences: id and JVM. A line names several JVMs with commas, and ends in the reason.
fn exceptions() -> HashSet<(String, String)> {
    let file = std::fs::read_to_string("testdata/cases/exceptions.tsv").unwrap();
    let mut exceptions = HashSet::new();
    for line in file.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields[2].len() > 10, "no reason: {line}");
        exceptions.extend(fields[1].split(',').map(|jvm| (fields[0].to_owned(), jvm.to_owned())));
    }
    exceptions
}

#[test]
fn five_recorded_jvms_are_predicted_to_the_letter() {
    let recorded = std::fs::read_to_string("testdata/cases/java.tsv").unwrap();
    let mut answers: HashMap<(&str, &str), (&str, &str)> = HashMap::new();
    for line in recorded.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        answers.insert((fields[0], fields[1]), (fields[2], fields[3]));
    }
    let exceptions = exceptions();
    let mut differences = Vec::new();
    for case in recorded_cases() {
        for version in ["11.0.13", "17.0.9", "17.0.21", "21.0.8", "25.0.3"] {
            let (verdict, text) = answers[&(case.id.as_str(), version)];
            let judged = case.judged(version);
            let equal = (judged.0.as_str(), judged.1.as_str()) == (verdict, text);
            let excepted = exceptions.contains(&(case.id.clone(), version.to_owned()));
            if equal == excepted {
                differences
                    .push(format!("{} {version}\n  java {verdict} {text}\n  we   {judged:?}", case.id));
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// The JVMs installed here and the older runtimes of tests/setup.d/jvms.sh, by version and path of `java`.
pub(crate) fn jvms() -> Vec<(String, std::path::PathBuf)> {
    let mut jvms = Vec::new();
    let installed =
        std::fs::read_dir("/usr/lib/jvm").expect("JDKs are installed under /usr/lib/jvm").flatten();
    for path in installed.map(|entry| entry.path()).chain(older_runtimes()) {
        let release = std::fs::read_to_string(path.join("release"));
        if path.is_symlink() || release.is_err() {
            continue;
        }
        let version =
            Command::new(path.join("bin/java")).arg("-XshowSettings:properties").arg("-version").output();
        let text = String::from_utf8(version.unwrap().stderr).unwrap();
        let line =
            text.lines().find_map(|line| line.trim().strip_prefix("java.version = ").map(str::to_owned));
        jvms.push((line.unwrap(), path.join("bin/java")));
    }
    assert!(jvms.len() > 3, "no JDK under /usr/lib/jvm");
    jvms
}

const OLDER: [&str; 3] = ["11.0.13.1", "17.0.9.2", "21.0.8.2"];

fn older_runtimes() -> impl Iterator<Item = std::path::PathBuf> {
    OLDER.iter().map(|version| {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.cache/jvms").join(version);
        assert!(home.join("bin/java").exists(), "no {}; tests/setup.d/jvms.sh fetches it", home.display());
        home
    })
}

/// Runs the oracle of one JVM over the cases.
fn ask(java: &Path, folder: &Path, cases: &str) -> HashMap<String, Answer> {
    let (input, output) = (folder.join("cases.tsv"), folder.join("answers.tsv"));
    std::fs::write(&input, cases).unwrap();
    let mut run = Command::new(java);
    run.args(["-Xss64m", "-Duser.timezone=UTC", "-cp"]).arg(folder).arg("JavaOracle");
    let status = run.arg(&input).arg(&output).status().unwrap();
    assert!(status.success(), "{} did not answer", java.display());
    let answer = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_owned(), (fields[1].to_owned(), named(fields[2])))
    };
    std::fs::read_to_string(&output).unwrap().lines().map(answer).collect()
}

fn compile_oracle(folder: &Path) {
    let mut javac = Command::new("javac");
    javac.args(["--release", "11", "-Xlint:-options", "-d"]).arg(folder).arg("tests/it/java/JavaOracle.java");
    let status = javac.status().expect("javac is installed");
    assert!(status.success(), "javac refused the oracle");
}

#[test]
fn jvms_installed_here_are_predicted_to_the_letter() {
    let folder = tempfile::tempdir().unwrap();
    compile_oracle(folder.path());
    let excepted: HashSet<String> = exceptions().into_iter().map(|(id, _)| id).collect();
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    cases.extend(cases_of("odd.tsv"));
    cases.extend(cases_of("rare.tsv"));
    let (all, dsa) = (cases, dsa_cases());
    for (version, java) in jvms() {
        // The older runtimes' answers to most of them are recorded: here it is only that they still are the same.
        let step = if java.starts_with(env!("CARGO_MANIFEST_DIR")) { 5 } else { 1 };
        let cases: Vec<&Case> = all.iter().step_by(step).chain(&dsa).collect();
        let lines: String = cases.iter().map(|case| case.for_java()).collect();
        let answers = ask(&java, folder.path(), &lines);
        assert_eq!(answers.len(), cases.len(), "JDK {version} left cases out");
        let differs =
            |case: &&&Case| !excepted.contains(&case.id) && case.judged(&version) != answers[&case.id];
        let differences: Vec<String> = cases
            .iter()
            .filter(differs)
            .map(|case| {
                format!("{}\n  java {:?}\n  we   {:?}", case.id, answers[&case.id], case.judged(&version))
            })
            .collect();
        assert!(differences.is_empty(), "JDK {version}\n{}", differences.join("\n"));
    }
}

#[test]
fn generated_chains_are_predicted_to_the_letter() {
    as_recorded("generated");
}

#[test]
fn odd_chains_are_predicted_to_the_letter() {
    as_recorded("odd");
}

#[test]
fn rare_chains_are_predicted_to_the_letter() {
    as_recorded("rare");
}

fn as_recorded(name: &str) {
    let recorded = std::fs::read_to_string(format!("testdata/cases/{name}-java.tsv")).unwrap();
    let cases = cases_of(&format!("{name}.tsv"));
    let cases: HashMap<String, Case> = cases.into_iter().map(|case| (case.id.clone(), case)).collect();
    let exceptions = exceptions();
    let (mut answers, mut differences) = (0, Vec::new());
    for line in recorded.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        for version in fields[1].split(',') {
            answers += 1;
            let judged = cases[fields[0]].judged(version);
            let equal = (judged.0.as_str(), judged.1.as_str()) == (fields[2], named(fields[3]).as_str());
            let excepted = exceptions.contains(&(fields[0].to_owned(), version.to_owned()));
            if equal == excepted {
                differences.push(format!(
                    "{} {version}\n  java {} {}\n  we   {judged:?}",
                    fields[0], fields[2], fields[3]
                ));
            }
        }
    }
    assert_eq!(answers, cases.len() * 5, "every case has the answers of five JVMs");
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

/// Measured in handshakes: the exception that reaches the application, with the alert's name where the update has it.
#[test]
fn the_first_line_is_the_handshakes() {
    const HANDSHAKE: &str = "javax.net.ssl.SSLHandshakeException: ";
    const BUILDING: &str = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: \
                            unable to find valid certification path to requested target";
    const VALIDATION: &str = "PKIX path validation failed: java.security.cert.CertPathValidatorException: ";
    let cases = recorded_cases();
    let line = |id: &str, version: &str| {
        let settings = Settings::of(&Version::parse(version).unwrap());
        let case = cases.iter().find(|case| case.id == id).unwrap();
        case.ask(&settings, judge).predicted.unwrap().exception
    };
    for version in ["17.0.9", "17.0.15", "21.0.8"] {
        assert_eq!(line("missing-intermediate", version), format!("{HANDSHAKE}{BUILDING}"));
    }
    for (id, alert, text) in [
        ("missing-intermediate", "certificate_unknown", BUILDING.to_owned()),
        ("expired-leaf", "certificate_expired", format!("{VALIDATION}validity check failed")),
        ("notyet-leaf", "bad_certificate", format!("{VALIDATION}validity check failed")),
        ("bad-signature-leaf", "bad_certificate", format!("{VALIDATION}signature check failed")),
        ("ku-keyenc-only", "certificate_unknown", "KeyUsage does not allow digital signatures".to_owned()),
        (
            "host-mismatch-dns",
            "certificate_unknown",
            "No subject alternative DNS name matching scim.corp.test found.".to_owned(),
        ),
        (
            "rsa512-leaf",
            "unsupported_certificate",
            format!(
                "{VALIDATION}Algorithm constraints check failed on keysize limits: RSA 512 bit key used with \
                 certificate: CN=scim.corp.test, O=Corp Test"
            ),
        ),
    ] {
        for version in ["17.0.19", "17.0.21.1", "25.0.3"] {
            assert_eq!(line(id, version), format!("{HANDSHAKE}({alert}) {text}"), "{version}");
        }
    }
    let md5 = "Algorithm constraints check failed on";
    assert_eq!(
        line("md5-int", "17.0.21"),
        format!("{HANDSHAKE}(bad_certificate) {VALIDATION}{md5} signature algorithm: MD5withRSA")
    );
    assert!(
        line("md5-int", "25.0.3").starts_with(&format!("{HANDSHAKE}(unsupported_certificate) {VALIDATION}"))
    );
    assert_eq!(
        line("chain-too-long", "17.0.21"),
        "javax.net.ssl.SSLProtocolException: The certificate chain length (11) exceeds the maximum allowed length (10)"
    );
}

/// The built-in tables against the files of the JVMs that are here.
#[test]
fn built_in_tables_are_those_of_the_jvms_here() {
    let sorted = |property: &str| {
        let mut entries: Vec<String> = property.split(',').map(|entry| entry.trim().to_owned()).collect();
        entries.sort_unstable();
        entries
    };
    // Of other updates the file decides, and the tables are the best guess.
    let measured = ["11.0.13", "17.0.9", "17.0.19", "17.0.21.1", "21.0.8", "25.0.3"];
    for (version, java) in jvms().into_iter().filter(|(version, _)| measured.contains(&version.as_str())) {
        let file = java.parent().unwrap().join("../conf/security/java.security");
        let version = Version::parse(&version).unwrap();
        let read = Settings::with_java_security(&version, &std::fs::read_to_string(file).unwrap());
        let table = Settings::of(&version);
        assert_eq!(sorted(&read.certpath_disabled), sorted(&table.certpath_disabled), "{version}");
        assert_eq!(sorted(&read.tls_disabled), sorted(&table.tls_disabled), "{version}");
        assert_eq!(read.distrust, table.distrust, "{version}");
    }
}

/// SHA-1 is refused below the JDK's own authorities alone, which the alias in cacerts tells, and a blocked
/// certificate anywhere.
#[test]
fn aliases_and_lists_of_the_runtime_count() {
    let mut case = recorded_cases().into_iter().find(|case| case.id == "sha1-leaf-private-ca").unwrap();
    let settings = Settings::of(&Version::newest(17));
    assert_eq!(case.ask(&settings, judge).verdict, Verdict::Trusted);
    let validation = "PKIX path validation failed: java.security.cert.CertPathValidatorException: ";
    let blocked = [case.chain[1].sha256()];
    let judged = case.ask(&settings, |question| judge(&Question { blocked: &blocked, ..*question }));
    assert_eq!(
        judged.predicted.unwrap().exception,
        format!(
            "javax.net.ssl.SSLHandshakeException: (certificate_unknown) {validation}Untrusted certificate: {}",
            case.chain[1].subject()
        )
    );
    case.anchors[0].alias = Some("corproot [jdk]".to_owned());
    assert_eq!(
        case.ask(&settings, judge).predicted.unwrap().exception,
        format!(
            "javax.net.ssl.SSLHandshakeException: (unsupported_certificate) {validation}Usage constraint TLSServer \
             check failed: SHA1 used with certificate: CN=scim.corp.test, O=Corp Test"
        )
    );
}

//! Findings: codes are promises, and what is called an error is what Java refuses for.

use std::collections::BTreeSet;
use std::path::Path;

use trustmend::cert::Certificate;
use trustmend::finding::{
    Clocks, Evidence, Failure, Member, OtherRoute, PAGES, RULES, Severity, StoreFacts, examine, page,
};
use trustmend::path::java::{Question, Settings, Verdict, Version, judge};
use trustmend::path::{Rules, arrange, faults, recommend};

use crate::verdicts::{cases_of, generated_cases, recorded_cases};

/// Every code there is. One may be added; none may go or change.
const CODES: &[&str] = &[
    "addresses-differ",
    "anchor-expired",
    "anchor-stale",
    "certificate-refused",
    "certificate-unreadable",
    "chain-duplicate",
    "chain-extra-certificate",
    "chain-intermediate-missing",
    "chain-order-wrong",
    "chain-root-unneeded",
    "chain-too-long",
    "cipher-suites-none",
    "client-certificate-required",
    "clock-skew",
    "critical-extension-unknown",
    "cross-sign-expired",
    "eku-server-auth-missing",
    "entry-invisible",
    "handshake-failed",
    "host-pinned",
    "interception-suspected",
    "intermediate-expired",
    "issuer-not-ca",
    "java-algorithm-disabled",
    "java-anchor-distrusted",
    "java-cannot-judge",
    "key-identifier-mismatch",
    "key-in-trust-store",
    "key-usage-wrong",
    "key-weak",
    "leaf-expired",
    "leaf-not-yet-valid",
    "leaf-self-signed",
    "name-cn-only",
    "name-constraint-violated",
    "name-ip-san-missing",
    "name-mismatch",
    "name-wildcard",
    "path-length-exceeded",
    "protocol-client-restricted",
    "protocol-too-old",
    "policy-required",
    "proxy-refused",
    "record-incomplete",
    "revocation-unknown",
    "root-untrusted",
    "server-not-tls",
    "server-unreachable",
    "signature-invalid",
    "signature-schemes-none",
    "signature-unchecked",
    "signature-weak",
    "sni-dependent",
    "starttls-refused",
    "store-empty-for-java",
    "store-missing",
    "store-password-needed",
    "store-shadowed",
    "store-unreadable",
];

/// Every code that is no finding's and has a page.
const OTHER_CODES: &[&str] = &[
    "chain-too-large",
    "client-certificate-unusable",
    "connection-closed",
    "handshake-closed",
    "request-unusable",
    "key-unrecoverable",
    "scim-answer-incomplete",
    "scim-answer-late",
    "scim-auth-malformed",
    "scim-auth-not-needed",
    "scim-auth-refused",
    "scim-auth-required",
    "scim-auth-scheme-doubled",
    "scim-auth-scheme-missing",
    "scim-auth-whitespace",
    "scim-base-url-query",
    "scim-base-url-slash",
    "scim-base-url-version",
    "scim-config-missing",
    "scim-config-refused",
    "scim-list-malformed",
    "scim-media-type",
    "scim-media-type-refused",
    "scim-method-refused",
    "scim-not-api",
    "scim-not-json",
    "scim-paging-ignored",
    "scim-path-not-found",
    "scim-redirect",
    "scim-request-refused",
    "scim-schema-unknown",
    "scim-server-error",
    "scim-throttled",
    "scim-version-other",
    "server-not-http",
    "server-untrusted",
];

pub(crate) fn evidence(question: &Question<'_>) -> Evidence {
    let judgement = judge(question);
    let faults = faults(question, &[]);
    let is_trusted = judgement.verdict == Verdict::Trusted;
    Evidence {
        client: Rules::Java,
        target: None,
        name: question.name.cloned(),
        presented: question.chain.to_vec(),
        arrangement: arrange(question.chain),
        recommendation: recommend(question.chain, &faults, is_trusted),
        judgement: Some(judgement),
        faults,
        store: StoreFacts {
            place: "trust.jks".to_owned(),
            anchors: question.anchors.to_vec(),
            entries: question.anchors.len(),
            is_writable: true,
            ..StoreFacts::default()
        },
        members: Vec::new(),
        other_route: None,
        clocks: None,
        failure: None,
        found: Vec::new(),
        now: question.now,
    }
}

#[test]
fn codes_are_kept_and_each_has_a_page() {
    let codes: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(codes, CODES.iter().copied().collect(), "a code is a promise");
    assert_eq!(codes.len(), RULES.len(), "no code twice");
    for rule in RULES {
        assert!(rule.title().len() > 10 && rule.help.lines().count() >= 3, "{} explains nothing", rule.code);
    }
    let others: BTreeSet<&str> = PAGES.iter().map(|page| page.code).collect();
    assert_eq!(others, OTHER_CODES.iter().copied().collect(), "a code is a promise");
    assert!(others.is_disjoint(&codes) && others.len() == PAGES.len(), "no code twice");
    for page in PAGES {
        assert!(page.title().len() > 10 && page.help.lines().count() >= 3, "{} explains nothing", page.code);
    }
}

#[test]
fn every_code_that_check_prints_has_a_page() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let words = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(sources.join(file)).unwrap();
        text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let scim = ["answer.rs", "auth.rs", "ladder.rs"].map(|file| words(&format!("scim/{file}"))).concat();
    let mut codes: BTreeSet<String> = scim.into_iter().filter(|word| word.starts_with("scim-")).collect();
    assert!(codes.len() > 20, "{codes:?}");
    let is_code = |word: &String| {
        word.contains('-') && word.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-')
    };
    codes.extend(words("net/error.rs").into_iter().filter(is_code));
    assert!(codes.contains("server-unreachable"), "{codes:?}");
    let unknown: Vec<_> = codes.iter().filter(|code| page(code).is_none()).collect();
    assert!(unknown.is_empty(), "no page for {unknown:?}");
}

/// What the cases cannot show is about connections and stores, and about lists of CAs that the recorded JVMs have.
const ELSEWHERE: &[&str] = &[
    "addresses-differ",
    "clock-skew",
    "certificate-refused",
    "certificate-unreadable",
    "cipher-suites-none",
    "client-certificate-required",
    "handshake-failed",
    "host-pinned",
    "interception-suspected",
    "java-anchor-distrusted",
    "cross-sign-expired",
    "entry-invisible",
    "key-in-trust-store",
    "protocol-client-restricted",
    "protocol-too-old",
    "proxy-refused",
    "record-incomplete",
    "revocation-unknown",
    "server-not-tls",
    "server-unreachable",
    "signature-schemes-none",
    "sni-dependent",
    "starttls-refused",
    "store-empty-for-java",
    "store-missing",
    "store-password-needed",
    "store-shadowed",
    "store-unreadable",
];

/// Each code that chains can show: a case that fires, and a near miss that does not.
const FIRES_AND_NEAR_MISS: &[(&str, &str, &str)] = &[
    ("anchor-expired", "one:root-expired", "one:root-usage"),
    ("anchor-stale", "self:renewed", "self:unknown"),
    ("certificate-unreadable", "chaining:empty", "chaining:multi"),
    ("chain-duplicate", "topology:twice trust cross", "topology:circle trust cross"),
    ("chain-extra-certificate", "extra-unrelated-mid", "root-sent"),
    ("chain-intermediate-missing", "missing-intermediate", "ok"),
    ("chain-order-wrong", "topology:circle turned trust cross", "topology:circle trust cross"),
    ("chain-root-unneeded", "one:sent-root", "one:sent-alone"),
    ("chain-too-long", "chain-too-long", "root-sent"),
    ("critical-extension-unknown", "one:leaf-critical", "one:leaf-usage"),
    ("eku-server-auth-missing", "one:leaf-purpose", "one:leaf-usage"),
    ("intermediate-expired", "one:int-expired", "one:leaf-expired"),
    ("issuer-not-ca", "one:int-v1", "one:int-md5"),
    ("java-algorithm-disabled", "algorithm:int bp256 sha224", "algorithm:int p256 sha224"),
    (
        "java-cannot-judge",
        "constraint:permitted dns-empty san wild",
        "constraint:permitted dn-empty san wild",
    ),
    ("key-identifier-mismatch", "two:leaf-sha1+int-other-key-id", "two:leaf-rsa512+int-other-key-id"),
    ("key-usage-wrong", "one:leaf-usage", "one:leaf-name"),
    ("key-weak", "algorithm:leaf rsa1024 sha512", "algorithm:leaf rsa3072 sha512"),
    ("leaf-expired", "one:leaf-expired", "one:leaf-later"),
    ("leaf-not-yet-valid", "one:leaf-later", "one:leaf-expired"),
    ("leaf-self-signed", "self:unknown", "self:trusted"),
    ("name-cn-only", "name:cn scim.corp.test", "name:cn scim.corp.test."),
    ("name-constraint-violated", "constraint:permitted dn san dn", "constraint:permitted dns san dn"),
    ("name-ip-san-missing", "name:ip 127.0.0.1 v6", "name:ip 127.0.0.1 v4"),
    ("name-mismatch", "name:san *.test", "name:san *.*.test"),
    ("name-wildcard", "name:san *.*.test", "name:san *.test"),
    ("path-length-exceeded", "length:(0, 1, 0)", "length:(2, 1, 0)"),
    ("policy-required", "policy:self-issued any inhibited", "policy:self-issued any inhibited ca"),
    ("root-untrusted", "untrusted-root-sent", "root-sent"),
    ("signature-invalid", "one:leaf-spoilt", "one:leaf-name"),
    ("signature-unchecked", "info:exponent of sixty bits", "algorithm:int ed448 sha256"),
    ("signature-weak", "algorithm:int rsa3072 sha1", "algorithm:int rsa3072 sha512"),
];

#[test]
fn each_rule_fires_where_it_should_and_not_next_to_it() {
    let settings = Settings::of(&Version::newest(17));
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    cases.extend(cases_of("rare.tsv"));
    let found = |id: &str| -> BTreeSet<&'static str> {
        let case = cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"));
        examine(&case.ask(&settings, evidence)).into_iter().map(|finding| finding.code).collect()
    };
    for (code, fires, near_miss) in FIRES_AND_NEAR_MISS {
        assert!(found(fires).contains(code), "{code} is silent for {fires}");
        assert!(!found(near_miss).contains(code), "{code} fires for {near_miss}");
    }
    let shown: BTreeSet<&str> = FIRES_AND_NEAR_MISS.iter().map(|(code, ..)| *code).collect();
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().copied().collect();
    let codes: BTreeSet<&str> = CODES.iter().copied().collect();
    let left: Vec<_> =
        codes.iter().filter(|code| !shown.contains(*code) && !elsewhere.contains(*code)).collect();
    assert!(left.is_empty(), "no case for {left:?}");
}

/// The issuer is there by name and key: no other certificate of its would help.
#[test]
fn a_damaged_signature_is_not_taken_for_a_missing_issuer() {
    let settings = Settings::of(&Version::newest(17));
    let cases = recorded_cases();
    let case = cases.iter().find(|case| case.id == "ok").unwrap();
    for damaged in 0..case.chain.len().min(2) {
        let mut der = case.chain[damaged].der().to_vec();
        *der.last_mut().unwrap() ^= 1;
        let mut chain = case.chain.clone();
        chain[damaged] = Certificate::from_der(&der).unwrap();
        let found =
            case.ask(&settings, |question| examine(&evidence(&Question { chain: &chain, ..*question })));
        let errors: Vec<_> =
            found.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code).collect();
        assert_eq!(errors, ["signature-invalid"], "certificate {damaged}: {found:?}");
    }
}

/// An authority signed by an older one too, whose cross-certificate is still sent when its time is over.
#[test]
fn an_expired_cross_certificate_is_told_from_an_expired_intermediate() {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
    let settings = Settings::of(&Version::newest(17));
    let now = time::macros::datetime!(2026-06-01 0:00 UTC);
    let params = |name: &str, end: i32| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(end, 1, 1));
        params
    };
    let [old_key, new_key, leaf_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let old = Issuer::new(params("Old Root", 2030), old_key);
    let new = params("New Root", 2030);
    let read = |certificate: rcgen::Certificate| Certificate::from_der(certificate.der()).unwrap();
    let root = read(new.self_signed(&new_key).unwrap());
    let cross = |end: i32| read(params("New Root", end).signed_by(&new_key, &old).unwrap());
    let (expired, valid) = (cross(2025), cross(2029));
    let issuer = Issuer::new(new, new_key);
    let mut leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (leaf.not_before, leaf.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    let leaf = read(leaf.signed_by(&leaf_key, &issuer).unwrap());
    let anchors = [trustmend::path::Anchor { certificate: root, alias: None }];
    let found = |cross: &Certificate| {
        let chain = [leaf.clone(), cross.clone()];
        let evidence = evidence(&Question::new(&chain, &anchors, now, &settings));
        assert_eq!(evidence.judgement.as_ref().unwrap().verdict, Verdict::Trusted);
        examine(&evidence).into_iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>()
    };
    assert_eq!(found(&expired), [("cross-sign-expired", Severity::Warning)]);
    assert_eq!(found(&valid), []);
}

#[test]
fn an_error_is_found_exactly_when_java_refuses() {
    let settings = Settings::of(&Version::newest(17));
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    cases.extend(cases_of("odd.tsv"));
    cases.extend(cases_of("rare.tsv"));
    let (mut wrong, mut fired) = (Vec::new(), BTreeSet::new());
    for case in &cases {
        let evidence = case.ask(&settings, evidence);
        let findings = examine(&evidence);
        fired.extend(findings.iter().map(|finding| finding.code));
        let refused = match evidence.judgement.as_ref().unwrap().verdict {
            Verdict::Undecided { .. } => continue,
            Verdict::Trusted => false,
            Verdict::Refused => true,
        };
        let has_error = findings.iter().any(|finding| finding.severity == Severity::Error);
        if refused != has_error {
            wrong.push(format!("{}: refused {refused}, {:?}, {findings:?}", case.id, evidence.judgement));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let silent: Vec<_> =
        CODES.iter().filter(|code| !fired.contains(*code) && !ELSEWHERE.contains(code)).collect();
    assert!(silent.is_empty(), "never seen: {silent:?}");
}

#[test]
fn failures_on_the_way_and_stores_that_cannot_be_read_are_findings() {
    let settings = Settings::of(&Version::newest(17));
    let cases = recorded_cases();
    let plain = || cases.iter().find(|case| case.id == "ok").unwrap().ask(&settings, evidence);
    let found = |change: &dyn Fn(&mut Evidence)| -> Vec<&'static str> {
        let mut evidence = plain();
        change(&mut evidence);
        examine(&evidence).into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(found(&|_| {}), Vec::<&str>::new(), "a sound chain has no findings");
    for rule in RULES {
        let code = rule.code;
        let with_failure = found(&|evidence| {
            evidence.failure = Some(Failure { code, message: "it failed".to_owned() });
        });
        let is_about_connections = !with_failure.is_empty();
        let expected = [
            "certificate-unreadable",
            "cipher-suites-none",
            "client-certificate-required",
            "handshake-failed",
        ];
        let expected = expected.contains(&code)
            || code.starts_with("server-")
            || code.starts_with("protocol-")
            || ["proxy-refused", "record-incomplete", "signature-schemes-none", "sni-dependent"]
                .contains(&code)
            || code == "starttls-refused";
        assert_eq!(is_about_connections, expected, "{code}");
    }
    assert_eq!(
        found(&|evidence| evidence.store.shadowed_by = Some("jssecacerts".to_owned())),
        ["store-shadowed"]
    );
    let unreadable = |evidence: &mut Evidence| {
        evidence.store.unreadable = Some("the password is wrong".to_owned());
    };
    assert_eq!(found(&unreadable), ["store-unreadable"]);
    assert_eq!(found(&|evidence| evidence.store.anchors.clear()), ["store-empty-for-java"]);
    assert_eq!(found(&|evidence| evidence.store.needs_password = true), ["store-password-needed"]);
    let missing = |evidence: &mut Evidence| {
        evidence.store.unreadable = Some("no such file".to_owned());
        evidence.store.is_missing = true;
    };
    assert_eq!(found(&missing), ["store-missing"]);
}

#[test]
fn clocks_and_members_are_compared() {
    let settings = Settings::of(&Version::newest(17));
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    let found = |change: &dyn Fn(&mut Evidence)| -> Vec<&'static str> {
        let mut evidence = cases.iter().find(|case| case.id == "ok").unwrap().ask(&settings, evidence);
        change(&mut evidence);
        examine(&evidence).into_iter().map(|finding| finding.code).collect()
    };
    for (apart, codes) in [(299, &[][..]), (-299, &[]), (301, &["clock-skew"]), (-86_400, &["clock-skew"])] {
        let clocks = |evidence: &mut Evidence| {
            let server = evidence.now + time::Duration::seconds(apart);
            evidence.clocks = Some(Clocks { server, ours: evidence.now });
        };
        assert_eq!(found(&clocks), codes, "{apart}");
    }
    let direct = |id: &str| {
        let case = cases.iter().find(|case| case.id == id).unwrap();
        let leaf = case.ask(&settings, evidence).presented.first().unwrap().clone();
        found(&|evidence| {
            evidence.other_route = Some(OtherRoute { proxy: "proxy:3128".to_owned(), leaf: leaf.clone() });
        })
    };
    assert_eq!(direct("ok"), Vec::<&str>::new(), "the same on both routes");
    assert_eq!(direct("self:unknown"), ["interception-suspected"]);
    let member = |address: &str, octet: u8, is_this: bool| {
        let chain = Ok(vec![trustmend::digest::Fingerprint::of(&[octet])]);
        Member { address: address.to_owned(), chain, is_this }
    };
    let silent = Member { chain: Err("refused".to_owned()), ..member("10.0.0.3:443", 0, false) };
    for (others, codes) in [
        (vec![], &[][..]),
        (vec![member("10.0.0.2:443", 1, false)], &[]),
        (vec![member("10.0.0.2:443", 2, false)], &["addresses-differ"]),
        (vec![silent], &["addresses-differ"]),
    ] {
        let members = |evidence: &mut Evidence| {
            evidence.members = [vec![member("10.0.0.1:443", 1, true)], others.clone()].concat();
        };
        assert_eq!(found(&members), codes, "{others:?}");
    }
}

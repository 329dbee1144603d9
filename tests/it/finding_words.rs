//! What is said of a chain that is refused: the finding that mends it, and none that is not so.

use rcgen::{Certificate as Made, CertificateParams, Issuer, KeyPair};
use time::OffsetDateTime;
use trustmend::cert::Certificate;
use trustmend::finding::{Finding, Severity, examine};
use trustmend::path::java::{Question, Settings, Version};
use trustmend::path::{Anchor, Recommendation, Rules, openssl};

use crate::findings::evidence;
use crate::store_support::{certificate, testdata};
use crate::store_verdicts;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A name, the number of its key, whether it is a CA, and for how many days it is valid.
type Of<'a> = (&'a str, usize, bool, i64);

struct Pki(Vec<KeyPair>);

impl Pki {
    fn new() -> Self {
        Self((0..4).map(|_| KeyPair::generate().unwrap()).collect())
    }

    fn params((name, _, ca, days): Of<'_>) -> CertificateParams {
        store_verdicts::Pki::params(name, days, ca)
    }

    fn own(&self, of: Of<'_>) -> Certificate {
        read(&Self::params(of).self_signed(&self.0[of.1]).unwrap())
    }

    fn by(&self, of: Of<'_>, issuer: Of<'_>) -> Certificate {
        let authority = Self::params(issuer);
        let issuer = Issuer::from_params(&authority, &self.0[issuer.1]);
        read(&Self::params(of).signed_by(&self.0[of.1], &issuer).unwrap())
    }
}

fn read(made: &Made) -> Certificate {
    Certificate::from_der(made.der()).unwrap()
}

fn anchors(certificates: &[&Certificate]) -> Vec<Anchor> {
    let anchor = |certificate: &&Certificate| Anchor {
        certificate: (*certificate).clone(),
        alias: Some("entry".to_owned()),
    };
    certificates.iter().map(anchor).collect()
}

/// What is found of a chain for Java of a release, and what is recommended.
fn java(feature: u32, chain: &[&Certificate], store: &[&Certificate]) -> (Vec<Finding>, Recommendation) {
    let settings = Settings::of(&Version::newest(feature));
    let chain: Vec<Certificate> = chain.iter().map(|one| (*one).clone()).collect();
    let anchors = anchors(store);
    let evidence = evidence(&Question::new(&chain, &anchors, now(), &settings));
    (examine(&evidence), evidence.recommendation)
}

/// The same for OpenSSL, which refuses it.
fn openssl_refuses(chain: &[&Certificate], store: &[&Certificate]) -> Vec<Finding> {
    let settings = Settings::of(&Version::newest(17));
    let chain: Vec<Certificate> = chain.iter().map(|one| (*one).clone()).collect();
    let anchors = anchors(store);
    let question = Question::new(&chain, &anchors, now(), &settings);
    let mut evidence = evidence(&question);
    evidence.client = Rules::OpenSsl;
    evidence.judgement = None;
    evidence.faults = openssl::faults(&question, &[]);
    examine(&evidence)
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

fn errors(findings: &[Finding]) -> Vec<&'static str> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.code).collect()
}

fn remedies(finding: &Finding) -> String {
    finding.remedies.iter().map(|remedy| remedy.text.as_str()).collect::<Vec<_>>().join("\n")
}

const LEAF: Of<'static> = ("localhost", 0, false, 100);
const ROOT: Of<'static> = ("Root", 1, true, 100);

#[test]
fn an_expired_root_is_no_intermediate() {
    let pki = Pki::new();
    let over = ("Root", 1, true, -1);
    let (root, leaf) = (pki.own(over), pki.by(LEAF, over));
    assert_eq!(codes(&java(17, &[&leaf, &root], &[&root]).0), ["anchor-expired", "chain-root-unneeded"]);
    let int = ("Int", 2, true, -1);
    let (valid, int, leaf) = (pki.own(ROOT), pki.by(int, ROOT), pki.by(LEAF, int));
    let found = java(17, &[&leaf, &int, &valid], &[&valid]).0;
    assert_eq!(codes(&found), ["intermediate-expired", "chain-root-unneeded"]);
}

#[test]
fn a_leaf_renewed_with_its_key_is_imported_again() {
    let pki = Pki::new();
    let leaf = |days, key| pki.own(("localhost", key, false, days));
    let (old, new) = (leaf(-1, 0), leaf(100, 0));
    for (feature, old) in [(8, &old), (17, &old), (25, &old), (17, &leaf(100, 3))] {
        let (found, recommended) = java(feature, &[&new], &[old]);
        assert_eq!(errors(&found), ["leaf-self-signed", "anchor-stale"], "{feature}: {found:?}");
        assert!(!codes(&found).contains(&"issuer-not-ca"), "{found:?}");
        let Recommendation::Import { certificates, replaces, .. } = recommended else { panic!("{found:?}") };
        assert_eq!((certificates, replaces.as_deref()), (vec![new.clone()], Some("entry")));
    }
    // A server certificate that did issue another one.
    let not_ca = ("Shop", 1, false, 100);
    let (issuer, leaf) = (pki.own(not_ca), pki.by(LEAF, not_ca));
    let found = java(17, &[&leaf], &[&issuer]).0;
    assert_eq!(errors(&found), ["issuer-not-ca"], "{found:?}");
}

#[test]
fn an_issuer_that_is_nowhere_may_be_a_root() {
    let pki = Pki::new();
    let (root, leaf) = (pki.own(ROOT), pki.by(LEAF, ROOT));
    let (rekeyed, other) = (pki.own(("Root", 2, true, 100)), pki.own(("Other", 3, true, 100)));
    let (found, recommended) = java(17, &[&leaf], &[&other]);
    assert_eq!(errors(&found), ["chain-intermediate-missing"]);
    assert!(found[0].title.contains("neither sent nor in the store"), "{found:?}");
    assert!(found[0].detail.contains("an intermediate or a root cannot be told"), "{found:?}");
    assert!(remedies(&found[0]).contains("if CN=Root is a root"), "{found:?}");
    assert!(matches!(recommended, Recommendation::Nothing { why } if why.contains("CN=Root")));
    // The store has the root with the key it had before.
    for feature in [8, 17, 25] {
        let (found, recommended) = java(feature, &[&leaf], &[&other, &rekeyed]);
        assert_eq!(errors(&found), ["anchor-stale"], "{found:?}");
        assert!(found.iter().all(|finding| !remedies(finding).contains("send")), "{found:?}");
        assert!(matches!(recommended, Recommendation::Nothing { why } if why.contains("CN=Root")));
    }
    assert_eq!(errors(&openssl_refuses(&[&leaf], &[&rekeyed])), ["anchor-stale"]);
    assert_eq!(errors(&java(17, &[&leaf], &[&rekeyed, &root]).0), Vec::<&str>::new());
    // An intermediate of that name with another key is no root.
    let int = pki.by(("Root", 2, true, 100), ("Other", 3, true, 100));
    let found = java(17, &[&leaf], &[&int]).0;
    assert!(codes(&found).contains(&"chain-intermediate-missing"), "{found:?}");
}

#[test]
fn authorities_that_vouch_for_each_other_are_not_forged() {
    let pki = Pki::new();
    let (a, b) = (("A", 1, true, 100), ("B", 2, true, 100));
    let (leaf, b_by_a, a_by_b) = (pki.by(LEAF, b), pki.by(b, a), pki.by(a, b));
    let circle = [&leaf, &b_by_a, &a_by_b];
    let other = pki.own(("Other", 3, true, 100));
    for found in [java(17, &circle, &[&other]).0, openssl_refuses(&circle, &[&other])] {
        assert_eq!(errors(&found), ["root-untrusted"], "{found:?}");
        assert!(found[0].detail.contains("vouch for each other"), "{found:?}");
    }
    let a_root = pki.own(a);
    assert_eq!(errors(&java(17, &circle, &[&a_root]).0), Vec::<&str>::new());
    // The same with the last signature damaged.
    let mut der = a_by_b.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let damaged = Certificate::from_der(&der).unwrap();
    let found = java(17, &[&leaf, &b_by_a, &damaged], &[&other]).0;
    assert_eq!(errors(&found), ["signature-invalid"], "{found:?}");
}

#[test]
fn what_a_release_does_not_know_is_not_called_forged() {
    let mut pki = Pki::new();
    pki.0[1] = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let (root, leaf) = (pki.own(ROOT), pki.by(LEAF, ROOT));
    for chain in [&[&leaf][..], &[&leaf, &root]] {
        let found = java(11, chain, &[&root]).0;
        assert_eq!(errors(&found)[0], "java-algorithm-disabled", "{found:?}");
        assert!(!codes(&found).contains(&"signature-invalid"), "{found:?}");
        assert!(found.iter().any(|finding| finding.detail.contains("signed with Ed25519")), "{found:?}");
        assert_eq!(errors(&java(17, chain, &[&root]).0), Vec::<&str>::new());
    }
    let found = java(11, &[&leaf, &root], &[]).0;
    assert!(!codes(&found).contains(&"signature-invalid"), "{found:?}");
    let mut der = leaf.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let damaged = Certificate::from_der(&der).unwrap();
    assert_eq!(errors(&java(17, &[&damaged], &[&root]).0), ["signature-invalid"]);
}

#[test]
fn an_intermediate_that_is_sent_as_it_is_in_the_store_is_not_stale() {
    let pki = Pki::new();
    let int = ("Int", 2, true, 100);
    let (sent, leaf) = (pki.by(int, ROOT), pki.by(LEAF, int));
    let found = openssl_refuses(&[&leaf, &sent], &[&sent]);
    assert_eq!(errors(&found), ["root-untrusted"], "{found:?}");
    assert!(!codes(&found).contains(&"anchor-stale"), "{found:?}");
    let rekeyed = pki.own(("Root", 3, true, 100));
    assert!(codes(&openssl_refuses(&[&leaf, &sent], &[&rekeyed])).contains(&"anchor-stale"));
}

/// It is asked for where it may be forgotten, and then behind what matters more.
#[test]
fn a_password_that_was_given_is_not_asked_for() {
    let home = Scratch::new();
    home.write("changeit", "changeit\n");
    let pem = |name| trustmend::pem::encode("CERTIFICATE", certificate(name).der());
    home.write("chain.pem", pem("leaf") + &pem("intermediate"));
    let store = testdata("pkcs12/java8.p12").display().to_string();
    let found = |more: &[&str]| -> (String, Vec<String>) {
        let words = ["diagnose", "chain.pem", "--host", "store.test", "--store", &store, "--json"];
        let target = trustmend(&home, &[&words, more].concat()).json()["targets"][0].clone();
        let findings = target["findings"].as_array().unwrap().iter();
        let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
        (target["verdict"].as_str().unwrap().to_owned(), codes)
    };
    let needed = |codes: &[String]| codes.iter().any(|code| code == "store-password-needed");
    let (verdict, codes) = found(&[]);
    assert!(verdict == "trusted" && needed(&codes), "{codes:?}");
    let (verdict, codes) = found(&["--store-password-file", "changeit"]);
    assert!(verdict == "trusted" && !needed(&codes), "{codes:?}");
    let (verdict, codes) = found(&["--no-store-password"]);
    assert!(verdict != "trusted" && codes.iter().any(|code| code == "store-empty-for-java"), "{codes:?}");
}

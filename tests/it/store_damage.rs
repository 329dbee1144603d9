//! Damaged stores: what Java does not load is not taken for whole, nor written to.

use trustmend::store::{self, Edit, StoreError};

use crate::store_support::{Case, add, certificate, java, leaf_key, now, password, testdata};
use crate::support::jvm::Jvm;

const ROUNDS: u32 = 100;

/// Always the same numbers (Knuth's constants for a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// A few octets put in, taken out or changed, near the end as often as anywhere: there the MAC is.
    fn damage(&mut self, whole: &[u8]) -> Vec<u8> {
        let near_end = if self.below(2) == 0 { whole.len() } else { whole.len().min(200) };
        let at = whole.len() - near_end + self.below(near_end);
        let length = self.below(8) + 1;
        let end = (at + length).min(whole.len());
        let mut bytes = whole.to_vec();
        match self.below(4) {
            0 => drop(bytes.splice(at..at, b"AAAAAAAA".iter().copied().take(length))),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at] ^= 1 << self.below(8),
            _ => bytes[at] = u8::try_from(self.below(256)).unwrap(),
        }
        bytes
    }
}

fn damaged() -> Vec<Case> {
    let mut numbers = Numbers(20_261_123);
    let mut cases = Vec::new();
    for name in [
        "pkcs12/keytool17.p12",
        "pkcs12/java8.p12",
        "pkcs12/openssl-extra.p12",
        "pkcs12/mac-only.p12",
        "pkcs12/ber.p12",
        "pkcs12/openssl-nomac.p12",
        "jks/keytool17.jks",
        "jceks/keytool17.jceks",
    ] {
        let whole = std::fs::read(testdata(name)).unwrap();
        for round in 0..ROUNDS {
            let (name, bytes) = (format!("{name} {round}"), numbers.damage(&whole));
            cases.push(Case { name, bytes, password: Some(password("changeit")) });
        }
    }
    // StoreView takes the type from the magic number; a file without one is of no type.
    cases.retain(|case| store::detect(&case.bytes).is_some());
    cases
}

#[test]
fn what_java_does_not_load_is_neither_whole_nor_written_to() {
    let cases = damaged();
    let third = certificate("third");
    let taken = |case: &Case| {
        let password = case.password.as_ref();
        let whole = store::decode(&case.bytes, password).is_ok_and(|store| store.java_refuses().is_none());
        whole || store::edit(&case.bytes, &[add("added", &third)], password).is_ok()
    };
    let taken: Vec<_> = cases.iter().map(taken).collect();
    let (mut refused, mut wrong) = (0, Vec::new());
    for jvm in Jvm::all() {
        for ((case, taken), view) in cases.iter().zip(&taken).zip(java(jvm, &cases)) {
            let Err(why) = view.result else { continue };
            // Inside a certificate that no integrity check covers: what a certificate is, is not the store's question.
            let certificate = case.name.contains("nomac") && why.starts_with("java.security.cert.");
            refused += 1;
            if *taken && !certificate {
                wrong.push(format!("{} on {}: {why}", case.name, jvm.version));
            }
        }
    }
    assert!(refused > 600, "only {refused} of {} are damaged for Java", cases.len());
    assert!(wrong.is_empty(), "{} of {refused}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Four octets in front of the MAC push it out of its place; the PFX then ends inside it.
#[test]
fn a_pfx_whose_mac_cannot_be_read_is_damaged() {
    for name in ["pkcs12/openssl-extra.p12", "pkcs12/keytool17.p12"] {
        let whole = std::fs::read(testdata(name)).unwrap();
        let mut bytes = whole.clone();
        bytes.splice(whole.len() - 160..whole.len() - 160, *b"AAAA");
        for secret in [None, Some(password("changeit"))] {
            let error = store::decode(&bytes, secret.as_ref()).unwrap_err();
            assert!(
                matches!(error, StoreError::Der { .. } | StoreError::Damaged { .. }),
                "{name}: {error:?}"
            );
            assert!(store::edit(&bytes, &[add("added", &certificate("third"))], secret.as_ref()).is_err());
        }
    }
}

#[test]
fn a_store_java_refuses_is_changed_only_to_mend_it() {
    let secret = Some(password("changeit"));
    let bytes = std::fs::read(testdata("jks/undecodable.jks")).unwrap();
    let store = store::decode(&bytes, secret.as_ref()).unwrap();
    let offending = store.java_refuses().and_then(|problem| problem.alias.clone()).unwrap();
    let added = store::edit(&bytes, &[add("added", &certificate("third"))], secret.as_ref());
    let words = added.unwrap_err().to_string();
    let expected =
        format!("the store is not changed, because Java refuses to load it: entry {offending:?}: ");
    assert!(words.starts_with(&expected), "{words}");
    let remove = Edit::Remove { alias: offending.as_str().into(), certificate: None };
    let mended = store::edit(&bytes, &[remove], secret.as_ref()).unwrap();
    assert!(store::decode(&mended, secret.as_ref()).unwrap().java_refuses().is_none());
}

#[test]
fn encrypted_keys_are_protection_too() {
    let bytes = std::fs::read(testdata("pkcs12/passwordless.p12")).unwrap();
    assert_eq!(store::decode(&bytes, None).unwrap().protection.name(), "none");
    let (key, chain) = leaf_key();
    let edit = Edit::AddKey { alias: "key".into(), key, chain, created: now() };
    let bytes = store::edit(&bytes, &[edit], Some(&password("changeit"))).unwrap();
    let protection = store::decode(&bytes, None).unwrap().protection;
    assert_eq!((protection.name(), protection.integrity, protection.encryption.len()), ("password", None, 0));
    let keys: Vec<_> = protection.keys.iter().map(ToString::to_string).collect();
    assert_eq!(keys, ["PBEWithHmacSHA256AndAES_256, 10000 iterations"]);
}

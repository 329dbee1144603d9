//! Any edits on any store, against a plain list; any octets, against nothing but time and memory.

use std::sync::OnceLock;

use proptest::prelude::*;
use trustmend::cert::Certificate;
use trustmend::store::{self, Edit, StoreError};

use crate::store_support::{Case, add, certificate, fixtures, now, password, testdata};

const CERTIFICATES: [&str; 4] = ["root", "other", "third", "intermediate"];

#[derive(Debug, Clone)]
enum Step {
    Add(String, usize),
    Replace(usize, usize),
    Remove(usize),
    Rename(usize, String),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let alias = "[a-z0-9 ._-]{0,3}[a-zäß€𝄞]";
    let step = prop_oneof![
        4 => (alias, 0..CERTIFICATES.len()).prop_map(|(alias, which)| Step::Add(alias, which)),
        1 => (0..6_usize, 0..CERTIFICATES.len()).prop_map(|(at, which)| Step::Replace(at, which)),
        2 => (0..6_usize).prop_map(Step::Remove),
        1 => (0..6_usize, alias).prop_map(|(at, to)| Step::Rename(at, to)),
    ];
    proptest::collection::vec(step, 0..12)
}

/// What a store should hold: aliases and certificates, in order.
type Model = Vec<(String, Certificate)>;

/// Carries a step out on the model; the edit that should do the same, and whether it should be possible.
fn model(model: &mut Model, step: &Step, certificates: &[Certificate]) -> (Edit, bool) {
    let known = |model: &Model, at: usize| {
        model.get(at).map_or_else(|| "nobody".to_owned(), |(alias, _)| alias.clone())
    };
    let taken = |model: &Model, wanted: &str| model.iter().any(|(alias, _)| alias == wanted);
    match step {
        Step::Add(alias, which) => {
            // Blanks at the ends are nothing an alias in PEM can have.
            let alias = alias.trim().to_owned();
            let possible = !taken(model, &alias);
            if possible {
                model.push((alias.clone(), certificates[*which].clone()));
            }
            (add(&alias, &certificates[*which]), possible)
        }
        Step::Replace(at, which) => {
            let alias = known(model, *at);
            let certificate = certificates[*which].clone();
            let place = model.get_mut(*at);
            let possible = place.is_some();
            if let Some((_, old)) = place {
                *old = certificate.clone();
            }
            (Edit::ReplaceTrusted { alias: alias.as_str().into(), certificate, created: now() }, possible)
        }
        Step::Remove(at) => {
            let alias = known(model, *at);
            let possible = *at < model.len();
            if possible {
                model.remove(*at);
            }
            (Edit::Remove { alias: alias.as_str().into(), certificate: None }, possible)
        }
        Step::Rename(at, to) => {
            let (alias, to) = (known(model, *at), to.trim().to_owned());
            let possible = *at < model.len() && (alias == to || !taken(model, &to));
            if possible {
                model[*at].0.clone_from(&to);
            }
            (
                Edit::Rename { alias: alias.as_str().into(), certificate: None, to: to.as_str().into() },
                possible,
            )
        }
    }
}

fn holds(bytes: &[u8], password: Option<&trustmend::secret::Password>) -> Model {
    let store = store::decode(bytes, password).unwrap();
    assert!(store.problems.is_empty() || store.format.name() == "jceks", "{:?}", store.problems);
    assert_eq!(store.anchors().count(), store.entries.len());
    store.entries.into_iter().map(|entry| (entry.alias.to_string(), entry.certificates[0].clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// One edit at a time and all in one call come to the same entries, in every format.
    #[test]
    fn edits_do_what_they_say(steps in steps()) {
        let certificates = CERTIFICATES.map(certificate);
        let changeit = password("changeit");
        for (name, password) in [("jks", Some(&changeit)), ("jceks", Some(&changeit)), ("pkcs12", None), ("pem", None)] {
            let empty = store::empty(store::format(name).unwrap(), password).unwrap();
            let (mut bytes, mut expected, mut edits) = (empty.clone(), Model::new(), Vec::new());
            for step in &steps {
                let (edit, possible) = model(&mut expected, step, &certificates);
                match store::edit(&bytes, std::slice::from_ref(&edit), password) {
                    Ok(after) => {
                        prop_assert!(possible, "{name}: {edit:?}");
                        bytes = after;
                        edits.push(edit);
                    }
                    Err(StoreError::AliasExists { .. } | StoreError::AliasNotFound { .. }) => {
                        prop_assert!(!possible, "{name}: {edit:?}");
                    }
                    Err(error) => return Err(TestCaseError::fail(format!("{name}: {edit:?}: {error}"))),
                }
                prop_assert_eq!(&holds(&bytes, password), &expected);
            }
            let at_once = store::edit(&empty, &edits, password).unwrap();
            prop_assert_eq!(&holds(&at_once, password), &expected);
            if expected.is_empty() {
                prop_assert_eq!(&at_once, &empty);
                prop_assert_eq!(&bytes, &empty);
            }
        }
    }
}

fn seeds() -> &'static [Case] {
    static SEEDS: OnceLock<Vec<Case>> = OnceLock::new();
    SEEDS.get_or_init(read_seeds)
}

fn read_seeds() -> Vec<Case> {
    let mut seeds = fixtures();
    for name in
        ["pem/bundle.pem", "pem/with-key.pem", "source/chain.p7b", "source/two.der", "source/chain.p7b.pem"]
    {
        seeds.push(Case {
            name: name.to_owned(),
            bytes: std::fs::read(testdata(name)).unwrap(),
            password: None,
        });
    }
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A file with some octets changed is read or refused; and so is every edit of it.
    #[test]
    fn no_octets_make_a_reader_panic(
        seed in 0..1_000_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let seeds = seeds();
        let mut bytes = seeds[seed % seeds.len()].bytes.clone();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        let third = certificate("third");
        let _ = store::source::certificates(&bytes, None);
        let Ok(store) = store::decode(&bytes, None) else { return Ok(()) };
        for entry in &store.entries {
            let certificate = entry.certificates.first().map(Certificate::sha256);
            let alias = || entry.alias.clone();
            let _ = store::edit(&bytes, &[Edit::Remove { alias: alias(), certificate }], None);
            let _ = store::edit(&bytes, &[Edit::Rename { alias: alias(), certificate, to: "renamed".into() }], None);
        }
        if let Ok(after) = store::edit(&bytes, &[add("added", &third)], None) {
            let after = store::decode(&after, None).unwrap();
            prop_assert_eq!(after.entries.len(), store.entries.len() + 1);
        }
    }
}

//! Every fault at once; hostile.rs has the chains and stores made to waste time.

use time::macros::datetime;
use trustmend::cert::Certificate;
use trustmend::path::java::{Branch, Question, Reason, Settings, Verdict, Version, judge};
use trustmend::path::{FaultKind, PeerName, Role, Stale, arrange, faults};

use crate::verdicts::{Case, generated_cases, recorded_cases};

fn newest(feature: u32) -> Settings {
    Settings::of(&Version::newest(feature))
}

fn kinds(case: &Case, extra: &[Certificate]) -> Vec<FaultKind> {
    let settings = newest(17);
    case.ask(&settings, |question| faults(question, extra)).into_iter().map(|fault| fault.kind).collect()
}

fn find<'a>(cases: &'a [Case], id: &str) -> &'a Case {
    cases.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

/// A chain is refused exactly when one of its faults would be enough, for 1,400 chains and three releases.
#[test]
fn faults_that_block_are_there_exactly_when_java_refuses() {
    let mut cases = recorded_cases();
    cases.extend(generated_cases());
    let mut differences = Vec::new();
    for feature in [11, 17, 25] {
        let settings = newest(feature);
        for case in &cases {
            let refused = match case.ask(&settings, judge).verdict {
                Verdict::Undecided { .. } => continue,
                verdict => verdict == Verdict::Refused,
            };
            let faults = case.ask(&settings, |question| faults(question, &[]));
            let blocking: Vec<_> = faults.into_iter().filter(|fault| fault.blocks).collect();
            if refused == blocking.is_empty() {
                differences.push(format!("{} {feature}: refused {refused}, {blocking:?}", case.id));
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn faults_behind_the_first_are_listed() {
    let cases = recorded_cases();
    // Java says of the first "unable to find valid certification path", and of the second that it has expired.
    for (id, expected) in [
        ("expired-leaf-untrusted", &["Expired", "RootUntrusted"][..]),
        ("expired-leaf-wrong-order", &["Expired", "OrderWrong"]),
        ("md5-int-wrong-order", &["MD5withRSA", "OrderWrong"]),
    ] {
        let kinds = format!("{:?}", kinds(find(&cases, id), &[]));
        assert!(expected.iter().all(|kind| kinds.contains(kind)), "{id}: {kinds}");
    }
    let generated = generated_cases();
    let case = find(&generated, "two:leaf-expired+trust-nothing-of-it");
    let settings = newest(25);
    let name = PeerName::Dns("elsewhere.corp.test".to_owned());
    let kinds = case.ask(&settings, |question| faults(&Question { name: Some(&name), ..*question }, &[]));
    let kinds = format!("{:?}", kinds.iter().map(|fault| &fault.kind).collect::<Vec<_>>());
    for kind in ["Expired", "RootUntrusted", "HostDnsMismatch"] {
        assert!(kinds.contains(kind), "{kinds}");
    }
}

#[test]
fn what_is_missing_is_told_from_what_is_not_trusted() {
    let cases = recorded_cases();
    let case = find(&cases, "missing-intermediate");
    let intermediate = find(&cases, "ok").chain[1].clone();
    let missing = |kinds: Vec<FaultKind>| {
        kinds.into_iter().find_map(|kind| match kind {
            FaultKind::IntermediateMissing { name, found, .. } => Some((name.to_string(), found)),
            _ => None,
        })
    };
    let name = "CN=Corp Issuing CA 1, O=Corp Test".to_owned();
    assert_eq!(missing(kinds(case, &[])), Some((name.clone(), None)));
    assert_eq!(missing(kinds(case, std::slice::from_ref(&intermediate))), Some((name, Some(intermediate))));
    let root = |id: &str| {
        kinds(find(&cases, id), &[]).into_iter().find_map(|kind| match kind {
            FaultKind::RootUntrusted { root, .. } => Some(root.is_some()),
            _ => None,
        })
    };
    assert_eq!((root("untrusted-root-sent"), root("untrusted-root-not-sent")), (Some(true), Some(false)));
    assert_eq!(root("missing-intermediate"), None);
    assert!(kinds(find(&cases, "selfsigned-untrusted"), &[]).contains(&FaultKind::LeafSelfSigned));
    assert_eq!(kinds(find(&cases, "ok"), &[]), []);
}

#[test]
fn stale_entries_are_known_by_how_they_fell_behind() {
    let cases = recorded_cases();
    for (id, expected) in [
        ("stale-leaf-pin-renewed", Some(Stale::LeafRenewed)),
        ("selfsigned-renewed-samekey", Some(Stale::LeafRenewed)),
        ("selfsigned-renewed-newkey", Some(Stale::LeafRekeyed)),
        ("root-rekeyed-same-dn", Some(Stale::AuthorityRekeyed)),
        ("root-rekeyed-same-dn-rootsent", Some(Stale::AuthorityRekeyed)),
        ("root-rekeyed-same-dn-nokeyids", Some(Stale::AuthorityRekeyed)),
        ("renewed-root-samekey-stale-store", Some(Stale::AuthorityRenewed)),
        ("root-rekeyed-both-in-store", None),
        ("ok", None),
        ("missing-intermediate", None),
    ] {
        let stale = kinds(find(&cases, id), &[]).into_iter().find_map(|kind| match kind {
            FaultKind::AnchorStale { how, .. } => Some(how),
            _ => None,
        });
        assert_eq!(stale, expected, "{id}");
    }
}

#[test]
fn chains_are_arranged() {
    let cases = recorded_cases();
    let arranged = |id: &str| arrange(&find(&cases, id).chain);
    let mixed = arranged("wrong-order-root-mid");
    assert!(!mixed.in_order && mixed.root_sent() && mixed.missing.is_none());
    assert_eq!((mixed.path.len(), mixed.path[0]), (4, 0));
    let extra = arranged("extra-unrelated-mid");
    assert_eq!(
        (&extra.path[..], &extra.roles[..]),
        (&[0, 2][..], &[Role::Leaf, Role::Stranger, Role::Intermediate][..])
    );
    assert!(extra.in_order);
    let twice = arranged("dup-leaf");
    assert!(twice.roles.contains(&Role::Duplicate(0)));
    let alone = arranged("missing-intermediate");
    assert_eq!(alone.missing.unwrap().name.to_string(), "CN=Corp Issuing CA 1, O=Corp Test");
    assert!(arrange(&[]).path.is_empty());
}

/// A leaf in the store is trusted whatever else is wrong with it; only its name counts.
#[test]
fn a_pinned_leaf_has_no_fault_but_its_name() {
    let cases = generated_cases();
    let case = find(&cases, "two:leaf-expired+trust-leaf");
    let settings = newest(17);
    assert_eq!(case.ask(&settings, judge).branch, Branch::Pinned);
    assert!(case.ask(&settings, |question| faults(question, &[])).iter().all(|fault| !fault.blocks));
    let case = find(&cases, "two:leaf-name+trust-leaf");
    let blocking = case.ask(&settings, |question| faults(question, &[]));
    let blocking: Vec<_> =
        blocking.into_iter().filter(|fault| fault.blocks).map(|fault| fault.kind).collect();
    assert!(matches!(blocking[..], [FaultKind::Refused(Reason::HostDnsMismatch { .. })]), "{blocking:?}");
}

/// Whatever a certificate says, there is an answer; and what was not signed is not trusted.
#[test]
fn damaged_certificates_get_an_answer() {
    let cases = recorded_cases();
    let settings = newest(17);
    let now = datetime!(2026-11-23 12:00 UTC);
    let mut judged = 0;
    for id in ["ok", "int-nameconstraints-violated", "pss-signed-leaf"] {
        let case = find(&cases, id);
        for (place, certificate) in case.chain.iter().enumerate() {
            for index in 0..certificate.der().len() {
                let mut der = certificate.der().to_vec();
                der[index] ^= 1 << (index % 8);
                let Ok(damaged) = Certificate::from_der(&der) else { continue };
                let signed = damaged.tbs() == certificate.tbs();
                let mut chain = case.chain.clone();
                chain[place] = damaged;
                let question = Question::new(&chain, &case.anchors, now, &settings);
                assert!(signed || judge(&question).verdict != Verdict::Trusted, "{id} {place} {index}");
                let _ = faults(&question, &[]);
                judged += 1;
            }
        }
    }
    assert!(judged > 1000, "{judged} were still certificates");
}

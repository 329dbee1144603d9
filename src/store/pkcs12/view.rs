//! What Java makes of the bags: aliases, kinds, chains (PKCS12KeyStore.loadSafeContents and engineLoad).

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use super::safe_bag::{Bag, Item};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::store::model::Problem;
use crate::store::{Entry, EntryKind, Hidden};

/// Which bag: its safe and its place there.
pub(super) type Place = (usize, usize);

/// An entry and the bags it consists of, its own first.
pub(super) struct Seen {
    pub(super) entry: Entry,
    pub(super) places: Vec<Place>,
    problem: Option<Problem>,
    /// What chains of a private key are found by.
    key_id: Option<Vec<u8>>,
    /// The alias as Java looks it up.
    name: String,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Java has it under its alias.
    Visible,
    /// A certificate that only serves to build chains.
    Pool,
    /// Java drops it.
    Ignored,
}

impl Seen {
    pub(super) fn problem(&self) -> Option<Problem> {
        self.problem.clone()
    }
}

/// Every bag in order, as Java sees it; chain certificates are folded into the entry of their key.
pub(super) fn view<'b>(safes: impl Iterator<Item = &'b [Bag]>) -> Vec<Seen> {
    let mut naming = Naming::default();
    let mut seen: Vec<Seen> = Vec::new();
    for (safe, bags) in safes.enumerate() {
        for (index, bag) in bags.iter().enumerate() {
            seen.push(naming.see((safe, index), bag));
        }
    }
    build_chains(&mut seen);
    mark_hidden(&mut seen);
    for Seen { entry, role, .. } in &mut seen {
        let kind = matches!(entry.kind, EntryKind::TrustedCertificate | EntryKind::PrivateKey);
        entry.anchor_for_java = *role == Role::Visible && kind && !entry.certificates.is_empty();
    }
    seen
}

/// What can be mended about what Java ignores.
fn hidden(bag: &Bag, role: Role) -> Option<Hidden> {
    match (&bag.item, role) {
        _ if bag.attributes.name_refused => Some(Hidden::AliasEncoding),
        (Item::PlainKey, _) => Some(Hidden::PlainKey),
        (Item::Nested(_), _) => Some(Hidden::NestedSafe),
        (Item::Certificate(_), Role::Pool) => Some(Hidden::NotTrusted),
        _ => None,
    }
}

/// What Java counts while it reads.
#[derive(Default)]
struct Naming {
    unnamed: u32,
    private_keys: u32,
}

impl Naming {
    fn see(&mut self, place: Place, bag: &Bag) -> Seen {
        let attributes = &bag.attributes;
        let (kind, mut role, note) = describe(&bag.item, attributes.trusted);
        let mut key_id = attributes.local_key_id.clone();
        let mut entry = Entry::new(String::new(), kind);
        entry.notes.extend(note);
        match &bag.item {
            Item::ShroudedKey { .. } => {
                self.private_keys += 1;
                if key_id.is_none() && self.private_keys > 1 {
                    role = Role::Ignored;
                    let note =
                        "Java ignores this key, because it has no localKeyID and the store has other keys";
                    entry.notes.push(note.to_owned());
                } else {
                    key_id.get_or_insert_with(|| b"01".to_vec());
                }
                entry.created = key_id.as_deref().and_then(created);
            }
            Item::Certificate(certificate) => {
                if key_id.is_none() && self.private_keys == 1 && place.1 == 0 {
                    key_id = Some(b"01".to_vec());
                }
                entry.certificates.push(certificate.clone());
            }
            Item::Nested(certificates) => entry.certificates.clone_from(certificates),
            _ => {}
        }
        entry.alias = match &attributes.friendly_name {
            Some(name) => name.as_str().into(),
            None if role == Role::Visible => {
                self.unnamed += 1;
                self.unnamed.to_string().as_str().into()
            }
            None => unnamed(&entry, place).as_str().into(),
        };
        entry.hidden = hidden(bag, role);
        let problem = problem(bag, &entry);
        let name = entry.alias.java_key();
        Seen { entry, places: vec![place], problem, key_id, name, role }
    }
}

fn describe(item: &Item, trusted: bool) -> (EntryKind, Role, Option<String>) {
    let ignored =
        |what: &str| Some(format!("Java ignores {what}, and keytool drops it when it writes the store"));
    match item {
        Item::Certificate(_) if trusted => (EntryKind::TrustedCertificate, Role::Visible, None),
        Item::Certificate(_) => (EntryKind::Opaque, Role::Pool, None),
        Item::ShroudedKey { .. } => (EntryKind::PrivateKey, Role::Visible, None),
        Item::Secret => (EntryKind::SecretKey, Role::Visible, None),
        Item::PlainKey => (EntryKind::Opaque, Role::Ignored, ignored("a private key that is not encrypted")),
        Item::Crl => (EntryKind::Opaque, Role::Ignored, ignored("a revocation list in a store")),
        Item::Nested(_) => (EntryKind::Opaque, Role::Ignored, ignored("a safe inside a safe")),
        Item::Unknown(oid) => (EntryKind::Opaque, Role::Ignored, ignored(&format!("bags of kind {oid}"))),
        Item::Unreadable { .. } => (EntryKind::Opaque, Role::Ignored, None),
    }
}

/// A name for what Java gives none.
fn unnamed(entry: &Entry, (safe, index): Place) -> String {
    let label = entry.certificates.first().map(Certificate::label);
    label.unwrap_or_else(|| format!("unnamed-{}-{}", safe + 1, index + 1))
}

fn problem(bag: &Bag, entry: &Entry) -> Option<Problem> {
    if let Some(refused) = &bag.attributes.refused {
        return Some(Problem::of(&entry.alias, refused.clone()).java_refuses());
    }
    match &bag.item {
        Item::Unreadable { message, java_refuses } => {
            let problem = Problem::of(&entry.alias, message.clone());
            Some(if *java_refuses { problem.java_refuses() } else { problem })
        }
        Item::Certificate(certificate) => Problem::unparsable(&entry.alias, certificate),
        _ => None,
    }
}

/// Java writes `Time ` and milliseconds into a key's localKeyID.
fn created(key_id: &[u8]) -> Option<OffsetDateTime> {
    let milliseconds: i64 = str::from_utf8(key_id).ok()?.strip_prefix("Time ")?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}

fn build_chains(seen: &mut Vec<Seen>) {
    let keys: Vec<usize> = positions(seen, |seen| seen.entry.kind == EntryKind::PrivateKey);
    let mut used = HashSet::new();
    let mut chains: Vec<Vec<usize>> =
        keys.iter().map(|key| seen.get(*key).map(|key| chain(seen, key)).unwrap_or_default()).collect();
    own_copies(seen, &mut chains);
    for (key, chain) in keys.into_iter().zip(chains) {
        let links: Vec<(Certificate, Place)> = chain.iter().filter_map(|at| link(seen, *at)).collect();
        used.extend(chain.into_iter().filter(|at| seen.get(*at).is_some_and(|seen| seen.role == Role::Pool)));
        if let Some(key) = seen.get_mut(key) {
            for (certificate, place) in links {
                key.entry.certificates.push(certificate);
                key.places.push(place);
            }
        }
    }
    let mut index = 0;
    seen.retain(|_| {
        index += 1;
        !used.contains(&(index - 1))
    });
    for Seen { entry, role, .. } in seen {
        if *role == Role::Pool {
            let note = "Java does not trust this certificate, because it has no trustedKeyUsage attribute and is in \
                        no key's chain; keytool drops it when it writes the store";
            entry.notes.push(note.to_owned());
        }
    }
}

fn positions(seen: &[Seen], wanted: impl Fn(&Seen) -> bool) -> Vec<usize> {
    seen.iter().enumerate().filter(|(_, seen)| wanted(seen)).map(|(index, _)| index).collect()
}

/// Keys of one authority may each have brought its certificate along: then each has its own copy.
fn own_copies(seen: &[Seen], chains: &mut [Vec<usize>]) {
    let own: HashSet<usize> = chains.iter().filter_map(|chain| chain.first().copied()).collect();
    let sha256 = |at: usize| {
        let link = seen.get(at).filter(|link| link.role == Role::Pool && !own.contains(&at))?;
        link.entry.certificates.first().map(Certificate::sha256)
    };
    let mut copies: HashMap<Fingerprint, Vec<usize>> = HashMap::new();
    for at in (0..seen.len()).rev() {
        if let Some(sha256) = sha256(at) {
            copies.entry(sha256).or_default().push(at);
        }
    }
    for at in chains.iter_mut().flat_map(|chain| chain.iter_mut().skip(1)) {
        *at = sha256(*at).and_then(|sha256| copies.get_mut(&sha256)?.pop()).unwrap_or(*at);
    }
}

fn link(seen: &[Seen], index: usize) -> Option<(Certificate, Place)> {
    let seen = seen.get(index)?;
    Some((seen.entry.certificates.first()?.clone(), *seen.places.first()?))
}

/// The chain of a key, own certificate first (engineLoad, findMatchedCertificate, findIssuer).
fn chain(seen: &[Seen], key: &Seen) -> Vec<usize> {
    let mut chain = Vec::new();
    let mut next = if key.role == Role::Visible { own_certificate(seen, key) } else { None };
    while let Some(index) = next {
        let Some((certificate, _)) = link(seen, index) else { break };
        let repeated = chain.iter().any(|at| link(seen, *at).is_some_and(|(other, _)| other == certificate));
        if repeated {
            break;
        }
        chain.push(index);
        if certificate.is_self_signed() {
            break;
        }
        next = issuer(seen, &certificate);
    }
    chain
}

fn own_certificate(seen: &[Seen], key: &Seen) -> Option<usize> {
    let pool = positions(seen, |seen| seen.role == Role::Pool);
    let same_name = |index: &usize| seen.get(*index).is_some_and(|seen| seen.name == key.name);
    let same_id = |index: &usize| seen.get(*index).is_some_and(|seen| seen.key_id == key.key_id);
    let both = pool.iter().find(|index| same_id(index) && same_name(index));
    // Java takes the last of several that fit halfway.
    let halfway =
        || pool.iter().rfind(|index| same_id(index)).or_else(|| pool.iter().rfind(|index| same_name(index)));
    both.or_else(halfway).copied()
}

fn issuer(seen: &[Seen], certificate: &Certificate) -> Option<usize> {
    let wanted = certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
    let mut fallback = None;
    for (index, candidate) in seen.iter().enumerate() {
        let certificates =
            matches!(candidate.role, Role::Pool) || candidate.entry.kind == EntryKind::TrustedCertificate;
        let Some(other) = candidate.entry.certificates.first().filter(|_| certificates) else { continue };
        if other.subject().der() != certificate.issuer().der() {
            continue;
        }
        match (wanted, other.subject_key_id()) {
            (None, _) => return Some(index),
            (Some(wanted), Some(id)) if wanted == id => return Some(index),
            (Some(_), Some(_)) => {}
            (Some(_), None) => fallback = Some(index),
        }
    }
    fallback
}

/// Of several entries whose aliases differ in case only, Java keeps the last.
fn mark_hidden(seen: &mut [Seen]) {
    let mut last: HashMap<String, usize> = HashMap::new();
    for (index, seen) in seen.iter().enumerate().filter(|(_, seen)| seen.role == Role::Visible) {
        last.insert(seen.name.clone(), index);
    }
    for (index, Seen { entry, role, name, .. }) in seen.iter_mut().enumerate() {
        if *role == Role::Visible && last.get(name) != Some(&index) {
            *role = Role::Ignored;
            entry.hidden = Some(Hidden::AliasTaken);
            let note = "Java does not see this entry, because a later one has the same alias; upper and lower case \
                        count as the same";
            entry.notes.push(note.to_owned());
        }
    }
}

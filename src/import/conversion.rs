//! What of a store another format takes over.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::alias;
use super::step::{Action, Plan, Step};
use crate::cert::Certificate;
use crate::store::{Alias, Edit, Entry, EntryKind, Format, Pkcs8, Store};

/// The private keys to take over, by their entry's place in [`Store::entries`], or why one cannot be.
pub type Keys = BTreeMap<usize, Result<Pkcs8, String>>;

/// The steps that bring what Java trusts in a store, and `keys`, into a new one of another format. What is not taken over is
/// refused in [`Plan::steps`], with the reason.
pub fn conversion(store: &Store, keys: &Keys, format: &dyn Format, now: OffsetDateTime) -> Plan {
    let mut plan = Plan::default();
    let mut taken: Vec<Alias> = Vec::new();
    for (index, entry) in store.entries.iter().enumerate() {
        let payload = match taken_over(entry, keys.get(&index), format) {
            Ok(payload) => payload,
            Err(_) if is_elsewhere(store, index, entry) => {
                plan.steps.push(Step::on(entry, Action::Keep, "another entry has its certificate too"));
                continue;
            }
            Err(why) => {
                plan.steps.push(Step::on(entry, Action::Refuse, why));
                continue;
            }
        };
        let alias = new_alias(entry, format, &taken);
        let reason = match alias == entry.alias {
            true => "taken over".to_owned(),
            false => format!("taken over; was {}", entry.alias),
        };
        let mut step = Step::on(entry, Action::Add, reason);
        step.alias = alias.to_string();
        plan.steps.push(step);
        taken.push(alias.clone());
        let created = entry.created.unwrap_or(now);
        plan.edits.push(match payload {
            Payload::Trusted(certificate) => {
                Edit::AddTrusted { alias, certificate: certificate.clone(), created }
            }
            Payload::Key(key) => {
                let (key, chain) = (key.clone(), entry.certificates.clone());
                Edit::AddKey { alias, key, chain, created }
            }
        });
    }
    plan
}

/// What of an entry goes into the new store.
enum Payload<'a> {
    Trusted(&'a Certificate),
    Key(&'a Pkcs8),
}

/// What is taken over, or why nothing is. What Java does not trust must not become trusted by this.
fn taken_over<'a>(
    entry: &'a Entry,
    key: Option<&'a Result<Pkcs8, String>>,
    format: &dyn Format,
) -> Result<Payload<'a>, String> {
    match (entry.kind, entry.certificates.first()) {
        (EntryKind::TrustedCertificate, Some(certificate)) if entry.anchor_for_java => {
            match entry.notes.first() {
                Some(note) => Err(format!("its settings would be lost: {note}")),
                None => Ok(Payload::Trusted(certificate)),
            }
        }
        (EntryKind::TrustedCertificate, _) => {
            let note = entry.notes.first().map(|note| format!(": {note}")).unwrap_or_default();
            Err(format!("Java does not trust it{note}"))
        }
        (EntryKind::PrivateKey, certificate) => match key {
            _ if !format.holds_keys() => Err(format!("a {} store holds no private keys", format.name())),
            None => Err("a private key; --keys takes it over".to_owned()),
            Some(_) if certificate.is_none() => Err("a private key without its certificate".to_owned()),
            Some(key) => key.as_ref().map(Payload::Key).map_err(Clone::clone),
        },
        (EntryKind::SecretKey, _) => Err("secret keys are not taken over".to_owned()),
        (EntryKind::Opaque, _) => Err("Java ignores it".to_owned()),
    }
}

/// Whether a certificate that Java ignores is one of an entry that it sees, so that nothing is lost without it. A PKCS12 store
/// has such a one when a key's chain ends in a certificate that it also trusts.
fn is_elsewhere(store: &Store, index: usize, entry: &Entry) -> bool {
    let seen =
        store.entries.iter().enumerate().filter(|(other, seen)| *other != index && seen.anchor_for_java);
    let seen: Vec<&Certificate> = seen.flat_map(|(_, seen)| &seen.certificates).collect();
    let repeated = entry.certificates.iter().all(|certificate| seen.contains(&certificate));
    entry.kind == EntryKind::Opaque && !entry.certificates.is_empty() && repeated
}

fn new_alias(entry: &Entry, format: &dyn Format, taken: &[Alias]) -> Alias {
    // What the other format cannot write gets the alias that an import would give it.
    let made = || Alias::new(entry.certificates.first().map(alias::from_subject).unwrap_or_default());
    let wanted = format.alias(entry.alias.as_str()).unwrap_or_else(|_| made());
    let is_taken = |name: &str| taken.iter().any(|alias| format.same_alias(alias, &Alias::new(name)));
    Alias::new(alias::unique(wanted.as_str(), is_taken))
}

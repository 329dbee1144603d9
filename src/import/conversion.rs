//! What of a store another format takes over.

use time::OffsetDateTime;

use super::alias;
use super::step::{Action, Plan, Step};
use crate::cert::Certificate;
use crate::store::{Alias, Edit, Entry, EntryKind, Format, Store};

/// The steps that bring what Java trusts in a store into a new one of another format. What is not taken over is refused in
/// [`Plan::steps`], with the reason.
pub fn conversion(store: &Store, format: &dyn Format, now: OffsetDateTime) -> Plan {
    let mut plan = Plan::default();
    let mut taken: Vec<Alias> = Vec::new();
    for entry in &store.entries {
        let certificate = match taken_over(entry) {
            Ok(certificate) => certificate,
            Err(why) => {
                plan.steps.push(Step::on(entry, Action::Refuse, why));
                continue;
            }
        };
        let alias = new_alias(entry, certificate, format, &taken);
        let reason = match alias == entry.alias {
            true => "taken over".to_owned(),
            false => format!("taken over; was {}", entry.alias),
        };
        let mut step = Step::on(entry, Action::Add, reason);
        step.alias = alias.to_string();
        plan.steps.push(step);
        let created = entry.created.unwrap_or(now);
        let certificate = certificate.clone();
        plan.edits.push(Edit::AddTrusted { alias: alias.clone(), certificate, created });
        taken.push(alias);
    }
    plan
}

/// The certificate that is trusted, or why there is none. What Java does not trust must not become trusted by this.
fn taken_over(entry: &Entry) -> Result<&Certificate, String> {
    match (entry.kind, entry.certificates.first()) {
        (EntryKind::TrustedCertificate, Some(certificate)) if entry.anchor_for_java => {
            match entry.notes.first() {
                Some(note) => Err(format!("its settings would be lost: {note}")),
                None => Ok(certificate),
            }
        }
        (EntryKind::TrustedCertificate, _) => {
            let note = entry.notes.first().map(|note| format!(": {note}")).unwrap_or_default();
            Err(format!("Java does not trust it{note}"))
        }
        (EntryKind::PrivateKey | EntryKind::SecretKey, _) => Err("keys are not taken over".to_owned()),
        (EntryKind::Opaque, _) => Err("Java ignores it".to_owned()),
    }
}

fn new_alias(entry: &Entry, certificate: &Certificate, format: &dyn Format, taken: &[Alias]) -> Alias {
    // What the other format cannot write gets the alias that an import would give it.
    let made = || Alias::new(alias::from_subject(certificate));
    let wanted = format.alias(entry.alias.as_str()).unwrap_or_else(|_| made());
    let is_taken = |name: &str| taken.iter().any(|alias| format.same_alias(alias, &Alias::new(name)));
    Alias::new(alias::unique(wanted.as_str(), is_taken))
}

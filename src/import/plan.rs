//! From a store and the chosen certificates to the steps that add them: pure, and the same for a dry run.

use time::OffsetDateTime;

use super::alias::{self, AliasTemplate};
use super::candidate::{Candidate, Origin};
use super::step::{Action, Plan, Step};
use crate::store::{Alias, Edit, EntryKind, Store, StoreError};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The certificates, each once.
    pub certificates: Vec<Candidate>,
    /// The alias, or how to make it; from the subject when not given.
    pub alias: Option<AliasTemplate>,
    /// Whether an entry of the given alias, and stale entries of the same subject, give way.
    pub replace: bool,
}

/// The steps that bring the certificates into the store. A certificate that the store already trusts, under whatever
/// alias, is kept as it is.
pub fn plan(store: &Store, request: &Request, now: OffsetDateTime) -> Plan {
    plans(store, std::slice::from_ref(request), now)
}

/// The steps of several requests in one plan.
pub fn plans(store: &Store, requests: &[Request], now: OffsetDateTime) -> Plan {
    let mut plan = Plan { steps: Vec::new(), edits: Vec::new() };
    let mut taken: Vec<Alias> = store.entries.iter().map(|entry| entry.alias.clone()).collect();
    for request in requests {
        for candidate in &request.certificates {
            let (step, edit) = step(store, request, candidate, now, &taken);
            taken.push(Alias::new(step.alias.clone()));
            plan.steps.push(step);
            plan.edits.extend(edit);
        }
    }
    plan
}

fn step(
    store: &Store,
    request: &Request,
    candidate: &Candidate,
    now: OffsetDateTime,
    taken: &[Alias],
) -> (Step, Option<Edit>) {
    let certificate = &candidate.certificate;
    let of = |action, alias: &Alias, reason: String| Step {
        action,
        alias: alias.to_string(),
        fingerprint: Some(certificate.sha256()),
        subject: certificate.subject().to_string(),
        reason,
    };
    let present = store.with_fingerprint(certificate.sha256()).find(|entry| entry.anchor_for_java);
    if let Some(entry) = present.filter(|_| !replaces_another(store, request, candidate)) {
        return (of(Action::Keep, &entry.alias, "already in the store".to_owned()), None);
    }
    let wanted = match wanted(store, request, candidate) {
        Ok(alias) => alias,
        Err(error) => return (of(Action::Refuse, &Alias::new(String::new()), error.to_string()), None),
    };
    let holder = store.entries.iter().find(|entry| store.format.same_alias(&entry.alias, &wanted));
    match holder {
        Some(entry) if request.replace && entry.kind == EntryKind::TrustedCertificate => {
            let edit = Edit::ReplaceTrusted {
                alias: entry.alias.clone(),
                certificate: certificate.clone(),
                created: now,
            };
            let reason = "takes the place of the certificate there".to_owned();
            return (of(Action::Replace, &entry.alias, reason), Some(edit));
        }
        Some(entry) if request.replace => {
            let reason = format!("the alias {wanted} names a {}, which is never replaced", entry.kind.name());
            return (of(Action::Refuse, &wanted, reason), None);
        }
        _ => {}
    }
    let is_taken = |name: &str| taken.iter().any(|alias| store.format.same_alias(alias, &Alias::new(name)));
    let alias = Alias::new(alias::unique(wanted.as_str(), is_taken));
    let reason = if alias == wanted {
        "new".to_owned()
    } else {
        format!("new; the alias {wanted} is taken by another certificate")
    };
    let edit = Edit::AddTrusted { alias: alias.clone(), certificate: certificate.clone(), created: now };
    (of(Action::Add, &alias, reason), Some(edit))
}

/// Whether the alias that was named holds another certificate, which is to give way even if this one is trusted under some
/// other alias.
fn replaces_another(store: &Store, request: &Request, candidate: &Candidate) -> bool {
    if !request.replace || request.alias.is_none() {
        return false;
    }
    let Ok(wanted) = wanted(store, request, candidate) else { return false };
    let holder = store.entries.iter().find(|entry| store.format.same_alias(&entry.alias, &wanted));
    let held = holder.and_then(|entry| entry.certificates.first());
    held.is_some_and(|held| held.sha256() != candidate.certificate.sha256())
}

/// The alias asked for, or made, in the form the store's format writes.
fn wanted(store: &Store, request: &Request, candidate: &Candidate) -> Result<Alias, StoreError> {
    let certificate = &candidate.certificate;
    let file = match &candidate.origin {
        Origin::File(path) => path.file_stem().and_then(|name| name.to_str()),
        Origin::Wire => None,
    };
    let made = || alias::from_subject(certificate);
    let text = request.alias.as_ref().map_or_else(made, |template| template.fill(certificate, file));
    store.format.alias(&text)
}

//! From what is declared and what a store holds to the one plan that brings them together, and to what differs.

use time::OffsetDateTime;

use super::{Mode, Provenance, State, StoreSpec, Wanted};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::import::{self, Action, Candidate, Origin, Plan, PlanError, Removal, Request, Step};
use crate::path;
use crate::store::{Edit, Entry, EntryKind, Store};

/// The plan for one store: what is declared absent goes, in mode exact also what this program added and nobody declares any
/// more, then what is missing comes. `wanted` is what is declared for this store.
///
/// # Errors
/// [`PlanError`], as when a certificate to be removed belongs to a private key.
pub fn plan(
    store: &Store,
    spec: &StoreSpec,
    wanted: &[Wanted],
    provenance: &Provenance,
    now: OffsetDateTime,
) -> Result<Plan, PlanError> {
    let going = going(store, spec, wanted, provenance);
    let mut plan = removal(store, &going, now)?;
    // What goes gives its alias free.
    let mut rest = store.clone();
    rest.entries.retain(|entry| !going.iter().any(|(one, _)| std::ptr::eq(*one, entry) || same(one, entry)));
    let present = wanted.iter().filter(|wanted| wanted.state == State::Present);
    let requests: Vec<Request> = present.filter_map(|wanted| request(wanted, spec)).collect();
    let mut coming = import::plans(&rest, &requests, now);
    refuse_objectionable(&mut coming, wanted, now);
    for step in &mut coming.steps {
        let declared = wanted.iter().find(|wanted| Some(wanted.sha256) == step.fingerprint);
        if let Some(declared) = declared.filter(|_| step.action == Action::Add) {
            step.reason.clone_from(&declared.reason);
        }
    }
    let absent = wanted.iter().filter(|wanted| wanted.state == State::Absent);
    let gone = absent.filter(|wanted| !going.iter().any(|(entry, _)| is(entry, wanted.sha256)));
    plan.steps.extend(gone.map(|wanted| Step {
        action: Action::Keep,
        alias: String::new(),
        fingerprint: Some(wanted.sha256),
        subject: String::new(),
        reason: "not in the store".to_owned(),
    }));
    plan.steps.append(&mut coming.steps);
    plan.edits.append(&mut coming.edits);
    Ok(plan)
}

fn same(one: &Entry, other: &Entry) -> bool {
    one.alias == other.alias && one.kind == other.kind && one.certificates == other.certificates
}

fn is(entry: &Entry, sha256: Fingerprint) -> bool {
    entry.certificates.first().is_some_and(|certificate| certificate.sha256() == sha256)
}

/// The entries that go, and why. Every entry of an absent certificate, whatever its alias.
fn going<'s>(
    store: &'s Store,
    spec: &StoreSpec,
    wanted: &[Wanted],
    provenance: &Provenance,
) -> Vec<(&'s Entry, String)> {
    let reason = |entry: &Entry| {
        let declared = wanted.iter().find(|wanted| is(entry, wanted.sha256));
        match declared.map(|wanted| wanted.state) {
            Some(State::Absent) => {
                declared.filter(|_| entry.kind != EntryKind::Opaque).map(|wanted| wanted.reason.clone())
            }
            Some(State::Present) => None,
            None => (spec.mode == Mode::Exact && provenance.manages(entry, store))
                .then(|| "added by trustmend, and not declared any more".to_owned()),
        }
    };
    store.entries.iter().filter_map(|entry| Some((entry, reason(entry)?))).collect()
}

fn removal(store: &Store, going: &[(&Entry, String)], now: OffsetDateTime) -> Result<Plan, PlanError> {
    if going.is_empty() {
        return Ok(Plan::default());
    }
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    for (entry, _) in going {
        let fingerprint = entry.certificates.first().map(Certificate::sha256);
        fingerprints.extend(fingerprint.filter(|one| !fingerprints.contains(one)));
    }
    let mut plan = Removal { fingerprints, ..Removal::default() }.plan(store, now)?;
    let whose = |alias: &str, sha256: Option<Fingerprint>| {
        going.iter().find(|(entry, _)| {
            entry.alias.as_str() == alias && entry.certificates.first().map(Certificate::sha256) == sha256
        })
    };
    // The same certificate under an alias that somebody else gave it stays, unless it is declared absent.
    plan.steps.retain(|step| whose(&step.alias, step.fingerprint).is_some());
    plan.edits.retain(|edit| match edit {
        Edit::Remove { alias, certificate } => whose(alias.as_str(), *certificate).is_some(),
        _ => true,
    });
    for step in &mut plan.steps {
        if let Some((_, reason)) = whose(&step.alias, step.fingerprint) {
            step.reason.clone_from(reason);
        }
    }
    Ok(plan)
}

fn request(wanted: &Wanted, spec: &StoreSpec) -> Option<Request> {
    let certificate = wanted.certificate.clone()?;
    let origin = Origin::File(wanted.file.clone().unwrap_or_else(|| "manifest".into()));
    let alias = wanted.alias.clone().or_else(|| spec.alias.clone());
    Some(Request { certificates: vec![Candidate { certificate, origin }], alias, replace: false })
}

/// What is not in the store yet and should not be trusted without a second thought is refused unless that was declared.
fn refuse_objectionable(plan: &mut Plan, wanted: &[Wanted], now: OffsetDateTime) {
    for step in plan.steps.iter_mut().filter(|step| step.action == Action::Add) {
        let declared = wanted.iter().find(|wanted| Some(wanted.sha256) == step.fingerprint);
        let Some((declared, certificate)) = declared.and_then(|one| Some((one, one.certificate.as_ref()?)))
        else {
            continue;
        };
        let objections = path::objections(certificate, now);
        if let Some(one) = objections.iter().find(|one| !declared.allow.contains(&one.allow)) {
            step.action = Action::Refuse;
            step.reason = format!("{one}; if that is right: allow = [{:?}]", one.allow.name());
        }
    }
}

/// What kind of difference there is between a store and what is declared for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// Declared present, and not there.
    Missing,
    /// Declared absent, and there.
    Unwanted,
    /// Added by this program, and not declared any more.
    Undeclared,
    /// Added by this program according to the side file, and gone without it.
    Lost,
}

impl DriftKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "managed-missing",
            Self::Unwanted => "unwanted-present",
            Self::Undeclared => "managed-undeclared",
            Self::Lost => "managed-lost",
        }
    }
}

/// A difference between a store and what is declared for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What kind.
    pub kind: DriftKind,
    /// The certificate.
    pub sha256: Fingerprint,
    /// The entry's alias, if there is or was one.
    pub alias: String,
    /// The certificate's subject, if it is known.
    pub subject: String,
    /// In words.
    pub detail: String,
}

/// Every difference between a store and what is declared for it.
pub fn drift(store: &Store, wanted: &[Wanted], provenance: &Provenance) -> Vec<Drift> {
    let mut found = Vec::new();
    for one in wanted {
        let mut entries = store.entries.iter().filter(|entry| is(entry, one.sha256));
        let subject = one.certificate.as_ref().map(|certificate| certificate.subject().to_string());
        let mut add = |kind, alias: String, subject: String, detail: String| {
            found.push(Drift { kind, sha256: one.sha256, alias, subject, detail });
        };
        match one.state {
            State::Present if !entries.any(|entry| entry.anchor_for_java) => {
                let detail = format!("declared and not trusted: {}", one.reason);
                add(DriftKind::Missing, String::new(), subject.unwrap_or_default(), detail);
            }
            State::Present => {}
            State::Absent => {
                for entry in entries.filter(|entry| entry.kind != EntryKind::Opaque) {
                    let subject = entry.certificates.first().map(|one| one.subject().to_string());
                    let detail = format!("declared absent and there: {}", one.reason);
                    add(DriftKind::Unwanted, entry.alias.to_string(), subject.unwrap_or_default(), detail);
                }
            }
        }
    }
    for managed in &provenance.entries {
        let Some(sha256) = managed.fingerprint() else { continue };
        if wanted.iter().any(|one| one.sha256 == sha256) {
            continue;
        }
        let is_there = store.entries.iter().any(|entry| is(entry, sha256));
        let (kind, detail) = match is_there {
            true => (DriftKind::Undeclared, "added by trustmend, and not declared any more"),
            false => (DriftKind::Lost, "added by trustmend, and removed by somebody else"),
        };
        let (alias, subject) = (managed.alias.clone(), managed.subject.clone());
        found.push(Drift { kind, sha256, alias, subject, detail: detail.to_owned() });
    }
    found
}

//! A change: a plan in a file, made by one person, applied by another who was told its SHA-256.
//!
//! It holds the certificates whole, so that applying it needs no other file, and the SHA-256 of each store it was made on,
//! so that it is refused on any other. It holds no password, only where one is to be found.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{ManifestError, Probe, Service};
use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::import::{Action, Plan, PlanError, Step};
use crate::pem;
use crate::store::{Alias, Edit, Store};

/// The name of the file's schema.
const SCHEMA: &str = "trustmend/v1/change";

/// A plan in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    schema: String,
    /// When it was made.
    pub created: String,
    /// Who made it.
    pub by: String,
    /// The manifest it was made from.
    pub manifest: String,
    /// SHA-256 of that manifest.
    pub manifest_sha256: String,
    /// What changes, store by store.
    pub stores: Vec<ChangedStore>,
    /// The services that read them.
    pub services: Vec<Service>,
    /// What is tried afterwards.
    pub checks: Vec<Probe>,
}

/// What changes in one store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedStore {
    /// What the manifest calls it.
    pub name: String,
    /// As on the command line.
    pub store: String,
    /// A file whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub password_env: Option<String>,
    /// The format of a store that is to be made.
    pub format: Option<String>,
    /// SHA-256 of the store that the plan was made on; `None` if there was none.
    pub sha256_before: Option<String>,
    /// Names of the services that read it.
    pub services: Vec<String>,
    /// What goes.
    pub remove: Vec<Removed>,
    /// What comes.
    pub add: Vec<Added>,
}

/// An entry that goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    alias: String,
    sha256: String,
    subject: String,
    reason: String,
}

/// An entry that comes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    alias: String,
    sha256: String,
    subject: String,
    reason: String,
    pem: String,
}

impl Change {
    /// An empty one, made from a manifest.
    pub fn new(created: String, by: String, manifest: String, manifest_sha256: Fingerprint) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            created,
            by,
            manifest,
            manifest_sha256: manifest_sha256.hex(),
            stores: Vec::new(),
            services: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`ManifestError::Side`].
    pub fn parse(octets: &[u8]) -> Result<Self, ManifestError> {
        let side = |message: String| ManifestError::Side { message };
        let change: Self =
            serde_json::from_slice(octets).map_err(|error| side(format!("not a plan: {error}")))?;
        if change.schema != SCHEMA {
            return Err(side(format!("not a plan: it should be {SCHEMA}")));
        }
        Ok(change)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl ChangedStore {
    /// Takes over what a plan does.
    pub fn take(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let sha256 = step.fingerprint.map(|one| one.hex()).unwrap_or_default();
            let (alias, subject, reason) = (step.alias.clone(), step.subject.clone(), step.reason.clone());
            match step.action {
                Action::Remove => self.remove.push(Removed { alias, sha256, subject, reason }),
                Action::Add => {
                    let added = plan.edits.iter().find_map(|edit| match edit {
                        Edit::AddTrusted { alias, certificate, .. } if alias.as_str() == step.alias => {
                            Some(certificate)
                        }
                        _ => None,
                    });
                    let pem = added.map(|certificate| pem::encode("CERTIFICATE", certificate.der()));
                    self.add.push(Added { alias, sha256, subject, reason, pem: pem.unwrap_or_default() });
                }
                Action::Replace | Action::Rename | Action::Keep | Action::Refuse => {}
            }
        }
    }

    /// The plan again, for the store it was made on.
    ///
    /// # Errors
    /// [`PlanError::NoEntry`] if an entry that goes is not there.
    pub fn plan(&self, store: &Store, now: OffsetDateTime) -> Result<Plan, PlanError> {
        let mut plan = Plan::default();
        for removed in &self.remove {
            let certificate = Fingerprint::parse(&removed.sha256).ok();
            crate::import::entry_called(store, &removed.alias, certificate)?;
            plan.steps.push(removed.step());
            plan.edits.push(Edit::Remove { alias: Alias::new(removed.alias.clone()), certificate });
        }
        plan.edits.reverse();
        for added in &self.add {
            match added.certificate() {
                Ok(certificate) => {
                    plan.steps.push(added.step(Action::Add, added.reason.clone()));
                    let alias = Alias::new(added.alias.clone());
                    plan.edits.push(Edit::AddTrusted { alias, certificate, created: now });
                }
                Err(why) => plan.steps.push(added.step(Action::Refuse, why)),
            }
        }
        Ok(plan)
    }
}

impl Removed {
    fn step(&self) -> Step {
        Step {
            action: Action::Remove,
            alias: self.alias.clone(),
            fingerprint: Fingerprint::parse(&self.sha256).ok(),
            subject: self.subject.clone(),
            reason: self.reason.clone(),
        }
    }
}

impl Added {
    fn step(&self, action: Action, reason: String) -> Step {
        let fingerprint = Fingerprint::parse(&self.sha256).ok();
        Step { action, alias: self.alias.clone(), fingerprint, subject: self.subject.clone(), reason }
    }

    /// The certificate, which must be the one that is named.
    fn certificate(&self) -> Result<Certificate, String> {
        let found = crate::store::source::certificates(self.pem.as_bytes(), None)
            .map_err(|error| error.to_string())?;
        let [one] = found.certificates.as_slice() else { return Err("not one certificate".to_owned()) };
        match one.certificate.sha256().hex() == self.sha256.to_ascii_lowercase() {
            true => Ok(one.certificate.clone()),
            false => Err("its fingerprint is not the one beside it".to_owned()),
        }
    }
}

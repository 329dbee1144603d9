//! Extensions that Java passed over when it could not read them, and asks for later.

use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{
    Certificate, Extension, GeneralName, NameConstraints, is_nobody, java_extension_fault, java_reads,
};
use crate::der::Oid;

const ALTERNATIVE_NAMES: Oid = Oid::new(&[2, 5, 29, 17]);
const NAME_CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 30]);
const PURPOSES: Oid = Oid::new(&[2, 5, 29, 37]);
/// otherName 0, .. ediPartyName 5.
const EDI_PARTY_NAME: u32 = 5;

/// The leaf's alternative names, which releases from 21 do not pass over when they cannot read them. Earlier ones fall over a
/// name that they took and cannot write.
pub(super) fn names(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    let feature = settings.version.feature;
    let nobody = |name: &GeneralName| matches!(name, GeneralName::Other { kind: EDI_PARTY_NAME, value } if is_nobody(value, feature));
    if alternative_names(leaf, feature).unwrap_or_default().iter().any(nobody) {
        return Err(Reason::InternalError {
            class: "java.lang.RuntimeException",
            message: "name cannot be encoded".to_owned(),
            cause: Some("java.io.IOException: Cannot have null partyName".to_owned()),
        });
    }
    looked_into(leaf, settings, ALTERNATIVE_NAMES)
}

/// Its purposes, likewise.
pub(super) fn purposes(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    looked_into(leaf, settings, PURPOSES)
}

/// The alternative names that a runtime of this feature release sees.
pub(super) fn alternative_names(certificate: &Certificate, feature: u32) -> Option<&[GeneralName]> {
    extension(certificate, ALTERNATIVE_NAMES).filter(|extension| java_reads(extension, feature))?;
    certificate.subject_alt_names()
}

/// The name constraints that it sees.
pub(super) fn name_constraints(certificate: &Certificate, feature: u32) -> Option<&NameConstraints> {
    extension(certificate, NAME_CONSTRAINTS).filter(|extension| java_reads(extension, feature))?;
    certificate.name_constraints()
}

fn extension(certificate: &Certificate, oid: Oid) -> Option<&Extension> {
    certificate.extensions().iter().find(|extension| extension.oid == oid)
}

fn looked_into(leaf: &Certificate, settings: &Settings, oid: Oid) -> Result<(), Reason> {
    let feature = settings.version.feature;
    if feature < 21 {
        return Ok(());
    }
    let message = extension(leaf, oid).and_then(|extension| java_extension_fault(extension, feature));
    message.map_or(Ok(()), |message| Err(Reason::ExtensionUnreadable { message }))
}

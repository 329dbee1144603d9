//! Extensions of the leaf that Java passed over when it could not read them, and asks for later.

use super::rejection::Reason;
use super::settings::Settings;
use crate::cert::{Certificate, java_extension_fault};
use crate::der::Oid;

/// The leaf's alternative names, which releases from 21 do not pass over when they cannot read them.
pub(super) fn names(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    looked_into(leaf, settings, Oid::new(&[2, 5, 29, 17]))
}

/// Its purposes, likewise.
pub(super) fn purposes(leaf: &Certificate, settings: &Settings) -> Result<(), Reason> {
    looked_into(leaf, settings, Oid::new(&[2, 5, 29, 37]))
}

fn looked_into(leaf: &Certificate, settings: &Settings, oid: Oid) -> Result<(), Reason> {
    if settings.version.feature < 21 {
        return Ok(());
    }
    let extension = leaf.extensions().iter().find(|extension| extension.oid == oid);
    let message = extension.and_then(java_extension_fault);
    message.map_or(Ok(()), |message| Err(Reason::ExtensionUnreadable { message }))
}

//! Whether the certificate that is there still does, and whether it may be replaced: only what was made here is.

use std::path::Path;

use time::Duration;

use super::super::super::error::CliError;
use super::super::super::exit::Exit;
use super::super::super::{Context, assemble};
use super::{Generate, keystore};
use crate::ca::{Authority, Renewal, Request, SigningKey, names_our_authority};
use crate::cert::Certificate;
use crate::fs;
use crate::pem;

/// What becomes of the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// There was none.
    Created,
    /// Another like the one that was there.
    Renewed(String),
    /// Another than the one that was there, and why.
    Replaced(String),
    /// The one that was there still does.
    Unchanged(Box<Certificate>),
}

impl Status {
    /// As JSON has it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Renewed(_) => "renewed",
            Self::Replaced(_) => "replaced",
            Self::Unchanged(_) => "unchanged",
        }
    }

    /// Why it was not left as it was.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Renewed(reason) | Self::Replaced(reason) => Some(reason),
            Self::Created | Self::Unchanged(_) => None,
        }
    }
}

/// The certificate in a folder or file, as `--renew` names it.
pub(super) fn certificate(path: &Path) -> Result<Certificate, CliError> {
    let file = if path.is_dir() { path.join("cert.pem") } else { path.to_owned() };
    if file.file_name().is_none_or(|name| name != "cert.pem") {
        let message = format!("{}: --renew takes a folder made here, or the cert.pem in it", file.display());
        return Err(
            CliError::usage(message).hint("to have one like it, name its names: trustmend generate NAME...")
        );
    }
    let octets = fs::read(&file, assemble::MAX_FILE).map_err(|error| assemble::path_error(&error))?;
    let scan = pem::scan(&octets);
    let block = scan.blocks().find(|(_, label, _)| *label == "CERTIFICATE");
    let read = block.and_then(|(_, _, der)| Certificate::from_der(der).ok());
    read.ok_or_else(|| {
        let message = format!("{}: there is no certificate in it", file.display());
        CliError::new(Exit::Store, "certificate-unreadable", message)
            .hint("--renew takes a folder that `trustmend generate` made, or a PEM certificate")
    })
}

/// What has to be done with the certificate of `folder`.
pub(super) fn judge(
    arguments: &Generate,
    request: &Request,
    authority: Option<&Authority>,
    folder: &Path,
    context: &Context,
) -> Result<Status, CliError> {
    let has_file = folder.join("cert.pem").exists();
    if !has_file || !(arguments.if_needed || arguments.renew.is_some()) {
        let reason = "--force".to_owned();
        return Ok(if has_file && arguments.force { Status::Replaced(reason) } else { Status::Created });
    }
    let there = certificate(folder)?;
    refuse_foreign(&there, folder, arguments)?;
    if !arguments.if_needed {
        if authority.is_some_and(|authority| !authority.is_issuer_of(&there)) {
            context.ui.warn(&format!(
                "another authority signed what was in {}: who trusts that one alone refuses the new certificate; --ca or --ca-dir \
                 names it",
                folder.display()
            ));
        }
        return Ok(Status::Renewed("asked for by --renew".to_owned()));
    }
    let before = Duration::days(i64::from(arguments.renew_before));
    Ok(match request.renewal(&there, authority, context.now, before) {
        Some(reason @ Renewal::Ends(_)) => Status::Renewed(reason.to_string()),
        Some(reason) => Status::Replaced(reason.to_string()),
        None if !keystore::holds(arguments, &there) => {
            Status::Replaced("the keystore does not hold it".to_owned())
        }
        None => Status::Unchanged(Box::new(there)),
    })
}

/// Only a certificate of this program, with its key beside it, gives way without --force.
fn refuse_foreign(there: &Certificate, folder: &Path, arguments: &Generate) -> Result<(), CliError> {
    let made_here = names_our_authority(there) || (there.is_self_issued() && !there.is_ca());
    let key = fs::read(&folder.join("key.pem"), assemble::MAX_FILE).map(zeroize::Zeroizing::new);
    let is_its_key = key.is_ok_and(|octets| {
        let scan = pem::scan(&octets);
        let block = scan.blocks().find(|(_, label, _)| *label == "PRIVATE KEY");
        let key = block.and_then(|(_, _, der)| SigningKey::from_pkcs8(der).ok());
        key.is_some_and(|key| key.spki() == &*there.public_key().spki)
    });
    if made_here && (is_its_key || arguments.csr.is_some()) || arguments.force {
        return Ok(());
    }
    let what = if made_here { "has no key of its own in key.pem beside it" } else { "was not made here" };
    let message = format!("{} {what}, so it is not replaced", folder.join("cert.pem").display());
    Err(CliError::new(Exit::Refused, "exists", message)
        .hint("name another place with --out, or replace it with --force"))
}

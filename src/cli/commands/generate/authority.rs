//! Which authority signs, and its life: made, listed, renewed, taken back, removed.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::super::error::CliError;
use super::super::super::exit::Exit;
use super::super::super::{Context, assemble};
use super::{ca_error, trust};
use crate::ca::{Authority, CaError, KeyKind, NewAuthority, Typed, limits_with};
use crate::render::escape::visible;
use crate::render::json::v1;

/// Life of a new authority: longer than the leaves' 397 days, short enough that a forgotten one ends.
const AUTHORITY_DAYS: u32 = 825;

/// With user, words and role around it, a common name has 64 characters.
const MAX_NAME: usize = 32;

/// Flags about the authority.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Authority")]
pub(crate) struct AuthorityFlags {
    /// The authority of this name, one of several; made on first use.
    #[arg(long, value_name = "NAME", conflicts_with = "ca_dir")]
    ca: Option<String>,
    /// Where the authority is kept [default: trustmend/ca in the user's data folder; with --ca, in
    /// trustmend/authorities].
    #[arg(long, value_name = "FOLDER")]
    ca_dir: Option<PathBuf>,
    /// Sign with an authority whose key is never written and forgotten at the end.
    #[arg(long, conflicts_with_all = ["ca", "ca_dir", "self_signed", "if_needed", "rotate", "list", "untrust", "remove_ca"])]
    ephemeral_ca: bool,
    /// A domain, address or network that a new authority may vouch for besides the default ones.
    #[arg(long, value_name = "NAME")]
    permit: Vec<String>,
    /// Put a new authority in place of the old one, with its limits and those of --permit, and make everything that
    /// trusts the old one trust the new one instead.
    #[arg(long, conflicts_with = "self_signed")]
    rotate: bool,
    /// Show the authorities: when they end, and where they were installed by --trust.
    #[arg(long, conflicts_with_all = ["names", "rotate", "untrust", "remove_ca"])]
    list: bool,
    /// Take the authority back from everywhere --trust put it.
    #[arg(long, conflicts_with_all = ["names", "rotate"])]
    untrust: bool,
    /// Take the authority back from everywhere, then remove it with its key.
    #[arg(long, conflicts_with_all = ["names", "rotate", "untrust"])]
    remove_ca: bool,
}

/// An authority, and the folder it is kept in.
pub(super) struct Chosen {
    pub(super) authority: Authority,
    pub(super) folder: Option<PathBuf>,
}

impl AuthorityFlags {
    /// The authority's folder.
    fn folder(&self) -> Result<PathBuf, CliError> {
        let Some(name) = &self.ca else {
            return match &self.ca_dir {
                Some(folder) => Ok(folder.clone()),
                None => Ok(assemble::data_folder()?.join("ca")),
            };
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || !name.chars().all(plain) {
            return Err(CliError::usage(format!(
                "--ca {}: a name has 1 to {MAX_NAME} letters, digits, hyphens, underscores and dots",
                Typed(name)
            )));
        }
        Ok(assemble::data_folder()?.join("authorities").join(name))
    }

    /// What a new authority is to be.
    fn new_authority(&self) -> Result<NewAuthority, CliError> {
        let user = assemble::user_and_host();
        let name = match &self.ca {
            Some(name) => format!("trustmend {} {name}", user.chars().take(12).collect::<String>()),
            None => format!("trustmend {user}"),
        };
        let limits = limits_with(&self.permit).map_err(ca_error)?;
        Ok(NewAuthority { name, key: KeyKind::P256, limits, days: AUTHORITY_DAYS })
    }

    /// The authority of the folder, made if there is none; a new one each time for `--ephemeral-ca`.
    pub(super) fn choose(&self, context: &Context) -> Result<Chosen, CliError> {
        if self.ephemeral_ca {
            let authority = Authority::sealed(&self.new_authority()?, context.now).map_err(ca_error)?;
            return Ok(Chosen { authority, folder: None });
        }
        let folder = self.folder()?;
        let authority = match Authority::load(&folder) {
            Ok(authority) => {
                if !self.permit.is_empty() && !self.rotate {
                    context.ui.warn(&format!(
                        "--permit has no effect: the authority in {} was made before and keeps its limits; --rotate makes another",
                        folder.display()
                    ));
                }
                authority
            }
            Err(CaError::NoAuthority { .. }) => self.make(context, &folder)?,
            Err(error) => return Err(ca_error(error)),
        };
        Ok(Chosen { authority, folder: Some(folder) })
    }

    fn make(&self, context: &Context, folder: &Path) -> Result<Authority, CliError> {
        let authority = Authority::sealed(&self.new_authority()?, context.now).map_err(ca_error)?;
        match authority.save(folder) {
            Ok(()) => {}
            // Somebody else was quicker: theirs is the one that stays.
            Err(CaError::Path(crate::fs::PathError::Exists { .. })) => {
                return Authority::load(folder).map_err(ca_error);
            }
            Err(error) => return Err(ca_error(error)),
        }
        context.ui.note(&format!("made an authority, valid {AUTHORITY_DAYS} days, in {}", folder.display()));
        Ok(authority)
    }

    /// What is asked about the authorities themselves; `None` if a certificate is to be made (too).
    pub(super) fn manage(
        &self,
        access: trust::Access<'_>,
        makes_leaf: bool,
        context: &Context,
    ) -> Result<Option<Exit>, CliError> {
        if self.list {
            return self.show_list(context).map(Some);
        }
        if self.untrust || self.remove_ca {
            return self.take_back(access, context).map(Some);
        }
        if !self.rotate {
            return Ok(None);
        }
        let results = self.renew(access, context)?;
        let exit =
            if makes_leaf { None } else { Some(report(context, "rotated", &self.folder()?, results)?) };
        Ok(exit)
    }

    fn take_back(&self, access: trust::Access<'_>, context: &Context) -> Result<Exit, CliError> {
        let folder = self.folder()?;
        let loaded = Authority::load(&folder);
        if let Err(error @ CaError::NoAuthority { .. }) = loaded {
            return Err(ca_error(error));
        }
        let root = loaded.as_ref().ok().map(Authority::root);
        let results = trust::take_back(&folder, access, context, root, |_| true)?;
        let failed = results.iter().any(|(_, exit)| *exit != Exit::Done);
        if results.is_empty() {
            context.ui.note("--trust put it nowhere, or it was taken back before");
        }
        if !self.remove_ca {
            return report(context, "untrusted", &folder, results);
        }
        if failed {
            context.ui.warn(
                "the authority stays until nothing trusts it any more: mend what failed, and run this again",
            );
            return report(context, "untrusted", &folder, results);
        }
        Authority::remove(&folder).map_err(ca_error)?;
        trust::remove_record(&folder)?;
        report(context, "removed", &folder, results)
    }

    /// A new authority in place of the old one, trusted wherever that was.
    fn renew(
        &self,
        access: trust::Access<'_>,
        context: &Context,
    ) -> Result<Vec<(v1::Trusted, Exit)>, CliError> {
        let folder = self.folder()?;
        let old = match Authority::load(&folder) {
            Ok(old) => old,
            Err(CaError::NoAuthority { .. }) if self.ca.is_none() => return Ok(Vec::new()),
            Err(error) => return Err(ca_error(error)),
        };
        let mut new = self.new_authority()?;
        for subtree in old.issuer().name_constraints().map(|limits| &limits.permitted[..]).unwrap_or_default()
        {
            if !new.limits.permitted.contains(subtree) {
                new.limits.permitted.push(subtree.clone());
            }
        }
        let fresh = Authority::sealed(&new, context.now).map_err(ca_error)?;
        fresh.replace(&folder).map_err(ca_error)?;
        context
            .ui
            .note(&format!("made a new authority, valid {AUTHORITY_DAYS} days, in {}", folder.display()));
        context.ui.note(
            "what the old one signed is not trusted by those who trust the new one: make it again with --renew FOLDER",
        );
        let old_hex = old.root().sha256().hex();
        let places = trust::record(&folder)?.into_iter().filter(|(hex, _)| *hex == old_hex);
        let places: Vec<_> = places.map(|(_, place)| place).collect();
        let trust = trust::Trust::known(places);
        let mut results = trust.apply(access, context, fresh.root(), Some(&folder));
        results.extend(trust::take_back(&folder, access, context, Some(old.root()), |hex| hex == old_hex)?);
        Ok(results)
    }

    fn show_list(&self, context: &Context) -> Result<Exit, CliError> {
        let folders = match (&self.ca_dir, &self.ca) {
            (None, None) => {
                let data = assemble::data_folder()?;
                let mut folders = vec![data.join("ca")];
                folders.extend(Authority::folders(&data.join("authorities")).map_err(ca_error)?);
                folders
            }
            _ => vec![self.folder()?],
        };
        let listed: Vec<_> = folders.iter().filter_map(|folder| listed(folder, context)).collect();
        if context.ui.json() {
            let result = v1::Authorities { authorities: listed.into_iter().map(|(one, _)| one).collect() };
            context.ui.document(&v1::Document::of("generate", true, result))?;
            return Ok(Exit::Done);
        }
        let mut text = String::new();
        for (one, life) in &listed {
            text.push_str(&format!("{}  {life}\n  {}\n", visible(&one.name), visible(&one.folder)));
            if let Some(sha256) = &one.sha256 {
                text.push_str(&format!("  root {sha256}\n"));
            }
            for place in &one.trusted_by {
                text.push_str(&format!("  trusted by {}\n", visible(place)));
            }
            if let Some(error) = &one.error {
                text.push_str(&format!("  {}\n", visible(error)));
            }
        }
        if listed.is_empty() {
            text.push_str("no authority; `trustmend generate NAME` makes one\n");
        }
        context.ui.result(&text)?;
        Ok(Exit::Done)
    }
}

/// What a list says of one authority, and its key and life in words.
fn listed(folder: &Path, context: &Context) -> Option<(v1::ListedAuthority, String)> {
    let loaded = match Authority::load(folder) {
        Err(CaError::NoAuthority { .. }) => return None,
        loaded => loaded,
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let authority = loaded.as_ref().ok();
    let record = trust::record(folder);
    let unread = record.as_ref().err().map(|error| error.message.clone());
    let not_after = authority.map(|one| one.issuer().not_after().min(one.root().not_after()));
    let life = match (authority, not_after) {
        (Some(one), Some(end)) if end < context.now => {
            format!("{}, ended {}: --rotate makes another", one.issuer().public_key(), end.date())
        }
        (Some(one), Some(end)) => {
            let left = (end - context.now).whole_days();
            format!("{}, ends {}, {left} days left", one.issuer().public_key(), end.date())
        }
        _ => "cannot be read".to_owned(),
    };
    let listed = v1::ListedAuthority {
        name,
        folder: folder.display().to_string(),
        key: authority.map(|one| one.issuer().public_key().to_string()),
        not_after: not_after.map(v1::time),
        sha256: authority.map(|one| one.root().sha256().hex()),
        trusted_by: record.unwrap_or_default().into_iter().map(|(_, place)| place.name()).collect(),
        error: loaded.as_ref().err().map(ToString::to_string).or(unread),
    };
    Some((listed, life))
}

/// Says what was done about the authority; the first failure is the command's.
fn report(
    context: &Context,
    status: &str,
    folder: &Path,
    results: Vec<(v1::Trusted, Exit)>,
) -> Result<Exit, CliError> {
    let exit = first_failure(&results);
    if context.ui.json() {
        let trusted = results.into_iter().map(|(trusted, _)| trusted).collect();
        let folder = folder.display().to_string();
        let result = v1::AuthorityChanged { status: status.to_owned(), folder, stores: trusted };
        context.ui.document(&v1::Document::of("generate", exit == Exit::Done, result))?;
    } else {
        context.ui.result(&format!("{status} {}\n", visible(&folder.display().to_string())))?;
    }
    Ok(exit)
}

/// The exit code that per-store results come to.
pub(super) fn first_failure(results: &[(v1::Trusted, Exit)]) -> Exit {
    results.iter().map(|(_, exit)| *exit).find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done)
}

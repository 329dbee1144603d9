//! `trustmend generate NAME...`.

mod keystore;
mod output;
mod server_config;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::ca::{
    Authority, CaError, Fault, KeyKind, LeafName, NewAuthority, Purpose, Request, Signed, SigningKey,
    SigningRequest, Validity, limits_with, self_signed,
};
use server_config::ServerConfig;

/// Make a development certificate for names and addresses, signed by a local authority.
///
/// The authority is made on first use and kept for this user. Its root is what clients have to trust (ca.pem); the root's
/// key is forgotten at once, and what is kept can only sign for localhost, .test, .local, .internal, .home.arpa, private
/// addresses, and what --permit named when it was made. Never give the authority's folder to anyone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  trustmend generate localhost 127.0.0.1 ::1
  trustmend generate scim.corp.test 10.0.0.5 --keystore scim.p12 --alias scim --server-config tomcat
  trustmend generate localhost --trust /opt/agent/jre/lib/security/cacerts")]
pub(crate) struct Generate {
    /// DNS names (also wildcards and international ones), IP addresses, e-mail addresses, URIs.
    #[arg(required_unless_present = "csr", value_name = "NAME")]
    names: Vec<String>,
    /// The kind of key: p256, p384, p521, ed25519, rsa2048, rsa3072, rsa4096.
    #[arg(long, value_name = "KIND", default_value = "p256")]
    key: String,
    /// How long the certificate is valid. 397 days are accepted everywhere.
    #[arg(long, value_name = "DAYS", default_value_t = 397)]
    days: u32,
    /// A certificate that only vouches for itself, without an authority.
    #[arg(long, conflicts_with_all = ["ca_dir", "permit", "bad", "send_root"])]
    self_signed: bool,
    /// For a client instead of a server; give it twice for both.
    #[arg(long, action = clap::ArgAction::Count)]
    client: u8,
    /// Where the authority is kept [default: trustmend/ca in the user's data folder].
    #[arg(long, value_name = "FOLDER")]
    ca_dir: Option<PathBuf>,
    /// A domain, address or network that a new authority may vouch for besides the default ones.
    #[arg(long, value_name = "NAME")]
    permit: Vec<String>,
    /// The folder for the PEM files [default: named after the first NAME].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Also write a keystore with key and chain.
    #[arg(long, value_name = "FILE")]
    keystore: Option<PathBuf>,
    /// Put key and chain into a keystore that is there already, and leave its other entries alone. With --force, in
    /// place of the key that has the alias. The old file is kept beside it.
    #[arg(long, value_name = "FILE", conflicts_with = "keystore")]
    into_keystore: Option<PathBuf>,
    /// The keystore's format [default: by the file's ending, else pkcs12].
    #[arg(long, value_name = "FORMAT", requires = "keystore", value_parser = ["pkcs12", "jks"])]
    format: Option<String>,
    /// The key's alias in the keystore.
    #[arg(long, value_name = "ALIAS", default_value = "tomcat")]
    alias: String,
    /// Read the keystore's password from the first line of FILE; it is also the key's password.
    #[arg(long, value_name = "FILE", conflicts_with = "keystore_password_env")]
    keystore_password_file: Option<PathBuf>,
    /// Read the keystore's password from the environment variable VAR [default for a new one: a random one,
    /// written beside it].
    #[arg(long, value_name = "VAR")]
    keystore_password_env: Option<String>,
    /// Import the authority's root (or the self-signed certificate) into STORE too.
    #[arg(long, value_name = "STORE")]
    trust: Vec<String>,
    #[command(flatten)]
    store_password: super::super::args::StorePassword,
    #[command(flatten)]
    logging: super::super::journal::Logging,
    /// Print the lines that make a server use the files.
    #[arg(long, value_name = "SERVER")]
    server_config: Option<ServerConfig>,
    /// Send the root along with the chain, which servers need not do.
    #[arg(long)]
    send_root: bool,
    /// Break it on purpose, to test clients.
    #[arg(long, value_name = "FAULT", value_parser = faults())]
    bad: Option<Fault>,
    /// Sign the certificate request in FILE instead of making a key. The names are the request's, unless some are given.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "self_signed", "keystore", "into_keystore", "bad"])]
    csr: Option<PathBuf>,
    /// Replace files that are already there, but no keystore with entries from elsewhere.
    #[arg(long)]
    force: bool,
}

fn faults() -> impl TypedValueParser<Value = Fault> {
    let values = Fault::ALL.map(|fault| PossibleValue::new(fault.name()).help(fault.about()));
    PossibleValuesParser::new(values).try_map(|text| text.parse())
}

pub(crate) fn run(arguments: &Generate, context: &Context) -> Result<Exit, CliError> {
    let csr = arguments.csr.as_deref().map(signing_request).transpose()?;
    let names = names(arguments, csr.as_ref(), context)?;
    let key: KeyKind = arguments.key.parse().map_err(ca_error)?;
    let folder = arguments.out.clone().unwrap_or_else(|| default_folder(&names));
    let validity = Validity::days(context.now, arguments.days).map_err(ca_error)?;
    let purpose = match arguments.client {
        0 => Purpose::Server,
        1 => Purpose::Client,
        _ => Purpose::Both,
    };
    let request = Request { key, purpose, ..Request::server(names, validity) };
    let places = output::Places::check(arguments, &folder)?;
    let (signed, key) = sign(arguments, context, csr.as_ref(), &request)?;
    for note in &signed.notes {
        context.ui.note(&format!("note: {note}"));
    }
    let output = output::write(arguments, context, places, &signed, key.as_ref())?;
    output.show(arguments, context, &signed)?;
    Ok(Exit::Done)
}

/// The certificate, and its key unless that is elsewhere.
fn sign(
    arguments: &Generate,
    context: &Context,
    csr: Option<&SigningRequest>,
    request: &Request,
) -> Result<(Signed, Option<SigningKey>), CliError> {
    if arguments.self_signed {
        let issued = self_signed(request).map_err(ca_error)?;
        return Ok((issued.signed, Some(issued.key)));
    }
    let authority = authority(arguments, context)?;
    if let Some(csr) = csr {
        return Ok((authority.sign(csr, request).map_err(ca_error)?, None));
    }
    let issued = match arguments.bad {
        Some(fault) => authority.issue_with(fault, request, context.now),
        None => authority.issue(request),
    };
    let issued = issued.map_err(ca_error)?;
    Ok((issued.signed, Some(issued.key)))
}

fn signing_request(path: &Path) -> Result<SigningRequest, CliError> {
    let octets = crate::fs::read(path, assemble::MAX_FILE).map_err(|error| assemble::path_error(&error))?;
    SigningRequest::read(&octets).map_err(|error| {
        let mut failure = ca_error(error);
        failure.message = format!("{}: {}", path.display(), failure.message);
        failure
    })
}

/// The names given, else those of the certificate request.
fn names(
    arguments: &Generate,
    csr: Option<&SigningRequest>,
    context: &Context,
) -> Result<Vec<LeafName>, CliError> {
    if let Some(csr) = csr.filter(|_| arguments.names.is_empty()) {
        return Ok(csr.names().to_vec());
    }
    let mut names = Vec::with_capacity(arguments.names.len());
    for text in &arguments.names {
        let name = LeafName::parse(text).map_err(|error| CliError::usage(error.to_string()))?;
        for note in &name.notes {
            context.ui.note(&format!("note: {text}: {note}"));
        }
        names.push(name);
    }
    Ok(names)
}

/// The authority of the folder, made if there is none.
fn authority(arguments: &Generate, context: &Context) -> Result<Authority, CliError> {
    let folder = match &arguments.ca_dir {
        Some(folder) => folder.clone(),
        None => assemble::data_folder()?.join("ca"),
    };
    match Authority::load(&folder) {
        Ok(authority) => {
            if !arguments.permit.is_empty() {
                context.ui.warn(&format!(
                    "--permit has no effect: the authority in {} was made before and keeps its limits",
                    folder.display()
                ));
            }
            Ok(authority)
        }
        Err(CaError::NoAuthority { .. }) => make_authority(arguments, context, &folder),
        Err(error) => Err(ca_error(error)),
    }
}

fn make_authority(arguments: &Generate, context: &Context, folder: &Path) -> Result<Authority, CliError> {
    let new = NewAuthority {
        name: format!("trustmend {}", assemble::user_and_host()),
        key: KeyKind::P256,
        limits: limits_with(&arguments.permit).map_err(ca_error)?,
        days: AUTHORITY_DAYS,
    };
    let authority = Authority::sealed(&new, context.now).map_err(ca_error)?;
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

/// Life of a new authority: longer than the leaves' 397 days, short enough that a forgotten one ends.
const AUTHORITY_DAYS: u32 = 825;

/// The folder for the PEM files when none is named: after the first name, without what file systems dislike.
fn default_folder(names: &[LeafName]) -> PathBuf {
    let name = names.first().map(|name| name.name.to_string()).unwrap_or_default();
    let name = name.split_once(':').map(|(_, name)| name.to_owned()).unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    PathBuf::from(name.chars().map(plain).collect::<String>().trim_start_matches('.'))
}

pub(super) fn ca_error(error: CaError) -> CliError {
    let hint = match &error {
        CaError::OutsideLimits { .. } => Some(
            "an authority for more names: trustmend generate NAME --permit DOMAIN --ca-dir NEW-FOLDER"
                .to_owned(),
        ),
        CaError::AuthorityExpired { .. } => {
            Some("move its folder away; the next `trustmend generate` makes a new one".to_owned())
        }
        CaError::Path(error) => Some(error.hint().to_owned()),
        _ => None,
    };
    let (exit, code) = match &error {
        CaError::OutsideLimits { .. } | CaError::AuthorityExpired { .. } => {
            (Exit::Refused, "authority-limits")
        }
        CaError::Path(_) => (Exit::Write, "write"),
        CaError::Damaged { .. } | CaError::NoAuthority { .. } => (Exit::Store, "authority-unreadable"),
        CaError::Generation { .. } => (Exit::Bug, "generation"),
        _ => (Exit::Usage, "usage"),
    };
    let failure = CliError::from_source(exit, code, &error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

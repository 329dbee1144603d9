//! `trustmend generate NAME...`.

mod authority;
mod keystore;
mod output;
mod renew;
mod server_config;
mod trust;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::{Context, assemble};
use crate::ca::{
    Authority, CaError, CommonName, Fault, KeyKind, LeafName, Purpose, Request, Signed, SigningKey,
    SigningRequest, Typed, Validity, self_signed,
};
use authority::{AuthorityFlags, first_failure};
use renew::Status;
use server_config::ServerConfig;

/// Make a development certificate for names and addresses, signed by a local authority.
///
/// The authority is made on first use and kept for this user. Its root is what clients have to trust (ca.pem); the root's
/// key is forgotten at once, and what is kept can only sign for localhost, .test, .local, .internal, .home.arpa, private
/// addresses, and what --permit named when it was made. Never give the authority's folder to anyone.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  trustmend generate localhost 127.0.0.1 ::1
  trustmend generate scim.corp.test 10.0.0.5 --keystore scim.p12 --alias scim --server-config tomcat
  trustmend generate localhost --trust /opt/agent/jre/lib/security/cacerts --trust os: --trust nss:
  trustmend generate scim.corp.test --if-needed --renew-before 30
  trustmend generate --list
  trustmend generate --untrust")]
pub(crate) struct Generate {
    /// DNS names (also wildcards and international ones), IP addresses, e-mail addresses, URIs.
    #[arg(
        required_unless_present_any = ["csr", "renew", "rotate", "list", "untrust", "remove_ca"],
        value_name = "NAME"
    )]
    names: Vec<String>,
    /// The kind of key: p256, p384, p521, ed25519, rsa2048, rsa3072, rsa4096.
    #[arg(long, value_name = "KIND", default_value = "p256")]
    key: String,
    /// How long the certificate is valid. 397 days are accepted everywhere.
    #[arg(long, value_name = "DAYS", default_value_t = 397)]
    days: u32,
    /// A certificate that only vouches for itself, without an authority.
    #[arg(long, conflicts_with_all = ["ca", "ca_dir", "permit", "bad", "send_root"])]
    self_signed: bool,
    /// For a client instead of a server; give it twice for both.
    #[arg(long, action = clap::ArgAction::Count)]
    client: u8,
    /// Leave the common name out of the subject: no client reads it any more.
    #[arg(long, conflicts_with = "self_signed")]
    no_common_name: bool,
    /// Make another certificate like the one in PATH (a folder made here, or its certificate): same names, kind of key
    /// and use, in the same place.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["names", "key", "csr", "bad", "client", "if_needed"])]
    renew: Option<PathBuf>,
    /// Do nothing if a certificate that does is there already; else make one. What was not made here is never replaced.
    #[arg(long, conflicts_with = "bad")]
    if_needed: bool,
    /// How long before its end a certificate does not do any more.
    #[arg(long, value_name = "DAYS", default_value_t = 30, requires = "if_needed")]
    renew_before: u32,
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
    /// The keystore's format [default: by the file's ending, else pkcs12]. Java 8 before its update 301 reads jks alone.
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
    /// Ask for the keystore's password, for a new keystore twice.
    #[arg(long, conflicts_with_all = ["keystore_password_file", "keystore_password_env"])]
    ask_keystore_password: bool,
    /// Import the authority's root (or the self-signed certificate) into STORE too, which is made if it is not there; os:
    /// is the platform's, by its own tool, nss: the databases of Firefox and Chromium, nss:FOLDER one of them.
    #[arg(long, value_name = "STORE")]
    trust: Vec<String>,
    #[command(flatten)]
    store_password: super::super::args::StorePassword,
    #[command(flatten)]
    authority: AuthorityFlags,
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
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "self_signed", "keystore", "into_keystore", "bad", "server_config"])]
    csr: Option<PathBuf>,
    /// Replace files that are already there, but no keystore with entries from elsewhere.
    #[arg(long)]
    force: bool,
}

/// What file systems take for a name, less what is appended to it.
const MAX_FOLDER: usize = 200;

fn faults() -> impl TypedValueParser<Value = Fault> {
    let values = Fault::ALL.map(|fault| PossibleValue::new(fault.name()).help(fault.about()));
    PossibleValuesParser::new(values).try_map(|text| text.parse())
}

/// A password for a keystore that nobody asks for would be read for nothing, and missed later.
fn no_keystore_for_a_password(arguments: &Generate) -> Result<(), CliError> {
    let has_keystore =
        [&arguments.keystore, &arguments.into_keystore, &arguments.renew].iter().any(|file| file.is_some());
    let given = [
        ("--keystore-password-file", arguments.keystore_password_file.is_some()),
        ("--keystore-password-env", arguments.keystore_password_env.is_some()),
        ("--ask-keystore-password", arguments.ask_keystore_password),
    ];
    match given.iter().find(|(_, is_given)| *is_given && !has_keystore) {
        Some((flag, _)) => {
            let message = format!("{flag} is for a keystore, and none is asked for");
            Err(CliError::usage(message).hint("name one with --keystore FILE or --into-keystore FILE"))
        }
        None => Ok(()),
    }
}

pub(crate) fn run(arguments: &Generate, context: &Context) -> Result<Exit, CliError> {
    no_keystore_for_a_password(arguments)?;
    let makes_leaf = !arguments.names.is_empty() || arguments.csr.is_some() || arguments.renew.is_some();
    if let Some(exit) = arguments.authority.manage(arguments.access(), makes_leaf, context)? {
        return Ok(exit);
    }
    let mut arguments = arguments.clone();
    let csr = arguments.csr.as_deref().map(signing_request).transpose()?;
    let request = request(&mut arguments, csr.as_ref(), context)?;
    request.check().map_err(ca_error)?;
    let folder = arguments.out.clone().unwrap_or_else(|| default_folder(&request.names));
    let chosen = if arguments.self_signed { None } else { Some(arguments.authority.choose(context)?) };
    let authority = chosen.as_ref().map(|chosen| &chosen.authority);
    let status = renew::judge(&arguments, &request, authority, &folder, context)?;
    arguments.force |= matches!(status, Status::Renewed(_) | Status::Replaced(_));
    let access = arguments.access();
    let record = chosen.as_ref().and_then(|chosen| chosen.folder.as_deref());
    let (certificate, root, trust, output) = if let Status::Unchanged(there) = &status {
        let root = authority.map_or_else(|| (**there).clone(), |authority| authority.root().clone());
        let trust = trust::Trust::check(&arguments.trust, access, context, &root)?;
        ((**there).clone(), root, trust, output::there(&arguments, &folder))
    } else {
        let places = output::Places::check(&arguments, &folder, context)?;
        let (signed, key) = sign(&arguments, context, authority, csr.as_ref(), &request)?;
        for note in &signed.notes {
            context.ui.note(&format!("note: {note}"));
        }
        let root = signed.anchor().clone();
        let trust = trust::Trust::check(&arguments.trust, access, context, &root)?;
        let output = output::write(&arguments, context, places, &signed, key.as_ref())?;
        (signed.certificate, root, trust, output)
    };
    let trusted = trust.apply(access, context, &root, record);
    let exit = first_failure(&trusted);
    output.show(&arguments, context, &certificate, &status, trusted)?;
    Ok(exit)
}

impl Generate {
    fn access(&self) -> trust::Access<'_> {
        trust::Access { password: &self.store_password, logging: &self.logging }
    }
}

/// What is asked for; for `--renew` what the certificate there was, and its place.
fn request(
    arguments: &mut Generate,
    csr: Option<&SigningRequest>,
    context: &Context,
) -> Result<Request, CliError> {
    let validity = Validity::days(context.now, arguments.days).map_err(ca_error)?;
    if let Some(path) = &arguments.renew {
        let old = renew::certificate(path)?;
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        arguments.out = arguments.out.take().or_else(|| folder.map(Path::to_owned));
        arguments.self_signed |= old.is_self_issued();
        return Request::like(&old, validity).map_err(ca_error);
    }
    let names = names(arguments, csr, context)?;
    let key: KeyKind = arguments.key.parse().map_err(ca_error)?;
    let purpose = match arguments.client {
        0 => Purpose::Server,
        1 => Purpose::Client,
        _ => Purpose::Both,
    };
    let common_name = if arguments.no_common_name { CommonName::Absent } else { CommonName::First };
    Ok(Request { key, purpose, common_name, ..Request::server(names, validity) })
}

/// The certificate, and its key unless that is elsewhere.
fn sign(
    arguments: &Generate,
    context: &Context,
    authority: Option<&Authority>,
    csr: Option<&SigningRequest>,
    request: &Request,
) -> Result<(Signed, Option<SigningKey>), CliError> {
    let Some(authority) = authority else {
        let issued = self_signed(request).map_err(ca_error)?;
        return Ok((issued.signed, Some(issued.key)));
    };
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
            context.ui.note(&format!("note: {}: {note}", Typed(text)));
        }
        names.push(name);
    }
    Ok(names)
}

/// The folder for the PEM files when none is named: after the first name, without what file systems dislike.
fn default_folder(names: &[LeafName]) -> PathBuf {
    let name = names.first().map(|name| name.name.to_string()).unwrap_or_default();
    let name = name.split_once(':').map(|(_, name)| name.to_owned()).unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    PathBuf::from(name.chars().take(MAX_FOLDER).map(plain).collect::<String>().trim_start_matches('.'))
}

pub(super) fn ca_error(error: CaError) -> CliError {
    let hint = match &error {
        CaError::OutsideLimits { .. } => Some(
            "an authority for more names: trustmend generate NAME --permit DOMAIN --ca-dir NEW-FOLDER"
                .to_owned(),
        ),
        CaError::AuthorityExpired { .. } => {
            Some("`trustmend generate --rotate` puts a new one in its place".to_owned())
        }
        CaError::Damaged { .. } => {
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

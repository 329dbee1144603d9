//! The command line as clap reads it. Doc comments are the help and the manual.

use clap::{Args, ColorChoice, Parser, Subcommand};

use super::commands;
use super::exit;
use super::journal::Logging;
use super::monitor::Form;

/// Makes a TLS client trust the right certificates, and tells why it does not.
#[derive(Debug, Parser)]
#[command(name = "trustmend", version, propagate_version = true, max_term_width = 100)]
#[command(disable_help_subcommand = true, arg_required_else_help = true, after_help = exit::TABLE)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Print one JSON document, also on failure.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours. NO_COLOR is honoured.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Say nothing but the result, warnings and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// How long a connection may take in all, in seconds [default: 10; for check 60, as long as Okta's agent waits].
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Inspect(commands::inspect::Inspect),
    Diagnose(commands::diagnose::Diagnose),
    Import(commands::import::Import),
    List(commands::list::List),
    Audit(commands::audit::Audit),
    Diff(commands::diff::Diff),
    Export(commands::export::Export),
    Remove(commands::remove::Remove),
    Rename(commands::rename::Rename),
    Repair(commands::repair::Repair),
    Password(commands::password::ChangePassword),
    Restore(commands::restore::Restore),
    Convert(commands::convert::Convert),
    Sync(commands::sync::Sync),
    Plan(commands::plan::Plan),
    Generate(commands::generate::Generate),
    Check(commands::check::Check),
    Agents(commands::agents::Agents),
    Demo(commands::demo::Demo),
    Explain(commands::explain::Explain),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
}

impl Command {
    /// Whether the command's own flags ask for a JSON document.
    pub(crate) fn asks_for_json(&self) -> bool {
        match self {
            Self::Audit(audit) => audit.monitoring.format == Form::Json,
            Self::Diagnose(diagnose) => diagnose.monitoring.format == Form::Json,
            _ => false,
        }
    }

    /// The command's name as typed, which names its JSON document too.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Inspect(_) => "inspect",
            Self::Diagnose(_) => "diagnose",
            Self::Import(_) => "import",
            Self::List(_) => "list",
            Self::Audit(_) => "audit",
            Self::Diff(_) => "diff",
            Self::Export(_) => "export",
            Self::Remove(_) => "remove",
            Self::Rename(_) => "rename",
            Self::Repair(_) => "repair",
            Self::Password(_) => "password",
            Self::Restore(_) => "restore",
            Self::Convert(_) => "convert",
            Self::Sync(_) => "sync",
            Self::Plan(_) => "plan",
            Self::Generate(_) => "generate",
            Self::Check(_) => "check",
            Self::Agents(_) => "agents",
            Self::Demo(_) => "demo",
            Self::Explain(_) => "explain",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

/// Flags of commands that read a store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StorePassword {
    /// Read the store's password from the first line of FILE.
    #[arg(long, value_name = "FILE", conflicts_with = "store_password_env")]
    pub(crate) store_password_file: Option<std::path::PathBuf>,
    /// Read the store's password from the environment variable VAR.
    #[arg(long, value_name = "VAR")]
    pub(crate) store_password_env: Option<String>,
}

impl StorePassword {
    /// The flags of a second store, else these.
    pub(crate) fn or_else(&self, file: &Option<std::path::PathBuf>, env: &Option<String>) -> Self {
        let given = if file.is_some() || env.is_some() {
            (file, env)
        } else {
            (&self.store_password_file, &self.store_password_env)
        };
        Self { store_password_file: given.0.clone(), store_password_env: given.1.clone() }
    }
}

/// Which entries of a store a reading command is about.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which entries")]
pub(crate) struct Selection {
    /// The entry of this alias. May be given several times.
    #[arg(long, value_name = "ALIAS")]
    pub(crate) alias: Vec<String>,
    /// Every entry of the certificate with this SHA-256 fingerprint. May be given several times.
    #[arg(long, value_name = "SHA256")]
    pub(crate) fingerprint: Vec<String>,
}

/// Flags of commands that write a store.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct Writing {
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before writing a store that is shared with other programs.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Keep the old store in this folder instead of beside the new one.
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_backup")]
    pub(crate) backup_dir: Option<std::path::PathBuf>,
    /// Write the file where it stands instead of putting a whole new one in its place: for a folder that cannot be written. A
    /// crash can leave it cut short, and programs that read it meanwhile see a part.
    #[arg(long, requires = "backup_dir")]
    pub(crate) in_place: bool,
    /// Keep no copy of the old store.
    #[arg(long)]
    pub(crate) no_backup: bool,
    /// Exit with 10 instead of 0 when the store changed.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) logging: Logging,
}

/// How a new store is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protection {
    /// By the store's password, as keytool of JDK 17 does.
    Password,
    /// Not at all, as the JDK's own cacerts from 18: read with any password and with none.
    None,
}

/// Flags of commands that may make a store.
#[derive(Debug, Args)]
pub(crate) struct NewStore {
    /// How a new PKCS12 store is protected. A JVM that is told no trustStorePassword sees nothing in one with a password.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Protection::Password)]
    pub(crate) protection: Protection,
}

/// Flags of commands that connect.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Network {
    /// Ask for, and expect, this name instead of the one in the URL.
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Option<String>,
    /// Connect to ADDR where HOST:PORT is meant, as curl does. May be given several times.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub(crate) resolve: Vec<String>,
    /// Go through this HTTP proxy, http://user:password@host:port or http://host:port; none goes directly [default: HTTPS_PROXY or ALL_PROXY,
    /// except for what NO_PROXY names].
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Present the certificate in FILE, with its intermediates behind it, to a server that asks for one. A PKCS12, JKS or JCEKS
    /// keystore with one private key will do.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<std::path::PathBuf>,
    /// Its private key, not encrypted [default: in the certificate's file].
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<std::path::PathBuf>,
    /// Read the password of the client's keystore from the first line of FILE [default: changeit].
    #[arg(long, value_name = "FILE", requires = "client_cert", conflicts_with = "client_password_env")]
    pub(crate) client_password_file: Option<std::path::PathBuf>,
    /// Read the password of the client's keystore from the environment variable VAR.
    #[arg(long, value_name = "VAR", requires = "client_cert")]
    pub(crate) client_password_env: Option<String>,
}

//! The command line as clap reads it. Doc comments are the help and the manual.

use std::ffi::OsString;

use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::error::CliError;
use super::exit::{self, Exit};
use super::journal::Logging;
use super::monitor::Form;
use super::{Context, commands};

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
    /// How long a connection may take in all, in seconds [default: 10; for check 60, as long as Okta's agent waits]. A store
    /// that another program is writing is waited for 30 seconds, whatever is said here.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
}

/// What a STORE that is read may be.
pub(crate) const READ_STORE: &str = "A file (JKS, JCEKS, PKCS12, PEM), java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME, os:, mozilla:";

/// What a STORE that is written may be.
pub(crate) const WRITTEN_STORE: &str =
    "A file (JKS, JCEKS, PKCS12, PEM), java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME";

/// The same of one that holds passwords.
pub(crate) const WRITTEN_KEYSTORE: &str =
    "A file (JKS, JCEKS, PKCS12), java: or java:/path/to/jre, agent:NAME, pid:N, service:NAME";

/// The commands, each once: the variant, its room under [`commands`], its arguments and its name as typed.
macro_rules! commands {
    ($($variant:ident = $room:ident::$arguments:ident, $name:literal;)*) => {
        /// What to do.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($variant(commands::$room::$arguments),)*
        }

        impl Command {
            /// The command's name as typed, which names its JSON document too.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            pub(crate) fn run(&self, context: &Context) -> Result<Exit, CliError> {
                match self {
                    $(Self::$variant(arguments) => commands::$room::run(arguments, context),)*
                }
            }

            /// The definition of the command of this name alone: that of all of them takes longer than most of what they do.
            fn definition(name: &str) -> Option<clap::Command> {
                match name {
                    $($name => Some(commands::$room::$arguments::augment_args(clap::Command::new($name))),)*
                    _ => None,
                }
            }
        }
    };
}

commands! {
    Inspect = inspect::Inspect, "inspect";
    Diagnose = diagnose::Diagnose, "diagnose";
    Import = import::Import, "import";
    List = list::List, "list";
    Audit = audit::Audit, "audit";
    Diff = diff::Diff, "diff";
    Export = export::Export, "export";
    Remove = remove::Remove, "remove";
    Rename = rename::Rename, "rename";
    Repair = repair::Repair, "repair";
    Password = password::ChangePassword, "password";
    Restore = restore::Restore, "restore";
    Convert = convert::Convert, "convert";
    Sync = sync::Sync, "sync";
    Plan = plan::Plan, "plan";
    Generate = generate::Generate, "generate";
    Check = check::Check, "check";
    Agents = agents::Agents, "agents";
    Demo = demo::Demo, "demo";
    Explain = explain::Explain, "explain";
    Completions = completions::Completions, "completions";
    Man = man::Man, "man";
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
}

impl Cli {
    /// Reads the arguments, the first of which is the program's name.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let alone = arguments.get(1).and_then(|name| name.to_str()).and_then(Command::definition);
        if let Some(command) = alone {
            let definition = Global::augment_args(clap::Command::new("trustmend")).subcommand(command);
            // Help and refusals speak of the other commands too, so that they are left to the whole definition.
            if let Ok(matches) = definition.try_get_matches_from(arguments) {
                return Self::from_arg_matches(&matches);
            }
        }
        Self::from_arg_matches(&Self::command().try_get_matches_from(arguments)?)
    }
}

/// Flags of commands that read a store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StorePassword {
    /// Read the store's password from the first line of FILE [default: changeit is tried, then a terminal is asked].
    #[arg(long, value_name = "FILE", conflicts_with = "store_password_env")]
    pub(crate) store_password_file: Option<std::path::PathBuf>,
    /// Read the store's password from the environment variable VAR.
    #[arg(long, value_name = "VAR")]
    pub(crate) store_password_env: Option<String>,
    /// Whether there is none; see [`NoStorePassword`].
    #[arg(skip)]
    pub(crate) none: bool,
}

/// A flag of commands that look at a store as its client does.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct NoStorePassword {
    /// Open the store without a password, as a JVM does that is given no javax.net.ssl.trustStorePassword: it sees nothing in
    /// an encrypted PKCS12, and everything in a JKS.
    #[arg(long, conflicts_with_all = ["store_password_file", "store_password_env"])]
    pub(crate) no_store_password: bool,
}

impl NoStorePassword {
    /// The flags of the password, and this one.
    pub(crate) fn with(self, password: &StorePassword) -> StorePassword {
        StorePassword { none: self.no_store_password, ..password.clone() }
    }
}

/// A flag again, if it was given.
pub(crate) fn again(flag: &str, value: Option<impl Into<OsString>>) -> Vec<String> {
    let value = value.map(|value| value.into().to_string_lossy().into_owned());
    value.into_iter().flat_map(|value| [flag.to_owned(), value]).collect()
}

impl Network {
    /// The flags again, without `--resolve`, which belongs to one address of several.
    pub(crate) fn repeated(&self) -> Vec<String> {
        let names = [("--server-name", &self.server_name), ("--proxy", &self.proxy)];
        let files = [
            ("--client-cert", &self.client_cert),
            ("--client-key", &self.client_key),
            ("--client-password-file", &self.client_password_file),
        ];
        let mut words: Vec<String> =
            names.into_iter().flat_map(|(flag, name)| again(flag, name.as_ref())).collect();
        words.extend(files.into_iter().flat_map(|(flag, file)| again(flag, file.as_ref())));
        words.extend(again("--client-password-env", self.client_password_env.as_ref()));
        words
    }
}

impl StorePassword {
    /// The flags again.
    pub(crate) fn repeated(&self) -> Vec<String> {
        let mut words = again("--store-password-file", self.store_password_file.as_ref());
        words.extend(again("--store-password-env", self.store_password_env.as_ref()));
        words
    }

    /// The flags of a second store, else these.
    pub(crate) fn or_else(&self, file: &Option<std::path::PathBuf>, env: &Option<String>) -> Self {
        let given = if file.is_some() || env.is_some() {
            (file, env)
        } else {
            (&self.store_password_file, &self.store_password_env)
        };
        Self { store_password_file: given.0.clone(), store_password_env: given.1.clone(), none: false }
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
    /// Keep the old store in this folder instead of beside the new one; `restore` looks for it there.
    #[arg(long, value_name = "FOLDER", group = "old_store")]
    pub(crate) backup_dir: Option<std::path::PathBuf>,
    /// Write the file where it stands instead of putting a whole new one in its place: for a folder that cannot be written. A
    /// crash can leave it cut short, and programs that read it meanwhile see a part. Needs --backup-dir or --no-backup.
    #[arg(long, requires = "old_store")]
    pub(crate) in_place: bool,
    /// Keep no copy of the old store.
    #[arg(long, group = "old_store")]
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
    /// Go through this HTTP proxy, http://host:port; none goes directly [default: HTTPS_PROXY or ALL_PROXY, except for what
    /// NO_PROXY names]. One that wants a password belongs into HTTPS_PROXY, http://user:password@host:port: everybody on this
    /// machine can read a command line.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The names and flags that a definition takes.
    fn words(command: &clap::Command) -> Vec<String> {
        command.get_arguments().map(|argument| argument.get_id().to_string()).collect()
    }

    #[test]
    fn a_command_alone_is_the_one_among_all() {
        for command in Cli::command().get_subcommands() {
            let alone = Command::definition(command.get_name()).unwrap();
            assert_eq!(words(&alone), words(command), "{}", command.get_name());
        }
        assert!(Command::definition("help").is_none());
    }
}

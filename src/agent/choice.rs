//! Which trust store a JVM reads, and why (sun/security/ssl/TrustStoreManager.java).

use std::path::{Path, PathBuf};

use super::command_line::{CommandLine, Origin};
use super::tree::Tree;
use crate::path::java::{Options, Version};

/// Why a store is the one that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// `-Djavax.net.ssl.trustStore` names it.
    Option(Origin),
    /// The option names a file that is not there; the JVM takes `cacerts` without a word.
    OptionNamesNothing {
        /// What it names.
        named: PathBuf,
        /// Where the option is.
        origin: Origin,
    },
    /// `jssecacerts` is in the runtime.
    Jssecacerts,
    /// It is the runtime's `cacerts`.
    Cacerts,
    /// The product keeps a store of its own there.
    Product,
    /// The product's configuration names it.
    Configuration {
        /// The key.
        key: String,
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// The store a JVM reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its path, as the JVM has it.
    pub path: PathBuf,
    /// Where that is for this program.
    pub on_disk: PathBuf,
    /// Why this one.
    pub why: Why,
    /// Whether there is such a file.
    pub exists: bool,
    /// Where it really is, if links lead out of the runtime's or the product's folder: others read it too.
    pub shared: Option<PathBuf>,
    /// A `cacerts` that is passed over.
    pub shadowed: Option<PathBuf>,
    /// The type that the options name.
    pub store_type: Option<String>,
    /// Whether the options hold its password.
    pub has_password: bool,
}

/// The runtime a JVM is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Its folder, as the JVM has it.
    pub home: PathBuf,
    /// Its version, if its file `release` tells.
    pub version: Option<Version>,
}

impl Runtime {
    /// The runtime in a folder, which may be a JDK 8 with its runtime in `jre`; `None` if there is none.
    pub fn at(tree: &Tree, home: &Path) -> Option<Self> {
        let inner = home.join("jre");
        let inner = tree.is_dir(&inner.join("lib/security")).then_some(inner);
        let home = inner.unwrap_or_else(|| home.to_owned());
        tree.is_dir(&home.join("lib/security")).then(|| Self { version: version(tree, &home), home })
    }

    /// The release, the usual one if it is not known.
    pub fn feature(&self) -> u32 {
        self.version.map_or(17, |version| version.feature)
    }
}

fn version(tree: &Tree, home: &Path) -> Option<Version> {
    let near = tree.text(&home.join("release"));
    let release = near.or_else(|_| tree.text(&home.parent().unwrap_or(home).join("release"))).ok()?;
    let line = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    Version::parse(line.trim().trim_matches('"'))
}

/// The store that a JVM of this runtime reads when it is started so in `folder`. `None` if it is told to read no file
/// (`-Djavax.net.ssl.trustStore=NONE`, as for a platform's store). What lies below `own` is nobody else's.
pub(super) fn choose(
    tree: &Tree,
    runtime: &Runtime,
    line: &CommandLine,
    folder: &Path,
    own: &Path,
) -> Option<Choice> {
    let options = line.options();
    let security = runtime.home.join("lib/security");
    let [local, shipped] = ["jssecacerts", "cacerts"].map(|name| security.join(name));
    let setting = line.setting("javax.net.ssl.trustStore");
    let (path, why) = match (options.trust_store(), setting) {
        (Some("NONE"), _) => return None,
        (Some(named), Some(word)) => {
            let named = folder.join(named);
            match tree.is_file(&named) {
                true => (named, Why::Option(word.origin.clone())),
                // Not jssecacerts: the option takes its place in the list.
                false => (shipped, Why::OptionNamesNothing { named, origin: word.origin.clone() }),
            }
        }
        _ if tree.is_file(&local) => (local, Why::Jssecacerts),
        _ => (shipped, Why::Cacerts),
    };
    Some(Choice::new(tree, path, why, own).with(&options))
}

impl Choice {
    /// The store at `path`; `folder` is the product's or runtime's own.
    pub fn new(tree: &Tree, path: PathBuf, why: Why, folder: &Path) -> Self {
        let (real, own) = (tree.real(&path), tree.real(folder));
        let near = tree.real(path.parent().unwrap_or(&path)).join(path.file_name().unwrap_or_default());
        let leaves = !real.starts_with(own) && (near != real || path.starts_with(folder));
        let exists = tree.is_file(&path);
        let cacerts = path.with_file_name("cacerts");
        let shadowed = (why == Why::Jssecacerts && tree.is_file(&cacerts)).then_some(cacerts);
        Self {
            on_disk: tree.on_disk(&path),
            shared: (exists && leaves).then_some(real),
            exists,
            shadowed,
            store_type: None,
            has_password: false,
            path,
            why,
        }
    }

    fn with(mut self, options: &Options) -> Self {
        self.store_type = options.trust_store_type().map(str::to_owned);
        self.has_password = options.trust_store_password().is_some();
        self
    }
}

impl Why {
    /// For scripts; permanent.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Option(_) => "option",
            Self::OptionNamesNothing { .. } => "option-names-nothing",
            Self::Jssecacerts => "jssecacerts",
            Self::Cacerts => "cacerts",
            Self::Product => "product",
            Self::Configuration { .. } => "configuration",
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Option(origin) => write!(f, "-Djavax.net.ssl.trustStore in {origin} names it"),
            Self::OptionNamesNothing { named, origin } => write!(
                f,
                "-Djavax.net.ssl.trustStore in {origin} names {}, which is not there: the runtime's cacerts is read instead",
                named.display()
            ),
            Self::Jssecacerts => {
                f.write_str("the runtime has a jssecacerts, which is read instead of cacerts")
            }
            Self::Cacerts => f.write_str("it is the runtime's cacerts, and no option names another"),
            Self::Product => f.write_str("the product keeps its own"),
            Self::Configuration { key, file, line } => {
                write!(f, "{key} in {}, line {line}, names it", file.display())
            }
        }
    }
}

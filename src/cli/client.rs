//! The Java that judges: its version, its `java.security`, its lists; from the runtime at hand or built in.

use std::path::Path;

use super::Context;
use super::assemble::{ClientStore, MAX_FILE};
use super::error::CliError;
use crate::digest::Fingerprint;
use crate::fs;
use crate::net::Protocol;
use crate::path::java::{Options, Settings, Version, blocked_certificates};
use crate::store;

/// The release judged for when nothing tells: the one most agents ship.
const ASSUMED: u32 = 17;

const PROTOCOLS: [Protocol; 5] =
    [Protocol::Tls13, Protocol::Tls12, Protocol::Tls11, Protocol::Tls10, Protocol::Ssl3];

/// A Java client.
#[derive(Debug)]
pub(crate) struct JavaClient {
    /// Its rules.
    pub(crate) settings: Settings,
    /// Its `blocked.certs`.
    pub(crate) blocked: Vec<Fingerprint>,
    /// The CAs it ships with, to which stricter rules apply; `None` where there is no runtime to look into.
    pub(crate) jdk_authorities: Option<Vec<Fingerprint>>,
    /// The TLS versions its options name, if they do.
    pub(crate) protocols: Option<Vec<Protocol>>,
    /// Whether it tells servers which name it wants.
    pub(crate) sends_server_name: bool,
    /// Where that comes from, when the user did not say.
    pub(crate) assumed: Option<String>,
}

impl JavaClient {
    /// The client that reads this store, started with the options of the JVM that was named for it.
    pub(crate) fn of(
        version: Option<&str>,
        store: &ClientStore,
        context: &Context,
    ) -> Result<Self, CliError> {
        let java = Self::find(version, store.java_home.as_deref(), context)?;
        java.started_with(&store.options, context)
    }

    /// The version asked for; else the runtime's that the store belongs to; else the newest update of the usual release.
    fn find(version: Option<&str>, java_home: Option<&Path>, context: &Context) -> Result<Self, CliError> {
        let asked = version.map(|text| {
            Version::parse(text).ok_or_else(|| {
                CliError::usage(format!("{text:?} is not a Java version")).hint(
                    "write 8, 11, 17, 21 or 25 for the newest update known, or exactly: 17.0.9, 1.8.0_202",
                )
            })
        });
        let installed = java_home.and_then(|home| Some((home, installed(home)?)));
        let asked = asked.transpose()?;
        if let Some(version) = asked.filter(|version| version.feature > Version::newest_feature()) {
            let message = format!("the rules of Java {} are not known", version.feature);
            return Err(CliError::usage(message).hint(format!(
                "known are 8 to {}; a newer runtime that is on this disk is judged by its own files: --store java:/path/to/it",
                Version::newest_feature()
            )));
        }
        if let Some(version) = asked.filter(|version| Version::newest(version.feature) < *version) {
            context.ui.note(&format!(
                "note: Java {version} is newer than any this program knows; judged by the newest rules"
            ));
        }
        match (asked, installed) {
            (Some(version), _) => {
                let jdk_authorities = java_home.map(shipped);
                Ok(Self { jdk_authorities, ..Self::built_in(version, None) })
            }
            (None, Some((home, version))) => Ok(Self::of_runtime(home, version)),
            (None, None) => {
                let why = "assumed; --java-version names another".to_owned();
                Ok(Self::built_in(Version::newest(ASSUMED), Some(why)))
            }
        }
    }

    fn built_in(version: Version, assumed: Option<String>) -> Self {
        let settings = Settings::of(&version);
        Self {
            settings,
            blocked: Vec::new(),
            jdk_authorities: None,
            protocols: None,
            sends_server_name: true,
            assumed,
        }
    }

    fn of_runtime(home: &Path, version: Version) -> Self {
        let folders = ["conf/security", "lib/security", "jre/lib/security"];
        let mut found = folders.iter().filter_map(|folder| text(&home.join(folder).join("java.security")));
        let settings = match found.next() {
            Some(security) => Settings::with_java_security(&version, &security),
            None => Settings::of(&version),
        };
        // Called otherwise before JDK 16.
        let list = if version.feature < 16 { "blacklisted.certs" } else { "blocked.certs" };
        let mut places =
            ["lib/security", "jre/lib/security"].iter().map(|folder| home.join(folder).join(list));
        let blocked = places.find_map(|place| text(&place)).unwrap_or_default();
        Self {
            settings,
            blocked: blocked_certificates(&blocked),
            jdk_authorities: Some(shipped(home)),
            protocols: None,
            sends_server_name: true,
            assumed: Some(format!("the runtime in {}", home.display())),
        }
    }

    /// The same started with options.
    pub(crate) fn started_with(mut self, options: &Options, context: &Context) -> Result<Self, CliError> {
        if let Some(file) = options.security_file() {
            match text(Path::new(&file.path)) {
                Some(security) if file.replaces => {
                    self.settings = Settings::with_java_security(&self.settings.version, &security);
                }
                Some(security) => self.settings = self.settings.with_more_security(&security),
                None => context.ui.note(&format!(
                    "note: {} cannot be read; a JVM goes on without it, and so does this verdict",
                    file.path
                )),
            }
        }
        let protocol = |name: &str| {
            let mut known = PROTOCOLS.iter().copied().filter(|protocol| protocol.java_name() == name);
            known.next().ok_or_else(|| {
                CliError::usage(format!("{name:?} is not a TLS version that Java knows"))
                    .hint("write as in -Dhttps.protocols=TLSv1.2,TLSv1.3")
            })
        };
        if let Some(names) = options.protocols() {
            if names.contains(&"SSLv2Hello") {
                return Err(CliError::usage("with SSLv2Hello, Java sends a hello in the form of SSL 2, which this program does not send")
                    .hint("leave SSLv2Hello out of the option for a verdict on the rest of it; no server needs it any more"));
            }
            self.protocols = Some(names.into_iter().map(protocol).collect::<Result<_, _>>()?);
        }
        self.settings = options.applied(self.settings);
        if self.settings.named_groups.is_some() && self.settings.groups().is_empty() {
            return Err(CliError::usage(
                "-Djdk.tls.namedGroups names no group that this Java has: it makes no connection at all",
            )
            .hint("Java says ExceptionInInitializerError; name groups such as x25519,secp256r1"));
        }
        self.sends_server_name = options.sends_server_name();
        Ok(self)
    }

    /// `Java 17.0.21`.
    pub(crate) fn label(&self) -> String {
        format!("Java {}", self.settings.version)
    }

    /// `java-17`.
    pub(crate) fn short(&self) -> String {
        format!("java-{}", self.settings.version.feature)
    }
}

/// The version in a runtime's file `release`.
fn installed(home: &Path) -> Option<Version> {
    let release = text(&home.join("release")).or_else(|| text(&home.parent()?.join("release")))?;
    let line = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    Version::parse(line.trim().trim_matches('"'))
}

/// The CAs in a runtime's own `cacerts` that its vendor marked as shipped.
fn shipped(home: &Path) -> Vec<Fingerprint> {
    let Ok(octets) = fs::read(&home.join("lib/security/cacerts"), MAX_FILE) else { return Vec::new() };
    // Without a password: the JDK reads it so too, and integrity is no matter here.
    let Ok(store) = store::decode(&octets, None) else { return Vec::new() };
    let marked = store.anchors().filter(|(alias, _)| alias.marks_jdk_root());
    marked.map(|(_, certificate)| certificate.sha256()).collect()
}

fn text(path: &Path) -> Option<String> {
    let octets = fs::read(path, MAX_FILE).ok()?;
    Some(String::from_utf8_lossy(&octets).into_owned())
}

//! What the rules look at: plain data, gathered by others.

use std::fmt;

use time::OffsetDateTime;

use crate::cert::Certificate;
use crate::digest::Fingerprint;
use crate::path::java::{Judgement, Verdict};
use crate::path::{Anchor, Arrangement, Fault, FaultKind, PeerName, Recommendation, Rules};

/// Everything known about one server and one client.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// By whose rules it was judged.
    pub client: Rules,
    /// The server; `None` for a chain from a file.
    pub target: Option<Target>,
    /// The host name or address that the client compares with the certificate.
    pub name: Option<PeerName>,
    /// What the server presented, in its order.
    pub presented: Vec<Certificate>,
    /// Who issued whom among them.
    pub arrangement: Arrangement,
    /// What the client decides; `None` when no chain was had.
    pub judgement: Option<Judgement>,
    /// Every fault, also those the client hides behind the first.
    pub faults: Vec<Fault>,
    /// What to import, if that helps.
    pub recommendation: Recommendation,
    /// The client's trust store.
    pub store: StoreFacts,
    /// What other addresses of the same server showed, if they were asked.
    pub members: Vec<Member>,
    /// What the same server shows on another route, if it was asked there too.
    pub other_route: Option<OtherRoute>,
    /// The server's clock and ours, if it was asked.
    pub clocks: Option<Clocks>,
    /// Why there is no chain, or no connection behind it.
    pub failure: Option<Failure>,
    /// Certificates that the server did not send and that were found elsewhere, and where.
    pub found: Vec<(Certificate, Place)>,
    /// The time of the judgement.
    pub now: OffsetDateTime,
}

/// A server that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As a command takes it: `https://host:port`.
    pub source: String,
    /// Host and port for people.
    pub authority: String,
    /// The flags that a remedy's command needs to reach the same server: `--resolve` and the like, as they were given.
    pub flags: Vec<String>,
    /// Those that a command needs besides to judge as it was judged.
    pub judging: Vec<String>,
}

/// Where a certificate was found that the server did not send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file or folder that was given.
    Given(String),
    /// In the client's store, where nothing is trusted for it: in the chain of this entry's key, say.
    Store(String),
    /// Among the platform's roots.
    Platform,
    /// Among Mozilla's roots.
    Mozilla,
    /// At the address that the certificate below it names.
    Download(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(file) => write!(f, "in {file}"),
            Self::Store(alias) => write!(f, "in the store, under {alias}"),
            Self::Platform => f.write_str("among the platform's roots"),
            Self::Mozilla => f.write_str("among Mozilla's roots"),
            Self::Download(url) => write!(f, "at {url}"),
        }
    }
}

/// The client's trust store, as far as the rules care.
#[derive(Debug, Clone, Default)]
pub struct StoreFacts {
    /// As a command takes it.
    pub place: String,
    /// What Java trusts in it.
    pub anchors: Vec<Anchor>,
    /// How many entries it has, trusted or not.
    pub entries: usize,
    /// Whether it can be written (not the platform's roots, not the built-in ones).
    pub is_writable: bool,
    /// Why it could not be read, if so; then there are no anchors.
    pub unreadable: Option<String>,
    /// What kind of trouble that is.
    pub unreadable_kind: Unreadable,
    /// Whether there is no such file that can be read; the anchors are then those of the store that Java silently uses
    /// instead.
    pub is_missing: bool,
    /// That store, if it is known which.
    pub instead: Option<String>,
    /// Whether Java sees nothing in it unless it is given the password.
    pub needs_password: bool,
    /// The store that is read instead of it, if there is one; the anchors are then that one's.
    pub shadowed_by: Option<String>,
    /// The `cacerts` that is not read because this one is.
    pub shadows: Option<String>,
    /// What it makes clients trust that read it where Java reads another.
    pub own_anchors: Option<Vec<Anchor>>,
    /// Certificates in it that Java does not trust.
    pub unseen: Vec<Unseen>,
    /// The aliases of its private keys.
    pub keys: Vec<String>,
}

/// A certificate that is in a store, and that Java does not trust all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The alias it stands under.
    pub alias: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Why, in a clause.
    pub why: &'static str,
    /// Whether `repair` makes Java see it.
    pub can_be_repaired: bool,
}

/// One address of a server that has several: a member of a load balancer, or another data centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Address and port.
    pub address: String,
    /// What it presents; `Err` says why that is not known.
    pub chain: Result<Vec<Fingerprint>, String>,
    /// Whether this is the one the rest of the evidence is about.
    pub is_this: bool,
}

/// A second way to the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRoute {
    /// The proxy that the evidence was gathered through; the other route goes without it.
    pub proxy: String,
    /// The certificate the server answers with there.
    pub leaf: Certificate,
}

/// Two clocks, read at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// The server's.
    pub server: OffsetDateTime,
    /// This machine's.
    pub ours: OffsetDateTime,
}

/// Why Java cannot use a store, as far as it is mended differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unreadable {
    /// It is a PEM file, which no trust store of Java is.
    Pem,
    /// It is JCEKS, which a JVM reads only if told so.
    Jceks,
    /// The type that the JVM is told is not its own; without that it would be read.
    Type,
    /// The password does not open it.
    Password,
    /// It is damaged, or of a kind unknown.
    #[default]
    Other,
}

/// What went wrong between here and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The finding's code.
    pub code: &'static str,
    /// What happened.
    pub message: String,
}

impl StoreFacts {
    /// Whether Java fails on the store itself, before it looks at any certificate.
    pub fn stops_java(&self) -> bool {
        self.unreadable.is_some() && !self.is_missing
    }
}

impl Evidence {
    /// Where a certificate that the server did not send was found.
    pub fn where_found(&self, certificate: &Certificate) -> Option<&Place> {
        self.found.iter().find(|(found, _)| found == certificate).map(|(_, place)| place)
    }

    /// The certificate with this fingerprint, wherever it was met: presented, in the store, or found elsewhere.
    pub fn certificate(&self, fingerprint: Fingerprint) -> Option<&Certificate> {
        let found = self.faults.iter().filter_map(|fault| match &fault.kind {
            FaultKind::IntermediateMissing { found, .. } => found.as_ref(),
            FaultKind::RootUntrusted { root, .. } => root.as_ref(),
            _ => None,
        });
        let anchors = self.store.anchors.iter().map(|anchor| &anchor.certificate);
        let mut all = self.presented.iter().chain(found).chain(anchors);
        all.find(|certificate| certificate.sha256() == fingerprint)
    }

    /// Whether it is a JVM's store that is looked at.
    pub(super) fn is_java(&self) -> bool {
        self.client == Rules::Java
    }

    /// Whether the client accepts the server.
    pub fn is_trusted(&self) -> bool {
        self.failure.is_none()
            && self.judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Trusted)
    }
}

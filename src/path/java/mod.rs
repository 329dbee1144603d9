//! What a JVM decides about a chain, and what it prints: SunJSSE's default trust manager (X509TrustManagerImpl over
//! PKIXValidator), with endpoint identification when a name is given.
//!
//! Two procedures give different words for one fault. Where the chain, in the order sent, leads to a name the store
//! knows, the *validator* checks exactly that chain and says what is wrong. Everywhere else the *builder* searches,
//! and whatever it stumbles over, the words are "unable to find valid certification path to requested target".

mod algorithms;
mod builder;
mod canonical;
mod checks;
mod constraints;
mod distrust;
mod end_entity;
mod every;
mod host;
mod literal;
mod locations;
mod name_constraints;
mod name_distances;
mod options;
mod policy;
mod properties;
mod readable;
mod rejection;
mod schemes;
mod settings;
mod signature;
mod version;

use time::OffsetDateTime;

pub use constraints::AlgorithmFault;
pub use options::{Options, SecurityFile};
pub use properties::blocked_certificates;
pub use rejection::{Predicted, Reason, Rejection};
pub use schemes::{Session, SignatureSchemes};
pub use settings::Settings;
pub use signature::SignatureFault;
pub use version::Version;

pub use canonical::same;
pub(super) use every::{check_anchor, check_leaf, check_name, check_validity, hops};

use super::effort::Effort;
use super::{Anchor, PeerName};
use crate::cert::{Certificate, java_refuses};
use crate::digest::Fingerprint;
use builder::Builder;
use checks::{Depth, State, Stop};
use host::Wildcards;
use rejection::Stage;

/// What the leaf's key is used for in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyExchange {
    /// It signs: TLS 1.3, DHE and ECDHE.
    #[default]
    Signature,
    /// It takes the client's secret: RSA key transport.
    KeyEncipherment,
}

/// Everything a verdict depends on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The certificates as presented, leaf first.
    pub chain: &'a [Certificate],
    /// What the store makes the client trust.
    pub anchors: &'a [Anchor],
    /// The name to check the leaf against; `None` when the application does not ask for it.
    pub name: Option<&'a PeerName>,
    /// When.
    pub now: OffsetDateTime,
    /// By whose rules.
    pub settings: &'a Settings,
    /// What the leaf's key is used for.
    pub key_exchange: KeyExchange,
    /// The version agreed, which has its own alert for MD5 and SHA-1.
    pub session: Session,
    /// How certificates may be signed; `None` for any way, as up to TLS 1.1.
    pub schemes: Option<SignatureSchemes>,
    /// The runtime's `lib/security/blocked.certs`.
    pub blocked: &'a [Fingerprint],
    /// The JDK's own authorities: entries of the runtime's `cacerts` whose alias holds ` [jdk`, whichever store is read
    /// (AnchorCertificates). `None` where no runtime is at hand: then the store is taken for its `cacerts`.
    pub jdk_authorities: Option<&'a [Fingerprint]>,
    /// What is at the addresses that certificates name for their issuers, as far as it is known.
    pub fetched: &'a [Fetched],
}

/// An address, and the certificates it answers with.
pub type Fetched = (String, Vec<Certificate>);

impl<'a> Question<'a> {
    /// With the usual handshake and neither a name nor lists of certificates.
    pub fn new(
        chain: &'a [Certificate],
        anchors: &'a [Anchor],
        now: OffsetDateTime,
        settings: &'a Settings,
    ) -> Self {
        Self {
            chain,
            anchors,
            name: None,
            now,
            settings,
            key_exchange: KeyExchange::Signature,
            session: Session::default(),
            schemes: settings.allowed_on_certificates(&[Session::Tls12, Session::Tls13], Session::Tls13),
            blocked: &[],
            jdk_authorities: None,
            fetched: &[],
        }
    }

    pub(in crate::path) fn is_anchor(&self, certificate: &Certificate) -> bool {
        self.anchors.iter().any(|anchor| anchor.certificate == *certificate)
    }

    fn is_blocked(&self, certificate: &Certificate) -> bool {
        !self.blocked.is_empty() && self.blocked.contains(&certificate.sha256())
    }

    fn is_jdk_ca(&self, anchor: &Certificate) -> bool {
        if let Some(authorities) = self.jdk_authorities {
            return authorities.contains(&anchor.sha256());
        }
        self.anchors.iter().any(|known| {
            known.certificate == *anchor && known.alias.as_ref().is_some_and(|alias| alias.contains(" [jdk"))
        })
    }
}

/// Yes, no, or neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The client goes on.
    Trusted,
    /// It does not.
    Refused,
    /// This program cannot tell.
    Undecided {
        /// Why not: a signature it cannot check, or too much to look at.
        why: String,
    },
}

/// Which of Java's procedures decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Branch {
    /// None: the handshake ended before.
    Handshake,
    /// The leaf itself is in the store, byte for byte; nothing but the name is checked.
    Pinned,
    /// The chain as sent, checked below an anchor.
    Validator,
    /// A search over what was sent and the store.
    Builder,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the client goes on.
    pub verdict: Verdict,
    /// Which procedure decided.
    pub branch: Branch,
    /// The path that holds, leaf to anchor; there also when only the leaf's use or name was refused.
    pub path: Option<Vec<Certificate>>,
    /// The anchor of that path.
    pub anchor: Option<Certificate>,
    /// Why not, if refused.
    pub rejection: Option<Rejection>,
    /// What Java prints, if refused.
    pub predicted: Option<Predicted>,
    /// Addresses that Java would fetch issuers from and that the question does not tell of: then it is undecided.
    pub wanted: Vec<String>,
}

impl Judgement {
    /// A no before anything was presented.
    pub fn refused() -> Self {
        let (verdict, branch) = (Verdict::Refused, Branch::Builder);
        Self {
            verdict,
            branch,
            path: None,
            anchor: None,
            rejection: None,
            predicted: None,
            wanted: Vec::new(),
        }
    }
}

/// A path and its anchor.
struct Found {
    path: Vec<Certificate>,
    anchor: Certificate,
}

/// Decides as the JVM would.
pub fn judge(question: &Question<'_>) -> Judgement {
    let mut judgement = Judgement {
        verdict: Verdict::Trusted,
        branch: Branch::Handshake,
        path: None,
        anchor: None,
        rejection: None,
        predicted: None,
        wanted: Vec::new(),
    };
    if let Err((stage, stop)) = decide(question, &mut judgement) {
        match stop {
            Stop::Unsupported(why) | Stop::GaveUp(why) => judgement.verdict = Verdict::Undecided { why },
            Stop::Wanted(addresses) => {
                let why =
                    format!("Java would fetch an issuer from {}, which was not done", addresses.join(", "));
                (judgement.verdict, judgement.wanted) = (Verdict::Undecided { why }, addresses);
            }
            Stop::Refused(rejection) => {
                let prefix = question.settings.alert_prefix;
                judgement.verdict = Verdict::Refused;
                judgement.predicted =
                    Some(rejection.reason.predict(stage, prefix, question.session == Session::Tls13));
                judgement.rejection = Some(*rejection);
            }
        }
    }
    judgement
}

fn decide(question: &Question<'_>, judgement: &mut Judgement) -> Result<(), (Stage, Stop)> {
    let handshake = |reason| (Stage::Handshake, Stop::refused(reason, None));
    let Some(leaf) = question.chain.first() else { return Err(handshake(Reason::ChainEmpty)) };
    let maximum = question.settings.maximum_chain;
    if question.chain.len() > maximum {
        return Err(handshake(Reason::ChainTooLong { maximum }));
    }
    let feature = question.settings.version.feature;
    let unreadable = |certificate| Some((java_refuses(certificate, feature)?, certificate));
    if let Some((exceptions, certificate)) = question.chain.iter().find_map(unreadable) {
        return Err((Stage::Handshake, Stop::refused(Reason::Unreadable { exceptions }, Some(certificate))));
    }
    if question.anchors.is_empty() {
        return Err(handshake(Reason::StoreEmpty));
    }
    if question.is_anchor(leaf) {
        judgement.branch = Branch::Pinned;
        judgement.path = Some(vec![leaf.clone()]);
        judgement.anchor = Some(leaf.clone());
    } else {
        let found = find(question, leaf, judgement)?;
        let path = judgement.path.insert(found.path);
        judgement.anchor = Some(found.anchor);
        let refused = |reason| Stop::refused(reason, Some(leaf));
        let checked = readable::purposes(leaf, question.settings)
            .and_then(|()| end_entity::check_leaf(leaf, question.key_exchange))
            .and_then(|()| distrust::check(path, question.settings));
        checked.map_err(|reason| (Stage::EndEntity, refused(reason)))?;
    }
    let Some(name) = question.name else { return Ok(()) };
    let wildcards = Wildcards {
        any_label: question.settings.wildcard_any_label,
        public_ca: judgement.anchor.as_ref().is_some_and(|anchor| question.is_jdk_ca(anchor)),
    };
    let refused = |reason| Stop::refused(reason, Some(leaf));
    let name = host::as_asked(name, question.settings).map_err(|reason| (Stage::Name, refused(reason)))?;
    readable::names(leaf, question.settings)
        .and_then(|()| host::check(leaf, name, wildcards, feature))
        .map_err(|reason| (Stage::Name, refused(reason)))
}

/// A path through one procedure or the other, with an anchor that may be one.
fn find(
    question: &Question<'_>,
    leaf: &Certificate,
    judgement: &mut Judgement,
) -> Result<Found, (Stage, Stop)> {
    let mut effort = Effort::new();
    let (stage, found) = if let Some(length) = validated_length(question) {
        judgement.branch = Branch::Validator;
        let chain = question.chain.get(..length).unwrap_or(question.chain);
        (Stage::Validator, validate(question, chain, &mut effort))
    } else {
        judgement.branch = Branch::Builder;
        let refused = || Stop::refused(Reason::NoPath, None);
        let built = Builder::new(question).build(leaf, &mut effort);
        (Stage::Builder, built.and_then(|found| found.ok_or_else(refused)))
    };
    let found = found.map_err(|stop| (stage, stop))?;
    end_entity::check_anchor(&found.anchor, question.settings)
        .map_err(|reason| (stage, Stop::refused(reason, Some(&found.anchor))))?;
    Ok(found)
}

/// How much of the chain the validator takes; `None` when the builder has to search (PKIXValidator.engineValidate).
fn validated_length(question: &Question<'_>) -> Option<usize> {
    let anchors = || question.anchors.iter().map(|anchor| &anchor.certificate);
    let mut issuer = question.chain.first()?.issuer();
    for (index, certificate) in question.chain.iter().enumerate().skip(1) {
        let subject = certificate.subject();
        if !same(subject, issuer) {
            return None;
        }
        let key = &certificate.public_key().spki;
        let known = |anchor: &Certificate| {
            anchor == certificate || anchor.public_key().spki == *key && same(anchor.subject(), subject)
        };
        if anchors().any(known) {
            return Some(index);
        }
        issuer = certificate.issuer();
    }
    anchors().any(|anchor| same(anchor.subject(), issuer)).then_some(question.chain.len())
}

/// `PKIXCertPathValidator`: below every anchor with the issuer's name and key identifier, until one holds. Java walks
/// them in no fixed order and reports the last; this reports the last in the store's order.
fn validate(question: &Question<'_>, chain: &[Certificate], effort: &mut Effort) -> Result<Found, Stop> {
    let Some(top) = chain.last() else { return Err(Stop::GaveUp("no certificate".to_owned())) };
    let mut last = Stop::refused(Reason::NoAnchorFits, Some(top));
    let mut unsupported = None;
    for anchor in question.anchors {
        let anchor = &anchor.certificate;
        if !fits(top, anchor) {
            continue;
        }
        match below(question, chain, anchor, effort) {
            Ok(()) => {
                let path = chain.iter().chain([anchor]).cloned().collect();
                return Ok(Found { path, anchor: anchor.clone() });
            }
            Err(stop @ Stop::GaveUp(_)) => return Err(stop),
            Err(Stop::Unsupported(why)) => unsupported = Some(why),
            Err(stop) => last = stop,
        }
    }
    Err(unsupported.map_or(last, Stop::Unsupported))
}

/// Whether an anchor is worth trying: name, and key identifier and serial number where both sides have them
/// (AdaptableX509CertSelector).
fn fits(top: &Certificate, anchor: &Certificate) -> bool {
    let id = top.authority_key_id();
    let key_id = id.and_then(|id| id.key_id.as_deref());
    let key_fits = match (key_id, anchor.subject_key_id()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    };
    let serial = id.and_then(|id| id.serial.as_deref()).filter(|_| anchor.version() > 2);
    let serial_fits = serial.is_none_or(|wanted| number(wanted) == number(anchor.serial()));
    key_fits && serial_fits && same(anchor.subject(), top.issuer())
}

/// A serial number without the zeros in front.
fn number(octets: &[u8]) -> &[u8] {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    octets.get(first..).unwrap_or_default()
}

/// Checks `chain` (leaf first) below `anchor`, from the top down.
fn below(
    question: &Question<'_>,
    chain: &[Certificate],
    anchor: &Certificate,
    effort: &mut Effort,
) -> Result<(), Stop> {
    if question.is_blocked(anchor) {
        let reason = Reason::Blocked { subject: anchor.subject().java(question.settings.version.feature) };
        return Err(Stop::refused(reason, Some(anchor)));
    }
    let mut state = State::new(question, anchor, chain.len(), Depth::Whole);
    chain.iter().rev().try_for_each(|certificate| state.accept(certificate, effort))
}

//! Leaves: what is asked for, and the certificate that says it.

use time::{Duration, OffsetDateTime};

use super::key::Hash;
use super::template::{Template, distinguished_name};
use super::{CaError, IssueNote, Issued, KeyKind, LeafName, Signed, SigningKey, extension};
use crate::cert::{Certificate, GeneralName, KeyAlgorithm, PublicKey, purpose};
use crate::der::Oid;

/// Names in one certificate; more do not fit the handshake message that Java takes.
pub const MAX_NAMES: usize = 1000;

/// A century, as some do for what they ship.
const MAX_DAYS: u32 = 36_525;

/// What Apple's platforms accept from any authority (support.apple.com/HT210176).
const APPLE_DAYS: i64 = 825;

/// Clocks of virtual machines run behind; what begins now is not valid there yet.
pub(super) const BACKDATE: Duration = Duration::HOUR;

/// The longest Certificate message that JSSE takes (jdk.tls.maxHandshakeMessageSize), less what stands around each
/// certificate.
const MAX_CHAIN: usize = 32_768 - 256;

/// ub-common-name (RFC 5280 appendix A.1).
const MAX_COMMON_NAME: usize = 64;

/// First and last instant of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First instant.
    pub not_before: OffsetDateTime,
    /// Last instant.
    pub not_after: OffsetDateTime,
}

impl Validity {
    /// `days` from now, and an hour before now for clocks that run behind.
    ///
    /// # Errors
    /// [`CaError::Days`] for no day or more than a century.
    pub fn days(now: OffsetDateTime, days: u32) -> Result<Self, CaError> {
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let not_before = now.checked_sub(BACKDATE);
        let not_after = now.checked_add(Duration::days(i64::from(days)));
        match (not_before, not_after) {
            (Some(not_before), Some(not_after)) if (1..=MAX_DAYS).contains(&days) => {
                Ok(Self { not_before, not_after })
            }
            _ => Err(CaError::Days { days, limit: MAX_DAYS }),
        }
    }
}

/// What a leaf may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// A server's certificate.
    #[default]
    Server,
    /// A client's.
    Client,
    /// Either.
    Both,
}

impl Purpose {
    fn oids(self) -> &'static [Oid] {
        match self {
            Self::Server => &[purpose::SERVER_AUTH],
            Self::Client => &[purpose::CLIENT_AUTH],
            Self::Both => &[purpose::SERVER_AUTH, purpose::CLIENT_AUTH],
        }
    }
}

/// What the subject's common name is. No client reads it for a host name any more; people and some consoles do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CommonName {
    /// The first name, if it is not longer than a common name may be.
    #[default]
    First,
    /// None: the subject is empty.
    Absent,
    /// This text.
    Text(String),
}

/// What a leaf is asked to be.
#[derive(Debug, Clone)]
pub struct Request {
    /// The names it is for.
    pub names: Vec<LeafName>,
    /// The kind of its key.
    pub key: KeyKind,
    /// Its life.
    pub validity: Validity,
    /// Its use.
    pub purpose: Purpose,
    /// Its subject.
    pub common_name: CommonName,
}

impl Request {
    /// A server's certificate with a P-256 key.
    pub fn server(names: Vec<LeafName>, validity: Validity) -> Self {
        Self {
            names,
            key: KeyKind::default(),
            validity,
            purpose: Purpose::default(),
            common_name: CommonName::default(),
        }
    }

    /// Whether there are names, and not too many: what can be said before an authority is made for them.
    ///
    /// # Errors
    /// [`CaError::NoNames`], [`CaError::TooManyNames`].
    pub fn check(&self) -> Result<(), CaError> {
        self.general_names().map(drop)
    }

    /// The names, each once.
    pub(super) fn general_names(&self) -> Result<Vec<GeneralName>, CaError> {
        let mut names: Vec<GeneralName> = Vec::with_capacity(self.names.len().min(MAX_NAMES));
        for LeafName { name, .. } in self.names.iter().take(MAX_NAMES + 1) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        match self.names.len() {
            0 => Err(CaError::NoNames),
            count if count > MAX_NAMES => Err(CaError::TooManyNames { count, limit: MAX_NAMES }),
            _ => Ok(names),
        }
    }

    /// The notes that are about the request itself.
    pub(super) fn notes(&self) -> Vec<IssueNote> {
        let days = (self.validity.not_after - self.validity.not_before).whole_days();
        let long = (days > APPLE_DAYS).then_some(IssueNote::LongLife { days });
        self.key.caution().map(IssueNote::Key).into_iter().chain(long).collect()
    }

    fn subject(&self, names: &[GeneralName]) -> Option<String> {
        let text = match (&self.common_name, names.first()?) {
            (CommonName::Absent, _) => return None,
            (CommonName::Text(text), _) => text.clone(),
            (CommonName::First, GeneralName::Dns(name)) => name.clone(),
            (CommonName::First, GeneralName::Ip(address)) => address.to_string(),
            (CommonName::First, GeneralName::Email(address)) => address.clone(),
            (CommonName::First, _) => return None,
        };
        Some(text).filter(|text| !text.is_empty() && text.chars().count() <= MAX_COMMON_NAME)
    }

    /// The certificate for this key, up to the signature.
    pub(super) fn template(
        &self,
        spki: &[u8],
        issuer: Issuer<'_>,
        validity: Validity,
    ) -> Result<Template, CaError> {
        let names = self.general_names()?;
        let common_name = self.subject(&names);
        let subject = distinguished_name(None, common_name.as_deref());
        let own_id = key_id(spki);
        // RSA keys can also encrypt (RFC 5480 section 3, RFC 8410 section 5: the others cannot).
        let is_rsa = PublicKey::from_spki(spki).is_ok_and(|key| key.algorithm == KeyAlgorithm::Rsa);
        let usage: &[u8] = match is_rsa {
            true => &[extension::DIGITAL_SIGNATURE, extension::KEY_ENCIPHERMENT],
            false => &[extension::DIGITAL_SIGNATURE],
        };
        let (issuer, issuer_id) = match issuer {
            Issuer::Itself => (subject.clone(), own_id.clone()),
            Issuer::Authority(name, id) => (name.to_vec(), id.to_vec()),
        };
        let extensions = vec![
            extension::no_authority(),
            extension::key_usage(usage),
            extension::extended_key_usage(self.purpose.oids()),
            extension::subject_key_id(&own_id),
            extension::authority_key_id(&issuer_id),
            extension::subject_alt_name(&names, common_name.is_none()),
        ];
        Ok(Template { issuer, subject, validity, spki: spki.to_vec(), extensions })
    }
}

/// Who signs.
pub(super) enum Issuer<'a> {
    /// The leaf's own key.
    Itself,
    /// An authority with this name (encoded) and key identifier.
    Authority(&'a [u8], &'a [u8]),
}

/// A leaf that its own key signs. It is no CA: Java takes such a certificate as its own trust anchor.
///
/// # Errors
/// [`CaError`] if the names are none or too many, or no key can be made. The subject of a self-signed certificate
/// cannot be empty (RFC 5280 section 4.1.2.4), so [`CommonName::Absent`] and names too long for it are refused.
pub fn self_signed(request: &Request) -> Result<Issued, CaError> {
    if request.subject(&request.general_names()?).is_none() {
        return Err(CaError::SubjectEmpty);
    }
    let key = SigningKey::generate(request.key)?;
    let template = request.template(key.spki(), Issuer::Itself, request.validity)?;
    let certificate = template.signed_with(&key, Hash::Strong)?;
    refuse_too_long(&certificate, &[])?;
    let (chain, withheld) = (Vec::new(), Vec::new());
    let signed = Signed { certificate, chain, withheld, root: None, notes: request.notes() };
    Ok(Issued { signed, key })
}

/// The identifier of a key, by its SubjectPublicKeyInfo.
pub(super) fn key_id(spki: &[u8]) -> Vec<u8> {
    let octets = PublicKey::from_spki(spki).map(|key| key.octets);
    extension::key_id(octets.as_deref().unwrap_or_default())
}

/// Refuses what Java would not take in a handshake.
pub(super) fn refuse_too_long(leaf: &Certificate, chain: &[Certificate]) -> Result<(), CaError> {
    let octets = leaf.der().len() + chain.iter().map(|certificate| certificate.der().len()).sum::<usize>();
    if octets > MAX_CHAIN {
        return Err(CaError::TooLong { octets, limit: MAX_CHAIN });
    }
    Ok(())
}

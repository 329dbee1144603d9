//! Whether a certificate that is there still does, and a request for another like it.

use std::fmt;

use time::{Duration, OffsetDateTime};

use super::{Authority, CaError, CommonName, KeyKind, LeafName, Purpose, Request, Validity};
use crate::cert::{Certificate, GeneralName, KeyAlgorithm, PublicKey, purpose};
use crate::der::Oid;

/// Why a certificate does not do any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renewal {
    /// It ends too soon, or has ended.
    Ends(OffsetDateTime),
    /// It lacks this name.
    NameMissing(String),
    /// Its key is of another kind.
    OtherKey,
    /// It is for another use.
    OtherPurpose,
    /// Another authority signed it.
    OtherIssuer,
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(end) => write!(f, "it ends on {}", end.date()),
            Self::NameMissing(name) => write!(f, "it is not for {name}"),
            Self::OtherKey => f.write_str("its key is of another kind"),
            Self::OtherPurpose => f.write_str("it is for another use"),
            Self::OtherIssuer => f.write_str("another authority signed it"),
        }
    }
}

impl Request {
    /// A request for a certificate with the names, kind of key, use and subject of this one.
    ///
    /// # Errors
    /// [`CaError::KeyKind`] if a key of its kind cannot be made here.
    pub fn like(certificate: &Certificate, validity: Validity) -> Result<Self, CaError> {
        let key = kind(certificate.public_key())
            .ok_or_else(|| CaError::KeyKind { text: certificate.public_key().to_string() })?;
        let names = certificate.subject_alt_names().unwrap_or_default();
        let names = names.iter().filter(|name| {
            use GeneralName::{Dns, Email, Ip, Uri};
            matches!(name, Dns(_) | Ip(_) | Email(_) | Uri(_))
        });
        let common_name = match certificate.subject().common_name() {
            Some(text) => CommonName::Text(text.to_owned()),
            None => CommonName::Absent,
        };
        let names = names.cloned().map(LeafName::plain).collect();
        Ok(Self { names, key, validity, purpose: purpose_of(certificate), common_name })
    }

    /// Why `certificate` would not do in place of what this asks for; `None` if it would, and for `before` longer.
    /// Names that it has besides do no harm. `authority` is who should have signed it; `None` stands for itself.
    pub fn renewal(
        &self,
        certificate: &Certificate,
        authority: Option<&Authority>,
        now: OffsetDateTime,
        before: Duration,
    ) -> Option<Renewal> {
        let there = certificate.subject_alt_names().unwrap_or_default();
        let missing = self.names.iter().find(|name| !there.contains(&name.name));
        let issuer = authority.map_or(certificate, Authority::issuer);
        let is_from = names(certificate, issuer);
        if !certificate.is_valid_at(now) || !certificate.is_valid_at(now.saturating_add(before)) {
            return Some(Renewal::Ends(certificate.not_after()));
        }
        match missing {
            Some(missing) => Some(Renewal::NameMissing(missing.name.to_string())),
            None if kind(certificate.public_key()) != Some(self.key) => Some(Renewal::OtherKey),
            None if purpose_of(certificate) != self.purpose => Some(Renewal::OtherPurpose),
            None if !is_from => Some(Renewal::OtherIssuer),
            None => None,
        }
    }
}

/// The kind of a key, if it is one that can be made here.
fn kind(key: &PublicKey) -> Option<KeyKind> {
    match (key.algorithm, key.bits) {
        (KeyAlgorithm::Ec(_), 256) => Some(KeyKind::P256).filter(|_| is_curve(key, "P-256")),
        (KeyAlgorithm::Ec(_), 384) => Some(KeyKind::P384).filter(|_| is_curve(key, "P-384")),
        (KeyAlgorithm::Ec(_), 521) => Some(KeyKind::P521),
        (KeyAlgorithm::Ed25519, _) => Some(KeyKind::Ed25519),
        (KeyAlgorithm::Rsa, 2048) => Some(KeyKind::Rsa2048),
        (KeyAlgorithm::Rsa, 3072) => Some(KeyKind::Rsa3072),
        (KeyAlgorithm::Rsa, 4096) => Some(KeyKind::Rsa4096),
        _ => None,
    }
}

/// Other curves have as many bits (secp256k1, the brainpool ones).
fn is_curve(key: &PublicKey, name: &str) -> bool {
    matches!(&key.algorithm, KeyAlgorithm::Ec(Some(curve)) if crate::cert::curve_name(curve) == name)
}

fn purpose_of(certificate: &Certificate) -> Purpose {
    let purposes = certificate.extended_key_usage().unwrap_or_default();
    let has = |oid: &Oid| purposes.is_empty() || purposes.contains(oid);
    match (has(&purpose::SERVER_AUTH), has(&purpose::CLIENT_AUTH)) {
        (true, true) => Purpose::Both,
        (false, true) => Purpose::Client,
        _ => Purpose::Server,
    }
}

/// Whether a certificate names this issuer and its key.
fn names(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.issuer().der() == issuer.subject().der()
        && certificate.authority_key_id().and_then(|id| id.key_id.as_deref()) == issuer.subject_key_id()
}

impl Authority {
    /// Whether a certificate says that this authority signed it.
    pub fn is_issuer_of(&self, certificate: &Certificate) -> bool {
        names(certificate, self.issuer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::{NewAuthority, default_limits, self_signed};

    const NOW: OffsetDateTime = time::macros::datetime!(2026-09-21 14:30 UTC);

    fn request(names: &[&str]) -> Request {
        let names = names.iter().map(|name| LeafName::parse(name).unwrap()).collect();
        Request::server(names, Validity::days(NOW, 100).unwrap())
    }

    fn authority() -> Authority {
        let limits = default_limits();
        let new = NewAuthority { name: "test".to_owned(), key: KeyKind::P256, limits, days: 730 };
        Authority::sealed(&new, NOW).unwrap()
    }

    #[test]
    fn what_still_does_is_not_made_again() {
        let (ours, theirs) = (authority(), authority());
        let asked = request(&["a.test", "10.0.0.1"]);
        let there = ours.issue(&asked).unwrap().signed.certificate;
        let month = Duration::days(30);
        let judge = |asked: &Request, days| {
            let now = NOW + Duration::days(days);
            asked.renewal(&there, Some(&ours), now, month).map(|reason| reason.to_string())
        };
        assert_eq!(judge(&asked, 69), None);
        assert_eq!(judge(&request(&["a.test"]), 0), None);
        assert_eq!(judge(&asked, 71).as_deref(), Some("it ends on 2026-12-30"));
        assert_eq!(judge(&request(&["b.test"]), 0).as_deref(), Some("it is not for dns:b.test"));
        assert_eq!(
            judge(&Request { key: KeyKind::P384, ..asked.clone() }, 0),
            Some(Renewal::OtherKey.to_string())
        );
        let client = Request { purpose: Purpose::Client, ..asked.clone() };
        assert_eq!(judge(&client, 0), Some(Renewal::OtherPurpose.to_string()));
        assert_eq!(asked.renewal(&there, Some(&theirs), NOW, month), Some(Renewal::OtherIssuer));
        assert_eq!(asked.renewal(&there, None, NOW, month), Some(Renewal::OtherIssuer));
        let own = self_signed(&asked).unwrap().signed.certificate;
        assert_eq!(asked.renewal(&own, None, NOW, month), None);
    }

    #[test]
    fn another_like_it() {
        for kind in [KeyKind::P256, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa2048] {
            let names = request(&["a.test", "::1", "admin@a.test", "spiffe://a.test/x"]).names;
            let asked = Request { names, key: kind, purpose: Purpose::Both, ..request(&[]) };
            let there = self_signed(&asked).unwrap().signed.certificate;
            let again = Request::like(&there, asked.validity).unwrap();
            assert_eq!((&again.names, again.key, again.purpose), (&asked.names, asked.key, asked.purpose));
            assert_eq!(again.common_name, CommonName::Text("a.test".to_owned()));
        }
    }
}

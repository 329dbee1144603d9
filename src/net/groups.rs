//! The key exchange group that Java has and ring lacks: P-521.
//!
//! Offering it does more than exchange keys: up to TLS 1.2 a server shows a P-521 certificate only to clients that list
//! the curve (RFC 8422 section 5.1.1).

use p521::ecdh::EphemeralSecret;
use p521::elliptic_curve::Generate as _;
use p521::elliptic_curve::sec1::ToSec1Point as _;
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::{Error, NamedGroup, PeerMisbehaved};

/// secp521r1.
#[derive(Debug)]
pub(super) struct P521;

impl SupportedKxGroup for P521 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = EphemeralSecret::try_generate().map_err(|_| Error::FailedToGetRandomBytes)?;
        let public = secret.public_key().to_uncompressed_point().as_slice().into();
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

struct Exchange {
    secret: EphemeralSecret,
    public: Box<[u8]>,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // The point is checked to be on the curve, and TLS has uncompressed ones only (RFC 8446 section 4.2.8.2).
        let peer = Some(peer).filter(|point| point.first() == Some(&4));
        let peer = peer.and_then(|point| p521::PublicKey::from_sec1_bytes(point).ok());
        let peer = peer.ok_or(PeerMisbehaved::InvalidKeyShare)?;
        Ok(SharedSecret::from(self.secret.diffie_hellman(&peer).raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

//! The peer as the handshake shows it: what rustls asks about it is written down, then judged.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, PeerMisbehaved, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{ClientAuth, Host};
use crate::cert::Certificate;
use crate::cert::verify::{self, Outcome};

/// Who decides whether a presented chain is trusted for a host; the error is the reason, for people.
///
/// Called inside the handshake, before anything of ours but the ClientHello has been sent: as in Java, a client
/// certificate and the request come after the yes.
pub type PeerJudge = Arc<dyn Fn(&[Certificate], &Host) -> Result<(), String> + Send + Sync>;

/// What the handshake showed so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) stapled_ocsp: Vec<u8>,
    /// Names of the authorities in a certificate request, as encoded.
    pub(super) request: Option<Vec<Vec<u8>>>,
    pub(super) signature: Option<Outcome>,
    /// How the server signed the handshake.
    pub(super) scheme: Option<u16>,
    pub(super) rejected: Option<String>,
}

/// Writes down what rustls asks, and answers by the judge; without one everything is accepted.
pub(super) struct Peer {
    host: Host,
    judge: Option<PeerJudge>,
    client_auth: Option<ClientAuth>,
    algorithms: WebPkiSupportedAlgorithms,
    schemes: Vec<SignatureScheme>,
    seen: Mutex<Seen>,
}

impl Peer {
    pub(super) fn new(host: Host, judge: Option<PeerJudge>, client_auth: Option<ClientAuth>) -> Self {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        Self { host, judge, client_auth, algorithms, schemes: OFFERED.to_vec(), seen: Mutex::default() }
    }

    /// The same, with these signature schemes in the hello.
    pub(super) fn offering(self, schemes: &[u16]) -> Self {
        Self { schemes: schemes.iter().copied().map(SignatureScheme::from).collect(), ..self }
    }

    pub(super) fn seen(&self) -> Seen {
        self.with(|seen| seen.clone())
    }

    /// Whether a certificate was asked for that we do not have.
    pub(super) fn is_certificate_missing(&self) -> bool {
        self.client_auth.is_none() && self.with(|seen| seen.request.is_some())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn judged(&self, chain: &[&CertificateDer<'_>]) -> Result<(), String> {
        let Some(judge) = &self.judge else { return Ok(()) };
        let read = |(index, der): (usize, &&CertificateDer<'_>)| {
            Certificate::from_der(der).map_err(|error| format!("certificate {}: {error}", index + 1))
        };
        let chain = chain.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        judge(&chain, &self.host)
    }

    /// Notes whether the signature over the handshake holds. It proves that the peer has the leaf's key; without a
    /// judge nothing depends on it, and a server that breaks it is still looked at.
    fn signed(
        &self,
        by_webpki: Result<HandshakeSignatureValid, Error>,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let outcome = match &by_webpki {
            Ok(_) => Outcome::Valid,
            Err(_) => signature(leaf, signed.scheme, message, signed.signature()),
        };
        let valid = outcome.is_valid();
        self.with(|seen| {
            seen.signature = Some(outcome);
            seen.scheme = Some(signed.scheme.into());
        });
        match by_webpki {
            _ if valid || self.judge.is_none() => Ok(HandshakeSignatureValid::assertion()),
            by_webpki => by_webpki,
        }
    }
}

impl ServerCertVerifier for Peer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity).chain(intermediates).collect();
        self.with(|seen| {
            seen.chain = chain.iter().map(|der| der.to_vec()).collect();
            seen.stapled_ocsp = ocsp_response.to_vec();
        });
        match self.judged(&chain) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(reason) => {
                self.with(|seen| seen.rejected = Some(reason));
                // The kind that makes rustls send the alert certificate_unknown, as Java does.
                let refused = std::io::Error::other("refused by the judge");
                Err(CertificateError::Other(OtherError(Arc::new(refused))).into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let by_webpki = verify_tls12_signature(message, leaf, signed, &self.algorithms);
        self.signed(by_webpki, message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if TLS12_ONLY.contains(&signed.scheme) {
            self.with(|seen| seen.scheme = Some(signed.scheme.into()));
            // RFC 8446 section 4.2.3: these are for certificates alone.
            let refused = Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
            return if self.judge.is_some() { refused } else { Ok(HandshakeSignatureValid::assertion()) };
        }
        let by_webpki = verify_tls13_signature(message, leaf, signed, &self.algorithms);
        self.signed(by_webpki, message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl ResolvesClientCert for Peer {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.with(|seen| seen.request = Some(authorities.iter().map(|name| name.to_vec()).collect()));
        self.client_auth.as_ref().map(|client_auth| Arc::clone(&client_auth.0))
    }

    // Without saying yes here, rustls does not ask `resolve`, and the request would go unnoticed.
    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.host)
    }
}

/// Every scheme of RFC 8446 section 4.2.3 that signs with a kind of key a certificate can hold.
const OFFERED: [SignatureScheme; 16] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    // rsa_pss_pss_*: PSS by a key whose certificate allows nothing else.
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080A),
    SignatureScheme::Unknown(0x080B),
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::ECDSA_SHA1_Legacy,
];

const TLS12_ONLY: [SignatureScheme; 5] = [
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::ECDSA_SHA1_Legacy,
];

/// Checks a handshake signature that webpki does not know: RSA keys under 2048 bits, P-521, SHA-1.
fn signature(leaf: &[u8], scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> Outcome {
    match Certificate::from_der(leaf) {
        Ok(leaf) => verify::tls_signature(leaf.public_key(), scheme.into(), message, signature),
        Err(error) => Outcome::Unsupported { what: error.to_string() },
    }
}

//! OpenSSL's `TRUSTED CERTIFICATE`: a certificate, and behind it what it is trusted for (X509_CERT_AUX, x_x509a.c).

use crate::cert::purpose;
use crate::der::{DerError, Oid, Reader, tag};

/// What a certificate is trusted for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TrustSettings {
    /// Purposes it is trusted for; `None` leaves that to the certificate itself.
    pub(super) trusted: Option<Vec<Oid>>,
    /// Purposes it is not trusted for.
    pub(super) rejected: Vec<Oid>,
    /// The name given with `openssl x509 -setalias`.
    pub(super) alias: Option<String>,
}

/// The certificate's octets and the settings behind them.
pub(super) fn split(der: &[u8]) -> Result<(&[u8], TrustSettings), DerError> {
    let mut reader = Reader::new(der);
    let certificate = reader.required(tag::SEQUENCE, "a certificate")?.whole();
    let Some(settings) = reader.next()? else { return Ok((certificate, TrustSettings::default())) };
    let mut fields = settings.expect(tag::SEQUENCE, "trust settings")?.children();
    let trusted = fields.optional(tag::SEQUENCE)?.map(|list| purposes(list.children())).transpose()?;
    let rejected = fields.optional(tag::context(0))?.map(|list| purposes(list.children())).transpose()?;
    let alias =
        fields.optional(tag::UTF8_STRING)?.and_then(|alias| String::from_utf8(alias.content().to_vec()).ok());
    Ok((certificate, TrustSettings { trusted, rejected: rejected.unwrap_or_default(), alias }))
}

fn purposes(mut list: Reader<'_>) -> Result<Vec<Oid>, DerError> {
    let mut purposes = Vec::new();
    while let Some(purpose) = list.next()? {
        purposes.push(purpose.oid("a purpose")?);
    }
    Ok(purposes)
}

impl TrustSettings {
    /// Whether a TLS client trusts it (x509_trust.c, obj_trust): rejection goes before trust.
    pub(super) fn trusted_for_servers(&self) -> bool {
        let covers =
            |list: &[Oid]| list.iter().any(|oid| matches!(*oid, purpose::SERVER_AUTH | purpose::ANY));
        !covers(&self.rejected) && self.trusted.as_deref().is_none_or(covers)
    }

    /// In a sentence, if they say anything.
    pub(super) fn note(&self) -> Option<String> {
        let names = |list: &[Oid]| list.iter().map(name).collect::<Vec<_>>().join(", ");
        let trusted = self.trusted.as_deref().map(|list| format!("trusted for {}", names(list)));
        let rejected = (!self.rejected.is_empty()).then(|| format!("rejected for {}", names(&self.rejected)));
        let settings: Vec<_> = trusted.into_iter().chain(rejected).collect();
        (!settings.is_empty()).then(|| format!("OpenSSL's trust settings: {}", settings.join("; ")))
    }
}

fn name(purpose: &Oid) -> String {
    match *purpose {
        purpose::SERVER_AUTH => "serverAuth".to_owned(),
        purpose::CLIENT_AUTH => "clientAuth".to_owned(),
        purpose::ANY => "anyExtendedKeyUsage".to_owned(),
        other => other.to_string(),
    }
}

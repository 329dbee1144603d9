//! Diffie-Hellman keys that the JDK's classes do not take: com.sun.crypto.provider.DHParameters, DHPublicKey.

use super::{IO, wrapped};
use crate::cert::PublicKey;
use crate::der::{DerError, Reader, tag};

/// The exceptions, nearest first. The parameters are read as PKCS #3 has them, those of X9.42 too.
pub(super) fn dh(key: &PublicKey, feature: u32) -> Option<Vec<String>> {
    let parameters = key.parameters.as_deref().filter(|der| *der != [tag::NULL, 0]);
    let Some(parameters) = parameters else {
        // Words of 2024: JDK-8320597, backported to 17.
        let missing = if feature < 21 { "Null parameters" } else { "Parameters missing" };
        return Some(inappropriate(&format!("{IO}: {missing}")));
    };
    if let Some(message) = parameters_fault(parameters) {
        return Some(wrapped(format!("{IO}: {message}")));
    }
    let is_number = Reader::new(&key.octets).required(tag::INTEGER, "a key").is_ok();
    (!is_number).then(|| inappropriate("java.io.EOFException: not enough content"))
}

fn parameters_fault(parameters: &[u8]) -> Option<&'static str> {
    let read = || -> Result<Option<&'static str>, DerError> {
        let mut fields = Reader::new(parameters).required(tag::SEQUENCE, "parameters")?.children();
        fields.required(tag::INTEGER, "a prime")?;
        fields.required(tag::INTEGER, "a base")?;
        // The length of the exponent, an `int`.
        let length = fields.next()?;
        if length.is_some_and(|length| length.content().len() > 4) {
            return Ok(Some("Integer exceeds maximum valid value"));
        }
        Ok((!fields.rest().is_empty()).then_some("DH parameter parsing error: Extra data"))
    };
    read().unwrap_or(Some("DH parameter parsing error"))
}

fn inappropriate(cause: &str) -> Vec<String> {
    const WHAT: &str = "Inappropriate key specification";
    let mut exceptions = wrapped(format!("{IO}: subject key, {WHAT}"));
    exceptions.push(format!("java.security.InvalidKeyException: {WHAT}"));
    exceptions.push(format!("java.security.spec.InvalidKeySpecException: {WHAT}"));
    exceptions.push("java.security.InvalidKeyException: Invalid encoding".to_owned());
    exceptions.push(cause.to_owned());
    exceptions
}

//! Certificates this program reads and Java does not: sun.security.x509.X509CertInfo.

use crate::cert::Certificate;
use crate::der::{DerError, Oid, Reader, tag};

/// What Java has against the certificate's form: the exception, class and message.
pub(super) fn fault(certificate: &Certificate) -> Option<&'static str> {
    const SUBJECT_ALT_NAME: Oid = Oid::new(&[2, 5, 29, 17]);
    if certificate.issuer().is_empty() {
        return Some(
            "java.security.cert.CertificateParsingException: Empty issuer DN not allowed in X509Certificates",
        );
    }
    if inner_algorithm(certificate) != Ok(outer_algorithm(certificate)) {
        return Some("java.security.cert.CertificateException: Signature algorithm mismatch");
    }
    if !certificate.subject().is_empty() || certificate.version() < 3 {
        return None;
    }
    let extensions = certificate.extensions();
    if extensions.is_empty() {
        return Some(
            "java.security.cert.CertificateParsingException: X.509 Certificate is incomplete: subject field is empty, and certificate has no extensions",
        );
    }
    let Some(names) = extensions.iter().find(|extension| extension.oid == SUBJECT_ALT_NAME) else {
        return Some(
            "java.security.cert.CertificateParsingException: X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is absent",
        );
    };
    if certificate.subject_alt_names().is_none_or(<[_]>::is_empty) {
        return Some(
            "java.security.cert.CertificateParsingException: X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is empty",
        );
    }
    (!names.critical).then_some(
        "java.security.cert.CertificateParsingException: X.509 Certificate is incomplete: SubjectAlternativeName extension MUST be marked critical when subject \
         field is empty",
    )
}

/// An algorithm as Java compares it: NULL parameters are none (sun.security.x509.AlgorithmId).
type Algorithm<'a> = (Oid, Option<&'a [u8]>);

fn outer_algorithm(certificate: &Certificate) -> Algorithm<'_> {
    let algorithm = certificate.signature_algorithm();
    let parameters = algorithm.parameters.as_deref();
    (algorithm.oid, parameters.filter(|parameters| *parameters != [tag::NULL, 0]))
}

/// The algorithm inside the signed part, which must be the one outside (RFC 5280 section 4.1.1.2).
fn inner_algorithm(certificate: &Certificate) -> Result<Algorithm<'_>, DerError> {
    let mut fields = Reader::new(certificate.tbs()).required(tag::SEQUENCE, "the signed part")?.children();
    fields.optional(tag::context(0))?;
    fields.required(tag::INTEGER, "a serial number")?;
    let mut algorithm = fields.required(tag::SEQUENCE, "a signature algorithm")?.children();
    let oid = algorithm.required(tag::OID, "a signature algorithm")?.oid("a signature algorithm")?;
    let parameters = algorithm.next()?.map(|element| element.whole());
    Ok((oid, parameters.filter(|parameters| *parameters != [tag::NULL, 0])))
}

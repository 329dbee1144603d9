//! Why Java refuses, and the words it has for it.

use time::{Date, OffsetDateTime};

use super::constraints::AlgorithmFault;
use super::signature::SignatureFault;
use crate::digest::Fingerprint;

/// Why a chain was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The certificate at fault, where one is.
    pub certificate: Option<Fingerprint>,
}

/// The reasons Java has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The peer sent no certificate.
    ChainEmpty,
    /// A certificate whose form Java does not take.
    Unreadable {
        /// The exceptions that say why, nearest first.
        exceptions: Vec<String>,
    },
    /// An extension of the leaf that this release looks into, and whose form it does not take.
    ExtensionUnreadable {
        /// What Java says of it.
        message: String,
    },
    /// The JDK itself stumbles: an exception that is none of its own refusals.
    InternalError {
        /// The exception's class.
        class: &'static str,
        /// Its message.
        message: String,
        /// What caused it.
        cause: Option<String>,
    },
    /// It sent more than the runtime takes.
    ChainTooLong {
        /// The most it takes.
        maximum: usize,
    },
    /// The store holds nothing that can be trusted.
    StoreEmpty,
    /// The builder found no way from the leaf to an anchor; it does not say why.
    NoPath,
    /// Anchors have the issuer's name, none has the key identifier or serial number that is asked for.
    NoAnchorFits,
    /// On the runtime's list of blocked certificates.
    Blocked {
        /// Its subject.
        subject: String,
    },
    /// An algorithm, a key or their use is disabled.
    Algorithm(AlgorithmFault),
    /// A keyUsage without any usage for a key.
    KeyUsageBits,
    /// A CA whose keyUsage forbids signing certificates.
    CaKeyUsage,
    /// An issuer that is not a CA.
    NotCa,
    /// More CAs below one than it allows.
    PathLength,
    /// A name that a CA above may not certify.
    NameConstraints,
    /// A CA's name constraints say how far below a name others may be.
    NameDistance {
        /// What Java says of it.
        what: &'static str,
    },
    /// A required policy that is not there.
    Policy,
    /// Its time is over.
    Expired {
        /// Since when.
        not_after: OffsetDateTime,
    },
    /// Its time has not come.
    NotYetValid {
        /// When it will.
        not_before: OffsetDateTime,
    },
    /// No issuer name at all.
    IssuerEmpty,
    /// Not issued by the one above.
    NameChaining,
    /// The key above did not make the signature.
    Signature(SignatureFault),
    /// Critical extensions Java does not know.
    CriticalExtension {
        /// Which.
        oids: Vec<String>,
    },
    /// Revocation is asked for and the certificate names no place to ask.
    RevocationUnknown,
    /// An anchor of version 3 without CA:TRUE.
    AnchorNotCa {
        /// Its subject.
        subject: String,
    },
    /// An anchor whose keyUsage forbids signing certificates.
    AnchorKeyUsage {
        /// Its subject.
        subject: String,
    },
    /// The leaf's keyUsage does not fit the key exchange.
    LeafKeyUsage {
        /// `digital signatures` or `key encipherment`.
        missing: &'static str,
    },
    /// The leaf's extendedKeyUsage does not have serverAuth.
    LeafExtendedKeyUsage,
    /// The leaf's Netscape certificate type does not have SSL server.
    LeafNetscapeType,
    /// An authority the JDK no longer trusts.
    AuthorityDistrusted {
        /// `Entrust`, `Symantec`, ..
        authority: &'static str,
        /// Leaves issued later are refused; `None` when all are.
        issued_after: Option<Date>,
        /// The anchor's subject.
        subject: String,
    },
    /// The name asked for is not one a certificate can have.
    HostIllegal {
        /// The name.
        name: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// None of the leaf's DNS names is the one asked for.
    HostDnsMismatch {
        /// The one asked for.
        name: String,
    },
    /// The leaf has no DNS name, and its common name is another.
    HostCommonNameMismatch {
        /// The one asked for.
        name: String,
    },
    /// None of the leaf's IP addresses is the one asked for.
    HostIpMismatch {
        /// The one asked for.
        name: String,
    },
    /// An IP address is asked for and the leaf has no alternative names.
    HostNoAlternativeNames,
}

/// What Java prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Predicted {
    /// The exception that reaches the application: class, colon, message.
    pub exception: String,
    /// The exceptions behind it, nearest first.
    pub causes: Vec<String>,
}

impl Predicted {
    /// What every JDK prints when it cannot load the trust store itself: a wrong password, damage, another format.
    pub fn store_unreadable() -> Self {
        let construction = "java.security.NoSuchAlgorithmException: Error constructing implementation (algorithm: Default, \
                            provider: SunJSSE, class: sun.security.ssl.SSLContextImpl$DefaultSSLContext)";
        let cause = "java.security.KeyManagementException: problem accessing trust store";
        Self {
            exception: format!("java.net.SocketException: {construction}"),
            causes: vec![construction.to_owned(), cause.to_owned()],
        }
    }
}

/// In which of the trust manager's procedures a rejection arose: each wraps it in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the trust manager.
    Handshake,
    /// `PKIXValidator.doValidate`.
    Validator,
    /// `PKIXValidator.doBuild`.
    Builder,
    /// EndEntityChecker and CADistrustPolicy.
    EndEntity,
    /// HostnameChecker.
    Name,
}

const VALIDATOR_EXCEPTION: &str = "sun.security.validator.ValidatorException";
const PATH_EXCEPTION: &str = "java.security.cert.CertPathValidatorException";
const BUILDER_EXCEPTION: &str = "sun.security.provider.certpath.SunCertPathBuilderException";

impl Reason {
    /// The message of the innermost exception that has one of its own.
    pub(super) fn message(&self) -> String {
        const BASIC: &str = "basic constraints check failed";
        match self {
            Self::ChainEmpty => "Empty server certificate chain".to_owned(),
            Self::Unreadable { .. } => "Failed to parse server certificates".to_owned(),
            Self::InternalError { message, .. } | Self::ExtensionUnreadable { message } => message.clone(),
            Self::ChainTooLong { maximum } => format!(
                "The certificate chain length ({}) exceeds the maximum allowed length ({maximum})",
                maximum.saturating_add(1)
            ),
            Self::StoreEmpty => "the trustAnchors parameter must be non-empty".to_owned(),
            Self::NoPath => "unable to find valid certification path to requested target".to_owned(),
            Self::NoAnchorFits => "Path does not chain with any of the trust anchors".to_owned(),
            Self::Blocked { subject } => format!("Untrusted certificate: {subject}"),
            Self::Algorithm(fault) => fault.to_string(),
            Self::KeyUsageBits => "incorrect KeyUsage extension bits".to_owned(),
            Self::CaKeyUsage => "CA key usage check failed: keyCertSign bit is not set".to_owned(),
            Self::NotCa => format!("{BASIC}: this is not a CA certificate"),
            Self::PathLength => format!(
                "{BASIC}: pathLenConstraint violated - this cert must be the last cert in the certification path"
            ),
            Self::NameConstraints => "name constraints check failed".to_owned(),
            Self::NameDistance { what } => format!("java.io.IOException: {what}"),
            Self::Policy => "non-null policy tree required and policy tree is null".to_owned(),
            Self::Expired { .. } | Self::NotYetValid { .. } => "validity check failed".to_owned(),
            Self::IssuerEmpty => format!("{CHAINING}: empty/null issuer DN in certificate is invalid"),
            Self::NameChaining => CHAINING.to_owned(),
            Self::Signature(_) => "signature check failed".to_owned(),
            Self::CriticalExtension { .. } => "unrecognized critical extension(s)".to_owned(),
            Self::RevocationUnknown => "Could not determine revocation status".to_owned(),
            Self::AnchorNotCa { subject } => {
                format!("TrustAnchor with subject \"{subject}\" is not a CA certificate")
            }
            Self::AnchorKeyUsage { subject } => format!(
                "TrustAnchor with subject \"{subject}\" does not have keyCertSign bit set in KeyUsage extension"
            ),
            Self::LeafKeyUsage { missing } => format!("KeyUsage does not allow {missing}"),
            Self::LeafExtendedKeyUsage => {
                "Extended key usage does not permit use for TLS server authentication".to_owned()
            }
            Self::LeafNetscapeType => "Netscape cert type does not permit use for SSL server".to_owned(),
            Self::AuthorityDistrusted { authority, issued_after: None, subject } => {
                format!(
                    "TLS Server certificate anchored by a distrusted legacy {authority} root CA: {subject}"
                )
            }
            Self::AuthorityDistrusted { authority, issued_after: Some(date), subject } => format!(
                "TLS Server certificate issued after {date} and anchored by a distrusted legacy {authority} root CA: {subject}"
            ),
            Self::HostIllegal { name, .. } => format!("Illegal given domain name: {name}"),
            Self::HostDnsMismatch { name } => {
                format!("No subject alternative DNS name matching {name} found.")
            }
            Self::HostCommonNameMismatch { name } => format!("No name matching {name} found"),
            Self::HostIpMismatch { name } => {
                format!("No subject alternative names matching IP address {name} found")
            }
            Self::HostNoAlternativeNames => "No subject alternative names present".to_owned(),
        }
    }

    /// The exception that caused the innermost one, where there is one.
    fn cause(&self) -> Option<String> {
        match self {
            Self::NameDistance { .. } => Some(self.message()),
            Self::Expired { not_after } => Some(format!(
                "java.security.cert.CertificateExpiredException: NotAfter: {}",
                java_date(*not_after)
            )),
            Self::NotYetValid { not_before } => Some(format!(
                "java.security.cert.CertificateNotYetValidException: NotBefore: {}",
                java_date(*not_before)
            )),
            Self::HostIllegal { cause, .. } => Some(format!("java.lang.IllegalArgumentException: {cause}")),
            _ => None,
        }
    }

    /// The alert the client sends (CertificateMessage.getCertificateAlert); it decides by the path validator's reason
    /// alone, which the builder does not pass on.
    fn alert(&self, stage: Stage, message: &str, tls13: bool) -> &'static str {
        match self {
            Self::ChainEmpty | Self::Unreadable { .. } => "bad_certificate",
            Self::StoreEmpty | Self::InternalError { .. } => "internal_error",
            _ if stage != Stage::Validator => "certificate_unknown",
            Self::Expired { .. } => "certificate_expired",
            Self::NotYetValid { .. } => "bad_certificate",
            Self::Signature(fault) if fault.is_bad_signature() => "bad_certificate",
            Self::Algorithm(_) => {
                let upper = message.to_uppercase();
                let old_hash = upper.contains("MD5WITH") || upper.contains("SHA1WITH");
                if tls13 && old_hash { "bad_certificate" } else { "unsupported_certificate" }
            }
            _ => "certificate_unknown",
        }
    }

    /// The whole prediction. `alert_prefix` as in [`super::Settings::alert_prefix`].
    pub(super) fn predict(&self, stage: Stage, alert_prefix: bool, tls13: bool) -> Predicted {
        let (message, causes) = self.frames(stage);
        let class = match self {
            Self::ChainTooLong { .. } => "javax.net.ssl.SSLProtocolException",
            Self::StoreEmpty | Self::InternalError { .. } => "javax.net.ssl.SSLException",
            _ => "javax.net.ssl.SSLHandshakeException",
        };
        let prefix = if alert_prefix && !matches!(self, Self::ChainTooLong { .. }) {
            format!("({}) ", self.alert(stage, &message, tls13))
        } else {
            String::new()
        };
        Predicted { exception: format!("{class}: {prefix}{message}"), causes }
    }

    /// The message that reaches the outermost exception, and the exceptions between.
    fn frames(&self, stage: Stage) -> (String, Vec<String>) {
        let own = self.message();
        match (stage, self) {
            (_, Self::StoreEmpty) => {
                let inner = format!("java.security.InvalidAlgorithmParameterException: {own}");
                let message = format!("Unexpected error: {inner}");
                (message.clone(), vec![format!("java.lang.RuntimeException: {message}"), inner])
            }
            (_, Self::InternalError { class, message, cause }) => {
                (own, std::iter::once(format!("{class}: {message}")).chain(cause.clone()).collect())
            }
            (_, Self::Unreadable { exceptions }) => (own, exceptions.clone()),
            (_, Self::ExtensionUnreadable { message }) => {
                (own, vec![format!("java.security.cert.CertificateParsingException: {message}")])
            }
            (Stage::Handshake, _) => (own, Vec::new()),
            (Stage::Validator | Stage::Builder, Self::AnchorNotCa { .. } | Self::AnchorKeyUsage { .. }) => {
                let inner = format!("{VALIDATOR_EXCEPTION}: {own}");
                let message = format!("PKIX path {} failed: {inner}", verb(stage));
                (message.clone(), vec![format!("{VALIDATOR_EXCEPTION}: {message}"), inner])
            }
            (Stage::Validator, _) => {
                let inner = format!("{PATH_EXCEPTION}: {own}");
                let message = format!("PKIX path {} failed: {inner}", verb(stage));
                let mut causes = vec![format!("{VALIDATOR_EXCEPTION}: {message}"), inner.clone()];
                let alone = matches!(self, Self::CriticalExtension { .. } | Self::NoAnchorFits);
                // PKIXMasterCertPathValidator wraps what has no cause of its own in a copy of itself.
                match self {
                    Self::Signature(fault) => causes.extend(fault.exceptions()),
                    _ => causes.extend(self.cause().or_else(|| (!alone).then_some(inner))),
                }
                (message, causes)
            }
            (Stage::Builder, _) => {
                let inner = format!("{BUILDER_EXCEPTION}: {own}");
                let message = format!("PKIX path {} failed: {inner}", verb(stage));
                (message.clone(), vec![format!("{VALIDATOR_EXCEPTION}: {message}"), inner])
            }
            (Stage::EndEntity, _) => (own.clone(), vec![format!("{VALIDATOR_EXCEPTION}: {own}")]),
            (Stage::Name, _) => {
                let mut causes = vec![format!("java.security.cert.CertificateException: {own}")];
                causes.extend(self.cause());
                (own, causes)
            }
        }
    }
}

const CHAINING: &str = "subject/issuer name chaining check failed";

fn verb(stage: Stage) -> &'static str {
    if stage == Stage::Builder { "building" } else { "validation" }
}

/// `java.util.Date.toString` in UTC: `Fri Nov 13 01:55:32 UTC 2026`.
fn java_date(at: OffsetDateTime) -> String {
    let weekday = at.weekday().to_string();
    let month = at.month().to_string();
    format!(
        "{} {} {:02} {:02}:{:02}:{:02} UTC {}",
        weekday.get(..3).unwrap_or_default(),
        month.get(..3).unwrap_or_default(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.year()
    )
}

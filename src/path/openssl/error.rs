//! Codes and words of `X509_V_ERR_*` (`include/openssl/x509_vfy.h`, `crypto/x509/x509_txt.c`).

/// Why OpenSSL refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// Something that has no code of its own: an extension that cannot be read, too many names to compare.
    Unspecified,
    /// A trusted certificate's issuer is not there.
    IssuerMissing,
    /// The key above did not make the signature.
    SignatureFailure,
    /// Its time has not come.
    NotYetValid,
    /// Its time is over.
    Expired,
    /// A self-signed leaf that is not trusted.
    SelfSignedLeaf,
    /// A root that is not trusted.
    SelfSignedInChain,
    /// The issuer of the last certificate sent is not there.
    LocalIssuerMissing,
    /// More certificates than the depth allows.
    ChainTooLong,
    /// More CAs below one than it allows.
    PathLengthExceeded,
    /// extendedKeyUsage, keyUsage or Netscape type speak against a server, or a CA is none.
    InvalidPurpose,
    /// An issuer whose keyUsage forbids signing certificates.
    KeyUsageNoCertSign,
    /// A critical extension OpenSSL does not know.
    UnhandledCriticalExtension,
    /// A name outside what a CA above allows.
    PermittedViolation,
    /// A name that a CA above excludes.
    ExcludedViolation,
    /// A constraint with a minimum or a maximum.
    DistanceUnsupported,
    /// A constraint of a kind that is not known.
    UnsupportedConstraintType,
    /// A name whose form does not fit its kind.
    UnsupportedNameSyntax,
    /// None of the leaf's names is the host's.
    HostnameMismatch,
    /// None of the leaf's addresses is the host's.
    IpMismatch,
    /// The leaf's key is weaker than the security level allows.
    LeafKeyTooSmall,
    /// An issuer's key is weaker than the security level allows.
    CaKeyTooSmall,
    /// The hash of a signature is weaker than the security level allows.
    DigestTooWeak,
    /// An issuer that is not a CA.
    InvalidCa,
    /// A key with a curve that is written out instead of named.
    ExplicitCurve,
}

impl VerifyError {
    /// The number after `X509_V_ERR_`.
    pub fn code(self) -> u32 {
        self.row().0
    }

    /// What `X509_verify_cert_error_string` gives.
    pub fn text(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (u32, &'static str) {
        match self {
            Self::Unspecified => (1, "unspecified certificate verification error"),
            Self::IssuerMissing => (2, "unable to get issuer certificate"),
            Self::SignatureFailure => (7, "certificate signature failure"),
            Self::NotYetValid => (9, "certificate is not yet valid"),
            Self::Expired => (10, "certificate has expired"),
            Self::SelfSignedLeaf => (18, "self-signed certificate"),
            Self::SelfSignedInChain => (19, "self-signed certificate in certificate chain"),
            Self::LocalIssuerMissing => (20, "unable to get local issuer certificate"),
            Self::ChainTooLong => (22, "certificate chain too long"),
            Self::PathLengthExceeded => (25, "path length constraint exceeded"),
            Self::InvalidPurpose => (26, "unsuitable certificate purpose"),
            Self::KeyUsageNoCertSign => (32, "key usage does not include certificate signing"),
            Self::UnhandledCriticalExtension => (34, "unhandled critical extension"),
            Self::PermittedViolation => (47, "permitted subtree violation"),
            Self::ExcludedViolation => (48, "excluded subtree violation"),
            Self::DistanceUnsupported => (49, "name constraints minimum and maximum not supported"),
            Self::UnsupportedConstraintType => (51, "unsupported name constraint type"),
            Self::UnsupportedNameSyntax => (53, "unsupported or invalid name syntax"),
            Self::HostnameMismatch => (62, "hostname mismatch"),
            Self::IpMismatch => (64, "IP address mismatch"),
            Self::LeafKeyTooSmall => (66, "EE certificate key too weak"),
            Self::CaKeyTooSmall => (67, "CA certificate key too weak"),
            Self::DigestTooWeak => (68, "CA signature digest algorithm too weak"),
            Self::InvalidCa => (79, "invalid CA certificate"),
            Self::ExplicitCurve => (94, "Certificate public key has explicit ECC parameters"),
        }
    }
}

//! What a Java runtime is configured to refuse: its `java.security` file, and what its update does by itself.

use super::constraints::Constraints;
use super::version::Version;
use crate::path::java::{locations, properties};

/// The rules of one Java runtime. Built-in tables hold what was measured or read for 11.0.13, 17.0.9, 17.0.15,
/// 17.0.19, 17.0.21, 21.0.8 and 25.0.3; between two of these the release notes decide, and where they are silent the
/// older one.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whose rules these are.
    pub version: Version,
    /// `jdk.certpath.disabledAlgorithms`, to be shown: what is checked was read from it when this was made.
    pub certpath_disabled: String,
    /// `jdk.tls.disabledAlgorithms`, likewise.
    pub tls_disabled: String,
    /// `jdk.security.caDistrustPolicies`, in order.
    pub distrust: Vec<String>,
    /// Whether those policies refuse whatever the date of issue.
    pub distrust_outright: bool,
    /// Whether messages begin with the name of the alert, as in `(certificate_unknown) `.
    pub alert_prefix: bool,
    /// Whether a wildcard may stand in any label of a name, or in the leftmost only.
    pub wildcard_any_label: bool,
    /// Whether a wholly disabled signature algorithm is looked for first, with words of its own.
    pub whole_algorithm_first: bool,
    /// Whether a name with a wildcard is excluded by a name constraint that it covers.
    pub wildcard_meets_excluded: bool,
    /// Whether a name constraint may begin with a dot, which leaves the domain itself out.
    pub leading_dot_constraints: bool,
    /// Whether Ed25519 and Ed448 are known.
    pub edwards_curves: bool,
    /// Whether an RSASSA-PKCS1-v1_5 signature of the wrong length has words of its own.
    pub bad_length_words: bool,
    /// Whether P-256, P-384 and P-521 are the only curves signatures are checked on.
    pub curves_removed: bool,
    /// `jdk.security.allowNonCaAnchor`.
    pub allow_non_ca_anchor: bool,
    /// `com.sun.net.ssl.checkRevocation`: status is asked for. This program does not ask.
    pub check_revocation: bool,
    /// `com.sun.security.enableAIAcaIssuers`: issuers that nobody sent are fetched from where certificates say they are.
    pub fetches_issuers: bool,
    /// `com.sun.security.allowedAIALocations`, from where alone they are; `None` for anywhere, as before it came.
    pub issuer_locations: Option<String>,
    /// Longest chain taken from a peer.
    pub maximum_chain: usize,
    /// Whether signatures of handshakes and of certificates have lists of their own, the latter by the version agreed.
    pub tells_scopes: bool,
    /// `https.cipherSuites`, else `jdk.tls.client.cipherSuites`.
    pub cipher_suites: Option<Vec<String>>,
    /// `jdk.tls.client.SignatureSchemes`.
    pub signature_schemes: Option<Vec<String>>,
    /// `jdk.tls.namedGroups`.
    pub named_groups: Option<Vec<String>>,
    curves: String,
    pub(super) certpath: Constraints,
    pub(super) tls: Constraints,
}

const CERTPATH: &str = "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, DSA keySize < 1024, \
                        EC keySize < 224, SHA1 usage SignedJAR & denyAfter 2019-01-01";
const CERTPATH_BEFORE_16: &str = "MD2, MD5, SHA1 jdkCA & usage TLSServer, RSA keySize < 1024, \
                                  DSA keySize < 1024, EC keySize < 224, include jdk.disabled.namedCurves";
const TLS: &str = "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, \
                   3DES_EDE_CBC, anon, NULL";
const TLS_ECDH: &str = ", ECDH, DTLSv1.0";
const TLS_RSA: &str = ", TLS_RSA_*, rsa_pkcs1_sha1 usage HandshakeSignature, ecdsa_sha1 usage \
                       HandshakeSignature, dsa_sha1 usage HandshakeSignature";
/// `jdk.disabled.namedCurves` of 8u271 to 15: curves removed from the JDK in 16.
const CURVES: &str = "secp112r1, secp112r2, secp128r1, secp128r2, secp160k1, secp160r1, secp160r2, secp192k1, \
                      secp192r1, secp224k1, secp224r1, secp256k1, sect113r1, sect113r2, sect131r1, sect131r2, \
                      sect163k1, sect163r1, sect163r2, sect193r1, sect193r2, sect233k1, sect233r1, sect239k1, \
                      sect283k1, sect283r1, sect409k1, sect409r1, sect571k1, sect571r1, X9.62 c2tnb191v1, \
                      X9.62 c2tnb191v2, X9.62 c2tnb191v3, X9.62 c2tnb239v1, X9.62 c2tnb239v2, X9.62 c2tnb239v3, \
                      X9.62 c2tnb359v1, X9.62 c2tnb431r1, X9.62 prime192v2, X9.62 prime192v3, X9.62 prime239v1, \
                      X9.62 prime239v2, X9.62 prime239v3, brainpoolP256r1, brainpoolP320r1, brainpoolP384r1, \
                      brainpoolP512r1";
/// From where issuers are fetched; a system property of this name comes before it.
pub(super) const LOCATIONS: &str = "com.sun.security.allowedAIALocations";
/// SSLConfiguration.maxCertificateChainLength.
const MAXIMUM_CHAIN: usize = 10;

impl Settings {
    /// The built-in rules of a version, for when there is no such runtime at hand.
    pub fn of(version: &Version) -> Self {
        let version = *version;
        let certpath = if version.feature < 16 { CERTPATH_BEFORE_16 } else { CERTPATH };
        let named_curves = if version.reached(&[(8, 271), (11, 9)]) { CURVES } else { "" };
        let mut tls = TLS.to_owned();
        if version.feature < 16 {
            tls.push_str(", include jdk.disabled.namedCurves");
        }
        if version.reached(&[(8, 421), (11, 23), (17, 11), (21, 3), (22, 0)]) {
            tls.push_str(TLS_ECDH);
        }
        if version.reached(&[(8, 481), (11, 30), (17, 18), (21, 10), (24, 0)]) {
            tls.push_str(TLS_RSA);
        }
        Self {
            version,
            distrust: distrust(version).into_iter().map(str::to_owned).collect(),
            distrust_outright: version.feature == 17 && version.update >= 20,
            alert_prefix: version.reached(&[(17, 18), (21, 10), (25, 0)]),
            wildcard_any_label: version.feature < 18,
            whole_algorithm_first: version.feature < 21,
            wildcard_meets_excluded: version.feature == 17 && version.update >= 21,
            leading_dot_constraints: version.reached(&[(8, 402), (11, 22), (17, 10), (21, 2), (22, 0)]),
            edwards_curves: version.feature >= 15,
            bad_length_words: version.reached(&[(8, 402), (11, 22), (17, 10), (21, 0)]),
            curves_removed: version.feature >= 16,
            allow_non_ca_anchor: false,
            check_revocation: false,
            fetches_issuers: false,
            issuer_locations: version
                .reached(&[(8, 481), (11, 30), (17, 18), (21, 10), (25, 2)])
                .then(String::new),
            maximum_chain: MAXIMUM_CHAIN,
            tells_scopes: version.reached(&[(8, 481), (11, 30), (17, 18), (21, 10), (25, 0)]),
            cipher_suites: None,
            signature_schemes: None,
            named_groups: None,
            curves: named_curves.to_owned(),
            certpath: Constraints::parse(certpath, named_curves),
            tls: Constraints::parse(&tls, named_curves),
            certpath_disabled: certpath.to_owned(),
            tls_disabled: tls,
        }
    }

    /// The rules of a runtime whose `java.security` has this text; what the text leaves out is not set there, as in
    /// the JDK itself.
    pub fn with_java_security(version: &Version, text: &str) -> Self {
        let properties = properties::parse(text);
        let value = |key: &str| properties.get(key).map(String::as_str).unwrap_or_default();
        let curves = value("jdk.disabled.namedCurves");
        let certpath = value("jdk.certpath.disabledAlgorithms");
        let tls = value("jdk.tls.disabledAlgorithms");
        let policies = value("jdk.security.caDistrustPolicies").split(',').map(str::trim);
        let switch = properties.get("jdk.security.allowNonCaAnchor");
        let built_in = Self::of(version);
        let locations = value(LOCATIONS);
        Self {
            issuer_locations: built_in.issuer_locations.as_ref().map(|_| locations.to_owned()),
            curves: curves.to_owned(),
            certpath: Constraints::parse(certpath, curves),
            tls: Constraints::parse(tls, curves),
            certpath_disabled: certpath.to_owned(),
            tls_disabled: tls.to_owned(),
            distrust: policies.filter(|policy| !policy.is_empty()).map(str::to_owned).collect(),
            allow_non_ca_anchor: switch.is_some_and(|v| v.is_empty() || v.eq_ignore_ascii_case("true")),
            ..built_in
        }
    }

    /// These rules with a second file of security properties read after the first, as `-Djava.security.properties=FILE`
    /// has it: what the text names is set anew.
    #[must_use]
    pub fn with_more_security(mut self, text: &str) -> Self {
        let properties = properties::parse(text);
        let take = |key: &str, into: &mut String| {
            if let Some(value) = properties.get(key) {
                into.clone_from(value);
            }
        };
        take("jdk.disabled.namedCurves", &mut self.curves);
        take("jdk.certpath.disabledAlgorithms", &mut self.certpath_disabled);
        take("jdk.tls.disabledAlgorithms", &mut self.tls_disabled);
        self.certpath = Constraints::parse(&self.certpath_disabled, &self.curves);
        self.tls = Constraints::parse(&self.tls_disabled, &self.curves);
        if let Some(policies) = properties.get("jdk.security.caDistrustPolicies") {
            let policies = policies.split(',').map(str::trim).filter(|policy| !policy.is_empty());
            self.distrust = policies.map(str::to_owned).collect();
        }
        if let Some(value) = properties.get("jdk.security.allowNonCaAnchor") {
            self.allow_non_ca_anchor = value.is_empty() || value.eq_ignore_ascii_case("true");
        }
        if let (Some(locations), Some(value)) = (&mut self.issuer_locations, properties.get(LOCATIONS)) {
            locations.clone_from(value);
        }
        self
    }

    /// Whether an issuer would be fetched from this address.
    pub fn may_fetch(&self, address: &str) -> bool {
        self.fetches_issuers
            && self.issuer_locations.as_ref().is_none_or(|list| locations::allow(list, address))
    }
}

/// `jdk.security.caDistrustPolicies` by update: JDK release notes of October 2024, April 2025 and April 2026.
fn distrust(version: Version) -> Vec<&'static str> {
    let mut policies = Vec::new();
    if version.reached(&[(8, 212), (11, 3), (12, 0)]) {
        policies.push("SYMANTEC_TLS");
    }
    if version.reached(&[(8, 431), (11, 25), (17, 13), (21, 5), (23, 1)]) {
        policies.push("ENTRUST_TLS");
    }
    if version.reached(&[(8, 451), (11, 27), (17, 15), (21, 7), (24, 1)]) {
        policies.push("CAMERFIRMA_TLS");
    }
    if version.reached(&[(8, 491), (11, 31), (17, 19), (21, 11), (25, 3)]) {
        policies.push("CHUNGHWA_TLS");
    }
    policies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_follow_the_update() {
        let of = |text: &str| Settings::of(&Version::parse(text).unwrap());
        assert!(!of("17.0.15").alert_prefix && of("17.0.19").alert_prefix && !of("21.0.8").alert_prefix);
        assert!(
            of("25.0.3").tls_disabled.contains("TLS_RSA_*") && !of("21.0.8").tls_disabled.contains("TLS_RSA")
        );
        assert_eq!(of("17.0.9").distrust, ["SYMANTEC_TLS"]);
        assert_eq!(of("21.0.8").distrust, ["SYMANTEC_TLS", "ENTRUST_TLS", "CAMERFIRMA_TLS"]);
        assert!(of("11.0.13").certpath_disabled.ends_with("include jdk.disabled.namedCurves"));
    }

    #[test]
    fn a_second_file_sets_what_it_names() {
        let base = Settings::of(&Version::newest(17));
        let settings = base.clone().with_more_security("jdk.tls.disabledAlgorithms=RC4\n");
        assert_eq!(settings.tls_disabled, "RC4");
        assert_eq!((settings.certpath_disabled, settings.distrust), (base.certpath_disabled, base.distrust));
    }

    #[test]
    fn a_file_overrides_the_tables() {
        let text = "# comment\njdk.certpath.disabledAlgorithms=MD2, \\\n    MD5\njdk.security.allowNonCaAnchor = true\n";
        let settings = Settings::with_java_security(&Version::newest(17), text);
        assert_eq!(settings.certpath_disabled, "MD2, MD5");
        assert!(
            settings.allow_non_ca_anchor && settings.tls_disabled.is_empty() && settings.distrust.is_empty()
        );
    }
}

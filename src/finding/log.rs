//! From a line in an agent's log to the faults that can stand behind it.
//!
//! The texts are those of SunJSSE and its certification path code, measured on five releases, and OpenSSL's. One text has
//! several causes; their order is that of how often they are met.

/// How likely a cause is, given the text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// The text has no other cause.
    Certain,
    /// Among the usual ones.
    Likely,
    /// Met now and then.
    Possible,
}

impl Likelihood {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// One fault that can stand behind a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The finding's code.
    pub code: &'static str,
    /// How likely it is.
    pub likelihood: Likelihood,
}

/// A text, and the codes behind it: the first `likely` of them are likely, the rest possible; a single one is certain.
struct Text {
    part: &'static str,
    likely: usize,
    codes: &'static [&'static str],
}

const fn text(part: &'static str, likely: usize, codes: &'static [&'static str]) -> Text {
    Text { part, likely, codes }
}

/// Parts of messages, specific ones first: the first that a line holds decides.
const TEXTS: &[Text] = &[
    text(
        "unable to find valid certification path to requested target",
        3,
        &[
            "root-untrusted",
            "chain-intermediate-missing",
            "leaf-self-signed",
            "store-shadowed",
            "store-missing",
            "anchor-stale",
            "chain-order-wrong",
            "leaf-expired",
            "intermediate-expired",
        ],
    ),
    text(
        "Path does not chain with any of the trust anchors",
        1,
        &["anchor-stale", "key-identifier-mismatch"],
    ),
    text("is not a CA certificate", 1, &["anchor-stale", "issuer-not-ca"]),
    text("does not have keyCertSign bit set", 1, &["key-usage-wrong"]),
    text("signature check failed", 2, &["anchor-stale", "signature-invalid"]),
    text("CertificateExpiredException", 2, &["leaf-expired", "intermediate-expired", "clock-skew"]),
    text("CertificateNotYetValidException", 2, &["leaf-not-yet-valid", "clock-skew", "intermediate-expired"]),
    text(
        "validity check failed",
        2,
        &["leaf-expired", "intermediate-expired", "leaf-not-yet-valid", "clock-skew"],
    ),
    text("No subject alternative names matching IP address", 1, &["name-ip-san-missing"]),
    text("No subject alternative names present", 1, &["name-ip-san-missing"]),
    text("No subject alternative DNS name matching", 1, &["name-mismatch"]),
    text("No name matching", 1, &["name-mismatch"]),
    text("Illegal given domain name", 1, &["name-mismatch"]),
    text("doesn't match any of the subject alternative names", 1, &["name-mismatch"]),
    text(
        "Extended key usage does not permit use for TLS server authentication",
        1,
        &["eku-server-auth-missing"],
    ),
    text("KeyUsage does not allow", 1, &["key-usage-wrong"]),
    text("CA key usage check failed", 1, &["key-usage-wrong"]),
    text("pathLenConstraint violated", 1, &["path-length-exceeded"]),
    text("basic constraints check failed", 1, &["issuer-not-ca"]),
    text("name constraints check failed", 1, &["name-constraint-violated"]),
    text("unrecognized critical extension", 1, &["critical-extension-unknown"]),
    text("Algorithm constraints check failed", 1, &["java-algorithm-disabled"]),
    text("Usage constraint TLSServer check failed", 1, &["java-algorithm-disabled"]),
    text("anchored by a distrusted legacy", 1, &["java-anchor-distrusted"]),
    text("Untrusted certificate:", 1, &["java-anchor-distrusted"]),
    text("policy tree required", 1, &["policy-required"]),
    text("Could not determine revocation status", 1, &["revocation-unknown"]),
    text("exceeds the maximum allowed length", 1, &["chain-too-long"]),
    text("the trustAnchors parameter must be non-empty", 1, &["store-empty-for-java"]),
    text("problem accessing trust store", 1, &["store-unreadable"]),
    text("Error constructing implementation (algorithm: Default", 1, &["store-unreadable"]),
    // KeyStoreSpi of JKS and of PKCS12, when a password or the file is not the right one.
    text("Keystore was tampered with, or password was incorrect", 1, &["store-unreadable"]),
    text("keystore password was incorrect", 1, &["store-unreadable"]),
    text("Invalid keystore format", 1, &["store-unreadable"]),
    // A key of a key store with a password of its own.
    text("Cannot recover key", 1, &["key-unrecoverable"]),
    text("Given final block not properly padded", 1, &["key-unrecoverable"]),
    text("Certificates do not conform to algorithm constraints", 1, &["java-algorithm-disabled"]),
    text(
        "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
        1,
        &["protocol-client-restricted"],
    ),
    text("wrong version number", 1, &["server-not-tls", "protocol-too-old"]),
    text("Received fatal alert: protocol_version", 1, &["protocol-too-old"]),
    text("is not accepted by client preferences", 1, &["protocol-too-old"]),
    text(
        "Received fatal alert: handshake_failure",
        2,
        &["client-certificate-required", "cipher-suites-none", "signature-schemes-none", "handshake-failed"],
    ),
    text("Received fatal alert: certificate_required", 1, &["client-certificate-required"]),
    text("Received fatal alert: bad_certificate", 1, &["client-certificate-required"]),
    text("Received fatal alert: unrecognized_name", 1, &["sni-dependent"]),
    text("Unsupported or unrecognized SSL message", 1, &["server-not-tls"]),
    text("plaintext connection?", 1, &["server-not-tls"]),
    text("Remote host terminated the handshake", 1, &["handshake-failed"]),
    text("Unable to tunnel through proxy", 1, &["proxy-refused"]),
    // JNDI and ldapsearch, pgjdbc, psql, Connector/J, Jakarta Mail.
    text("unsupported extended operation", 1, &["starttls-refused"]),
    text("The server does not support SSL", 1, &["starttls-refused"]),
    text("server does not support SSL, but SSL was required", 1, &["starttls-refused"]),
    text("required, but not supported by server", 1, &["starttls-refused"]),
    text("host does not support STARTTLS", 1, &["starttls-refused"]),
    text("UnknownHostException", 1, &["server-unreachable"]),
    text("Connection refused", 1, &["server-unreachable"]),
    text("connect timed out", 1, &["server-unreachable"]),
    text("Failed to parse server certificates", 1, &["certificate-unreadable"]),
    text("unable to get local issuer certificate", 2, &["chain-intermediate-missing", "root-untrusted"]),
    text("unable to verify the first certificate", 1, &["chain-intermediate-missing", "root-untrusted"]),
    text("self-signed certificate in certificate chain", 1, &["root-untrusted"]),
    text("self signed certificate in certificate chain", 1, &["root-untrusted"]),
    text("self-signed certificate", 1, &["leaf-self-signed"]),
    text("self signed certificate", 1, &["leaf-self-signed"]),
    text("certificate has expired", 2, &["leaf-expired", "intermediate-expired", "anchor-expired"]),
    text(
        "certificate signed by unknown authority",
        2,
        &["root-untrusted", "chain-intermediate-missing", "leaf-self-signed"],
    ),
];

/// One fault that a log tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'a> {
    /// The line that says most, where it was told last.
    pub line: &'a str,
    /// How often it was told.
    pub times: usize,
    /// What can stand behind it, the most likely first.
    pub causes: Vec<Cause>,
}

/// Every fault a log tells of, the one told last first: a log repeats its faults, and servers have their own.
///
/// What a logger says, the exception behind it and its causes tell of one fault; the last of them says most.
pub fn told(log: &str) -> Vec<Told<'_>> {
    let mut faults: Vec<(&Text, Told<'_>)> = Vec::new();
    let mut event: Option<Event<'_>> = None;
    for line in log.lines() {
        let known = TEXTS.iter().find(|text| line.contains(text.part));
        match (&mut event, known) {
            (Some(event), known) if event.goes_on(line, known) => {
                event.is_traced |= is_of_a_trace(line);
                if let Some(text) = known {
                    (event.text, event.line) = (text, line);
                }
            }
            _ => {
                note(event.take(), &mut faults);
                event = known.map(|text| Event { text, line, is_traced: is_of_a_trace(line) });
            }
        }
    }
    note(event, &mut faults);
    faults.into_iter().rev().map(|(_, told)| told).collect()
}

/// Lines that belong together.
struct Event<'a> {
    text: &'static Text,
    line: &'a str,
    /// Whether a stack trace has begun.
    is_traced: bool,
}

impl Event<'_> {
    /// Whether the next line is of the same event.
    fn goes_on(&self, line: &str, known: Option<&'static Text>) -> bool {
        // What a logger was told, then the exception it was given.
        let is_exception = |line: &str| line.starts_with("javax.") || line.starts_with("java.");
        let is_same = known.is_some_and(|text| text.part == self.text.part);
        let headline = !self.is_traced && is_same && is_exception(line) && !is_exception(self.line);
        headline || is_of_a_trace(line)
    }
}

/// A frame or a cause of `Throwable.printStackTrace`, also behind a logger's prefix; or what is only ever a cause.
fn is_of_a_trace(line: &str) -> bool {
    let bare = line.trim_start();
    let starts = ["at ", "... ", "sun.security.", "java.security."];
    line.contains("Caused by: ") || starts.iter().any(|start| bare.starts_with(start))
}

/// Puts an event behind those before it: what was told already is told again.
fn note<'a>(event: Option<Event<'a>>, faults: &mut Vec<(&'static Text, Told<'a>)>) {
    let Some(Event { text, line, .. }) = event else { return };
    let known = faults.iter().position(|(known, _)| known.part == text.part);
    let before = known.map_or(0, |place| faults.remove(place).1.times);
    faults.push((text, Told { line, times: before + 1, causes: behind(text) }));
}

fn behind(text: &Text) -> Vec<Cause> {
    let cause = |(place, code): (usize, &&'static str)| {
        let likelihood = match (text.codes.len(), place < text.likely) {
            (1, _) => Likelihood::Certain,
            (_, true) => Likelihood::Likely,
            (_, false) => Likelihood::Possible,
        };
        Cause { code, likelihood }
    };
    text.codes.iter().enumerate().map(cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_named_has_a_page() {
        for text in TEXTS {
            for code in text.codes {
                assert!(super::super::page(code).is_some(), "{code} behind {:?}", text.part);
            }
        }
    }

    #[test]
    fn a_trace_is_one_fault_told_by_its_last_known_line() {
        let log = "INFO start\n\
            Caused by: sun.security.validator.ValidatorException: PKIX path building failed: \
            sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target\n\
            \tat sun.security.ssl.Alert.createSSLException\n";
        let told_once = told(log);
        let [Told { line, times: 1, causes }] = &told_once[..] else { panic!("{told_once:?}") };
        assert!(line.starts_with("Caused by"));
        assert_eq!(causes[0], Cause { code: "root-untrusted", likelihood: Likelihood::Likely });
        assert!(causes.len() > 4);
        let alert =
            "javax.net.ssl.SSLHandshakeException: (protocol_version) Received fatal alert: protocol_version";
        assert_eq!(
            told(alert)[0].causes,
            [Cause { code: "protocol-too-old", likelihood: Likelihood::Certain }]
        );
        assert_eq!(told("nothing of ours"), []);
    }

    #[test]
    fn faults_are_told_apart_and_counted() {
        let expired = "09:00 ERROR validity check failed\n\
            javax.net.ssl.SSLHandshakeException: PKIX path validation failed: validity check failed\n\
            \tat a.b(C.java:1)\n\
            09:00 Caused by: java.security.cert.CertificateExpiredException: NotAfter: ..\n\
            \t... 3 more\n";
        let name = "SSLHandshakeException: No subject alternative DNS name matching h.test found.\n";
        let log = [expired, name, "INFO well\n", expired, name, name].concat();
        let told = told(&log);
        let said: Vec<_> = told.iter().map(|told| (told.causes[0].code, told.times)).collect();
        assert_eq!(said, [("name-mismatch", 3), ("leaf-expired", 2)]);
    }
}

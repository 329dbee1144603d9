//! The options a JVM was started with, as far as they change whom it trusts.

use std::collections::BTreeMap;

use super::schemes::is_scheme;
use super::settings::{LOCATIONS, Settings};
use crate::secret::Password;

/// What options say: system properties, the last of equal names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Options {
    properties: BTreeMap<String, String>,
    password: Option<Password>,
}

/// A file of security properties named by `java.security.properties`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityFile {
    /// The file, as written.
    pub path: String,
    /// Whether it stands for the runtime's own (`==`), or is read after it.
    pub replaces: bool,
}

const PASSWORD: &str = "javax.net.ssl.trustStorePassword";

impl Options {
    /// Reads options as a JVM is given them, one per item; what does not begin with `-D` is skipped. As in the JVM,
    /// `-Dname` is `-Dname=`, and the last one counts.
    pub fn parse<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Self {
        let mut options = Self::default();
        for word in words {
            let Some(property) = word.as_ref().strip_prefix("-D") else { continue };
            let (name, value) = property.split_once('=').unwrap_or((property, ""));
            if name == PASSWORD {
                options.password = Some(Password::new(value.to_owned()));
            } else if !name.is_empty() {
                options.properties.insert(name.to_owned(), value.to_owned());
            }
        }
        options
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// `javax.net.ssl.trustStore`. An empty one is a file that is not there: `cacerts` is read, and `jssecacerts` is not
    /// looked for (TrustStoreManager.java).
    pub fn trust_store(&self) -> Option<&str> {
        self.value("javax.net.ssl.trustStore")
    }

    /// `javax.net.ssl.trustStoreType`.
    pub fn trust_store_type(&self) -> Option<&str> {
        self.value("javax.net.ssl.trustStoreType").filter(|name| !name.is_empty())
    }

    /// `javax.net.ssl.trustStorePassword`. Without one, a store is read without its integrity checked; an empty one counts as
    /// none (TrustStoreManager.java).
    pub fn trust_store_password(&self) -> Option<&Password> {
        self.password.as_ref().filter(|password| !password.text().is_empty())
    }

    /// `java.security.properties`.
    pub fn security_file(&self) -> Option<SecurityFile> {
        let value = self.value("java.security.properties")?;
        let (replaces, path) = match value.strip_prefix('=') {
            Some(path) => (true, path),
            None => (false, value),
        };
        let path = path.strip_prefix("file:").unwrap_or(path);
        (!path.is_empty()).then(|| SecurityFile { path: path.to_owned(), replaces })
    }

    /// The TLS versions an `HttpsURLConnection` offers: `https.protocols`, else `jdk.tls.client.protocols`.
    pub fn protocols(&self) -> Option<Vec<&str>> {
        let names = ["https.protocols", "jdk.tls.client.protocols"];
        let value = names.iter().find_map(|name| self.value(name).filter(|value| !value.is_empty()))?;
        Some(value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect())
    }

    /// `jsse.enableSNIExtension`: whether the server is told which name is wanted.
    pub fn sends_server_name(&self) -> bool {
        self.value("jsse.enableSNIExtension").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
    }

    /// The rules with these options.
    #[must_use]
    pub fn applied(&self, mut settings: Settings) -> Settings {
        if let Some(value) = self.value("com.sun.net.ssl.checkRevocation") {
            settings.check_revocation = value.eq_ignore_ascii_case("true"); // Boolean.parseBoolean
        }
        if let Some(value) = self.value("jdk.security.allowNonCaAnchor") {
            // PKIXValidator: the mere name switches it on.
            settings.allow_non_ca_anchor = value.is_empty() || value.eq_ignore_ascii_case("true");
        }
        settings.fetches_issuers = self
            .value("com.sun.security.enableAIAcaIssuers")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if let (Some(locations), Some(value)) = (&mut settings.issuer_locations, self.value(LOCATIONS)) {
            value.clone_into(locations);
        }
        if let Some(length) =
            self.value("jdk.tls.maxCertificateChainLength").and_then(|value| value.parse().ok())
        {
            settings.maximum_chain = length;
        }
        let list = |name: &str| {
            let value = self.value(name).filter(|value| !value.is_empty())?;
            let names = value.trim_matches('"').split(',').map(str::trim).filter(|name| !name.is_empty());
            Some(names.map(str::to_owned).collect::<Vec<_>>())
        };
        settings.cipher_suites = list("https.cipherSuites").or_else(|| list("jdk.tls.client.cipherSuites"));
        // Without a name that it knows, the JDK goes on as if the option were not there.
        settings.signature_schemes =
            list("jdk.tls.client.SignatureSchemes").filter(|names| names.iter().any(|name| is_scheme(name)));
        settings.named_groups = list("jdk.tls.namedGroups");
        settings
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values of other properties may be secrets too.
        f.debug_list().entries(self.properties.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::java::Version;

    #[test]
    fn the_last_of_equal_names_counts() {
        let options = Options::parse([
            "-Xmx1g",
            "-Djavax.net.ssl.trustStore=/a",
            "-Djavax.net.ssl.trustStore=/b=c",
            "-Djavax.net.ssl.trustStorePassword=pw",
            "-Dhttps.protocols=TLSv1.2, TLSv1.3",
            "-Djdk.tls.client.protocols=TLSv1",
            "-Djava.security.properties==/etc/mine",
        ]);
        assert_eq!(options.trust_store(), Some("/b=c"));
        assert_eq!(options.trust_store_password().map(Password::text), Some("pw"));
        assert_eq!(options.protocols(), Some(vec!["TLSv1.2", "TLSv1.3"]));
        let file = SecurityFile { path: "/etc/mine".to_owned(), replaces: true };
        assert_eq!(options.security_file(), Some(file));
        assert!(!format!("{options:?}").contains("pw"));
    }

    #[test]
    fn a_server_name_is_sent_unless_it_is_switched_off() {
        let sends = |word: &str| Options::parse([word]).sends_server_name();
        assert!(sends("-Dother=false") && sends("-Djsse.enableSNIExtension=true"));
        assert!(!sends("-Djsse.enableSNIExtension=FALSE"));
    }

    #[test]
    fn switches_are_read_as_the_jdk_reads_them() {
        let applied = |words: &[&str]| {
            Options::parse(words.iter().copied()).applied(Settings::of(&Version::newest(17)))
        };
        assert!(applied(&["-Djdk.security.allowNonCaAnchor"]).allow_non_ca_anchor);
        assert!(!applied(&["-Djdk.security.allowNonCaAnchor=1"]).allow_non_ca_anchor);
        assert!(!applied(&["-Dcom.sun.net.ssl.checkRevocation"]).check_revocation);
        assert!(applied(&["-Dcom.sun.net.ssl.checkRevocation=TRUE"]).check_revocation);
        let fetching = "-Dcom.sun.security.enableAIAcaIssuers=True";
        let allowed = "-Dcom.sun.security.allowedAIALocations=http://ca.corp.test/";
        assert!(applied(&[fetching, allowed]).may_fetch("http://ca.corp.test/x"));
        assert!(!applied(&[fetching]).may_fetch("http://ca.corp.test/x"));
        assert!(!applied(&[allowed]).may_fetch("http://ca.corp.test/x"));
        assert_eq!(applied(&["-Djdk.tls.maxCertificateChainLength=3"]).maximum_chain, 3);
    }
}

//! The lines that make a server use what was generated.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// Servers whose configuration is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerConfig {
    /// Tomcat 8.5 to 11: SSLHostConfig in server.xml.
    Tomcat,
    /// Tomcat 8.5 and 9: attributes of the Connector, which 10 does not read any more.
    TomcatOld,
    /// nginx.
    Nginx,
    /// Spring Boot's application.properties.
    Spring,
    /// Jetty 9.4 to 12: its jetty-ssl-context.xml. Jetty reads keystores only.
    Jetty,
    /// Node.js: https.createServer.
    Node,
}

/// The files a configuration names, from the root: a server does not run in the folder where this was typed.
pub(super) struct Files<'a> {
    /// The keystore, its format's name as Java knows it, and its alias.
    pub(super) keystore: Option<(PathBuf, &'static str, &'a str)>,
    /// The leaf with its chain.
    pub(super) fullchain: PathBuf,
    /// The key.
    pub(super) key: PathBuf,
    /// A file that holds the keystore's password, if there is one.
    pub(super) password_file: Option<PathBuf>,
    /// Whether it is a key that not every server reads from PEM.
    pub(super) is_ed25519: bool,
}

impl ServerConfig {
    /// The lines. Passwords are not among them: where the server cannot read a file, a placeholder stands.
    pub(super) fn lines(self, files: &Files<'_>) -> String {
        match self {
            Self::Tomcat | Self::TomcatOld if files.keystore.is_none() && files.is_ed25519 => {
                "<!-- Tomcat reads Ed25519 keys from keystores only: run again with --keystore FILE -->\n"
                    .to_owned()
            }
            Self::Tomcat => tomcat(files),
            Self::TomcatOld => tomcat_old(files),
            Self::Jetty => jetty(files),
            Self::Node => node(files),
            Self::Nginx => {
                let quoted =
                    |path: &Path| path.display().to_string().replace('\\', r"\\").replace('"', "\\\"");
                let (chain, key) = (quoted(&files.fullchain), quoted(&files.key));
                format!("listen 443 ssl;\nssl_certificate     \"{chain}\";\nssl_certificate_key \"{key}\";\n")
            }
            Self::Spring => spring(files),
        }
    }
}

/// The form that Tomcat 8.5, 9, 10 and 11 take; the attributes on the Connector itself ended with 9. A file for the password
/// is newer than the form: Tomcat 9.0.70 does not know it.
fn tomcat(files: &Files<'_>) -> String {
    let by_file = files.keystore.is_some() && files.password_file.is_some();
    let older = "<!-- a Tomcat that does not know certificateKeystorePasswordFile (9.0.70 does not) takes\n     \
         certificateKeystorePassword=\"THE PASSWORD\" instead -->\n";
    let older = if by_file { older } else { "" };
    let certificate = match &files.keystore {
        Some((path, kind, alias)) => {
            let password = match &files.password_file {
                Some(file) => {
                    format!("certificateKeystorePasswordFile=\"{}\"", xml(&file.display().to_string()))
                }
                None => "certificateKeystorePassword=\"THE PASSWORD\"".to_owned(),
            };
            format!(
                "certificateKeystoreFile=\"{}\" certificateKeystoreType=\"{kind}\"\n                 {password} certificateKeyAlias=\"{}\"",
                xml(&path.display().to_string()),
                xml(alias)
            )
        }
        None => format!(
            "certificateFile=\"{}\"\n                 certificateKeyFile=\"{}\"",
            xml(&files.fullchain.display().to_string()),
            xml(&files.key.display().to_string())
        ),
    };
    format!(
        "{older}<Connector port=\"8443\" protocol=\"HTTP/1.1\" SSLEnabled=\"true\" scheme=\"https\" secure=\"true\">\n  \
         <SSLHostConfig>\n    <Certificate {certificate}/>\n  </SSLHostConfig>\n</Connector>\n"
    )
}

/// The key's password is the keystore's.
fn tomcat_old(files: &Files<'_>) -> String {
    let certificate = match &files.keystore {
        Some((path, kind, alias)) => format!(
            "keystoreFile=\"{}\" keystoreType=\"{kind}\"\n           keystorePass=\"THE PASSWORD\" keyAlias=\"{}\"",
            xml(&path.display().to_string()),
            xml(alias)
        ),
        None => format!(
            "SSLCertificateFile=\"{}\"\n           SSLCertificateKeyFile=\"{}\"",
            xml(&files.fullchain.display().to_string()),
            xml(&files.key.display().to_string())
        ),
    };
    format!(
        "<Connector port=\"8443\" protocol=\"HTTP/1.1\" SSLEnabled=\"true\" scheme=\"https\" secure=\"true\"\n           \
         clientAuth=\"false\" sslProtocol=\"TLS\" {certificate}/>\n"
    )
}

fn jetty(files: &Files<'_>) -> String {
    let Some((path, kind, alias)) = &files.keystore else {
        return "<!-- Jetty reads keystores only: run again with --keystore FILE -->\n".to_owned();
    };
    format!(
        "<?xml version=\"1.0\"?>\n\
         <!-- etc/jetty-ssl-context.xml; the password is in the environment, as KEYSTORE_PASSWORD -->\n\
         <!DOCTYPE Configure PUBLIC \"-//Jetty//Configure//EN\" \"https://www.eclipse.org/jetty/configure_9_3.dtd\">\n\
         <Configure id=\"sslContextFactory\" class=\"org.eclipse.jetty.util.ssl.SslContextFactory$Server\">\n  \
         <Set name=\"KeyStorePath\">{}</Set>\n  <Set name=\"KeyStoreType\">{kind}</Set>\n  \
         <Set name=\"KeyStorePassword\"><Env name=\"KEYSTORE_PASSWORD\"/></Set>\n  \
         <Set name=\"CertAlias\">{}</Set>\n</Configure>\n",
        xml(&path.display().to_string()),
        xml(alias)
    )
}

fn node(files: &Files<'_>) -> String {
    let text = |path: &Path| serde_json::Value::from(path.display().to_string()).to_string();
    format!(
        "require('https').createServer({{\n  cert: require('fs').readFileSync({}),\n  \
         key: require('fs').readFileSync({}),\n}}, handler).listen(8443)\n",
        text(&files.fullchain),
        text(&files.key)
    )
}

fn spring(files: &Files<'_>) -> String {
    match &files.keystore {
        Some((path, kind, alias)) => format!(
            "server.ssl.key-store=file:{}\nserver.ssl.key-store-type={kind}\nserver.ssl.key-alias={}\n\
             server.ssl.key-store-password=${{KEYSTORE_PASSWORD}}\n",
            property(&path.display().to_string()),
            property(alias)
        ),
        None => format!(
            "server.ssl.certificate=file:{}\nserver.ssl.certificate-private-key=file:{}\n",
            property(&files.fullchain.display().to_string()),
            property(&files.key.display().to_string())
        ),
    }
}

/// A value as java.util.Properties writes it (Properties.java, saveConvert); Spring Boot reads the file as ISO 8859-1.
fn property(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (index, c) in value.chars().enumerate() {
        match c {
            ' ' if index == 0 => escaped.push_str("\\ "),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\x0c' => escaped.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => escaped.extend(['\\', c]),
            ' '..='~' => escaped.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    escaped
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spring_lines_are_escaped_as_java_escapes_them() {
        let files = Files {
            keystore: Some((PathBuf::from("C:\\my keys\\é𝄞.p12"), "PKCS12", " a=b\n!#")),
            fullchain: PathBuf::new(),
            key: PathBuf::new(),
            password_file: None,
            is_ed25519: false,
        };
        let lines = ServerConfig::Spring.lines(&files);
        let expected = r"server.ssl.key-store=file:C\:\\my keys\\\u00E9\uD834\uDD1E.p12";
        assert!(lines.starts_with(&format!("{expected}\n")), "{lines}");
        assert!(lines.contains("\nserver.ssl.key-alias=\\ a\\=b\\n\\!\\#\n"), "{lines}");
    }
}

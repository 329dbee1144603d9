//! `diagnose --write-bundle`: the chain that a server should send, as a file for whoever runs it.

use std::path::Path;

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use super::write;
use crate::fs;
use crate::path::Bundle;
use crate::pem;
use crate::render::escape::visible;

/// What is public may be read by everybody.
const MODE: u32 = 0o644;

/// Writes the bundle to a new file and says what to do with it. A chain that is not whole is not written.
pub(super) fn write(path: &Path, bundle: &Bundle, context: &Context) -> Result<(), CliError> {
    if let Some(missing) = &bundle.missing {
        let message =
            format!("{}: not written, because the certificate of {missing} is not known", path.display());
        return Err(CliError::new(Exit::No, "chain-incomplete", message)
            .hint("get it from the CA and name its file: --extra FILE"));
    }
    let text: String = bundle
        .certificates
        .iter()
        .map(|certificate| {
            // A line of text between blocks is allowed everywhere (RFC 7468 section 5.2).
            let subject = visible(&certificate.subject().to_string());
            format!("# {subject}\n{}", pem::encode("CERTIFICATE", certificate.der()))
        })
        .collect();
    fs::create_new(path, text.as_bytes(), MODE).map_err(|error| write::not_made(&error))?;
    let count = bundle.certificates.len();
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let file = visible(&shown.display().to_string());
    // Each a line of its own: what is shown has its line breaks escaped.
    for line in [
        format!(
            "wrote {file}: {count} certificates, the server's own first; beside the private key that is there, install it as"
        ),
        format!("  nginx:         ssl_certificate \"{file}\";"),
        format!("  Apache 2.4.8:  SSLCertificateFile \"{file}\""),
        format!("  Tomcat 8.5:    <Certificate certificateFile=\"{file}\" certificateKeyFile=\"...\"/>"),
        format!(
            "  a keystore:    openssl pkcs12 -export -in \"{file}\" -inkey KEY -name tomcat -out NEW.p12"
        ),
    ] {
        context.ui.note(&line);
    }
    Ok(())
}

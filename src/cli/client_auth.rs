//! What we present when a server asks who we are: a certificate and key from files, or an entry of a keystore.

use std::path::Path;

use super::args::{Network, StorePassword};
use super::assemble::path_error;
use super::error::CliError;
use super::exit::Exit;
use super::password;
use crate::fs;
use crate::net::{ClientAuth, NetError};
use crate::pem;
use crate::store::{self, EntryKind, source};

/// Largest file with a client certificate or key that is read.
const MAX_FILE: u64 = 1 << 20;

/// The code of a client certificate or key that cannot be used.
const CLIENT_CERTIFICATE: &str = "client-certificate-unusable";

/// What the flags name, if they name something.
pub(crate) fn read(flags: &Network) -> Result<Option<ClientAuth>, CliError> {
    let Some(certificate_file) = &flags.client_cert else { return Ok(None) };
    let octets = fs::read(certificate_file, MAX_FILE).map_err(|error| path_error(&error))?;
    let is_store = store::detect(&octets).is_some_and(|format| KEYSTORES.contains(&format.name()));
    if is_store && flags.client_key.is_none() {
        return of_store(certificate_file, &octets, flags).map(Some);
    }
    let key_file = flags.client_key.as_ref().unwrap_or(certificate_file);
    let found = source::certificates(&octets, None)
        .map_err(|error| unusable(certificate_file, &error.to_string()))?;
    if is_store {
        let mut failure = unusable(certificate_file, "a keystore holds its key itself");
        failure.hints.insert(0, "leave out --client-key".to_owned());
        return Err(failure);
    }
    let chain: Vec<&[u8]> = found.certificates.iter().map(|found| found.certificate.der()).collect();
    if chain.is_empty() {
        return Err(unusable(certificate_file, "there is no certificate in it"));
    }
    let octets = fs::read(key_file, MAX_FILE).map_err(|error| path_error(&error))?;
    let auth = match private_key(&octets, key_file)? {
        Some(der) => ClientAuth::new(&chain, &der),
        None => ClientAuth::new(&chain, &octets),
    };
    let auth = auth.map_err(|error: NetError| unusable(key_file, &error.to_string()))?;
    Ok(Some(auth))
}

/// The formats whose entries have private keys.
const KEYSTORES: [&str; 3] = ["pkcs12", "jks", "jceks"];

/// The one private key of a keystore, with its chain. The key's password is the store's, as everywhere in Java.
fn of_store(file: &Path, octets: &[u8], flags: &Network) -> Result<ClientAuth, CliError> {
    let given = password::given(&StorePassword {
        store_password_file: flags.client_password_file.clone(),
        store_password_env: flags.client_password_env.clone(),
        none: false,
    })?;
    let failed = |error: &store::StoreError| {
        let mut failure = unusable(file, &error.to_string());
        if given.is_default {
            let hint = "the password changeit was tried; name another with --client-password-file FILE";
            failure.hints.insert(0, hint.to_owned());
        }
        failure
    };
    let opened = store::open(octets, Some(&given.password)).map_err(|error| failed(&error))?;
    let entries = opened.store().entries;
    let keys = entries.iter().enumerate().filter(|(_, entry)| entry.kind == EntryKind::PrivateKey);
    let keys: Vec<_> = keys.collect();
    let [(index, entry)] = keys.as_slice() else {
        let what = match keys.len() {
            0 => "there is no private key in it".to_owned(),
            count => {
                let names: Vec<_> = keys.iter().map(|(_, entry)| entry.alias.to_string()).collect();
                format!("it holds {count} private keys, {}: which one?", names.join(", "))
            }
        };
        let mut failure = unusable(file, &what);
        if keys.len() > 1 {
            let hint = "give a keystore with one: keytool -importkeystore -srcalias ALIAS takes one out";
            failure.hints.insert(0, hint.to_owned());
        }
        return Err(failure);
    };
    let key = opened.key(*index, &given.password).map_err(|error| failed(&error))?;
    let key = key.ok_or_else(|| unusable(file, "the store's password does not open its private key"))?;
    let chain: Vec<&[u8]> = entry.certificates.iter().map(|certificate| certificate.der()).collect();
    ClientAuth::new(&chain, key.der()).map_err(|error| unusable(file, &error.to_string()))
}

/// The private key of a PEM file; nothing for a file that is no PEM, which may be a key in DER.
fn private_key(octets: &[u8], file: &Path) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, CliError> {
    if !pem::sniff(octets) {
        return Ok(None);
    }
    let scan = pem::scan(octets);
    for piece in &scan.pieces {
        let pem::Kind::Block { label, der, encrypted } = &piece.kind else { continue };
        match label.as_str() {
            "ENCRYPTED PRIVATE KEY" => return Err(encrypted_key(file)),
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if *encrypted => {
                return Err(encrypted_key(file));
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => return Ok(Some(der.clone().into())),
            _ => {}
        }
    }
    let mut failure = unusable(file, "there is no private key in it");
    failure.hints.insert(0, "name the key's file with --client-key".to_owned());
    Err(failure)
}

fn encrypted_key(file: &Path) -> CliError {
    let mut failure = unusable(file, "the private key is encrypted");
    failure.hints.insert(0, "write it without: openssl pkey -in KEY -out PLAIN_KEY".to_owned());
    failure
}

fn unusable(file: &Path, what: &str) -> CliError {
    CliError::new(Exit::Store, CLIENT_CERTIFICATE, format!("{}: {what}", file.display()))
        .hint(format!("`trustmend explain {CLIENT_CERTIFICATE}` tells which files are taken"))
}

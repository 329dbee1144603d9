//! Where stores are: in a Java runtime, in the system, in this program.

use std::path::{Path, PathBuf};

use super::model::Problem;
use super::{Alias, Document, Entry, EntryKind, Format, Protection, Store, StoreError};
use crate::cert::Certificate;
use crate::secret::Password;

/// The trust store of a Java runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaTrustStore {
    /// The file the runtime reads when no `javax.net.ssl.trustStore` is set.
    pub path: PathBuf,
    /// A `cacerts` beside it that the runtime does not read, because of `jssecacerts`.
    pub shadowed: Option<PathBuf>,
}

/// The trust store that the runtime in `java_home` reads: `jssecacerts` if it is there, else `cacerts`
/// (sun/security/ssl/TrustStoreManager.java). In a JDK of version 8 the runtime is in its folder `jre`.
pub fn of_java_home(java_home: &Path) -> Option<JavaTrustStore> {
    let folders = ["jre/lib/security", "lib/security"].map(|folder| java_home.join(folder));
    let folder = folders.iter().find(|folder| folder.is_dir())?;
    let [own, shipped] = ["jssecacerts", "cacerts"].map(|name| folder.join(name));
    match (own.is_file(), shipped.is_file()) {
        (true, shadowed) => Some(JavaTrustStore { path: own, shadowed: shadowed.then_some(shipped) }),
        (false, true) => Some(JavaTrustStore { path: shipped, shadowed: None }),
        (false, false) => None,
    }
}

/// The `cacerts` of the runtime in `java_home` that it does not read, because of its `jssecacerts`.
pub fn shadowed_in(java_home: &Path) -> Option<PathBuf> {
    of_java_home(java_home)?.shadowed
}

/// The store that the runtime in `java_home` ships with, and falls back to; it may not be there.
pub fn cacerts_of(java_home: &Path) -> PathBuf {
    let inner = java_home.join("jre/lib/security");
    let folder = if inner.is_dir() { inner } else { java_home.join("lib/security") };
    folder.join("cacerts")
}

/// The Java runtime that a store belongs to: the folder above `lib/security`, when that is where the file is.
pub fn java_home_of(store: &Path) -> Option<PathBuf> {
    let folder = store.parent().filter(|folder| folder.ends_with("lib/security"))?;
    folder.parent()?.parent().map(Path::to_owned)
}

/// The `jssecacerts` that makes Java pass over this `cacerts`.
pub fn shadow_of(store: &Path) -> Option<PathBuf> {
    let shadow = store.with_file_name("jssecacerts");
    let is_cacerts = store.file_name().is_some_and(|name| name == "cacerts");
    (is_cacerts && java_home_of(store).is_some() && shadow.is_file()).then_some(shadow)
}

/// Mozilla's roots for servers, as they were when this program was built.
pub fn mozilla() -> Store {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    read_only(&MOZILLA, roots.iter().map(AsRef::as_ref), Vec::new())
}

/// The roots the system trusts. Reads the places the system keeps them in, or those that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name.
pub fn os() -> Store {
    let roots = rustls_native_certs::load_native_certs();
    let problems = roots.errors.iter().map(|error| Problem::new(error.to_string())).collect();
    read_only(&OS, roots.certs.iter().map(AsRef::as_ref), problems)
}

fn read_only<'d>(
    format: &'static ReadOnly,
    roots: impl Iterator<Item = &'d [u8]>,
    mut problems: Vec<Problem>,
) -> Store {
    let mut entries: Vec<Entry> = Vec::new();
    let mut names = std::collections::HashMap::new();
    for der in roots {
        match Certificate::from_der(der) {
            Ok(certificate) => {
                let alias = super::pem_bundle::unique(certificate.label(), &mut names);
                let mut entry = Entry::new(alias, EntryKind::TrustedCertificate);
                entry.certificates.push(certificate);
                entry.anchor_for_java = true;
                entries.push(entry);
            }
            Err(error) => problems.push(Problem::new(error.to_string())),
        }
    }
    Store { format, entries, problems, protection: Protection::default() }
}

/// A store that is no file of this program's.
#[derive(Debug)]
struct ReadOnly {
    name: &'static str,
    reason: &'static str,
}

static MOZILLA: ReadOnly = ReadOnly { name: "mozilla", reason: "it is part of this program" };
static OS: ReadOnly = ReadOnly { name: "os", reason: "the system's own tools change it" };

impl ReadOnly {
    fn refuse<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::ReadOnly { format: self.name, reason: self.reason })
    }
}

impl Format for ReadOnly {
    fn name(&self) -> &'static str {
        self.name
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[]
    }

    fn sniff(&self, _bytes: &[u8]) -> bool {
        false
    }

    fn open<'a>(
        &self,
        _bytes: &'a [u8],
        _password: Option<&Password>,
    ) -> Result<Box<dyn Document + 'a>, StoreError> {
        self.refuse()
    }

    fn empty(&self, _password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        self.refuse()
    }

    fn alias(&self, _text: &str) -> Result<Alias, StoreError> {
        self.refuse()
    }

    fn same_alias(&self, one: &Alias, other: &Alias) -> bool {
        one == other
    }
}

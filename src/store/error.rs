//! Why a store cannot be read or changed.

use crate::der::DerError;

/// Why a store cannot be read or changed. The file's path is the caller's to add.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of no octets, which a killed keytool leaves behind.
    #[error("the file is empty")]
    Empty,
    /// None of the formats known.
    #[error("not a certificate store: neither JKS, JCEKS, PKCS12 nor PEM")]
    NotAStore,
    /// A format, algorithm or feature this program does not handle.
    #[error("{what} is not supported; {instead}")]
    Unsupported {
        /// What it is.
        what: String,
        /// What to do instead.
        instead: String,
    },
    /// The file ends before the store does.
    #[error("the {format} store is cut off: it ends inside {what} at offset {offset}")]
    Truncated {
        /// Format name.
        format: &'static str,
        /// What is incomplete.
        what: &'static str,
        /// Where the file ends, or where the incomplete element begins.
        offset: usize,
    },
    /// The structure of the store does not hold.
    #[error("the {format} store is damaged at offset {offset}: {what}")]
    Damaged {
        /// Format name.
        format: &'static str,
        /// What is wrong.
        what: String,
        /// Where.
        offset: usize,
    },
    /// The ASN.1 structure of the store does not hold.
    #[error("the {format} store is damaged in {part}")]
    Der {
        /// Format name.
        format: &'static str,
        /// Which part; offsets in `source` count from its start.
        part: &'static str,
        /// What is wrong there.
        #[source]
        source: DerError,
    },
    /// The password does not open the store. JKS and JCEKS cannot tell that from a changed file.
    #[error("{}", wrong_password(*.or_changed))]
    WrongPassword {
        /// Whether a changed file looks the same.
        or_changed: bool,
    },
    /// The store cannot be read or written without its password.
    #[error("{what} needs the store's password")]
    PasswordNeeded {
        /// What was asked for.
        what: &'static str,
    },
    /// More iterations of the key derivation than Java accepts (PKCS12KeyStore.java, MAX_ITERATION_COUNT), or than any
    /// store needs altogether.
    #[error("{iterations} iterations for {what} are more than the {limit} accepted")]
    IterationsTooHigh {
        /// Which derivation.
        what: &'static str,
        /// The count in the file.
        iterations: u32,
        /// The most accepted.
        limit: u32,
    },
    /// An entry with this alias is already there.
    #[error("alias {alias:?} already exists")]
    AliasExists {
        /// The alias, as it stands in the store.
        alias: String,
    },
    /// No entry has this alias.
    #[error("no entry has the alias {alias:?}")]
    AliasNotFound {
        /// The alias.
        alias: String,
    },
    /// Several entries have this alias, and nothing says which one is meant.
    #[error("{count} entries have the alias {alias:?}; name one by its fingerprint")]
    AliasAmbiguous {
        /// The alias.
        alias: String,
        /// How many.
        count: usize,
    },
    /// The format cannot hold this alias.
    #[error("alias {alias:?} cannot be used in a {format} store: {reason}")]
    AliasInvalid {
        /// Format name.
        format: &'static str,
        /// The alias.
        alias: String,
        /// Why.
        reason: &'static str,
    },
    /// The entry is of a kind that this edit does not apply to.
    #[error("the entry {alias:?} is not a trusted certificate")]
    NotTrustedCertificate {
        /// The alias.
        alias: String,
    },
    /// Java does not load the store as it is, so a change could hide or lose what is wrong with it.
    #[error("the store is not changed, because Java refuses to load it: {}{why}", of_alias(alias.as_deref()))]
    JavaRefuses {
        /// What Java refuses.
        why: String,
        /// The entry to remove, if it is one.
        alias: Option<String>,
    },
    /// A key that the store's password does not open, so it cannot be closed with another.
    #[error("the key {alias:?} does not open with the store's password: it has one of its own")]
    KeyPassword {
        /// The alias.
        alias: String,
    },
    /// The store is not a file of this program's to change.
    #[error("the {format} store is read-only: {reason}")]
    ReadOnly {
        /// Format name.
        format: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A private key that is not PKCS #8.
    #[error("the private key is not in PKCS #8 form")]
    Key(#[source] DerError),
    /// The system gave no random octets.
    #[error("the system's random number generator failed")]
    Random,
}

fn of_alias(alias: Option<&str>) -> String {
    alias.map_or_else(String::new, |alias| format!("entry {alias:?}: "))
}

fn wrong_password(or_changed: bool) -> &'static str {
    if or_changed {
        "the password is wrong, or the file was changed by something that did not know it"
    } else {
        "the password is wrong"
    }
}

//! What a JVM finds in the store it reads, opened as its options tell it to.

use super::choice::{Choice, Why};
use super::trouble::{Trouble, Weight};
use crate::fs::{self, PathError};
use crate::path::java::Options;
use crate::store::{self, StoreError};

/// Largest store read: the platform's own take 170 KiB.
const MAX_STORE: u64 = 64 << 20;
/// The types of store whose octets can be judged; another type has a provider of its own.
const TYPES: [&str; 3] = ["jks", "pkcs12", "jceks"];

/// Why a JVM that is started with these options trusts nothing, if it is for what the store holds.
pub(super) fn of(choice: &Choice, options: &Options, found: &mut Vec<Trouble>) {
    // A product opens a store of its own with a password of its own.
    let is_own = matches!(choice.why, Why::Product | Why::Configuration { .. });
    let other = |name: &str| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(name));
    if !choice.exists || is_own || choice.store_type.as_deref().is_some_and(other) {
        return;
    }
    let path = choice.path.display();
    let mut tell = |code, why: String| {
        found.push(Trouble::new(code, Weight::Error, format!("{path}: {why}")));
    };
    let octets = match fs::read(&choice.on_disk, MAX_STORE) {
        Ok(octets) => octets,
        // Whether the JVM may read it is not known from here.
        Err(PathError::Denied { .. }) => return,
        Err(error) => return tell("store-unreadable", error.to_string()),
    };
    let password = options.trust_store_password();
    let store = match store::decode(&octets, password) {
        Ok(store) => store,
        Err(StoreError::Unsupported { .. }) => return,
        Err(StoreError::WrongPassword { .. }) => {
            let why = "the password that the JVM is given does not open it, and so it trusts nobody";
            return tell("store-unreadable", why.to_owned());
        }
        Err(error) => return tell("store-unreadable", format!("{error}; a JVM that reads it trusts nobody")),
    };
    if let Some(why) = store::java_refusal(&store, choice.store_type.as_deref()) {
        tell("store-unreadable", why);
    } else if store.anchors().next().is_none() {
        let is_encrypted = password.is_none() && !store.protection.encryption.is_empty();
        tell("store-empty-for-java", if is_encrypted { ENCRYPTED } else { EMPTY }.to_owned());
    }
}

const ENCRYPTED: &str =
    "its entries are encrypted, and the JVM is given no javax.net.ssl.trustStorePassword: it trusts nobody";
const EMPTY: &str = "it holds nothing that Java trusts";

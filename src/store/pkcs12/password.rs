//! Another password for a PKCS #12 store: whatever the old one closes is closed with the new one, by the algorithm and
//! with the iterations it has, and a fresh salt.

use std::collections::HashMap;

use super::pbe::{Pbe, Secret};
use super::safe::MAX_ITERATIONS;
use super::safe_bag::{Bag, Item};
use super::view::Seen;
use super::{Pfx, damaged, pfx};
use crate::der::{self, Reader, tag};
use crate::secret::Password;
use crate::store::{Pkcs8, StoreError};

/// Changes the password that `pfx` was opened with.
pub(super) fn change(pfx: &mut Pfx, new: &Password) -> Result<(), StoreError> {
    const CHANGING: StoreError = StoreError::PasswordNeeded { what: "changing the password" };
    let new = Secret::readings(new).into_iter().next().ok_or(CHANGING)?;
    let old = pfx.secret.take().ok_or(CHANGING)?;
    let own = |seen: Seen| seen.places.first().map(|place| (*place, seen.entry.alias));
    let names: HashMap<_, _> = pfx.view().into_iter().filter_map(own).collect();
    let mut protected = pfx.needs_password();
    let mut keys = Keys { old, new, iterations: 0 };
    for (outer, safe) in pfx.safes.iter_mut().enumerate() {
        safe.changed |= safe.sealing.is_encrypted();
        for (inner, bag) in safe.bags.iter_mut().enumerate() {
            let alias = names.get(&(outer, inner)).map(ToString::to_string);
            let changed = keys.change(bag, &alias.unwrap_or_default())?;
            safe.changed |= changed;
            protected |= changed;
        }
    }
    if !protected {
        return Err(StoreError::Unsupported {
            what: "a password for a store that has none".to_owned(),
            instead: "convert it to a store with a password".to_owned(),
        });
    }
    pfx.mac = match pfx.mac.take() {
        Some(mac) => Some(Ok(mac?.renewed()?)),
        None => None,
    };
    pfx.secret = Some(keys.new);
    Ok(())
}

/// The private key in a bag; `None` if it has none, or `password` does not open it.
pub(super) fn key(bag: &Bag, password: &Password) -> Result<Option<Pkcs8>, StoreError> {
    let encrypted = match &bag.item {
        Item::ShroudedKey { .. } => bag.encrypted_key().map_err(damaged)?,
        _ => None,
    };
    let Some(encrypted) = encrypted else { return Ok(None) };
    let (scheme, octets) = parts(&encrypted)?;
    let open =
        |secret: Secret| scheme.decrypt(&octets, &secret).and_then(|plain| Pkcs8::from_der(plain).ok());
    Ok(Secret::readings(password).into_iter().find_map(open))
}

/// The scheme and the octets of an EncryptedPrivateKeyInfo.
fn parts(encrypted: &[u8]) -> Result<(Pbe, Vec<u8>), StoreError> {
    let key = Reader::new(encrypted).required(tag::SEQUENCE, "an encrypted key").map_err(damaged)?;
    let mut fields = key.children();
    let algorithm = fields.required(tag::SEQUENCE, "an algorithm").map_err(damaged)?;
    let octets = fields.any("an encrypted key").and_then(|octets| octets.octets("an encrypted key"));
    Ok((Pbe::read(algorithm.whole())?, octets.map_err(damaged)?.into_owned()))
}

/// From which password to which, and what that has cost so far.
struct Keys {
    old: Secret,
    new: Secret,
    iterations: u32,
}

impl Keys {
    /// Whether the bag held something the password protects.
    fn change(&mut self, bag: &mut Bag, alias: &str) -> Result<bool, StoreError> {
        let encrypted = match &bag.item {
            Item::ShroudedKey { .. } | Item::Secret => bag.encrypted_key().map_err(damaged)?,
            Item::Nested(_) => None,
            _ => return Ok(false),
        };
        let encrypted = encrypted.ok_or_else(|| StoreError::Unsupported {
            what: format!("another password for {alias:?}, of a kind that Java does not write,"),
            instead: "remove it first, or use the program that wrote it".to_owned(),
        })?;
        let changed = self.reseal(&encrypted)?;
        let changed = changed.ok_or_else(|| StoreError::KeyPassword { alias: alias.to_owned() })?;
        bag.replace_key(&changed).map_err(damaged)?;
        Ok(true)
    }

    /// `None` if the old password does not open it.
    fn reseal(&mut self, encrypted: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let (scheme, octets) = parts(encrypted)?;
        self.iterations = self.iterations.saturating_add(scheme.iterations());
        if self.iterations > MAX_ITERATIONS {
            let (what, iterations) = ("all keys together", self.iterations);
            return Err(StoreError::IterationsTooHigh { what, iterations, limit: MAX_ITERATIONS });
        }
        let plain = scheme.decrypt(&octets, &self.old).and_then(|plain| Pkcs8::from_der(plain).ok());
        let Some(plain) = plain else { return Ok(None) };
        let scheme = scheme.renewed()?;
        let octets = scheme.encrypt(plain.der(), &self.new);
        let octets = octets.ok_or_else(|| pfx::unsupported("this salt or IV".to_owned()))?;
        Ok(Some(der::sequence(&[scheme.der(), &der::octet_string(&octets)])))
    }
}

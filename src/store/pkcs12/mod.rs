//! PKCS #12 (RFC 7292), read and written as Java does (sun/security/pkcs12/PKCS12KeyStore.java).
//!
//! A PFX holds safes, a safe holds bags. An addition is a new safe behind the others, protected as they are; a removal
//! or a new name opens the one safe that holds the bag. Every other safe keeps its octets, and the MAC is made anew
//! with the algorithm, salt and iterations it had.

mod attributes;
pub(super) mod cipher;
mod hash;
mod mac;
mod password;
mod pbe;
mod pfx;
mod safe;
mod safe_bag;
mod view;

use time::OffsetDateTime;

use self::attributes::Attributes;
use self::mac::Mac;
use self::pbe::{Pbe, Secret};
use self::safe::{Safe, Sealing};
use self::safe_bag::{Bag, Item};
use self::view::{Place, Seen};
use super::model::Problem;
use super::{Algorithm, Alias, Document, Entry, Format, NewKey, Pkcs8, Protection, StoreError};
use crate::cert::Certificate;
use crate::der;
use crate::secret::Password;

/// The name of the format.
const NAME: &str = "pkcs12";

/// PKCS #12, the default store of Java from 9.
#[derive(Debug)]
pub(super) struct Pkcs12;

impl Format for Pkcs12 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["p12", "pfx", "pkcs12"]
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        pfx::sniff(bytes)
    }

    fn open<'a>(
        &self,
        bytes: &'a [u8],
        password: Option<&Password>,
    ) -> Result<Box<dyn Document + 'a>, StoreError> {
        Ok(Box::new(read(bytes, password)?))
    }

    fn empty(&self, password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        let safes = der::sequence::<&[u8]>(&[]);
        let secret = password.and_then(|password| Secret::readings(password).into_iter().next());
        let mac = secret.map(|secret| Mac::java17()?.of(&safes, &secret)).transpose()?;
        Ok(pfx::write(&safes, mac.as_deref(), &[]))
    }

    fn alias(&self, text: &str) -> Result<Alias, StoreError> {
        // Java from 10 lowers trusted aliases when it looks them up, Java 8 does not: lower case suits both.
        Ok(Alias::new(text.to_lowercase()))
    }

    fn same_alias(&self, one: &Alias, other: &Alias) -> bool {
        one.java_key() == other.java_key()
    }
}

/// A store taken apart.
struct Pfx {
    safes: Vec<Safe>,
    mac: Option<Result<Mac, StoreError>>,
    tail: Vec<u8>,
    end: usize,
    /// Whether the AuthenticatedSafe leaves its length open.
    indefinite: bool,
    /// The reading of the password that opened it.
    secret: Option<Secret>,
    /// The safes that this edit added: for certificates, for keys.
    added: [Option<usize>; 2],
}

fn read(bytes: &[u8], password: Option<&Password>) -> Result<Pfx, StoreError> {
    let pfx = pfx::read(bytes)?;
    let mac = pfx.mac.map(Mac::read);
    let (mac, secret) = match password {
        // Without a password nobody looks at the MAC, so it may be one that cannot be checked.
        None => (mac, None),
        Some(password) => {
            let mac = mac.transpose()?;
            let secret = open(&pfx.safes, mac.as_ref(), password)?;
            (mac.map(Ok), Some(secret))
        }
    };
    let safes = safe::read_all(&pfx.safes, secret.as_ref())?;
    let (tail, indefinite) = (pfx.tail.to_vec(), pfx::is_indefinite(&pfx.safes));
    Ok(Pfx { safes, mac, tail, end: pfx.end, indefinite, secret, added: [None; 2] })
}

/// The reading of the password that the MAC, or without one the encryption, agrees with.
fn open(safes: &[u8], mac: Option<&Mac>, password: &Password) -> Result<Secret, StoreError> {
    for reading in Secret::readings(password) {
        let fits = match mac {
            Some(mac) => mac.verifies(safes, &reading),
            None => safe::opens(safes, &reading)?,
        };
        if fits {
            return Ok(reading);
        }
    }
    Err(StoreError::WrongPassword { or_changed: false })
}

impl Pfx {
    fn view(&self) -> Vec<Seen> {
        view::view(self.safes.iter().map(|safe| safe.bags.as_slice()))
    }

    fn secret(&self, what: &'static str) -> Result<&Secret, StoreError> {
        self.secret.as_ref().ok_or(StoreError::PasswordNeeded { what })
    }

    /// Whether anything in it is protected by a password, keys aside.
    fn needs_password(&self) -> bool {
        self.mac.is_some() || self.safes.iter().any(|safe| safe.sealing.is_encrypted())
    }

    fn mac_problem(&self) -> Option<Problem> {
        match self.mac.as_ref()? {
            Ok(mac) => mac.java_refuses().map(|why| {
                let problem = Problem::new(why);
                // Without a password Java does not look.
                match self.secret.is_some() {
                    true if mac.is_pbmac1() => problem.java_alone_refuses(),
                    true => problem.java_refuses(),
                    false => problem,
                }
            }),
            Err(error) => Some(Problem::new(format!("the integrity check cannot be read: {error}"))),
        }
    }

    /// How new certificates are kept: as those already there, else as keytool of JDK 17 would.
    fn sealing(&self) -> Result<Sealing, StoreError> {
        let encrypted = self.safes.iter().rev().find_map(|safe| safe.sealing.scheme());
        if let Some(scheme) = encrypted {
            return Ok(Sealing::Encrypted(scheme.renewed()?));
        }
        let certificate = |bag: &Bag| matches!(bag.item, Item::Certificate(_));
        let plain = self.safes.iter().flat_map(|safe| &safe.bags).any(certificate);
        if plain || self.mac.is_none() { Ok(Sealing::Plain) } else { Pbe::java17().map(Sealing::Encrypted) }
    }

    /// The last safe, where an addition goes when there are several already: each encrypted safe costs whoever opens the
    /// store a key derivation. It must hold what earlier additions put there, and nothing else.
    fn open_ended(&self) -> Option<usize> {
        let added = |bag: &Bag| bag.attributes.trusted && matches!(bag.item, Item::Certificate(_));
        let several = self.safes.iter().filter(|safe| safe.sealing.is_encrypted()).count() > OWN_SAFES;
        let last = self.safes.last()?;
        let ours = matches!(last.sealing, Sealing::Encrypted(_)) && last.bags.iter().all(added);
        (several && ours).then(|| self.safes.len() - 1)
    }

    /// The EncryptedPrivateKeyInfo of a PrivateKeyInfo, and its scheme: that of the certificates if they are encrypted.
    fn shroud(&self, key: &[u8]) -> Result<(Vec<u8>, Pbe), StoreError> {
        let scheme = match self.safes.iter().rev().find_map(|safe| safe.sealing.scheme()) {
            Some(scheme) => scheme.renewed()?,
            None => Pbe::java17()?,
        };
        let octets = scheme.encrypt(key, self.secret("adding a private key")?);
        let octets = octets.ok_or_else(|| pfx::unsupported("this salt or IV".to_owned()))?;
        Ok((der::sequence(&[scheme.der(), &der::octet_string(&octets)]), scheme))
    }

    /// Puts a bag into the safe this edit added for its kind.
    fn add(
        &mut self,
        slot: usize,
        sealing: impl FnOnce(&Self) -> Result<Sealing, StoreError>,
        bag: Bag,
    ) -> Result<(), StoreError> {
        let known = self.added.get(slot).copied().flatten();
        let index = match known {
            Some(index) => index,
            None => match self.open_ended().filter(|_| slot == CERTIFICATES && bag.attributes.trusted) {
                Some(index) => index,
                None => {
                    let sealing = sealing(self)?;
                    self.safes.push(Safe::new(sealing));
                    self.safes.len() - 1
                }
            },
        };
        if let Some(added) = self.added.get_mut(slot) {
            *added = Some(index);
        }
        if let Some(safe) = self.safes.get_mut(index) {
            safe.changed = true;
            safe.bags.push(bag);
        }
        Ok(())
    }
}

/// How many additions get an encrypted safe of their own, which leaves the store as it was when they are taken back.
const OWN_SAFES: usize = 8;
const CERTIFICATES: usize = 0;
const KEYS: usize = 1;

impl Document for Pfx {
    fn entries(&self) -> Vec<Entry> {
        self.view().into_iter().map(|seen| seen.entry).collect()
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<_> =
            self.safes.iter().filter_map(|safe| safe.problem(self.secret.as_ref())).collect();
        problems.extend(self.view().iter().filter_map(Seen::problem));
        problems.extend(self.mac_problem());
        if self.secret.as_ref().is_some_and(|secret| !secret.ascii) && self.needs_password() {
            problems.push(Problem::new("Java before 25 takes no password beyond ASCII for a PKCS12 store"));
        }
        if !self.tail.is_empty() {
            let message =
                format!("{} octets behind the end of the store, which Java ignores", self.tail.len());
            problems.push(Problem::new(message).at(self.end));
        }
        problems
    }

    fn protection(&self) -> Protection {
        let mut encryption: Vec<_> = self.safes.iter().filter_map(|safe| safe.sealing.algorithm()).collect();
        encryption.dedup();
        let mut keys: Vec<Algorithm> = Vec::new();
        for bag in self.safes.iter().flat_map(|safe| &safe.bags) {
            let Item::ShroudedKey { algorithm } = &bag.item else { continue };
            let algorithm = algorithm.clone().unwrap_or_else(unknown);
            if !keys.contains(&algorithm) {
                keys.push(algorithm);
            }
        }
        let integrity = self.mac.as_ref().map(|mac| mac.as_ref().map_or_else(|_| unknown(), Mac::algorithm));
        Protection { checked: integrity.is_some() && self.secret.is_some(), integrity, encryption, keys }
    }

    fn add_trusted(
        &mut self,
        alias: &Alias,
        certificate: &Certificate,
        _created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let bag = Bag::certificate(certificate, Attributes::trusted(alias.as_str()));
        self.add(CERTIFICATES, Self::sealing, bag)
    }

    fn replace(
        &mut self,
        index: usize,
        certificate: &Certificate,
        _created: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let place = self.view().get(index).and_then(|seen| seen.places.first().copied());
        let Some((safe, index)) = place else { return Ok(()) };
        let Some(safe) = self.safes.get_mut(safe) else { return Ok(()) };
        if let Some(bag) = safe.bags.get_mut(index) {
            *bag = Bag::certificate(certificate, std::mem::take(&mut bag.attributes));
            safe.changed = true;
        }
        Ok(())
    }

    fn remove(&mut self, index: usize) -> Result<(), StoreError> {
        let mut view = self.view();
        if index >= view.len() {
            return Ok(());
        }
        let mut places = view.remove(index).places;
        // What only serves a chain stays if another entry has it too.
        let own = places.first().copied();
        let needed = |place: &Place| view.iter().any(|other| other.places.contains(place));
        places.retain(|place| Some(*place) == own || !needed(place));
        places.sort_unstable();
        for (safe, bag) in places.into_iter().rev() {
            if let Some(safe) = self.safes.get_mut(safe) {
                safe.changed = true;
                safe.bags.remove(bag);
            }
        }
        Ok(())
    }

    fn rename(&mut self, index: usize, to: &Alias) -> Result<(), StoreError> {
        let Some(Seen { entry, places, .. }) = self.view().into_iter().nth(index) else { return Ok(()) };
        let same_name = |bag: &Bag| {
            let name = bag.attributes.friendly_name.as_ref();
            name.is_some_and(|name| name.to_lowercase() == entry.alias.java_key())
        };
        // A key's own certificate, which is next, goes along if it has the same name.
        for (position, (safe, index)) in places.into_iter().take(2).enumerate() {
            let Some(safe) = self.safes.get_mut(safe) else { continue };
            if let Some(bag) = safe.bags.get_mut(index).filter(|bag| position == 0 || same_name(bag)) {
                bag.rename(to.as_str()).map_err(damaged)?;
                safe.changed = true;
            }
        }
        Ok(())
    }

    fn repair(&mut self, index: usize, to: &Alias) -> Result<(), StoreError> {
        let place = self.view().get(index).and_then(|seen| seen.places.first().copied());
        let bag = place.and_then(|(safe, index)| self.safes.get(safe)?.bags.get(index));
        let (Some((safe, index)), Some(bag)) = (place, bag) else { return Ok(()) };
        let shrouded = match bag.plain_key().map_err(damaged)? {
            Some(key) => Some(self.shroud(&key)?),
            None => None,
        };
        let Some(safe) = self.safes.get_mut(safe) else { return Ok(()) };
        let Some(bag) = safe.bags.get_mut(index) else { return Ok(()) };
        safe.changed = true;
        if matches!(bag.item, Item::Nested(_)) {
            let unpacked = bag.unpacked().map_err(damaged)?;
            safe.bags.splice(index..=index, unpacked);
            return Ok(());
        }
        if let Some((encrypted, scheme)) = shrouded {
            *bag = Bag::shrouded_key(&encrypted, &scheme, std::mem::take(&mut bag.attributes));
        } else if !bag.attributes.trusted {
            bag.attributes.mark_trusted();
        }
        bag.rename(to.as_str()).map_err(damaged)
    }

    fn add_key(&mut self, new: NewKey<'_>, _password: &Password) -> Result<(), StoreError> {
        let (encrypted, scheme) = self.shroud(new.key.der())?;
        let milliseconds = new.created.unix_timestamp_nanos() / 1_000_000;
        let key_id = format!("Time {milliseconds}").into_bytes();
        let alias = new.alias.as_str();
        let key = Bag::shrouded_key(&encrypted, &scheme, Attributes::of_key(alias, &key_id));
        self.add(KEYS, |_| Ok(Sealing::Plain), key)?;
        for (index, certificate) in new.chain.iter().enumerate() {
            let attributes = if index == 0 {
                Attributes::of_key(alias, &key_id)
            } else {
                Attributes::named(&certificate.subject().to_string())
            };
            self.add(CERTIFICATES, Self::sealing, Bag::certificate(certificate, attributes))?;
        }
        Ok(())
    }

    fn key(&self, index: usize, password: &Password) -> Result<Option<Pkcs8>, StoreError> {
        let place = self.view().get(index).and_then(|seen| seen.places.first().copied());
        let bag = place.and_then(|(safe, bag)| self.safes.get(safe)?.bags.get(bag));
        bag.map_or(Ok(None), |bag| password::key(bag, password))
    }

    fn change_password(&mut self, _old: &Password, new: &Password) -> Result<(), StoreError> {
        password::change(self, new)
    }

    fn encode(&self, _password: Option<&Password>) -> Result<Vec<u8>, StoreError> {
        const WRITING: &str = "writing a PKCS12 store that is protected by one";
        let mut infos = Vec::new();
        for safe in self.safes.iter().filter(|safe| !(safe.changed && safe.bags.is_empty())) {
            infos.push(safe.encode(|| self.secret(WRITING))?);
        }
        let safes = pfx::sequence(self.indefinite, &infos);
        let mac = match &self.mac {
            Some(Ok(mac)) => Some(mac.of(&safes, self.secret(WRITING)?)?),
            Some(Err(_)) => return Err(StoreError::PasswordNeeded { what: WRITING }),
            None => None,
        };
        Ok(pfx::write(&safes, mac.as_deref(), &self.tail))
    }
}

fn unknown() -> Algorithm {
    Algorithm { name: "unknown".to_owned(), iterations: None }
}

fn damaged(source: der::DerError) -> StoreError {
    StoreError::Der { format: NAME, part: "a bag", source }
}

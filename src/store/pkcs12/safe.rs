//! The safes of a PFX: a ContentInfo each, plain or encrypted, full of bags.

use super::pbe::{Pbe, Secret};
use super::pfx::{self, Content};
use super::safe_bag::{self, Bag};
use zeroize::Zeroizing;

use crate::der::{DerError, Reader, tag};
use crate::store::model::Problem;
use crate::store::{Algorithm, MAX_ENTRIES, StoreError, too_many_entries};

/// Most safes taken: each encrypted one costs a key derivation.
const MAX_SAFES: usize = 10_000;
/// Most iterations of key derivation in one store: half a minute, or 5,000 imports into a store of JDK 17.
pub(super) const MAX_ITERATIONS: u32 = 50_000_000;

/// A safe.
pub(super) struct Safe {
    /// The ContentInfo, as encoded.
    raw: Vec<u8>,
    pub(super) sealing: Sealing,
    pub(super) bags: Vec<Bag>,
    /// Whether `raw` no longer holds what `bags` does.
    pub(super) changed: bool,
    /// Whether its SafeContents leaves its length open.
    indefinite: bool,
}

/// How a safe is closed.
pub(super) enum Sealing {
    Plain,
    Encrypted(Pbe),
    /// Encrypted, and no password was given; the scheme, if it is known.
    Closed(Option<Pbe>),
}

impl Sealing {
    pub(super) fn is_encrypted(&self) -> bool {
        !matches!(self, Self::Plain)
    }

    /// How it is encrypted.
    pub(super) fn scheme(&self) -> Option<&Pbe> {
        match self {
            Self::Plain => None,
            Self::Encrypted(scheme) => Some(scheme),
            Self::Closed(scheme) => scheme.as_ref(),
        }
    }

    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        self.scheme().map(Pbe::algorithm)
    }
}

/// The safes of an AuthenticatedSafe.
pub(super) fn read_all(safes: &[u8], secret: Option<&Secret>) -> Result<Vec<Safe>, StoreError> {
    let infos = each(safes)?;
    if secret.is_some() {
        bound_work(&infos)?;
    }
    let mut safes = Vec::new();
    let mut bags = 0;
    for (raw, content) in infos {
        let safe = read(raw, &content, secret)?;
        bags += safe.bags.len();
        if bags > MAX_ENTRIES {
            return Err(too_many_entries());
        }
        safes.push(safe);
    }
    Ok(safes)
}

/// Whether that password opens every encrypted safe, where there is no MAC to ask.
pub(super) fn opens(safes: &[u8], secret: &Secret) -> Result<bool, StoreError> {
    let infos = each(safes)?;
    bound_work(&infos)?;
    for (_, content) in infos {
        if let Content::Encrypted { algorithm, octets } = content {
            let plain = Pbe::read(algorithm)?.decrypt(&octets, secret);
            if plain.and_then(|plain| safe_bag::read_all(&plain).ok()).is_none() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// A file can ask for more work than its size shows: each safe is bounded, and so is their sum.
fn bound_work(infos: &[(&[u8], Content<'_>)]) -> Result<(), StoreError> {
    let mut iterations = 0_u32;
    for (_, content) in infos {
        if let Content::Encrypted { algorithm, .. } = content {
            iterations = iterations.saturating_add(Pbe::read(algorithm)?.iterations());
        }
    }
    if iterations > MAX_ITERATIONS {
        let what = "all encrypted parts together";
        return Err(StoreError::IterationsTooHigh { what, iterations, limit: MAX_ITERATIONS });
    }
    Ok(())
}

fn each(safes: &[u8]) -> Result<Vec<(&[u8], Content<'_>)>, StoreError> {
    let mut infos = Vec::new();
    let mut outer = Reader::new(safes);
    let mut reader = outer.required(tag::SEQUENCE, "AuthenticatedSafe").map_err(damaged)?.children();
    outer.finish("AuthenticatedSafe").map_err(damaged)?;
    while let Some(info) = reader.next().map_err(damaged)? {
        if infos.len() == MAX_SAFES {
            return Err(pfx::unsupported(format!("more than {MAX_SAFES} safes")));
        }
        let content = pfx::content_info(&info).map_err(damaged)?;
        infos.push((info.whole(), content));
    }
    Ok(infos)
}

fn read(raw: &[u8], content: &Content<'_>, secret: Option<&Secret>) -> Result<Safe, StoreError> {
    let contents = |octets: &[u8]| Ok((safe_bag::read_all(octets)?, pfx::is_indefinite(octets)));
    let (sealing, (bags, indefinite)) = match (content, secret) {
        (Content::Data(octets), _) => (Sealing::Plain, contents(octets).map_err(damaged)?),
        (Content::Encrypted { algorithm, octets }, Some(secret)) => {
            let scheme = Pbe::read(algorithm)?;
            let plain = scheme.decrypt(octets, secret);
            let opened = plain.and_then(|plain| contents(&plain).ok());
            // The MAC has vouched for the password already.
            let opened = opened.ok_or_else(|| StoreError::Unsupported {
                what: "a safe with a password of its own".to_owned(),
                instead: "open it with the program that wrote it".to_owned(),
            })?;
            (Sealing::Encrypted(scheme), opened)
        }
        (Content::Encrypted { algorithm, .. }, None) => {
            (Sealing::Closed(Pbe::read(algorithm).ok()), (Vec::new(), false))
        }
        (other @ Content::Other(_), _) => {
            return Err(pfx::unsupported(format!("a safe protected by {}", other.name())));
        }
    };
    Ok(Safe { raw: raw.to_vec(), sealing, bags, changed: false, indefinite })
}

impl Safe {
    /// A new, empty one.
    pub(super) fn new(sealing: Sealing) -> Self {
        Self { raw: Vec::new(), sealing, bags: Vec::new(), changed: true, indefinite: false }
    }

    /// `secret` is the password that opened it.
    pub(super) fn problem(&self, secret: Option<&Secret>) -> Option<Problem> {
        match (&self.sealing, secret) {
            (Sealing::Plain, _) => None,
            (Sealing::Encrypted(scheme), Some(secret)) => {
                scheme.java_refuses(secret).map(|why| Problem::new(why).java_refuses())
            }
            _ => {
                let message =
                    "an encrypted part was left out, because no password was given; Java leaves it out too";
                Some(Problem::new(message))
            }
        }
    }

    /// The ContentInfo: as it was, or with a new salt and IV if its bags changed.
    pub(super) fn encode<'s>(
        &self,
        secret: impl FnOnce() -> Result<&'s Secret, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        if !self.changed {
            return Ok(self.raw.clone());
        }
        let raw: Vec<&[u8]> = self.bags.iter().map(|bag| bag.raw.as_slice()).collect();
        let contents = Zeroizing::new(pfx::sequence(self.indefinite, &raw));
        let Some(scheme) = self.sealing.scheme() else { return Ok(pfx::data(&contents)) };
        let (scheme, secret) = (scheme.renewed()?, secret()?);
        let octets = scheme.encrypt(&contents, secret);
        let octets = octets.ok_or_else(|| pfx::unsupported("this salt or IV".to_owned()))?;
        Ok(pfx::encrypted(scheme.der(), &octets))
    }
}

fn damaged(source: DerError) -> StoreError {
    StoreError::Der { format: super::NAME, part: "its safes", source }
}

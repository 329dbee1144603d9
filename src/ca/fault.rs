//! Leaves that are broken on purpose, to see what clients make of them.

use std::fmt;
use std::str::FromStr;

use time::{Duration, OffsetDateTime};

use super::key::Hash;
use super::{Authority, CaError, Issued, LeafName, Request, SigningKey, Validity};
use crate::cert::GeneralName;

/// What is wrong with the leaf, or with what the server sends. Everything else is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It ended yesterday.
    Expired,
    /// It begins in a month.
    NotYetValid,
    /// It is for `wrong-name.test` and none of the names asked for.
    WrongName,
    /// The first name stands in the common name alone.
    NoSan,
    /// An RSA key of 768 bits.
    WeakKey,
    /// The authority's signature is over SHA-1.
    Sha1,
    /// The chain ends with the leaf.
    MissingIntermediate,
    /// The root stands before the intermediate.
    WrongOrder,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::NoSan,
        Self::WeakKey,
        Self::Sha1,
        Self::MissingIntermediate,
        Self::WrongOrder,
    ];

    /// What it is, for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Expired => "It ended yesterday",
            Self::NotYetValid => "It begins in a month",
            Self::WrongName => "It is for wrong-name.test instead of the names given",
            Self::NoSan => "The first name is in the common name alone",
            Self::WeakKey => "Its RSA key has 768 bits",
            Self::Sha1 => "It is signed over SHA-1, which Java refuses from its own roots only",
            Self::MissingIntermediate => "The server will not send its intermediate",
            Self::WrongOrder => "The server will send the root before the intermediate",
        }
    }

    /// As the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongName => "wrong-name",
            Self::NoSan => "no-san",
            Self::WeakKey => "weak-key",
            Self::Sha1 => "sha1",
            Self::MissingIntermediate => "missing-intermediate",
            Self::WrongOrder => "wrong-order",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = CaError;

    fn from_str(text: &str) -> Result<Self, CaError> {
        let known = Self::ALL.into_iter().find(|fault| fault.name() == text);
        known.ok_or_else(|| CaError::Fault { text: text.to_owned() })
    }
}

impl Authority {
    /// Signs a leaf with one fault. The names have to lie within the limits all the same.
    ///
    /// # Errors
    /// As [`Authority::issue`]; [`CaError::Generation`] if the authority's key cannot sign over SHA-1.
    pub fn issue_with(
        &self,
        fault: Fault,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Issued, CaError> {
        let mut request = request.clone();
        let mut key = None;
        let mut hash = Hash::Strong;
        match fault {
            Fault::Expired => request.validity = life(now, -90, -1),
            Fault::NotYetValid => request.validity = life(now, 30, 120),
            Fault::WrongName => {
                request.names = vec![LeafName::plain(GeneralName::Dns("wrong-name.test".to_owned()))];
            }
            Fault::WeakKey => key = Some(SigningKey::weak()?),
            Fault::Sha1 => hash = Hash::Sha1,
            Fault::NoSan | Fault::MissingIntermediate | Fault::WrongOrder => {}
        }
        self.refuse_outside_limits(&request.general_names()?)?;
        let key = key.map_or_else(|| SigningKey::generate(request.key), Ok)?;
        let mut template = self.template(key.spki(), &request)?;
        if fault == Fault::NoSan {
            template.drop_alternative_names();
        }
        let mut signed = self.signed(&template, &request, hash)?;
        match fault {
            Fault::MissingIntermediate => signed.withheld = std::mem::take(&mut signed.chain),
            Fault::WrongOrder => signed.chain.insert(0, self.root().clone()),
            _ => {}
        }
        Ok(Issued { signed, key })
    }
}

/// A life told in days from now.
fn life(now: OffsetDateTime, from: i64, to: i64) -> Validity {
    let now = now.replace_nanosecond(0).unwrap_or(now);
    let at = |days| now.saturating_add(Duration::days(days));
    Validity { not_before: at(from), not_after: at(to) }
}

//! DSA signatures (FIPS 186-4 section 4.7): nobody makes new ones, and Java still takes them in chains.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};

use super::ec::numbers;
use super::hash::Hash;
use super::{Outcome, outcome};
use crate::cert::PublicKey;
use crate::der::{Reader, tag};

/// Sizes of p and q calculated with, in octets. FIPS 186-4 has 3072 and 256 bits at most; keytool makes no others.
const MAX_P: usize = 512;
const MAX_Q: usize = 64;

/// DSA with any hash. A hash longer than q counts as far as q has whole octets, as in sun.security.provider.DSA.
pub(super) fn dsa(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> Outcome {
    let Some(group) = Group::of(key) else {
        return Outcome::Unsupported { what: "DSA with these parameters".to_owned() };
    };
    let Some((r, s)) = numbers(signature) else { return Outcome::Invalid };
    outcome(group.holds(&hash.digest(message), r, s).unwrap_or(false))
}

/// Dss-Parms and a public key (RFC 3279 section 2.3.2).
struct Group {
    q: Odd<BoxedUint>,
    g: BoxedMontyForm,
    y: BoxedMontyForm,
}

impl Group {
    /// `None` for what is no group of DSA's: even moduli, numbers beyond any size in use.
    fn of(key: &PublicKey) -> Option<Self> {
        let parameters =
            Reader::new(key.parameters.as_deref()?).required(tag::SEQUENCE, "parameters").ok()?;
        let mut fields = parameters.children();
        let mut field = || Some(fields.required(tag::INTEGER, "a number").ok()?.content());
        let (p, q, g) = (digits(field()?), digits(field()?), digits(field()?));
        let y = digits(Reader::new(&key.octets).required(tag::INTEGER, "a key").ok()?.content());
        if p.len() > MAX_P || q.len() > MAX_Q || p.len() < q.len() {
            return None;
        }
        let (p, q) = (odd(p, p.len())?, odd(q, q.len())?);
        let width = p.as_ref().bits_precision();
        let below_p = |digits: &[u8]| {
            let number = BoxedUint::from_be_slice(digits, width).ok()?;
            Some(number.rem_vartime(p.as_nz_ref()))
        };
        let (g, y) = (below_p(g)?, below_p(y)?);
        let params = BoxedMontyParams::new_vartime(p);
        let form = |number| BoxedMontyForm::new(number, &params);
        let (g, y) = (form(g), form(y));
        Some(Self { q, g, y })
    }

    /// Step by step as the standard has it; `None` when the signature is out of bounds.
    fn holds(&self, digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let q: &NonZero<BoxedUint> = self.q.as_nz_ref();
        let (width, bits) = (q.as_ref().bits_precision(), q.as_ref().bit_width_vartime());
        let number = |digits: &[u8]| BoxedUint::from_be_slice(digits, width).ok();
        let (r, s) = (number(r)?, number(s)?);
        if r >= **q || s >= **q {
            return None;
        }
        let whole = usize::try_from(bits / 8).ok()?;
        let z = number(digest.get(..whole).unwrap_or(digest))?;
        let w = Option::<BoxedUint>::from(s.invert_odd_mod_vartime(&self.q))?;
        let (u1, u2) = (z.mul_mod(&w, q), r.mul_mod(&w, q));
        let v = self.g.pow_bounded_exp(&u1, bits) * self.y.pow_bounded_exp(&u2, bits);
        Some(v.retrieve().rem_vartime(q) == r)
    }
}

/// Without the zeros in front.
fn digits(octets: &[u8]) -> &[u8] {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    octets.get(first..).unwrap_or_default()
}

/// An odd number above 1 in as many whole words as it needs.
fn odd(digits: &[u8], octets: usize) -> Option<Odd<BoxedUint>> {
    let bits = u32::try_from(octets.next_multiple_of(8) * 8).ok()?;
    let number = BoxedUint::from_be_slice(digits, bits).ok()?;
    let is_one = number.bit_width_vartime() < 2;
    Odd::new(number).into_option().filter(|_| !is_one)
}

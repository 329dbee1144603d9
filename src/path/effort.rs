//! A bound on the work one answer takes: chains and stores come from strangers.

use crate::cert::verify::{self, Outcome};
use crate::cert::{Certificate, KeyAlgorithm, PublicKey};

/// What signature checks may cost in all, in checks of an RSA-2048 signature. A good chain takes at most ten; more are
/// wanted by stores full of one name and by chains made to waste time. Milliseconds with ring, tens of them without.
const MAX_COST: usize = 256;

/// How much work is left.
#[derive(Debug)]
pub(super) struct Effort {
    left: usize,
}

impl Effort {
    pub(super) fn new() -> Self {
        Self { left: MAX_COST }
    }

    /// Whether `issuer` signed `certificate`; `None` when there is nothing left to find out with.
    pub(super) fn verify(&mut self, certificate: &Certificate, issuer: &PublicKey) -> Option<Outcome> {
        self.left = self.left.checked_sub(cost(issuer))?;
        Some(verify::issued_by(certificate, issuer))
    }
}

/// RSA costs the square of its length, whatever the exponent: the crate bounds that.
fn cost(key: &PublicKey) -> usize {
    match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => (key.bits / 2048).pow(2).max(1),
        _ => 1,
    }
}

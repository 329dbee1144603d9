//! A bound on the work one answer takes: chains and stores come from strangers.

use crate::cert::verify::{self, Outcome};
use crate::cert::{Certificate, KeyAlgorithm, PublicKey};

/// What the signature checks of one search may cost in all. Ten certificates take most of it with keys on P-521, and a
/// twentieth with usual ones; more is wanted by stores full of one name and by chains made to waste time. An answer is made
/// of five such searches, of a dozen where several clients are asked.
const MAX_COST: usize = 1_500;

/// Checks that are made whatever they cost: enough for a leaf, two intermediates and a root with the largest keys there are.
const MIN_CHECKS: usize = 4;

/// How much work is left.
#[derive(Debug)]
pub(super) struct Effort {
    left: usize,
    checks: usize,
    spent: bool,
}

impl Effort {
    pub(super) fn new() -> Self {
        Self { left: MAX_COST, checks: 0, spent: false }
    }

    /// Whether `issuer` signed `certificate`; `None` when there is nothing left to find out with.
    pub(super) fn verify(&mut self, certificate: &Certificate, issuer: &PublicKey) -> Option<Outcome> {
        let cost = cost(certificate, issuer);
        if self.left < cost && self.checks >= MIN_CHECKS {
            self.spent = true;
            return None;
        }
        self.left = self.left.saturating_sub(cost);
        self.checks += 1;
        Some(verify::issued_by(certificate, issuer))
    }

    /// Whether something was not found out for that.
    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }
}

/// In units of ten microseconds, as benches/hostile.rs measures them. RSA costs the square of its length, the exponent
/// being the largest that the crate takes. What is signed has to be hashed, at 400 MB/s.
fn cost(certificate: &Certificate, key: &PublicKey) -> usize {
    let check = match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => 10 * (key.bits / 2048).pow(2).max(1),
        KeyAlgorithm::Ec(_) if key.bits <= 256 => 8,
        KeyAlgorithm::Ec(_) | KeyAlgorithm::Dsa => 120,
        _ => 8,
    };
    check.saturating_add(certificate.tbs().len() / 4096)
}

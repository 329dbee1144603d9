//! Certificate policies (RFC 5280 section 6.1), as far as Java's defaults let them decide anything: any policy will do,
//! so only a CA that requires an explicit one (policyConstraints) can make a chain fail. What counts then is whether
//! the tree of sun.security.provider.certpath.PolicyChecker is empty, and for that its last level is enough.

use std::collections::BTreeSet;

use super::canonical::same;
use crate::cert::Certificate;
use crate::der::{DerError, Oid, Reader, tag};

const CERTIFICATE_POLICIES: Oid = Oid::new(&[2, 5, 29, 32]);
const ANY_POLICY: Oid = Oid::new(&[2, 5, 29, 32, 0]);
const POLICY_MAPPINGS: Oid = Oid::new(&[2, 5, 29, 33]);
const POLICY_CONSTRAINTS: Oid = Oid::new(&[2, 5, 29, 36]);
const INHIBIT_ANY_POLICY: Oid = Oid::new(&[2, 5, 29, 54]);

/// The state between one certificate and the next below.
#[derive(Debug, Clone)]
pub(super) struct Policies {
    /// Policies the next certificate may assert; `None` when the tree is empty.
    expected: Option<BTreeSet<Oid>>,
    /// Certificates until a policy, no mapping, no anyPolicy is required.
    explicit: u32,
    mapping: u32,
    inhibit_any: u32,
}

impl Policies {
    /// Before the first of `length` certificates.
    pub(super) fn new(length: usize) -> Self {
        let never = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1);
        let expected = Some(BTreeSet::from([ANY_POLICY]));
        Self { expected, explicit: never, mapping: never, inhibit_any: never }
    }

    /// Takes the next certificate down; `false` when a required policy is missing.
    pub(super) fn accept(&mut self, certificate: &Certificate, last: bool) -> bool {
        let self_issued = same(certificate.subject(), certificate.issuer());
        self.assert(certificate, last, self_issued);
        let (require, inhibit) = constraints(certificate);
        if last {
            let explicit = if self_issued { self.explicit } else { self.explicit.saturating_sub(1) };
            let required = explicit == 0 || require == Some(0);
            return !(required && self.expected.is_none());
        }
        self.map(certificate);
        if self.explicit == 0 && self.expected.is_none() {
            return false;
        }
        if !self_issued {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.inhibit_any = self.inhibit_any.saturating_sub(1);
        }
        self.explicit = require.map_or(self.explicit, |require| require.min(self.explicit));
        self.mapping = inhibit.map_or(self.mapping, |inhibit| inhibit.min(self.mapping));
        let skip = extension(certificate, &INHIBIT_ANY_POLICY).and_then(|value| {
            Reader::new(value).required(tag::INTEGER, "a number").ok()?.unsigned("a number").ok()
        });
        self.inhibit_any = skip.map_or(self.inhibit_any, |skip| skip.min(self.inhibit_any));
        true
    }

    /// `processPolicies`: what the certificate asserts, of what was expected.
    fn assert(&mut self, certificate: &Certificate, last: bool, self_issued: bool) {
        let asserted =
            extension(certificate, &CERTIFICATE_POLICIES).map(|value| policies(value).unwrap_or_default());
        let (Some(asserted), Some(expected)) = (asserted, self.expected.take()) else {
            self.expected = None;
            return;
        };
        let any_expected = expected.contains(&ANY_POLICY);
        let mut level: BTreeSet<Oid> = asserted
            .iter()
            .filter(|policy| **policy != ANY_POLICY && (any_expected || expected.contains(policy)))
            .copied()
            .collect();
        let any_counts = self.inhibit_any > 0 || (!last && self_issued);
        if asserted.contains(&ANY_POLICY) && any_counts {
            level.extend(expected);
        }
        self.expected = Some(level).filter(|level| !level.is_empty());
    }

    /// `processPolicyMappings`: a policy goes on under other names, or, when mapping is inhibited, not at all.
    fn map(&mut self, certificate: &Certificate) {
        let Some(value) = extension(certificate, &POLICY_MAPPINGS) else { return };
        let Some(expected) = self.expected.take() else { return };
        let mappings = mappings(value).unwrap_or_default();
        let mut level = expected.clone();
        for (from, _) in &mappings {
            level.remove(from);
        }
        if self.mapping > 0 {
            let any = expected.contains(&ANY_POLICY);
            let kept = mappings.iter().filter(|(from, _)| any || expected.contains(from));
            level.extend(kept.map(|(_, to)| *to));
        }
        self.expected = Some(level).filter(|level| !level.is_empty());
    }
}

fn extension<'a>(certificate: &'a Certificate, oid: &Oid) -> Option<&'a [u8]> {
    let found = certificate.extensions().iter().find(|extension| extension.oid == *oid);
    found.map(|extension| extension.value.as_ref())
}

/// certificatePolicies (section 4.2.1.4), the identifiers alone.
fn policies(value: &[u8]) -> Result<Vec<Oid>, DerError> {
    let mut policies = Vec::new();
    let mut infos = Reader::new(value).required(tag::SEQUENCE, "certificatePolicies")?.children();
    while let Some(info) = infos.next()? {
        policies.push(info.children().any("a policy")?.oid("a policy")?);
    }
    Ok(policies)
}

/// policyMappings (section 4.2.1.5): from the issuer's to the subject's.
fn mappings(value: &[u8]) -> Result<Vec<(Oid, Oid)>, DerError> {
    let mut mappings = Vec::new();
    let mut pairs = Reader::new(value).required(tag::SEQUENCE, "policyMappings")?.children();
    while let Some(pair) = pairs.next()? {
        let mut fields = pair.children();
        let from = fields.any("a policy")?.oid("a policy")?;
        mappings.push((from, fields.any("a policy")?.oid("a policy")?));
    }
    Ok(mappings)
}

/// policyConstraints (section 4.2.1.11): requireExplicitPolicy and inhibitPolicyMapping.
fn constraints(certificate: &Certificate) -> (Option<u32>, Option<u32>) {
    let mut found = (None, None);
    let Some(value) = extension(certificate, &POLICY_CONSTRAINTS) else { return found };
    let Ok(sequence) = Reader::new(value).required(tag::SEQUENCE, "policyConstraints") else { return found };
    let mut fields = sequence.children();
    while let Ok(Some(field)) = fields.next() {
        let number = field
            .content()
            .iter()
            .try_fold(0_u32, |number, octet| number.checked_mul(256)?.checked_add(u32::from(*octet)));
        match field.tag() {
            0x80 => found.0 = number,
            0x81 => found.1 = number,
            _ => {}
        }
    }
    found
}

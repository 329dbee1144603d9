//! The checks of one certificate below its issuer, in Java's order: PKIXMasterCertPathValidator and its checkers.

use super::canonical::{Canonical, same};
use super::constraints::{AlgorithmFault, Use};
use super::name_distances::Distances;
use super::policy::Policies;
use super::rejection::{Reason, Rejection};
use super::signature::SignatureFault;
use super::{Question, algorithms, name_constraints, readable};
use crate::cert::verify::{self, Outcome};
use crate::cert::{Certificate, KeyAlgorithm, KeyUsage, NameConstraints, PublicKey, Subtree, signature_name};
use crate::der::{Oid, Reader, tag};
use crate::path::effort::Effort;

/// Comparisons of a name with a name constraint on one path: webpki's bound (verify_cert.rs, Budget).
const MAX_NAMES: usize = 250_000;

/// Why a path could not be followed.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    Refused(Box<Rejection>),
    /// A signature this build cannot check.
    Unsupported(String),
    /// What is at these addresses has to be known.
    Wanted(Vec<String>),
    /// More work than a verdict is worth.
    GaveUp(String),
}

impl Stop {
    pub(super) fn refused(reason: Reason, certificate: Option<&Certificate>) -> Self {
        Self::Refused(Box::new(Rejection { reason, certificate: certificate.map(Certificate::sha256) }))
    }
}

pub(super) fn gave_up(what: &str) -> Stop {
    Stop::GaveUp(format!("gave up: too many {what} to look at"))
}

/// Which checks a path gets: the builder has made some of them while it searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// `PKIXCertPathValidator.validate`.
    Whole,
    /// The final verification of `SunCertPathBuilder`.
    Built,
}

/// What the certificates above leave behind for the next one down.
pub(super) struct State<'a> {
    question: &'a Question<'a>,
    anchor_is_jdk_ca: bool,
    depth: Depth,
    length: usize,
    index: usize,
    subject: Canonical,
    key: &'a PublicKey,
    anchor_key: bool,
    path_length: u32,
    constraints: Vec<&'a NameConstraints>,
    /// What all of those permit.
    permitted: Vec<Subtree>,
    /// How many comparisons of a name with a constraint are left.
    names_left: usize,
    /// Which distances those constraints set.
    distances: Distances,
    policies: Policies,
}

impl<'a> State<'a> {
    /// Below `anchor`, with `length` certificates to come.
    pub(super) fn new(
        question: &'a Question<'a>,
        anchor: &'a Certificate,
        length: usize,
        depth: Depth,
    ) -> Self {
        Self {
            question,
            anchor_is_jdk_ca: question.is_jdk_ca(anchor),
            depth,
            length,
            index: 0,
            subject: Canonical::of(anchor.subject()),
            key: anchor.public_key(),
            anchor_key: true,
            path_length: u32::try_from(length).unwrap_or(u32::MAX),
            constraints: Vec::new(),
            permitted: Vec::new(),
            names_left: MAX_NAMES,
            distances: Distances::default(),
            policies: Policies::new(length),
        }
    }

    /// Checks the next certificate down.
    pub(super) fn accept(&mut self, certificate: &'a Certificate, effort: &mut Effort) -> Result<(), Stop> {
        self.index += 1;
        let refused = |reason| Stop::refused(reason, Some(certificate));
        let last = self.index == self.length;
        if self.depth == Depth::Built {
            self.check_signature(certificate, effort)?;
        }
        if self.depth == Depth::Whole {
            self.check_blocked(certificate).map_err(refused)?;
            self.check_algorithms(certificate).map_err(refused)?;
            if !last {
                check_ca_key_usage(certificate).map_err(refused)?;
            }
        }
        self.check_basic_constraints(certificate, last).map_err(refused)?;
        self.check_names(certificate, last)?;
        if !self.policies.accept(certificate, last) {
            return Err(refused(Reason::Policy));
        }
        if self.depth == Depth::Whole {
            check_validity(certificate, self.question).map_err(refused)?;
            self.check_chaining(certificate).map_err(refused)?;
            self.check_signature(certificate, effort)?;
        } else {
            self.check_algorithms(certificate).map_err(refused)?;
        }
        self.check_revocation(certificate)?;
        self.check_tls_algorithms(certificate).map_err(refused)?;
        check_critical(certificate).map_err(refused)?;
        self.advance(certificate);
        Ok(())
    }

    /// Every reason against the next certificate down, and a signature that could not be checked. `placed` is whether
    /// the state holds its issuer: otherwise signature and issuer are left open.
    pub(super) fn every(
        &mut self,
        certificate: &'a Certificate,
        placed: bool,
        effort: &mut Effort,
    ) -> (Vec<Reason>, Option<String>) {
        self.index += 1;
        let last = self.index == self.length;
        let mut results = vec![
            self.check_blocked(certificate),
            self.check_algorithms(certificate),
            if last { Ok(()) } else { check_ca_key_usage(certificate) },
            self.check_basic_constraints(certificate, last),
            if self.policies.accept(certificate, last) { Ok(()) } else { Err(Reason::Policy) },
            check_validity(certificate, self.question),
            check_critical(certificate),
        ];
        let mut unchecked = None;
        let mut stops = vec![self.check_names(certificate, last)];
        if placed {
            results.push(self.check_chaining(certificate));
            stops.push(self.check_signature(certificate, effort));
        }
        for stop in stops.into_iter().filter_map(Result::err) {
            match stop {
                Stop::Refused(rejection) => results.push(Err(rejection.reason)),
                Stop::Unsupported(why) => unchecked = Some(why),
                // The verdict says so; of this certificate it says nothing.
                Stop::GaveUp(_) | Stop::Wanted(_) => {}
            }
        }
        self.advance(certificate);
        (results.into_iter().filter_map(Result::err).collect(), unchecked)
    }

    fn advance(&mut self, certificate: &'a Certificate) {
        self.subject = Canonical::of(certificate.subject());
        self.key = certificate.public_key();
        self.anchor_key = false;
    }

    fn check_blocked(&self, certificate: &Certificate) -> Result<(), Reason> {
        if self.question.is_blocked(certificate) {
            return Err(Reason::Blocked {
                subject: certificate.subject().java(self.question.settings.version.feature),
            });
        }
        Ok(())
    }

    /// AlgorithmChecker with `jdk.certpath.disabledAlgorithms`. Releases before 21 first ask for the name of the whole
    /// algorithm and last for the issuer's key; later ones look at the anchor's key by itself.
    fn check_algorithms(&self, certificate: &Certificate) -> Result<(), Reason> {
        let settings = self.question.settings;
        let modern = !settings.whole_algorithm_first;
        let algorithm = algorithms::signature_name(certificate, settings);
        let fault = || Reason::Algorithm(AlgorithmFault::SignatureAlgorithm { algorithm: algorithm.clone() });
        let mut used = Use {
            key: self.key,
            holder: None,
            anchor_is_jdk_ca: self.anchor_is_jdk_ca,
            now: self.question.now,
            feature: settings.version.feature,
        };
        if modern && self.anchor_key {
            let name = algorithms::key_name(self.key, modern);
            settings.certpath.check(&name, &used, modern).map_err(Reason::Algorithm)?;
        }
        if !modern {
            if !settings.certpath.permits_name(&algorithm) {
                return Err(fault());
            }
            check_usage_bits(certificate)?;
        }
        used.key = certificate.public_key();
        used.holder = Some(certificate.subject());
        settings.certpath.check(&algorithm, &used, modern).map_err(Reason::Algorithm)?;
        for hash in pss_hashes(certificate) {
            settings.certpath.check_hash(hash, &used, modern).map_err(Reason::Algorithm)?;
        }
        if !modern && !settings.certpath.permits_key(self.key, modern, self.question.now) {
            return Err(fault());
        }
        Ok(())
    }

    /// AlgorithmChecker with the constraints of the connection: what SunJSSE offers, `jdk.tls.disabledAlgorithms`.
    fn check_tls_algorithms(&self, certificate: &Certificate) -> Result<(), Reason> {
        let settings = self.question.settings;
        let (modern, now) = (!settings.whole_algorithm_first, self.question.now);
        let algorithm = algorithms::signature_name(certificate, settings);
        let offered = self.question.schemes.is_none_or(|schemes| schemes.allow(&algorithm));
        let whole = AlgorithmFault::SignatureAlgorithm { algorithm: algorithm.clone() };
        let permitted = offered && settings.tls.permits_name(&algorithm);
        // The checker starts without an issuer's key: the topmost certificate's signature is looked at by name alone.
        let unnamed = |key: &PublicKey| key.algorithm == KeyAlgorithm::Dh && !settings.edwards_curves;
        let permits_key = |key| unnamed(key) || settings.tls.permits_key(key, modern, now);
        let key_permitted = self.anchor_key || permits_key(self.key);
        let key = certificate.public_key();
        let key_fault = |signature| {
            let algorithm = algorithms::key_name(key, modern);
            Reason::Algorithm(AlgorithmFault::TlsKey { algorithm, bits: key.bits, signature, modern })
        };
        if modern && !self.anchor_key && !(permitted && key_permitted) {
            return Err(key_fault(Some(algorithm)));
        }
        if !permitted {
            return Err(Reason::Algorithm(whole));
        }
        check_usage_bits(certificate)?;
        if !permits_key(key) {
            return Err(key_fault(None));
        }
        if !key_permitted {
            return Err(Reason::Algorithm(whole));
        }
        Ok(())
    }

    /// ConstraintsChecker.checkBasicConstraints.
    fn check_basic_constraints(&mut self, certificate: &Certificate, last: bool) -> Result<(), Reason> {
        if last {
            return Ok(());
        }
        let self_issued = same(certificate.subject(), certificate.issuer());
        let allowed = if certificate.version() < 3 {
            (self.index == 1 && self_issued).then_some(u32::MAX)
        } else {
            path_length(certificate)
        };
        let allowed = allowed.ok_or(Reason::NotCa)?;
        if !self_issued {
            self.path_length = self.path_length.checked_sub(1).ok_or(Reason::PathLength)?;
        }
        self.path_length = self.path_length.min(allowed);
        Ok(())
    }

    /// ConstraintsChecker.verifyNameConstraints.
    fn check_names(&mut self, certificate: &'a Certificate, last: bool) -> Result<(), Stop> {
        if last || !same(certificate.subject(), certificate.issuer()) {
            self.distances.refused().map_err(|reason| Stop::refused(reason, Some(certificate)))?;
            for constraints in &self.constraints {
                self.names_left = name_constraints::cost(constraints, certificate)
                    .and_then(|cost| self.names_left.checked_sub(cost))
                    .ok_or_else(|| gave_up("name constraints"))?;
                let checked = name_constraints::check(constraints, certificate, self.question.settings);
                checked.map_err(|reason| Stop::refused(reason, Some(certificate)))?;
            }
        }
        let feature = self.question.settings.version.feature;
        if let Some(constraints) = readable::name_constraints(certificate, feature) {
            self.constraints.push(constraints);
            self.distances.merge(certificate, &self.permitted);
            let merged = std::mem::take(&mut self.permitted);
            let merged = name_constraints::narrowed(merged, constraints, self.question.settings);
            self.permitted = merged.map_err(|reason| Stop::refused(reason, Some(certificate)))?;
        }
        Ok(())
    }

    fn check_chaining(&self, certificate: &Certificate) -> Result<(), Reason> {
        if certificate.issuer().rdns().is_empty() {
            return Err(Reason::IssuerEmpty);
        }
        if self.subject.is(certificate.issuer()) { Ok(()) } else { Err(Reason::NameChaining) }
    }

    fn check_signature(&self, certificate: &Certificate, effort: &mut Effort) -> Result<(), Stop> {
        let refused = |fault| Stop::refused(Reason::Signature(fault), Some(certificate));
        if let Some(fault) = SignatureFault::before(certificate, self.key, self.question.settings) {
            return Err(refused(fault));
        }
        match effort.verify(certificate, self.key).ok_or_else(|| gave_up("signatures"))? {
            Outcome::Valid => Ok(()),
            // What the connection's constraints refuse next anyhow need not be known.
            Outcome::Unsupported { .. } if self.check_tls_algorithms(certificate).is_err() => Ok(()),
            Outcome::Unsupported { what } => {
                Err(Stop::Unsupported(format!("this build cannot check {what}")))
            }
            Outcome::Invalid => {
                let settings = self.question.settings;
                let rewritten = SignatureFault::rewritten(certificate, self.key, settings);
                let holds = |signature: &Vec<u8>| {
                    let algorithm = certificate.signature_algorithm();
                    verify::signature(self.key, algorithm, certificate.tbs(), signature).is_valid()
                };
                if rewritten.as_ref().is_some_and(holds) {
                    return Ok(());
                }
                Err(refused(SignatureFault::after(certificate, self.key, self.question.settings)))
            }
        }
    }

    /// RevocationChecker as far as it goes without asking anyone: nowhere to ask is a refusal of its own.
    fn check_revocation(&self, certificate: &Certificate) -> Result<(), Stop> {
        const CRL_DISTRIBUTION_POINTS: Oid = Oid::new(&[2, 5, 29, 31]);
        if !self.question.settings.check_revocation {
            return Ok(());
        }
        let crl = certificate.extensions().iter().any(|extension| extension.oid == CRL_DISTRIBUTION_POINTS);
        if !crl && certificate.ocsp().is_empty() {
            return Err(Stop::refused(Reason::RevocationUnknown, Some(certificate)));
        }
        Err(Stop::Unsupported("this program does not ask whether a certificate has been revoked".to_owned()))
    }
}

/// `X509Certificate.getBasicConstraints`: `None` when it is not a CA.
pub(super) fn path_length(certificate: &Certificate) -> Option<u32> {
    let constraints = certificate.basic_constraints().filter(|constraints| constraints.ca)?;
    Some(constraints.path_length.unwrap_or(u32::MAX))
}

/// KeyChecker.verifyCAKeyUsage.
pub(super) fn check_ca_key_usage(certificate: &Certificate) -> Result<(), Reason> {
    let forbidden = certificate.key_usage().is_some_and(|usage| !usage.key_cert_sign());
    if forbidden { Err(Reason::CaKeyUsage) } else { Ok(()) }
}

/// `X509Certificate.checkValidity`.
pub(super) fn check_validity(certificate: &Certificate, question: &Question<'_>) -> Result<(), Reason> {
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if not_before > question.now {
        return Err(Reason::NotYetValid { not_before });
    }
    if not_after < question.now { Err(Reason::Expired { not_after }) } else { Ok(()) }
}

/// The critical extensions none of the checkers takes off the list.
pub(super) fn check_critical(certificate: &Certificate) -> Result<(), Reason> {
    const KNOWN: [Oid; 9] = [
        Oid::new(&[2, 5, 29, 15]),
        Oid::new(&[2, 5, 29, 17]),
        Oid::new(&[2, 5, 29, 19]),
        Oid::new(&[2, 5, 29, 30]),
        Oid::new(&[2, 5, 29, 32]),
        Oid::new(&[2, 5, 29, 33]),
        Oid::new(&[2, 5, 29, 36]),
        Oid::new(&[2, 5, 29, 37]),
        Oid::new(&[2, 5, 29, 54]),
    ];
    let unknown = certificate.extensions().iter().filter(|e| e.critical && !KNOWN.contains(&e.oid));
    let oids: Vec<String> = unknown.map(|extension| extension.oid.to_string()).collect();
    if oids.is_empty() { Ok(()) } else { Err(Reason::CriticalExtension { oids }) }
}

/// A keyUsage that names no use of a key, CRL signing included among the uses.
fn check_usage_bits(certificate: &Certificate) -> Result<(), Reason> {
    const USES: u16 = 0b111_1111;
    let none = |KeyUsage(bits)| bits & USES == 0;
    if certificate.key_usage().is_some_and(none) { Err(Reason::KeyUsageBits) } else { Ok(()) }
}

/// The hashes in RSASSA-PSS parameters by the JDK's names: of the message, and of the mask if it is another.
fn pss_hashes(certificate: &Certificate) -> Vec<&'static str> {
    const NAMES: [(Oid, &str); 5] = [
        (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 1]), "SHA-256"),
        (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 2]), "SHA-384"),
        (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 3]), "SHA-512"),
        (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 4]), "SHA-224"),
        (Oid::new(&[1, 3, 14, 3, 2, 26]), "SHA-1"),
    ];
    let algorithm = certificate.signature_algorithm();
    if signature_name(&algorithm.oid) != "RSASSA-PSS" {
        return Vec::new();
    }
    let name = |oid: &Oid| NAMES.iter().find(|(known, _)| known == oid).map(|(_, name)| *name);
    let first_oid =
        |der: &[u8]| Reader::new(der).any("an algorithm").ok()?.children().any("it").ok()?.oid("it").ok();
    let mut hashes = ["SHA-1", "SHA-1"];
    let parameters = algorithm.parameters.as_deref().unwrap_or(&[tag::SEQUENCE, 0]);
    let Ok(sequence) = Reader::new(parameters).required(tag::SEQUENCE, "parameters") else {
        return Vec::new();
    };
    let mut fields = sequence.children();
    while let Ok(Some(field)) = fields.next() {
        let oid = match field.tag() {
            0xA0 => first_oid(field.content()),
            0xA1 => Reader::new(field.content()).any("MGF1").ok().and_then(|mgf| {
                let mut parts = mgf.children();
                parts.next().ok()?;
                first_oid(parts.rest())
            }),
            _ => continue,
        };
        let [message, mask] = &mut hashes;
        let hash = if field.tag() == 0xA0 { message } else { mask };
        *hash = oid.as_ref().and_then(name).unwrap_or("unknown");
    }
    let mut hashes = hashes.to_vec();
    hashes.dedup();
    hashes
}

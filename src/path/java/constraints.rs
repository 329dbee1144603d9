//! `jdk.certpath.disabledAlgorithms` and `jdk.tls.disabledAlgorithms`: sun.security.util.DisabledAlgorithmConstraints.

use std::collections::HashMap;
use std::fmt;

use time::{Date, Month, OffsetDateTime};

use super::algorithms::{self, java_hash_order};
use crate::cert::{Name, PublicKey};

/// One property, parsed. What the JDK would refuse to start with is left out: a verdict is still better than none.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraints {
    /// Every entry as written, in lower case: the whole of it names an algorithm, or nothing does.
    entries: Vec<String>,
    /// The chains of limits by algorithm in upper case.
    rules: HashMap<String, Vec<Rule>>,
}

#[derive(Debug, Clone)]
struct Rule {
    algorithm: String,
    limits: Vec<Limit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Limit {
    Disabled,
    JdkCa,
    DenyAfter(OffsetDateTime),
    Usage(Vec<String>),
    KeySize { minimum: usize, maximum: usize, prohibited: Option<usize> },
}

/// What an algorithm is used for, as the limits ask.
pub(super) struct Use<'a> {
    pub(super) key: &'a PublicKey,
    /// Whose key it is; `None` for an anchor's.
    pub(super) holder: Option<&'a Name>,
    pub(super) anchor_is_jdk_ca: bool,
    pub(super) now: OffsetDateTime,
    /// The runtime's feature release, which writes the holder's name.
    pub(super) feature: u32,
}

/// Which limit an algorithm broke.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlgorithmFault {
    /// The signature algorithm as a whole, or with the issuer's key.
    SignatureAlgorithm {
        /// Its name as the JDK has it.
        algorithm: String,
    },
    /// A hash, an algorithm or a kind of key that is disabled whatever its size.
    Disabled {
        /// The entry that disables it.
        algorithm: String,
        /// The certificate's subject as printed; `None` where Java does not print it.
        subject: Option<String>,
    },
    /// A disabled curve.
    Curve {
        /// Its name.
        curve: String,
    },
    /// A key of a forbidden size.
    KeySize {
        /// The kind of key.
        algorithm: String,
        /// Its size.
        bits: usize,
        /// As in [`AlgorithmFault::Disabled`].
        subject: Option<String>,
    },
    /// An algorithm forbidden under the JDK's own authorities.
    JdkCa {
        /// The algorithm.
        algorithm: String,
        /// As in [`AlgorithmFault::Disabled`].
        subject: Option<String>,
    },
    /// An algorithm forbidden for what it is used for.
    Usage {
        /// `TLSServer`.
        usage: String,
        /// The algorithm.
        algorithm: String,
        /// As in [`AlgorithmFault::Disabled`].
        subject: Option<String>,
    },
    /// An algorithm forbidden since a date.
    DenyAfter {
        /// The algorithm.
        algorithm: String,
        /// The date.
        date: Date,
        /// When it was looked at.
        at: OffsetDateTime,
        /// As in [`AlgorithmFault::Disabled`].
        subject: Option<String>,
    },
    /// A key that TLS settings forbid.
    TlsKey {
        /// The kind of key.
        algorithm: String,
        /// Its size.
        bits: usize,
        /// The signature algorithm, where the issuer's key is meant and Java names both.
        signature: Option<String>,
        /// Whether the runtime is JDK 21 or later, which words it in another order.
        modern: bool,
    },
}

/// As the JDK words it.
impl fmt::Display for AlgorithmFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CHECK: &str = "Algorithm constraints check failed on";
        let used = |subject: &Option<String>| {
            subject
                .as_ref()
                .map_or_else(|| ".".to_owned(), |subject| format!(" used with certificate: {subject}"))
        };
        match self {
            Self::SignatureAlgorithm { algorithm } => write!(f, "{CHECK} signature algorithm: {algorithm}"),
            Self::Disabled { algorithm, subject } => {
                write!(f, "{CHECK} disabled algorithm: {algorithm}{}", used(subject))
            }
            Self::Curve { curve } => write!(f, "{CHECK} disabled algorithm: {curve}"),
            Self::KeySize { algorithm, bits, subject } => {
                write!(f, "{CHECK} keysize limits: {algorithm} {bits} bit key{}", used(subject))
            }
            Self::JdkCa { algorithm, subject } => {
                write!(f, "{CHECK} certificate anchor limits. {algorithm}{}", used(subject))
            }
            Self::Usage { usage, algorithm, subject } => {
                write!(f, "Usage constraint {usage} check failed: {algorithm}{}", used(subject))
            }
            Self::DenyAfter { algorithm, date, at, subject } => write!(
                f,
                "denyAfter constraint check failed: {algorithm} used with Constraint date: {date}; params date: {}{}",
                at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
                used(subject)
            ),
            Self::TlsKey { algorithm, bits, signature: None, modern: true } => {
                write!(f, "{CHECK} {algorithm} key with size of {bits}bits")
            }
            Self::TlsKey { algorithm, bits, signature: None, modern: false } => {
                write!(f, "{CHECK} key {algorithm} with size of {bits}bits")
            }
            Self::TlsKey { algorithm, bits, signature: Some(signature), .. } => {
                write!(f, "{CHECK} {signature}signature and {algorithm} key with size of {bits}bits")
            }
        }
    }
}

impl Constraints {
    /// Reads the property; `curves` is what `include jdk.disabled.namedCurves` stands for.
    pub(super) fn parse(property: &str, curves: &str) -> Self {
        let property = property.trim();
        let quoted = property.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let mut entries: Vec<&str> = list(quoted.unwrap_or(property)).collect();
        let include = |entry: &&str| entry.eq_ignore_ascii_case("include jdk.disabled.namedCurves");
        if entries.iter().any(include) {
            entries.retain(|entry| !include(entry));
            entries.extend(list(curves));
        }
        entries.retain(|entry| !entry.contains('*'));
        // TreeSet with CASE_INSENSITIVE_ORDER: the order in which chains for one algorithm are tried.
        entries.sort_by_key(|entry| entry.to_lowercase());
        entries.dedup_by_key(|entry| entry.to_lowercase());
        let mut constraints = Self::default();
        for entry in entries {
            constraints.add(entry);
        }
        constraints
    }

    fn add(&mut self, entry: &str) {
        self.entries.push(entry.to_lowercase());
        let (algorithm, policy) = entry.split_once(' ').unwrap_or((entry, ""));
        let algorithm = algorithms::plain_hash(algorithm);
        let limits: Option<Vec<Limit>> = if policy.is_empty() || entry.starts_with("X9.62 ") {
            Some(vec![Limit::Disabled])
        } else {
            policy.split('&').map(|limit| Limit::parse(limit.trim())).collect()
        };
        let Some(limits) = limits else { return };
        let rules = self.rules.entry(algorithm.to_uppercase()).or_default();
        rules.push(Rule { algorithm, limits });
    }

    fn of(&self, algorithm: &str) -> &[Rule] {
        self.rules.get(&algorithm.to_uppercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether an algorithm, or a part of its name, is disabled as a whole (`cachedCheckAlgorithm`).
    pub(super) fn permits_name(&self, algorithm: &str) -> bool {
        let disabled = |name: &str| self.entries.contains(&name.to_lowercase());
        !disabled(algorithm)
            && !algorithms::decompose(algorithm).iter().any(|part| {
                disabled(part) || algorithms::dashed_hash(part).is_some_and(|dashed| disabled(&dashed))
            })
    }

    /// Whether a key may be used at all: kind, curve and size (`checkConstraints`).
    pub(super) fn permits_key(&self, key: &PublicKey, modern: bool, now: OffsetDateTime) -> bool {
        let kind = algorithms::key_name(key, modern);
        self.permits_name(&kind)
            && algorithms::curve_names(key).iter().all(|curve| self.permits_name(curve))
            && self.of(&kind).iter().all(|rule| rule.permits_key(&rule.limits, key, &kind, now))
    }

    /// Whether a name may be used for what `usage` says (`permits(algorithm, scopes)`).
    pub(super) fn permits_scope(&self, name: &str, scope: &str) -> bool {
        let names = |limit: &Limit| matches!(limit, Limit::Usage(usages) if usages.iter().any(|usage| usage.eq_ignore_ascii_case(scope)));
        !self.of(name).iter().any(|rule| rule.limits.first().is_some_and(names))
    }

    /// Whether a group of this kind may have this size; 0 has none.
    pub(super) fn permits_bits(&self, kind: &str, bits: usize) -> bool {
        let mut limits = self.of(kind).iter().filter_map(|rule| rule.limits.first());
        bits == 0 || limits.all(|limit| limit.permits_bits(bits))
    }

    /// Checks the parts of a signature algorithm's name and the key (`permits(algorithm, cp, checkKey)`), in the
    /// order of the JDK's hash set: the first limit broken is the one that is printed.
    pub(super) fn check(&self, algorithm: &str, used: &Use<'_>, modern: bool) -> Result<(), AlgorithmFault> {
        for curve in algorithms::curve_names(used.key) {
            if !self.permits_name(curve) {
                return Err(AlgorithmFault::Curve { curve: (*curve).to_owned() });
            }
        }
        let mut parts = java_hash_order(algorithms::decompose(algorithm));
        parts.push(algorithm.to_owned());
        parts.push(algorithms::key_name(used.key, modern));
        self.check_parts(&java_hash_order(parts), used, modern, true)
    }

    /// Checks a hash alone (`permits(algorithm, cp, false)`), as for the parameters of RSASSA-PSS.
    pub(super) fn check_hash(&self, hash: &str, used: &Use<'_>, modern: bool) -> Result<(), AlgorithmFault> {
        let mut parts = algorithms::decompose(&algorithms::plain_hash(hash));
        parts.push(hash.to_owned());
        self.check_parts(&java_hash_order(parts), used, modern, false)
    }

    fn check_parts(
        &self,
        parts: &[String],
        used: &Use<'_>,
        modern: bool,
        sizes: bool,
    ) -> Result<(), AlgorithmFault> {
        let kind = algorithms::key_name(used.key, modern);
        for rule in parts.iter().flat_map(|part| self.of(part)) {
            if sizes || !matches!(rule.limits.first(), Some(Limit::KeySize { .. })) {
                rule.check(&rule.limits, used, &kind)?;
            }
        }
        Ok(())
    }
}

fn list(property: &str) -> impl Iterator<Item = &str> {
    property.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

impl Rule {
    /// Every limit of the chain must apply for the algorithm to be refused; the last one says why.
    fn check(&self, limits: &[Limit], used: &Use<'_>, kind: &str) -> Result<(), AlgorithmFault> {
        let Some((limit, rest)) = limits.split_first() else { return Ok(()) };
        let algorithm = self.algorithm.clone();
        let subject = used.holder.map(|name| name.java(used.feature));
        let fault = match limit {
            Limit::Disabled => AlgorithmFault::Disabled { algorithm, subject },
            Limit::JdkCa if used.anchor_is_jdk_ca => AlgorithmFault::JdkCa { algorithm, subject },
            Limit::DenyAfter(date) if *date <= used.now => {
                AlgorithmFault::DenyAfter { algorithm, date: date.date(), at: used.now, subject }
            }
            Limit::Usage(usages) => match usages.iter().find(|usage| usage.eq_ignore_ascii_case("TLSServer"))
            {
                Some(usage) => AlgorithmFault::Usage { usage: usage.clone(), algorithm, subject },
                None => return Ok(()),
            },
            Limit::KeySize { .. } if !limit.permits_size(&self.algorithm, used.key, kind) => {
                AlgorithmFault::KeySize { algorithm, bits: used.key.bits, subject }
            }
            _ => return Ok(()),
        };
        if rest.is_empty() { Err(fault) } else { self.check(rest, used, kind) }
    }

    /// `Constraint.permits(Key)`.
    fn permits_key(&self, limits: &[Limit], key: &PublicKey, kind: &str, now: OffsetDateTime) -> bool {
        let Some((limit, rest)) = limits.split_first() else { return true };
        let next = !rest.is_empty() && self.permits_key(rest, key, kind, now);
        match limit {
            Limit::Disabled => false,
            Limit::JdkCa | Limit::Usage(_) => true,
            Limit::DenyAfter(date) => next || *date > now,
            Limit::KeySize { .. } => next || limit.permits_size(&self.algorithm, key, kind),
        }
    }
}

impl Limit {
    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("jdkCA") {
            return Some(Self::JdkCa);
        }
        let mut words = text.split_whitespace();
        match words.next()? {
            "keySize" => Self::key_size(words.next()?, words.next()?.parse().ok()?),
            "denyAfter" => {
                let mut parts = words.next()?.split('-');
                let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
                let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
                let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
                Some(Self::DenyAfter(date.midnight().assume_utc()))
            }
            "usage" => Some(Self::Usage(words.map(str::to_owned).collect())),
            _ => None,
        }
    }

    /// `KeySizeConstraint`: the sizes it leaves.
    fn key_size(operator: &str, bits: usize) -> Option<Self> {
        let (minimum, maximum, prohibited) = match operator {
            "==" => (0, usize::MAX, Some(bits)),
            "!=" => (bits, bits, None),
            "<" => (bits, usize::MAX, None),
            "<=" => (bits.saturating_add(1), usize::MAX, None),
            ">" => (0, bits, None),
            ">=" => (0, bits.saturating_sub(1), None),
            _ => return None,
        };
        Some(Self::KeySize { minimum, maximum, prohibited })
    }

    fn permits_size(&self, algorithm: &str, key: &PublicKey, kind: &str) -> bool {
        !algorithm.eq_ignore_ascii_case(kind) || key.bits == 0 || self.permits_bits(key.bits)
    }

    fn permits_bits(&self, bits: usize) -> bool {
        let Self::KeySize { minimum, maximum, prohibited } = self else { return true };
        (*minimum..=*maximum).contains(&bits) && *prohibited != Some(bits)
    }
}

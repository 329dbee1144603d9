//! Which certificate, added to the store, makes the client accept the server with the least trust; or why none does.

use super::faults::{Fault, FaultKind, Stale};
use crate::cert::Certificate;

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recommendation {
    /// These.
    Import {
        /// Several when more than one intermediate is missing.
        certificates: Vec<Certificate>,
        /// Why these, in a sentence.
        why: String,
        /// The alias of the stale entry that should give way, if there is one.
        replaces: Option<String>,
    },
    /// No import helps.
    Nothing {
        /// Why, in a sentence.
        why: String,
    },
}

impl Recommendation {
    /// The alias of the entry that should give way.
    pub fn replaces(&self) -> Option<&str> {
        match self {
            Self::Import { replaces, .. } => replaces.as_deref(),
            Self::Nothing { .. } => None,
        }
    }
}

/// Decides by the faults of a chain. `is_trusted`: the client accepts it as it is.
pub fn recommend(presented: &[Certificate], faults: &[Fault], is_trusted: bool) -> Recommendation {
    let nothing = |why: &str| Recommendation::Nothing { why: why.to_owned() };
    if is_trusted {
        return nothing("the client already trusts this server");
    }
    let import = |certificates: &[&Certificate], why: &str| Recommendation::Import {
        certificates: certificates.iter().map(|certificate| (*certificate).clone()).collect(),
        why: why.to_owned(),
        replaces: stale_leaf(faults),
    };
    let missing: Vec<&Certificate> = faults.iter().filter_map(found_intermediate).collect();
    if let Some(lowest) = missing.first() {
        return import(&[*lowest], "the server does not send it; this serves until the server is mended");
    }
    for fault in faults {
        match &fault.kind {
            FaultKind::LeafSelfSigned => {
                let why = "nobody but itself vouches for the server's certificate, so it is imported itself";
                return import(&presented.first().into_iter().collect::<Vec<_>>(), why);
            }
            FaultKind::RootUntrusted { root: Some(root), .. } => {
                return import(&[root], "the root outlives renewals of the server's certificate");
            }
            FaultKind::RootUntrusted { root: None, name, .. } => {
                let at_fault = |top: &&Certificate| Some(top.sha256()) == fault.certificate && top.is_ca();
                return match presented.iter().find(at_fault) {
                    Some(top) => {
                        import(&[top], "the root was not sent; Java takes this intermediate as an anchor too")
                    }
                    None => unknown(&name.to_string()),
                };
            }
            FaultKind::IntermediateMissing { name, .. } => return unknown(&name.to_string()),
            _ => {}
        }
    }
    if let Some(name) = faults.iter().find_map(rekeyed) {
        return unknown(&name);
    }
    nothing("what is wrong is not a matter of trust: see `trustmend diagnose`")
}

fn found_intermediate(fault: &Fault) -> Option<&Certificate> {
    match &fault.kind {
        FaultKind::IntermediateMissing { found, .. } => found.as_ref(),
        _ => None,
    }
}

/// The authority whose new certificate is nowhere.
fn rekeyed(fault: &Fault) -> Option<String> {
    match &fault.kind {
        FaultKind::AnchorStale { anchor, how: Stale::AuthorityRekeyed } if fault.blocks => {
            Some(anchor.certificate.subject().to_string())
        }
        _ => None,
    }
}

fn unknown(name: &str) -> Recommendation {
    Recommendation::Nothing {
        why: format!(
            "the server does not send the certificate of {name}: get it from the CA and import that file"
        ),
    }
}

/// The entry of a leaf that was renewed since: while it is there, Java takes it for the new one's issuer and refuses.
fn stale_leaf(faults: &[Fault]) -> Option<String> {
    faults.iter().find_map(|fault| match &fault.kind {
        FaultKind::AnchorStale { anchor, how: Stale::LeafRenewed | Stale::LeafRekeyed } => {
            anchor.alias.clone()
        }
        _ => None,
    })
}

//! The depth-first search of SunCertPathBuilder and ForwardBuilder: from the leaf up, over the presented certificates
//! and the anchors, until an anchor is met and the path down from it holds.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::canonical::{Canonical, same};
use super::checks::{self, Depth, State, Stop, gave_up};
use super::rejection::Reason;
use super::{Found, Question};
use crate::cert::{Certificate, Name};
use crate::path::effort::Effort;

/// Certificates looked at for one verdict. Ten presented certificates and a store of thousands with one name stay
/// below it; graphs made to waste time do not.
const MAX_STEPS: u32 = 20_000;

/// Longest path followed: the search calls itself for each step, and the JDK takes ten certificates from a peer.
const MAX_DEPTH: usize = 64;

/// Whether it has another key identifier than asked for, and an issuer that no anchor is called as.
type Rank = (bool, bool);

/// A certificate with its names in comparable form.
struct Node<'a> {
    certificate: &'a Certificate,
    subject: Rc<Canonical>,
    issuer: Rc<Canonical>,
}

impl<'a> Node<'a> {
    fn new(certificate: &'a Certificate, forms: &mut Forms<'a>) -> Self {
        Self { certificate, subject: forms.of(certificate.subject()), issuer: forms.of(certificate.issuer()) }
    }
}

/// The comparable forms of names, each made once: the names of a store are few, and most stand twice in a certificate.
#[derive(Default)]
struct Forms<'a>(HashMap<&'a [u8], Rc<Canonical>>);

impl<'a> Forms<'a> {
    fn of(&mut self, name: &'a Name) -> Rc<Canonical> {
        Rc::clone(self.0.entry(name.der()).or_insert_with(|| Rc::new(Canonical::of(name))))
    }
}

/// The graph and what the search has learnt.
pub(super) struct Builder<'a> {
    question: &'a Question<'a>,
    nodes: Vec<(Node<'a>, bool)>,
    by_subject: HashMap<Rc<Canonical>, Vec<usize>>,
    trusted: HashSet<Rc<Canonical>>,
    steps: u32,
    /// Whether issuers were looked for before. The JDK uses one selector for all searches and never takes the time back
    /// out of it: from the second search on, anchors must be valid too.
    searched: bool,
    /// Why some path could be neither taken nor refused.
    undecided: Option<String>,
    /// What is at each address, by index.
    fetched: HashMap<&'a str, Vec<usize>>,
    /// Whether issuers are fetched also where some were sent: the second try, where the first found no path
    /// (SunCertPathBuilder.build).
    everywhere: bool,
    /// Addresses that nobody asked for this question.
    wanted: Vec<String>,
}

/// Where the search stands.
#[derive(Clone, Copy)]
struct Position<'a, 'b> {
    certificate: &'a Certificate,
    issuer: &'b Canonical,
    self_issued: bool,
    /// CAs passed so far that are not self-issued.
    passed: u32,
}

impl<'a> Builder<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        let forms = &mut Forms::default();
        let anchors = question.anchors.iter().map(|anchor| (&anchor.certificate, true));
        let presented = |certificate: &&Certificate| !question.is_anchor(certificate);
        let chain = question.chain.iter().filter(presented).map(|certificate| (certificate, false));
        let mut nodes: Vec<(Node<'a>, bool)> = anchors
            .chain(chain)
            .map(|(certificate, anchor)| (Node::new(certificate, forms), anchor))
            .collect();
        let mut by_subject: HashMap<Rc<Canonical>, Vec<usize>> = HashMap::new();
        let mut trusted = HashSet::new();
        for (index, (node, anchor)) in nodes.iter().enumerate() {
            by_subject.entry(Rc::clone(&node.subject)).or_default().push(index);
            if *anchor {
                trusted.insert(Rc::clone(&node.subject));
            }
        }
        let mut fetched = HashMap::new();
        for (address, certificates) in question.fetched {
            let certificates = certificates.iter().filter(|certificate| !question.is_anchor(certificate));
            let first = nodes.len();
            nodes.extend(certificates.map(|certificate| (Node::new(certificate, forms), false)));
            fetched.insert(address.as_str(), (first..nodes.len()).collect());
        }
        Self {
            question,
            nodes,
            by_subject,
            trusted,
            steps: MAX_STEPS,
            searched: false,
            undecided: None,
            fetched,
            everywhere: false,
            wanted: Vec::new(),
        }
    }

    /// A path from `leaf`; `Ok(None)` when there is none.
    pub(super) fn build(mut self, leaf: &'a Certificate, effort: &mut Effort) -> Result<Option<Found>, Stop> {
        if checks::check_validity(leaf, self.question).is_err()
            || checks::check_critical(leaf).is_err()
            || self.question.is_blocked(leaf)
        {
            return Ok(None);
        }
        let issuer = Canonical::of(leaf.issuer());
        let self_issued = same(leaf.subject(), leaf.issuer());
        let position = Position { certificate: leaf, issuer: &issuer, self_issued, passed: 0 };
        let mut found = self.search(position, &mut vec![leaf], effort)?;
        if found.is_none() && self.question.settings.fetches_issuers {
            (self.everywhere, self.searched) = (true, false);
            found = self.search(position, &mut vec![leaf], effort)?;
        }
        match (found, self.undecided) {
            (None, _) if !self.wanted.is_empty() => Err(Stop::Wanted(self.wanted)),
            (None, Some(why)) => Err(Stop::Unsupported(why)),
            (found, _) => Ok(found),
        }
    }

    fn search(
        &mut self,
        position: Position<'a, '_>,
        path: &mut Vec<&'a Certificate>,
        effort: &mut Effort,
    ) -> Result<Option<Found>, Stop> {
        if path.len() > MAX_DEPTH {
            return Err(gave_up("certificates on one path"));
        }
        for index in self.candidates(position)? {
            let Some((node, anchor)) = self.nodes.get(index) else { continue };
            let (certificate, anchor) = (node.certificate, *anchor);
            if path.iter().any(|passed| is_repeated(passed, certificate))
                || !self.may_issue(certificate, anchor)
            {
                continue;
            }
            if anchor {
                if let Some(found) = self.complete(certificate, path, effort)? {
                    return Ok(Some(found));
                }
                continue;
            }
            let self_issued = node.subject == node.issuer;
            if position.self_issued && self_issued {
                return Ok(None);
            }
            let issuer = Rc::clone(&node.issuer);
            let passed = if self_issued { position.passed } else { position.passed.saturating_add(1) };
            path.push(certificate);
            let next = Position { certificate, issuer: &issuer, self_issued, passed };
            let found = self.search(next, path, effort)?;
            path.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// `ForwardBuilder.getMatchingCACerts` in the order of PKIXCertComparator: first what has the key identifier that
    /// is asked for, then what an anchor's name issued; of equals the last added, presented certificates before
    /// anchors.
    fn candidates(&mut self, position: Position<'a, '_>) -> Result<Vec<usize>, Stop> {
        let wanted = position.certificate.authority_key_id().and_then(|id| id.key_id.as_deref());
        let mut named = self.by_subject.get(position.issuer).cloned().unwrap_or_default();
        named.reverse();
        let mut candidates = Vec::new();
        let dated = std::mem::replace(&mut self.searched, true);
        self.rank(named, position, wanted, dated, &mut candidates)?;
        let is_sent = |(_, index): &(Rank, usize)| self.nodes.get(*index).is_some_and(|(_, anchor)| !anchor);
        if self.everywhere || !candidates.iter().any(is_sent) {
            let fetched = self.fetched(position);
            self.rank(fetched, position, wanted, true, &mut candidates)?;
        }
        candidates.sort_by_key(|(rank, _)| *rank);
        Ok(candidates.into_iter().map(|(_, index)| index).collect())
    }

    /// What is where the certificate says that its issuer's are.
    fn fetched(&mut self, position: Position<'a, '_>) -> Vec<usize> {
        let mut found = Vec::new();
        let addresses = position.certificate.ca_issuers().iter();
        for address in addresses.filter(|address| self.question.settings.may_fetch(address)) {
            match self.fetched.get(address.as_str()) {
                Some(indexes) => found.extend(indexes),
                None if self.wanted.contains(address) => {}
                None => self.wanted.push(address.clone()),
            }
        }
        let is_issuer =
            |index: &usize| self.nodes.get(*index).is_some_and(|(node, _)| *node.subject == *position.issuer);
        found.retain(is_issuer);
        found
    }

    /// Those that fit, with what orders them.
    fn rank(
        &mut self,
        named: Vec<usize>,
        position: Position<'a, '_>,
        wanted: Option<&[u8]>,
        dated: bool,
        candidates: &mut Vec<(Rank, usize)>,
    ) -> Result<(), Stop> {
        for index in named {
            self.steps = self.steps.checked_sub(1).ok_or_else(|| gave_up("certificates"))?;
            let Some((node, anchor)) = self.nodes.get(index) else { continue };
            let long_enough =
                checks::path_length(node.certificate).is_some_and(|length| length >= position.passed);
            let valid = checks::check_validity(node.certificate, self.question).is_ok();
            let wanted_here = if *anchor { valid || !dated } else { valid && long_enough };
            if !wanted_here || !holds_period(node.certificate, position.certificate) {
                continue;
            }
            let other_key = wanted.is_none() || node.certificate.subject_key_id() != wanted;
            let stranger = !self.trusted.contains(&node.issuer);
            candidates.push(((other_key, stranger), index));
        }
        Ok(())
    }

    /// `ForwardBuilder.verifyCert` for an issuer.
    fn may_issue(&self, certificate: &Certificate, anchor: bool) -> bool {
        !self.question.is_blocked(certificate)
            && (anchor
                || checks::check_critical(certificate).is_ok()
                    && checks::check_ca_key_usage(certificate).is_ok())
    }

    /// The final verification from the anchor down. A path that falls here sends the search on.
    fn complete(
        &mut self,
        anchor: &'a Certificate,
        path: &[&'a Certificate],
        effort: &mut Effort,
    ) -> Result<Option<Found>, Stop> {
        let mut state = State::new(self.question, anchor, path.len(), Depth::Built);
        for certificate in path.iter().rev() {
            match state.accept(certificate, effort) {
                Ok(()) => {}
                Err(Stop::Refused(rejection))
                    if !matches!(rejection.reason, Reason::InternalError { .. }) =>
                {
                    return Ok(None);
                }
                Err(stop @ (Stop::GaveUp(_) | Stop::Wanted(_) | Stop::Refused(_))) => return Err(stop),
                Err(Stop::Unsupported(why)) => {
                    self.undecided = Some(why);
                    return Ok(None);
                }
            }
        }
        let path = path.iter().copied().chain([anchor]).cloned().collect();
        Ok(Some(Found { path, anchor: anchor.clone() }))
    }
}

/// An issuer without extensions must be valid for the whole time of what it issued (AdaptableX509CertSelector).
fn holds_period(issuer: &Certificate, issued: &Certificate) -> bool {
    issuer.version() >= 3 || issuer.is_valid_at(issued.not_before()) && issuer.is_valid_at(issued.not_after())
}

/// `SunCertPathBuilder.repeated`: one certificate, or one subject, key and set of alternative names.
fn is_repeated(passed: &Certificate, next: &Certificate) -> bool {
    passed == next
        || passed.public_key().spki == next.public_key().spki
            && same(passed.subject(), next.subject())
            && passed.subject_alt_names() == next.subject_alt_names()
}

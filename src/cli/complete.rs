//! Where the certificates are looked for that a server should send and does not.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use clap::Args;

use super::Context;
use super::args::StorePassword;
use super::assemble::ClientStore;
use super::error::CliError;
use super::source::{self, Source};
use crate::cert::Certificate;
use crate::finding::Place;
use crate::net::http::{Reach, fetch};
use crate::net::{NetError, Options};
use crate::store::{Entry, place, source as certificates};

/// Longest wait for one download.
const PATIENCE: Duration = Duration::from_secs(5);
/// Largest download taken: an authority's certificates take some KiB.
const MAX_DOWNLOAD: usize = 256 << 10;
/// Most addresses asked in one run, and for one certificate.
const MAX_DOWNLOADS: usize = 256;
const MAX_URLS: usize = 3;
/// Most certificates taken from one download.
const MAX_CERTIFICATES: usize = 32;

/// Flags about certificates that a server should send and does not.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Missing certificates")]
pub(crate) struct Completing {
    /// Look for them in this file or folder too. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) extra: Vec<String>,
    /// Do not download a missing issuer from the http address that the certificate names (authorityInfoAccess).
    #[arg(long)]
    pub(crate) no_fetch: bool,
    /// Download from addresses of this machine and of its own wire too.
    #[arg(long, conflicts_with = "no_fetch")]
    pub(crate) fetch_local: bool,
}

/// A certificate that was found, and where.
pub(crate) type Found = (Certificate, Place);

/// Where to look: files, the store, the roots known, the network.
#[derive(Debug)]
pub(crate) struct Completion {
    given: Vec<Found>,
    /// The flags it was made from, and others that a command needs to see the same.
    pub(crate) flags: Vec<String>,
    /// Those that only a command needs that judges.
    pub(crate) judging: Vec<String>,
    reach: Option<Reach>,
    patience: Duration,
    downloads: Mutex<HashMap<String, Option<Vec<Certificate>>>>,
    roots: OnceLock<Vec<Found>>,
}

impl Completing {
    /// The flags again, for a command that is to find the same.
    fn repeated(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.extra.iter().flat_map(|file| ["--extra".to_owned(), file.clone()]).collect();
        words.extend(self.no_fetch.then(|| "--no-fetch".to_owned()));
        words.extend(self.fetch_local.then(|| "--fetch-local".to_owned()));
        words
    }
}

impl Completion {
    /// Reads what the flags name, and no more than that yet.
    pub(crate) fn new(
        flags: &Completing,
        password: &StorePassword,
        context: &Context,
    ) -> Result<Self, CliError> {
        let mut given = Vec::new();
        for text in &flags.extra {
            let file = format!("file:{}", text.strip_prefix("file:").unwrap_or(text));
            for source in source::read(&file, password)? {
                let Source::File(file) = source else { continue };
                let place = Place::Given(file.path.display().to_string());
                given.extend(file.certificates().into_iter().map(|certificate| (certificate, place.clone())));
            }
        }
        let reach = match (flags.no_fetch, flags.fetch_local) {
            (true, _) => None,
            (false, true) => Some(Reach::Anywhere),
            (false, false) => Some(Reach::NotLocal),
        };
        let patience = PATIENCE.min(context.timeout);
        Ok(Self {
            given,
            flags: flags.repeated(),
            judging: Vec::new(),
            reach,
            patience,
            downloads: Mutex::default(),
            roots: OnceLock::new(),
        })
    }

    /// Has the remedies' commands repeat more: of the way to the server and the store, and of how it is judged.
    pub(crate) fn repeating(mut self, flags: Vec<String>, judging: Vec<String>) -> Self {
        self.flags.extend(flags);
        self.judging = judging;
        self
    }

    /// Adds certificates that were given otherwise.
    pub(crate) fn with(mut self, certificates: impl Iterator<Item = Found>) -> Self {
        self.given.extend(certificates);
        self
    }

    /// What is known without asking anybody: what was given, what the store holds beside its anchors, the platform's
    /// roots, Mozilla's.
    pub(crate) fn known(&self, store: &ClientStore) -> Vec<Found> {
        let entries = store.store.iter().flat_map(|store| &store.entries);
        let held = |entry: &Entry| {
            let place = Place::Store(entry.alias.to_string());
            let beside = entry.certificates.iter().skip(usize::from(entry.anchor_for_java));
            beside.map(|certificate| (certificate.clone(), place.clone())).collect::<Vec<_>>()
        };
        let roots = self.roots.get_or_init(roots);
        self.given.iter().cloned().chain(entries.flat_map(held)).chain(roots.iter().cloned()).collect()
    }

    /// The certificates at the addresses where a certificate says that its issuer's are. What cannot be had is not there.
    pub(crate) fn download(&self, certificate: &Certificate) -> Vec<Found> {
        let found =
            certificate.ca_issuers().iter().filter(|url| is_http(url)).take(MAX_URLS).flat_map(|url| {
                let place = Place::Download(url.clone());
                let found = self.at(url).unwrap_or_default();
                found.into_iter().map(move |certificate| (certificate, place.clone()))
            });
        found.collect()
    }

    /// What is at an address; `None` when that cannot be told from here: it may not be asked, it leads elsewhere, it does not
    /// answer in time.
    pub(crate) fn at(&self, url: &str) -> Option<Vec<Certificate>> {
        let reach = self.reach.filter(|_| is_http(url))?;
        let downloads = || self.downloads.lock().unwrap_or_else(PoisonError::into_inner);
        let known = downloads().get(url).cloned();
        if known.is_some() || downloads().len() >= MAX_DOWNLOADS {
            return known.flatten();
        }
        let options = Options {
            connect: self.patience,
            handshake: self.patience,
            total: self.patience,
            ..Options::default()
        };
        let found = match fetch(url, &options, reach) {
            Ok(answer) if answer.status == 200 => {
                let body = Some(answer.body).filter(|body| answer.complete && body.len() <= MAX_DOWNLOAD);
                let found = body.and_then(|body| certificates::certificates(&body, None).ok());
                let found = found.map(|found| found.certificates).unwrap_or_default().into_iter();
                Some(found.take(MAX_CERTIFICATES).map(|found| found.certificate).collect())
            }
            Ok(answer) => (answer.status >= 400).then(Vec::new),
            Err(NetError::Refused { .. } | NetError::UnknownHost { .. }) => Some(Vec::new()),
            Err(_) => None,
        };
        downloads().insert(url.to_owned(), found.clone());
        found
    }
}

fn is_http(url: &str) -> bool {
    url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// The platform's roots, then Mozilla's.
fn roots() -> Vec<Found> {
    let named = [(place::os(), Place::Platform), (place::mozilla(), Place::Mozilla)];
    let found = named.into_iter().flat_map(|(store, place)| {
        let certificates = store.entries.into_iter().flat_map(|entry| entry.certificates);
        certificates.map(move |certificate| (certificate, place.clone()))
    });
    found.collect()
}

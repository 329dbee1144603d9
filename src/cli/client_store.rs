//! A client's trust store: which file its JVM really reads, and what it sees in it (sun/security/ssl/TrustStoreManager.java).

use std::path::{Path, PathBuf};

use super::Context;
use super::agents::{self, JvmStore};
use super::args::StorePassword;
use super::assemble::{self, MAX_FILE, StorePlace, path_error, store_error};
use super::error::CliError;
use super::password::{self, Given};
use crate::agent::Why;
use crate::cert::Certificate;
use crate::finding::{StoreFacts, Unreadable, Unseen};
use crate::fs::{self, PathError};
use crate::path::Anchor;
use crate::path::java::Options;
use crate::secret::Password;
use crate::store::{self, Alias, EntryKind, Hidden, Store, StoreError, place};

/// A client's trust store as it is judged: one that cannot be read is a fact about the client, not the end.
pub(crate) struct ClientStore {
    /// The file that is read, if it is one.
    pub(crate) path: Option<PathBuf>,
    /// The Java runtime it belongs to, if that is known.
    pub(crate) java_home: Option<PathBuf>,
    /// What it holds, if it can be read.
    pub(crate) store: Option<Store>,
    /// What the rules need to know of it.
    pub(crate) facts: StoreFacts,
    /// Why what was named cannot be read.
    pub(crate) failure: Option<CliError>,
    /// What the JVM was started with, if a JVM was named.
    pub(crate) options: Options,
    /// Whether an option or a product's settings name the file; else it is what the runtime takes by itself, if it is its.
    is_named: bool,
    /// Whether `options` are all that the JVM was told.
    is_jvms: bool,
    /// What is seen without the password, where that is less.
    bare: Option<Vec<Anchor>>,
}

impl ClientStore {
    fn new(text: &str) -> Self {
        Self {
            path: None,
            java_home: None,
            store: None,
            facts: StoreFacts { place: text.to_owned(), ..StoreFacts::default() },
            failure: None,
            options: Options::default(),
            is_named: false,
            is_jvms: false,
            bare: None,
        }
    }
}

/// Opens a STORE for judging: as the JVM reads it, or what it reads in its place.
pub(crate) fn client(text: &str, flags: &StorePassword, context: &Context) -> Result<ClientStore, CliError> {
    let client = held(text, flags, context)?;
    as_read(client, &password::given(flags)?, context)
}

/// Opens the store that a JVM's option names, if one does.
pub(crate) fn told(
    options: &Options,
    runtime: Option<&str>,
    flags: &StorePassword,
    context: &Context,
) -> Result<Option<ClientStore>, CliError> {
    let Some(named) = options.trust_store() else { return Ok(None) };
    let runtime = match runtime.map(StorePlace::parse).transpose()? {
        Some(StorePlace::Java(home)) => home.or_else(assemble::java_home),
        _ => None,
    };
    let given = password::given(flags)?;
    let mut client = ClientStore::new(named);
    (client.is_named, client.java_home) = (true, runtime);
    if named != "NONE" {
        let path = Path::new(named);
        client.java_home = client.java_home.or_else(|| place::java_home_of(path));
        read_file(&mut client, path, &given, options.trust_store_type(), context);
    }
    as_read(client, &given, context).map(Some)
}

/// Opens a STORE as it is.
pub(super) fn held(text: &str, flags: &StorePassword, context: &Context) -> Result<ClientStore, CliError> {
    let mut client = ClientStore::new(text);
    let (place, given) = (StorePlace::parse(text)?, password::given(flags)?);
    match place {
        StorePlace::Os => client.store = Some(place::os()),
        StorePlace::Mozilla => client.store = Some(place::mozilla()),
        StorePlace::Java(home) => {
            let (home, found) = assemble::java_store(home.as_deref())?;
            client.facts.shadows = place::shadowed_in(&home).map(|path| path.display().to_string());
            client.java_home = Some(home);
            read_file(&mut client, &found, &given, None, context);
        }
        StorePlace::File(path) => {
            client.java_home = place::java_home_of(&path);
            read_file(&mut client, &path, &given, None, context);
        }
        StorePlace::Agent(_) | StorePlace::Pid(_) | StorePlace::Service(_) => {
            if let Some(jvm) = agents::jvm_store(&place)? {
                of_jvm(&mut client, jvm, given, context);
            }
        }
    }
    Ok(client)
}

/// Opens a STORE as it is, without what its client does not see for want of the password.
pub(super) fn seen(text: &str, flags: &StorePassword, context: &Context) -> Result<ClientStore, CliError> {
    let mut client = held(text, flags, context)?;
    let is_bare = is_bare(&client, &password::given(flags)?);
    if let (Some(store), Some(bare)) = (&mut client.store, client.bare.as_ref().filter(|_| is_bare)) {
        store.hide_encrypted(&bare.iter().map(|anchor| anchor.certificate.sha256()).collect());
    }
    Ok(client)
}

fn of_jvm(client: &mut ClientStore, jvm: JvmStore, given: Given, context: &Context) {
    let given = given.or(jvm.options.trust_store_password());
    client.is_jvms = jvm.is_jvms();
    (client.java_home, client.options) = (jvm.java_home, jvm.options);
    client.is_named = !matches!(jvm.why, Why::Cacerts | Why::Jssecacerts | Why::OptionNamesNothing { .. });
    client.facts.shadows = jvm.shadowed.map(|path| path.display().to_string());
    let declared = client.options.trust_store_type().map(str::to_owned);
    read_file(client, &jvm.path, &given, declared.as_deref(), context);
    if let (Why::OptionNamesNothing { named, .. }, true) = (&jvm.why, client.store.is_some()) {
        client.facts.is_missing = true;
        client.facts.unreadable = Some(format!("{}: no such file", named.display()));
        client.facts.instead = Some(jvm.path.display().to_string());
    }
}

/// From what was named to what the JVM takes for it, and what it sees there.
fn as_read(mut client: ClientStore, given: &Given, context: &Context) -> Result<ClientStore, CliError> {
    let shadow = client.path.as_deref().filter(|_| !client.is_named).and_then(place::shadow_of);
    if let Some(shadow) = shadow {
        client.facts.own_anchors = Some(client.store.as_ref().map(anchors).unwrap_or_default());
        client.facts.shadowed_by = Some(shadow.display().to_string());
        client.facts.unreadable = None;
        client.failure = None;
        read_file(&mut client, &shadow, given, None, context);
    } else if client.facts.is_missing && client.store.is_none() {
        fall_back(&mut client, given, context);
    }
    if let Some(store) = &client.store {
        client.facts.entries = client.facts.entries.max(store.entries.len());
        client.facts.anchors = anchors(store);
        client.facts.unseen = store.entries.iter().flat_map(unseen).collect();
        let keys = store.entries.iter().filter(|entry| entry.kind == EntryKind::PrivateKey);
        client.facts.keys = keys.map(|entry| entry.alias.to_string()).collect();
    }
    let is_bare = is_bare(&client, given);
    let is_given = client.options.trust_store_password().is_some() || !given.is_default && !is_bare;
    if is_given && !given.is_none {
        client.facts.needs_password = false;
    }
    if let Some(bare) = client.bare.take().filter(|_| is_bare) {
        client.facts.anchors = bare;
    }
    Ok(client)
}

/// Whether the JVM opens the store without a password: it is told none, or the store is its own.
fn is_bare(client: &ClientStore, given: &Given) -> bool {
    let is_told_none = client.is_jvms && given.is_default && client.options.trust_store_password().is_none();
    let is_own = || !client.is_named && client.path.as_deref().is_some_and(is_default_store);
    given.is_none || is_told_none || client.options.trust_store_password().is_none() && is_own()
}

/// Of a store that is not there JSSE says nothing, and reads the runtime's own: `cacerts`, even beside a `jssecacerts`.
/// Which runtime that is may not be known; then Mozilla's roots stand for it, which are much the same.
fn fall_back(client: &mut ClientStore, given: &Given, context: &Context) {
    let home = client.java_home.take().or_else(assemble::java_home);
    let (missing, failure) = (client.facts.unreadable.take(), client.failure.take());
    match &home {
        Some(home) => {
            let cacerts = place::cacerts_of(home);
            client.facts.instead = Some(cacerts.display().to_string());
            client.is_named = false;
            if cacerts.is_file() {
                read_file(client, &cacerts, given, None, context);
            }
        }
        None => (client.path, client.store) = (None, Some(place::mozilla())),
    }
    client.java_home = home;
    client.facts.is_missing = true;
    (client.facts.unreadable, client.failure) = (missing, failure);
}

fn read_file(
    client: &mut ClientStore,
    path: &Path,
    given: &Given,
    declared: Option<&str>,
    context: &Context,
) {
    client.path = Some(path.to_owned());
    client.facts.is_writable = true;
    let octets = match fs::read(path, MAX_FILE) {
        Ok(octets) => octets,
        Err(error) => {
            // java.io.File.isFile and canRead decide.
            client.facts.is_missing = !matches!(error, PathError::TooLarge { .. });
            client.facts.unreadable = Some(error.to_string());
            client.failure = Some(path_error(&error));
            return;
        }
    };
    match decode(client, &octets, path, given, context) {
        Ok(store) => {
            if !store.protection.encryption.is_empty() {
                without_password(client, &octets, &store, given);
            }
            client.facts.unreadable = store::java_refusal(&store, declared);
            let is_type = client.facts.unreadable.is_some() && store::java_refusal(&store, None).is_none();
            client.facts.unreadable_kind = match store.format.name() {
                _ if is_type => Unreadable::Type,
                "pem" => Unreadable::Pem,
                "jceks" => Unreadable::Jceks,
                _ => Unreadable::Other,
            };
            if given.is_default && !given.is_none && store.protection.name() != "none" {
                context.ui.note(&format!(
                    "note: no password given for {}; changeit was tried, and fits",
                    path.display()
                ));
            }
            client.store = Some(store);
        }
        Err(error) => {
            client.facts.unreadable = Some(error.to_string());
            if matches!(error, StoreError::WrongPassword { .. }) {
                client.facts.unreadable_kind = Unreadable::Password;
            }
            client.failure = Some(store_error(path, &error, given));
        }
    }
}

/// What of an encrypted store is seen without the password; only such a store looks otherwise without it.
fn without_password(client: &mut ClientStore, octets: &[u8], store: &Store, given: &Given) {
    let bare = store::decode(octets, None).map(|store| anchors(&store)).unwrap_or_default();
    if given.is_none {
        let whole = store::decode(octets, Some(&Password::changeit()));
        client.facts.entries = whole.map_or(0, |whole| whole.entries.len());
        client.facts.needs_password = bare.is_empty();
    } else {
        client.facts.needs_password = bare.is_empty() && store.anchors().next().is_some();
    }
    client.bare = Some(bare);
}

/// Reads a store with the password given; when the default does not open it, a person is asked once. One that the JVM opens
/// without a password is read so where the password does not fit.
fn decode(
    client: &ClientStore,
    octets: &[u8],
    path: &Path,
    given: &Given,
    context: &Context,
) -> Result<Store, StoreError> {
    if given.is_none {
        return store::decode(octets, None);
    }
    match store::decode(octets, Some(&given.password)) {
        Err(StoreError::WrongPassword { .. }) if given.is_default => {
            match password::prompt(&context.ui, &path.display().to_string()) {
                Some(typed) => store::decode(octets, Some(&typed)),
                None if is_bare(client, given) => store::decode(octets, None),
                None => store::decode(octets, Some(&given.password)),
            }
        }
        other => other,
    }
}

fn anchors(store: &Store) -> Vec<Anchor> {
    let anchor = |(alias, certificate): (&Alias, &Certificate)| Anchor {
        certificate: certificate.clone(),
        alias: Some(alias.as_str().to_owned()),
    };
    store.anchors().map(anchor).collect()
}

/// The certificates of an entry that Java does not trust.
fn unseen(entry: &store::Entry) -> impl Iterator<Item = Unseen> {
    let why = match entry.hidden {
        Some(Hidden::AliasCase) => "Java looks up aliases in lower case alone",
        Some(Hidden::AliasTaken) => "a later entry has the same alias, and Java takes the last",
        Some(Hidden::NotTrusted) => "it is not marked as trusted (it has no attribute trustedKeyUsage)",
        Some(Hidden::NestedSafe) => "it lies in a safe inside a safe, which Java does not open",
        Some(Hidden::PlainKey) => "it belongs to a private key that is not encrypted, which Java passes over",
        Some(Hidden::AliasEncoding) => "its alias is written in a way that Java does not read",
        None if entry.kind == EntryKind::PrivateKey => {
            "it stands in the chain of a private key, of which Java trusts the first certificate alone"
        }
        None => "it is no entry that Java trusts",
    };
    let beside = entry.certificates.iter().skip(usize::from(entry.anchor_for_java));
    beside.map(move |certificate| Unseen {
        alias: entry.alias.to_string(),
        certificate: certificate.clone(),
        why,
        can_be_repaired: entry.hidden.is_some(),
    })
}

/// Whether a file is one that a Java runtime opens by itself, and so without a password.
pub(super) fn is_default_store(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name == "cacerts" || name == "jssecacerts");
    named && place::java_home_of(path).is_some()
}

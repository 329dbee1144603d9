//! Which products are here, and which store each of them reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::choice::{Choice, Runtime, Why, choose};
use super::command_line::{CommandLine, Origin, Word};
use super::config::{self, Syntax};
use super::process::Process;
use super::profile::{ConfigFile, Kind, Profile};
use super::service;
use super::tree::Tree;
use super::trouble::{self, Trouble, Weight};
use crate::fs::PathError;

/// A product that is installed.
#[derive(Debug, Clone)]
pub struct Agent<'p> {
    /// What is known of it.
    pub profile: &'p Profile,
    /// Its folder.
    pub prefix: PathBuf,
    /// The runtime it uses.
    pub runtime: Option<Runtime>,
    /// The options it starts its JVM with.
    pub line: CommandLine,
    /// The store it reads.
    pub store: Option<Choice>,
    /// The folder of certificates it reads instead.
    pub drop_folder: Option<PathBuf>,
    /// Whether a running JVM showed that, and not its files.
    pub is_seen: bool,
    /// Its running JVMs.
    pub running: Vec<u32>,
    /// What is wrong with it, the worst first.
    pub troubles: Vec<Trouble>,
}

/// Every product of these profiles that is in the tree or runs. A runtime that is another product's is not told of again.
pub fn discover<'p>(profiles: &'p [Profile], tree: &Tree, processes: &[Process]) -> Vec<Agent<'p>> {
    let mut found: Vec<Agent<'p>> = Vec::new();
    for profile in profiles {
        for prefix in prefixes(profile, tree, processes) {
            let real = tree.real(&prefix);
            let is_known = |one: &Agent<'_>| {
                let other = tree.real(&one.prefix);
                let holds = real == other || profile.is_runtime && real.starts_with(&other);
                holds && one.profile.kind == profile.kind
            };
            if !found.iter().any(is_known) {
                found.push(Site { profile, prefix, tree }.look(processes));
            }
        }
    }
    found
}

/// The STORE that names a product's: `agent:NAME`, with its folder behind `@` if `all` have it more than once.
pub fn place(agent: &Agent<'_>, all: &[Agent<'_>]) -> String {
    let name = &agent.profile.name;
    match all.iter().filter(|other| other.profile.name == *name).count() {
        0 | 1 => format!("agent:{name}"),
        _ => format!("agent:{name}@{}", agent.prefix.display()),
    }
}

/// The folders of a product: where it may be, where its service says, where a process runs from.
fn prefixes(profile: &Profile, tree: &Tree, processes: &[Process]) -> Vec<PathBuf> {
    let is_it = |folder: &Path| profile.marks.iter().any(|mark| tree.exists(&folder.join(mark)));
    let known = profile.prefixes.iter().flat_map(|pattern| tree.glob(pattern));
    let mut found: Vec<PathBuf> = known.filter(|folder| is_it(folder)).collect();
    let told = profile.services.iter().flat_map(|name| service::paths(tree, name));
    let runs =
        processes.iter().filter(|process| process.tree == *tree).flat_map(|process| process.paths.clone());
    // Only a mark that is of this product alone tells it from others by the way.
    let own = |mark: &&String| mark.to_ascii_lowercase().contains(&word(&profile.name));
    let strong: Vec<&String> = profile.marks.iter().filter(own).chain(&profile.own_marks).collect();
    for path in told.chain(runs) {
        let mut folders = path.ancestors().skip(1).filter(|folder| folder.parent().is_some());
        let has_mark = |folder: &Path| strong.iter().any(|mark| tree.exists(&folder.join(mark)));
        let folder = folders.find(|folder| has_mark(folder));
        found.extend(folder.and_then(|folder| match profile.is_runtime {
            true => runtime_of(profile, tree, folder),
            false => Some(folder.to_owned()),
        }));
    }
    let mut once: Vec<PathBuf> = Vec::new();
    for folder in found {
        let real = tree.real(&folder);
        if !once.iter().any(|known| tree.real(known) == real) {
            once.push(folder);
        }
    }
    once
}

/// The folder of the runtime whose launcher is in a folder, or a link to it, as `/usr/bin/java` is.
fn runtime_of(profile: &Profile, tree: &Tree, folder: &Path) -> Option<PathBuf> {
    let behind = |mark: &String| {
        let launcher = tree.real(&folder.join(mark));
        let folder = launcher.ancestors().nth(Path::new(mark).components().count())?;
        Runtime::at(tree, folder).map(|_| folder.to_owned())
    };
    profile.marks.iter().filter(|mark| tree.exists(&folder.join(mark))).find_map(behind)
}

/// The longest word of a product's name: `provisioning` of `okta-provisioning-agent`.
fn word(name: &str) -> String {
    name.split('-').max_by_key(|word| word.len()).unwrap_or(name).to_owned()
}

/// One folder of a product.
struct Site<'p, 't> {
    profile: &'p Profile,
    prefix: PathBuf,
    tree: &'t Tree,
}

/// What configuration files say.
#[derive(Default)]
struct Configured {
    /// Options, by the variable that holds them where a new value of it replaces the old one.
    words: Vec<(Option<String>, Word)>,
    homes: BTreeMap<String, PathBuf>,
    stores: Vec<(PathBuf, Why)>,
    troubles: Vec<Trouble>,
}

impl Configured {
    /// Takes options; those that the same variable held before count no more, in whatever file they were.
    fn set(&mut self, variable: Option<&str>, words: Vec<Word>) {
        self.words.retain(|(known, _)| variable.is_none() || known.as_deref() != variable);
        self.words.extend(words.into_iter().map(|word| (variable.map(str::to_owned), word)));
    }

    fn line(&self) -> CommandLine {
        CommandLine::new(self.words.iter().map(|(_, word)| word.clone()).collect())
    }
}

impl Agent<'_> {
    /// Whether its JVMs read several stores, so that none can be called its own.
    pub fn is_ambiguous(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.code == "process-stores-differ")
    }
}

impl<'p> Site<'p, '_> {
    fn look(self, processes: &[Process]) -> Agent<'p> {
        // Which lines of an options file count hangs on the release, which is found without them.
        let first = self.configured(None);
        let runtime = self.runtime(&first.homes);
        let again = self.configured(runtime.as_ref().map(Runtime::feature));
        let line = again.line();
        let running = self.running(processes);
        let mut agent = Agent {
            profile: self.profile,
            prefix: self.prefix.clone(),
            store: self.store(runtime.as_ref(), &line, again.stores),
            runtime,
            line,
            drop_folder: self.profile.drop_folder.as_ref().map(|folder| self.prefix.join(folder)),
            is_seen: false,
            running: running.iter().map(|process| process.pid).collect(),
            troubles: again.troubles,
        };
        self.as_it_runs(&running, &mut agent);
        self.troubles(&mut agent);
        agent
    }

    /// A running JVM shows what counts, whatever the files say by now.
    fn as_it_runs(&self, running: &[&Process], agent: &mut Agent<'_>) {
        let Some(process) =
            running.first().filter(|_| self.profile.kind == Kind::Java && !self.profile.is_runtime)
        else {
            return;
        };
        let has_own = agent.store.as_ref().is_some_and(|store| !is_jvms(&store.why));
        agent.runtime = Some(process.runtime.clone());
        agent.line = process.line.clone();
        agent.is_seen = true;
        let mut stores: Vec<(u32, PathBuf)> = Vec::new();
        for process in running {
            let Some(store) = process.store().filter(|_| !has_own) else { continue };
            if stores.iter().all(|(_, known)| *known != store.on_disk) {
                stores.push((process.pid, store.on_disk));
            }
        }
        if stores.len() > 1 {
            let list: Vec<_> =
                stores.iter().map(|(pid, path)| format!("pid:{pid} {}", path.display())).collect();
            let detail = format!("its JVMs do not read the same store: {}", list.join(", "));
            agent.troubles.push(Trouble::new("process-stores-differ", Weight::Warning, detail));
        }
        if !has_own {
            let (runtime, folder) = (&process.runtime, &process.folder);
            let own = if runtime.home.starts_with(&self.prefix) { &self.prefix } else { &runtime.home };
            agent.store = choose(self.tree, runtime, &process.line, folder, own);
        }
    }

    fn troubles(&self, agent: &mut Agent<'_>) {
        let found = &mut agent.troubles;
        trouble::of_kind(self.profile, found);
        if self.profile.kind == Kind::Java {
            if agent.runtime.is_none() && agent.store.is_none() {
                let detail = "there is no Java runtime where it has one";
                found.push(Trouble::new("runtime-missing", Weight::Error, detail));
            }
            trouble::of_options(&agent.line, found);
            if let Some(store) = &agent.store {
                trouble::of_store(store, &agent.line.options(), found);
            }
        }
        found.sort_by_key(|trouble| std::cmp::Reverse(trouble.weight));
    }

    fn configured(&self, feature: Option<u32>) -> Configured {
        let mut told = Configured::default();
        for file in &self.profile.config {
            if file.unless.as_ref().is_some_and(|other| !self.files(other).is_empty()) {
                continue;
            }
            for path in self.files(&file.file) {
                match self.tree.text(&path) {
                    Ok(text) => self.read(file, &path, &text, feature, &mut told),
                    Err(PathError::Denied { .. }) => {
                        let detail = "it may hold options, and this user may not read it";
                        let trouble = Trouble::new("config-unreadable", Weight::Warning, detail);
                        told.troubles.push(Trouble { file: Some(path), ..trouble });
                    }
                    Err(_) => {}
                }
            }
        }
        told
    }

    /// The files that a name in a profile stands for.
    fn files(&self, name: &str) -> Vec<PathBuf> {
        if name.starts_with('/') || name.get(1..3) == Some(":/") {
            return self.tree.glob(name);
        }
        let path = self.prefix.join(name);
        if self.tree.is_file(&path) { vec![path] } else { Vec::new() }
    }

    fn read(&self, file: &ConfigFile, path: &Path, text: &str, feature: Option<u32>, told: &mut Configured) {
        for setting in config::settings(file.syntax, text) {
            let origin = Origin::Configuration { file: path.to_owned(), line: setting.line };
            let is_named = |names: &[String]| names.iter().any(|name| is_called(name, &setting.name));
            trouble::of_setting(self.profile, path, &setting, &mut told.troubles);
            if is_named(&file.homes) {
                told.homes.insert(setting.name.clone(), PathBuf::from(setting.value.trim()));
            }
            if is_named(&file.stores) && !setting.value.is_empty() {
                let (key, line) = (setting.name.clone(), setting.line);
                let why = Why::Configuration { key, file: path.to_owned(), line };
                told.stores.push((self.prefix.join(setting.value.trim()), why));
            }
            if let Some(name) =
                file.property_prefix.as_ref().and_then(|start| setting.name.strip_prefix(start))
            {
                let text = format!("-D{name}={}", setting.value);
                told.set(None, vec![Word { text, origin: origin.clone() }]);
            }
            let is_options = match file.syntax {
                Syntax::Options => feature.is_none_or(|feature| config::is_for(&setting.name, feature)),
                _ => is_named(&file.options),
            };
            if is_options {
                let words = config::options_in(file.syntax, &setting.value);
                trouble::of_line(path, &setting, &words, &mut told.troubles);
                let word = |text| Word { text, origin: origin.clone() };
                let words = words.into_iter().filter(|word| word.starts_with('-')).map(word).collect();
                told.set(setting.replaces.then_some(setting.name.as_str()), words);
            }
        }
    }

    fn runtime(&self, homes: &BTreeMap<String, PathBuf>) -> Option<Runtime> {
        if self.profile.is_runtime {
            return Runtime::at(self.tree, &self.prefix);
        }
        self.profile.homes.iter().find_map(|home| {
            let folder = match home.strip_prefix('$') {
                Some(variable) => homes.get(variable)?.clone(),
                None if home == "system" => system_home(self.tree)?,
                None => self.prefix.join(home),
            };
            // A variable may name the program and not the folder.
            let folder = match self.tree.is_file(&folder) {
                true => folder.parent()?.parent()?.to_owned(),
                false => folder,
            };
            Runtime::at(self.tree, &folder)
        })
    }

    fn store(
        &self,
        runtime: Option<&Runtime>,
        line: &CommandLine,
        named: Vec<(PathBuf, Why)>,
    ) -> Option<Choice> {
        if self.profile.kind != Kind::Java {
            return None;
        }
        let own = |path: PathBuf, why| Choice::new(self.tree, path, why, &self.prefix);
        if let Some((path, why)) = named.into_iter().next_back() {
            return Some(own(path, why));
        }
        let kept = self.profile.stores.iter().map(|store| self.prefix.join(store));
        if let Some(path) = kept.into_iter().find(|path| self.tree.is_file(path)) {
            return Some(own(path, Why::Product));
        }
        let runtime = runtime?;
        let own = if runtime.home.starts_with(&self.prefix) { &self.prefix } else { &runtime.home };
        choose(self.tree, runtime, line, &self.prefix, own)
    }

    /// The JVMs that run from here, or that its service runs.
    fn running<'a>(&self, processes: &'a [Process]) -> Vec<&'a Process> {
        // A prefix may be a link, as Debian's /usr/lib/jvm/default-java is; a process tells where its runtime really is.
        let real = self.tree.real(&self.prefix);
        let below = |path: &PathBuf| path.starts_with(&self.prefix) || path.starts_with(&real);
        let is_runtime = |process: &Process| below(&process.runtime.home);
        let serves = |process: &Process| {
            process
                .service
                .as_ref()
                .is_some_and(|name| self.profile.services.iter().any(|known| known == name))
        };
        let mine = |process: &&Process| {
            process.tree == *self.tree
                && (is_runtime(process) || process.paths.iter().any(&below) || serves(process))
        };
        processes.iter().filter(mine).collect()
    }
}

/// Whether a store was found as every JVM finds it.
fn is_jvms(why: &Why) -> bool {
    !matches!(why, Why::Product | Why::Configuration { .. })
}

fn is_called(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

/// The runtime of the `java` in the usual places.
pub(super) fn system_home(tree: &Tree) -> Option<PathBuf> {
    let java = ["/usr/bin/java", "/usr/local/bin/java"].map(PathBuf::from);
    let java = java.iter().find(|path| tree.is_file(path))?;
    tree.real(java).parent()?.parent().map(Path::to_owned)
}

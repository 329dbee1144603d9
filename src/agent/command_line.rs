//! What a JVM was started with: its command line and the variables that add to it, in the order in which they count.

use std::path::{Path, PathBuf};

use super::tree::Tree;
use super::words;
use crate::path::java::Options;

/// How deep argument files are followed; the launcher follows none inside another.
const MAX_WORDS: usize = 20_000;

/// Where an option comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// A file named on it with `@`.
    ArgumentFile(PathBuf),
    /// A file named by `-XX:VMOptionsFile`.
    OptionsFile(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// A configuration file of the program that starts the JVM.
    Configuration {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line"),
            Self::ArgumentFile(file) => write!(f, "the argument file {}", file.display()),
            Self::OptionsFile(file) => write!(f, "the options file {}", file.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Configuration { file, line } => write!(f, "{}, line {line}", file.display()),
        }
    }
}

/// One option.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    /// As the JVM gets it.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.text.split('=').next().unwrap_or_default(); // the value may be a secret
        write!(f, "{name} from {}", self.origin)
    }
}

/// Every option of a JVM, those that count last at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<Word>,
}

/// What a command line is read with.
pub(super) struct Reader<'a> {
    /// Where its files are.
    pub tree: &'a Tree,
    /// Its working folder.
    pub folder: &'a Path,
    /// The runtime's release; argument files and `JDK_JAVA_OPTIONS` are there from 9.
    pub feature: u32,
    /// Whether the `java` launcher started it: only that reads argument files and `JDK_JAVA_OPTIONS`.
    pub is_launcher: bool,
}

/// The variables that hold options.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// `JAVA_TOOL_OPTIONS`: counts before the command line.
    pub java_tool_options: Option<String>,
    /// `JDK_JAVA_OPTIONS`: put in front of the command line by the launcher.
    pub jdk_java_options: Option<String>,
    /// `_JAVA_OPTIONS`: counts after everything.
    pub java_options: Option<String>,
}

const TOOL: &str = "JAVA_TOOL_OPTIONS";
const LAUNCHER: &str = "JDK_JAVA_OPTIONS";
const LAST: &str = "_JAVA_OPTIONS";

/// Options of the launcher whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "-cp",
    "-classpath",
    "--class-path",
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--enable-native-access",
    "--limit-modules",
    "--add-exports",
    "--add-opens",
    "--add-reads",
    "--patch-module",
    "--describe-module",
    "-d",
    "--source",
];

impl CommandLine {
    /// Of these options, each with where it comes from.
    pub fn new(words: Vec<Word>) -> Self {
        Self { words }
    }

    /// Of a running JVM: `arguments` are those behind the program's name.
    pub(super) fn read(arguments: &[String], variables: &Variables, reader: &Reader<'_>) -> Self {
        let mut words = Vec::new();
        let variable = |text: &Option<String>| words::of_variable(text.as_deref().unwrap_or_default()).words;
        for word in variable(&variables.java_tool_options) {
            reader.option(word, &Origin::Variable(TOOL), &mut words);
        }
        if reader.is_launcher && reader.feature >= 9 {
            let given = variable(&variables.jdk_java_options);
            reader.launcher(&given, &Origin::Variable(LAUNCHER), &mut words);
        }
        reader.launcher(arguments, &Origin::CommandLine, &mut words);
        for word in variable(&variables.java_options) {
            reader.option(word, &Origin::Variable(LAST), &mut words);
        }
        words.truncate(MAX_WORDS);
        Self { words }
    }

    /// The options as the rules read them.
    pub fn options(&self) -> Options {
        Options::parse(self.words.iter().map(|word| word.text.as_str()))
    }

    /// The option that sets a system property, the one that counts.
    pub fn setting(&self, property: &str) -> Option<&Word> {
        self.all(property).last()
    }

    /// Every option that sets a system property, the one that counts last.
    pub fn all(&self, property: &str) -> impl Iterator<Item = &Word> {
        let of = move |word: &&Word| {
            let named = word.text.strip_prefix("-D").and_then(|rest| rest.strip_prefix(property));
            named.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        self.words.iter().filter(of)
    }

    /// Every option.
    pub fn words(&self) -> &[Word] {
        &self.words
    }
}

impl Reader<'_> {
    /// Words that the launcher reads up to the program it is to run.
    fn launcher(&self, given: &[String], origin: &Origin, words: &mut Vec<Word>) {
        let mut expanded: Vec<(String, Origin)> = Vec::new();
        let mut follows = self.is_launcher && self.feature >= 9;
        for word in given {
            match word.strip_prefix('@').filter(|_| follows) {
                Some(file) if file.starts_with('@') => expanded.push((file.to_owned(), origin.clone())),
                Some(file) => {
                    let path = self.folder.join(file);
                    let text = self.tree.text(&path).unwrap_or_default();
                    let origin = Origin::ArgumentFile(path);
                    let inside = words::of_argument_file(&text).into_iter();
                    expanded.extend(inside.map(|word| (word, origin.clone())));
                }
                None => {
                    follows &= word != "--disable-@files";
                    expanded.push((word.clone(), origin.clone()));
                }
            }
            // Behind the program's name the words are its own.
            if program_at(&expanded).is_some() {
                break;
            }
        }
        let end = program_at(&expanded).unwrap_or(expanded.len());
        for (word, origin) in expanded.into_iter().take(end) {
            self.option(word, &origin, words);
        }
    }

    /// One option; a file of options stands for what is in it.
    fn option(&self, word: String, origin: &Origin, words: &mut Vec<Word>) {
        let Some(file) = word.strip_prefix("-XX:VMOptionsFile=") else {
            if word.starts_with('-') {
                words.push(Word { text: word, origin: origin.clone() });
            }
            return;
        };
        let path = self.folder.join(file);
        let text = self.tree.text(&path).unwrap_or_default();
        let origin = Origin::OptionsFile(path);
        let inside = words::of_variable(&text).words.into_iter().filter(|word| word.starts_with('-'));
        words.extend(inside.map(|text| Word { text, origin: origin.clone() }));
    }
}

/// Where the options end: at the name of a class, `-jar` or `-m`.
fn program_at(words: &[(String, Origin)]) -> Option<usize> {
    let mut index = 0;
    while let Some((word, _)) = words.get(index) {
        match word.as_str() {
            "-jar" | "-m" | "--module" => return Some(index),
            word if WITH_VALUE.contains(&word) => index += 2,
            word if word.starts_with('-') => index += 1,
            _ => return Some(index),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests lay out files to be found")]

    use super::*;

    fn read(arguments: &[&str], variables: &Variables, feature: u32) -> CommandLine {
        let (folder, tree) = (tempfile::tempdir().unwrap(), Tree::here());
        std::fs::write(folder.path().join("args"), "-Da=file -cp \"x y\"").unwrap();
        std::fs::write(folder.path().join("vm"), "-Da=vm").unwrap();
        let reader = Reader { tree: &tree, folder: folder.path(), feature, is_launcher: true };
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        CommandLine::read(&arguments, variables, &reader)
    }

    fn a(line: &CommandLine) -> &str {
        line.setting("a").map_or("", |word| word.text.strip_prefix("-Da=").unwrap())
    }

    #[test]
    fn the_order_is_the_jvms() {
        let set = |text: &str| Some(text.to_owned());
        let mut variables = Variables { java_tool_options: set("-Da=tool"), ..Variables::default() };
        assert_eq!(a(&read(&["Main"], &variables, 17)), "tool");
        variables.jdk_java_options = set("-Da=jdk");
        assert_eq!(a(&read(&["Main"], &variables, 17)), "jdk");
        assert_eq!(a(&read(&["Main"], &variables, 8)), "tool");
        assert_eq!(a(&read(&["-Da=argv", "Main", "-Da=program's"], &variables, 17)), "argv");
        assert_eq!(a(&read(&["-Da=argv", "@args", "Main"], &variables, 17)), "file");
        assert_eq!(a(&read(&["@args", "-Da=argv", "-jar", "x", "-Da=no"], &variables, 17)), "argv");
        assert_eq!(a(&read(&["--disable-@files", "-Da=argv", "@args"], &variables, 17)), "argv");
        assert_eq!(a(&read(&["-cp", "Main", "-XX:VMOptionsFile=vm", "X"], &variables, 17)), "vm");
        variables.java_options = set("-Da=last");
        assert_eq!(a(&read(&["-Da=argv", "Main"], &variables, 17)), "last");
        assert_eq!(a(&read(&["-Dab=x", "Main"], &Variables::default(), 17)), "");
    }
}

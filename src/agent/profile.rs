//! What is known of a product: data, one TOML file each. Those of a user come from folders and replace the built-in ones of
//! the same name.

use serde::Deserialize;

use super::config::Syntax;

/// Largest profile read, in octets.
pub const MAX_PROFILE: u64 = 256 << 10;

/// Where a product keeps its trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In a Java trust store.
    #[default]
    Java,
    /// In a folder of certificates that it reads when it starts.
    Folder,
    /// Not with Java: in the platform's store.
    NotJava,
}

/// A product.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// As in `agent:NAME`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Where its trust is.
    #[serde(default)]
    pub kind: Kind,
    /// Folders it may be installed in; `*` is any text within one name, `C:/` a drive.
    pub prefixes: Vec<String>,
    /// What is in its folder, any of them; its folder is recognised by this.
    pub marks: Vec<String>,
    /// Those of them that no other product has: by them it is found wherever its service or its process leads. One that holds
    /// the longest word of its name is such a one by itself.
    #[serde(default)]
    pub own_marks: Vec<String>,
    /// Whether its folder is itself a runtime, which others run: what one of them was told is not about the runtime.
    #[serde(default)]
    pub is_runtime: bool,
    /// The runtimes it may use, best first: below its folder, absolute, `$VARIABLE` or `system`, the one in the PATH.
    #[serde(default)]
    pub homes: Vec<String>,
    /// Stores of its own, read before the runtime's: below its folder or absolute.
    #[serde(default)]
    pub stores: Vec<String>,
    /// The folder of certificates, for [`Kind::Folder`].
    #[serde(default)]
    pub drop_folder: Option<String>,
    /// Its configuration files.
    #[serde(default)]
    pub config: Vec<ConfigFile>,
    /// Settings that are wrong by themselves.
    #[serde(default)]
    pub trap: Vec<Setting>,
    /// Its services, as the service manager knows them.
    #[serde(default)]
    pub services: Vec<String>,
    /// Its logs.
    #[serde(default)]
    pub logs: Vec<String>,
    /// Who it runs as, `user:group`.
    #[serde(default)]
    pub owner: Option<String>,
    /// The password its store has unless told.
    #[serde(default)]
    pub password: Option<String>,
    /// Hosts whose keys it pins: no import helps there.
    #[serde(default)]
    pub pinned: Vec<String>,
    /// What an upgrade does to its trust.
    #[serde(default)]
    pub upgrade: Option<String>,
    /// Why an import may have no effect.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A configuration file of a product.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConfigFile {
    /// The file: below the product's folder or absolute, with `*`.
    pub file: String,
    /// How it is written.
    pub syntax: Syntax,
    /// A file whose presence makes this one count for nothing.
    #[serde(default)]
    pub unless: Option<String>,
    /// Variables or keys that hold options of the JVM, with `*` at the end for any number.
    #[serde(default)]
    pub options: Vec<String>,
    /// Keys that name a trust store.
    #[serde(default)]
    pub stores: Vec<String>,
    /// Variables or keys that name the runtime's folder.
    #[serde(default)]
    pub homes: Vec<String>,
    /// Keys that begin with this are system properties, as `systemProp.` in gradle.properties.
    #[serde(default)]
    pub property_prefix: Option<String>,
}

/// A setting that is wrong by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Setting {
    /// The key or variable, in any case.
    pub key: String,
    /// The value, in any case.
    pub value: String,
    /// The code of what is wrong.
    pub code: Trap,
    /// What is wrong.
    pub detail: String,
}

/// What a [`Setting`] can be wrong in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trap {
    /// It lets credentials go over plain http.
    HttpAllowed,
    /// It trusts everybody.
    TrustsEverybody,
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct ProfileError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl Profile {
    /// Reads one.
    ///
    /// # Errors
    /// [`ProfileError`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        let fault = |line, what: String| ProfileError { file: file.to_owned(), line, what };
        let profile: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let what = error.message().lines().next().unwrap_or_default().to_owned();
            fault(before.matches('\n').count() + 1, what)
        })?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let named = profile.aliases.iter().chain([&profile.name]);
        if let Some(name) = named.into_iter().find(|name| name.is_empty() || !name.chars().all(plain)) {
            return Err(fault(1, format!("{name:?} is no name: small letters, digits and hyphens make one")));
        }
        match profile.kind {
            Kind::Java if profile.homes.is_empty() != profile.is_runtime => {
                Err(fault(1, "\"homes\" is missing, or there beside \"is-runtime\"".to_owned()))
            }
            Kind::Folder if profile.drop_folder.is_none() => {
                Err(fault(1, "\"drop-folder\" is missing".to_owned()))
            }
            _ if profile.marks.is_empty() => Err(fault(1, "\"marks\" is empty".to_owned())),
            _ => Ok(profile),
        }
    }

    /// Whether `name` is one of its names.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// The built-in profiles.
///
/// # Errors
/// [`ProfileError`] never, as a test holds.
pub fn built_in() -> Result<Vec<Profile>, ProfileError> {
    BUILT_IN.iter().map(|(file, text)| Profile::parse(file, text)).collect()
}

macro_rules! profiles {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("profiles/", $name, ".toml")))),+]
    };
}

const BUILT_IN: &[(&str, &str)] = profiles![
    "okta-provisioning-agent",
    "okta-ldap-agent",
    "okta-scim-server",
    "okta-radius-agent",
    "okta-ad-agent",
    "sailpoint-va",
    "jenkins",
    "sonarqube",
    "sonar-scanner",
    "jira",
    "confluence",
    "bitbucket",
    "keycloak",
    "tomcat",
    "gradle",
    "intellij",
    "kafka",
    "elasticsearch",
    "logstash",
    "temurin-container",
    "java",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_ones_are_right_and_their_names_differ() {
        let profiles = built_in().unwrap();
        let mut names: Vec<&str> = profiles
            .iter()
            .flat_map(|profile| profile.aliases.iter().chain([&profile.name]).map(String::as_str))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), profiles.len()), (count, BUILT_IN.len()));
    }

    #[test]
    fn a_wrong_one_is_told_with_its_line() {
        let text = "name = \"a\"\ntitle = \"A\"\nprefixes = []\nmarks = [\"x\"]\nhome = [\"jre\"]\n";
        let error = Profile::parse("a.toml", text).unwrap_err();
        assert_eq!((error.line, error.to_string().contains("home")), (5, true), "{error}");
        let error =
            Profile::parse("a.toml", &text.replace("home = ", "homes = ").replace("\"a\"", "\"A b\""));
        assert!(error.unwrap_err().to_string().contains("no name"));
    }
}

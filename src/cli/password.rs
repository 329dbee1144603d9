//! Where a store's password comes from: a file, the environment, a prompt, or the `changeit` every JRE ships with,
//! and that is said.

#![expect(clippy::disallowed_methods, reason = "passwords may come from the environment; only cli reads it")]

use std::path::Path;

use super::args::StorePassword;
use super::error::CliError;
use super::exit::Exit;
use super::ui::Ui;
use crate::secret::Password;

/// Shortest password that keytool takes.
const SHORTEST: usize = 6;

/// Largest password file read.
const MAX_FILE: u64 = 4096;

/// A password, and whether someone named it or it is the default that is merely tried.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) password: Password,
    pub(crate) is_default: bool,
    /// Whether somebody said that there is none.
    pub(crate) is_none: bool,
}

impl Given {
    /// A password that somebody named.
    pub(crate) fn named(password: Password) -> Self {
        Self { password, is_default: false, is_none: false }
    }

    /// This one if somebody named it, else what a JVM's options hold, if they do.
    pub(crate) fn or(self, options: Option<&Password>) -> Self {
        match options {
            Some(password) if self.is_default && !self.is_none => Self::named(password.clone()),
            _ => self,
        }
    }
}

/// The password the flags name, else `changeit`.
pub(crate) fn given(flags: &StorePassword) -> Result<Given, CliError> {
    let named = match (&flags.store_password_file, &flags.store_password_env) {
        (Some(file), _) => Some(from_file(file)?),
        (None, Some(variable)) => Some(from_env(variable)?),
        (None, None) => None,
    };
    Ok(match named {
        Some(password) => Given::named(password),
        None => Given { password: Password::changeit(), is_default: true, is_none: flags.none },
    })
}

/// Asks a person for a store's password, if there is a person.
pub(crate) fn prompt(ui: &Ui, place: &str) -> Option<Password> {
    prompt_for(ui, &format!("Password of {}: ", crate::render::escape::visible(place)))
}

/// Asks a person for a secret, if there is a person.
pub(crate) fn prompt_for(ui: &Ui, question: &str) -> Option<Password> {
    if !ui.is_interactive() {
        return None;
    }
    rpassword::prompt_password(question).ok().map(Password::new)
}

/// Asks a person for a new secret, twice, if there is a person.
pub(crate) fn prompt_twice(ui: &Ui, question: &str) -> Result<Option<Password>, CliError> {
    let Some(first) = prompt_for(ui, question) else { return Ok(None) };
    match prompt_for(ui, "Once more: ") {
        Some(second) if second == first => Ok(Some(first)),
        _ => {
            Err(CliError::usage("the two passwords differ").hint("run it again and type the same one twice"))
        }
    }
}

/// Refuses a new password that Java's own tool would not take, and says what else may not.
pub(crate) fn check_new(new: &Password, ui: &Ui) -> Result<(), CliError> {
    if new.text().chars().count() < SHORTEST {
        return Err(CliError::new(Exit::Refused, "password-short", "the new password is too short")
            .hint(format!("keytool takes none below {SHORTEST} characters; choose a longer one")));
    }
    warn_of_new(new, ui);
    Ok(())
}

/// Says which Java does not open a store with this password.
pub(crate) fn warn_of_new(new: &Password, ui: &Ui) {
    if !new.text().is_ascii() {
        ui.warn(
            "the new password is not plain ASCII: Java before 25 does not open a PKCS12 store with it, and a JKS store \
             only where the locale can spell it",
        );
    }
}

/// The first line of a file.
pub(crate) fn from_file(file: &Path) -> Result<Password, CliError> {
    let octets = super::source::octets(file, MAX_FILE)
        .map_err(|error| CliError::from_source(Exit::Store, "password-file", &error).hint(error.hint()))?;
    Password::from_first_line(octets).ok_or_else(|| {
        CliError::new(
            Exit::Store,
            "password-file",
            format!("the password in {} is not UTF-8", file.display()),
        )
    })
}

/// An environment variable.
pub(crate) fn from_env(variable: &str) -> Result<Password, CliError> {
    match std::env::var(variable) {
        Ok(text) => Ok(Password::new(text)),
        Err(std::env::VarError::NotPresent) => {
            Err(CliError::usage(format!("the environment variable {variable} is not set"))
                .hint(format!("set it without showing it: read -rs {variable}; export {variable}")))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(CliError::usage(format!("the environment variable {variable} is not UTF-8")))
        }
    }
}

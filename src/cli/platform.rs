//! Trust that only other programs can write: the platform's roots and the databases of browsers.
//!
//! What is to be done is a plan of files and commands, made without touching anything; [`carry_out`] does it. This is the
//! one place that starts other programs, and none of them gets a secret.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cert::Certificate;
use crate::fs;

/// Systems whose way of adding a root is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Debian, Ubuntu, Alpine: update-ca-certificates over /usr/local/share/ca-certificates.
    Debian,
    /// Fedora, Red Hat: update-ca-trust.
    RedHat,
    /// Arch: p11-kit's trust.
    Arch,
    /// SUSE: update-ca-certificates over another folder than Debian's.
    Suse,
    /// macOS: security.
    MacOs,
    /// Windows: certutil, for this user.
    Windows,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Writes the root as PEM.
    Write(PathBuf),
    /// Removes a file, if it is there.
    Remove(PathBuf),
    /// Runs a program, the root as PEM on its standard input.
    Run(Vec<String>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(path) => write!(f, "write {}", path.display()),
            Self::Remove(path) => write!(f, "remove {}", path.display()),
            Self::Run(words) => write!(f, "run {}", words.join(" ")),
        }
    }
}

impl System {
    const ALL: [Self; 6] = [Self::Debian, Self::RedHat, Self::Arch, Self::Suse, Self::MacOs, Self::Windows];

    /// The system this runs on.
    pub(crate) fn here() -> Option<Self> {
        match std::env::consts::OS {
            "macos" => Some(Self::MacOs),
            "windows" => Some(Self::Windows),
            _ => Self::ALL.into_iter().find(|system| system.folder().is_some_and(Path::is_dir)),
        }
    }

    /// Where local roots are kept as files, if they are.
    fn folder(self) -> Option<&'static Path> {
        let folder = match self {
            Self::Debian => "/usr/local/share/ca-certificates",
            Self::RedHat => "/etc/pki/ca-trust/source/anchors",
            Self::Arch => "/etc/ca-certificates/trust-source/anchors",
            Self::Suse => "/usr/share/pki/trust/anchors",
            Self::MacOs | Self::Windows => return None,
        };
        Some(Path::new(folder))
    }

    /// The file of a root, by its fingerprint.
    fn file(self, sha256: &str) -> Option<PathBuf> {
        let short: String = sha256.chars().take(16).collect();
        self.folder().map(|folder| folder.join(format!("trustmend-{short}.crt")))
    }

    /// The command that makes the system read the folder again.
    fn refresh(self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Debian | Self::Suse => &["update-ca-certificates"],
            Self::RedHat => &["update-ca-trust", "extract"],
            Self::Arch => &["trust", "extract-compat"],
            Self::MacOs | Self::Windows => &[],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// How the system is made to trust a root, which is in `file` too.
    pub(crate) fn install(self, root: &Certificate, file: &Path) -> Vec<Step> {
        let file = file.display().to_string();
        match (self.file(&root.sha256().hex()), self) {
            (Some(path), _) => vec![Step::Write(path), Step::Run(self.refresh())],
            (None, Self::MacOs) => vec![Step::Run(words(&[
                "security",
                "add-trusted-cert",
                "-d",
                "-r",
                "trustRoot",
                "-k",
                KEYCHAIN,
                &file,
            ]))],
            (None, _) => vec![Step::Run(words(&["certutil", "-user", "-addstore", "Root", &file]))],
        }
    }

    /// How it is taken back. The certificate itself is needed where no file names it.
    pub(crate) fn uninstall(self, sha256: &str, root: Option<&Certificate>) -> Option<Vec<Step>> {
        if let Some(path) = self.file(sha256) {
            let mut refresh = self.refresh();
            if self == Self::Debian {
                refresh.push("--fresh".to_owned()); // else the link in /etc/ssl/certs stays behind
            }
            return Some(vec![Step::Remove(path), Step::Run(refresh)]);
        }
        let sha1 = root?.sha1().hex();
        Some(vec![Step::Run(match self {
            Self::MacOs => words(&["security", "delete-certificate", "-Z", &sha1, "-t", KEYCHAIN]),
            _ => words(&["certutil", "-user", "-delstore", "Root", &sha1]),
        })])
    }
}

/// The keychain of all users.
const KEYCHAIN: &str = "/Library/Keychains/System.keychain";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// How an NSS database is made to trust a root; `is_new` if there is none in the folder yet.
pub(crate) fn nss_install(folder: &Path, sha256: &str, is_new: bool) -> Vec<Step> {
    let (database, name) = (database(folder), nss_name(sha256));
    let make = is_new.then(|| Step::Run(words(&["certutil", "-N", "--empty-password", "-d", &database])));
    let add = Step::Run(words(&["certutil", "-A", "-a", "-d", &database, "-t", "C,,", "-n", &name]));
    make.into_iter().chain([add]).collect()
}

/// How it is taken back.
pub(crate) fn nss_uninstall(folder: &Path, sha256: &str) -> Vec<Step> {
    vec![Step::Run(words(&["certutil", "-D", "-d", &database(folder), "-n", &nss_name(sha256)]))]
}

/// Whether an NSS database has the root.
pub(crate) fn nss_has(folder: &Path, sha256: &str) -> bool {
    run(&words(&["certutil", "-L", "-d", &database(folder), "-n", &nss_name(sha256)]), b"").is_ok()
}

fn database(folder: &Path) -> String {
    format!("sql:{}", folder.display())
}

fn nss_name(sha256: &str) -> String {
    format!("trustmend {}", sha256.chars().take(16).collect::<String>())
}

/// The NSS databases of the browsers that this user has started once.
pub(crate) fn nss_databases(home: &Path) -> Vec<PathBuf> {
    let single = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"].map(|folder| home.join(folder));
    let profiles = [
        ".mozilla/firefox",
        "snap/firefox/common/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
        "Library/Application Support/Firefox/Profiles",
    ];
    let profiles = profiles.iter().flat_map(|folder| fs::folders_in(&home.join(folder)).unwrap_or_default());
    single.into_iter().chain(profiles).filter(|folder| folder.join("cert9.db").is_file()).collect()
}

/// Does the steps, in order, up to the first that fails.
pub(crate) fn carry_out(steps: &[Step], pem: &[u8]) -> Result<(), String> {
    for step in steps {
        match step {
            Step::Write(path) => {
                fs::create_over(path, pem, 0o644).map_err(|error| error.to_string())?;
            }
            Step::Remove(path) if !path.exists() => {}
            Step::Remove(path) => fs::remove_file(path).map_err(|error| error.to_string())?,
            Step::Run(words) => drop(run(words, pem)?),
        }
    }
    Ok(())
}

/// Runs a program to its end; what it prints when it succeeds, the last line it said when it fails.
fn run(words: &[String], input: &[u8]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("there is nothing to run")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{program} could not be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input); // a program that does not read it has its own reasons
    }
    let output = child.wait_with_output().map_err(|error| format!("{program}: {error}"))?;
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = text(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!(
        "{program} failed ({}): {}",
        output.status,
        last.trim().chars().take(300).collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::{LeafName, Request, Validity, self_signed};

    const NOW: time::OffsetDateTime = time::macros::datetime!(2026-09-21 14:30 UTC);

    #[test]
    fn each_system_is_asked_in_its_own_way_and_taken_back() {
        let names = vec![LeafName::parse("a.test").unwrap()];
        let root = self_signed(&Request::server(names, Validity::days(NOW, 1).unwrap())).unwrap();
        let root = root.signed.certificate;
        let hex = root.sha256().hex();
        let said = |steps: Vec<Step>| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let short = &hex[..16];
        for (system, install, uninstall) in [
            (
                System::Debian,
                format!(
                    "write /usr/local/share/ca-certificates/trustmend-{short}.crt; run update-ca-certificates"
                ),
                format!(
                    "remove /usr/local/share/ca-certificates/trustmend-{short}.crt; run update-ca-certificates --fresh"
                ),
            ),
            (
                System::RedHat,
                format!(
                    "write /etc/pki/ca-trust/source/anchors/trustmend-{short}.crt; run update-ca-trust extract"
                ),
                format!(
                    "remove /etc/pki/ca-trust/source/anchors/trustmend-{short}.crt; run update-ca-trust extract"
                ),
            ),
            (
                System::Arch,
                format!(
                    "write /etc/ca-certificates/trust-source/anchors/trustmend-{short}.crt; run trust extract-compat"
                ),
                format!(
                    "remove /etc/ca-certificates/trust-source/anchors/trustmend-{short}.crt; run trust extract-compat"
                ),
            ),
            (
                System::Suse,
                format!(
                    "write /usr/share/pki/trust/anchors/trustmend-{short}.crt; run update-ca-certificates"
                ),
                format!(
                    "remove /usr/share/pki/trust/anchors/trustmend-{short}.crt; run update-ca-certificates"
                ),
            ),
            (
                System::MacOs,
                format!("run security add-trusted-cert -d -r trustRoot -k {KEYCHAIN} ca.pem"),
                format!("run security delete-certificate -Z {} -t {KEYCHAIN}", root.sha1().hex()),
            ),
            (
                System::Windows,
                "run certutil -user -addstore Root ca.pem".to_owned(),
                format!("run certutil -user -delstore Root {}", root.sha1().hex()),
            ),
        ] {
            assert_eq!(said(system.install(&root, Path::new("ca.pem"))), install);
            assert_eq!(said(system.uninstall(&hex, Some(&root)).unwrap()), uninstall);
        }
        assert_eq!(System::MacOs.uninstall(&hex, None), None);
    }

    #[test]
    fn a_program_that_fails_is_told_in_one_line() {
        let failed = run(&words(&["sh", "-c", "echo one >&2; echo two >&2; exit 3"]), b"").unwrap_err();
        assert_eq!(failed, "sh failed (exit status: 3): two");
        let missing = run(&words(&["/no/such/program"]), b"").unwrap_err();
        assert!(missing.starts_with("/no/such/program could not be started: "), "{missing}");
    }
}

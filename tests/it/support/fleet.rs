//! What the tests of fleets share: authorities, what keytool sees, and the programs that drive and watch fleets.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use trustmend::cert::Certificate;

use super::jvm::Jvm;
use super::openssl::openssl;
use super::scratch::Scratch;

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program of the environment that tests/setup.d/fleet.sh makes, with a configuration that is this test's alone.
pub(crate) fn tool(home: &Scratch, name: &str) -> Command {
    let venv = root().join("tests/.cache/ansible/bin");
    let collections = home.path().join("collections/ansible_collections/trustmend");
    std::fs::create_dir_all(&collections).unwrap();
    if !collections.join("fleet").exists() {
        std::os::unix::fs::symlink(root().join("contrib/ansible"), collections.join("fleet")).unwrap();
    }
    let mut command = Command::new(venv.join(name));
    command.env_clear().env("HOME", home.path()).env("LC_ALL", "C.UTF-8").current_dir(home.path());
    command.env("PATH", std::env::join_paths([venv, "/usr/bin".into(), "/bin".into()]).unwrap());
    command.env("ANSIBLE_COLLECTIONS_PATH", home.path().join("collections"));
    command.env("ANSIBLE_SSH_CONTROL_PATH_DIR", home.path().join("cp")).env("ANSIBLE_PIPELINING", "1");
    command.env("ANSIBLE_SSH_ARGS", "-F none -o ControlMaster=auto -o ControlPersist=5s");
    command
        .env("ANSIBLE_NOCOLOR", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("ANSIBLE_DEPRECATION_WARNINGS", "0");
    command
}

/// Makes a CA certificate NAME.pem and gives its fingerprint.
pub(crate) fn authority(home: &Scratch, name: &str) -> String {
    let (key, out, subject) =
        (home.at(&format!("{name}.key")), home.at(&format!("{name}.pem")), format!("/CN=Corp {name}"));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "900",
        "-subj",
        &subject,
        "-addext",
        "keyUsage=critical,keyCertSign",
        "-keyout",
        &key,
        "-out",
        &out,
    ]);
    fingerprint(&std::fs::read(&out).unwrap())
}

pub(crate) fn fingerprint(octets: &[u8]) -> String {
    Certificate::from_der(&pem::parse(octets).unwrap().into_contents()).unwrap().sha256().hex()
}

/// What keytool lists: alias to SHA-256.
pub(crate) fn keytool_sees(store: &str) -> BTreeMap<String, String> {
    let jvm = Jvm::with_keytool().next().unwrap();
    let listed = jvm.keytool(&["-list", "-keystore", store, "-storepass", "changeit"]).success().stdout;
    let mut seen = BTreeMap::new();
    let mut alias = String::new();
    for line in listed.lines() {
        if let Some((_, digits)) = line.split_once("(SHA-256): ") {
            seen.insert(alias.clone(), digits.replace(':', "").to_lowercase());
        } else if let Some((name, _)) = line.split_once(", ") {
            alias = name.to_owned();
        }
    }
    seen
}

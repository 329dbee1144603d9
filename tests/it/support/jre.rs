//! A Java runtime of its own made of an installed one: what a JVM finds its home by is there itself, the rest is links.

use std::path::{Path, PathBuf};

use super::jvm::Jvm;

/// Makes a runtime at `home` that runs, with the installed one's octets and an empty folder for its stores.
pub(crate) fn linked(jvm: &Jvm, home: &Path) -> PathBuf {
    // Where the launcher's library is depends on the release.
    let launcher =
        ["lib/libjli.so", "lib/jli/libjli.so"].into_iter().find(|name| jvm.home.join(name).exists());
    let own = ["bin/java", "lib/libjava.so", "lib/server/libjvm.so", "release"];
    for name in own.into_iter().chain(launcher) {
        let (from, to) = (jvm.home.join(name), home.join(name));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        // On another file system than the installed one's a link is not to be had.
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).unwrap();
        }
    }
    std::fs::create_dir_all(home.join("lib/security")).unwrap();
    for folder in ["", "lib", "lib/server", "lib/security"] {
        for entry in std::fs::read_dir(jvm.home.join(folder)).unwrap() {
            let name = entry.unwrap().file_name();
            let to = home.join(folder).join(&name);
            if name != "cacerts" && name != "jssecacerts" && !to.exists() {
                std::os::unix::fs::symlink(jvm.home.join(folder).join(&name), to).unwrap();
            }
        }
    }
    home.to_owned()
}

/// Makes the folder of a runtime as far as files tell of it, of an installed one's own: its launcher, `release` and store.
pub(crate) fn told(jvm: &Jvm, home: &Path) {
    for (from, name) in [
        (jvm.home.join("bin/java"), "bin/java"),
        (jvm.home.join("release"), "release"),
        (jvm.cacerts(), "lib/security/cacerts"),
    ] {
        let to = home.join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

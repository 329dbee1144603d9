//! What is in contrib/ does what it says: the scripts are run by sh, the rest is read by the programs it is meant for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::fleet::{authority, fingerprint, keytool_sees, tool};
use crate::support::jvm::Jvm;
use crate::support::program::{self, Outcome};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

fn contrib(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(contrib(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs a script of contrib/ as an installer does: no terminal, nothing on standard input, its own environment.
fn sh(home: &Scratch, script: &str, args: &[&str]) -> Outcome {
    let mut command = Command::new("setsid");
    command.args(["-w", "sh", "-eu"]).arg(contrib(script)).args(args).current_dir(home.path()).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("TRUSTMEND", env!("CARGO_BIN_EXE_trustmend"));
    command
        .env("TRUSTMEND_AUDIT_LOG", home.path().join("audit.jsonl"))
        .env("TRUSTMEND_MANIFEST", home.path().join("etc/trust.toml"));
    program::run(command, b"", "util-linux")
}

/// A store as an agent's package brings it.
fn ship(home: &Scratch) {
    std::fs::create_dir_all(home.path().join("jre/lib/security")).unwrap();
    let cacerts = Jvm::with_keytool().next().unwrap().cacerts();
    std::fs::copy(cacerts, home.path().join("jre/lib/security/cacerts")).unwrap();
}

#[test]
fn the_installer_script_and_the_triggers_keep_a_store_as_declared() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    ship(&home);
    let (manifest, store) = (home.at("etc/trust.toml"), home.at("jre/lib/security/cacerts"));
    let install = |sha256: &str| {
        let ca = ["--ca", "ca.pem", "--sha256", sha256, "--reason", "CHG-4711: HR"];
        let more =
            ["--store", &store, "--manifest", &manifest, "--service", "agent", "--service-manager", "none"];
        sh(&home, "install-agent-trust.sh", &[&ca[..], &more].concat())
    };
    let other = "00".repeat(32);
    let refused = install(&other);
    assert_eq!((refused.code, Path::new(&manifest).exists()), (5, false), "{}", refused.text());
    install(&ca).success();
    let trusts = || keytool_sees(&store).values().any(|seen| *seen == ca);
    assert!(trusts());
    let kept = home.read("jre/lib/security/cacerts");
    let again = install(&ca).success();
    assert!(
        again.stdout.contains("agent: unchanged") && home.read("jre/lib/security/cacerts") == kept,
        "{}",
        again.text()
    );
    assert_eq!(sh(&home, "install-agent-trust.sh", &["--store"]).code, 2);

    // An upgrade of the agent; then the trigger of its package.
    ship(&home);
    assert!(!trusts());
    sh(&home, "deb/postinst", &["triggered", "/opt/agent"]).success();
    assert!(trusts());
    ship(&home);
    for (section, end) in [("%post\n", "\n\n"), ("%triggerin -- OktaProvisioningAgent\n", "\n")] {
        let spec = text("rpm/trustmend-agent-trust.spec");
        let script = spec.split(section).nth(1).unwrap().split(end).next().unwrap();
        run_with_paths(&home, script, &manifest).success();
        assert!(trusts(), "{section}");
        ship(&home);
    }

    // The unit of the agent, and Puppet's two commands.
    let drop_in = text("systemd/trustmend.conf");
    let line = drop_in.lines().find_map(|line| line.strip_prefix("ExecStartPre=-+")).unwrap();
    run_with_paths(&home, line, &manifest).success();
    assert!(trusts());
    let manifested = text("puppet/trustmend.pp").replace("${manifest}", "/etc/trustmend/trust.toml");
    let unless = manifested.split("unless  => \"").nth(1).unwrap().split('"').next().unwrap();
    let command = manifested.split("command => [").nth(1).unwrap().split(']').next().unwrap();
    let command = command.replace("$manifest", "'/etc/trustmend/trust.toml'").replace(',', " ");
    let codes = |script: &str| run_with_paths(&home, script, &manifest).code;
    assert_eq!(codes(unless), 0);
    ship(&home);
    assert_eq!((codes(unless), codes(&command), codes(unless)), (10, 10, 0));
    assert!(trusts());
}

/// Runs a line as a shell does, with this test's program and manifest in the place of the installed ones.
fn run_with_paths(home: &Scratch, script: &str, manifest: &str) -> Outcome {
    let script = script.replace("/usr/bin/trustmend", env!("CARGO_BIN_EXE_trustmend"));
    let script = script.replace("/etc/trustmend/trust.toml", manifest);
    let mut command = Command::new("sh");
    command.args(["-euc", &script]).current_dir(home.path()).env("TRUSTMEND_AUDIT_LOG", "off");
    program::run(command, b"", "sh")
}

#[test]
fn units_are_what_systemd_takes() {
    let home = Scratch::new();
    let program = env!("CARGO_BIN_EXE_trustmend");
    let unit = |name: &str, text: String| home.write(name, text.replace("/usr/bin/trustmend", program));
    let service = unit("trustmend-sync.service", text("systemd/trustmend-sync.service"));
    let timer = unit("trustmend-sync.timer", text("systemd/trustmend-sync.timer"));
    let agent = unit("agent.service", "[Service]\nExecStart=/bin/true\n".to_owned());
    unit("agent.service.d/trustmend.conf", text("systemd/trustmend.conf"));
    let verify = |units: &[&Path]| {
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--man=no", "--recursive-errors=no"]).args(units);
        command.env("SYSTEMD_UNIT_PATH", format!("{}:", home.path().display()));
        program::run(command, b"", "systemd")
    };
    let verified = verify(&[&service, &timer, &agent]);
    let about_ours =
        |outcome: &Outcome| outcome.stderr.lines().filter(|line| line.contains("trustmend")).count();
    assert_eq!((verified.code, about_ours(&verified)), (0, 0), "{}", verified.text());
    unit(
        "agent.service.d/trustmend.conf",
        text("systemd/trustmend.conf").replace("ExecStartPre", "ExecStartPer"),
    );
    assert_eq!(about_ours(&verify(&[&agent])), 1, "the judge sees what is wrong");
}

/// What a container's start does is in its YAML; here it is read by a YAML parser and run on a runtime's own store.
#[test]
fn the_init_container_and_the_images_make_their_stores() {
    let home = Scratch::new();
    let ca = authority(&home, "ca");
    let read = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let mut python = tool(&home, "python");
    python.args(["-c", read]).arg(contrib("kubernetes/init-container.yaml"));
    let documents = program::run(python, b"", "PyYAML with tests/setup.d/fleet.sh").success().json();
    let declared = documents[0]["data"]["trust.toml"].as_str().unwrap();
    let pod = &documents[1]["spec"]["template"]["spec"];
    let init = &pod["initContainers"][0];
    let script = init["args"][0].as_str().unwrap();
    assert_eq!(init["command"], serde_json::json!(["sh", "-euc"]));
    let here = |text: &str| {
        let text = text.replace("REPLACE-WITH-THE-FINGERPRINT", &ca).replace("/trust/", &home.at("trust/"));
        text.replace("/declared/", &home.at("declared/"))
            .replace("trustmend sync", &format!("{} sync", env!("CARGO_BIN_EXE_trustmend")))
    };
    home.write("declared/trust.toml", here(declared));
    home.write("declared/corp-root.pem", home.read("ca.pem"));
    home.write("trust/.keep", "");
    let jvm = Jvm::with_keytool().next().unwrap();
    let mut command = Command::new("sh");
    command.args(["-euc", &here(script)]).env("JAVA_HOME", &jvm.home);
    program::run(command, b"", "sh").success();
    let seen = keytool_sees(&home.at("trust/cacerts"));
    assert!(seen.len() > 50 && seen.values().any(|one| *one == ca));
    let option = pod["containers"][0]["env"][0]["value"].as_str().unwrap();
    assert_eq!(option, "-Djavax.net.ssl.trustStore=/trust/cacerts");

    // The image: its manifest, by the command of its Containerfile.
    ship(&home);
    home.write("jre/bin/java", "");
    let manifest = text("image/trust.toml").replace("REPLACE-WITH-THE-FINGERPRINT", &ca);
    home.write("trust.toml", manifest.replace("/opt/java/openjdk", &home.at("jre")));
    home.write("corp-root.pem", home.read("ca.pem"));
    let container = text("image/Containerfile");
    let run = container.lines().find_map(|line| line.strip_prefix("RUN trustmend ")).unwrap();
    let arguments = run.replace("/etc/trustmend/trust.toml", "trust.toml");
    trustmend(&home, &arguments.split(' ').collect::<Vec<_>>()).success();
    assert!(keytool_sees(&home.at("jre/lib/security/cacerts")).values().any(|one| *one == ca));

    // The binding.
    let pinned = format!("{ca}=ca.pem");
    let bind = |arguments: &[&str]| sh(&home, "paketo/make-binding.sh", arguments);
    bind(&["binding", &pinned]).success();
    assert_eq!(home.read("binding/type"), b"ca-certificates");
    let bound = fingerprint(&home.read(&format!("binding/{ca}.pem")));
    assert_eq!(bound, ca);
    let wrong = format!("{}=ca.pem", "00".repeat(32));
    assert_ne!(bind(&["other", &wrong]).code, 0);
}

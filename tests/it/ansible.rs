//! The collection in contrib/ansible, driven by a real ansible-playbook over local hosts and real sshd, each with an agent of its
//! own: a store, and a service that reads it when it is restarted.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::fleet::{authority, fingerprint, keytool_sees, root, tool};
use crate::support::openssl::{Server, openssl};
use crate::support::program::{self, Outcome};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

const PACKAGE: &str = "ansible-core and openssh-server with tests/setup.d/fleet.sh";

/// One sshd, which a real one becomes for every connection (`sshd -i`), so that no port need be guessed.
struct Sshd {
    port: u16,
    children: Arc<Mutex<Vec<Child>>>,
}

impl Sshd {
    fn start(config: PathBuf) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let children = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&children);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                kept.lock().unwrap().push(serve(stream, &config));
            }
        });
        Self { port, children }
    }
}

fn serve(stream: TcpStream, config: &Path) -> Child {
    let output = OwnedFd::from(stream.try_clone().unwrap());
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-i", "-f"]).arg(config).stderr(Stdio::null());
    command.stdin(OwnedFd::from(stream)).stdout(output);
    command.spawn().unwrap_or_else(|error| program::missing(&command, &error.to_string(), PACKAGE))
}

impl Drop for Sshd {
    fn drop(&mut self) {
        for child in self.children.lock().unwrap().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the agent of a host does when it is restarted: it reads its store. Broken, it does not start with another store than the
/// one it knows.
const AGENT: &str = r#"#!/bin/sh
set -eu
cd "$(dirname "$0")"
echo restart >>calls
if [ -e broken ] && ! cmp -s trust.jks broken; then exit 1; fi
cp trust.jks seen
"#;

/// Three local hosts and three that are reached through sshd.
struct Fleet {
    home: Scratch,
    names: Vec<String>,
    _sshd: Vec<Sshd>,
}

impl Fleet {
    fn start() -> Self {
        let home = Scratch::new();
        let keygen = |name: &str| {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(home.path().join(name));
            program::run(command, b"", PACKAGE).success();
        };
        keygen("id");
        keygen("host");
        if std::os::unix::fs::MetadataExt::uid(&home.path().metadata().unwrap()) == 0 {
            std::fs::create_dir_all("/run/sshd").unwrap(); // its own unit makes it, and there is none here
        }
        let [host_key, keys] = [home.at("host"), home.at("id.pub")];
        let config = format!(
            "HostKey {host_key}\nAuthorizedKeysFile {keys}\nPasswordAuthentication no\nUsePAM no\nStrictModes no\n\
             PidFile none\nLogLevel QUIET\n"
        );
        let config = home.write("sshd_config", config);
        let host = String::from_utf8(home.read("host.pub")).unwrap();
        let host = host.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        home.write("known_hosts", format!("fleet {host}\n"));
        let sshd: Vec<Sshd> = (0..3).map(|_| Sshd::start(config.clone())).collect();
        let ssh = format!(
            "-o UserKnownHostsFile={} -o HostKeyAlias=fleet -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
            home.at("known_hosts")
        );
        let user = program::run(Command::new("whoami"), b"", "coreutils").success().stdout;
        let mut hosts = serde_json::Map::new();
        for (number, server) in sshd.iter().enumerate() {
            let folder = |name: &str| home.at(&format!("hosts/{name}"));
            let local = format!("local{number}");
            hosts.insert(local.clone(), json!({"ansible_connection": "local", "folder": folder(&local)}));
            let remote = format!("remote{number}");
            let reached = json!({
                "ansible_host": "127.0.0.1", "ansible_port": server.port, "ansible_user": user.trim(),
                "ansible_ssh_private_key_file": home.at("id"), "ansible_ssh_common_args": ssh, "folder": folder(&remote),
            });
            hosts.insert(remote, reached);
        }
        let names: Vec<String> = hosts.keys().cloned().collect();
        let python = root().join("tests/.cache/ansible/bin/python");
        let vars = json!({"ansible_python_interpreter": python});
        home.write("inventory.yml", json!({"all": {"hosts": hosts, "vars": vars}}).to_string());
        let fleet = Self { home, names, _sshd: sshd };
        fleet.home.write("play.yml", PLAY);
        fleet
    }

    fn file(&self, host: &str, name: &str) -> Vec<u8> {
        self.home.read(&format!("hosts/{host}/{name}"))
    }

    /// The agents as their packages bring them: a store with one CA, nothing restarted yet.
    fn install(&self) {
        for name in &self.names {
            let folder = self.home.path().join("hosts").join(name);
            let _ = std::fs::remove_dir_all(&folder);
            self.home.write(&format!("hosts/{name}/agent.sh"), AGENT);
            self.home.write(&format!("hosts/{name}/calls"), "");
            std::fs::copy(self.home.path().join("shipped.jks"), folder.join("trust.jks")).unwrap();
        }
    }

    /// How often each agent was restarted since the last look.
    fn restarts(&self) -> Vec<usize> {
        let of = |name: &String| {
            let calls = String::from_utf8(self.file(name, "calls")).unwrap().lines().count();
            self.home.write(&format!("hosts/{name}/calls"), "");
            calls
        };
        self.names.iter().map(of).collect()
    }

    /// What is declared: one certificate.
    fn vars(&self, name: &str, sha256: &str) -> Value {
        let content = String::from_utf8(self.home.read(&format!("{name}.pem"))).unwrap();
        let certificate =
            json!({"content": content, "sha256": [sha256], "reason": "CHG-4711", "alias": name});
        json!({"agent_trust_executable": env!("CARGO_BIN_EXE_trustmend"), "agent_trust_certificates": [certificate]})
    }

    fn play(&self, vars: &Value, more: &[&str]) -> Played {
        let mut command = tool(&self.home, "ansible-playbook");
        let vars = self.home.write("vars.json", vars.to_string());
        command.args(["-i", "inventory.yml", "--forks", "6", "-e"]).arg(format!("@{}", vars.display()));
        command.args(more).arg("play.yml");
        Played(program::run(command, b"", PACKAGE))
    }
}

const PLAY: &str = r#"
- hosts: all
  gather_facts: false
  serial: "{{ batch | default('100%') }}"
  max_fail_percentage: 0
  vars:
    agent_trust_store: "{{ folder }}/trust.jks"
    agent_trust_audit_log: "{{ folder }}/audit.jsonl"
    agent_trust_restart_command: ["sh", "{{ folder }}/agent.sh"]
    agent_trust_mode: exact
    agent_trust_check_retries: 1
    agent_trust_check_delay: 0
  roles:
    - role: trustmend.fleet.agent_trust
"#;

struct Played(Outcome);

impl Played {
    /// `changed` and `failed` of each host in the recap.
    fn recap(&self) -> BTreeMap<String, (u32, u32)> {
        let recap = self.0.stdout.split("PLAY RECAP").nth(1).unwrap_or_else(|| panic!("{}", self.0.text()));
        let number = |line: &str, key: &str| {
            let text = line.split(&format!("{key}=")).nth(1).unwrap().split_whitespace().next().unwrap();
            text.parse::<u32>().unwrap()
        };
        let hosts =
            recap.lines().filter_map(|line| Some((line.split_once(" : ")?.0.trim().to_owned(), line)));
        hosts
            .map(|(host, line)| {
                (host, (number(line, "changed"), number(line, "failed") + number(line, "unreachable")))
            })
            .collect()
    }

    #[track_caller]
    fn all(&self, changed: u32) {
        let recap = self.recap();
        assert!(recap.len() == 6 && recap.values().all(|one| *one == (changed, 0)), "{}", self.0.text());
        assert_eq!(self.0.code, 0);
    }
}

/// A server whose certificate `first` issued.
fn server(home: &Scratch) -> Server {
    let at = |name: &str| home.at(name);
    let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let files = ["-keyout", &at("leaf.key"), "-out", &at("leaf.csr")];
    openssl(&[&["req", "-newkey", "rsa:2048", "-nodes"][..], &names, &files].concat());
    let by = ["-CA", &at("first.pem"), "-CAkey", &at("first.key"), "-copy_extensions", "copy", "-days", "30"];
    openssl(&[&["x509", "-req", "-in", &at("leaf.csr"), "-out", &at("leaf.pem")][..], &by].concat());
    Server::start(&["-cert", &at("leaf.pem"), "-key", &at("leaf.key")])
}

#[test]
fn a_fleet_is_led_through_its_life() {
    let fleet = Fleet::start();
    let [first, renewed, shipped] = ["first", "renewed", "shipped"].map(|name| authority(&fleet.home, name));
    trustmend(&fleet.home, &["import", "shipped.pem", "--store", "shipped.jks"]).success();
    fleet.install();
    first_runs(&fleet, &first, &shipped);
    renewal(&fleet, &first, &renewed, &shipped);
    wrong_fingerprint(&fleet, &renewed);
    broken_agents(&fleet, &first);

    // An upgrade brought new stores.
    fleet.install();
    let again = fleet.play(&fleet.vars("renewed", &renewed), &["--limit", "local2,remote2"]);
    assert!(again.recap().values().all(|one| *one == (2, 0)), "{}", again.0.text());
    assert_eq!(fleet.restarts(), [0, 0, 1, 0, 0, 1]);
    assert!(keytool_sees(&fleet.home.at("hosts/remote2/trust.jks")).values().any(|seen| *seen == renewed));
}

/// Changed once, restarted once, and the server is accepted; then nothing.
fn first_runs(fleet: &Fleet, first: &str, shipped: &str) {
    let server = server(&fleet.home);
    let mut with_check = fleet.vars("first", first);
    with_check["agent_trust_check_url"] = format!("https://localhost:{}/", server.port).into();
    fleet.play(&with_check, &[]).all(2);
    assert_eq!(fleet.restarts(), [1; 6]);
    for name in &fleet.names {
        assert_eq!(fleet.file(name, "seen"), fleet.file(name, "trust.jks"), "{name}");
    }
    let seen = keytool_sees(&fleet.home.at("hosts/remote0/trust.jks"));
    let expected = [("first", first), ("corp-shipped", shipped)];
    assert_eq!(seen, expected.map(|(alias, sha256)| (alias.to_owned(), sha256.to_owned())).into());
    fleet.play(&fleet.vars("first", first), &[]).all(0);
    assert_eq!(fleet.restarts(), [0; 6]);
}

/// A renewed CA: shown, then done.
fn renewal(fleet: &Fleet, first: &str, renewed: &str, shipped: &str) {
    let before = fleet.file("local0", "trust.jks");
    let vars = fleet.vars("renewed", renewed);
    let shown = fleet.play(&vars, &["--check", "--diff", "--limit", "local0,remote0"]);
    assert_eq!(shown.recap().len(), 2);
    for line in [format!("-{first}  first  CN=Corp first"), format!("+{renewed}  renewed  CN=Corp renewed")] {
        assert_eq!(shown.0.stdout.matches(&line).count(), 2, "{line} in {}", shown.0.text());
    }
    assert!(fleet.file("local0", "trust.jks") == before && fleet.restarts() == [0; 6]);
    fleet.play(&vars, &[]).all(2);
    assert_eq!(fleet.restarts(), [1; 6]);
    let seen = keytool_sees(&fleet.home.at("hosts/local2/trust.jks"));
    let expected = [("renewed", renewed), ("corp-shipped", shipped)];
    assert_eq!(seen, expected.map(|(alias, sha256)| (alias.to_owned(), sha256.to_owned())).into());
}

/// The play stops at the first host.
fn wrong_fingerprint(fleet: &Fleet, renewed: &str) {
    let mut wrong = fleet.vars("first", renewed);
    wrong["batch"] = 1.into();
    let stopped = fleet.play(&wrong, &[]);
    let recap = stopped.recap();
    assert_eq!((stopped.0.code, recap.len(), recap["local0"].1), (2, 1, 1), "{}", stopped.0.text());
    assert!(stopped.0.stdout.contains("which no pin names"), "{}", stopped.0.text());
}

/// An agent that does not start with the new store gets the old one back, and starts.
fn broken_agents(fleet: &Fleet, first: &str) {
    let hosts = ["local1", "remote1"];
    let old = hosts.map(|host| fleet.file(host, "trust.jks"));
    for (host, old) in hosts.iter().zip(&old) {
        fleet.home.write(&format!("hosts/{host}/broken"), old);
    }
    let failed = fleet.play(&fleet.vars("first", first), &["--limit", "local1,remote1"]);
    assert!(failed.0.code == 2 && failed.0.stdout.contains("rolled back"), "{}", failed.0.text());
    for name in ["trust.jks", "seen"] {
        assert!(hosts.map(|host| fleet.file(host, name)) == old, "{name}");
    }
}

/// One play with one task for each way in which community.general.java_cert is known to fail.
const DEFECTS: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    trustmend.fleet.trust: {store: "{{ store }}", format: jks, executable: "{{ program }}", audit_log: "off"}
  tasks:
    - {name: leaf, trustmend.fleet.trust: {certificates: [{content: "{{ leaf }}", sha256: ["{{ leaf_sha256 }}"], reason: r}]}, register: leaf_only, ignore_errors: true}
    - {name: chain, trustmend.fleet.trust: {certificates: [{content: "{{ chain }}", sha256: ["{{ ca_sha256 }}", "{{ other_sha256 }}"], reason: r}]}, register: chain_file}
    - {name: again, trustmend.fleet.trust: {certificates: [{content: "{{ ca }}", sha256: ["{{ ca_sha256 }}"], reason: r, alias: second}]}, register: other_alias}
    - {name: second, ansible.builtin.command: {argv: ["{{ keytool }}", -importcert, -noprompt, -keystore, "{{ store }}", -storepass, changeit, -alias, second, -file, "{{ ca_file }}"]}}
    - {name: wrong, trustmend.fleet.trust: {store_password: "{{ password }}", certificates: [{sha256: ["{{ ca_sha256 }}"], state: absent, reason: r}]}, register: wrong_password, ignore_errors: true}
    - {name: wrong in check, check_mode: true, trustmend.fleet.trust: {store_password: "{{ password }}", certificates: [{sha256: ["{{ ca_sha256 }}"], state: absent, reason: r}]}, register: wrong_in_check, ignore_errors: true}
    - {name: diff, check_mode: true, diff: true, trustmend.fleet.trust: {certificates: [{sha256: ["{{ ca_sha256 }}"], state: absent, reason: r}]}, register: in_check}
    - {name: absent, trustmend.fleet.trust: {certificates: [{sha256: ["{{ ca_sha256 }}"], state: absent, reason: r}]}, register: absent}
    - {name: info, trustmend.fleet.trust_info: {store: "{{ store }}", executable: "{{ program }}"}, register: info}
    - {name: unreachable, trustmend.fleet.tls_check: {target: "https://127.0.0.1:1/", store: "{{ store }}", executable: "{{ program }}", fail_when_untrusted: false}, register: unreachable}
    - {name: certificate, trustmend.fleet.dev_certificate: {names: [localhost], path: "{{ out }}", ca_path: "{{ out }}-ca", executable: "{{ program }}"}, register: made}
    - {name: certificate again, trustmend.fleet.dev_certificate: {names: [localhost], path: "{{ out }}", ca_path: "{{ out }}-ca", executable: "{{ program }}"}, register: made_again}
    - name: results
      ansible.builtin.copy:
        content: "{{ {'leaf': leaf_only, 'chain': chain_file, 'again': other_alias, 'wrong': wrong_password, 'wrong_in_check': wrong_in_check, 'in_check': in_check, 'absent': absent, 'info': info, 'unreachable': unreachable, 'made': made, 'made_again': made_again} | to_json }}"
        dest: "{{ results }}"
"#;

/// Plays [`DEFECTS`] and gives what every task gave.
fn played(home: &Scratch, ca: &str, other: &str) -> Value {
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=leaf.test",
        "-keyout",
        &home.at("leaf.key"),
        "-out",
        &home.at("leaf.csr"),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        &home.at("leaf.csr"),
        "-CA",
        &home.at("ca.pem"),
        "-CAkey",
        &home.at("ca.key"),
        "-days",
        "30",
        "-out",
        &home.at("leaf.pem"),
    ]);
    let text = |name: &str| String::from_utf8(home.read(name)).unwrap();
    let jvm = crate::support::jvm::Jvm::with_keytool().next().unwrap();
    let vars = json!({
        "store": home.at("trust.jks"), "password": "wr0ng-passw0rd", "program": env!("CARGO_BIN_EXE_trustmend"), "results": home.at("results.json"),
        "leaf": text("leaf.pem"), "leaf_sha256": fingerprint(&home.read("leaf.pem")), "ca": text("ca.pem"),
        "chain": text("ca.pem") + &text("other.pem"), "ca_sha256": ca, "other_sha256": other, "ca_file": home.at("ca.pem"),
        "keytool": jvm.home.join("bin/keytool"), "out": home.at("out"),
        "ansible_python_interpreter": root().join("tests/.cache/ansible/bin/python"),
    });
    home.write("play.yml", DEFECTS);
    home.write("vars.json", vars.to_string());
    let mut command = tool(home, "ansible-playbook");
    command.args(["-i", "localhost,", "-e", "@vars.json", "-vvv", "play.yml"]);
    let played = program::run(command, b"", PACKAGE).success();
    assert!(!played.text().contains("wr0ng-passw0rd"), "a password was shown");
    serde_json::from_slice(&home.read("results.json")).unwrap()
}

#[test]
fn none_of_the_known_defects_of_java_cert_is_ours() {
    let home = Scratch::new();
    let [ca, other] = ["ca", "other"].map(|name| authority(&home, name));
    let results = played(&home, &ca, &other);
    let [leaf, chain, again] = ["leaf", "chain", "again"].map(|name| &results[name]);
    // 1: a leaf is not trusted by the way.
    assert_eq!((&leaf["failed"], &leaf["error"]["code"]), (&json!(true), &json!("policy")), "{leaf}");
    // 2: every certificate of a file comes.
    let actions: Vec<_> =
        chain["actions"].as_array().unwrap().iter().map(|one| one["sha256"].as_str().unwrap()).collect();
    assert_eq!((&chain["changed"], actions), (&json!(true), vec![ca.as_str(), &other]), "{chain}");
    // 3: the fingerprint is the identity; absent is absent under every alias.
    assert_eq!(again["changed"], false, "{again}");
    let removed: Vec<_> =
        results["absent"]["actions"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
    assert_eq!(removed, ["remove", "remove"], "{}", results["absent"]);
    assert_eq!(results["info"]["fingerprints"], json!([other]));
    assert_eq!(
        keytool_sees(&home.at("trust.jks")).into_values().collect::<Vec<_>>(),
        std::slice::from_ref(&other)
    );
    // 4 and 5: a wrong password fails, in check mode too, with the same words.
    let [wrong, wrong_in_check, in_check] =
        ["wrong", "wrong_in_check", "in_check"].map(|name| &results[name]);
    assert_eq!(
        (&wrong["failed"], &wrong["error"]["code"]),
        (&json!(true), &json!("store-unreadable")),
        "{wrong}"
    );
    assert_eq!((&wrong["msg"], &wrong["rc"]), (&wrong_in_check["msg"], &wrong_in_check["rc"]));
    let [before, after] = ["before", "after"].map(|side| in_check["diff"][side].as_str().unwrap());
    assert!(before.matches(&ca).count() == 2 && !after.contains(&ca) && after.contains(&other), "{in_check}");
    // 6: one write, and the old store is kept.
    let backup = results["absent"]["backup_file"].as_str().unwrap();
    assert_eq!(keytool_sees(backup).len(), 3);
    assert_eq!(results["absent"]["store"]["entries_after"], 1);
    // The other modules.
    assert_eq!(results["unreachable"]["verdict"], "unreachable", "{}", results["unreachable"]);
    assert_eq!(
        (&results["made"]["changed"], &results["made_again"]["changed"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn every_module_and_the_role_are_documented_and_the_playbook_is_sound() {
    let home = Scratch::new();
    let names =
        ["trust", "trust_info", "tls_check", "dev_certificate"].map(|name| format!("trustmend.fleet.{name}"));
    let mut command = tool(&home, "ansible-doc");
    command.args(["-t", "module", "--json"]).args(&names);
    let documented = program::run(command, b"", PACKAGE).success().json();
    for name in &names {
        let one = &documented[name];
        let options = one["doc"]["options"].as_object().unwrap_or_else(|| panic!("{name}: {one}"));
        assert!(
            options.len() > 3 && one["examples"].is_string() && one["return"].is_object(),
            "{name}: {one}"
        );
    }
    let mut command = tool(&home, "ansible-playbook");
    let playbook = root().join("contrib/ansible/playbooks/agent_trust.yml");
    command.args(["-i", "agent,", "--syntax-check"]).arg(playbook);
    program::run(command, b"", PACKAGE).success();
}

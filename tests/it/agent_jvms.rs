//! Running JVMs, each told its store in another way: `pid:` names what the JVM itself says it reads.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use serde_json::Value;
use trustmend::agent::{Tree, Why, served};

use crate::support::jvm::Jvm;
use crate::support::openssl::openssl;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::{java, jre, program};

/// A JVM that runs `StoreInUse`, until it is dropped.
struct Running {
    child: Child,
    /// The program ends with its standard input.
    _stdin: ChildStdin,
    home: String,
    anchors: BTreeSet<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a JVM is told its store.
struct Way {
    /// Options on the command line.
    options: Vec<String>,
    /// Variables of its environment.
    variables: Vec<(&'static str, String)>,
    /// The store it should read, and the reason and origin that should be told.
    store: &'static str,
    reason: &'static str,
    origin: &'static str,
    codes: &'static [&'static str],
}

impl Way {
    fn new(store: &'static str, reason: &'static str, origin: &'static str) -> Self {
        Self { options: Vec::new(), variables: Vec::new(), store, reason, origin, codes: &[] }
    }

    fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn wrong(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    fn start(&self, jvm: &Jvm, folder: &Path) -> Started {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        let mut command = java::command(jvm, "StoreInUse", &options, &[]);
        for name in ["JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Started(command.spawn().unwrap())
    }
}

struct Started(Child);

impl Started {
    /// Waits for what the JVM says of itself.
    fn ready(mut self) -> Running {
        let stdin = self.0.stdin.take().unwrap();
        let mut lines = BufReader::new(self.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let home = lines.next().expect("the JVM starts");
        let anchors = lines.by_ref().take_while(|line| line != "ready").collect();
        Running { child: self.0, _stdin: stdin, home, anchors }
    }
}

/// A folder with stores of one certificate each, named after them.
fn stores(names: &[&str]) -> Scratch {
    let home = Scratch::new();
    for name in names {
        let (key, certificate) = (home.at("key.pem"), home.at(&format!("{name}.pem")));
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"];
        let subject = format!("/CN={name}");
        openssl(
            &[&["req", "-x509"], &curve[..], &[&subject, "-keyout", &key, "-out", &certificate]].concat(),
        )
        .success();
        let store = home.at(&format!("{name}.jks"));
        trustmend(&home, &["import", &certificate, "--store", &store, "--format", "jks"]).success();
    }
    home
}

/// A runtime of the same octets in a folder of its own, with these stores.
fn runtime(jvm: &Jvm, home: &Scratch, name: &str, stores: &[(&str, &str)]) -> Jvm {
    let folder = jre::linked(jvm, &home.path().join(name));
    for (store, place) in stores {
        std::fs::copy(home.path().join(store), folder.join("lib/security").join(place)).unwrap();
    }
    Jvm { home: folder, version: jvm.version.clone() }
}

fn fingerprints(listed: &Value) -> BTreeSet<String> {
    let entries = listed["entries"].as_array().unwrap_or_else(|| panic!("{listed}"));
    entries.iter().map(|entry| entry["certificates"][0]["sha256"].as_str().unwrap().to_owned()).collect()
}

/// Every way of choosing, on a runtime whose stores are `cacerts` and, in `shadowed`, also `jssecacerts`.
fn ways(home: &Scratch) -> Vec<Way> {
    let trust = |name: &str| format!("-Djavax.net.ssl.trustStore={}", home.at(name));
    let first = trust("first.jks");
    home.write("args", format!("# options\n-Xmx64m \"{first}\"\n"));
    home.write("vm.options", format!("-Xmx64m\n{first}\n"));
    home.write("a b/args", "-Djavax.net.ssl.trustStore='a b/spaced.jks'");
    std::fs::copy(home.path().join("first.jks"), home.path().join("a b/spaced.jks")).unwrap();
    vec![
        Way::new("runtime/lib/security/cacerts", "cacerts", "no option names another"),
        Way::new("first.jks", "option", "the command line").option(&first),
        Way::new("first.jks", "option", "the command line").option("-Djavax.net.ssl.trustStore=first.jks"),
        Way::new("first.jks", "option", "the argument file").option(format!("@{}", home.at("args"))),
        Way::new("a b/spaced.jks", "option", "the argument file").option("@a b/args"),
        Way::new("first.jks", "option", "the options file").option("-XX:VMOptionsFile=vm.options"),
        Way::new("first.jks", "option", "JAVA_TOOL_OPTIONS").variable("JAVA_TOOL_OPTIONS", &first),
        Way::new("first.jks", "option", "JDK_JAVA_OPTIONS").variable("JDK_JAVA_OPTIONS", &first),
        Way::new("first.jks", "option", "the argument file").variable("JDK_JAVA_OPTIONS", "-Da=b @args"),
        Way::new("first.jks", "option", "_JAVA_OPTIONS")
            .variable("_JAVA_OPTIONS", format!("-Da='x y' {first}"))
            .option(trust("second.jks"))
            .wrong(&["option-overridden"]),
        Way::new("second.jks", "option", "the command line")
            .variable("JAVA_TOOL_OPTIONS", &first)
            .option(trust("second.jks"))
            .wrong(&["option-overridden"]),
        Way::new("second.jks", "option", "JDK_JAVA_OPTIONS")
            .variable("JAVA_TOOL_OPTIONS", &first)
            .variable("JDK_JAVA_OPTIONS", trust("second.jks"))
            .wrong(&["option-overridden"]),
        Way::new("runtime/lib/security/cacerts", "option-names-nothing", "the command line")
            .option(trust("gone.jks"))
            .wrong(&["store-missing"]),
        Way::new("locked.p12", "option", "the command line")
            .option(trust("locked.p12"))
            .option("-Djavax.net.ssl.trustStorePassword=s3cret-pw")
            .option("-Dhttps.protocols=TLSv1.2")
            .wrong(&["option-protocols-narrow"]),
    ]
}

#[test]
fn a_process_leads_to_the_store_that_its_jvm_reads() {
    for jvm in Jvm::all().iter().filter(|jvm| jvm.major() >= 9) {
        let home = stores(&["shipped", "first", "second", "local"]);
        let own = runtime(jvm, &home, "runtime", &[("shipped.jks", "cacerts")]);
        let shadowed =
            runtime(jvm, &home, "shadowed", &[("shipped.jks", "cacerts"), ("local.jks", "jssecacerts")]);
        home.write("password", "s3cret-pw");
        let (from, to) = (home.at("second.jks"), home.at("locked.p12"));
        let convert =
            ["convert", &from, &to, "--format", "pkcs12", "--new-password-file", &home.at("password")];
        trustmend(&home, &convert).success();

        let mut ways: Vec<(Way, &Jvm)> = ways(&home).into_iter().map(|way| (way, &own)).collect();
        let local = Way::new("shadowed/lib/security/jssecacerts", "jssecacerts", "instead of cacerts");
        ways.push((local.wrong(&["store-shadowed"]), &shadowed));
        let named = Way::new("first.jks", "option", "the command line");
        ways.push((named.option("-Djavax.net.ssl.trustStore=first.jks"), &shadowed));
        let gone = Way::new("shadowed/lib/security/cacerts", "option-names-nothing", "the command line");
        ways.push((gone.option("-Djavax.net.ssl.trustStore=gone").wrong(&["store-missing"]), &shadowed));

        let started: Vec<Started> = ways.iter().map(|(way, jvm)| way.start(jvm, home.path())).collect();
        let running: Vec<Running> = started.into_iter().map(Started::ready).collect();
        let told = trustmend(&home, &["agents", "--json"]);
        let shown = trustmend(&home, &["agents", "-v"]);
        assert!(!(told.text() + &shown.text()).contains("s3cret"), "{}{}", told.text(), shown.text());
        let told = told.json();
        // What others are told that run from it is not about the runtime.
        let of_runtime = trustmend(&home, &["list", &format!("agent:java@{}", home.at("runtime")), "--json"]);
        assert_eq!(fingerprints(&of_runtime.success().json()), running[0].anchors);
        for ((way, _), jvm) in ways.iter().zip(&running) {
            let pid = jvm.child.id();
            let all = told["processes"].as_array().unwrap();
            let process =
                all.iter().find(|process| process["pid"] == pid).unwrap_or_else(|| panic!("{told}"));
            let of = format!("{:?} {:?}: {process:#}", way.options, way.variables);
            assert_eq!(process["java_home"], jvm.home.as_str(), "{of}");
            let store = &process["store"];
            assert_eq!(
                (&store["file"], &store["reason"]),
                (&home.at(way.store).into(), &way.reason.into()),
                "{of}"
            );
            assert!(store["why"].as_str().unwrap().contains(way.origin), "{of}");
            let findings = process["findings"].as_array().unwrap().iter();
            let codes: Vec<&str> = findings.map(|one| one["code"].as_str().unwrap()).collect();
            assert_eq!(codes, way.codes, "{of}");
            assert!(shown.stdout.contains(&format!("JVM pid:{pid}")), "{}", shown.stdout);
            // What it trusts, in its own words.
            let listed = trustmend(&home, &["list", &format!("pid:{pid}"), "--json"]).success().json();
            assert_eq!(fingerprints(&listed), jvm.anchors, "{of}");
        }
    }
}

/// A product of one's own whose service is `acme-service`, in `home/acme`.
fn acme(home: &Scratch) {
    home.write("acme/acme.conf", "");
    let folder = home.at("acme");
    let profile = format!(
        "name = \"acme\"\ntitle = \"Acme\"\nprefixes = [\"{folder}\"]\nmarks = [\"acme.conf\"]\nhomes = [\"runtime\"]\n\
         services = [\"acme-service\"]\n[[config]]\nfile = \"acme.conf\"\nsyntax = \"shell\"\noptions = [\"OPTS\"]\n"
    );
    home.write(".config/trustmend/profiles.d/acme.toml", profile);
}

#[test]
fn a_product_and_its_service_are_what_their_processes_are() {
    let jvm = Jvm::all().last().unwrap();
    let home = stores(&["shipped", "first", "second"]);
    acme(&home);
    let own = runtime(jvm, &home, "acme/runtime", &[("shipped.jks", "cacerts")]);
    let option = |store: &str| format!("-Djavax.net.ssl.trustStore={}", home.at(store));
    let first = Way::new("first.jks", "option", "").option(option("first.jks"));
    // Its files say one thing; what runs was started with another.
    home.write("acme/acme.conf", format!("OPTS=\"{}\"\n", option("second.jks")));
    let list = |place: &str| trustmend(&home, &["list", place, "--json"]);
    for place in ["agent:acme", "service:acme-service", "service:acme-service.service"] {
        let listed = list(place).success().json();
        assert_eq!(listed["store"]["place"], place);
        assert_eq!(fingerprints(&listed).len(), 1);
    }
    let stopped = fingerprints(&list("agent:acme").json());
    let running = [first.start(&own, home.path()), first.start(&own, home.path())].map(Started::ready);
    for place in ["agent:acme", "service:acme-service"] {
        let started = fingerprints(&list(place).success().json());
        assert_eq!(started, running[0].anchors, "{place}");
        assert_ne!(started, stopped, "{place}");
    }
    let changed =
        ["import", &home.at("shipped.pem"), "--store", "service:acme-service", "--alias", "new", "--json"];
    let changed = trustmend(&home, &changed).success().json();
    assert_eq!(changed["steps"][0]["action"], "add", "{changed}");
    // A JVM reads its store when it first needs it: the next one has it.
    let next = first.start(&own, home.path()).ready();
    assert_eq!(next.anchors.len(), running[0].anchors.len() + 1);
    assert_eq!(next.anchors, fingerprints(&list(&format!("pid:{}", next.child.id())).json()));

    // One that reads another store makes the answer none.
    let other = Way::new("shipped.jks", "cacerts", "").start(&own, home.path()).ready();
    let told = trustmend(&home, &["agents", "acme", "--json"]).json();
    let acme = &told["agents"][0];
    assert_eq!(acme["running"].as_array().unwrap().len(), 4, "{told}");
    let findings = acme["findings"].as_array().unwrap();
    let differ = findings.iter().find(|one| one["code"] == "process-stores-differ");
    let detail = differ.unwrap_or_else(|| panic!("{told}"))["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!(
            "pid:{} {}",
            other.child.id(),
            home.at("acme/runtime/lib/security/cacerts")
        )),
        "{detail}"
    );
    for place in ["agent:acme", "service:acme-service"] {
        let refused = list(place);
        assert_eq!(
            (refused.code, refused.json()["error"]["code"].as_str()),
            (4, Some("process-stores-differ"))
        );
        assert!(refused.stdout.contains(&format!("pid:{}", other.child.id())), "{}", refused.stdout);
    }
}

#[test]
fn a_service_leads_to_its_process_by_its_unit_and_pid_file() {
    let jvm = Jvm::all().last().unwrap();
    let home = stores(&["shipped", "first"]);
    let own = runtime(jvm, &home, "runtime", &[("shipped.jks", "cacerts")]);
    let option = format!("-Djavax.net.ssl.trustStore={}", home.at("first.jks"));
    let running = Way::new("", "", "").option(&option).start(&own, home.path()).ready();
    let root = Scratch::new();
    let (tree, proc) = (Tree::below(root.path()), Path::new("/proc"));
    root.write(
        "etc/systemd/system/agent.service",
        "[Service]\nType=forking\nPIDFile=/run/agent/its.pid\nExecStart=/opt/start\n",
    );
    root.write("run/agent/its.pid", format!("{}\n", running.child.id()));
    root.write("etc/init.d/old", "#!/bin/sh\n# chkconfig: 345 99 01\n# pidfile: /var/run/old-agent.pid\n");
    root.write("var/run/old-agent.pid", running.child.id().to_string());
    for name in ["agent", "agent.service", "old"] {
        let served = served(&tree, proc, name).unwrap();
        assert_eq!(
            (served.pid, &served.store.on_disk),
            (Some(running.child.id()), &home.path().join("first.jks"))
        );
        assert!(matches!(served.store.why, Why::Option(_)), "{:?}", served.store.why);
        assert_eq!(served.runtime.home.to_str(), Some(running.home.as_str()));
    }
}

#[test]
fn what_is_no_jvm_is_told_apart() {
    let home = Scratch::new();
    let gone = {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    };
    let own = std::process::id();
    for (place, code, words) in [
        (format!("pid:{own}"), 4, "is not a JVM"),
        (format!("pid:{gone}"), 4, "there is no process"),
        ("pid:x".to_owned(), 2, "is not the number of a process"),
        ("service:no-such-service".to_owned(), 4, "there is no service no-such-service"),
    ] {
        let outcome = trustmend(&home, &["list", &place]);
        assert_eq!(
            (outcome.code, outcome.stderr.contains(words)),
            (code, true),
            "{place}: {}",
            outcome.stderr
        );
    }
}

/// As a product's own script starts it: its settings are the shell's, and the shell's words are the JVM's.
const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
if [ -f conf/settings.conf ]; then . ./conf/settings.conf; else . ./conf/settings-default.conf; fi
java=jre/bin/java
[ -x jre/jre/bin/java ] && java=jre/jre/bin/java
exec $java -Dagent_home="$PWD" $JAVA_OPTS -cp "$CLASSES" StoreInUse
"#;

/// One installation: its settings, where its runtime is, what else is there, and what is to be told.
struct Install {
    settings: &'static [(&'static str, &'static str)],
    runtime: &'static str,
    local: bool,
    codes: &'static [&'static str],
    starts: bool,
}

const INSTALLS: &[Install] = &[
    Install {
        settings: &[(
            "settings-default.conf",
            "JAVA_OPTS=\"-Xmx64m -Djavax.net.ssl.trustStore=HOME/first.jks\"\n",
        )],
        runtime: "jre",
        local: false,
        codes: &[],
        starts: true,
    },
    Install {
        settings: &[
            ("settings-default.conf", "JAVA_OPTS=\"-Djavax.net.ssl.trustStore=HOME/first.jks\"\n"),
            (
                "settings.conf",
                "# JAVA_OPTS=\"-Djavax.net.ssl.trustStore=HOME/second.jks\"\nJAVA_OPTS=-Xmx64m\n",
            ),
        ],
        runtime: "jre/jre",
        local: false,
        codes: &[],
        starts: true,
    },
    Install {
        settings: &[(
            "settings.conf",
            "JAVA_OPTS='-Xmx64m' # memory\nexport JAVA_OPTS=\"${JAVA_OPTS} \\\n  -Djavax.net.ssl.trustStore=HOME/first.jks\"\n",
        )],
        runtime: "jre",
        local: true,
        codes: &[],
        starts: true,
    },
    Install {
        settings: &[(
            "settings.conf",
            "JAVA_OPTS=-Djavax.net.ssl.trustStore=HOME/first.jks\nJAVA_OPTS=\"-Djavax.net.ssl.trustStore=HOME/second.jks\"\n",
        )],
        runtime: "jre/jre",
        local: false,
        codes: &[],
        starts: true,
    },
    Install {
        settings: &[("settings.conf", "JAVA_OPTS=\"-Xmx64m -Dhttps.protocols=TLSv1.2\"\n")],
        runtime: "jre",
        local: true,
        codes: &["option-protocols-narrow", "store-shadowed"],
        starts: true,
    },
    Install {
        settings: &[("settings.conf", "JAVA_OPTS=\"-Djavax.net.ssl.trustStore=HOME/gone.jks\"\n")],
        runtime: "jre",
        local: false,
        codes: &["store-missing"],
        starts: true,
    },
    Install {
        settings: &[("settings.conf", "JAVA_OPTS=\"-Xmx64m Dhttps.protocols=TLSv1.2\"\n")],
        runtime: "jre",
        local: false,
        codes: &["option-without-dash"],
        starts: false,
    },
    Install {
        settings: &[("settings.conf", "JAVA_OPTS=\"-Xmx64m -Dhttps.protocols=TLSv1.2,TLSv1.3\n")],
        runtime: "jre",
        local: false,
        codes: &["option-quote-missing"],
        starts: false,
    },
];

#[test]
fn what_the_files_say_is_what_the_product_reads_when_it_starts() {
    let jvm = Jvm::all().last().unwrap();
    let home = stores(&["shipped", "first", "second", "local"]);
    let classes = java::classes("StoreInUse");
    for (number, install) in INSTALLS.iter().enumerate() {
        let name = format!("opt-{number}/OktaProvisioningAgent");
        let shipped = [("shipped.jks", "cacerts"), ("local.jks", "jssecacerts")];
        let shipped = if install.local { &shipped[..] } else { &shipped[..1] };
        runtime(jvm, &home, &format!("{name}/{}", install.runtime), shipped);
        let script = home.write(&format!("{name}/OktaProvisioningAgent"), SCRIPT);
        for (file, text) in install.settings {
            home.write(&format!("{name}/conf/{file}"), text.replace("HOME", home.path().to_str().unwrap()));
        }
        let place = format!("agent:okta-provisioning-agent@{}", home.at(&name));
        let listed = trustmend(&home, &["list", &place, "--json"]).success().json();

        let mut command = std::process::Command::new("sh");
        command.arg(&script).env("CLASSES", &classes).env_remove("JAVA_TOOL_OPTIONS");
        if !install.starts {
            let outcome = program::run(command, b"", "a shell");
            assert!(outcome.code != 0 && outcome.stdout.is_empty(), "{number}: {}", outcome.text());
        } else {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let running = Started(command.spawn().unwrap()).ready();
            assert_eq!(fingerprints(&listed), running.anchors, "{number}");
            let listed = trustmend(&home, &["list", &place, "--json"]).success().json();
            assert_eq!(fingerprints(&listed), running.anchors, "{number}");
        }
        let root = home.at(&format!("opt-{number}"));
        std::os::unix::fs::symlink(".", home.path().join(format!("opt-{number}/opt"))).unwrap();
        let told = trustmend(&home, &["agents", "okta-provisioning-agent", "--root", &root, "--json"]).json();
        let findings = told["agents"][0]["findings"].as_array().unwrap_or_else(|| panic!("{told}")).iter();
        let mut codes: Vec<&str> = findings.map(|one| one["code"].as_str().unwrap()).collect();
        codes.retain(|code| install.codes.contains(code) || !code.starts_with("store-"));
        codes.sort_unstable();
        let settled: Vec<&str> = install.codes.to_vec();
        assert_eq!(codes, settled, "{number}: {told}");
    }
}

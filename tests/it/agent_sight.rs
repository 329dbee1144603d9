//! What running JVMs find in their stores, which is not all that is in them; and runtimes that are started by a link.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::fleet::authority;
use crate::support::jvm::Jvm;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::{java, jre};

/// A JVM that runs `StoreInUse`, until it is dropped.
struct Running {
    child: Child,
    /// How many anchors it has by its own account; `None` if it fails for its store.
    anchors: Option<usize>,
}

impl Running {
    fn start(jvm: &Jvm, options: &[&str]) -> Child {
        let mut command = java::command(jvm, "StoreInUse", options, &[]);
        command.env_remove("JDK_JAVA_OPTIONS").env_remove("_JAVA_OPTIONS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn ready(mut child: Child) -> Self {
        let lines: Vec<String> = BufReader::new(child.stdout.as_mut().unwrap())
            .lines()
            .map_while(Result::ok)
            .take_while(|line| line != "ready")
            .collect();
        Self { child, anchors: lines.len().checked_sub(1) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn codes(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn an_encrypted_store_is_empty_for_a_jvm_without_its_password() {
    let home = Scratch::new();
    authority(&home, "ca");
    authority(&home, "other");
    let store = home.at("new.p12");
    trustmend(&home, &["import", "ca.pem", "--store", &store]).success();
    let trust = format!("-Djavax.net.ssl.trustStore={store}");
    let password = "-Djavax.net.ssl.trustStorePassword";
    for jvm in Jvm::all().iter().filter(|jvm| jvm.major() >= 9) {
        let ways = [vec![], vec![format!("{password}=changeit")], vec![format!("{password}=")]];
        let started = ways.map(|more| {
            let options: Vec<&str> = std::iter::once(&trust).chain(&more).map(String::as_str).collect();
            Running::start(jvm, &options)
        });
        let running = started.map(Running::ready);
        assert_eq!([Some(0), Some(1), Some(0)], [0, 1, 2].map(|one| running[one].anchors), "{jvm:?}");
        let told = trustmend(&home, &["agents", "--json"]);
        assert_eq!(told.code, 1, "{}", told.text());
        let told = told.json();
        for one in &running {
            let (anchors, pid) = (one.anchors.unwrap(), one.child.id());
            let mut processes = told["processes"].as_array().unwrap().iter();
            let process = processes.find(|process| process["pid"] == pid).unwrap_or_else(|| panic!("{told}"));
            let wanted = if anchors == 0 { vec!["store-empty-for-java"] } else { vec![] };
            assert_eq!(codes(&process["findings"]), wanted, "{process}");
            let place = format!("pid:{pid}");
            let listed = trustmend(&home, &["list", &place, "--json"]).success().json();
            assert_eq!(listed["store"]["anchors"], anchors, "{listed}");
            assert_eq!(listed["problems"].as_array().unwrap().len(), wanted.len(), "{listed}");
            let audit = trustmend(&home, &["audit", &place, "--json"]);
            assert_eq!(
                (audit.code, codes(&audit.json()["findings"])),
                (i32::from(anchors == 0), wanted.clone())
            );
            for file in ["ca.pem", "other.pem"] {
                let import = ["import", file, "--store", &place, "--dry-run", "--json"];
                let planned = trustmend(&home, &import).success().json();
                let warned = planned["warnings"].to_string();
                assert_eq!(warned.contains("store-empty-for-java"), anchors == 0, "{planned}");
            }
            // What is in it can be had all the same.
            let export = trustmend(&home, &["export", &place]).success().stdout;
            assert!(export.contains("BEGIN CERTIFICATE"), "{export}");
        }
    }
}

#[test]
fn what_a_jvm_cannot_load_is_an_error_of_its_agent() {
    let home = Scratch::new();
    authority(&home, "ca");
    let jvm = Jvm::all().last().unwrap();
    let runtime = home.path().join("opt/jdk-25");
    jre::told(jvm, &runtime);
    let cacerts = runtime.join("lib/security/cacerts");
    let root = home.path().to_str().unwrap();
    let finds = |octets: &[u8]| {
        std::fs::write(&cacerts, octets).unwrap();
        let told = trustmend(&home, &["agents", "--root", root, "--json"]);
        let found = told.json()["agents"][0]["findings"].clone();
        (told.code, codes(&found).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let shipped = std::fs::read(&cacerts).unwrap();
    assert_eq!(finds(&shipped), (0, vec![]));
    let cut = shipped.get(..shipped.len() / 2).unwrap();
    for octets in [&b""[..], cut, &home.read("ca.pem")] {
        assert_eq!(finds(octets), (1, vec!["store-unreadable".to_owned()]));
    }
    // A store of another maker has a provider that reads it.
    assert_eq!(finds(&[&[0, 0, 0, 2, 0, 0, 0, 20][..], &[7; 40]].concat()), (0, vec![]));
}

#[test]
fn a_runtime_that_a_link_leads_to_is_where_it_is() {
    let home = Scratch::new();
    let jvm = Jvm::all().last().unwrap();
    let link = |target: &str, name: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    };
    // As /usr/bin/java -> /etc/alternatives/java -> .../bin/java.
    link(jvm.home.join("bin/java").to_str().unwrap(), "etc/alternatives/java");
    link("../../etc/alternatives/java", "usr/bin/java");
    let linked = Jvm { home: home.path().join("usr"), version: jvm.version.clone() };
    let running = Running::ready(Running::start(&linked, &[]));
    assert!(running.anchors.is_some_and(|count| count > 10));
    let told = trustmend(&home, &["agents", "--json"]).json();
    assert!(!told.to_string().contains(&home.at("usr")), "{told}");
    let mut agents = told["agents"].as_array().unwrap().iter();
    let of_it = agents.find(|agent| {
        agent["running"].as_array().is_some_and(|pids| pids.iter().any(|pid| *pid == running.child.id()))
    });
    let of_it = of_it.unwrap_or_else(|| panic!("{told}"));
    assert!(!codes(&of_it["findings"]).contains(&"runtime-missing"), "{of_it}");
}

//! Products in fake roots: each profile and layout, each trap, and which store is told for it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::agent_layouts::{LAYOUTS, Layout, OPP, STORE};
use crate::support::jre;
use crate::support::jvm::Jvm;
use crate::support::run::{trustmend, trustmend_with};
use crate::support::scratch::Scratch;

fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(&path);
    match text.strip_prefix("-> ") {
        Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
        None => std::fs::write(path, text).unwrap(),
    }
}

fn build(layout: &Layout, jvm: &Jvm) -> Scratch {
    let root = Scratch::new();
    for runtime in layout.runtimes {
        jre::told(jvm, &root.path().join(runtime));
    }
    for (name, text) in layout.files {
        put(root.path(), name, text);
        if *text == STORE {
            std::fs::copy(jvm.cacerts(), root.path().join(name)).unwrap();
        }
    }
    root
}

/// The one product of this name in a root, as JSON.
fn product(home: &Scratch, root: &Scratch, name: &str) -> (Value, i32) {
    let outcome = trustmend(home, &["agents", "--root", root.path().to_str().unwrap(), "--json"]);
    assert!(!outcome.text().contains("s3cret"), "{name}: {}", outcome.text());
    let document = outcome.json();
    let all = document["agents"].as_array().unwrap().iter();
    let mut mine = all.filter(|agent| agent["name"] == name);
    let found = mine.next().unwrap_or_else(|| panic!("{name} is not found: {document}")).clone();
    assert!(mine.next().is_none(), "{name} is found twice: {document}");
    (found, outcome.code)
}

#[test]
fn every_profile_has_a_layout() {
    let told = trustmend(&Scratch::new(), &["agents", "no-such-product"]);
    assert_eq!(told.code, 2, "{}", told.text());
    let named = trustmend(&Scratch::new(), &["list", "agent:no-such-product"]);
    let known = named.stderr.split("known are: ").nth(1).unwrap().trim();
    let untested: Vec<_> =
        known.split(", ").filter(|name| !LAYOUTS.iter().any(|layout| layout.name == *name)).collect();
    assert!(untested.is_empty() && known.contains(", "), "{untested:?}");
}

#[test]
fn each_layout_gives_its_store_and_its_traps() {
    let home = Scratch::new();
    for (layout, jvm) in LAYOUTS.iter().zip(Jvm::all().iter().cycle()) {
        let root = build(layout, jvm);
        let (found, code) = product(&home, &root, layout.name);
        let of = format!("{} at {}: {found:#}", layout.name, layout.prefix);
        assert_eq!(found["prefix"], layout.prefix, "{of}");
        let store = layout.store.map(|(place, reason)| (place.into(), reason.into()));
        let told = found["store"]
            .is_object()
            .then(|| (found["store"]["place"].clone(), found["store"]["reason"].clone()));
        assert_eq!(told, store, "{of}");
        let version = (!layout.runtimes.is_empty()).then_some(jvm.version.as_str());
        assert_eq!(found["java_version"].as_str(), version, "{of}");
        // The runtime's own store is read where it is told to be.
        if layout.store.is_some_and(|(_, reason)| reason == "cacerts") && found["store"]["exists"] == true {
            let listed = trustmend(&home, &["list", found["store"]["file"].as_str().unwrap(), "--json"]);
            assert!(
                layout.name == "okta-scim-server" || listed.success().stdout.contains("ISRG Root X1"),
                "{of}"
            );
        }
        let findings = found["findings"].as_array().unwrap();
        let mut codes: Vec<_> =
            findings.iter().map(|one| (one["code"].as_str().unwrap(), one["line"].as_u64())).collect();
        let mut wanted = layout.codes.to_vec();
        codes.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(codes, wanted, "{of}");
        let is_broken = findings.iter().any(|one| one["severity"] == "error");
        assert_eq!(code, i32::from(is_broken), "{of}");
        // For people the same, and no secret either.
        let text = trustmend(&home, &["agents", "-v", "--root", root.path().to_str().unwrap()]).text();
        assert!(text.contains(layout.prefix) && !text.contains("s3cret"), "{text}");
        assert!(layout.codes.iter().all(|(code, _)| text.contains(code)), "{text}");
    }
}

/// The codes that are not findings' as well.
const CODES: &[&str] = &[
    "agent-missing",
    "config-unreadable",
    "http-allowed",
    "option-overridden",
    "option-protocols-narrow",
    "option-quote-missing",
    "option-without-dash",
    "process-stores-differ",
    "process-unreadable",
    "runtime-missing",
    "store-linked",
    "trust-in-folder",
    "trust-not-java",
    "trusts-everybody",
];

#[test]
fn what_is_wrong_has_a_page() {
    let home = Scratch::new();
    let pages: BTreeSet<_> = trustmend::agent::PAGES.iter().map(|(code, _)| *code).collect();
    assert_eq!(pages, CODES.iter().copied().collect(), "a code is a promise");
    let found = LAYOUTS.iter().flat_map(|layout| layout.codes).map(|(code, _)| *code);
    for code in found.collect::<BTreeSet<_>>().union(&pages) {
        let page = trustmend(&home, &["explain", code]).success().stdout;
        assert!(page.contains("\n\n"), "{code}: {page}");
    }
}

#[test]
fn a_root_keeps_its_links_to_itself() {
    let (home, root) = (Scratch::new(), Scratch::new());
    let jvm = &Jvm::all()[0];
    // Absolute, to a runtime that only this machine has.
    put(root.path(), "opt/OktaProvisioningAgent/bin/OktaProvisioningAgent.jar", "");
    let link = format!("-> {}", jvm.home.display());
    put(root.path(), "opt/OktaProvisioningAgent/jre", &link);
    let (found, code) = product(&home, &root, OPP);
    assert_eq!((code, &found["store"]), (1, &Value::Null), "{found:#}");
    assert_eq!(found["findings"][0]["code"], "runtime-missing");
    // The same runtime put where the link leads.
    jre::linked(jvm, &root.path().join(jvm.home.strip_prefix("/").unwrap()));
    put(
        root.path(),
        &format!("{}/lib/security/cacerts", jvm.home.strip_prefix("/").unwrap().display()),
        "store",
    );
    let (found, _) = product(&home, &root, OPP);
    assert_eq!(found["java_version"], jvm.version.as_str(), "{found:#}");
    assert!(found["store"]["file"].as_str().unwrap().starts_with(root.path().to_str().unwrap()), "{found:#}");
}

#[test]
fn a_profile_of_ones_own_names_a_store_for_every_command() {
    let home = Scratch::new();
    let product = home.path().join("acme agent");
    let ca = home.at("ca.pem");
    let make = ["generate", "localhost", "--ca-dir", &home.at("ca"), "--out", &home.at("leaf")];
    trustmend(&home, &make).success();
    std::fs::copy(home.path().join("ca/ca.pem"), &ca).unwrap();
    let store = product.join("runtime/lib/security/cacerts");
    home.write("acme agent/runtime/release", "JAVA_VERSION=\"11.0.20\"\n");
    std::fs::create_dir_all(store.parent().unwrap()).unwrap();
    trustmend(&home, &["convert", "mozilla:", store.to_str().unwrap(), "--format", "jks"]).success();
    std::fs::write(product.join("acme.conf"), "OPTS=\"-Xmx1g\"\n").unwrap();
    let folder = product.display();
    let profile = format!(
        "name = \"acme\"\ntitle = \"Acme\"\nprefixes = [\"{folder}\"]\nmarks = [\"acme.conf\"]\nhomes = [\"runtime\"]\n\
         [[config]]\nfile = \"acme.conf\"\nsyntax = \"shell\"\noptions = [\"OPTS\"]\n"
    );
    home.write("config/trustmend/profiles.d/acme.toml", &profile);
    let config = home.at("config");
    let run = |args: &[&str]| trustmend_with(&home, args, &[("XDG_CONFIG_HOME", &config)], b"");

    let changed =
        run(&["import", &ca, "--store", "agent:acme", "--alias", "corp", "--json"]).success().json();
    assert_eq!(changed["changed"], true, "{changed}");
    let listed = run(&["list", "agent:acme", "--alias", "corp", "--json"]).success().json();
    assert_eq!(listed["entries"][0]["alias"], "corp");
    // The rules are its runtime's.
    let judged = run(&[
        "diagnose",
        &home.at("leaf/cert.pem"),
        "--host",
        "localhost",
        "--store",
        "agent:acme",
        "--json",
    ]);
    let judged = if judged.code == 4 { panic!("{}", judged.text()) } else { judged.json() };
    assert_eq!(judged["targets"][0]["client"], "java-11", "{judged}");
    run(&["audit", "agent:acme"]);
    run(&["remove", "agent:acme", "corp"]).success();

    let gone = run(&["list", "agent:okta-ldap-agent"]);
    assert_eq!((gone.code, gone.stderr.contains("not installed")), (4, true), "{}", gone.stderr);
    home.write("config/trustmend/profiles.d/acme.toml", profile.replace("homes", "homs"));
    let wrong = run(&["agents"]);
    assert_eq!((wrong.code, wrong.stderr.contains("acme.toml, line 5")), (2, true), "{}", wrong.stderr);
}

#[test]
fn what_leads_to_no_store_says_why() {
    let home = Scratch::new();
    let config = home.at("config");
    for (name, more, installs) in [
        ("folder", "kind = \"folder\"\ndrop-folder = \"certs\"\n", &["x"][..]),
        ("native", "kind = \"not-java\"\nnotes = [\"ask the platform\"]\n", &["x"]),
        ("bare", "homes = [\"jre\"]\n", &["x"]),
        ("twice", "homes = [\"jre\"]\n", &["x", "y"]),
    ] {
        let prefix = home.at(&format!("{name}-*"));
        let profile = format!(
            "name = \"{name}\"\ntitle = \"T\"\nprefixes = [\"{prefix}\"]\nmarks = [\"mark\"]\n{more}"
        );
        home.write(&format!("config/trustmend/profiles.d/{name}.toml"), profile);
        for install in installs {
            home.write(&format!("{name}-{install}/mark"), "");
        }
    }
    for (place, exit, code, words) in [
        ("agent:folder".to_owned(), 4, "trust-in-folder", home.at("folder-x/certs")),
        ("agent:native".to_owned(), 4, "trust-not-java", "ask the platform".to_owned()),
        ("agent:bare".to_owned(), 4, "runtime-missing", home.at("bare-x")),
        ("agent:twice".to_owned(), 2, "usage", format!("agent:twice@{}", home.at("twice-y"))),
        (format!("agent:twice@{}", home.at("twice-y")), 4, "runtime-missing", home.at("twice-y")),
        (format!("agent:twice@{}", home.at("bare-z")), 4, "agent-missing", home.at("bare-z")),
    ] {
        let failed = trustmend_with(&home, &["list", &place, "--json"], &[("XDG_CONFIG_HOME", &config)], b"");
        let error = failed.json()["error"].clone();
        assert_eq!((failed.code, error["code"].as_str()), (exit, Some(code)), "{place}: {error}");
        assert!(error.to_string().contains(&words), "{place}: {error}");
    }
    let told =
        trustmend_with(&home, &["agents", "twice", "--json"], &[("XDG_CONFIG_HOME", &config)], b"").json();
    let places: Vec<_> = told["agents"].as_array().unwrap().iter().map(|one| one["place"].clone()).collect();
    assert_eq!(places, ["x", "y"].map(|one| format!("agent:twice@{}", home.at(&format!("twice-{one}")))));
}

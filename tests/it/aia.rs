//! JVMs that fetch a missing issuer themselves, each as its update lets it; and what this program says of them.

use crate::completion::{Authority, Pki, authority};
use crate::store_verdicts::{all_jvms, ask, told_each};
use crate::support::openssl::Server;
use crate::support::run::trustmend;

/// Servers that leave out what is above the leaf.
fn servers(pki: &Pki, at: &dyn Fn(&str) -> String) -> Vec<(&'static str, Server)> {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    // The authority's name, by another root and below the right one, with another key.
    pki.run(&format!("req -config req.cnf -new {key} -subj /CN=Issuing -keyout mimic.key -out mimic.csr"));
    pki.run(&format!(
        "req -config req.cnf -x509 {key} -subj /CN=Else -days 30 -addext basicConstraints=critical,CA:TRUE -keyout else.key -out else.pem"
    ));
    for (name, ca) in [("mimic", "else"), ("rekeyed", "root")] {
        pki.run(&format!(
            "x509 -req -in mimic.csr -CA {ca}.pem -CAkey {ca}.key -days 30 -extfile ca.ext -out {name}.pem"
        ));
    }
    // Two that are missing, one above the other.
    pki.run(&format!("req -config req.cnf -new {key} -subj /CN=Deep -keyout deep.key -out deep.csr"));
    let names = format!("authorityInfoAccess=caIssuers;URI:{}\n", at("pki/issuing.der"));
    pki.home.write("deep.ext", [pki.home.read("ca.ext"), names.into_bytes()].concat());
    pki.run(
        "x509 -req -in deep.csr -CA issuing.pem -CAkey issuing.key -days 30 -extfile deep.ext -out deep.pem",
    );
    pki.run("x509 -in deep.pem -outform DER -out deep.der");
    let access =
        format!("subjectAltName=DNS:localhost\nauthorityInfoAccess=caIssuers;URI:{}\n", at("pki/deep.der"));
    pki.home.write("below.ext", access);
    pki.run("x509 -req -in leaf.csr -CA deep.pem -CAkey deep.key -days 30 -extfile below.ext -out below.pem");
    let mut servers = vec![("two missing", pki.serve("below.pem"))];
    for (name, file, paths) in [
        ("one certificate", "der.pem", &["pki/issuing.der"][..]),
        ("several certificates", "p7c.pem", &["pki/issuing.p7c"]),
        ("elsewhere", "other.pem", &["other/issuing.der"]),
        ("a longer name of the folder", "longer.pem", &["pkis/issuing.der"]),
        ("nothing there", "none.pem", &["pki/none"]),
        ("the second address", "second.pem", &["pki/none", "pki/issuing.der"]),
        ("another authority", "wrong.pem", &["pki/root.der"]),
        ("no address", "silent.pem", &[]),
    ] {
        pki.leaf(file, &paths.iter().map(|path| at(path)).collect::<Vec<_>>());
        servers.push((name, pki.serve(file)));
    }
    for (name, sent) in [("a mimic sent", "mimic.pem"), ("a rekeyed authority sent", "rekeyed.pem")] {
        let file = format!("with-{sent}");
        pki.home.write(&file, [pki.home.read("der.pem"), pki.home.read(sent)].concat());
        servers.push((name, pki.serve(&file)));
    }
    servers
}

fn files(pki: &Pki) -> Authority {
    pki.run("x509 -in root.pem -outform DER -out root.der");
    let names = ["issuing.der", "issuing.p7c", "root.der"];
    let known = names.map(|name| (name, pki.home.read(name)));
    let folder = pki.home.path().to_owned();
    authority(move |path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let known = known.iter().find(|(known, _)| *known == name).map(|(_, octets)| octets.clone());
        known.or_else(|| (name == "deep.der").then(|| std::fs::read(folder.join(name)).unwrap()))
    })
}

#[test]
fn each_jvm_fetches_the_issuers_that_its_options_let_it_fetch() {
    let pki = Pki::new();
    let home = &pki.home;
    let authority = files(&pki);
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", authority.port);
    let servers = servers(&pki, &at);
    let store = pki.store("trust.jks");
    let any = home.write("any", "com.sun.security.allowedAIALocations=any\n").display().to_string();
    let (enabled, any) = (
        "-Dcom.sun.security.enableAIAcaIssuers=true".to_owned(),
        format!("-Djava.security.properties={any}"),
    );
    let only = |list: &str| format!("-Dcom.sun.security.allowedAIALocations={list}");
    let sets = [
        vec![enabled.clone()],
        vec![enabled.clone(), only(&format!("ftp://x/ {}", at("pki/./")))],
        vec![enabled.clone(), any.clone()],
        vec![enabled, any.clone(), only("")],
        vec![only("any")],
    ];
    let urls: Vec<String> =
        servers.iter().map(|(_, server)| format!("https://localhost:{}/", server.port)).collect();
    // A server that leaves HEAD unanswered is not asked for the time.
    let plain: Vec<String> = urls.iter().map(|url| url.replace("https:", "tls:")).collect();
    let lines: String = urls.iter().map(|url| format!("{url}\t{store}\t-\t-\n")).collect();
    let (mut differences, mut trusting) = (Vec::new(), [0; 5]);
    for jvm in all_jvms() {
        let security = std::fs::read_to_string(jvm.home.join("conf/security/java.security")).unwrap();
        // Updates that know no such list have nothing but the switch.
        let count = if security.contains("allowedAIALocations") { sets.len() } else { 2 };
        for (number, set) in sets.iter().take(count).enumerate() {
            let options: Vec<&str> = set.iter().map(String::as_str).collect();
            let answers = ask(&jvm, &options, &lines);
            trusting[number] += answers.iter().filter(|answer| *answer == "trusted").count();
            let options: Vec<String> = set.iter().map(|option| format!("--java-option={option}")).collect();
            let mut words = vec!["diagnose", "--json", "--store", &store, "--java-version", &jvm.version];
            words.extend(plain.iter().chain(&options).map(String::as_str));
            let told = told_each(&trustmend(home, &[&words[..], &["--fetch-local"]].concat()));
            assert_eq!((answers.len(), told.len()), (servers.len(), servers.len()));
            for ((answer, (told, found)), (name, _)) in answers.iter().zip(told).zip(&servers) {
                let severity_fits =
                    (told == "trusted") == found.iter().all(|(_, severity)| severity != "error");
                if told != *answer || !severity_fits {
                    differences.push(format!(
                        "{name}, {number}, Java {}\n  java {answer}\n  we   {told}\n  {found:?}",
                        jvm.version
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}\n{}", differences.len(), differences.join("\n"));
    // Some update needs to be told from where: less where it is told less, nothing without the switch.
    let [bare, only, any, none, off] = trusting;
    assert!(bare > 0 && only > bare && any > 0 && none == 0 && off == 0, "{trusting:?}");
}

/// What this program may not ask, or cannot, it does not know.
#[test]
fn an_issuer_that_only_java_may_fetch_leaves_the_verdict_open() {
    let pki = Pki::new();
    let authority = files(&pki);
    let store = pki.store("trust.jks");
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", authority.port);
    let judged = |file: &str, version: &str, more: &[&str]| {
        let option = "--java-option=-Dcom.sun.security.enableAIAcaIssuers=true";
        let words = ["diagnose", file, "--store", &store, "--host", "localhost", option];
        let outcome = trustmend(&pki.home, &[&words[..], &["--java-version", version], more].concat());
        let verdict =
            outcome.stdout.lines().find(|line| line.contains("TRUSTED") || line.contains("UNDECIDED"));
        let verdict = verdict.unwrap_or_else(|| panic!("{}", outcome.text())).trim().to_owned();
        (outcome.code, verdict.split(&[' ', ':'][..]).next().unwrap().to_owned())
    };
    let (open, refused) = ((1, "UNDECIDED".to_owned()), (1, "UNTRUSTED".to_owned()));
    pki.leaf("leaf.pem", &[at("issuing.der")]);
    assert_eq!(judged("leaf.pem", "17.0.9", &["--fetch-local"]), (0, "TRUSTED".to_owned()));
    assert_eq!(judged("leaf.pem", "17.0.9", &["--no-fetch"]), open);
    assert_eq!(judged("leaf.pem", "17.0.9", &[]), open, "an address of this machine");
    for version in ["17.0.21", "21.0.10", "25.0.3"] {
        assert_eq!(judged("leaf.pem", version, &["--fetch-local"]), refused, "{version}");
        assert_eq!(judged("leaf.pem", version, &["--no-fetch"]), refused, "{version}");
    }
    pki.leaf("elsewhere.pem", &["ldap://ca.corp.test/cn=x?cACertificate".to_owned()]);
    assert_eq!(judged("elsewhere.pem", "17.0.9", &["--fetch-local"]), open);
    pki.leaf("silent.pem", &[]);
    assert_eq!(judged("silent.pem", "17.0.9", &["--no-fetch"]), refused);
}

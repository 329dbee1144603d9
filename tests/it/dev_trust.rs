//! Who is made to trust the authority: an agent's own store, the platform of each system, several at once; and an authority
//! that cannot sign any more.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use time::{Duration, OffsetDateTime};
use trustmend::ca::{Authority, KeyKind, NewAuthority, default_limits};

use crate::support::java;
use crate::support::jre;
use crate::support::jvm::Jvm;
use crate::support::program;
use crate::support::run::{command, trustmend};
use crate::support::scratch::Scratch;
use crate::support::tomcat::Tomcat;

/// The page of Okta's on-premises agents, which takes five dialogs of keytool, in one line: Tomcat starts with the keystore
/// by the lines that were printed, and the JVM of the agent, which refused it, connects; until the authority is taken back.
#[test]
fn one_line_makes_a_tomcat_that_the_agent_trusts() {
    let home = Scratch::new();
    let agent = home.path().join("opt/OktaProvisioningAgent");
    let jvm = Jvm::compiler();
    let runtime = Jvm { home: jre::linked(jvm, &agent.join("jre")), version: jvm.version.clone() };
    home.write("opt/OktaProvisioningAgent/conf/OktaProvisioningAgent.conf", "JAVA_OPTS=\n");
    home.write("opt/OktaProvisioningAgent/OktaProvisioningAgent", "#!/bin/sh\n");
    std::fs::copy(jvm.cacerts(), agent.join("jre/lib/security/cacerts")).unwrap();
    let store = home.at("opt/OktaProvisioningAgent/jre/lib/security/cacerts");
    let before = std::fs::read(&store).unwrap();

    let place = format!("agent:okta-provisioning@{}", agent.display());
    let line = "generate scim.corp.test 10.0.0.5 127.0.0.1 --keystore scim_tomcat_keystore --alias scim_tom \
        --server-config tomcat --json --trust";
    let line: Vec<_> = line.split_whitespace().chain([place.as_str()]).collect();
    let made = trustmend(&home, &line).success().json();
    assert_eq!(
        (&made["trusted"][0]["store"], &made["trusted"][0]["ok"]),
        (&store.clone().into(), &true.into())
    );
    let config = made["server_config"].as_str().unwrap();
    assert!(config.contains("port=\"8443\""), "{config}");
    let tomcat =
        Tomcat::ten(jvm, &[config.replace("port=\"8443\"", "port=\"0\"")], &[("hello.txt", "hello\n")]);

    let hosts = java::hosts(&home, &[("scim.corp.test", "127.0.0.1"), ("other.corp.test", "127.0.0.1")]);
    let gets = |host: &str| {
        let url = format!("https://{host}:{}/hello.txt", tomcat.port);
        java::run(&runtime, "HttpsGet", &[&hosts], &[&url])
    };
    for host in ["scim.corp.test", "127.0.0.1"] {
        assert_eq!(gets(host).success().stdout, "200\nhello\n", "{host}");
    }
    assert!(gets("other.corp.test").stdout.contains("No subject alternative DNS name matching"));

    // A store that is not to be had any more is told, and stays recorded; the other is taken back.
    trustmend(&home, &["generate", "a.test", "--trust", "other.p12", "--out", "a"]).success();
    home.write("other.p12", "damaged");
    let untrusted = trustmend(&home, &["generate", "--untrust", "--json"]);
    assert_ne!(untrusted.code, 0);
    let stores = untrusted.json()["stores"].clone();
    let of = |name: &str| {
        let stores = stores.as_array().unwrap();
        stores.iter().find(|one| one["store"].as_str().unwrap().ends_with(name)).unwrap().clone()
    };
    assert_eq!((&of("cacerts")["ok"], &of("other.p12")["ok"]), (&true.into(), &false.into()), "{stores}");
    assert!(gets("scim.corp.test").stdout.contains("PKIX path building failed"));
    assert!(std::fs::read(&store).unwrap() == before, "the store is as it was");
    let list = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    let places = list["authorities"][0]["trusted_by"].as_array().unwrap();
    assert!(places.len() == 1 && places[0].as_str().unwrap().ends_with("other.p12"), "{list}");
}

/// Each writes down where it was, and none forgets what another wrote; all of it is taken back by two at once.
#[test]
fn many_at_once_forget_no_place() {
    let home = Scratch::new();
    let start = |arguments: &[&str]| {
        let mut command = command(&home, arguments);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let stores: Vec<_> = (0..8).map(|number| format!("{number}.p12")).collect();
    let running: Vec<_> = stores
        .iter()
        .map(|store| start(&["generate", "a.test", "--out", &format!("{store}.d"), "--trust", store]))
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let list = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    let authority = &list["authorities"][0];
    assert_eq!(authority["trusted_by"].as_array().unwrap().len(), stores.len(), "{list}");
    // All of them trust the one authority that was kept, whichever of the eight made it.
    let root = authority["sha256"].as_str().unwrap();
    for store in &stores {
        let listed = trustmend(&home, &["list", store, "--json"]).success().json();
        assert_eq!(listed["entries"][0]["certificates"][0]["sha256"], root, "{store}");
    }
    let back: Vec<_> = (0..2).map(|_| start(&["generate", "--untrust"])).collect();
    for mut child in back {
        assert!(child.wait().unwrap().success());
    }
    let list = trustmend(&home, &["generate", "--list", "--json"]).success().json();
    assert!(list["authorities"][0]["trusted_by"].as_array().unwrap().is_empty(), "{list}");
    for store in &stores {
        let listed = trustmend(&home, &["list", store, "--json"]).success().json();
        assert!(listed["entries"].as_array().unwrap().is_empty(), "{store}");
    }
}

/// The plan for a system that this machine is not: its folder in a mount namespace, and in place of its tool one that does
/// what the tool does, a bundle of the folder, and writes down how it was called.
#[test]
fn each_linux_is_asked_in_its_own_way() {
    for (folder, tool, calls) in [
        ("/etc/pki/ca-trust/source/anchors", "update-ca-trust", "update-ca-trust extract\n"),
        ("/etc/ca-certificates/trust-source/anchors", "trust", "trust extract-compat\n"),
        ("/usr/share/pki/trust/anchors", "update-ca-certificates", "update-ca-certificates \n"),
    ] {
        let home = Scratch::new();
        let fake = format!(
            "#!/bin/sh\necho \"{tool} $*\" >>\"$HOME/calls\"\ncat {folder}/* >\"$HOME/bundle\" 2>/dev/null || :\n"
        );
        let fake = home.write(&format!("bin/{tool}"), fake);
        std::fs::set_permissions(fake, std::fs::Permissions::from_mode(0o755)).unwrap();
        home.write("bundle", "");
        // Only this system's folder is there.
        let script = format!(
            "set -eu
            mount -t tmpfs none /usr/local/share
            case {folder} in /etc/*) mkdir layer; mount -t tmpfs none layer; mkdir layer/upper layer/work
                mount -t overlay -o lowerdir=/etc,upperdir=\"$PWD/layer/upper\",workdir=\"$PWD/layer/work\" none /etc ;;
                *) mount -t tmpfs none /usr/share ;; esac
            mkdir -p {folder}
            \"$0\" generate scim.corp.test --trust os: --json >made.json
            ls {folder} | wc -l
            openssl verify -CAfile bundle -untrusted scim.corp.test/fullchain.pem scim.corp.test/fullchain.pem
            \"$0\" generate --untrust --json >untrusted.json
            ls {folder} | wc -l"
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        unshare.arg(command(&home, &[]).get_program()).current_dir(home.path()).env("HOME", home.path());
        let path = std::env::var("PATH").unwrap();
        unshare.env("PATH", format!("{}:{path}", home.at("bin"))).env("SSL_CERT_FILE", home.at("bundle"));
        unshare.env("TRUSTMEND_AUDIT_LOG", "off").env_remove("SSL_CERT_DIR");
        let said = program::run(unshare, b"", "util-linux, and run as root").success();
        let lines: Vec<_> = said.stdout.lines().map(str::trim).collect();
        assert_eq!(lines, ["1", "scim.corp.test/fullchain.pem: OK", "0"], "{folder}: {}", said.stderr);
        let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&home.read(name)).unwrap();
        assert_eq!(json("made.json")["trusted"][0]["message"], "add");
        assert_eq!(json("untrusted.json")["stores"][0]["message"], "removed");
        assert_eq!(String::from_utf8(home.read("calls")).unwrap(), calls.repeat(2), "{folder}");
    }
}

fn keep(folder: &std::path::Path, made: OffsetDateTime) -> Authority {
    let limits = default_limits();
    let new = NewAuthority { name: "kept".to_owned(), key: KeyKind::P256, limits, days: 30 };
    let authority = Authority::sealed(&new, made).unwrap();
    authority.save(folder).unwrap();
    authority
}

/// One line, and nothing written: an authority that has ended, also within the hour that a new certificate begins before
/// now; one whose key is another's; one that is cut short.
#[test]
fn an_authority_that_cannot_sign_is_told_in_one_line() {
    let home = Scratch::new();
    let now = OffsetDateTime::now_utc();
    keep(&home.path().join("ended"), now - Duration::days(400));
    keep(&home.path().join("just"), now - Duration::days(30) - Duration::minutes(10));
    keep(&home.path().join("mixed"), now);
    let other = keep(&home.path().join("other"), now);
    let text = |name: &str| String::from_utf8(home.read(name)).unwrap();
    let (ours, theirs) = (text("mixed/authority.pem"), text("other/authority.pem"));
    let end = |text: &str| text.find("-----BEGIN CERTIFICATE").unwrap();
    home.write("mixed/authority.pem", format!("{}{}", &theirs[..end(&theirs)], &ours[end(&ours)..]));
    home.write("cut/authority.pem", &ours[..ours.len() / 3]);
    for (folder, code, says) in [
        ("ended", 5, "is not valid any more: it ended "),
        ("just", 5, "is not valid any more: it ended "),
        ("mixed", 4, "mixed/authority.pem: the private key is not that of the certificate"),
        ("cut", 4, "cut/authority.pem: there is no "),
    ] {
        let generate = ["generate", "a.test", "--ca-dir", folder, "--out", "made", "--keystore", "k.p12"];
        let said = trustmend(&home, &[&generate[..], &["--trust", "t.jks"]].concat());
        let errors: Vec<_> = said.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(
            said.code == code && errors.len() == 1 && errors[0].contains(says),
            "{folder}: {}",
            said.text()
        );
        assert_eq!(
            said.stderr.lines().filter(|line| line.starts_with("hint: ")).count(),
            1,
            "{}",
            said.stderr
        );
        let left: Vec<_> =
            home.names().into_iter().filter(|name| name.contains("made") || name.contains("k.p12")).collect();
        assert!(left.is_empty() && !home.path().join("t.jks").exists(), "{folder}: {left:?}");
    }
    let listed = trustmend(&home, &["generate", "--list", "--ca-dir", "ended"]).success();
    assert!(listed.stdout.contains(", ended "), "{}", listed.stdout);
    trustmend(&home, &["generate", "--rotate", "--ca-dir", "ended"]).success();
    trustmend(&home, &["generate", "a.test", "--ca-dir", "ended", "--out", "made"]).success();
    assert!(other.root().is_self_issued());
}

/// The limit of a process on the size of its files (`ulimit -f`) ends no command without a word: one line, nothing written, the
/// store as it was.
#[test]
fn a_limit_on_the_size_of_files_is_one_line() {
    let home = Scratch::new();
    trustmend(&home, &["generate", "first.test", "--out", "first"]).success();
    let cacerts = Jvm::compiler().cacerts();
    std::fs::copy(cacerts, home.path().join("trust.jks")).unwrap();
    let before = home.read("trust.jks");
    home.write("new", "another one\n");
    for arguments in [
        &["generate", "a.test", "--key", "rsa3072", "--out", "made", "--keystore", "k.jks", "--send-root"][..],
        &["import", "first/ca.pem", "--store", "trust.jks", "--yes"],
        &["password", "trust.jks", "--new-password-file", "new"],
        &["convert", "trust.jks", "copy.p12"],
    ] {
        let inner = command(&home, arguments);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -f 4; exec \"$@\"", "sh"])
            .arg(inner.get_program())
            .args(inner.get_args());
        limited.current_dir(home.path()).env_clear();
        limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = program::run(limited, b"", "a shell");
        let errors: Vec<_> = said.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        let says = "the process may not write a file of this size";
        assert!(
            said.code == 6 && errors.len() == 1 && errors[0].contains(says),
            "{arguments:?}: {}",
            said.text()
        );
        assert!(said.stderr.contains("ulimit -f"), "{}", said.stderr);
    }
    assert!(home.read("trust.jks") == before);
    let names: Vec<_> = home.names().into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(names, ["first", "new", "trust.jks"]);
}

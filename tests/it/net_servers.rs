//! Servers and a proxy as Debian has them, each met by this program and by a JVM.

use trustmend::net::{Means, Options, Protocol, observe};

use crate::net_cli::proxy as proxy_leading_to;
use crate::net_java::{Judge, Met};
use crate::net_support::{OpensslServer, Pki, RsaFiles, endpoint};
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;
use crate::support::servers::{Identity, Server};

/// GnuTLS as people restrict it, with the version it then speaks.
const GNUTLS: &[(&[&str], Protocol, Means)] = &[
    (&["--priority", "NORMAL"], Protocol::Tls13, Means::Handshake),
    (&["--priority", "NORMAL:-VERS-TLS1.3"], Protocol::Tls12, Means::Handshake),
    (&["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.1"], Protocol::Tls11, Means::FirstFlight),
    (&["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.0"], Protocol::Tls10, Means::FirstFlight),
    (&["--priority", "NORMAL:-VERS-TLS1.3:-KX-ALL:+RSA"], Protocol::Tls12, Means::FirstFlight),
    (&["--priority", "NORMAL:-VERS-TLS1.3:-KX-ALL:+DHE-RSA"], Protocol::Tls12, Means::FirstFlight),
    (&["--priority", "NORMAL:-VERS-TLS1.3:-CIPHER-ALL:+AES-256-CBC"], Protocol::Tls12, Means::FirstFlight),
    (&["--priority", "NORMAL:-VERS-TLS1.3", "--require-client-cert"], Protocol::Tls12, Means::Handshake),
];

/// The one that insists on a client certificate.
const WANTS_CLIENT: usize = 7;

/// nginx as people restrict it.
const NGINX: &[(&str, Protocol, Means)] = &[
    ("ssl_protocols TLSv1.2 TLSv1.3;", Protocol::Tls13, Means::Handshake),
    (
        "ssl_protocols TLSv1.2; ssl_verify_client on; ssl_client_certificate ca.pem;",
        Protocol::Tls12,
        Means::Handshake,
    ),
    ("ssl_protocols TLSv1; ssl_ciphers ALL:@SECLEVEL=0;", Protocol::Tls10, Means::FirstFlight),
    ("ssl_protocols TLSv1.2; ssl_ciphers AES256-SHA256;", Protocol::Tls12, Means::FirstFlight),
];

#[test]
fn nginx_and_gnutls_show_their_chains_and_are_met_as_by_java() {
    let home = Scratch::new();
    let expected = RsaFiles::write(home.path());
    let chain = [home.read("leaf.pem"), home.read("chain.pem")].concat();
    let key = home.read("key.pem");
    let identity = Identity { chain: &chain, key: &key };
    let gnutls =
        GNUTLS.iter().map(|(flags, version, means)| (Server::gnutls(identity, flags), *version, *means));
    let nginx =
        NGINX.iter().map(|(lines, version, means)| (Server::nginx(identity, lines), *version, *means));
    let servers: Vec<_> = gnutls.chain(nginx).collect();
    let urls: Vec<String> =
        servers.iter().map(|(server, ..)| format!("https://127.0.0.1:{}/", server.port)).collect();
    for (index, ((_, version, means), url)) in servers.iter().zip(&urls).enumerate() {
        let seen =
            observe(&endpoint(url), &Options::default()).unwrap_or_else(|error| panic!("{index}: {error}"));
        assert_eq!((seen.protocol, seen.means), (Some(*version), *means), "{index}");
        let shown: Vec<_> = seen.chain.iter().map(|presented| presented.der.clone()).collect();
        assert_eq!(shown, expected, "{index}");
    }
    // GnuTLS hangs up on a client without a certificate so fast that a JVM sees now its alert, now a broken pipe.
    let urls: Vec<String> = urls
        .into_iter()
        .enumerate()
        .filter(|(index, _)| *index != WANTS_CLIENT)
        .map(|(_, url)| url)
        .collect();
    let met: Vec<Met> = urls.iter().map(|url| Met::at(url, &Options::default())).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    for judge in Judge::all() {
        assert_eq!(judge.says(&[], &urls), judge.predicted(&met, None), "{}", judge.version());
    }
}

#[test]
fn a_proxy_that_wants_credentials_is_passed_with_them_and_named_without() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let chain = [home.read("leaf.pem"), home.read("chain.pem")].concat();
    let key = home.read("key.pem");
    let server = Server::nginx(Identity { chain: &chain, key: &key }, "");
    let proxy = Server::tinyproxy("agent", "s3cret");
    let url = format!("https://localhost:{}/", server.port);
    let diagnose = |credentials: &str| {
        let proxy = format!("http://{credentials}127.0.0.1:{}", proxy.port);
        trustmend(&home, &["diagnose", &url, "--store", "root.jks", "--proxy", &proxy])
    };
    let passed = diagnose("agent:s3cret@").success();
    assert!(passed.stdout.contains("TRUSTED"), "{}", passed.stdout);
    assert!(passed.stderr.contains("set it in HTTPS_PROXY instead"), "{}", passed.stderr);
    // One proxy leads to the server, another to one of its own making.
    let twice = ["diagnose", &url, "--store", "root.jks", "--both-routes", "--json", "--proxy"];
    let through = format!("http://agent:s3cret@127.0.0.1:{}", proxy.port);
    let honest = trustmend(&home, &[&twice[..], &[&through]].concat()).success();
    assert!(!honest.stdout.contains("interception-suspected"), "{}", honest.stdout);
    let other = Scratch::new();
    RsaFiles::write(other.path());
    let opener = OpensslServer::start(other.path(), &["-www"]);
    let through = format!("http://127.0.0.1:{}", proxy_leading_to(opener.port).0);
    let opened = trustmend(&home, &[&twice[..], &[&through]].concat());
    let told = format!(
        "Through the proxy {} the issuer is CN=Old-CA, without it CN=Test Intermediate",
        &through[7..]
    );
    assert!(opened.code == 1 && opened.stdout.contains(&told), "{}", opened.stdout);
    for (credentials, status) in [("", 407), ("agent:other@", 401)] {
        let refused = diagnose(credentials);
        assert_eq!(refused.code, 3, "{}", refused.text());
        let line = format!(
            "java.io.IOException: Unable to tunnel through proxy. Proxy returns \"HTTP/1.0 {status} "
        );
        assert!(
            refused.stdout.contains("proxy-refused") && refused.stdout.contains(&line),
            "{}",
            refused.stdout
        );
        assert!(!refused.text().contains("s3cret"), "{}", refused.text());
    }
}

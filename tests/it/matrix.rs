//! Clients side by side: each row says what that client's own run says, handshake included.

use crate::net_support::Pki;
use crate::support::openssl::Server;
use crate::support::run::trustmend;
use crate::support::scratch::Scratch;

#[test]
fn each_client_meets_the_server_in_its_own_way() {
    let (pki, home) = (Pki::new(), Scratch::new());
    pki.write(home.path());
    trustmend(&home, &["import", "root.pem", "--store", "root.jks"]).success();
    let files =
        ["-cert", &home.at("leaf.pem"), "-key", &home.at("key.pem"), "-cert_chain", &home.at("chain.pem")];
    let mut differing = 0;
    for protocol in [
        &["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        &["-tls1_3"],
    ] {
        let server = Server::start(&[&files[..], protocol].concat());
        let url = format!("tls://localhost:{}", server.port);
        let diagnose = |more: &[&str]| {
            let words = ["diagnose", &url, "--store", "root.jks", "--json"];
            let document = trustmend(&home, &[&words[..], more].concat()).json();
            document["targets"][0].clone()
        };
        let all = diagnose(&["--client", "all"]);
        let rows = all["clients"].as_array().unwrap();
        assert_eq!(rows.len(), 7, "{all}");
        for row in rows {
            let client = row["client"].as_str().unwrap();
            let single = match client.strip_prefix("java-") {
                Some(version) => diagnose(&["--java-version", version]),
                None => diagnose(&["--client", client.trim_end_matches("-3")]),
            };
            assert_eq!(row["verdict"], single["verdict"], "{protocol:?} {client}: {row} {single}");
            if client.starts_with("java-") {
                assert_eq!(row["error"], single["predicted_error"], "{protocol:?} {client}");
            }
            differing += usize::from(row["verdict"] != rows[0]["verdict"]);
        }
    }
    assert!(differing > 0, "servers that all clients meet alike show nothing");
}

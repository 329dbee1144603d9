//! PEM bundles: every edit leaves the text between the blocks alone, and OpenSSL reads the result.

use std::process::{Command, Stdio};

use trustmend::store::{self, Edit};

use crate::store_support::{add, certificate, now, testdata};

const BUNDLES: [&str; 5] =
    ["bundle.pem", "crlf.pem", "no-final-newline.pem", "same-name-twice.pem", "with-key.pem"];

fn bundles() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    BUNDLES.into_iter().map(|name| (name, std::fs::read(testdata(&format!("pem/{name}"))).unwrap()))
}

fn aliases(bytes: &[u8]) -> Vec<String> {
    let store = store::decode(bytes, None).unwrap();
    store.entries.iter().map(|entry| entry.alias.to_string()).collect()
}

fn edit(bytes: &[u8], edit: Edit) -> Vec<u8> {
    store::edit(bytes, &[edit], None).unwrap()
}

#[test]
fn what_is_added_is_read_and_its_removal_gives_the_file_back() {
    let third = certificate("third");
    for (name, bytes) in bundles() {
        let added = edit(&bytes, add("corp ca", &third));
        assert!(added.starts_with(&bytes), "{name}: what was there is still in front");
        assert_eq!(aliases(&added).last().map(String::as_str), Some("corp ca"), "{name}");
        assert_eq!(added.ends_with(b"\n"), bytes.ends_with(b"\n"), "{name}");
        let lone = added.windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
        assert!(name != "crlf.pem" || lone == 0, "{name}: {lone} lines without CR");
        let twice = edit(&added, add("second", &certificate("other")));
        let once = edit(&twice, Edit::Remove { alias: "corp ca".into(), certificate: None });
        for (bytes, alias) in [(&added, "corp ca"), (&once, "second")] {
            let removed = edit(bytes, Edit::Remove { alias: alias.into(), certificate: None });
            assert!(removed == std::fs::read(testdata(&format!("pem/{name}"))).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_new_name_and_a_new_certificate_change_their_entry_only() {
    let third = certificate("third");
    for (name, bytes) in bundles().filter(|(name, _)| *name != "with-key.pem") {
        let first = aliases(&bytes).remove(0);
        let renamed =
            edit(&bytes, Edit::Rename { alias: first.as_str().into(), certificate: None, to: "new".into() });
        assert_eq!(aliases(&renamed).remove(0), "new", "{name}");
        let again =
            edit(&renamed, Edit::Rename { alias: "new".into(), certificate: None, to: "newer".into() });
        assert_eq!(aliases(&again).remove(0), "newer", "{name}");
        let text = String::from_utf8_lossy(&again).into_owned();
        let line = if name == "crlf.pem" { "# alias: newer\r\n" } else { "# alias: newer\n" };
        assert_eq!(text.replacen(line, "", 1).as_bytes(), bytes, "{name}");
        let alias = first.as_str().into();
        let replaced =
            edit(&bytes, Edit::ReplaceTrusted { alias, certificate: third.clone(), created: now() });
        let store = store::decode(&replaced, None).unwrap();
        assert_eq!(store.entries[0].certificates, std::slice::from_ref(&third), "{name}");
        assert_eq!(store.entries.len(), aliases(&bytes).len(), "{name}");
    }
}

#[test]
fn openssl_trusts_what_was_added() {
    let scratch = tempfile::tempdir().unwrap();
    let verifies = |bundle: &[u8]| {
        let path = scratch.path().join("bundle.pem");
        std::fs::write(&path, bundle).unwrap();
        let mut openssl = Command::new("openssl");
        openssl
            .arg("verify")
            .arg("-no-CAfile")
            .arg("-no-CApath")
            .arg("-no-CAstore")
            .arg("-CAfile")
            .arg(&path);
        let status = openssl
            .arg(testdata("certificates/third.pem"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.expect("tests need openssl").success()
    };
    let pem = store::format("pem").unwrap();
    let new = ("new", store::empty(pem, None).unwrap());
    let whole = bundles();
    for (name, bytes) in whole.chain([new]) {
        assert!(!verifies(&bytes), "{name}");
        assert!(verifies(&edit(&bytes, add("corp ca", &certificate("third")))), "{name}");
    }
}

#[test]
fn files_that_are_not_plain_pem_are_read_and_not_written() {
    for (file, first, reason) in [
        ("source/utf16.pem", "Store Test Root", "it is in UTF-16"),
        ("source/config.json", "Store Test Root", "a block in it is indented or stands within a line"),
        ("source/mail.txt", "Store Test Root", "a block in it is indented or stands within a line"),
    ] {
        let bytes = std::fs::read(testdata(file)).unwrap();
        assert_eq!(aliases(&bytes)[0], first, "{file}");
        let error = store::edit(&bytes, &[add("x", &certificate("third"))], None).unwrap_err();
        assert!(error.to_string().starts_with(&format!("the pem store is read-only: {reason}")), "{error}");
    }
}

#[test]
fn a_damaged_block_is_named_and_the_file_is_not_written_to() {
    let bytes = std::fs::read(testdata("pem/one-damaged.pem")).unwrap();
    let offset = bytes.windows(10).enumerate().filter(|(_, part)| *part == b"-----BEGIN").nth(1).unwrap().0;
    let line = bytes[..offset].iter().filter(|octet| **octet == b'\n').count() + 1;
    let first = aliases(&bytes).remove(0);
    for edit in [
        add("x", &certificate("third")),
        Edit::Remove { alias: first.as_str().into(), certificate: None },
        Edit::Rename { alias: first.as_str().into(), certificate: None, to: "x".into() },
    ] {
        let error = store::edit(&bytes, &[edit], None).unwrap_err().to_string();
        let expected = format!("the pem store is damaged at offset {offset}: line {line}: ");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_file_without_a_whole_block_is_damaged() {
    let whole = std::fs::read(testdata("certificates/root.pem")).unwrap();
    let cut = [b"# comment\n".as_slice(), &whole[..whole.len() - 40]].concat();
    for answer in [
        store::decode(&cut, None).map(drop),
        store::source::certificates(&cut, None).map(drop),
        store::edit(&cut, &[add("x", &certificate("third"))], None).map(drop),
    ] {
        assert_eq!(
            answer.unwrap_err().to_string(),
            "the pem store is damaged at offset 10: line 2: the CERTIFICATE block has no END line"
        );
    }
}

#[test]
fn a_certificate_that_its_file_trusts_for_other_things_comes_with_a_word() {
    for (name, setting) in [
        ("trusted-for-servers", None),
        ("trusted-for-mail", Some("trusted for 1.3.6.1.5.5.7.3.4")),
        ("rejected-for-servers", Some("rejected for serverAuth")),
        ("trusted-without-settings", None),
    ] {
        let bytes = std::fs::read(testdata(&format!("pem/{name}.pem"))).unwrap();
        let found = store::source::certificates(&bytes, None).unwrap();
        assert_eq!(found.certificates.len(), 1, "{name}");
        let words: Vec<_> = found.problems.iter().map(|problem| problem.message.as_str()).collect();
        match setting {
            None => assert_eq!(words, Vec::<&str>::new(), "{name}"),
            Some(setting) => assert!(words.len() == 1 && words[0].contains(setting), "{name}: {words:?}"),
        }
    }
}

/// OpenSSL's own verdict on its own trust settings.
#[test]
fn a_certificate_with_trust_settings_is_an_anchor_where_openssl_trusts_it() {
    for (name, trusted, note) in [
        ("trusted-for-servers", true, Some("OpenSSL's trust settings: trusted for serverAuth")),
        ("trusted-for-mail", false, Some("OpenSSL's trust settings: trusted for 1.3.6.1.5.5.7.3.4")),
        (
            "rejected-for-servers",
            false,
            Some("OpenSSL's trust settings: trusted for anyExtendedKeyUsage; rejected for serverAuth"),
        ),
        ("trusted-without-settings", true, None),
    ] {
        let bundle = testdata(&format!("pem/{name}.pem"));
        let mut openssl = Command::new("openssl");
        openssl
            .args(["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-CAfile"])
            .arg(&bundle);
        openssl.arg("-untrusted").arg(testdata("certificates/intermediate.pem"));
        openssl.arg(testdata("certificates/leaf.pem")).stdout(Stdio::null()).stderr(Stdio::null());
        assert_eq!(openssl.status().expect("tests need openssl").success(), trusted, "{name}");
        let store = store::decode(&std::fs::read(bundle).unwrap(), None).unwrap();
        assert_eq!(store.anchors().count() == 1, trusted, "{name}");
        assert_eq!(store.entries[0].notes.first().map(String::as_str), note, "{name}");
    }
}

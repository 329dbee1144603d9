//! Servers that are broken in every way there is: each ends within its deadline, with bounded memory and one clear line.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trustmend::net::{NetError, Observation, observe};

use crate::net_support::{Pki, endpoint, impatient, listen};
use crate::support::run::command;
use crate::support::scratch::Scratch;

/// What a server does with one connection, its ClientHello read.
type Deed = Box<dyn Fn(&mut TcpStream) + Send + Sync>;

/// A way to be broken, what comes of it (a finding's code, or `chain` where one was to be had), words of the line.
struct Way {
    name: String,
    reads: bool,
    deed: Deed,
    code: &'static str,
    words: &'static str,
}

fn way(
    name: &str,
    code: &'static str,
    words: &'static str,
    deed: impl Fn(&mut TcpStream) + Send + Sync + 'static,
) -> Way {
    Way { name: name.to_owned(), reads: true, deed: Box::new(deed), code, words }
}

/// Says these octets and hangs up.
fn says(name: &str, code: &'static str, words: &'static str, octets: impl Into<Vec<u8>>) -> Way {
    let octets = octets.into();
    way(name, code, words, move |stream| drop(stream.write_all(&octets)))
}

/// Says these octets and then nothing.
fn stalls(name: &str, code: &'static str, words: &'static str, octets: impl Into<Vec<u8>>) -> Way {
    let octets = octets.into();
    way(name, code, words, move |stream| {
        let _ = stream.write_all(&octets);
        let _ = std::io::copy(stream, &mut std::io::sink());
    })
}

/// Says these octets without end.
fn floods(
    name: &str,
    code: &'static str,
    words: &'static str,
    begin: impl Into<Vec<u8>>,
    octets: impl Into<Vec<u8>>,
) -> Way {
    let (begin, octets) = (begin.into(), octets.into().repeat(64));
    way(name, code, words, move |stream| {
        let _ = stream.write_all(&begin);
        while stream.write_all(&octets).is_ok() {}
    })
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

/// Octets behind their count of three octets.
fn counted(octets: &[u8]) -> Vec<u8> {
    [&u32::try_from(octets.len()).unwrap().to_be_bytes()[1..], octets].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &counted(body)].concat()
}

/// A ServerHello of TLS 1.2 with ECDHE-ECDSA-AES128-GCM-SHA256, changed by `change`.
fn hello(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = [&[3, 3][..], &[7; 32], &[0, 0xC0, 0x2B, 0]].concat();
    change(&mut body);
    message(2, &body)
}

fn good_hello() -> Vec<u8> {
    hello(|_| {})
}

fn chain(certificates: &[&[u8]]) -> Vec<u8> {
    let entries: Vec<u8> = certificates.iter().flat_map(|der| counted(der)).collect();
    message(11, &counted(&entries))
}

/// No TLS at all.
fn strangers() -> Vec<Way> {
    let not_tls = "server-not-tls";
    vec![
        says("http", not_tls, "HTTP/1.1 400", *b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        says("ssh", not_tls, "SSH-2.0", *b"SSH-2.0-OpenSSH_9.2\r\n"),
        says("smtp", not_tls, "220 mx", *b"220 mx.corp.test ESMTP\r\n"),
        says("vnc", not_tls, "RFB 003", *b"RFB 003.008\n"),
        says("mysql", not_tls, "J\\x00", *b"J\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff"),
        says("rdp", not_tls, "\\x03\\x00\\x00", *b"\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"),
        says("one octet", not_tls, "said \"E\"", *b"E"),
        says("ssl 2 hello", not_tls, "\\x80\\x0b", *b"\x80\x0b\x04\0\0\0\x02\0\0\0\0\0\0"),
        floods(
            "an endless head",
            not_tls,
            "HTTP/1.1 200",
            *b"HTTP/1.1 200 OK\r\n",
            *b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        ),
        floods("endless zeros", not_tls, "\\x00\\x00", [], [0; 512]),
        floods("endless noise", not_tls, "said", [], noise(4096)),
        way("an echo", "handshake-failed", "", |stream| {
            let mut hello = [0; 2048];
            // The hello was read before: what is sent is one like it.
            let begin = [22, 3, 1, 0, 4, 1, 0, 0, 0];
            let _ = stream.write_all(&begin);
            while let Ok(count @ 1..) = stream.read(&mut hello) {
                let _ = stream.write_all(&hello[..count]);
            }
        }),
    ]
}

/// Octets without a pattern, the same at each run.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// Broken below TLS, and on the record layer.
fn records() -> Vec<Way> {
    let (late, gone, bad) = ("server-unreachable", "handshake-closed", "handshake-failed");
    let mut all = vec![
        stalls("silence", late, "did not answer in", []),
        says("an end", gone, "closed the connection", []),
        Way { reads: false, ..says("a reset", gone, "the connection", []) },
        floods("empty records", bad, "", [], record(22, &[])),
        floods("empty application data", bad, "", [], record(23, &[])),
        floods("warnings", bad, "", [], record(21, &[1, 90])),
        floods("no renegotiation", bad, "", [], record(21, &[1, 100])),
        floods("heartbeats", bad, "", [], record(24, &[1, 0, 0])),
        floods("changes of cipher", bad, "", [], record(20, &[1])),
        says("application data", bad, "", record(23, b"hello")),
        says("a record too long", bad, "", [22, 3, 3, 0xFF, 0xFF, 2]),
        says("a record of an unknown kind", "server-not-tls", "said", [99, 3, 3, 0, 1, 0]),
        says("a record of an unknown version", "server-not-tls", "said", [22, 9, 9, 0, 1, 0]),
        stalls("half a record header", late, "did not answer in", [22, 3, 3]),
        stalls("a record that does not end", late, "did not answer in", [22, 3, 3, 1, 0, 2, 0]),
        says("an alert of one octet", bad, "", record(21, &[2])),
        says("an alert of no octets", bad, "", record(21, &[])),
        says("an alert of three octets", bad, "", record(21, &[2, 40, 0])),
        says("an alert of an unknown level", "cipher-suites-none", "", record(21, &[9, 40])),
        says("an unknown alert", bad, "UNKNOWN ALERT (255)", record(21, &[2, 255])),
        says("handshake_failure", "cipher-suites-none", "handshake_failure", record(21, &[2, 40])),
        says("protocol_version", "protocol-too-old", "protocol_version", record(21, &[2, 70])),
        says("close_notify", gone, "closed the connection", record(21, &[1, 0])),
        says(
            "a good hello and an alert",
            bad,
            "internal_error",
            [record(22, &good_hello()), record(21, &[2, 80])].concat(),
        ),
    ];
    for cut in [1, 4, 5, 8, 9, 20, 40] {
        let begin: Vec<u8> = record(22, &good_hello()).into_iter().take(cut).collect();
        let reset = says(&format!("a reset after {cut} octets"), gone, "the connection", begin);
        all.push(Way { reads: false, ..reset });
    }
    all
}

/// Broken Certificate messages, and what follows them.
fn certificates(leaf: &[u8]) -> Vec<Way> {
    let bad = "handshake-failed";
    let hello_and = |message: Vec<u8>| record(22, &[good_hello(), message].concat());
    let chain_and = |message: Vec<u8>| record(22, &[good_hello(), chain(&[leaf]), message].concat());
    let with_chain = [good_hello(), chain(&[leaf])].concat();
    vec![
        stalls("a chain and then nothing", "chain", "did not answer in", hello_and(chain(&[leaf]))),
        says("a chain and the end", "chain", "closed the connection", hello_and(chain(&[leaf]))),
        says(
            "a chain in records of an octet",
            "chain",
            "",
            with_chain.iter().flat_map(|octet| record(22, &[*octet])).collect::<Vec<_>>(),
        ),
        says("a chain that is no certificate", "chain", "", hello_and(chain(&[b"junk"]))),
        says("an empty chain", bad, "presented no certificate", hello_and(chain(&[]))),
        says("certificates of no octets", "chain", "", hello_and(chain(&[&[][..]; 3]))),
        says("ten thousand certificates", "chain", "", large(&chain(&[&[0x30][..]; 10_000]))),
        floods(
            "16 MB announced",
            bad,
            "",
            [record(22, &good_hello()), record(22, &[11, 0xFF, 0xFF, 0xFF])].concat(),
            record(22, &[0; 16_000]),
        ),
        says("16 MB of certificates", bad, "", large(&chain(&vec![&[0x30_u8; 65_000][..]; 250]))),
        says("a list longer than its message", bad, "", hello_and(message(11, &[0, 0xFF, 0xFF, 0]))),
        says(
            "a certificate longer than its list",
            bad,
            "",
            hello_and(message(11, &[0, 0, 4, 0xFF, 0, 0, 1])),
        ),
        says("a list of two octets", bad, "", hello_and(message(11, &[0, 0]))),
        says("a damaged request", "chain", "", chain_and(message(13, &[1, 1, 0xFF, 0xFF]))),
        says("a damaged OCSP response", "chain", "", chain_and(message(22, &[1, 0xFF, 0, 0]))),
        way("a drip", "server-unreachable", "did not answer in", move |stream| {
            for octet in record(22, &with_chain) {
                if stream.write_all(&[octet]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }),
    ]
}

/// Broken hellos, and messages out of their order.
fn hellos(leaf: &[u8]) -> Vec<Way> {
    let bad = "handshake-failed";
    let messages = |messages: &[Vec<u8>]| record(22, &messages.concat());
    let hello_and = |message: Vec<u8>| record(22, &[good_hello(), message].concat());
    let retry = hello(|body| {
        // The random of a HelloRetryRequest (RFC 8446 section 4.1.3), and supported_versions, key_share.
        body.truncate(2);
        body.extend(b"\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C");
        body.extend([0, 0x13, 0x01, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 24]);
    });
    vec![
        stalls("a hello alone", "server-unreachable", "did not answer in", record(22, &good_hello())),
        says("a certificate before the hello", "chain", "", messages(&[chain(&[leaf])])),
        says("two hellos", bad, "", hello_and(good_hello())),
        says("a hello done at once", bad, "", messages(&[message(14, &[])])),
        floods("requests for hellos", bad, "", [], record(22, &message(0, &[]).repeat(1000))),
        floods(
            "requests for hellos after one",
            bad,
            "",
            record(22, &good_hello()),
            record(22, &message(0, &[]).repeat(1000)),
        ),
        floods("tickets", bad, "", record(22, &good_hello()), record(22, &message(4, &[0; 100]))),
        says("a retry of a retry", bad, "", messages(&[retry.clone(), retry])),
        says("an unknown message", bad, "", hello_and(message(99, &[]))),
        says(
            "a message across another record",
            bad,
            "",
            [record(22, &good_hello()[..9]), record(23, &[0; 9])].concat(),
        ),
        says("a version of the future", bad, "", record(22, &hello(|body| body[1] = 5))),
        says("a version of SSL 2", bad, "", record(22, &hello(|body| body[0] = 2))),
        says("a session of 255 octets", bad, "", record(22, &hello(|body| body[34] = 255))),
        says("an unknown suite", bad, "", record(22, &hello(|body| body[35] = 0xFA))),
        says("compression", bad, "", record(22, &hello(|body| body[37] = 1))),
        says(
            "extensions beyond the end",
            bad,
            "",
            record(22, &hello(|body| body.extend([0xFF, 0xFF, 0, 0]))),
        ),
        says(
            "the same extension twice",
            bad,
            "",
            record(22, &hello(|body| body.extend([0, 8, 0, 23, 0, 0, 0, 23, 0, 0]))),
        ),
        says("TLS 1.3 and noise", bad, "", [record(22, &tls13_hello()), record(23, &noise(300))].concat()),
    ]
}

/// A ServerHello and a message over as many records as it takes.
fn large(message: &[u8]) -> Vec<u8> {
    let whole = [good_hello(), message.to_vec()].concat();
    whole.chunks(16_000).flat_map(|part| record(22, part)).collect()
}

/// TLS_AES_128_GCM_SHA256, TLS 1.3, and an X25519 key share.
fn tls13_hello() -> Vec<u8> {
    hello(|body| {
        body[35..37].copy_from_slice(&[0x13, 0x01]);
        let share = [&[0, 51, 0, 36, 0, 29, 0, 32][..], &[9; 32]].concat();
        body.extend([0, 46, 0, 43, 0, 2, 3, 4]);
        body.extend(share);
    })
}

fn ways() -> Vec<Way> {
    let leaf = Pki::new().leaf.der().to_vec();
    strangers().into_iter().chain(records()).chain(certificates(&leaf)).chain(hellos(&leaf)).collect()
}

/// Serves one way; gives the port.
fn serve(way: Way) -> u16 {
    listen(move |mut stream| {
        if way.reads {
            let mut header = [0; 5];
            if stream.read_exact(&mut header).is_err() {
                return;
            }
            let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
            if stream.read_exact(&mut hello).is_err() {
                return;
            }
        }
        // What is left unread when a stream is dropped makes the system reset the connection.
        (way.deed)(&mut stream);
        if way.reads {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    })
}

/// The code and the line for what came of it.
fn told(seen: &Result<Observation, NetError>) -> (&'static str, String) {
    match seen {
        Ok(seen) => ("chain", seen.failure.as_ref().map(ToString::to_string).unwrap_or_default()),
        Err(error) => (error.code(), error.to_string()),
    }
}

#[test]
fn each_way_to_be_broken_is_named_within_its_deadline() {
    let ways = ways();
    assert!(ways.len() >= 60, "{}", ways.len());
    let asked = |way: Way| {
        let (name, code, words) = (way.name.clone(), way.code, way.words);
        let port = serve(way);
        let begin = Instant::now();
        let seen = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient());
        let took = begin.elapsed();
        let (got, line) = told(&seen);
        let is_right = got == code && line.contains(words) && !line.contains('\n') && line.len() < 400;
        let is_quick = took < Duration::from_secs(8);
        (!is_right || !is_quick).then(|| format!("{name}: {got} not {code}, {took:?}: {line}"))
    };
    let mut wrong = Vec::new();
    let mut ways = ways.into_iter();
    loop {
        let some: Vec<_> = ways.by_ref().take(24).collect();
        if some.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            let all: Vec<_> = some.into_iter().map(|way| scope.spawn(|| asked(way))).collect();
            wrong.extend(all.into_iter().filter_map(|one| one.join().unwrap()));
        });
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn all_of_them_together_take_little_memory_and_stop_nobody() {
    let home = Scratch::new();
    let ports: Vec<u16> = ways().into_iter().map(serve).collect();
    let list: String = ports.iter().map(|port| format!("127.0.0.1:{port}\n")).collect();
    home.write("list", &list);
    let arguments = ["inspect", "--from-file", "list", "--unordered", "--jobs", "64", "--timeout", "2"];
    let begin = Instant::now();
    let mut command: Command = command(&home, &arguments);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text
    });
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak =
            peak.max(line.and_then(|line| line.trim().split(' ').next()?.parse::<u32>().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let text = reader.join().unwrap();
    assert_eq!(text.lines().count(), ports.len(), "{text}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!((1000..64 * 1024).contains(&peak), "{peak} KiB");
}

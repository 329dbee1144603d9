//! Recorded first flights of servers of each kind, read again without those servers.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use trustmend::cert::{OcspAnswer, OcspStatus};
use trustmend::digest::Fingerprint;
use trustmend::net::legacy::{Flight, FlightReader};
use trustmend::net::{Alert, observe};

use crate::net_support::{endpoint, impatient, listen};

/// One line of the table.
struct Recorded {
    name: String,
    version: String,
    suite: String,
    chain: Vec<String>,
    traits: String,
    octets: Vec<u8>,
}

fn recorded() -> Vec<Recorded> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/flight");
    let table = std::fs::read_to_string(folder.join("flights.tsv")).unwrap();
    let line = |line: &str| {
        let columns: Vec<_> = line.split('\t').map(str::to_owned).collect();
        let [name, version, suite, chain, traits] = columns.try_into().expect("five columns");
        let octets = std::fs::read(folder.join(format!("{name}.bin"))).unwrap();
        let chain = chain.split(',').filter(|one| *one != "-").map(str::to_owned).collect();
        Recorded { name, version, suite, chain, traits, octets }
    };
    let all: Vec<_> = table.lines().map(line).collect();
    let files = std::fs::read_dir(&folder).unwrap().flatten();
    let files = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "bin")).count();
    assert!(all.len() >= 15 && files == all.len(), "{files} recordings, {} lines", all.len());
    all
}

/// The columns as this program reads them.
fn read(flight: &Flight) -> (String, String, Vec<String>, String) {
    let none = || "-".to_owned();
    let version = flight.version.map_or_else(none, |version| version.java_name().to_owned());
    let suite = flight.cipher_suite.map_or_else(none, |suite| suite.to_string());
    let chain = flight.chain.iter().map(|der| Fingerprint::of(der).hex()).collect();
    let stapled = flight.stapled_ocsp.as_ref().map(|der| {
        assert_eq!(OcspStatus::from_der(der).unwrap().answer, OcspAnswer::Good);
        "stapled".to_owned()
    });
    let asks = flight.request.as_ref().map(|names| {
        assert_eq!(names.len(), 1);
        "asks".to_owned()
    });
    let alert = flight.alert.map(|alert: Alert| format!("alert {alert}"));
    let traits: Vec<_> = [stapled, asks, alert].into_iter().flatten().collect();
    (version, suite, chain, if traits.is_empty() { none() } else { traits.join(" ") })
}

#[test]
fn recorded_flights_hold_what_the_servers_were_given() {
    for Recorded { name, version, suite, chain, traits, octets } in recorded() {
        let expected = (version, suite, chain, traits);
        for portion in [1, 7, 1460, octets.len()] {
            let mut reader = FlightReader::default();
            for piece in octets.chunks(portion) {
                reader.feed(piece).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            assert!(reader.is_over(), "{name}");
            assert_eq!(read(reader.flight()), expected, "{name} in portions of {portion}");
        }
    }
}

#[test]
fn replayed_to_the_whole_program_they_give_the_chain() {
    for one in recorded() {
        let octets = one.octets.clone();
        let port = listen(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&octets);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
        let seen = observe(&endpoint(&format!("127.0.0.1:{port}")), &impatient());
        let chain = seen.as_ref().map(|seen| {
            seen.chain.iter().map(|presented| Fingerprint::of(&presented.der).hex()).collect::<Vec<_>>()
        });
        match chain {
            Ok(chain) => assert_eq!(chain, one.chain, "{}", one.name),
            Err(error) => assert!(one.chain.is_empty(), "{}: {error}", one.name),
        }
    }
}

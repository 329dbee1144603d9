//! What a hostile file may cost: at most four times its size, and a constant.

use trustmend::der::{self, Oid};

use crate::support::program;
use crate::support::run::command;
use crate::support::scratch::Scratch;

/// Of writable memory: the program itself, its threads' stacks, the built-in roots.
const CONSTANT: usize = 40 << 20;
const SIZE: usize = 6 << 20;

fn filled(piece: &[u8]) -> Vec<u8> {
    piece.repeat(SIZE / piece.len())
}

/// Certificates of no octets, 18 octets an entry.
fn jks(count: u32) -> Vec<u8> {
    let entry = [&2_u32.to_be_bytes()[..], &[0; 2], &[0; 8], &[0; 4]].concat();
    [[0xFEED_FEED, 1, count].map(u32::to_be_bytes).concat(), filled(&entry), vec![0; 20]].concat()
}

fn pkcs12(bag: &[u8]) -> Vec<u8> {
    let data = |octets: &[u8]| {
        let oid = der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 7, 1]));
        der::sequence(&[oid, der::explicit(0, &der::octet_string(octets))])
    };
    let safes = data(&der::sequence(&[data(&der::sequence(&[filled(bag)]))]));
    der::sequence(&[der::integer(3), safes])
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let bag = |kind: u64, value: &[u8]| {
        let oid = der::oid(&Oid::new(&[1, 2, 840, 113_549, 1, 12, 10, 1, kind]));
        der::sequence(&[oid, der::explicit(0, value)])
    };
    let entries = u32::try_from(SIZE / 18).unwrap();
    vec![
        ("crowded.jks", jks(entries)),
        ("count.jks", jks(u32::MAX)),
        ("null-bags.p12", pkcs12(&der::null())),
        ("keys.p12", pkcs12(&bag(2, &der::null()))),
        ("unknown.p12", pkcs12(&bag(99, &der::null()))),
        ("empty-blocks.pem", filled(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")),
        ("short-blocks.pem", filled(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")),
        (
            "one-block.pem",
            [&b"-----BEGIN CERTIFICATE-----\n"[..], &filled(b"MAAA\n"), b"-----END CERTIFICATE-----\n"]
                .concat(),
        ),
        ("begins.pem", filled(b"-----BEGIN CERTIFICATE-----\n")),
        (
            "lines.pem",
            [&b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"[..], &filled(b"\n")].concat(),
        ),
        ("nested.der", filled(&[0x30, 0x80])),
        ("behind.der", [crate::store_support::certificate("root").der(), &filled(&[0x30, 0x00])].concat()),
        ("small.der", filled(&[0x30, 0x00])),
    ]
}

#[test]
fn a_hostile_file_costs_four_times_its_size_at_most() {
    let home = Scratch::new();
    for (name, octets) in files() {
        let limit = format!("--data={}", 4 * octets.len() + CONSTANT);
        home.write(name, octets);
        for arguments in [["list", name], ["inspect", name]] {
            let inner = command(&home, &arguments);
            let mut limited = std::process::Command::new("prlimit");
            limited.args([limit.as_str(), "--cpu=60"]).arg(inner.get_program()).args(inner.get_args());
            limited.current_dir(home.path()).env_clear();
            limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let outcome = program::run(limited, b"", "prlimit of util-linux");
            assert!(
                matches!(outcome.code, 0 | 4),
                "{name}, {arguments:?}: {} {:.300}",
                outcome.code,
                outcome.stderr
            );
        }
    }
}

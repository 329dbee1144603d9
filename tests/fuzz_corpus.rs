//! What the fuzz targets do, on a stable toolchain: every fixture and damaged copies of it through every target. Nothing
//! panics, and no input makes a decoder take much more memory than it has octets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]
#![allow(unreachable_pub, reason = "the functions are a library's in the package fuzz")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use peak_alloc::PeakAlloc;
use targets::TARGETS;
use trustmend::secret::Password;
use trustmend::store::{self, Edit};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One measurement at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a decoder may take for itself, whatever its input: tables, messages, the objects of a handful of entries.
const CONSTANT: usize = 64 << 10;

/// What an entry takes beside its octets: its certificate's names, extensions and key told apart, its attributes.
const ENTRY: usize = 5 << 10;

/// Copies of a fixture with octets changed, and cut short.
const CHANGED: usize = 100;
const CUT: usize = 20;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Every fixture that a target may begin from.
fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in ["testdata/store", "fuzz/seeds"] {
        files(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() > 100, "testdata/store is incomplete");
    found.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Numbers that are the same in every run (Marsaglia's xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// The octets with some of them overwritten, most by those that lengths and counts go wrong with.
fn changed(octets: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(octets.len());
        let any = u8::try_from(numbers.below(256)).unwrap();
        octets[at] = [0, 0x7F, 0x80, 0x84, 0xFF, any, any, any][numbers.below(8)];
    }
    octets
}

/// The most memory that `act` had at once, beyond what was there before.
fn peak(act: impl FnOnce()) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    act();
    MEMORY.peak_usage().saturating_sub(before)
}

/// Runs every target on the input; what is wrong with any of them.
fn complaints(input: &[u8]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, target) in TARGETS {
        let result = catch_unwind(AssertUnwindSafe(|| target(input)));
        if result.is_err() {
            complaints.push(format!("{name} panics"));
        }
    }
    let taken = peak(|| drop(store::source::certificates(input, None)));
    if taken > input.len() * 4 + CONSTANT {
        complaints.push(format!("{taken} octets of memory for {}", input.len()));
    }
    complaints
}

#[test]
fn no_fixture_and_no_damaged_copy_of_one_makes_a_target_panic_or_hoard() {
    let _alone = ALONE.lock();
    let mut numbers = Numbers(0x7472_7573_746D_656E);
    let mut wrong = Vec::new();
    for (path, octets) in seeds() {
        let mut inputs = vec![octets.clone()];
        inputs.extend((0..CHANGED).map(|_| changed(&octets, &mut numbers)));
        inputs.extend((0..CUT).map(|_| octets[..numbers.below(octets.len())].to_vec()));
        for (turn, input) in inputs.iter().enumerate() {
            let complaints = complaints(input).into_iter();
            wrong.extend(complaints.map(|complaint| format!("{} ({turn}): {complaint}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
}

/// The roots of Mozilla, five times each: the bound holds where the constant does not matter.
#[test]
fn a_large_store_takes_four_times_its_size_and_a_constant_for_each_entry() {
    let _alone = ALONE.lock();
    let roots = store::place::mozilla();
    let created = time::OffsetDateTime::UNIX_EPOCH;
    let mut edits = Vec::new();
    for turn in 0..5 {
        for (alias, certificate) in roots.anchors() {
            let (alias, certificate) = (format!("{alias} {turn}").as_str().into(), certificate.clone());
            edits.push(Edit::AddTrusted { alias, certificate, created });
        }
    }
    let changeit = Password::changeit();
    for (name, password) in
        [("jks", Some(&changeit)), ("pkcs12", Some(&changeit)), ("pkcs12", None), ("pem", None)]
    {
        let empty = store::empty(store::format(name).unwrap(), password).unwrap();
        let octets = store::edit(&empty, &edits, password).unwrap();
        let taken = peak(|| assert_eq!(store::decode(&octets, password).unwrap().entries.len(), edits.len()));
        let most = octets.len() * 4 + edits.len() * ENTRY + CONSTANT;
        assert!(taken <= most, "{name}: {taken} octets of memory for {}", octets.len());
    }
}

/// Lengths and counts of 4 GiB in files of some octets.
#[test]
fn a_length_is_not_believed() {
    let _alone = ALONE.lock();
    let huge = [0xFF; 4];
    for input in [
        [&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2][..], &huge].concat(),
        [&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0][..], &[0; 8], &huge].concat(),
        [&[0x30, 0x84][..], &huge, &[2, 1, 3, 0x30, 0x84], &huge].concat(),
        [&[0x30, 0x88][..], &huge, &huge].concat(),
        [&[22, 3, 3, 0x40, 0, 11][..], &huge].concat(),
    ] {
        let taken = peak(|| TARGETS.iter().for_each(|(_, target)| target(&input)));
        assert!(taken < CONSTANT, "{input:02x?}: {taken} octets of memory");
    }
}

#[test]
fn every_target_is_a_program_of_the_fuzz_package() {
    let named: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut programs = Vec::new();
    files(&root().join("fuzz/fuzz_targets"), &mut programs);
    let programs: BTreeSet<String> =
        programs.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(named, programs);
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let (manifest, corpus) = (read("fuzz/Cargo.toml"), read("fuzz/corpus.sh"));
    for name in named {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(corpus.contains(&format!("\nfill {name} ")), "{name}");
    }
}

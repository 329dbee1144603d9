//! Chains and stores made to waste the time of whoever judges them. The tests take them, and benches/hostile.rs.

use std::path::Path;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use trustmend::cert::Certificate;
use trustmend::der::{self, Oid, tag};
use trustmend::pem;

/// What is judged, and what has to come of it.
pub(crate) struct Graph {
    pub(crate) name: &'static str,
    pub(crate) chain: Vec<Certificate>,
    pub(crate) anchors: Vec<Certificate>,
    pub(crate) answer: Answer,
}

/// The answer of every Java.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Neither a yes nor a no: it says that it gave up.
    GivesUp,
    /// A yes, in spite of all.
    Trusts,
    /// A no that is found out.
    Refuses,
}

/// All of them.
pub(crate) fn graphs() -> Vec<Graph> {
    let mut graphs = vec![
        crossed("1,000 cross-signed authorities", 1000),
        crossed("a cycle of ten authorities", 10),
        crossed("a cycle of two", 2),
    ];
    graphs.extend(crowd());
    graphs.extend([costly_keys(&p521_keys(), "P-521"), costly_keys(&rsa_keys(), "RSA 16384"), bulky()]);
    graphs.extend(constrained());
    graphs
}

/// What `diagnose` is asked about them: limits on the number of certificates do not help, nor does the network.
pub(crate) const ARGUMENTS: [&str; 9] = [
    "diagnose",
    "chain.pem",
    "--store",
    "store.jks",
    "--at=2026-11-23T12:00:00Z",
    "--java-version=25",
    "--java-option=-Djdk.tls.maxCertificateChainLength=100000",
    "--no-fetch",
    "--quiet",
];

impl Graph {
    /// Writes `chain.pem` and `store.jks`.
    pub(crate) fn write(&self, folder: &Path) {
        let blocks = self.chain.iter().map(|one| pem::encode("CERTIFICATE", one.der()));
        std::fs::write(folder.join("chain.pem"), blocks.collect::<String>()).unwrap();
        std::fs::write(folder.join("store.jks"), jks(&self.anchors)).unwrap();
    }
}

/// As sun.security.provider.JavaKeyStore writes it, under the password changeit.
fn jks(anchors: &[Certificate]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let mut octets = [0xFEED_FEED, 2, anchors.len()].map(number).concat();
    for (index, anchor) in anchors.iter().enumerate() {
        let alias = text(&format!("root {index}"));
        let head = [&number(2)[..], &alias, &[0; 8], &text("X.509"), &number(anchor.der().len())].concat();
        octets.extend([&head[..], anchor.der()].concat());
    }
    let password = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let hashed = [&password[..], b"Mighty Aphrodite", &octets].concat();
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, &hashed);
    [&octets[..], digest.as_ref()].concat()
}

/// Every authority is certified by three others, and none by the store.
fn crossed(name: &'static str, count: usize) -> Graph {
    let keys: Vec<Key> = (0..20.min(count)).map(|_| Key::new()).collect();
    let subject = |index: usize| format!("CA {}", index % count);
    let key = |index: usize| &keys[index % count % keys.len()];
    let mut chain = vec![Draft::new("leaf").by(&subject(0)).with(&keys[0]).signed(key(0))];
    for index in 0..count {
        for issuer in [index + 1, index * 7 + 3, index * 31 + 11] {
            let draft = Draft::new(&subject(index)).ca().by(&subject(issuer)).with(key(index));
            let certificate = draft.signed(key(issuer));
            if !chain.contains(&certificate) {
                chain.push(certificate);
            }
        }
    }
    let stranger = Key::new();
    let anchors = vec![Draft::new("Other").ca().with(&stranger).signed(&stranger)];
    let answer = if count > 2 { Answer::GivesUp } else { Answer::Refuses };
    Graph { name, chain, anchors, answer }
}

/// 10,000 roots of one name; which one issued the leaf only signatures tell, unless it names the key.
fn crowd() -> [Graph; 2] {
    let keys: Vec<Key> = (0..500).map(|_| Key::new()).collect();
    let root = |index: usize| {
        let (key, serial) = (&keys[index % 500], u32::try_from(index).unwrap());
        Draft::new("Root").ca().serial(serial).with(key).signed(key)
    };
    let anchors: Vec<Certificate> = (0..10_000).map(root).collect();
    let stranger = Key::new();
    let nameless = Draft::new("leaf").by("Root").with(&stranger).signed(&stranger);
    let named = Draft::new("leaf").by("Root").with(&stranger).asks_for(&keys[499]).signed(&keys[499]);
    let graph = |name, leaf, answer| Graph { name, chain: vec![leaf], anchors: anchors.clone(), answer };
    [
        graph("10,000 anchors of one name", nameless, Answer::GivesUp),
        graph("10,000 anchors of one name, the key named", named, Answer::Trusts),
    ]
}

/// Keys for which a check takes a thousand times as long as for others.
fn costly_keys(keys: &[Key], kind: &'static str) -> Graph {
    let root = |index: u32| {
        Draft::new("Root").ca().serial(index).with(&keys[index as usize % keys.len()]).garbage(&keys[0])
    };
    let leaf = Draft::new("leaf").by("Root").with(&keys[0]).garbage(&keys[0]);
    let name =
        if kind == "P-521" { "2,000 anchors with P-521 keys" } else { "2,000 anchors with RSA 16384 keys" };
    Graph { name, chain: vec![leaf], anchors: (0..2000).map(root).collect(), answer: Answer::GivesUp }
}

/// A leaf of nearly 1 MiB, which every check of its signature reads whole.
fn bulky() -> Graph {
    let keys: Vec<Key> = (0..20).map(|_| Key::new()).collect();
    let root = |index: u32| {
        let key = &keys[index as usize % 20];
        Draft::new("Root").ca().serial(index).with(key).signed(key)
    };
    let leaf = Draft::new("leaf").by("Root").with(&keys[0]).filler(1_000_000).signed(&Key::new());
    let anchors = (0..2000).map(root).collect();
    Graph {
        name: "a leaf of 1 MiB, 2,000 anchors of its issuer's name",
        chain: vec![leaf],
        anchors,
        answer: Answer::GivesUp,
    }
}

/// Names times constraints: what no path needs, and what one may.
fn constrained() -> [Graph; 2] {
    let (root, issuing, leaf) = (Key::new(), Key::new(), Key::new());
    let anchor = Draft::new("Root").ca().with(&root).signed(&root);
    let authority = Draft::new("Issuing").ca().by("Root").with(&issuing).excluding(4000).signed(&root);
    let graph = |name, names, answer| {
        let leaf = Draft::new("leaf").by("Issuing").with(&leaf).named(names).signed(&issuing);
        Graph { name, chain: vec![leaf, authority.clone()], anchors: vec![anchor.clone()], answer }
    };
    [
        graph("4,000 names under 4,000 constraints", 4000, Answer::GivesUp),
        graph("10 names under 4,000 constraints", 10, Answer::Trusts),
    ]
}

/// A public key, and the private one where something is signed with it.
pub(crate) struct Key {
    pair: Option<EcdsaKeyPair>,
    spki: Vec<u8>,
    id: Vec<u8>,
}

const EC: Oid = Oid::new(&[1, 2, 840, 10_045, 2, 1]);
const P256: Oid = Oid::new(&[1, 2, 840, 10_045, 3, 1, 7]);
const P521: Oid = Oid::new(&[1, 3, 132, 0, 35]);
const RSA: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 1]);
const ECDSA_SHA256: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 3, 2]);
const ECDSA_SHA512: Oid = Oid::new(&[1, 2, 840, 10_045, 4, 3, 4]);
const RSA_SHA256: Oid = Oid::new(&[1, 2, 840, 113_549, 1, 1, 11]);

impl Key {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let public = pair.public_key().as_ref().to_vec();
        Self { pair: Some(pair), ..Self::public(&[der::oid(&EC), der::oid(&P256)], &public) }
    }

    fn public(algorithm: &[Vec<u8>], octets: &[u8]) -> Self {
        let spki = der::sequence(&[der::sequence(algorithm), der::bit_string(octets)]);
        let id = ring::digest::digest(&ring::digest::SHA256, octets).as_ref()[..20].to_vec();
        Self { pair: None, spki, id }
    }

    fn is_rsa(&self) -> bool {
        self.spki.len() > 1000
    }
}

/// Points of P-521: multiples of a few secrets are enough, since a check takes no account of having seen one.
fn p521_keys() -> Vec<Key> {
    let point = |secret: u8| {
        let mut octets = [0; 66];
        octets[65] = secret;
        let secret = p521::SecretKey::from_slice(&octets).unwrap();
        let public = secret.public_key().to_sec1_bytes();
        Key::public(&[der::oid(&EC), der::oid(&P521)], &public)
    };
    (1..9).map(point).collect()
}

/// Moduli that nobody can take apart and a check has to calculate with, the largest exponent that is taken.
fn rsa_keys() -> Vec<Key> {
    let modulus = |first: u8| {
        let octets: Vec<u8> = (0..2048_usize).map(|n| (n * 7 + usize::from(first)) as u8 | 1).collect();
        let octets = [&[0xC0 | first], &octets[1..]].concat();
        let exponent = der::integer_from_octets(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF]);
        let key = der::sequence(&[der::integer_from_octets(&octets), exponent]);
        Key::public(&[der::oid(&RSA), der::null()], &key)
    };
    (1..9).map(modulus).collect()
}

/// A certificate to be.
struct Draft {
    subject: String,
    issuer: String,
    serial: u32,
    spki: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

impl Draft {
    fn new(subject: &str) -> Self {
        let (subject, issuer) = (subject.to_owned(), subject.to_owned());
        Self { subject, issuer, serial: 1, spki: Vec::new(), extensions: Vec::new() }
    }

    fn by(mut self, issuer: &str) -> Self {
        issuer.clone_into(&mut self.issuer);
        self
    }

    fn with(mut self, key: &Key) -> Self {
        self.spki.clone_from(&key.spki);
        if self.subject == self.issuer {
            return self.extension(14, false, &der::octet_string(&key.id));
        }
        self
    }

    fn serial(mut self, serial: u32) -> Self {
        self.serial = serial + 1;
        self
    }

    fn ca(self) -> Self {
        self.extension(19, true, &der::sequence(&[der::boolean(true)]))
    }

    fn asks_for(self, key: &Key) -> Self {
        self.extension(35, false, &der::sequence(&[der::tlv(0x80, &key.id)]))
    }

    fn named(self, count: usize) -> Self {
        let names: Vec<_> =
            (0..count).map(|n| der::tlv(0x82, format!("h{n}.corp.test").as_bytes())).collect();
        self.extension(17, false, &der::sequence(&names))
    }

    fn excluding(self, count: usize) -> Self {
        let base = |n: usize| der::sequence(&[der::tlv(0x82, format!("x{n}.test").as_bytes())]);
        let excluded: Vec<_> = (0..count).map(base).collect();
        let subtrees = der::tlv(0xA1, &excluded.concat());
        self.extension(30, true, &der::sequence(&[subtrees]))
    }

    /// Octets that nobody asks for.
    fn filler(mut self, octets: usize) -> Self {
        let oid = der::oid(&Oid::new(&[1, 3, 6, 1, 4, 1, 99_999, 1]));
        self.extensions.push(der::sequence(&[oid, der::octet_string(&vec![0; octets])]));
        self
    }

    fn extension(mut self, number: u32, critical: bool, value: &[u8]) -> Self {
        let mut fields = vec![der::oid(&Oid::new(&[2, 5, 29, number.into()]))];
        fields.extend(critical.then(|| der::boolean(true)));
        fields.push(der::octet_string(value));
        self.extensions.push(der::sequence(&fields));
        self
    }

    fn signed(self, issuer: &Key) -> Certificate {
        let tbs = self.tbs(&ECDSA_SHA256);
        let pair = issuer.pair.as_ref().unwrap();
        let signature = pair.sign(&SystemRandom::new(), &tbs).unwrap();
        certificate(&tbs, &ECDSA_SHA256, signature.as_ref())
    }

    /// With a signature of the right form for such a key that nobody made.
    fn garbage(self, issuer: &Key) -> Certificate {
        let (algorithm, signature) = if issuer.is_rsa() {
            (RSA_SHA256, vec![0x55; 2048])
        } else {
            let number = der::integer_from_octets(&[0x55; 65]);
            (ECDSA_SHA512, der::sequence(&[number.clone(), number]))
        };
        certificate(&self.tbs(&algorithm), &algorithm, &signature)
    }

    fn tbs(&self, algorithm: &Oid) -> Vec<u8> {
        let name = |text: &str| {
            let attribute = [der::oid(&Oid::new(&[2, 5, 4, 3])), der::tlv(tag::UTF8_STRING, text.as_bytes())];
            der::sequence(&[der::set(&[der::sequence(&attribute)])])
        };
        let time = |text: &str| der::tlv(0x17, text.as_bytes());
        der::sequence(&[
            der::explicit(0, &der::integer(2)),
            der::integer(self.serial),
            der::sequence(&[der::oid(algorithm)]),
            name(&self.issuer),
            der::sequence(&[time("250101000000Z"), time("400101000000Z")]),
            name(&self.subject),
            self.spki.clone(),
            der::explicit(3, &der::sequence(&self.extensions)),
        ])
    }
}

fn certificate(tbs: &[u8], algorithm: &Oid, signature: &[u8]) -> Certificate {
    let algorithm = der::sequence(&[der::oid(algorithm)]);
    let whole = der::sequence(&[tbs.to_vec(), algorithm, der::bit_string(signature)]);
    Certificate::from_der(&whole).unwrap()
}

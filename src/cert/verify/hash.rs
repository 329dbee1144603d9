//! The hashes signatures are made over.

use sha2::Digest as _;

use crate::der::Oid;

/// A hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512T224,
    Sha512T256,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Hash {
    /// By its identifier, as RSASSA-PSS parameters name it (RFC 8017 appendix B.1).
    pub(super) fn of(oid: &Oid) -> Option<Self> {
        const HASHES: [(Oid, Hash); 12] = [
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 1]), Hash::Sha256),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 2]), Hash::Sha384),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 3]), Hash::Sha512),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 4]), Hash::Sha224),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 5]), Hash::Sha512T224),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 6]), Hash::Sha512T256),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 7]), Hash::Sha3_224),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 8]), Hash::Sha3_256),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 9]), Hash::Sha3_384),
            (Oid::new(&[2, 16, 840, 1, 101, 3, 4, 2, 10]), Hash::Sha3_512),
            (Oid::new(&[1, 3, 14, 3, 2, 26]), Hash::Sha1),
            (Oid::new(&[1, 2, 840, 113_549, 2, 5]), Hash::Md5),
        ];
        HASHES.iter().find(|(known, _)| known == oid).map(|(_, hash)| *hash)
    }

    /// The hash of `message`.
    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::Md5::digest(message).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(message).to_vec(),
            Self::Sha224 => sha2::Sha224::digest(message).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
            Self::Sha512T224 => sha2::Sha512_224::digest(message).to_vec(),
            Self::Sha512T256 => sha2::Sha512_256::digest(message).to_vec(),
            Self::Sha3_224 => sha3::Sha3_224::digest(message).to_vec(),
            Self::Sha3_256 => sha3::Sha3_256::digest(message).to_vec(),
            Self::Sha3_384 => sha3::Sha3_384::digest(message).to_vec(),
            Self::Sha3_512 => sha3::Sha3_512::digest(message).to_vec(),
        }
    }
}

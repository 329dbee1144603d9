//! The ciphers of password-based encryption, all but RC4 in CBC mode with PKCS #7 padding.

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt as _, BlockModeEncrypt as _};
use cbc::cipher::{InnerIvInit as _, KeyInit, KeyIvInit as _, StreamCipher as _};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::hash::Key;

/// Key, IV and octets to octets; `None` if they do not fit.
type Direction<T> = fn(&[u8], &[u8], &[u8]) -> Option<T>;

/// A cipher: its sizes in octets, and both directions. `None` for a key, IV or padding that does not fit.
pub(in crate::store) struct Cipher {
    pub(super) name: &'static str,
    pub(in crate::store) key: usize,
    pub(super) iv: usize,
    encrypt: Direction<Vec<u8>>,
    decrypt: Direction<Key>,
}

impl Cipher {
    pub(in crate::store) fn encrypt(&self, key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        (self.encrypt)(key, iv, plain)
    }

    pub(in crate::store) fn decrypt(&self, key: &[u8], iv: &[u8], octets: &[u8]) -> Option<Key> {
        (self.decrypt)(key, iv, octets)
    }
}

pub(super) static AES_128: Cipher = Cipher {
    name: "AES-128",
    key: 16,
    iv: 16,
    encrypt: encrypt::<aes::Aes128>,
    decrypt: decrypt::<aes::Aes128>,
};
pub(super) static AES_192: Cipher = Cipher {
    name: "AES-192",
    key: 24,
    iv: 16,
    encrypt: encrypt::<aes::Aes192>,
    decrypt: decrypt::<aes::Aes192>,
};
pub(super) static AES_256: Cipher = Cipher {
    name: "AES-256",
    key: 32,
    iv: 16,
    encrypt: encrypt::<aes::Aes256>,
    decrypt: decrypt::<aes::Aes256>,
};
pub(in crate::store) static TRIPLE_DES: Cipher = Cipher {
    name: "DESede",
    key: 24,
    iv: 8,
    encrypt: encrypt::<des::TdesEde3>,
    decrypt: decrypt::<des::TdesEde3>,
};
pub(super) static TRIPLE_DES_TWO_KEYS: Cipher = Cipher {
    name: "DESede with two keys",
    key: 16,
    iv: 8,
    encrypt: encrypt::<des::TdesEde2>,
    decrypt: decrypt::<des::TdesEde2>,
};
pub(super) static RC2_128: Cipher =
    Cipher { name: "RC2_128", key: 16, iv: 8, encrypt: encrypt_rc2, decrypt: decrypt_rc2 };
pub(super) static RC2_40: Cipher =
    Cipher { name: "RC2_40", key: 5, iv: 8, encrypt: encrypt_rc2, decrypt: decrypt_rc2 };
pub(super) static RC4_128: Cipher = Cipher {
    name: "RC4_128",
    key: 16,
    iv: 0,
    encrypt: |key, _, plain| rc4(key, plain),
    decrypt: |key, _, octets| rc4(key, octets).map(Zeroizing::new),
};
pub(super) static RC4_40: Cipher = Cipher { name: "RC4_40", key: 5, ..RC4_128 };

fn encrypt<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let cipher = cbc::Encryptor::<C>::new_from_slices(key, iv).ok()?;
    Some(cipher.encrypt_padded_vec::<Pkcs7>(plain))
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], octets: &[u8]) -> Option<Key> {
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(octets).ok().map(Zeroizing::new)
}

/// RC2 with as many effective key bits as the key has (RFC 7292 appendix C).
fn encrypt_rc2(key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let inner = Rc2::new_with_eff_key_len(key, key.len() * 8);
    Some(cbc::Encryptor::inner_iv_slice_init(inner, iv).ok()?.encrypt_padded_vec::<Pkcs7>(plain))
}

fn decrypt_rc2(key: &[u8], iv: &[u8], octets: &[u8]) -> Option<Key> {
    let inner = Rc2::new_with_eff_key_len(key, key.len() * 8);
    let cipher = cbc::Decryptor::inner_iv_slice_init(inner, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(octets).ok().map(Zeroizing::new)
}

fn rc4(key: &[u8], octets: &[u8]) -> Option<Vec<u8>> {
    let mut octets = octets.to_vec();
    rc4::Rc4::new_from_slice(key).ok()?.apply_keystream(&mut octets);
    Some(octets)
}

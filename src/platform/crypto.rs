//! Secrets: tokens, keyed digests and sealed columns, all from one master key by HKDF.
//! Primitives come from *ring*; nothing here is a cipher of our own.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use uuid::Uuid;

/// First byte of everything sealed: which way of sealing was used.
const SEAL_VERSION: u8 = 1;

/// A sealed value that this key, in this place, cannot open.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value could not be opened: wrong key, wrong place or damaged")]
pub struct Unsealable;

/// The keys of one installation, derived from `PORTAL_SECRET_KEY`.
pub struct Keys {
    seal: LessSafeKey,
    digest: hmac::Key,
    cookie: [u8; 64],
    receipt: [u8; 32],
    random: SystemRandom,
}

struct Bytes(usize);
impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    /// Derives all keys from the master key (32 bytes or more of randomness).
    pub fn derive(master: &[u8]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"portal keys v1").extract(master);
        let mut seal = [0; 32];
        let mut digest = [0; 32];
        let mut cookie = [0; 64];
        let mut receipt = [0; 32];
        for (info, out) in [
            (&b"seal"[..], &mut seal[..]),
            (b"digest", &mut digest),
            (b"cookie", &mut cookie),
            (b"receipt", &mut receipt),
        ] {
            let info = [info];
            let expanded = root.expand(&info, Bytes(out.len())).expect("a few blocks of HKDF output");
            expanded.fill(out).expect("the length that was asked for");
        }
        Self {
            seal: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &seal).expect("a 32-byte key")),
            digest: hmac::Key::new(hmac::HMAC_SHA256, &digest),
            cookie,
            receipt,
            random: SystemRandom::new(),
        }
    }

    /// The key that signs cookies.
    pub fn cookie_key(&self) -> actix_web::cookie::Key {
        actix_web::cookie::Key::from(&self.cookie)
    }

    /// The key that signs receipts in development, where none is set.
    pub fn receipt_seed(&self) -> &[u8; 32] {
        &self.receipt
    }

    /// Encrypts a column. `place` names table and column and is bound in, so that a value
    /// copied elsewhere does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.random_bytes();
        let mut sealed = plain.to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .expect("a value far below the limit of AES-GCM");
        [&[SEAL_VERSION][..], &nonce, &sealed].concat()
    }

    /// The place of a column of one row, for [`Keys::seal`]: a value that is copied into another row does not open there.
    pub fn place_in_row(column: &str, row: Uuid) -> String {
        format!("{column}/{row}")
    }

    /// Decrypts what [`Keys::seal`] made for the same place.
    ///
    /// # Errors
    /// [`Unsealable`] for another key, another place or damage.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (version, rest) = sealed.split_first().ok_or(Unsealable)?;
        if *version != SEAL_VERSION || rest.len() < NONCE_LEN {
            return Err(Unsealable);
        }
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut body = body.to_vec();
        let plain =
            self.seal.open_in_place(nonce, Aad::from(place.as_bytes()), &mut body).map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }

    /// The token of a link to what this id names, for one use alone (`place`). Each time another one, and all of them work.
    pub fn link(&self, place: &str, id: Uuid) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(place, id.as_bytes()))
    }

    /// The id that a token of [`Keys::link`] leads to; nothing if it is none of ours.
    pub fn linked(&self, place: &str, token: &str) -> Option<Uuid> {
        let plain = self.open(place, &URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        Uuid::from_slice(&plain).ok()
    }

    /// A keyed digest for look-ups and comparisons of low-entropy values (addresses, short codes).
    /// `domain` keeps digests of different uses apart.
    pub fn digest(&self, domain: &str, value: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.digest);
        context.update(domain.as_bytes());
        context.update(&[0]);
        context.update(value);
        context.sign().as_ref().to_vec()
    }

    /// Compares a value with its keyed digest in constant time.
    pub fn digest_matches(&self, domain: &str, value: &[u8], expected: &[u8]) -> bool {
        let message = [domain.as_bytes(), &[0], value].concat();
        hmac::verify(&self.digest, &message, expected).is_ok()
    }

    /// The digest under which an e-mail address is counted without being kept.
    pub fn email_digest(&self, email: &str) -> Vec<u8> {
        self.digest("email", email.trim().to_lowercase().as_bytes())
    }

    /// Random bytes from the operating system.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }

    /// A new opaque token of 256 bits for a link or a cookie. Keep only its [`hash_token`].
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random_bytes::<32>())
    }

    /// A code of six decimal digits, each value equally likely.
    pub fn six_digits(&self) -> String {
        loop {
            // 2^32 is no multiple of a million: what lies above the last whole one is drawn again.
            let drawn = u32::from_le_bytes(self.random_bytes());
            if drawn < 4_294_000_000 {
                return format!("{:06}", drawn % 1_000_000);
            }
        }
    }
}

/// What is stored of a token of full entropy: its SHA-256.
pub fn hash_token(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// A salt for a digest over details that may be erased later.
pub fn random_salt() -> [u8; 16] {
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).expect("the operating system gives randomness");
    salt
}

/// SHA-256 over several pieces, each preceded by its length so that no two lists collide.
pub fn sha256_of(pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for piece in pieces {
        context.update(&(piece.len() as u64).to_be_bytes());
        context.update(piece);
    }
    context.finish().as_ref().try_into().expect("32 bytes")
}

/// Reads a master key: at least 32 bytes in standard or URL-safe Base64.
pub fn parse_master_key(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| STANDARD.decode(format!("{text}{}", &"==="[..(4 - text.len() % 4) % 4])))
        .ok()?;
    (bytes.len() >= 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_with_its_key_and_in_its_place() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.seal("totp_factors.sealed_secret", b"a secret");
        assert_eq!(keys.open("totp_factors.sealed_secret", &sealed).unwrap(), b"a secret");
        assert!(keys.open("messages.sealed_body", &sealed).is_err());
        assert!(Keys::derive(&[8; 32]).open("totp_factors.sealed_secret", &sealed).is_err());
        let mut damaged = sealed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(keys.open("totp_factors.sealed_secret", &damaged).is_err());
        assert!(keys.open("totp_factors.sealed_secret", &[]).is_err());
    }

    #[test]
    fn digests_of_different_uses_differ() {
        let keys = Keys::derive(&[7; 32]);
        assert_ne!(keys.digest("code", b"123456"), keys.digest("email", b"123456"));
        assert!(keys.digest_matches("code", b"123456", &keys.digest("code", b"123456")));
        assert!(!keys.digest_matches("code", b"123457", &keys.digest("code", b"123456")));
    }

    #[test]
    fn a_master_key_is_at_least_32_bytes_of_base64() {
        assert!(parse_master_key(&STANDARD.encode([1; 32])).is_some());
        assert!(parse_master_key(&URL_SAFE_NO_PAD.encode([255; 48])).is_some());
        assert!(parse_master_key(&STANDARD.encode([1; 31])).is_none());
        assert!(parse_master_key("not base64!").is_none());
    }
}

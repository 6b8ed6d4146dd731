//! What the secrets of credentials look like: `lx_`, a letter for their kind, 30 random Base62 characters and a
//! checksum of six (S59). Scanners recognise them in source code, and a mistyped one is refused without asking the
//! database. Thirty characters of Base62 are 178 bits, so the database keeps a fast keyed digest.

use std::fmt;

use crate::platform::crypto::Keys;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 30;
const CHECKSUM: usize = 6;
/// Length of a whole secret in characters.
pub const LENGTH: usize = 4 + RANDOM + CHECKSUM;

/// What a secret belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The auth token of an account.
    AuthToken,
    /// An API key.
    ApiKey,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::AuthToken, Self::ApiKey];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthToken => "auth_token",
            Self::ApiKey => "api_key",
        }
    }

    /// How a secret of this kind begins.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::AuthToken => "lx_t",
            Self::ApiKey => "lx_k",
        }
    }
}

/// A well-formed secret. Not printed by mistake: its `Debug` shows only the kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: Kind,
    text: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

impl Secret {
    /// A new one.
    pub fn generate(keys: &Keys, kind: Kind) -> Self {
        let mut text = kind.prefix().to_owned();
        while text.len() < kind.prefix().len() + RANDOM {
            // 248 is the largest multiple of 62 in a byte: what lies above is drawn again.
            let byte = keys.random_bytes::<1>()[0];
            if byte < 248 {
                text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            }
        }
        text += &checksum(&text);
        Self { kind, text }
    }

    /// Reads a secret, whatever its kind; nothing if its shape or checksum is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        if text.len() != LENGTH || !text.bytes().skip(3).all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (body, sum) = text.split_at(LENGTH - CHECKSUM);
        (checksum(body) == sum).then(|| Self { kind, text: text.to_owned() })
    }

    /// Every secret that stands in a longer text, in its order.
    pub fn find_all(text: &str) -> Vec<Self> {
        text.match_indices("lx_").filter_map(|(at, _)| Self::parse(text.get(at..at + LENGTH)?)).collect()
    }

    /// What it belongs to.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The text, for showing it once and for sealing.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What the database keeps of it.
    pub fn digest(&self, keys: &Keys) -> Vec<u8> {
        keys.digest("api secret", self.text.as_bytes())
    }

    /// Compares with what the database kept, in constant time.
    pub fn matches(&self, keys: &Keys, digest: &[u8]) -> bool {
        keys.digest_matches("api secret", self.text.as_bytes(), digest)
    }
}

/// CRC-32 in six characters of Base62.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive(&[7; 32])
    }

    #[test]
    fn a_secret_reads_back_and_says_what_it_is() {
        for kind in Kind::ALL {
            let secret = Secret::generate(&keys(), kind);
            let read = Secret::parse(secret.expose()).expect("well-formed");
            assert_eq!((read.kind(), read.expose().len()), (kind, LENGTH));
            assert!(read.matches(&keys(), &secret.digest(&keys())));
            assert!(!format!("{secret:?}").contains(&secret.expose()[4..]));
        }
    }

    #[test]
    fn one_wrong_character_anywhere_is_noticed() {
        let secret = Secret::generate(&keys(), Kind::ApiKey);
        for at in 4..LENGTH {
            let mut text = secret.expose().to_owned().into_bytes();
            text[at] = if text[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(Secret::parse(&String::from_utf8(text).unwrap()), None, "at {at}");
        }
        for text in [
            "",
            "lx_",
            "lx_t",
            "lx_z000000000000000000000000000000000000",
            "lx_té00000000000000000000000000000000000",
        ] {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }

    #[test]
    fn secrets_are_found_in_a_longer_text() {
        let (one, two) =
            (Secret::generate(&keys(), Kind::ApiKey), Secret::generate(&keys(), Kind::AuthToken));
        let text = format!("token = \"{}\" # lx_not one\nü{}", one.expose(), two.expose());
        assert_eq!(Secret::find_all(&text), [one, two]);
    }
}

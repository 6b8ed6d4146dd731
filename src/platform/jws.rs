//! Signed documents: JWS in its compact form (RFC 7515) with Ed25519 (RFC 8037), and keys as JWK (RFC 7517). What is
//! signed are the bytes of the document, so that nobody has to agree on how JSON is written. One algorithm, and a kind
//! that stands in the signature: a document of one kind never passes for another.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A key that signs.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// A key that shows who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// The key that signs now, and those that did before: what they signed is still checked.
#[derive(Debug)]
pub struct Keyring {
    /// Signs.
    pub signer: Signer,
    /// Signed before.
    pub before: Vec<PublicKey>,
}

impl Keyring {
    /// Every key that counts, the present one first.
    pub fn public(&self) -> Vec<PublicKey> {
        [self.signer.public()].into_iter().chain(self.before.iter().copied()).collect()
    }
}

/// What stands before the document.
#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Why a document does not count as signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// It has not the form of a signed document, or is signed in another way.
    #[error("this is no signed document of ours")]
    Form,
    /// It is signed, but is something else.
    #[error("this is signed, but it is something else: {0:?}")]
    Kind(String),
    /// It names a key that is not among those that count.
    #[error("it names a key that is not known here: {0}")]
    Key(String),
    /// The signature does not fit.
    #[error("the signature does not fit: it was changed after it was signed, or somebody else signed it")]
    Forged,
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

impl Signer {
    /// A key made of 32 random bytes.
    ///
    /// # Panics
    /// Never: every 32 bytes are a key.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::of(Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes"))
    }

    /// A key in Base64: 32 bytes, or PKCS#8 as OpenSSL writes it. Nothing for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = decode(text)?;
        match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(seed) => Some(Self::from_seed(&seed)),
            Err(_) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes).ok().map(Self::of),
        }
    }

    fn of(pair: Ed25519KeyPair) -> Self {
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        Self { pair, public: PublicKey(public) }
    }

    /// The key that shows who signed.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a document of a kind. The same document always has the same signature.
    pub fn sign(&self, kind: &str, document: &[u8]) -> String {
        let header = Header { alg: "EdDSA".into(), kid: self.public.id(), typ: kind.into() };
        let header = serde_json::to_vec(&header).expect("three texts");
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(document));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer {}", self.public.id())
    }
}

impl PublicKey {
    /// Its name: the thumbprint of RFC 7638.
    pub fn id(&self) -> String {
        let canonical = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{}\"}}", self.x());
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// Its 32 bytes, as a JWK has them.
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads [`PublicKey::x`].
    pub fn parse(x: &str) -> Option<Self> {
        Some(Self(decode(x)?.try_into().ok()?))
    }

    /// As a JWK.
    pub fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": self.x(), "kid": self.id(), "alg": "EdDSA", "use": "sig" })
    }

    fn of_jwk(jwk: &Value) -> Option<Self> {
        let fits = jwk["kty"] == "OKP" && jwk["crv"] == "Ed25519";
        fits.then(|| Self::parse(jwk["x"].as_str()?)).flatten()
    }
}

/// Keys as a JWK set.
pub fn key_set(keys: &[PublicKey]) -> Value {
    json!({ "keys": keys.iter().map(PublicKey::jwk).collect::<Vec<_>>() })
}

/// Reads a JWK set, or a single JWK; keys of other kinds are left out. Nothing where no key is in it.
pub fn parse_key_set(text: &str) -> Option<Vec<PublicKey>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let all = value["keys"].as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let keys: Vec<PublicKey> = all.iter().filter_map(PublicKey::of_jwk).collect();
    (!keys.is_empty()).then_some(keys)
}

/// The document, if it is of this kind and one of these keys signed it.
///
/// # Errors
/// [`Unverified`], which says why not.
pub fn verify(compact: &str, kind: &str, keys: &[PublicKey]) -> Result<Vec<u8>, Unverified> {
    let (signed, signature) = compact.rsplit_once('.').ok_or(Unverified::Form)?;
    let (header, document) = signed.split_once('.').ok_or(Unverified::Form)?;
    let exactly = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Unverified::Form);
    let header: Header = serde_json::from_slice(&exactly(header)?).map_err(|_| Unverified::Form)?;
    if header.alg != "EdDSA" {
        return Err(Unverified::Form);
    }
    if header.typ != kind {
        return Err(Unverified::Kind(header.typ));
    }
    let key = keys.iter().find(|key| key.id() == header.kid).ok_or(Unverified::Key(header.kid))?;
    UnparsedPublicKey::new(&ED25519, key.0)
        .verify(signed.as_bytes(), &exactly(signature)?)
        .map_err(|_| Unverified::Forged)?;
    exactly(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "receipt+jws";

    fn signer(byte: u8) -> Signer {
        Signer::from_seed(&[byte; 32])
    }

    #[test]
    fn what_was_signed_comes_back_and_nothing_else_does() {
        let (ours, theirs) = (signer(1), signer(2));
        let compact = ours.sign(KIND, b"{\"a\":1}");
        let check = |compact: &str, keys: &[PublicKey]| verify(compact, KIND, keys);
        assert_eq!(check(&compact, &[theirs.public(), ours.public()]), Ok(b"{\"a\":1}".to_vec()));
        assert_eq!(check(&compact, &[theirs.public()]), Err(Unverified::Key(ours.public().id())));
        assert_eq!(verify(&compact, "other", &[ours.public()]), Err(Unverified::Kind(KIND.into())));
        for index in 0..compact.len() {
            let mut changed = compact.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(check(&changed, &[ours.public()]).is_err(), "{index}: {changed}");
        }
        for other in ["", "a.b", "a.b.c", "..", &compact[..compact.len() - 4], &format!("{compact}.AAAA")] {
            assert!(check(other, &[ours.public()]).is_err(), "{other}");
        }
    }

    #[test]
    fn no_other_algorithm_counts() {
        let ours = signer(1);
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        for alg in ["none", "HS256", "ES256"] {
            let header = part(json!({ "alg": alg, "kid": ours.public().id(), "typ": KIND }));
            let forged = format!("{header}.{}.", part(json!({})));
            assert_eq!(verify(&forged, KIND, &[ours.public()]), Err(Unverified::Form), "{alg}");
        }
    }

    #[test]
    fn the_example_of_the_standard_has_the_thumbprint_of_the_standard() {
        // RFC 8037, appendix A.
        let seed = decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = Signer::from_seed(&seed.try_into().unwrap()).public();
        assert_eq!(key.x(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_are_read_back_as_they_are_published() {
        let keys = [signer(1).public(), signer(2).public()];
        assert_eq!(parse_key_set(&key_set(&keys).to_string()), Some(keys.to_vec()));
        assert_eq!(parse_key_set(&keys[0].jwk().to_string()), Some(vec![keys[0]]));
        assert_eq!(parse_key_set("{\"keys\":[{\"kty\":\"RSA\"}]}"), None);
        assert_eq!(parse_key_set("no JSON"), None);
    }

    #[test]
    fn a_key_is_read_as_bytes_or_as_openssl_writes_it() {
        let seed = STANDARD.encode([1; 32]);
        assert_eq!(Signer::parse(&seed).unwrap().public(), signer(1).public());
        let pkcs8 = [
            &[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
                [..],
            &[1; 32],
        ]
        .concat();
        assert_eq!(Signer::parse(&STANDARD.encode(pkcs8)).unwrap().public(), signer(1).public());
        assert!(Signer::parse(&STANDARD.encode([1; 31])).is_none());
        assert!(Signer::parse("no key").is_none());
    }
}

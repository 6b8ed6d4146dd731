//! An authenticator in software: makes a key, attests it with 'none' and signs challenges, as WebAuthn says.
//! It shares no code with the portal, and can be copied, which a good one of hardware cannot.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

/// One authenticator with one key.
#[derive(Clone, Debug)]
pub struct Authenticator {
    origin: String,
    pkcs8: Vec<u8>,
    id: Vec<u8>,
    user: Vec<u8>,
    /// How often it signed; goes up before each signature, unless it stays at zero as with synchronised keys.
    pub counter: u32,
    /// Whether it counts.
    pub counts: bool,
    /// Whether it asked for a finger.
    pub verifies: bool,
}

impl Authenticator {
    /// With a fresh key, in a browser that shows this origin.
    pub fn at(origin: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let mut id = vec![0; 32];
        random.fill(&mut id).unwrap();
        let (origin, pkcs8) = (origin.to_owned(), pkcs8.as_ref().to_vec());
        Self { origin, pkcs8, id, user: Vec::new(), counter: 0, counts: true, verifies: true }
    }

    /// Another key under the same name, for the same person.
    pub fn with_another_key(&self) -> Self {
        Self { pkcs8: Self::at(&self.origin).pkcs8, ..self.clone() }
    }

    /// Answers `navigator.credentials.create`.
    pub fn create(&mut self, options: &Value) -> String {
        self.user = decode(&options["user"]["id"]);
        let rp = options["rp"]["id"].as_str().unwrap();
        let id_length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let credential = [&[0; 16], &id_length[..], &self.id, &self.cose_key()].concat();
        let data = [self.data(rp, HAS_CREDENTIAL), credential].concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        // A map of three: the format, an empty statement, and the data as a string of bytes.
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &length[..], &data].concat();
        let client = self.client_data("webauthn.create", options);
        self.answer(json!({ "attestationObject": encode(&object), "clientDataJSON": encode(&client) }))
    }

    /// Answers `navigator.credentials.get`.
    pub fn get(&mut self, options: &Value) -> String {
        self.counter += u32::from(self.counts);
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let client = self.client_data("webauthn.get", options);
        let signed = [&data, digest(&SHA256, &client).as_ref()].concat();
        let signature = self.key().sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(json!({
            "authenticatorData": encode(&data),
            "clientDataJSON": encode(&client),
            "signature": encode(signature.as_ref()),
            "userHandle": encode(&self.user),
        }))
    }

    fn key(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, &SystemRandom::new()).unwrap()
    }

    /// The public key in COSE: EC2, ES256, P-256, x, y.
    fn cose_key(&self) -> Vec<u8> {
        let key = self.key();
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat()
    }

    fn data(&self, rp: &str, flags: u8) -> Vec<u8> {
        let flags = flags | USER_PRESENT | if self.verifies { USER_VERIFIED } else { 0 };
        [digest(&SHA256, rp.as_bytes()).as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let client = json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        client.to_string().into_bytes()
    }

    fn answer(&self, response: Value) -> String {
        json!({ "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key", "response": response }).to_string()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

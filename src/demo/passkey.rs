//! A passkey that no device holds. What a registration takes is made here as an authenticator makes it,
//! and the private key is dropped at once: the passkey can be looked at, renamed and removed, never used.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use webauthn_rs::prelude::{Passkey, RegisterPublicKeyCredential};

use super::cast::Part;
use crate::identity::passkeys::relying_party;
use crate::platform::app::App;

/// The user was there and showed it, and a credential follows.
const FLAGS: u8 = 0x01 | 0x04 | 0x40;

/// Registers a passkey for this part.
///
/// # Errors
/// The registration was refused.
pub(super) fn register(app: &App, part: &Part) -> anyhow::Result<Passkey> {
    let webauthn = relying_party(app).context("passkeys work in development")?;
    let (options, state) = webauthn.start_passkey_registration(part.id().0, part.email, part.name, None)?;
    let options = serde_json::to_value(&options)?["publicKey"].take();
    let origin = webauthn.get_allowed_origins().first().context("an origin")?.origin().ascii_serialization();
    Ok(webauthn.finish_passkey_registration(&answer(&options, &origin)?, &state)?)
}

/// What `navigator.credentials.create` answers, with an attestation of the kind 'none'.
fn answer(options: &Value, origin: &str) -> anyhow::Result<RegisterPublicKeyCredential> {
    let random = SystemRandom::new();
    let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &random).ok().context("no key was made")?;
    let key = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref(), &random).ok().context("the key is none")?;
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let id = digest(&SHA256, x);
    // COSE: EC2, ES256, P-256, x, y.
    let cose = [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat();
    let rp = digest(&SHA256, options["rp"]["id"].as_str().unwrap_or_default().as_bytes());
    let credential = [&[0; 16], &32_u16.to_be_bytes()[..], id.as_ref(), &cose].concat();
    let data = [rp.as_ref(), &[FLAGS], &[0; 4], &credential].concat();
    let length = u16::try_from(data.len())?.to_be_bytes();
    // CBOR: a map of the format, an empty statement, and the data as a string of bytes.
    let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &length[..], &data].concat();
    let client = json!({ "type": "webauthn.create", "challenge": options["challenge"], "origin": origin, "crossOrigin": false });
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(serde_json::from_value(json!({
        "id": encoded(id.as_ref()),
        "rawId": encoded(id.as_ref()),
        "type": "public-key",
        "response": {
            "attestationObject": encoded(&object),
            "clientDataJSON": encoded(client.to_string().as_bytes()),
        },
    }))?)
}

//! Signing of mail (RFC 6376, RFC 8463): relaxed canonicalisation of head and body, RSA or Ed25519.
//!
//! Every header of the list is named once more than it is there, so that whoever adds a second `Subject`, or a
//! `List-Unsubscribe` to a mail that had none, breaks the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::ExposeSecret as _;
use x509_parser::pem::Pem;

use crate::platform::config::Dkim;

/// What is signed of the head: what a reader sees, how the body is read, and both ways out of a campaign (RFC 8058).
const SIGNED: [&str; 10] = [
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Signed too, but where the service that carries our mail gives each one an id of its own.
const MESSAGE_ID: &str = "message-id";

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// A key and where its public half stands in the DNS.
pub(super) struct Signer {
    /// Whether the Message-ID is signed.
    signs_id: bool,
    domain: String,
    selector: String,
    key: Key,
    random: SystemRandom,
}

impl Signer {
    /// Reads the key. The Message-ID is signed where `signs_id`.
    ///
    /// # Errors
    /// It is neither RSA of at least 2048 bits in PEM (PKCS#1 or PKCS#8) nor 32 bytes of Base64.
    pub(super) fn new(dkim: &Dkim, signs_id: bool) -> anyhow::Result<Self> {
        let key = key(dkim.key.expose_secret().trim())
            .map_err(|error| anyhow::anyhow!("the DKIM key cannot be used: {error}"))?;
        let (domain, selector) = (dkim.domain.clone(), dkim.selector.clone());
        Ok(Self { signs_id, domain, selector, key, random: SystemRandom::new() })
    }

    /// The header to be put before a mail, with its line break.
    pub(super) fn header(&self, mail: &[u8], at: DateTime<Utc>) -> String {
        let end = mail.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(mail.len());
        let (head, body) = (&mail[..end], mail.get(end + 4..).unwrap_or_default());
        let fields = fields(head);
        let (named, mut text) = selected(&fields, self.signs_id);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body = STANDARD.encode(digest::digest(&digest::SHA256, &relaxed_body(body)));
        let (domain, selector, at) = (&self.domain, &self.selector, at.timestamp());
        let value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector}; t={at};\r\n\th={};\r\n\tbh={body};\r\n\tb=",
            named.join(":\r\n\t ")
        );
        // The signature covers its own header with nothing where it will stand, and no line break after it.
        text.extend_from_slice(relaxed_field("dkim-signature", value.as_bytes()).trim_ascii_end());
        format!("DKIM-Signature: {value}{}\r\n", folded(&STANDARD.encode(self.sign(&text))))
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &self.random, text, &mut signature)
                    .expect("room for a signature");
                signature
            }
            // RFC 8463: what is signed is the digest.
            Key::Ed25519(key) => key.sign(digest::digest(&digest::SHA256, text).as_ref()).as_ref().to_vec(),
        }
    }
}

fn key(text: &str) -> anyhow::Result<Key> {
    if text.starts_with("-----BEGIN") {
        let (pem, _) = Pem::read(std::io::Cursor::new(text.as_bytes()))?;
        let read = match pem.label.as_str() {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&pem.contents),
            _ => RsaKeyPair::from_pkcs8(&pem.contents),
        };
        return Ok(Key::Rsa(Box::new(read.map_err(|error| anyhow::anyhow!("{error}"))?)));
    }
    let seed = STANDARD.decode(text)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Key::Ed25519(pair))
}

/// Names and values of a head, in small letters and as they stand there.
fn fields(head: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            if let Some((_, value)) = fields.last_mut() {
                value.extend_from_slice(line);
            }
        } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let name = String::from_utf8_lossy(&line[..colon]).trim().to_lowercase();
            fields.push((name, line[colon + 1..].to_vec()));
        }
    }
    fields
}

/// What `h=` names, and the lines that are signed: of each name from the last one upwards, and once more with nothing.
fn selected(fields: &[(String, Vec<u8>)], signs_id: bool) -> (Vec<&'static str>, Vec<u8>) {
    let (mut named, mut text) = (Vec::new(), Vec::new());
    for name in SIGNED.into_iter().chain(signs_id.then_some(MESSAGE_ID)) {
        for (_, value) in fields.iter().rev().filter(|(known, _)| known == name) {
            named.push(name);
            text.extend_from_slice(&relaxed_field(name, value));
        }
        named.push(name);
    }
    (named, text)
}

/// RFC 6376, 3.4.2: one space for each run of blanks, none at either end.
fn relaxed_field(name: &str, value: &[u8]) -> Vec<u8> {
    let mut line = format!("{name}:").into_bytes();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let words = value.split(blank).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            line.push(b' ');
        }
        line.extend_from_slice(word);
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// RFC 6376, 3.4.4: one space for each run of blanks within a line, none at its end, and no empty lines at the end of all.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    let mut end = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut blanks = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                blanks = true;
                continue;
            }
            if std::mem::take(&mut blanks) {
                relaxed.push(b' ');
            }
            relaxed.push(*byte);
        }
        let empty = relaxed.ends_with(b"\r\n") || relaxed.is_empty();
        relaxed.extend_from_slice(b"\r\n");
        if !empty {
            end = relaxed.len();
        }
    }
    relaxed.truncate(end);
    relaxed
}

/// A signature in lines that no server breaks.
fn folded(signature: &str) -> String {
    let lines: Vec<&str> =
        signature.as_bytes().chunks(72).map(|line| std::str::from_utf8(line).expect("Base64")).collect();
    lines.join("\r\n\t ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relaxed(body: &str) -> String {
        String::from_utf8(relaxed_body(body.as_bytes())).unwrap()
    }

    #[test]
    fn bodies_are_relaxed_as_in_the_examples_of_the_rfc() {
        assert_eq!(relaxed(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed("\r\n\r\na\r\n"), "\r\n\r\na\r\n");
        assert_eq!(relaxed("a"), "a\r\n");
        for empty in ["", "\r\n", "\r\n\r\n", " \t\r\n"] {
            assert_eq!(relaxed(empty), "", "{empty:?}");
        }
    }

    #[test]
    fn headers_are_relaxed_and_named_once_more_than_they_are_there() {
        let head = "From: a@example.com\r\nSUBJect : a \t\r\n  b \r\nX: y";
        let fields = fields(head.as_bytes());
        let (named, text) = selected(&fields, true);
        assert_eq!(String::from_utf8(text).unwrap(), "from:a@example.com\r\nsubject:a b\r\n");
        assert_eq!(named.iter().filter(|name| **name == "subject").count(), 2);
        assert_eq!(named.iter().filter(|name| **name == "list-unsubscribe").count(), 1);
        assert!(!named.contains(&"x"));
    }

    #[test]
    fn a_key_that_is_none_is_refused_with_words() {
        for bad in ["", "AAAA", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}

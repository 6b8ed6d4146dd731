//! Keys of receipts.

use secrecy::SecretString;

use super::Reader;
use crate::platform::jws::{PublicKey, Signer};

impl Reader<'_> {
    pub(in crate::platform::config) fn receipt_key(&mut self, development: bool) -> Option<SecretString> {
        let given = self.optional("PORTAL_RECEIPT_KEY");
        if given.is_none() && development {
            return None;
        }
        let key = given.unwrap_or_else(|| self.required("PORTAL_RECEIPT_KEY", "in production"));
        if !key.is_empty() && Signer::parse(&key).is_none() {
            self.wrong("PORTAL_RECEIPT_KEY is no Ed25519 key: 32 bytes or PKCS#8, in Base64".into());
        }
        Some(SecretString::from(key))
    }

    pub(in crate::platform::config) fn receipt_old_keys(&mut self) -> Vec<PublicKey> {
        let text = self.text("PORTAL_RECEIPT_OLD_KEYS");
        let mut keys = Vec::new();
        for x in text.split(',').map(str::trim).filter(|x| !x.is_empty()) {
            match PublicKey::parse(x) {
                Some(key) => keys.push(key),
                None => {
                    self.wrong(format!("PORTAL_RECEIPT_OLD_KEYS names {x:?}, which is no public Ed25519 key"))
                }
            }
        }
        keys
    }
}

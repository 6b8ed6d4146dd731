//! Other systems, as they call our hooks.

use reqwest::Method;
use ring::hmac;

use super::{Page, TestApp};

/// `Portal-Signature` of this text at a moment, in seconds.
pub fn signature(secret: &str, signed: &str, at: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, format!("{at}.{signed}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.as_ref()))
}

impl TestApp {
    /// Posts this text to a hook, with the signature of another one if need be.
    pub async fn call_hook(&self, path: &str, signature: String, body: &str) -> Page {
        let browser = self.browser();
        let request = browser.request(Method::POST, path).header("portal-signature", signature);
        browser.answer(request.body(body.to_owned())).await
    }
}

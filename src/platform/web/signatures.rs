//! Hooks that other systems call: `Portal-Signature: t=<seconds>,v1=<hex>` is an HMAC-SHA-256 over the seconds, a dot and the
//! body, by a key that the two share. Whoever has an old call cannot make it again: its time is looked at too.
//!
//! A hook has as many keys as are listed, and each is believed: so a key is changed without a gap, with the next one beside
//! it until the other side signs with that.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::platform::error::AppError;

/// How far the time of a signature may be from ours, in seconds.
const TOLERANCE: u64 = 300;

/// Refuses what is not signed with one of these keys, or was signed more than five minutes before or after this moment.
///
/// # Errors
/// `BadRequest`, which does not say what about the signature is wrong.
pub fn check(
    request: &HttpRequest,
    secrets: &[SecretString],
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let signature = header(request, "Portal-Signature").ok_or_else(unsigned)?;
    if holds(signature, secrets, body, now) { Ok(()) } else { Err(unsigned()) }
}

fn holds(signature: &str, secrets: &[SecretString], body: &[u8], now: DateTime<Utc>) -> bool {
    let parts = signature.split_once(',');
    let Some((time, mac)) =
        parts.and_then(|(time, mac)| Some((time.strip_prefix("t=")?, mac.strip_prefix("v1=")?)))
    else {
        return false;
    };
    let (Ok(at), Ok(mac)) = (time.parse::<i64>(), hex::decode(mac)) else { return false };
    let message = [time.as_bytes(), b".", body].concat();
    // Every key is tried, whichever was right: how long it takes says nothing about them.
    let signed = secrets.iter().fold(false, |signed, secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        hmac::verify(&key, &message, &mac).is_ok() | signed
    });
    signed && now.timestamp().abs_diff(at) <= TOLERANCE
}

/// That a call is not believed.
pub fn unsigned() -> AppError {
    AppError::BadRequest("The signature does not hold, so nothing was changed.".into())
}

/// A header, if it is there and text.
pub fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_body_by_the_very_key_within_five_minutes_is_believed() {
        let secrets = ["a secret of a hook that is long enough", "the next secret of this hook, as long"]
            .map(SecretString::from);
        let now: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().unwrap();
        let signed_with = |secret: &SecretString, at: i64, body: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
            let mac = hmac::sign(&key, format!("{at}.{body}").as_bytes());
            format!("t={at},v1={}", hex::encode(mac.as_ref()))
        };
        let signed = |at: i64, body: &str| signed_with(&secrets[0], at, body);
        let at = now.timestamp();
        for (seconds, believed) in [(0, true), (-300, true), (300, true), (-301, false), (301, false)] {
            assert_eq!(holds(&signed(at + seconds, "{}"), &secrets, b"{}", now), believed, "{seconds}");
        }
        let right = signed(at, "{}");
        assert!(!holds(&right, &secrets, b"{ }", now), "another body");
        assert!(!holds(&right, &[SecretString::from("another key")], b"{}", now));
        let next = signed_with(&secrets[1], at, "{}");
        assert!(holds(&next, &secrets, b"{}", now) && holds(&next, &secrets[1..], b"{}", now));
        assert!(holds(&right, &secrets[..1], b"{}", now) && !holds(&right, &secrets[1..], b"{}", now));
        assert!(!holds(&right, &[], b"{}", now), "without a key nobody is believed");
        let later = right.replacen(&at.to_string(), &(at + 1).to_string(), 1);
        assert!(!holds(&later, &secrets, b"{}", now), "the time is signed too");
        for odd in ["", "t=,v1=", "v1=00,t=1", "t=1", &right[..right.len() - 2]] {
            assert!(!holds(odd, &secrets, b"{}", now), "{odd:?}");
        }
    }
}

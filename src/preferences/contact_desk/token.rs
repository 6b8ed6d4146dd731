//! Which address a page of the desk is about: sealed in the page's own address, for whoever gave a reason and until their
//! look ends. So no address stands in a URL, and a link that is passed on opens nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;

const OVER: &str = "This look has ended, or was opened by somebody else. Look the address up again.";

/// What a token holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The address, as it was typed.
    pub email: String,
    /// Until when it is open.
    pub until: DateTime<Utc>,
}

fn place(staff: PersonId) -> String {
    format!("contact desk for {staff}")
}

/// Seals an address for a member of staff.
pub(super) fn seal(keys: &Keys, staff: PersonId, email: &str, until: DateTime<Utc>) -> String {
    let plain = [&until.timestamp().to_be_bytes()[..], email.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(keys.seal(&place(staff), &plain))
}

/// Opens a token.
///
/// # Errors
/// `Gone` for what was not sealed for this member of staff, or has ended.
pub(super) fn open(keys: &Keys, staff: PersonId, token: &str, now: DateTime<Utc>) -> Result<Look, AppError> {
    read(keys, staff, token).filter(|look| now < look.until).ok_or(AppError::Gone(OVER))
}

fn read(keys: &Keys, staff: PersonId, token: &str) -> Option<Look> {
    let plain = keys.open(&place(staff), &URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (until, email) = plain.split_first_chunk::<8>()?;
    let until = DateTime::from_timestamp(i64::from_be_bytes(*until), 0)?;
    Some(Look { email: String::from_utf8(email.to_vec()).ok()?, until })
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn a_token_opens_to_whoever_gave_the_reason_until_the_look_ends() {
        let (keys, now) = (Keys::derive(&[7; 32]), "2026-11-24T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
        let (staff, other) = (PersonId::new(now), PersonId::new(now));
        let until = now + Duration::minutes(15);
        let token = seal(&keys, staff, "ada@example.com", until);
        assert!(!token.contains("example"));
        let last = until - Duration::seconds(1);
        assert_eq!(open(&keys, staff, &token, last).unwrap().email, "ada@example.com");
        for (staff, token, now) in [(staff, &*token, until), (other, &*token, now), (staff, "x", now)] {
            assert!(matches!(open(&keys, staff, token, now), Err(AppError::Gone(_))));
        }
    }
}

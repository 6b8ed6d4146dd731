//! Who is looked for, as it travels through the addresses of the portal: sealed, for an hour, and bound to the account and
//! to whoever searched. Kept in the session it would stand in a table and in every tab alike; sealed in
//! the address it is stored nowhere, and a link that is passed on opens nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use super::Identifier;
use crate::content::person_keys::IdentifierKind;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};

/// How long a search can be gone on with.
pub(super) const LIVES: Duration = Duration::hours(1);

const OVER: &str = "This search was begun more than an hour ago. Search again.";

fn place(account: AccountId, person: PersonId) -> String {
    format!("end users of {account} for {person}")
}

/// Seals who is looked for.
pub(super) fn seal(
    keys: &Keys,
    account: AccountId,
    person: PersonId,
    who: &Identifier,
    now: DateTime<Utc>,
) -> String {
    let until = (now + LIVES).timestamp();
    let plain =
        [&until.to_be_bytes()[..], who.kind.as_str().as_bytes(), b"\0", who.value.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(keys.seal(&place(account, person), &plain))
}

/// Opens a token.
///
/// # Errors
/// `NotFound` for what was not sealed for this person in this account, `Gone` after an hour.
pub(super) fn open(
    keys: &Keys,
    account: AccountId,
    person: PersonId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Identifier, AppError> {
    let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| AppError::NotFound)?;
    let plain = keys.open(&place(account, person), &sealed).map_err(|_| AppError::NotFound)?;
    let (until, rest) = plain.split_first_chunk::<8>().ok_or(AppError::NotFound)?;
    if now.timestamp() >= i64::from_be_bytes(*until) {
        return Err(AppError::Gone(OVER));
    }
    unpack(rest).ok_or(AppError::NotFound)
}

/// Kind and value out of sealed bytes.
pub(super) fn unpack(plain: &[u8]) -> Option<Identifier> {
    let (kind, value) = std::str::from_utf8(plain).ok()?.split_once('\0')?;
    Some(Identifier { kind: IdentifierKind::parse(kind)?, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_for_an_hour_to_whoever_searched_and_to_nobody_else() {
        let (keys, now) = (Keys::derive(&[7; 32]), "2026-11-24T12:00:00Z".parse::<DateTime<Utc>>().unwrap());
        let (account, person) = (AccountId::new(now), PersonId::new(now));
        let ada = Identifier::parse(IdentifierKind::Email, "ada@example.com").unwrap();
        let token = seal(&keys, account, person, &ada, now);
        assert!(!token.contains("ada"));
        let last = now + LIVES - Duration::seconds(1);
        assert!(open(&keys, account, person, &token, last).is_ok_and(|found| found == ada));
        let over = open(&keys, account, person, &token, now + LIVES);
        assert!(matches!(over, Err(AppError::Gone(_))));
        for (account, person) in [(AccountId::new(now), person), (account, PersonId::new(now))] {
            assert!(matches!(open(&keys, account, person, &token, now), Err(AppError::NotFound)));
        }
    }
}

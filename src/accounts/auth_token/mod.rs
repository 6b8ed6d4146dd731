//! The auth token of an account: made with it (S55), used with the account's SID like a user name and a
//! password (S56), shown once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::secrets::{Kind, Secret};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::auth_tokens;
use crate::platform::ids::{AccountId, AuthTokenId, PersonId};

/// Where a secret is sealed until it was shown.
pub const SECRET_PLACE: &str = "auth_tokens.sealed_secret";

/// Which of the two tokens an account can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The one in use.
    Primary,
    /// The one that is to take its place.
    Secondary,
}

impl Slot {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

/// Makes a token, inside the caller's transaction. It waits sealed until its owner looks at it.
///
/// # Errors
/// What the database says; it refuses a second live token in one slot (`auth_tokens_live`).
pub async fn create(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    slot: Slot,
    by: Option<PersonId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let secret = Secret::generate(keys, Kind::AuthToken);
    diesel::insert_into(auth_tokens::table)
        .values((
            auth_tokens::id.eq(AuthTokenId::new(now)),
            auth_tokens::account_id.eq(account),
            auth_tokens::slot.eq(slot.as_str()),
            auth_tokens::secret_digest.eq(secret.digest(keys)),
            auth_tokens::sealed_secret.eq(keys.seal(SECRET_PLACE, secret.expose().as_bytes())),
            auth_tokens::created_by.eq(by),
            auth_tokens::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

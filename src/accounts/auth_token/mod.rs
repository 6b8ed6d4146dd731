//! The auth token of an account: made with it (S55), used with the account's SID like a user name and a
//! password (S56), shown once.
//!
//! Programs change over without a pause: a secondary token is made and rolled out while the primary one still
//! works, then it is promoted, and the old one dies. Who lost the only token replaces it, at once.

mod changing;
mod queries;
mod step;
pub mod web;

pub use changing::{Outcome, Shown, make, promote, remove, replace, show};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::credentials::LastUse;
use super::secrets::{Kind, Secret};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
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
    /// Both.
    pub const ALL: [Self; 2] = [Self::Primary, Self::Secondary];

    /// Reads a slot as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Primary => "Primary token",
            Self::Secondary => "Secondary token",
        }
    }

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
    let new = queries::New {
        account,
        slot,
        digest: secret.digest(keys),
        sealed: keys.seal(SECRET_PLACE, secret.expose().as_bytes()),
        by,
        at: now,
    };
    queries::insert(conn, &new).await
}

/// A live token as its page shows it. Without its secret.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its id.
    pub id: AuthTokenId,
    /// Which of the two.
    pub slot: Slot,
    /// Nobody has seen its secret.
    pub unseen: bool,
    /// Who made it.
    pub maker: Option<PersonId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When and from where it was last used.
    pub last_use: Option<LastUse>,
}

/// The live tokens of an account, the primary one first.
///
/// # Errors
/// What the database says.
pub async fn live(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Token>> {
    queries::live(conn, account).await
}

/// Whether this is the secret of a live token of the account.
///
/// # Errors
/// What the database says.
pub async fn is_live(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    secret: &Secret,
) -> QueryResult<bool> {
    queries::has_digest(conn, account, &secret.digest(&app.keys)).await
}

/// Why a token died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Replaced,
    Revoked,
    Leaked,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
            Self::Leaked => "leaked",
        }
    }
}

/// A token whose secret was found in the open, and died of that.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Leaked {
    pub id: AuthTokenId,
    pub slot: Slot,
    pub maker: Option<PersonId>,
}

/// The account whose token has this secret, alive or dead.
///
/// # Errors
/// What the database says.
pub(in crate::accounts) async fn account_of(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
) -> QueryResult<Option<AccountId>> {
    queries::account_of(conn, digest).await
}

/// Kills a live token because of a leak, inside the caller's transaction and under the lock of its account. With
/// `replace` a fresh one waits in its slot. Nothing where it is not alive.
///
/// # Errors
/// What the database says.
pub(in crate::accounts) async fn leak(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    digest: &[u8],
    replace: bool,
) -> QueryResult<Option<Leaked>> {
    let now = app.clock.now();
    let Some(leaked) = queries::revoke_leaked(conn, digest, now).await? else { return Ok(None) };
    if replace {
        create(conn, &app.keys, account, leaked.slot, None, now).await?;
    }
    Ok(Some(leaked))
}

//! The auth token of an account: made with it (S55), used with the account's SID like a user name and a
//! password (S56), shown once.
//!
//! Programs change over without a pause: a secondary token is made and rolled out while the primary one still
//! works, then it is promoted, and the old one dies. Who lost the only token replaces it, at once.

mod queries;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::credentials::{Act, Change, LastUse};
use super::secrets::{Kind, Secret};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
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

/// What became of a wish to change tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The tokens are not as they were on the page that was looked at.
    Stale,
}

/// What became of a wish to see a secret.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Here it is, for the only time.
    Now(Secret),
    /// It was shown before.
    Before,
    /// There is no such token.
    Absent,
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

/// Shows the secret of a token and forgets it in the same transaction: of two who ask at once, one sees it.
///
/// # Errors
/// As [`Act::begin`].
pub async fn show(act: Act<'_>, slot: Slot) -> Result<Shown, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin(conn).await?;
        let Some(sealed) = queries::take_sealed(conn, act.account.id, slot).await? else {
            return Ok(Shown::Absent);
        };
        let Some(sealed) = sealed else { return Ok(Shown::Before) };
        let secret = open(act.app, &sealed)?;
        act.record(conn, &Change::TokenShown(slot), None).await?;
        Ok(Shown::Now(secret))
    })
    .await
}

fn open(app: &App, sealed: &[u8]) -> Result<Secret, AppError> {
    let text = app.keys.open(SECRET_PLACE, sealed).map_err(anyhow::Error::from)?;
    let text = String::from_utf8(text).map_err(anyhow::Error::from)?;
    Ok(Secret::parse(&text).ok_or_else(|| anyhow::anyhow!("a sealed secret is not well-formed"))?)
}

/// Makes a token in a slot that is free.
///
/// # Errors
/// As [`Act::begin`].
pub async fn make(act: Act<'_>, slot: Slot) -> Result<Outcome, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin_making(conn).await?;
        let tokens = queries::live(conn, act.account.id).await?;
        // A first token goes into an empty account, a second one beside a primary.
        let free = match slot {
            Slot::Primary => tokens.is_empty(),
            Slot::Secondary => tokens.len() == 1 && tokens[0].slot == Slot::Primary,
        };
        if !free {
            return Ok(Outcome::Stale);
        }
        let by = Some(act.who.person);
        create(conn, &act.app.keys, act.account.id, slot, by, act.now()).await?;
        let change = match slot {
            Slot::Primary => Change::TokenCreated,
            Slot::Secondary => Change::SecondaryCreated,
        };
        act.record(conn, &change, by).await?;
        Ok(Outcome::Done)
    })
    .await
}

/// Makes the secondary token the primary one. The old one dies in the same transaction.
///
/// # Errors
/// As [`Act::begin`].
pub async fn promote(act: Act<'_>, secondary: Option<AuthTokenId>) -> Result<Outcome, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin(conn).await?;
        let Some(token) = queries::live_in(conn, act.account.id, Slot::Secondary, secondary).await? else {
            return Ok(Outcome::Stale);
        };
        queries::lock(conn, act.account.id).await?;
        queries::revoke(conn, act.account.id, Slot::Primary, Reason::Replaced, act.now()).await?;
        queries::promote(conn, token.id).await?;
        act.record(conn, &Change::SecondaryPromoted, token.maker).await?;
        Ok(Outcome::Done)
    })
    .await
}

/// Removes the secondary token.
///
/// # Errors
/// As [`Act::begin`].
pub async fn remove(act: Act<'_>, secondary: Option<AuthTokenId>) -> Result<Outcome, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin(conn).await?;
        let Some(token) = queries::live_in(conn, act.account.id, Slot::Secondary, secondary).await? else {
            return Ok(Outcome::Stale);
        };
        queries::revoke(conn, act.account.id, Slot::Secondary, Reason::Revoked, act.now()).await?;
        act.record(conn, &Change::SecondaryRemoved, token.maker).await?;
        Ok(Outcome::Done)
    })
    .await
}

/// Replaces the only token: the old one dies, a new one waits to be shown. Where there is a secondary token, that
/// is promoted instead.
///
/// # Errors
/// As [`Act::begin`].
pub async fn replace(act: Act<'_>, primary: Option<AuthTokenId>) -> Result<Outcome, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin(conn).await?;
        let tokens = queries::live(conn, act.account.id).await?;
        let [token] = tokens.as_slice() else { return Ok(Outcome::Stale) };
        if token.slot != Slot::Primary || Some(token.id) != primary {
            return Ok(Outcome::Stale);
        }
        queries::revoke(conn, act.account.id, Slot::Primary, Reason::Replaced, act.now()).await?;
        let by = Some(act.who.person);
        create(conn, &act.app.keys, act.account.id, Slot::Primary, by, act.now()).await?;
        act.record(conn, &Change::TokenReplaced, token.maker).await?;
        Ok(Outcome::Done)
    })
    .await
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

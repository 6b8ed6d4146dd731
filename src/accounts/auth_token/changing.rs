//! What an owner does with tokens: looks at one, makes, promotes, removes, replaces.

use diesel_async::AsyncConnection as _;

use super::{Reason, SECRET_PLACE, Slot, create, queries};
use crate::accounts::credentials::{Act, Change};
use crate::accounts::secrets::Secret;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AuthTokenId;

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
/// As [`Act::begin_making`].
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

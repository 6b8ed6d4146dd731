//! The state of an account follows its suspensions: it is suspended exactly as long as one of the highest level is in
//! force, and then what it was before. An account on its way out stays on it; the suspension counts beside that.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::levels::Level;
use super::standing;
use crate::accounts::states::{self, State};
use crate::platform::audit::Actor;
use crate::platform::ids::AccountId;

/// Makes the state of an account what its suspensions say, inside the caller's transaction, which holds the account's row.
///
/// # Errors
/// What the database says.
pub async fn settle(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    by: Actor,
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (state, standing) = standing::present(conn, account).await?;
    let stopped = standing.highest(now).is_some_and(|open| open.level == Level::Suspended);
    let next = match state {
        State::Trial | State::Active if stopped => State::Suspended,
        State::Suspended if !stopped => states::before_suspension(conn, account).await?,
        _ => return Ok(()),
    };
    states::change(conn, account, next, by, why, now).await.map(drop)
}

/// The state that an account comes back to when its closure is undone: what it was before, unless a suspension says
/// otherwise by now.
///
/// # Errors
/// What the database says.
pub async fn state_after_closure(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<State> {
    let (_, standing) = standing::present(conn, account).await?;
    match standing.highest(now) {
        Some(open) if open.level == Level::Suspended => Ok(State::Suspended),
        _ => states::before_suspension(conn, account).await,
    }
}

//! What happens to suspensions by the passing of time: they expire, and what they were shown by is emptied when nobody can
//! object any more.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, NewStep};
use super::{Log, as_owner, mail, settle};
use crate::content::locks;
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::db;
use crate::platform::error::is_busy;
use crate::platform::ids::{AccountId, SuspensionId};
use crate::retention::rules;

/// Ends what has expired, account by account, and empties old evidence. Safe to run at any time and twice.
///
/// # Errors
/// What the database says; what was done before stays done.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for account in queries::with_expired(&mut conn, now).await? {
        let done = conn.transaction(async |conn| {
            db::wait_at_most(conn, locks::PATIENCE).await?;
            locks::hold_account(conn, account).await?;
            // Later than whatever the row was waited for.
            let now = app.clock.now();
            let ended = expire_of(conn, &app, account, now).await?;
            log(conn, account, &ended, now).await
        });
        match done.await {
            Err(error) if is_busy(&error) => {}
            done => done?,
        }
    }
    if let Some(cutoff) = rules::SUSPENSION_EVIDENCE.period.cutoff(now) {
        queries::empty_evidence(&mut conn, cutoff, now).await?;
    }
    Ok(())
}

/// Ends what has expired in an account whose row the caller holds, and tells its owner and members. Answers what ended.
pub(super) async fn expire_of(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SuspensionId>> {
    let expired = queries::expired_of(conn, account, now).await?;
    for id in &expired {
        queries::take(conn, *id, &NewStep::expired(), now).await?;
    }
    if expired.is_empty() {
        return Ok(expired);
    }
    settle(conn, account, Actor::System, "A suspension has expired", now).await?;
    let seen = as_owner(conn, account).await?;
    for id in &expired {
        let suspension = queries::find(conn, *id).await?;
        mail::ended(conn, app, &seen, &suspension, None, now).await?;
    }
    Ok(expired)
}

pub(super) async fn log(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    ended: &[SuspensionId],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    for id in ended {
        let suspension = queries::find(conn, *id).await?;
        let log = Log { actor: Actor::System, account, action: "account.suspension.expired" };
        log.append(conn, &suspension, &Circumstances::default(), now).await?;
    }
    Ok(())
}

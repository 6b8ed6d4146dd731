//! What happens to closures by the passing of time: a reminder, the end of the content, the end of everything else.

use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Stage};
use super::{log, mail};
use crate::accounts::guard::Account;
use crate::accounts::states::{self, State};
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::db;
use crate::platform::error::is_busy;
use crate::platform::ids::{AccountId, ClosureId};
use crate::privacy::data_requests::queries as requests;
use crate::privacy::erasure::{self, Cause, Of, standing};

/// Goes on with every closure, but for those of which somebody is at something: they are for the next run. Safe to run at any
/// time and twice.
///
/// # Errors
/// What the database says; what was done before stays done.
pub async fn advance(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for stage in [Stage::Reminder, Stage::Content, Stage::Data] {
        for (id, account) in queries::due(&mut conn, stage, now).await? {
            let done = conn.transaction(async |conn| go_on(conn, &app, stage, id, account, now).await).await;
            if done.as_ref().is_err_and(is_busy) {
                continue;
            }
            done?;
        }
    }
    Ok(())
}

async fn go_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    stage: Stage,
    id: ClosureId,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    db::wait_at_most(conn, db::GIVING_WAY).await?;
    if stage == Stage::Data {
        // Two accounts of theirs that two servers look at go one after the other.
        let Some(owner) = queries::as_owner(conn, account).await.optional()?.map(|seen| seen.owner) else {
            return Ok(());
        };
        erasure::lock_somebody(conn, owner).await?;
    }
    // Whoever undoes it waits here, or was faster.
    queries::lock_account(conn, account).await?;
    let seen = queries::as_owner(conn, account).await?;
    let Some((of, cause)) = what_goes(conn, app, stage, &seen, now).await? else { return Ok(()) };
    if !queries::take(conn, id, stage, now).await? {
        return Ok(());
    }
    let from = Circumstances::default();
    match stage {
        Stage::Reminder => {
            let until = queries::present(conn, account).await?.map_or(now, |closure| closure.content_until);
            mail::reminder(conn, app, &seen, until, now).await
        }
        Stage::Content => {
            let why = "Thirty days after the request to close it";
            states::change(conn, account, State::Closed, Actor::System, why, now).await?;
            erasure::order(conn, of, Cause::Closure, now).await?;
            mail::closed(conn, app, &seen, now).await?;
            log(conn, Actor::System, account, "account.closed", None, &from, now).await
        }
        Stage::Data => {
            // Nothing outlives what was asked for.
            if cause == Cause::Closure {
                let closure = queries::present(conn, account).await?;
                let closed_at = closure.map_or(now, |closure| closure.requested_at);
                queries::remember(conn, &app.keys, &seen, closed_at, now).await?;
            }
            erasure::order(conn, of, cause, now).await.map(drop)
        }
    }
}

/// What goes in a stage and why; nothing while something has to be waited for.
async fn what_goes(
    conn: &mut AsyncPgConnection,
    app: &App,
    stage: Stage,
    account: &Account,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Of, Cause)>> {
    if stage != Stage::Data {
        return Ok(Some((Of::Content(account.id), Cause::Closure)));
    }
    let has_more = queries::has_more(conn, account.owner, account.id).await?;
    let of = if has_more { Of::Account(account.id) } else { Of::Person(account.owner) };
    // Under a hold nothing of it goes, so nobody is kept from signing in either.
    if standing::is_held(conn, &app.keys, of).await? {
        return Ok(None);
    }
    let Of::Person(person) = of else { return Ok(Some((of, Cause::Closure))) };
    // Whoever also asked to be deleted is deleted wholly, and not before they can no longer undo that.
    let asked = requests::lock_confirmed_deletion(conn, person).await?;
    if asked.as_ref().is_some_and(|asked| asked.is_in_grace(now)) {
        return Ok(None);
    }
    Ok(Some((of, asked.map_or(Cause::Closure, |asked| Cause::Request(asked.id)))))
}

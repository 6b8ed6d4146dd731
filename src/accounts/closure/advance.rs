//! What happens to closures by the passing of time: a reminder, the end of the content, the end of everything else.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Stage};
use super::{log, mail};
use crate::accounts::states::{self, State};
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::ids::{AccountId, ClosureId};
use crate::privacy::erasure::{self, Cause, Of, standing};

/// Goes on with every closure. Safe to run at any time and twice.
///
/// # Errors
/// What the database says; what was done before stays done.
pub async fn advance(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for stage in [Stage::Reminder, Stage::Content, Stage::Data] {
        for (id, account) in queries::due(&mut conn, stage, now).await? {
            conn.transaction(async |conn| go_on(conn, &app, stage, id, account, now).await).await?;
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
    // Whoever undoes it waits here, or was faster.
    queries::lock_account(conn, account).await?;
    let seen = queries::as_owner(conn, account).await?;
    let of = match stage {
        Stage::Data if queries::has_more(conn, seen.owner, account).await? => Of::Account(account),
        Stage::Data => Of::Person(seen.owner),
        Stage::Reminder | Stage::Content => Of::Content(account),
    };
    // Under a hold nothing of it goes, so nobody is kept from signing in either.
    let waits = stage == Stage::Data && standing::is_held(conn, &app.keys, of).await?;
    if waits || !queries::take(conn, id, stage, now).await? {
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
            let closed_at =
                queries::present(conn, account).await?.map_or(now, |closure| closure.requested_at);
            queries::remember(conn, &app.keys, &seen, closed_at, now).await?;
            erasure::order(conn, of, Cause::Closure, now).await.map(drop)
        }
    }
}

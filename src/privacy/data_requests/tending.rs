//! What happens to requests by the passing of time: who does not go on is let go, a deletion that can no longer be
//! undone is done where the portal does that by itself, staff are reminded at 50, 75 and 90
//! percent of the time, and what is overdue is loud.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::deadlines::{Progress, WAITS_FOR};
use super::mail::{self, DataRequestsWaiting};
use super::states::{self, Act, By, State, Step, refusal};
use super::verification::{self, Stage};
use super::{DataRequest, fulfil_by_machine, fulfilment, queries, staff};
use crate::platform::app::App;
use crate::platform::db::schema::data_requests;
use crate::platform::ids::RequestId;
use crate::platform::mail as outbox;
use crate::platform::telemetry;
use crate::platform::web::pages::day;
use crate::staff::permissions::Role;
use crate::staff::team;

/// Shares of the time, in percent, at which staff are reminded; at the last a request is late.
const REMINDERS: [i32; 4] = [50, 75, 90, 100];
/// Requests looked after in one run.
const MOST: i64 = 1000;

/// Looks after every request under way. Safe to run at any time and twice.
///
/// # Errors
/// What the database says.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for id in verification::forgotten(&mut conn, now - WAITS_FOR).await? {
        // Whoever acts at this very moment is faster, and then there is nothing to let go.
        let done = conn.transaction(async |conn| let_go(conn, &app, id, now).await).await;
        if let Err(error) = done
            && refusal(&error).is_none()
        {
            return Err(error.into());
        }
    }
    for id in unconfirmed(&mut conn, now - WAITS_FOR).await? {
        let words = "A deletion is asked for twice, and you did not confirm it within two weeks. Nothing was deleted. You can ask again at any time.";
        let done = conn.transaction(async |conn| expire(conn, &app, id, words, now).await).await;
        if let Err(error) = done
            && refusal(&error).is_none()
        {
            return Err(error.into());
        }
    }
    for id in past_grace(&mut conn, now).await? {
        let done = conn.transaction(async |conn| fulfil_by_machine(conn, &app, id, now).await).await;
        if let Err(error) = done
            && refusal(&error).is_none()
        {
            return Err(error.into());
        }
    }
    for id in fulfilment::without_copy(&mut conn).await? {
        let done = conn.transaction(async |conn| fulfil_by_machine(conn, &app, id, now).await).await;
        if let Err(error) = done
            && refusal(&error).is_none()
        {
            return Err(error.into());
        }
    }
    for person in fulfilment::waiting_with_copy(&mut conn).await? {
        fulfilment::copy_made(&app, person).await?;
    }
    conn.transaction(async |conn| remind(conn, &app, now).await).await?;
    let (_, late) = staff::waiting(&mut conn, now).await?;
    telemetry::gauge("portal_data_requests_overdue", late);
    Ok(())
}

async fn let_go(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let request = queries::find(conn, id).await?;
    let in_mailbox = verification::stage(conn, &request).await? == Stage::Data;
    if in_mailbox && verification::recast(conn, app, &request, now).await? {
        return Ok(());
    }
    let words = "We could not make sure of who asks within two weeks, so the request ended. Nothing was disclosed, changed or deleted. You can ask again at any time.";
    expire(conn, app, id, words, now).await
}

async fn expire(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    words: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    states::take(conn, id, &Step::new(Act::Expired, By::System).words(words), now).await?;
    let request = queries::find(conn, id).await?;
    mail::tell(conn, app, &request, "Your request ended", words, now).await
}

async fn unconfirmed(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<Vec<RequestId>> {
    data_requests::table
        .filter(data_requests::state.eq_any([State::Open.as_str(), State::Extended.as_str()]))
        .filter(data_requests::kind.eq_any(["deletion", "item_deletion"]))
        .filter(data_requests::confirmed_at.is_null().and(data_requests::verified_at.le(before)))
        .order(data_requests::id)
        .select(data_requests::id)
        .limit(MOST)
        .load(conn)
        .await
}

/// Deletions that can no longer be undone, and that nothing stands against.
async fn past_grace(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<RequestId>> {
    data_requests::table
        .filter(data_requests::closed_at.is_null().and(data_requests::grace_until.le(now)))
        .filter(data_requests::fraud_suspected_at.is_null())
        .order(data_requests::grace_until)
        .select(data_requests::id)
        .limit(MOST)
        .load(conn)
        .await
}

/// The reminder that a request has come to.
fn reached(request: &DataRequest, now: DateTime<Utc>) -> i32 {
    let percent = Progress::of(request.received_at, request.due_at, now).percent;
    REMINDERS.into_iter().rev().find(|share| i64::from(*share) <= percent).unwrap_or(0)
}

/// Mails everybody with the role what has come to a further share of its time, in one mail.
async fn remind(conn: &mut AsyncPgConnection, app: &App, now: DateTime<Utc>) -> QueryResult<()> {
    let rows: Vec<DataRequest> = data_requests::table
        .filter(data_requests::closed_at.is_null().and(data_requests::reminded.lt(100)))
        .order((data_requests::due_at, data_requests::id))
        .limit(MOST)
        .select(DataRequest::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    let mut lines = Vec::new();
    let mut late = false;
    for request in rows {
        let share = reached(&request, now);
        if share <= request.reminded {
            continue;
        }
        diesel::update(data_requests::table.find(request.id))
            .set(data_requests::reminded.eq(share))
            .execute(conn)
            .await?;
        late |= share == 100;
        let what = if share == 100 { "overdue".to_owned() } else { format!("{share} % of the time is over") };
        lines.push(format!("{}: {}, due on {}", request.id, what, day(&request.due_at)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    for (person, recipient_name, email) in team::readers(conn, &[Role::Privacy]).await? {
        let url = app.url("/staff/requests");
        let mail = DataRequestsWaiting { recipient_name, late, lines: lines.clone(), url };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}

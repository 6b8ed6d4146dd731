//! What happens to holds by the passing of time: one that nobody approved lapses, and whoever answers for one is reminded
//! when its review is due.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::mail::HoldReview;
use super::queries;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{holds, people};
use crate::platform::ids::{HoldId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::telemetry;
use crate::platform::web::pages::date;

/// So long before its review whoever answers for a hold is reminded.
const AHEAD: Duration = Duration::days(7);

/// Lets unapproved holds lapse and reminds of reviews. Safe to run at any time and twice.
///
/// # Errors
/// What the database says.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for id in lapsed(&mut conn, now).await? {
        conn.transaction(async |conn| lapse(conn, id, now).await).await?;
    }
    conn.transaction(async |conn| remind(conn, &app, now).await).await?;
    let late: i64 = holds::table
        .filter(holds::ended_at.is_null().and(holds::review_on.lt(now.date_naive())))
        .count()
        .get_result(&mut conn)
        .await?;
    telemetry::gauge("portal_holds_overdue_for_review", late);
    Ok(())
}

async fn lapsed(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<HoldId>> {
    holds::table
        .filter(holds::ended_at.is_null().and(holds::approved_at.is_null()).and(holds::lapses_at.le(now)))
        .order(holds::id)
        .select(holds::id)
        .load(conn)
        .await
}

async fn lapse(conn: &mut AsyncPgConnection, id: HoldId, now: DateTime<Utc>) -> QueryResult<()> {
    // Whoever approves at this very moment is faster, and then it does not lapse.
    let waiting = holds::table.find(id).filter(holds::approved_at.is_null().and(holds::ended_at.is_null()));
    let waiting = waiting.select(holds::id).for_update().first::<HoldId>(conn).await.optional()?;
    if waiting.is_none() {
        return Ok(());
    }
    queries::end(conn, id, None, "Nobody approved it in time.", now).await?;
    audit::append(conn, now, Event::by_system("hold", id.0, "hold.lapsed")).await.map(drop)
}

async fn remind(conn: &mut AsyncPgConnection, app: &App, now: DateTime<Utc>) -> QueryResult<()> {
    let due = (now + AHEAD).date_naive();
    let rows: Vec<(HoldId, NaiveDate, Uuid, Option<Uuid>)> = holds::table
        .filter(holds::ended_at.is_null().and(holds::review_on.le(due)))
        .filter(holds::reminded_for.is_null().or(holds::reminded_for.ne(holds::review_on.nullable())))
        .order(holds::id)
        .limit(1000)
        .select((holds::id, holds::review_on, holds::requested_by, holds::approved_by))
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    for (id, review_on, requested_by, approved_by) in rows {
        diesel::update(holds::table.find(id)).set(holds::reminded_for.eq(review_on)).execute(conn).await?;
        for reader in [Some(requested_by), approved_by].into_iter().flatten() {
            let reader = PersonId(reader);
            let found = people::table.find(reader).select((people::name, people::email));
            let Some((recipient_name, email)) = found.first::<(String, String)>(conn).await.optional()?
            else {
                continue;
            };
            let mail = HoldReview {
                recipient_name,
                number: id.to_string(),
                on: date(review_on),
                url: app.url(&format!("/staff/holds/{id}")),
            };
            outbox::enqueue(conn, &app.keys, now, Some(reader.0), &email, &mail).await?;
        }
    }
    Ok(())
}

//! SQL of the audit log's pages.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::audit::Verdict;
use crate::platform::db::schema::{audit_details, audit_events, audit_verifications};
use crate::platform::ids::new_uuid;
use crate::platform::web::pagination::{Window, windowed};

/// An event, as the log shows it.
#[derive(Clone, Debug, Queryable)]
pub(super) struct EventRow {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub subject_kind: String,
    pub subject_id: Option<Uuid>,
    pub action: String,
    pub note: Option<String>,
    pub country: Option<String>,
}

/// Events whose action begins like `prefix`.
pub(super) async fn events(
    conn: &mut AsyncPgConnection,
    prefix: &str,
    window: Window<i64>,
) -> QueryResult<Vec<EventRow>> {
    let rows = audit_events::table
        .left_join(audit_details::table.on(audit_details::event_id.eq(audit_events::id)))
        .select((
            audit_events::seq,
            audit_events::at,
            audit_events::actor_kind,
            audit_events::actor_id,
            audit_events::subject_kind,
            audit_events::subject_id,
            audit_events::action,
            audit_details::note.nullable(),
            audit_details::country.nullable(),
        ));
    let mut found = windowed!(rows, audit_events::seq, window);
    if !prefix.is_empty() {
        found = found.filter(audit_events::action.like(format!("{}%", prefix.replace('_', "\\_"))));
    }
    found.load(conn).await
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Events per day (UTC) of the last `days` days, today last, zeros included.
pub(super) async fn per_day(
    conn: &mut AsyncPgConnection,
    prefix: &str,
    now: DateTime<Utc>,
    days: u8,
) -> QueryResult<Vec<(NaiveDate, i64)>> {
    let first = now.date_naive() - Duration::days(i64::from(days) - 1);
    let midnight = first.and_time(chrono::NaiveTime::MIN).and_utc();
    // Ids sort by time, and unlike the time they have an index. The random part is set to its least.
    let earliest = Uuid::from_u128(new_uuid(midnight).as_u128() >> 80 << 80);
    let rows: Vec<DayRow> = diesel::sql_query(
        "SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*) AS count FROM audit_events \
         WHERE id >= $1 AND starts_with(action, $2) GROUP BY 1",
    )
    .bind::<SqlUuid, _>(earliest)
    .bind::<Text, _>(prefix)
    .load(conn)
    .await?;
    let count = |day: NaiveDate| rows.iter().find(|row| row.day == day).map_or(0, |row| row.count);
    Ok((0..i64::from(days))
        .map(|offset| first + Duration::days(offset))
        .map(|day| (day, count(day)))
        .collect())
}

/// What a walk found.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Verification {
    pub id: Uuid,
    pub verified_at: DateTime<Utc>,
    pub events: i64,
    pub broken_seq: Option<i64>,
    pub broken_why: Option<String>,
}

pub(super) async fn keep(
    conn: &mut AsyncPgConnection,
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (events, broken) = match verdict {
        Verdict::Whole(count) => (i64::try_from(*count).unwrap_or(i64::MAX), None),
        Verdict::Broken { seq, why } => ((seq - 1).max(0), Some((*seq, *why))),
    };
    diesel::insert_into(audit_verifications::table)
        .values((
            audit_verifications::id.eq(new_uuid(now)),
            audit_verifications::verified_at.eq(now),
            audit_verifications::events.eq(events),
            audit_verifications::broken_seq.eq(broken.map(|(seq, _)| seq)),
            audit_verifications::broken_why.eq(broken.map(|(_, why)| why)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn verifications(
    conn: &mut AsyncPgConnection,
    window: Window,
) -> QueryResult<Vec<Verification>> {
    let rows = audit_verifications::table.select((
        audit_verifications::id,
        audit_verifications::verified_at,
        audit_verifications::events,
        audit_verifications::broken_seq,
        audit_verifications::broken_why,
    ));
    windowed!(rows, audit_verifications::id, window).load(conn).await
}

//! What the desk of rules lists and draws.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::ids::RuleId;
use crate::platform::web::pagination::Window;

/// A rule in the list.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Listed {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Of the version that may do most, the newest of equals.
    #[diesel(sql_type = Text)]
    pub mode: String,
    #[diesel(sql_type = Integer)]
    pub number: i32,
    /// Versions in shadow beside it.
    #[diesel(sql_type = BigInt)]
    pub shadows: i64,
    /// Accounts that it was noted for, asked about, and restricted, in the last 30 days.
    #[diesel(sql_type = BigInt)]
    pub noted: i64,
    #[diesel(sql_type = BigInt)]
    pub alerts: i64,
    #[diesel(sql_type = BigInt)]
    pub restrictions: i64,
    /// Proposals that wait for a second person.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
}

/// Rules, newest first.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    window: Window,
    since: DateTime<Utc>,
) -> QueryResult<Vec<Listed>> {
    let (lowest, highest, order) = window.bounds(Uuid::nil(), Uuid::max());
    diesel::sql_query(format!(
        "SELECT r.id, r.name, v.mode, v.number, \
            (SELECT count(*) FROM rule_versions s WHERE s.rule_id = r.id AND s.mode = 'shadow' AND s.id <> v.id) AS shadows, \
            e.noted, e.alerts, e.restrictions, \
            (SELECT count(*) FROM rule_proposals p JOIN rule_versions w ON w.id = p.version_id WHERE w.rule_id = r.id AND p.outcome IS NULL) AS waiting \
         FROM (SELECT * FROM rules WHERE id > $1 AND id < $2 ORDER BY id {order} LIMIT $3) AS r \
         CROSS JOIN LATERAL (SELECT * FROM rule_versions v WHERE v.rule_id = r.id ORDER BY rule_mode_rank(v.mode) DESC, v.number DESC LIMIT 1) AS v \
         CROSS JOIN LATERAL (SELECT count(DISTINCT account_id) FILTER (WHERE led_to = 'noted') AS noted, \
            count(*) FILTER (WHERE led_to = 'alert') AS alerts, count(*) FILTER (WHERE led_to = 'restriction') AS restrictions \
            FROM rule_evaluations e WHERE e.version_id IN (SELECT id FROM rule_versions w WHERE w.rule_id = r.id) AND e.at >= $4) AS e \
         ORDER BY r.id {order}"
    ))
    .bind::<SqlUuid, _>(lowest)
    .bind::<SqlUuid, _>(highest)
    .bind::<BigInt, _>(window.limit)
    .bind::<Timestamptz, _>(since)
    .load(conn)
    .await
}

/// What a version was noted for on a day.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct DayCount {
    #[diesel(sql_type = diesel::sql_types::Date)]
    pub day: chrono::NaiveDate,
    #[diesel(sql_type = BigInt)]
    pub all: i64,
    #[diesel(sql_type = BigInt)]
    pub acted: i64,
}

/// Evaluations of a rule that led somewhere, by day, and how many of them did more than be noted.
pub(super) async fn days(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    from: chrono::NaiveDate,
) -> QueryResult<Vec<DayCount>> {
    diesel::sql_query(
        "SELECT day, count(*) AS \"all\", count(*) FILTER (WHERE led_to <> 'noted') AS acted FROM rule_evaluations \
         WHERE version_id IN (SELECT id FROM rule_versions WHERE rule_id = $1) AND day >= $2 GROUP BY day",
    )
    .bind::<SqlUuid, _>(rule)
    .bind::<diesel::sql_types::Date, _>(from)
    .load(conn)
    .await
}

//! SQL of the activity page: four kinds of entries, merged by the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Inet, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;
use uuid::Uuid;

use crate::platform::ids::PersonId;
use crate::platform::web::pagination::Window;

/// An entry as it is stored. Where somebody of ours acted, nothing tells who or where from.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// `sign_in`, `event`, `view` or `contact_view`.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Outcome of a sign-in, action of an event, role of a viewer.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// Method of a sign-in, actor of an event, reason of a view.
    #[diesel(sql_type = Text)]
    pub how: String,
    #[diesel(sql_type = Nullable<Inet>)]
    pub ip: Option<IpNet>,
    #[diesel(sql_type = Nullable<Text>)]
    pub country: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub user_agent: Option<String>,
    /// Of an event: why staff looked, in words for its owner.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
}

/// `$1` person, `$2` older than, `$3` newer than, `$4` how many. Each branch reads at most that many
/// rows from its own index. `{order}` is the direction. Views have rows of their own, so their audit
/// events are left out.
const ENTRIES: &str = "\
(SELECT id, at, 'sign_in' AS source, outcome AS what, method AS how, ip, country, user_agent, NULL AS reason \
   FROM sign_ins WHERE person_id = $1 AND id < $2 AND id > $3 ORDER BY id {order} LIMIT $4) \
UNION ALL \
(SELECT e.id, e.at, 'event', e.action, \
        CASE WHEN e.actor_id = $1 THEN 'owner' ELSE e.actor_kind END, \
        CASE WHEN mine THEN d.ip END, CASE WHEN mine THEN d.country END, \
        CASE WHEN mine THEN d.user_agent END, \
        CASE WHEN e.action = ANY ($6) THEN d.note END \
   FROM audit_events e \
   CROSS JOIN LATERAL \
        (SELECT e.actor_kind IN ('visitor', 'customer') OR e.actor_id IS NOT DISTINCT FROM $1 AS mine) who \
   LEFT JOIN audit_details d ON d.event_id = e.id \
  WHERE e.subject_id = $1 AND e.id < $2 AND e.id > $3 AND e.action <> ALL ($5) \
  ORDER BY e.id {order} LIMIT $4) \
UNION ALL \
(SELECT id, viewed_at, 'view', role, reason, NULL, NULL, NULL, NULL \
   FROM record_views WHERE person_id = $1 AND id < $2 AND id > $3 ORDER BY id {order} LIMIT $4) \
UNION ALL \
(SELECT id, viewed_at, 'contact_view', role, reason, NULL, NULL, NULL, NULL \
   FROM contact_views WHERE person_id = $1 AND id < $2 AND id > $3 ORDER BY id {order} LIMIT $4) \
ORDER BY id {order} LIMIT $4";

/// Entries about somebody.
pub(super) async fn entries(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<Row>> {
    let (above, below, order) = window.bounds(Uuid::nil(), Uuid::max());
    diesel::sql_query(ENTRIES.replace("{order}", order))
        .bind::<SqlUuid, _>(person.0)
        .bind::<SqlUuid, _>(below)
        .bind::<SqlUuid, _>(above)
        .bind::<BigInt, _>(window.limit)
        .bind::<diesel::sql_types::Array<Text>, _>(super::words::SHOWN_OTHERWISE)
        .bind::<diesel::sql_types::Array<Text>, _>(super::words::WITH_REASON)
        .load(conn)
        .await
}

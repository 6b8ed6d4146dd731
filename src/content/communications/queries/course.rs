//! The SQL of how communications went.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::content::communications::status::Status;
use crate::platform::db::schema::{communication_statuses, communications};
use crate::platform::ids::{CommunicationId, new_uuid};

/// A change of status, as it is stored.
#[derive(Clone, Debug, Queryable)]
pub(in crate::content::communications) struct StatusRow {
    pub status: String,
    pub detail: Option<String>,
    pub at: DateTime<Utc>,
}

pub(in crate::content::communications) async fn insert_status(
    conn: &mut AsyncPgConnection,
    id: CommunicationId,
    status: Status,
    detail: Option<&str>,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(communication_statuses::table)
        .values((
            // When it was told: what is new is found by it.
            communication_statuses::id.eq(new_uuid(now)),
            communication_statuses::communication_id.eq(id),
            communication_statuses::status.eq(status.as_str()),
            communication_statuses::detail.eq(detail),
            communication_statuses::at.eq(at),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// All changes of status, the latest first.
pub(in crate::content::communications) async fn statuses(
    conn: &mut AsyncPgConnection,
    id: CommunicationId,
) -> QueryResult<Vec<StatusRow>> {
    communication_statuses::table
        .filter(communication_statuses::communication_id.eq(id))
        .order((communication_statuses::at.desc(), communication_statuses::id.desc()))
        .select((communication_statuses::status, communication_statuses::detail, communication_statuses::at))
        .load(conn)
        .await
}

/// Moves the present status on.
pub(in crate::content::communications) async fn advance(
    conn: &mut AsyncPgConnection,
    id: CommunicationId,
    status: Status,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(communications::table.find(id))
        .set((
            communications::status.eq(status.as_str()),
            communications::status_at.eq(at),
            communications::version.eq(communications::version + 1),
            communications::updated_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

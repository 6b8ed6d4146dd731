//! Who works on a request: claimed for half an hour, so that a second person is told and not both decide it.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::{data_request_claims, people};
use crate::platform::ids::{PersonId, RequestId};

/// How long a claim lasts unless it is renewed.
pub const LASTS: Duration = Duration::minutes(30);

/// Who works on a request.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub staff: PersonId,
    /// Their name.
    pub name: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Claims a request, or renews the claim; answers whether it is theirs, or somebody else has it.
///
/// # Errors
/// What the database says.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let claimed = diesel::sql_query(
        "INSERT INTO data_request_claims AS c (request_id, staff_id, claimed_at, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (request_id) DO UPDATE SET staff_id = excluded.staff_id, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at \
         WHERE c.staff_id = excluded.staff_id OR c.expires_at <= $3",
    )
    .bind::<SqlUuid, _>(request)
    .bind::<SqlUuid, _>(staff)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + LASTS)
    .execute(conn)
    .await?;
    Ok(claimed > 0)
}

/// Gives a claim back. Answers whether it was theirs.
///
/// # Errors
/// What the database says.
pub async fn release(conn: &mut AsyncPgConnection, request: RequestId, staff: PersonId) -> QueryResult<bool> {
    let theirs = data_request_claims::table.find(request).filter(data_request_claims::staff_id.eq(staff));
    Ok(diesel::delete(theirs).execute(conn).await? > 0)
}

/// Who works on a request now, if anybody.
///
/// # Errors
/// What the database says.
pub async fn holder(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Holder>> {
    let row: Option<(PersonId, DateTime<Utc>)> = data_request_claims::table
        .find(request)
        .filter(data_request_claims::expires_at.gt(now))
        .select((data_request_claims::staff_id, data_request_claims::expires_at))
        .first(conn)
        .await
        .optional()?;
    let Some((staff, until)) = row else { return Ok(None) };
    let name: Option<String> = people::table.find(staff).select(people::name).first(conn).await.optional()?;
    Ok(Some(Holder { staff, name: name.unwrap_or_else(|| "Somebody who left".into()), until }))
}

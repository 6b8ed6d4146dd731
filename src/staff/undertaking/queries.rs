//! SQL of the undertaking.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::staff_undertakings;
use crate::platform::ids::PersonId;

/// Answers whether it was not there before.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    version: NaiveDate,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(staff_undertakings::table)
        .values((
            staff_undertakings::person_id.eq(person),
            staff_undertakings::version.eq(version),
            staff_undertakings::agreed_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

/// When somebody agreed to a version, if they did.
pub(super) async fn agreed_at(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    version: NaiveDate,
) -> QueryResult<Option<DateTime<Utc>>> {
    staff_undertakings::table
        .find((person, version))
        .select(staff_undertakings::agreed_at)
        .first(conn)
        .await
        .optional()
}

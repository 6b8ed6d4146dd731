//! What we must not do with the data of a person: a restriction stops every use but keeping it (S87), an objection
//! that it is looked up elsewhere (S68). Whoever uses data for more than serving its owner asks here first.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::processing_limits;
use crate::platform::ids::{PersonId, RequestId, new_uuid};

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Keep the data, and do nothing else with it.
    Restriction,
    /// Do not add what others know.
    Enrichment,
}

impl Limit {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restriction => "restriction",
            Self::Enrichment => "enrichment",
        }
    }
}

/// Puts a limit into force, inside the caller's transaction. One that is in force stays as it is.
///
/// # Errors
/// What the database says.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    limit: Limit,
    request: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(processing_limits::table)
        .values((
            processing_limits::id.eq(new_uuid(now)),
            processing_limits::person_id.eq(person),
            processing_limits::what.eq(limit.as_str()),
            processing_limits::request_id.eq(request),
            processing_limits::began_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a limit. Answers whether it was in force.
///
/// # Errors
/// What the database says.
pub async fn lift(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    limit: Limit,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let lifted = diesel::update(in_force(person, limit))
        .set(processing_limits::lifted_at.eq(now))
        .execute(conn)
        .await?;
    Ok(lifted > 0)
}

/// Since when a limit is in force, if it is.
///
/// # Errors
/// What the database says.
pub async fn since(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    limit: Limit,
) -> QueryResult<Option<DateTime<Utc>>> {
    in_force(person, limit).select(processing_limits::began_at).first(conn).await.optional()
}

#[diesel::dsl::auto_type]
fn in_force(person: PersonId, limit: Limit) -> _ {
    let what: &'static str = limit.as_str();
    processing_limits::table.filter(
        processing_limits::person_id
            .eq(person)
            .and(processing_limits::what.eq(what))
            .and(processing_limits::lifted_at.is_null()),
    )
}

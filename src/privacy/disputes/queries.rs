//! Rows of disputes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{ANSWER, Dispute, NewDispute};
use crate::platform::db::schema::{dispute_steps, disputes};
use crate::platform::ids::{DisputeId, PersonId};
use crate::platform::web::pagination::{Window, windowed};

/// Keeps a dispute.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: DisputeId,
    new: &NewDispute<'_>,
) -> QueryResult<()> {
    diesel::insert_into(disputes::table)
        .values((
            disputes::id.eq(id),
            disputes::channel.eq(new.channel),
            disputes::person_id.eq(new.person),
            disputes::email.eq(new.email),
            disputes::name.eq(new.name),
            disputes::postal_address.eq(new.postal_address),
            disputes::subject.eq(new.subject),
            disputes::words.eq(new.words),
            disputes::received_at.eq(new.received_at),
            disputes::due_at.eq(new.received_at + ANSWER),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A dispute.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: DisputeId) -> QueryResult<Dispute> {
    disputes::table.find(id).select(Dispute::as_select()).first(conn).await
}

/// A dispute of this person.
///
/// # Errors
/// As [`find`]; what is not theirs is not found.
pub async fn find_of(conn: &mut AsyncPgConnection, id: DisputeId, person: PersonId) -> QueryResult<Dispute> {
    let theirs = disputes::table.find(id).filter(disputes::person_id.eq(person));
    theirs.select(Dispute::as_select()).first(conn).await
}

/// A window of the disputes of a person.
///
/// # Errors
/// What the database says.
pub async fn of_person(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<Dispute>> {
    let window = Window {
        before: window.before.map(DisputeId),
        after: window.after.map(DisputeId),
        limit: window.limit,
    };
    let theirs = disputes::table.filter(disputes::person_id.eq(person)).select(Dispute::as_select());
    windowed!(theirs, disputes::id, window).load(conn).await
}

/// A step that was taken.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = dispute_steps, check_for_backend(diesel::pg::Pg))]
pub struct Taken {
    /// What, as it is stored.
    pub act: String,
    /// `filer`, `staff` or `system`.
    pub actor_kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// For staff alone.
    pub note: Option<String>,
    /// For whoever raised it.
    pub words: Option<String>,
}

/// The steps of a dispute, latest first.
///
/// # Errors
/// What the database says.
pub async fn steps(conn: &mut AsyncPgConnection, id: DisputeId) -> QueryResult<Vec<Taken>> {
    dispute_steps::table
        .filter(dispute_steps::dispute_id.eq(id))
        .order(dispute_steps::seq.desc())
        .select(Taken::as_select())
        .load(conn)
        .await
}

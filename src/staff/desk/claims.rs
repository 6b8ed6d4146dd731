//! Who works on an item of a queue: claimed for half an hour, so that a second person is told and not both decide it.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Queue;
use crate::identity::people as identity;
use crate::platform::app::App;
use crate::platform::db::schema::{desk_claims, people};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

/// How long a claim lasts unless it is renewed.
pub const LASTS: Duration = Duration::minutes(30);

/// Who works on an item.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub staff: PersonId,
    /// Their name.
    pub name: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Holder {
    /// Who, and until when, for people.
    pub fn in_words(self) -> (String, String) {
        (self.name, moment(&self.until))
    }
}

/// Claims an item, or renews the claim; answers whether it is theirs, or somebody else has it.
///
/// # Errors
/// What the database says.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    item: Uuid,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let claimed = diesel::sql_query(
        "INSERT INTO desk_claims AS c (queue, item_id, staff_id, claimed_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (queue, item_id) DO UPDATE SET staff_id = excluded.staff_id, expires_at = excluded.expires_at, \
             claimed_at = CASE WHEN c.staff_id = excluded.staff_id AND c.expires_at > $4 THEN c.claimed_at ELSE excluded.claimed_at END \
         WHERE c.staff_id = excluded.staff_id OR c.expires_at <= $4",
    )
    .bind::<Text, _>(queue.as_str())
    .bind::<SqlUuid, _>(item)
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
pub async fn release(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    item: Uuid,
    staff: PersonId,
) -> QueryResult<bool> {
    let theirs = desk_claims::table.find((queue.as_str(), item)).filter(desk_claims::staff_id.eq(staff));
    Ok(diesel::delete(theirs).execute(conn).await? > 0)
}

/// Ends the claim on something that is done, whoever has it.
///
/// # Errors
/// What the database says.
pub async fn end(conn: &mut AsyncPgConnection, queue: Queue, item: Uuid) -> QueryResult<()> {
    diesel::delete(desk_claims::table.find((queue.as_str(), item))).execute(conn).await?;
    Ok(())
}

/// Who works on an item now, if anybody.
///
/// # Errors
/// What the database says.
pub async fn holder(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    item: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Option<Holder>> {
    let row: Option<(PersonId, DateTime<Utc>, String)> = desk_claims::table
        .find((queue.as_str(), item))
        .inner_join(people::table.on(people::id.eq(desk_claims::staff_id)))
        .filter(desk_claims::expires_at.gt(now))
        .select((desk_claims::staff_id, desk_claims::expires_at, people::name))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(staff, until, name)| Holder { staff, name, until }))
}

/// The items of a queue that somebody has claimed now.
///
/// # Errors
/// What the database says.
pub async fn items_of(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Uuid>> {
    desk_claims::table
        .filter(desk_claims::queue.eq(queue.as_str()).and(desk_claims::staff_id.eq(staff)))
        .filter(desk_claims::expires_at.gt(now))
        .select(desk_claims::item_id)
        .load(conn)
        .await
}

/// Who works on which of these items now, by name.
///
/// # Errors
/// What the database says.
pub async fn holders(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    items: &[Uuid],
    now: DateTime<Utc>,
) -> QueryResult<HashMap<Uuid, String>> {
    let rows: Vec<(Uuid, String)> = desk_claims::table
        .inner_join(people::table.on(people::id.eq(desk_claims::staff_id)))
        .filter(desk_claims::queue.eq(queue.as_str()).and(desk_claims::item_id.eq_any(items)))
        .filter(desk_claims::expires_at.gt(now))
        .select((desk_claims::item_id, people::name))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Whether an item is claimed by them, for a decision in the same transaction: the claim stays as it is until its end.
///
/// # Errors
/// What the database says.
pub async fn require(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    item: Uuid,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let until: Option<DateTime<Utc>> = desk_claims::table
        .find((queue.as_str(), item))
        .filter(desk_claims::staff_id.eq(staff).and(desk_claims::expires_at.gt(now)))
        .select(desk_claims::expires_at)
        .for_update()
        .first(conn)
        .await
        .optional()?;
    Ok(until.is_some())
}

/// What came of claiming an item.
#[derive(Clone, Debug)]
pub enum Taken {
    /// It is theirs.
    Yours,
    /// Somebody else has it.
    Theirs(Holder),
    /// There is nothing to work on.
    Over,
}

/// The items of a queue with something to work on, where the item is `$1`; nothing where its desk looks itself.
fn waiting(queue: Queue) -> Option<&'static str> {
    match queue {
        Queue::Requests => Some("data_requests WHERE id = $1 AND closed_at IS NULL"),
        Queue::Disputes => Some("disputes WHERE id = $1 AND state = 'open'"),
        Queue::Appeals => Some("appeals WHERE id = $1 AND outcome IS NULL"),
        Queue::Alerts => Some("rule_alerts WHERE id = $1 AND outcome IS NULL"),
        Queue::Enquiries => Some("sales_enquiries WHERE id = $1 AND answered_at IS NULL"),
        Queue::Jobs | Queue::Suspensions | Queue::Closures | Queue::Invoices | Queue::SubscriberRecords => {
            None
        }
    }
}

/// Whether there is something to work on: a claim opens all of an item without a word of why, so that nobody has one on
/// what is over (S105).
async fn waits(conn: &mut AsyncPgConnection, queue: Queue, item: Uuid) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        waits: bool,
    }
    let Some(waiting) = waiting(queue) else { return Ok(true) };
    let row: Row = diesel::sql_query(format!("SELECT EXISTS (SELECT FROM {waiting}) AS waits"))
        .bind::<SqlUuid, _>(item)
        .get_result(conn)
        .await?;
    Ok(row.waits)
}

/// Claims an item for whoever is signed in.
///
/// # Errors
/// `SignInNeeded` where their session ended meanwhile, as when they were removed from the team.
pub async fn take(app: &App, who: &SignedIn, queue: Queue, item: Uuid) -> Result<Taken, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let taken = conn
        .transaction(async |conn| {
            // Whoever is removed from the team at this moment claims nothing behind it.
            identity::lock_as(conn, who).await?;
            if !waits(conn, queue, item).await? {
                return Ok(Taken::Over);
            }
            if claim(conn, queue, item, who.person, now).await? {
                return Ok(Taken::Yours);
            }
            // Given back or decided at this very moment, it is nobody's, and can be claimed anew where it still waits.
            Ok::<_, diesel::result::Error>(
                holder(conn, queue, item, now).await?.map_or(Taken::Over, Taken::Theirs),
            )
        })
        .await?;
    Ok(taken)
}

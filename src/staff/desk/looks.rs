//! What a member of staff may see of an item (S105): all of it once they have claimed it, or typed why they look; what is
//! about people is masked before. Each view is an event of the audit log and stands in the activity of whom it is about.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Queue;
use crate::identity::people as identity;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::desk_looks;
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

/// How long an item stays open to whoever typed a reason.
pub const LASTS: Duration = Duration::minutes(15);

/// What somebody may see of an item now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// All of it: they work on it.
    Claimed,
    /// All of it until then: they typed this reason.
    Reason(String, DateTime<Utc>),
    /// What is about people is masked.
    Masked,
}

impl Access {
    /// Whether all of it is shown.
    pub fn is_open(&self) -> bool {
        *self != Self::Masked
    }

    /// Until when a typed reason opens it, for people; empty where none does.
    pub fn until(&self) -> String {
        if let Self::Reason(_, until) = self { moment(until) } else { String::new() }
    }
}

/// What this member of staff may see of an item now.
///
/// # Errors
/// What the database says.
pub async fn access(
    conn: &mut AsyncPgConnection,
    queue: Queue,
    item: Uuid,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Access> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        reason: Option<String>,
        #[diesel(sql_type = Timestamptz)]
        until: DateTime<Utc>,
    }
    let row: Option<Row> = diesel::sql_query(
        "SELECT NULL AS reason, expires_at AS until FROM desk_claims \
             WHERE queue = $1 AND item_id = $2 AND staff_id = $3 AND expires_at > $4 \
         UNION ALL (SELECT reason, expires_at FROM desk_looks \
             WHERE queue = $1 AND item_id = $2 AND staff_id = $3 AND expires_at > $4 ORDER BY expires_at DESC LIMIT 1) \
         LIMIT 1",
    )
    .bind::<Text, _>(queue.as_str())
    .bind::<SqlUuid, _>(item)
    .bind::<SqlUuid, _>(staff)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await
    .optional()?;
    Ok(match row {
        None => Access::Masked,
        Some(Row { reason: None, .. }) => Access::Claimed,
        Some(Row { reason: Some(reason), until }) => Access::Reason(reason, until),
    })
}

/// Opens an item for a quarter of an hour to whoever typed why.
///
/// # Errors
/// `SignInNeeded` where their session ended meanwhile.
pub async fn open(app: &App, who: &SignedIn, queue: Queue, item: Uuid, reason: &str) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        identity::lock_as(conn, who).await?;
        diesel::insert_into(desk_looks::table)
            .values((
                desk_looks::id.eq(new_uuid(now)),
                desk_looks::queue.eq(queue.as_str()),
                desk_looks::item_id.eq(item),
                desk_looks::staff_id.eq(who.person),
                desk_looks::reason.eq(reason),
                desk_looks::began_at.eq(now),
                desk_looks::expires_at.eq(now + LASTS),
            ))
            .execute(conn)
            .await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// An item that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Of which queue.
    pub queue: Queue,
    /// Its id.
    pub id: Uuid,
    /// Its number, as people write it.
    pub number: &'a str,
    /// Whom it is about, if they have an account.
    pub person: Option<PersonId>,
}

/// Writes a view into the audit log: about the person where there is one, who finds it in their activity, else about the
/// item. Every page that shows an item calls it.
///
/// # Errors
/// What the database says.
pub async fn note(app: &App, who: &SignedIn, item: &Item<'_>, access: &Access) -> Result<(), AppError> {
    let subject = match item.person {
        Some(person) => ("person", person.0),
        None => (item.queue.subject_kind(), item.id),
    };
    note_about(app, who, item, subject, access).await
}

/// As [`note`], about what is named here: what concerns an account is told in its activity, to everybody in it.
///
/// # Errors
/// What the database says.
pub async fn note_about(
    app: &App,
    who: &SignedIn,
    item: &Item<'_>,
    (subject_kind, subject): (&'static str, Uuid),
    access: &Access,
) -> Result<(), AppError> {
    let (open, masked) = item.queue.viewed();
    let number = item.number;
    let (action, note) = match access {
        Access::Claimed => (open, format!("To work on {number}")),
        Access::Reason(reason, _) => (open, format!("{reason} ({number})")),
        Access::Masked => (masked, format!("In the queue: {number}")),
    };
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), subject_kind, subject, action, &from).note(&note);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await?;
    Ok(())
}

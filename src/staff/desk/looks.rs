//! What a member of staff may see of an item (S105): all of it once they have claimed it, or typed why they look; what is
//! about people is masked before. Each view is an event of the audit log and stands in the activity of whom it is about.

use std::fmt::Display;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Queue, claims};
use crate::identity::people as identity;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::desk_looks;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId, new_uuid};
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

/// An item that a member of staff comes upon, on its page.
#[derive(Clone, Debug)]
pub struct Item {
    queue: Queue,
    id: Uuid,
    number: String,
    /// What its views are noted of, in the audit log.
    subject: (&'static str, Uuid),
}

impl Item {
    /// The item of this queue, with its number as people write it.
    pub fn new(queue: Queue, id: Uuid, number: impl Display) -> Self {
        Self { queue, id, number: number.to_string(), subject: (queue.subject_kind(), id) }
    }

    /// About this person, if it is about anybody with an account: they find each view in their activity.
    pub fn about(self, person: Option<PersonId>) -> Self {
        match person {
            Some(person) => Self { subject: ("person", person.0), ..self },
            None => self,
        }
    }

    /// Concerns this account: each view is told in its activity, to everybody in it.
    pub fn concerns(self, account: AccountId) -> Self {
        Self { subject: ("account", account.0), ..self }
    }

    /// What whoever comes upon it may see of it now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn access(
        &self,
        conn: &mut AsyncPgConnection,
        who: &SignedIn,
        now: DateTime<Utc>,
    ) -> QueryResult<Access> {
        access(conn, self.queue, self.id, who.person, now).await
    }

    /// Who works on it now, and until when, for people.
    ///
    /// # Errors
    /// What the database says.
    pub async fn holder(
        &self,
        conn: &mut AsyncPgConnection,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<(String, String)>> {
        let holder = claims::holder(conn, self.queue, self.id, now).await?;
        Ok(holder.map(claims::Holder::in_words))
    }

    /// How the audit log names a view with this access, and why it says that somebody looked.
    pub fn viewed(&self, access: &Access) -> (&'static str, String) {
        let ((open, masked), number) = (self.queue.viewed(), &self.number);
        match access {
            Access::Claimed => (open, format!("To work on {number}")),
            Access::Reason(reason, _) => (open, format!("{reason} ({number})")),
            Access::Masked => (masked, format!("In the queue: {number}")),
        }
    }

    /// Writes a view into the audit log: about whom it is about or what it concerns, else about the item. Every page that
    /// shows an item calls it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note(&self, app: &App, who: &SignedIn, access: &Access) -> Result<(), AppError> {
        let ((subject_kind, subject), (action, note)) = (self.subject, self.viewed(access));
        let from = who.caller.circumstances();
        let event = Event::new(who.actor(), subject_kind, subject, action, &from).note(&note);
        let mut conn = app.db.get().await?;
        conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await?;
        Ok(())
    }
}

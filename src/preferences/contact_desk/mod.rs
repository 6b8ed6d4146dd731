//! The desk for one address, of a customer or not: what was decided there about mailings and calls, and what keeps
//! mailings away from it.
//!
//! An address opens only whole and with a reason, for a quarter of an hour and for whoever gave the reason. Each look
//! stands in the audit log and is shown to its owner: in the activity of their account, or with what we hold about a
//! contact. Staff decide nothing for anybody here. They may suppress a mailbox, and lift what staff or a mail server
//! made; a complaint and an erasure are its owner's own, and only they take them back.

pub mod queries;
pub mod show;
mod token;
pub mod web;

use chrono::Duration;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use super::contacts::{self, Contact};
use super::suppressions::{self, Reason};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::rate_limit::{self, Quota};
use crate::staff::permissions::{Permission, Role};

/// How long an address stays open to whoever gave a reason.
pub const VIEW_LASTS: Duration = Duration::minutes(15);
/// More than work needs, and too few to try out a list of addresses.
const LOOKS: Quota = Quota::per_minutes("staff_contacts", 60, 10);

/// Whose an address is.
pub struct Owner {
    /// The contact, if there is one.
    pub contact: Option<Contact>,
    /// The person who signs in with it.
    pub person: Option<PersonId>,
}

impl Owner {
    /// For the audit log: what kind of thing it is, and which.
    fn subject(&self) -> (&'static str, Option<Uuid>) {
        match (&self.person, &self.contact) {
            (Some(person), _) => ("person", Some(person.0)),
            (None, contact) => ("contact", contact.as_ref().map(|contact| contact.id.0)),
        }
    }
}

/// Whose an address is, if anybody's.
///
/// # Errors
/// What the database says.
pub async fn owner(conn: &mut AsyncPgConnection, email: &str) -> diesel::QueryResult<Owner> {
    let contact = contacts::find_by_email(conn, email).await?;
    let person = match contact.as_ref().and_then(|contact| contact.person) {
        Some(person) => Some(person),
        None => people::find_by_email(conn, email).await?.map(|person| person.id),
    };
    Ok(Owner { contact, person })
}

/// What is noted in the audit log, in the words for a person and for a mere contact.
struct Noted {
    person: &'static str,
    contact: &'static str,
}

async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    owner: &Owner,
    noted: &Noted,
    reason: &str,
) -> diesel::QueryResult<()> {
    let (subject_kind, subject) = owner.subject();
    let action = if owner.person.is_some() { noted.person } else { noted.contact };
    let from = &who.caller.circumstances();
    let event = Event::new(who.actor(), subject_kind, subject, action, from).note(reason);
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

/// Opens an address for a quarter of an hour. Answers the token of its page.
///
/// # Errors
/// [`AppError::TooManyRequests`], or what the database says.
pub async fn open(app: &App, who: &SignedIn, email: &str, reason: &str) -> Result<String, AppError> {
    rate_limit::take(app, LOOKS, &who.person.to_string()).await?;
    let now = app.clock.now();
    let until = now + VIEW_LASTS;
    let role = Permission::ServeContacts.role_among(&who.roles).map_or("staff", Role::as_str);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let owner = owner(conn, email).await?;
        let view = queries::NewView {
            id: new_uuid(now),
            staff: who.person,
            digest: &app.keys.email_digest(email),
            person: owner.person,
            role,
            reason,
            viewed_at: now,
            expires_at: until,
        };
        queries::insert_view(conn, &view).await?;
        let noted = Noted { person: "person.contact.viewed", contact: "contact.viewed" };
        note(conn, app, who, &owner, &noted, reason).await
    })
    .await?;
    Ok(token::seal(&app.keys, who.person, email, until))
}

/// What became of lifting a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifted {
    /// It no longer holds.
    Done,
    /// Somebody was faster.
    Before,
    /// Only the owner of the mailbox takes it back.
    Owners,
}

/// Whether staff may lift what was suppressed for this reason.
pub fn may_lift(reason: Reason) -> bool {
    matches!(reason, Reason::HardBounce | Reason::Staff)
}

/// Lifts one suppression of an address, with a reason.
///
/// # Errors
/// What the database says.
pub async fn lift(
    app: &App,
    who: &SignedIn,
    email: &str,
    suppression: Uuid,
    reason: &str,
) -> Result<Lifted, AppError> {
    let now = app.clock.now();
    let digest = app.keys.email_digest(email);
    let mut conn = app.db.get().await?;
    let lifted = conn
        .transaction(async |conn| {
            let held = queries::suppressions(conn, &digest).await?;
            let Some(held) = held.iter().find(|held| held.id == suppression) else {
                return Ok(Lifted::Before);
            };
            if !Reason::parse(&held.reason).is_some_and(may_lift) {
                return Ok(Lifted::Owners);
            }
            if !queries::lift(conn, suppression, who.person, reason, now).await? {
                return Ok(Lifted::Before);
            }
            let noted = Noted { person: "person.mailings.allowed", contact: "contact.mailings.allowed" };
            let owner = owner(conn, email).await?;
            note(conn, app, who, &owner, &noted, reason).await?;
            Ok::<_, diesel::result::Error>(Lifted::Done)
        })
        .await?;
    Ok(lifted)
}

/// Suppresses a mailbox for staff, with a reason; what waits for it is taken out of the queue. Answers whether that was
/// new.
///
/// # Errors
/// What the database says.
pub async fn suppress(app: &App, who: &SignedIn, email: &str, reason: &str) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let made = conn
        .transaction(async |conn| {
            let (keys, why) = (&app.keys, Some(reason));
            if !suppressions::suppress(conn, keys, email, Reason::Staff, why, now).await? {
                return Ok(false);
            }
            queries::sign(conn, &keys.email_digest(email), who.person).await?;
            let noted =
                Noted { person: "person.mailings.suppressed", contact: "contact.mailings.suppressed" };
            let owner = owner(conn, email).await?;
            note(conn, app, who, &owner, &noted, reason).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(made)
}

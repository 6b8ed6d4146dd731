//! Members of staff and their roles. A role comes by an invitation and goes by an admin's decision;
//! with it go all sessions of that person, what they have claimed, and the views that they saved at its desks. What they
//! proposed waits for somebody else; invitations of an admin that nobody accepted are withdrawn. The last admin stays:
//! nobody could give a role any more.

mod mail;
mod queries;
pub mod web;

pub use mail::StaffRoleRemoved;
pub use queries::{Member, readers};

use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::identity::people::{self, Person};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;
use crate::platform::web::pagination::{Keyset, Window};
use crate::staff::permissions::Role;
use crate::staff::{desk, invitations, undertaking};

/// Everybody on the team, the longest there first.
///
/// # Errors
/// What the database says.
pub async fn everybody(app: &App) -> anyhow::Result<Vec<Member>> {
    let mut conn = app.db.get().await?;
    let oldest_first = Window { before: None, after: Some(Uuid::nil()), limit: i64::MAX };
    Ok(queries::members(&mut conn, oldest_first, undertaking::current().since).await?)
}

async fn page(app: &App, keyset: &Keyset) -> Result<Vec<Member>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::members(&mut conn, keyset.window(), undertaking::current().since).await?)
}

/// Somebody who holds this role, with all their roles.
///
/// # Errors
/// `NotFound` if they do not hold it.
pub async fn find(app: &App, id: PersonId, role: Role) -> Result<(Person, Vec<String>), AppError> {
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, id).await?;
    let roles = queries::roles_of(&mut conn, id).await?;
    if roles.iter().any(|held| held == role.as_str()) { Ok((person, roles)) } else { Err(AppError::NotFound) }
}

/// What became of a wish to take a role away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is gone, and all sessions of that person with it.
    Removed,
    /// They are the last admin.
    LastAdmin,
}

/// Locks whoever takes a role away, who may have lost their own while they waited, and whoever loses it, in the order of
/// their ids, so that no two wait for each other. Answers the latter.
async fn lock_both(conn: &mut AsyncPgConnection, who: &SignedIn, id: PersonId) -> QueryResult<Person> {
    if id < who.person {
        let person = people::lock(conn, id).await?;
        people::lock_as(conn, who).await?;
        return Ok(person);
    }
    let own = people::lock_as(conn, who).await?;
    if own.id == id { Ok(own) } else { people::lock(conn, id).await }
}

/// Takes a role away, ends the person's sessions, gives back what they claimed at desks that are no longer theirs, and
/// tells them.
///
/// # Errors
/// `NotFound` if they do not hold it.
pub async fn remove_role(app: &App, who: &SignedIn, id: PersonId, role: Role) -> Result<Removal, AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let holders = queries::lock_holders(conn, role.as_str()).await?;
        if !holders.contains(&id) {
            return Err(AppError::NotFound);
        }
        if role == Role::Admin && holders.len() == 1 {
            return Ok(Removal::LastAdmin);
        }
        let person = lock_both(conn, who, id).await?;
        queries::remove(conn, id, role.as_str()).await?;
        people::bump_credentials(conn, id).await?;
        people::end_sessions(conn, id, None).await?;
        let roles = queries::roles_of(conn, id).await?;
        desk::leave(conn, id, &roles).await?;
        let still_staff = !roles.is_empty();
        let mail = StaffRoleRemoved {
            recipient_name: person.name,
            role: role.as_str().into(),
            at: moment(&now),
            still_staff,
        };
        outbox::enqueue(conn, &app.keys, now, Some(id.0), &person.email, &mail).await?;
        if role == Role::Admin {
            invitations::withdraw_all_of(conn, who, id, now).await?;
        }
        let event = Event::new(who.actor(), "person", id.0, "staff.role.removed", &from).note(role.as_str());
        audit::append(conn, now, event).await?;
        Ok(Removal::Removed)
    })
    .await
}

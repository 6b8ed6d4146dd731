//! Accepting: an invitation is used by one call, and with it somebody gets the role.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{Invitation, StaffRoleGranted, TAKEN, USED, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::error::{AppError, violates};
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::moment;

/// Makes a person of whoever holds the link, with the role. The password passed the policy.
///
/// # Errors
/// `Gone` if the link was used at the same moment or the address got an account meanwhile.
pub async fn accept_as_new(
    app: &App,
    caller: &Caller,
    invitation: &Invitation,
    name: &str,
    password: &str,
) -> Result<PersonId, AppError> {
    let hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let id = PersonId::new(now);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if !queries::accept(conn, invitation.id, now).await? {
            return Err(AppError::Gone(USED));
        }
        match queries::make_person(conn, id, name, &invitation.email, &hash, now).await {
            Err(error) if violates(&error, "people_email_key") => return Err(AppError::Gone(TAKEN)),
            made => made?,
        }
        grant(conn, app, caller, id, name, invitation).await?;
        Ok(id)
    })
    .await
}

/// Gives the role to somebody who is signed in. All their sessions end: as staff they sign in anew,
/// under the stricter limits.
///
/// # Errors
/// `Gone` if the link was used at the same moment.
pub async fn accept_as(
    app: &App,
    caller: &Caller,
    invitation: &Invitation,
    id: PersonId,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock(conn, id).await?;
        if !queries::accept(conn, invitation.id, now).await? {
            return Err(AppError::Gone(USED));
        }
        people::bump_credentials(conn, id).await?;
        people::end_sessions(conn, id, None).await?;
        grant(conn, app, caller, id, &person.name, invitation).await
    })
    .await
}

async fn grant(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    id: PersonId,
    name: &str,
    invitation: &Invitation,
) -> Result<(), AppError> {
    let now = app.clock.now();
    queries::grant(conn, id, invitation.id, now).await?;
    let mail = StaffRoleGranted {
        recipient_name: name.to_owned(),
        role: invitation.role.clone(),
        at: moment(&now),
        browser: caller.browser(),
        place: caller.place(),
    };
    outbox::enqueue(conn, &app.keys, now, Some(id.0), &invitation.email, &mail).await?;
    let from = caller.circumstances();
    let event = Event::new(Actor::Staff(id.0), "person", id.0, "staff.role.granted", &from)
        .note(invitation.role.as_str());
    audit::append(conn, now, event).await?;
    Ok(())
}

//! Taking a change back: by the link in the mail to the old address, or because its owner reports a break-in.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{Change, UNDONE, queries};
use crate::identity::account_recovery::{self, Because};
use crate::identity::password_reset;
use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::crypto::{Keys, hash_token};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::preferences::moves;

const UNDO_EXPIRED: &str = "This link took the change back for seven days, and they are over. If you did not ask for the \
    change, write to info@lossexpress.com now: a person will look at it.";

/// Looks a link to undo up without changing anything.
///
/// # Errors
/// `Gone` for a link that was used or ran out, `NotFound` for one that never was.
pub async fn find_undo(app: &App, token: &str) -> Result<Change, AppError> {
    let mut conn = app.db.get().await?;
    let change = queries::find_undo(&mut conn, &hash_token(token)).await?.ok_or(AppError::NotFound)?;
    if change.undone_at.is_some() {
        return Err(AppError::Gone(UNDONE));
    }
    if change.undo_until.is_none_or(|until| app.clock.now() >= until) {
        return Err(AppError::Gone(UNDO_EXPIRED));
    }
    Ok(change)
}

/// Restores the old address, voids the password, ends all sessions and mails a link for a new
/// password to the old address. Answers whose account it is and whether the address could be
/// restored: it could not if it got an account of its own meanwhile; the rest is done all the same.
///
/// # Errors
/// As [`find_undo`], also when another click was faster.
pub async fn undo(app: &App, caller: &Caller, token: &str) -> Result<(PersonId, bool), AppError> {
    let change = find_undo(app, token).await?;
    let since = change.confirmed_at.ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock(conn, change.person).await?;
        let taken_back = take_back(conn, &app.keys, &person, since, now).await?;
        if matches!(taken_back, TakenBack::Nothing) {
            return Err(AppError::Gone(UNDONE));
        }
        queries::lock_out(conn, person.id).await?;
        security_events::take_back_factors(conn, person.id, since, now).await?;
        if let TakenBack::Restored(person) = taken_back {
            password_reset::start(conn, app, &person).await?;
            let because = Because::CredentialsChanged;
            account_recovery::cancel_open(conn, app, &person, because, Actor::Visitor, caller).await?;
            let event = SecurityEvent::EmailChangeUndone;
            security_events::record(conn, app, Owner::from(&*person), Actor::Visitor, &event, caller).await?;
            return Ok((person.id, true));
        }
        // Nobody to mail: the present address is the one that was complained about.
        password_reset::void_open(conn, person.id).await?;
        let (action, from) = (SecurityEvent::Protected.action(), caller.circumstances());
        audit::append(conn, now, Event::new(Actor::Visitor, "person", person.id.0, action, &from)).await?;
        Ok((person.id, false))
    })
    .await
}

/// What came of taking changes of address back.
#[derive(Clone, Debug)]
pub enum TakenBack {
    /// There was none to take back.
    Nothing,
    /// The earlier address is in use again; the person as they now are.
    Restored(Box<Person>),
    /// The earlier address has an account of its own by now; the present one stays.
    Impossible,
}

/// Takes back every change of address that was confirmed from `since` on and is less than seven days
/// old, and drops what waits to be confirmed. Call it with the person locked, when its owner reports
/// a break-in: a link for a new password must not go to an address that the intruder put there.
///
/// # Errors
/// What the database says.
pub async fn take_back(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: &Person,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<TakenBack> {
    queries::forget_pending(conn, person.id).await?;
    let Some(earlier) = queries::mark_undone(conn, person.id, since, now).await? else {
        return Ok(TakenBack::Nothing);
    };
    let taken = people::find_by_email(conn, &earlier).await?.is_some_and(|owner| owner.id != person.id);
    if taken {
        return Ok(TakenBack::Impossible);
    }
    queries::set_email(conn, person.id, &earlier, now).await?;
    moves::move_address(conn, keys, person.id, &earlier, now).await?;
    Ok(TakenBack::Restored(Box::new(Person { email: earlier, ..person.clone() })))
}

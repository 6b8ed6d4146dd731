//! Another e-mail address. The address in use stays until the new one is confirmed, from a link sent
//! there, within 24 hours. Then the old one is told, with a link that takes the change back for seven
//! days: it restores the old address, ends all sessions, voids the password and starts a reset. So
//! whoever takes an account over for a moment cannot take its address away for good.
//!
//! An address that belongs to somebody else is answered like any other; its owner is told.

mod mail;
mod queries;
mod undo;
pub mod web;

pub use mail::{AddressWanted, ConfirmNewEmail};
pub use undo::{TakenBack, find_undo, take_back, undo};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::{account_recovery, password_reset};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::email_changes;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::rate_limit::{self, Quota};
use crate::preferences::moves;

/// How long a new address may wait to be confirmed.
pub const CONFIRM_WITHIN: Duration = Duration::hours(24);

/// How long the old address can take the change back.
pub const UNDO_WITHIN: Duration = Duration::days(7);

const PER_PERSON: Quota = Quota::per_minutes("email_change_person", 5, 60);

const PER_ADDRESS: Quota = Quota::per_minutes("email_change_address", 5, 60);

const USED: &str = "This link did its work already: the new address is confirmed. Sign in with it.";

const EXPIRED: &str = "This link no longer works: it did so for 24 hours, unless a newer one replaced it or the \
    password was changed meanwhile. The address of the account is as it was. Sign in and ask for a \
    new link if you still want the change.";

const TAKEN: &str = "This address got an account of its own meanwhile, so it cannot be the address of a second one. \
    The account that asked keeps the address it had.";

const UNDONE: &str = "This change was taken back already: the earlier address is in use again, and the password from \
    before no longer works. Look for our mail with a link to choose a new one.";

/// A change of address, asked for or done.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = email_changes, check_for_backend(diesel::pg::Pg))]
pub struct Change {
    id: Uuid,
    /// Whose address.
    #[diesel(column_name = person_id)]
    pub person: PersonId,
    /// The address before.
    pub old_email: String,
    /// The address after.
    pub new_email: String,
    expires_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    undo_until: Option<DateTime<Utc>>,
    undone_at: Option<DateTime<Utc>>,
}

/// Takes a wish for another address in and mails a link there; a later wish replaces an earlier one.
///
/// # Errors
/// [`AppError::TooManyRequests`], alike for addresses with and without an account.
pub async fn request(app: &App, who: &SignedIn, email: &str) -> Result<(), AppError> {
    rate_limit::take(app, PER_PERSON, &who.person.to_string()).await?;
    rate_limit::take(app, PER_ADDRESS, &email.to_lowercase()).await?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock_as(conn, who).await?;
        begin(conn, app, &person, email, who.actor(), &who.caller).await
    })
    .await?;
    Ok(())
}

/// What [`request`] does once it may, inside the caller's transaction, with the person locked.
///
/// # Errors
/// What the database says.
pub(crate) async fn begin(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: &Person,
    email: &str,
    actor: Actor,
    caller: &Caller,
) -> QueryResult<()> {
    let now = app.clock.now();
    let token = app.keys.token();
    let owner = people::find_by_email(conn, email).await?.filter(|owner| owner.id != person.id);
    queries::forget_pending(conn, person.id).await?;
    // The row is written in either case: the same work, and the same page afterwards. For an
    // address that is taken nobody ever sees its token.
    queries::insert(conn, person, email, &hash_token(&token), now).await?;
    match owner {
        Some(owner) => tell_owner(conn, app, &owner).await?,
        None => send_link(conn, app, person, email, &token).await?,
    }
    let from = caller.circumstances();
    let event = Event::new(actor, "person", person.id.0, "person.email.change_requested", &from);
    audit::append(conn, now, event).await.map(drop)
}

async fn send_link(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: &Person,
    email: &str,
    token: &str,
) -> QueryResult<()> {
    let url = app.url(&format!("/settings/email/{token}"));
    let mail = ConfirmNewEmail { recipient_name: person.name.clone(), url };
    outbox::enqueue(conn, &app.keys, app.clock.now(), Some(person.id.0), email, &mail).await?;
    Ok(())
}

async fn tell_owner(conn: &mut AsyncPgConnection, app: &App, owner: &Person) -> QueryResult<()> {
    let mail =
        AddressWanted { recipient_name: owner.name.clone(), activity_url: app.url("/settings/activity") };
    outbox::enqueue(conn, &app.keys, app.clock.now(), Some(owner.id.0), &owner.email, &mail).await?;
    Ok(())
}

/// Looks a link of confirmation up without changing anything.
///
/// # Errors
/// `Gone` for a link that was used, ran out, was replaced or never was.
pub async fn find(app: &App, token: &str) -> Result<Change, AppError> {
    let mut conn = app.db.get().await?;
    let change = queries::find(&mut conn, &hash_token(token)).await?.ok_or(AppError::Gone(EXPIRED))?;
    if change.undone_at.is_some() {
        return Err(AppError::Gone(UNDONE));
    }
    if change.confirmed_at.is_some() {
        return Err(AppError::Gone(USED));
    }
    if app.clock.now() >= change.expires_at {
        return Err(AppError::Gone(EXPIRED));
    }
    Ok(change)
}

/// Makes the new address the one in use, and tells the old one. Works without a session: the link
/// shows that its reader owns the new address, and asking for it showed the rest.
///
/// # Errors
/// As [`find`], also when another click was faster; `Gone` too when the address got an account meanwhile.
pub async fn confirm(app: &App, caller: &Caller, token: &str) -> Result<Change, AppError> {
    let change = find(app, token).await?;
    let mut conn = app.db.get().await?;
    let confirmed = conn.transaction(async |conn| confirm_now(conn, app, caller, &change).await).await;
    match confirmed {
        Ok(true) => Ok(change),
        Ok(false) => Err(AppError::Gone(USED)),
        Err(error) if violates(&error, "people_email_key") => Err(AppError::Gone(TAKEN)),
        Err(error) => Err(error.into()),
    }
}

async fn confirm_now(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    change: &Change,
) -> QueryResult<bool> {
    let now = app.clock.now();
    let undo_token = app.keys.token();
    let person = people::lock(conn, change.person).await?;
    if !queries::mark_confirmed(conn, change, &hash_token(&undo_token), now).await? {
        return Ok(false);
    }
    queries::set_email(conn, person.id, &change.new_email, now).await?;
    moves::move_address(conn, &app.keys, person.id, &change.new_email, now).await?;
    queries::move_forms(conn, change).await?;
    queries::forget_pending(conn, person.id).await?;
    // A reset that was mailed to the old address must not open the account any more.
    password_reset::void_open(conn, person.id).await?;
    // Nor must the link of a recovery there take the second factor away.
    let moved = Person { email: change.new_email.clone(), ..person.clone() };
    account_recovery::cancel_announced(conn, app, &moved, Actor::Customer(person.id.0), caller).await?;
    let event = SecurityEvent::EmailChanged(person.email.clone(), change.new_email.clone());
    let undo_url = app.url(&format!("/email-change/{undo_token}/undo"));
    let owner = Owner::from(&person);
    security_events::record_with_link(
        conn,
        app,
        owner,
        Actor::Customer(person.id.0),
        &event,
        caller,
        undo_url,
    )
    .await?;
    Ok(true)
}

/// Drops what waits to be confirmed, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn forget_pending(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    queries::forget_pending(conn, person).await
}

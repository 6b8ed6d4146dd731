//! The slow lane back in, for an owner who has lost the second factor and the recovery codes.
//!
//! The owner opens it beforehand, in the settings. Later, whoever knows the password may ask for it; then
//! mail, text message and every open session say so at once, each with a way to stop it in one tap.
//! After 72 hours a link goes to the owner's address; with the password it removes the second factor.
//! Nothing shortens the wait: there is no route for staff, and the database refuses an earlier end. A
//! sign-in, a change of password or factors, or closing the lane stops it.

mod cancellation;
mod completion;
mod mail;
mod queries;
pub mod settings;
pub mod web;

pub use cancellation::{Because, cancel_announced, cancel_by_link, cancel_from_session, cancel_open};
pub use completion::{advance, complete};
pub use mail::{RecoveryClosed, RecoveryReady, RecoveryRequested};
pub use queries::Recovery;

use chrono::{DateTime, Duration, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::sign_in::Pending;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor};
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{moment, span};
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::{mail as outbox, sms};

/// How long the owner has for saying no.
pub const WAIT: Duration = Duration::hours(72);
/// How long the link to finish works.
pub const LINK_LIVES: Duration = Duration::days(7);
/// New requests of one person, so that a thief cannot keep the owner's phone ringing.
const REQUESTS: Quota = Quota::per_minutes("account_recovery", 3, 24 * 60);

/// What somebody who has shown the password may do here.
#[derive(Clone, Debug)]
pub enum Lane {
    /// Its owner did not open it, or is staff: staff are invited anew instead.
    Closed,
    /// It can be asked for.
    Open,
    /// It was asked for and ends its wait at this moment.
    Waiting(DateTime<Utc>),
    /// The wait is over: the link is in the owner's mail until this moment.
    Ready(DateTime<Utc>),
}

/// Where the lane of this person stands.
///
/// # Errors
/// What the database says.
pub async fn lane(conn: &mut AsyncPgConnection, app: &App, person: PersonId) -> diesel::QueryResult<Lane> {
    if let Some(recovery) = queries::open(conn, app.clock.now(), person).await? {
        return Ok(if recovery.announced_at.is_some() {
            Lane::Ready(recovery.expires_at)
        } else {
            Lane::Waiting(recovery.ready_at)
        });
    }
    let opted_in = queries::opted_in(conn, person).await?.is_some();
    let closed = !opted_in || people::factors(conn, person).await?.staff;
    Ok(if closed { Lane::Closed } else { Lane::Open })
}

/// Opens the lane for later. Answers whether it was closed.
///
/// # Errors
/// `NotFound` for staff, who have none.
pub async fn opt_in(app: &App, who: &SignedIn) -> Result<bool, AppError> {
    if !who.roles.is_empty() {
        return Err(AppError::NotFound);
    }
    let mut conn = app.db.get().await?;
    let changed = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            if !queries::insert_optin(conn, app.clock.now(), who.person).await? {
                return Ok(false);
            }
            security_events::record(
                conn,
                app,
                Owner::from(&person),
                who.actor(),
                &SecurityEvent::RecoveryOptedIn,
                &who.caller,
            )
            .await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(changed)
}

/// Closes the lane and cancels what is under way. Answers whether it was open.
///
/// # Errors
/// What the database says.
pub async fn opt_out(app: &App, who: &SignedIn) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    let changed = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            if !queries::delete_optin(conn, who.person).await? {
                return Ok(false);
            }
            cancel_open(conn, app, &person, Because::OptedOut, who.actor(), &who.caller).await?;
            security_events::record(
                conn,
                app,
                Owner::from(&person),
                who.actor(),
                &SecurityEvent::RecoveryOptedOut,
                &who.caller,
            )
            .await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(changed)
}

/// Asks for the slow lane after the right password. Asking twice is asking once. Answers where it stands.
///
/// # Errors
/// [`AppError::TooManyRequests`] after three that were cancelled within a day.
pub async fn request(app: &App, caller: &Caller, pending: &Pending) -> Result<Lane, AppError> {
    let mut conn = app.db.get().await?;
    let before = lane(&mut conn, app, pending.person).await?;
    if !matches!(before, Lane::Open) {
        return Ok(before);
    }
    drop(conn);
    rate_limit::take(app, REQUESTS, &pending.person.to_string()).await?;
    let mut conn = app.db.get().await?;
    let after = conn
        .transaction(async |conn| {
            let person = people::lock(conn, pending.person).await?;
            let now = lane(conn, app, person.id).await?;
            // Another tab was first, or the password that was shown is no longer the one.
            if !matches!(now, Lane::Open) || person.credential_version != pending.credential_version {
                return Ok(now);
            }
            begin(conn, app, caller, &person).await
        })
        .await?;
    Ok(after)
}

async fn begin(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    person: &Person,
) -> diesel::QueryResult<Lane> {
    let now = app.clock.now();
    let token = app.keys.token();
    let ready_at = now + WAIT;
    // One that is void but not yet swept up would be in the way.
    cancellation::close_void(conn, app, person.id).await?;
    queries::insert(conn, now, caller, person, &hash_token(&token), (ready_at, ready_at + LINK_LIVES))
        .await?;
    let cancel_url = app.url(&format!("/account-recovery/{token}/cancellation"));
    let notice = mail::RecoveryRequested {
        recipient_name: person.name.clone(),
        at: moment(&now),
        ready_at: moment(&ready_at),
        browser: caller.browser(),
        place: caller.place(),
        cancel_url: cancel_url.clone(),
    };
    outbox::enqueue(conn, &app.keys, now, Some(person.id.0), &person.email, &notice).await?;
    if let Some(phone) = &person.phone {
        let text = format!(
            "Somebody with your password asked LossExpress to remove your second factor. Not you? Stop it: {cancel_url} \
             Otherwise it can be removed in {}.",
            span(WAIT)
        );
        sms::enqueue(conn, &app.keys, now, Some(person.id.0), phone, ("recovery_requested", text), false)
            .await?;
    }
    append(conn, app, person.id, Actor::Visitor, &SecurityEvent::RecoveryRequested, caller).await?;
    Ok(Lane::Waiting(ready_at))
}

/// The audit event alone, where a mail of this feature tells more than the usual notice.
async fn append(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    actor: Actor,
    event: &SecurityEvent,
    caller: &Caller,
) -> diesel::QueryResult<()> {
    let from = caller.circumstances();
    let event = audit::Event::new(actor, "person", person.0, event.action(), &from);
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

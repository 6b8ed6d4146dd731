//! Stopping a recovery: by the link in a message, from an open session, by signing in, by closing the
//! lane; and tidying up what a change of credentials or the end of its time made void.

use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{mail, queries};
use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor};
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;

/// The link of a recovery that was stopped.
pub(super) const CANCELLED: &str = "This account recovery was cancelled. Your second factor stays as it is. If it was not you who asked for it, \
    somebody knows your password: reset it now.";
/// The link of a recovery that was finished.
pub(super) const COMPLETED: &str =
    "This account recovery was finished. If that was not you, reset your password now: it ends all sessions.";
/// The link of a recovery whose time is over.
pub(super) const EXPIRED: &str =
    "This link worked for seven days. To recover the account, sign in with your password and ask again.";

/// Why a recovery was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The owner used the link in a message.
    Link,
    /// The owner said so in an open session.
    Session,
    /// The owner signed in with the second factor, so nothing is lost.
    SignedIn,
    /// The owner closed the lane.
    OptedOut,
    /// Password or factors were changed since it was asked for, or the address that got the link to finish.
    CredentialsChanged,
    /// Nobody finished it in time.
    Expired,
}

impl Because {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Session => "session",
            Self::SignedIn => "signed_in",
            Self::OptedOut => "opted_out",
            Self::CredentialsChanged => "credentials_changed",
            Self::Expired => "expired",
        }
    }
}

/// Stops what is under way for this person, if anything is, and tells them; inside the caller's
/// transaction, in which the person is locked. Answers whether anything was.
///
/// # Errors
/// What the database says.
pub async fn cancel_open(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: &Person,
    because: Because,
    actor: Actor,
    caller: &Caller,
) -> QueryResult<bool> {
    if !queries::cancel_open(conn, app.clock.now(), person.id, because).await? {
        return Ok(false);
    }
    security_events::record(conn, app, Owner::from(person), actor, &SecurityEvent::RecoveryCancelled, caller)
        .await?;
    Ok(true)
}

/// Stops what is under way if the link to finish it lies in the mailbox that the person has just left; one that is still to
/// come goes to the new address. As [`cancel_open`], with the person as they now are.
///
/// # Errors
/// What the database says.
pub async fn cancel_announced(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: &Person,
    actor: Actor,
    caller: &Caller,
) -> QueryResult<()> {
    let announced =
        queries::unfinished(conn, person.id).await?.is_some_and(|recovery| recovery.announced_at.is_some());
    if announced {
        cancel_open(conn, app, person, Because::CredentialsChanged, actor, caller).await?;
    }
    Ok(())
}

/// Stops a recovery by the link of a message.
///
/// # Errors
/// `NotFound` for a link that never was; `Gone` when it was stopped, finished or ran out before.
pub async fn cancel_by_link(app: &App, caller: &Caller, token: &str) -> Result<(), AppError> {
    let hash = hash_token(token);
    let mut conn = app.db.get().await?;
    let recovery = queries::find_by_token(&mut conn, &hash).await?;
    conn.transaction(async |conn| {
        let person = people::lock(conn, recovery.person_id).await?;
        // Read again under the lock: of a cancellation and a completion at the same moment one is first.
        queries::find_by_token(conn, &hash).await?.check_open(app.clock.now())?;
        cancel_open(conn, app, &person, Because::Link, Actor::Visitor, caller).await?;
        Ok(())
    })
    .await
}

/// Stops a recovery from an open session. Answers whether there was one.
///
/// # Errors
/// What the database says.
pub async fn cancel_from_session(app: &App, who: &SignedIn) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    let cancelled = conn
        .transaction(async |conn| {
            let person = people::lock(conn, who.person).await?;
            cancel_open(conn, app, &person, Because::Session, who.actor(), &who.caller).await
        })
        .await?;
    Ok(cancelled)
}

/// Closes what a change of credentials or the end of its time made void, and tells the owner; inside
/// the caller's transaction.
pub(super) async fn close_void(conn: &mut AsyncPgConnection, app: &App, person: PersonId) -> QueryResult<()> {
    let now = app.clock.now();
    let owner = people::lock(conn, person).await?;
    let because = match queries::unfinished(conn, person).await? {
        Some(recovery) if recovery.credential_version != owner.credential_version => {
            Because::CredentialsChanged
        }
        Some(recovery) if recovery.has_expired(now) => Because::Expired,
        _ => return Ok(()),
    };
    queries::cancel_open(conn, now, person, because).await?;
    let sentence = match because {
        Because::Expired => "Nobody finished it within seven days, so it was closed.",
        _ => "The password or the second factor was changed since it was asked for, so it was cancelled.",
    };
    let notice = mail::RecoveryClosed {
        recipient_name: owner.name.clone(),
        sentence,
        settings_url: app.url("/settings/account-recovery"),
    };
    outbox::enqueue(conn, &app.keys, now, Some(person.0), &owner.email, &notice).await?;
    let event = audit::Event::by_system("person", person.0, SecurityEvent::RecoveryCancelled.action())
        .note(because.as_str());
    audit::append(conn, now, event).await.map(drop)
}

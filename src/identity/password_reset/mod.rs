//! A new password for somebody who no longer knows theirs, or whose password was made void: a link to
//! the address of the account, for one hour and one use.
//!
//! Asking tells nothing about an address: same page, same statements, and a mail either way. The link
//! replaces the password only; the second factor is asked for at the next sign-in as ever.

mod mail;
mod queries;
pub mod web;

pub use mail::{NoAccount, ResetPassword};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::identity::account_recovery::{self, Because};
use crate::identity::password_change;
use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::sign_in;
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::rate_limit::{self, Quota};

/// How long a link works.
pub const LIVES: Duration = Duration::hours(1);
const PER_ADDRESS: Quota = Quota::per_minutes("password_reset_address", 5, 60);
const PER_NETWORK: Quota = Quota::per_minutes("password_reset_network", 60, 60);

const USED: &str = "A new password was chosen with this link already; it works once. Sign in with the new password. \
    If it was not you who chose it, reset the password again now: that ends every session.";
const EXPIRED: &str = "This link worked for one hour, and that is over. Nothing was changed. Ask for a new one and open \
    it soon after.";
const REPLACED: &str = "This link was replaced by a newer one, or the password was changed in another way. Look for the \
    newest mail from us, or ask for a new link.";

/// A link that was found, with whose it is.
#[derive(Clone, Debug, Queryable)]
pub struct Reset {
    /// Whose password it replaces.
    pub person: PersonId,
    /// Their name, for the password policy.
    pub name: String,
    /// Their address, for the password policy and the password manager.
    pub email: String,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

/// Mails a link to an address that has an account, and word that it has none to one that has not.
///
/// # Errors
/// [`AppError::TooManyRequests`], alike for both.
pub async fn request(app: &App, caller: &Caller, email: &str) -> Result<(), AppError> {
    rate_limit::take_of(app, PER_NETWORK, caller).await?;
    rate_limit::take(app, PER_ADDRESS, &email.to_lowercase()).await?;
    let now = app.clock.now();
    let token = app.keys.token();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Nobody has the nil id: without an account the same statements run and find nothing.
        let owner = people::find_by_email(conn, email).await?;
        let id = owner.map_or(PersonId(Uuid::nil()), |owner| owner.id);
        let owner = people::lock(conn, id).await.optional()?;
        queries::replace(conn, id, &hash_token(&token), now).await?;
        match owner {
            Some(owner) => mail_link(conn, app, &owner, &token).await,
            None => mail_no_account(conn, app, email).await,
        }
    })
    .await?;
    Ok(())
}

/// Starts a reset for somebody who is known, inside the caller's transaction, and mails its link.
///
/// # Errors
/// What the database says.
pub async fn start(conn: &mut AsyncPgConnection, app: &App, person: &Person) -> QueryResult<()> {
    let token = app.keys.token();
    queries::replace(conn, person.id, &hash_token(&token), app.clock.now()).await?;
    mail_link(conn, app, person, &token).await
}

async fn mail_link(conn: &mut AsyncPgConnection, app: &App, owner: &Person, token: &str) -> QueryResult<()> {
    let url = app.url(&format!("/password-reset/{token}"));
    let mail = ResetPassword { recipient_name: owner.name.clone(), url };
    outbox::enqueue(conn, &app.keys, app.clock.now(), Some(owner.id.0), &owner.email, &mail).await?;
    Ok(())
}

async fn mail_no_account(conn: &mut AsyncPgConnection, app: &App, email: &str) -> QueryResult<()> {
    let mail = NoAccount { recipient_name: "there".into(), sign_up_url: app.url("/sign-up") };
    outbox::enqueue(conn, &app.keys, app.clock.now(), None, email, &mail).await?;
    Ok(())
}

/// Drops the open resets of somebody whose password or address was changed, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn void_open(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    queries::void_open(conn, person).await
}

/// Looks a link up without changing anything.
///
/// # Errors
/// `Gone` for a link that was used, ran out, was replaced or never was.
pub async fn find(app: &App, token: &str) -> Result<Reset, AppError> {
    let mut conn = app.db.get().await?;
    let reset = queries::find(&mut conn, &hash_token(token)).await?.ok_or(AppError::Gone(REPLACED))?;
    if reset.used_at.is_some() {
        return Err(AppError::Gone(USED));
    }
    if app.clock.now() >= reset.expires_at {
        return Err(AppError::Gone(EXPIRED));
    }
    Ok(reset)
}

/// Sets the new password, ends every session and tells the owner. Signs nobody in. `reset` is what
/// [`find`] answered for this token, and the policy took the password.
///
/// # Errors
/// `Gone` when the link was used or replaced at the same moment.
pub async fn complete(
    app: &App,
    caller: &Caller,
    token: &str,
    reset: &Reset,
    password: &str,
) -> Result<(), AppError> {
    let hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // The person first, as in every change of credentials: two changes never wait for each other.
        let person = people::lock(conn, reset.person).await?;
        if !queries::mark_used(conn, &hash_token(token), now).await? {
            return Err(AppError::Gone(USED));
        }
        password_change::store(conn, person.id, &hash, now).await?;
        people::end_sessions(conn, person.id, None).await?;
        sign_in::forgive(conn, app, &person).await?;
        account_recovery::cancel_open(
            conn,
            app,
            &person,
            Because::CredentialsChanged,
            Actor::Visitor,
            caller,
        )
        .await?;
        security_events::record(
            conn,
            app,
            Owner::from(&person),
            Actor::Visitor,
            &SecurityEvent::PasswordReset,
            caller,
        )
        .await?;
        Ok(())
    })
    .await
}

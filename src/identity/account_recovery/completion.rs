//! The end of the wait: the link goes out, and with the password it removes the second factor.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{LINK_LIVES, Recovery, cancellation, mail, queries};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::sign_in::{self, Method};
use crate::identity::{passkeys, people, recovery_codes, totp};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::moment;
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::{mail as outbox, sms};

/// Passwords tried with one link.
const TRIES: Quota = Quota::per_minutes("account_recovery_password", 5, 60);

/// Tells owners whose wait is over how to finish, and closes what is void. Safe to run at any time and
/// twice: whoever marks a recovery announced sends its mail.
///
/// # Errors
/// What the database says.
pub async fn advance(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    for person in queries::people_to_look_after(&mut conn, app.clock.now()).await? {
        conn.transaction(async |conn| {
            cancellation::close_void(conn, &app, person).await?;
            announce(conn, &app, person).await
        })
        .await?;
    }
    Ok(())
}

async fn announce(conn: &mut AsyncPgConnection, app: &App, person: PersonId) -> diesel::QueryResult<()> {
    let now = app.clock.now();
    let token = app.keys.token();
    // A program that was down meanwhile takes nothing off the seven days.
    let until = now + LINK_LIVES;
    if !queries::mark_announced(conn, now, person, &hash_token(&token), until).await? {
        return Ok(());
    }
    let owner = people::find(conn, person).await?;
    let notice = mail::RecoveryReady {
        recipient_name: owner.name,
        until: moment(&until),
        finish_url: app.url(&format!("/account-recovery/{token}")),
        cancel_url: app.url(&format!("/account-recovery/{token}/cancellation")),
    };
    outbox::enqueue(conn, &app.keys, now, Some(person.0), &owner.email, &notice).await?;
    if let Some(phone) = &owner.phone {
        // Without a link to finish: that goes to one place only.
        let text = "The 72 hours of your LossExpress account recovery are over: the second factor can now be removed by a link in your mail. \
            Not you? Stop it by the link in our earlier text."
            .to_owned();
        sms::enqueue(conn, &app.keys, now, Some(person.0), phone, ("recovery_ready", text), false).await?;
    }
    Ok(())
}

/// The recovery that this link finishes.
///
/// # Errors
/// `NotFound` for a link that never was; `Gone` when it was stopped, finished or ran out before.
pub(super) async fn find(app: &App, token: &str) -> Result<Recovery, AppError> {
    let mut conn = app.db.get().await?;
    let recovery = queries::find_by_finish_token(&mut conn, &hash_token(token)).await?;
    recovery.check_open(app.clock.now())?;
    if people::find(&mut conn, recovery.person_id).await?.credential_version != recovery.credential_version {
        return Err(AppError::Gone(cancellation::CANCELLED));
    }
    Ok(recovery)
}

/// Removes authenticator app, passkeys and recovery codes, and ends all sessions, if the password is
/// right. Answers whether it was.
///
/// # Errors
/// As [`find`]; [`AppError::TooManyRequests`] after five wrong passwords within an hour.
pub async fn complete(app: &App, caller: &Caller, token: &str, password: &str) -> Result<bool, AppError> {
    sign_in::refuse_blocked_country(app, caller)?;
    let recovery = find(app, token).await?;
    rate_limit::take(app, TRIES, &recovery.person_id.to_string()).await?;
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, recovery.person_id).await?;
    // Hashing takes a while: no connection waits for it.
    drop(conn);
    let right = app.passwords.verify(password, person.password_hash.as_deref()).await?;
    let mut conn = app.db.get().await?;
    if !right {
        sign_in::note(&mut conn, app, caller, Some(person.id), None, Method::AccountRecovery, "refused")
            .await?;
        return Ok(false);
    }
    conn.transaction(async |conn| {
        let now = app.clock.now();
        let person = people::lock(conn, person.id).await?;
        let recovery = queries::find_by_finish_token(conn, &hash_token(token)).await?;
        recovery.check_open(now)?;
        // The password that was just checked is no longer the one, or a factor was changed.
        if person.credential_version != recovery.credential_version
            || !queries::mark_completed(conn, now, recovery.id).await?
        {
            return Err(AppError::Gone(cancellation::CANCELLED));
        }
        totp::remove_all(conn, person.id).await?;
        passkeys::remove_all(conn, person.id).await?;
        recovery_codes::delete_all(conn, person.id).await?;
        people::bump_credentials(conn, person.id).await?;
        people::end_sessions(conn, person.id, None).await?;
        let actor = Actor::Customer(person.id.0);
        security_events::record(
            conn,
            app,
            Owner::from(&person),
            actor,
            &SecurityEvent::RecoveryCompleted,
            caller,
        )
        .await?;
        Ok(true)
    })
    .await
}

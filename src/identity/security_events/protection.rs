//! 'It was not me': the link in each security mail. GET shows what will happen; POST does it.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::{Owner, SecurityEvent, record};
use crate::identity::account_recovery::{self, Because};
use crate::identity::email_change::{self, TakenBack};
use crate::identity::people::{self, Person};
use crate::identity::{passkeys, recovery_codes, totp};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{
    email_changes, known_browsers, people as people_table, recovery_optins, security_alerts,
};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::{self, Page, WebResult, moment};

/// Factors that were added this long before the link is used, and no longer, are taken back with it.
const TAKEN_BACK_FOR: Duration = Duration::hours(72);

const USED: &str = "Your account was protected with this link already: all sessions are ended and the password no longer works. \
    We have sent you a mail with a link to choose a new one.";
const EXPIRED: &str = "This link worked for 30 days. If you think that somebody else is in your account, reset your password now: \
    that ends all sessions too.";
const ELSEWHERE: &str = "This link was mailed to an address that is no longer the account's, and that can no longer be taken back. \
    If you did not ask for the change, write to info@lossexpress.com now: a person will look at it.";

#[derive(askama::Template)]
#[template(path = "identity/security_events/show.html")]
struct Show {
    page: Page,
    headline: &'static str,
    at: String,
    token: String,
}

#[derive(Queryable)]
struct Alert {
    person: PersonId,
    event: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

async fn find(conn: &mut AsyncPgConnection, token: &str, now: DateTime<Utc>) -> Result<Alert, AppError> {
    let alert: Alert = security_alerts::table
        .filter(security_alerts::token_hash.eq(hash_token(token)))
        .select((
            security_alerts::person_id,
            security_alerts::event,
            security_alerts::created_at,
            security_alerts::expires_at,
            security_alerts::used_at,
        ))
        .first(conn)
        .await?;
    if alert.used_at.is_some() {
        return Err(AppError::Gone(USED));
    }
    if now >= alert.expires_at {
        return Err(AppError::Gone(EXPIRED));
    }
    if was_mailed_elsewhere(conn, alert.person, alert.created_at, now).await? {
        return Err(AppError::Gone(ELSEWHERE));
    }
    Ok(alert)
}

/// Whether the account's address has left the mailbox that got a mail at that time, and does not come back: it was changed,
/// and too long ago to be undone, or it was put there by a change that was undone. Whoever reads that mailbox has no
/// say in the account any more.
async fn was_mailed_elsewhere(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let left = email_changes::table
        .filter(email_changes::person_id.eq(person).and(email_changes::undone_at.is_null()))
        .filter(email_changes::confirmed_at.gt(at).and(email_changes::undo_until.le(now)));
    let taken_back = email_changes::table
        .filter(email_changes::person_id.eq(person))
        .filter(email_changes::confirmed_at.le(at).and(email_changes::undone_at.gt(at)));
    diesel::select(exists(left).or(exists(taken_back))).get_result(conn).await
}

/// `GET /account-protection/{token}`
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let mut conn = app.db.get().await?;
    let alert = find(&mut conn, &token, app.clock.now()).await?;
    let page = Page::of(&request, "Was this not you?");
    let headline = super::headline(&alert.event).map_or("A change to your account", |(_, headline)| headline);
    pages::ok(&Show { page, headline, at: moment(&alert.created_at), token: token.into_inner() })
}

#[derive(askama::Template)]
#[template(path = "identity/security_events/done.html")]
struct Done {
    page: Page,
}

/// `POST /account-protection/{token}`: ends every session, voids the password, starts a reset.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
) -> WebResult {
    protect(&app, &caller, &token).await?;
    pages::ok(&Done { page: Page::of(&request, "Your account is protected") })
}

/// Removes what an intruder added since: it would open the account again, or keep its owner out. What was
/// added longer than three days before the link is used stays, so that whoever holds only the mailbox and
/// an old mail cannot strip an account of a factor that its owner has used for weeks.
///
/// # Errors
/// What the database says.
pub(in crate::identity) async fn take_back_factors(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    alert: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // The alert is written a moment after the change that it tells.
    let since = (alert - Duration::minutes(1)).max(now - TAKEN_BACK_FOR);
    passkeys::remove_added_since(conn, person, since).await?;
    totp::remove_added_since(conn, person, since).await?;
    diesel::delete(recovery_optins::table.find(person))
        .filter(recovery_optins::opted_in_at.ge(since))
        .execute(conn)
        .await?;
    if !people::factors(conn, person).await?.any() {
        recovery_codes::delete_all(conn, person).await?;
    }
    Ok(())
}

/// Ends every session, voids the password, forgets known browsers and mails a link for a new password.
///
/// # Errors
/// `Gone` for a link that was used or ran out, `NotFound` for one that never was.
pub async fn protect(app: &App, caller: &Caller, token: &str) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let alert = find(&mut conn, token, now).await?;
    conn.transaction(async |conn| {
        // Whoever marks it used does the work; a second click finds it used.
        let person: Option<PersonId> = diesel::update(security_alerts::table)
            .filter(security_alerts::token_hash.eq(hash_token(token)).and(security_alerts::used_at.is_null()))
            .set(security_alerts::used_at.eq(now))
            .returning(security_alerts::person_id)
            .get_result(conn)
            .await
            .optional()?;
        let Some(person) = person else { return Err(AppError::Gone(USED)) };
        lock_out(conn, app, person, alert.created_at, caller).await
    })
    .await
}

/// What [`protect`] does with an account, inside the caller's transaction: `since` is when the intruder came.
///
/// # Errors
/// What the database says.
pub(crate) async fn lock_out(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    since: DateTime<Utc>,
    caller: &Caller,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let person: Person = people::lock(conn, person).await?;
    // An address that an intruder put there since must not get the link for a new password.
    let person = match email_change::take_back(conn, &app.keys, &person, since, now).await? {
        TakenBack::Restored(person) => *person,
        TakenBack::Nothing | TakenBack::Impossible => person,
    };
    diesel::update(people_table::table.find(person.id))
        .set(people_table::password_hash.eq(None::<String>))
        .execute(conn)
        .await?;
    people::bump_credentials(conn, person.id).await?;
    people::end_sessions(conn, person.id, None).await?;
    account_recovery::cancel_open(conn, app, &person, Because::CredentialsChanged, Actor::Visitor, caller)
        .await?;
    take_back_factors(conn, person.id, since, now).await?;
    diesel::delete(known_browsers::table.filter(known_browsers::person_id.eq(person.id)))
        .execute(conn)
        .await?;
    crate::identity::password_reset::start(conn, app, &person).await?;
    record(conn, app, Owner::from(&person), Actor::Visitor, &SecurityEvent::Protected, caller).await?;
    Ok(())
}

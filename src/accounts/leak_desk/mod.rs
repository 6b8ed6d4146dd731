//! The leak desk (S61): whoever finds one of our secrets in the open hands it in here, signed in or not, and a live
//! one is dead in the same transaction. Sessions stay: these are secrets of programs.
//!
//! A stranger learns nothing of what they hold. The shape and the checksum are judged without the database, and
//! anybody could do that; beyond that every report is answered with one sentence, after one span of time, whether
//! a secret was live, dead or never made.

pub mod api;
mod mail;
mod queries;
pub mod web;

pub use mail::SecretLeaked;

use std::time::Duration as Span;

use chrono::{DateTime, Duration, Utc};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::credentials::{self, LeakResponse, concerned};
use super::secrets::{Kind, Secret};
use super::{api_keys, auth_token, name_of};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::moment;
use crate::platform::web::rate_limit::{self, Quota};

/// Secrets of one report.
pub const MOST: usize = 100;
/// What every report is answered with.
pub const SENTENCE: &str =
    "Thank you. If a secret in it was live, it no longer is, and its owner has been told.";
/// A page of credentials speaks of a leak for so long.
pub const TOLD_FOR: Duration = Duration::days(30);

/// Reports from one network.
const REPORTS: Quota = Quota::per_minutes("leak_reports", 60, 10);
/// How long an answer takes at least, and how much longer for each secret: more than judging them takes on a machine
/// that is not overloaded.
const ANSWERED_AFTER: (Span, Span) = (Span::from_millis(150), Span::from_millis(25));

/// What was found and killed.
struct Found {
    kind: Kind,
    id: Uuid,
    title: String,
    maker: Option<PersonId>,
    response: LeakResponse,
}

/// A leak of an account.
#[derive(Clone, Debug)]
pub struct Leak {
    /// What leaked.
    pub kind: Kind,
    /// Its id.
    pub credential: Uuid,
    /// What became of it.
    pub response: LeakResponse,
    /// When it was handed in.
    pub at: DateTime<Utc>,
}

/// The well-formed secrets in a text, each once, in their order.
pub fn secrets_in(text: &str) -> Vec<Secret> {
    let mut all: Vec<Secret> = Vec::new();
    for secret in Secret::find_all(text) {
        if !all.contains(&secret) {
            all.push(secret);
        }
    }
    all
}

/// Counts a report against its network, before anything in it is judged.
///
/// # Errors
/// [`AppError::TooManyRequests`].
pub async fn admit(app: &App, caller: &Caller) -> Result<(), AppError> {
    rate_limit::take_of(app, REPORTS, caller).await
}

/// Kills what is alive among these secrets, each in a transaction of its own. Answers nothing, and takes as long
/// whatever there was to do.
///
/// # Errors
/// What the database says.
pub async fn report(app: &App, caller: &Caller, secrets: &[Secret]) -> Result<(), AppError> {
    let count = u32::try_from(secrets.len()).unwrap_or(u32::MAX);
    let until = Instant::now() + ANSWERED_AFTER.0 + ANSWERED_AFTER.1 * count;
    let mut conn = app.db.get().await?;
    for secret in secrets {
        judge(&mut conn, app, caller, secret).await?;
    }
    drop(conn);
    sleep_until(until).await;
    Ok(())
}

async fn judge(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    secret: &Secret,
) -> Result<(), AppError> {
    let digest = secret.digest(&app.keys);
    let account = match secret.kind() {
        Kind::AuthToken => auth_token::account_of(conn, &digest).await?,
        Kind::ApiKey => api_keys::account_of(conn, &digest).await?,
    };
    let Some(account) = account else { return Ok(()) };
    conn.transaction(async |conn| {
        let Some(response) = credentials::lock_for_leak(conn, account).await.optional()? else {
            return Ok(());
        };
        let found = match secret.kind() {
            Kind::AuthToken => kill_token(conn, app, account, &digest, response).await?,
            Kind::ApiKey => kill_key(conn, app, &digest).await?,
        };
        match found {
            Some(found) => record(conn, app, caller, account, &found).await,
            // It was dead, or somebody handed it in at the same moment.
            None => Ok(()),
        }
    })
    .await
}

async fn kill_token(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    digest: &[u8],
    response: LeakResponse,
) -> QueryResult<Option<Found>> {
    let replace = response == LeakResponse::Replace;
    let leaked = auth_token::leak(conn, app, account, digest, replace).await?;
    Ok(leaked.map(|token| Found {
        kind: Kind::AuthToken,
        id: token.id.0,
        title: format!("{} auth token ({})", token.slot.as_str(), token.id),
        maker: token.maker,
        response,
    }))
}

/// A key is never replaced: nobody would know of the new one which program it is for.
async fn kill_key(conn: &mut AsyncPgConnection, app: &App, digest: &[u8]) -> QueryResult<Option<Found>> {
    let leaked = api_keys::leak(conn, app, digest).await?;
    Ok(leaked.map(|key| Found {
        kind: Kind::ApiKey,
        id: key.id.0,
        title: format!("API key {}", key.title()),
        maker: key.maker,
        response: LeakResponse::Revoke,
    }))
}

async fn record(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    account: AccountId,
    found: &Found,
) -> Result<(), AppError> {
    let now = app.clock.now();
    queries::insert(conn, account, found, now).await?;
    let name = name_of(conn, account).await?;
    for recipient in concerned(conn, account, found.maker).await? {
        let mail = SecretLeaked {
            recipient_name: recipient.name,
            account: name.clone(),
            credential: found.title.clone(),
            consequence: consequence(found),
            at: moment(&now),
            credentials_url: app.url(&format!("/accounts/{account}/credentials")),
        };
        outbox::enqueue(conn, &app.keys, now, Some(recipient.id.0), &recipient.email, &mail).await?;
    }
    // Whoever reports is nobody's business but the logs': no address, no browser.
    let from = Circumstances { request_id: Some(caller.request_id), ..Circumstances::default() };
    let event =
        Event::new(Actor::Visitor, "account", account.0, "account.secret.leaked", &from).note(&found.title);
    audit::append(conn, now, event).await?;
    Ok(())
}

fn consequence(found: &Found) -> &'static str {
    match (found.kind, found.response) {
        (Kind::AuthToken, LeakResponse::Replace) => {
            "A new one waits in its place. Programs that use the old one are locked out until you give them the new one."
        }
        (Kind::AuthToken, LeakResponse::Revoke) => {
            "Programs that use it are locked out until you make a new one and give it to them."
        }
        (Kind::ApiKey, _) => {
            "The program that uses it is locked out until you make a new key and give it to it."
        }
    }
}

/// The latest leaks of an account since then, newest first, up to ten.
///
/// # Errors
/// What the database says.
pub async fn recent(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    since: DateTime<Utc>,
) -> QueryResult<Vec<Leak>> {
    queries::recent(conn, account, since).await
}

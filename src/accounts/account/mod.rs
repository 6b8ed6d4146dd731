//! Making an account, naming it, and looking at it (S38). Somebody has as many as they own, and sees besides those
//! that they are a member of.

mod queries;
pub mod web;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;

use super::guard::Account;
use super::permissions::AccountRight;
use super::{lock_to_change, states};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pagination::Keyset;
use crate::platform::web::rate_limit::{self, Quota};

pub use queries::Listed;

/// Accounts are not for free: each has credentials and a history.
const MADE: Quota = Quota::per_minutes("accounts_made", 20, 24 * 60);

/// Makes an account that this person owns.
///
/// # Errors
/// `TooManyRequests` after twenty in a day.
pub async fn create(app: &App, who: &SignedIn, name: &str) -> Result<AccountId, AppError> {
    rate_limit::take(app, MADE, &who.person.to_string()).await?;
    let now = app.clock.now();
    let id = AccountId::new(now);
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        crate::identity::people::lock_as(conn, who).await?;
        super::insert(conn, &app.keys, id, who.person, name, now).await?;
        audit::append(conn, now, Event::new(who.actor(), "account", id.0, "account.created", &from)).await
    })
    .await?;
    Ok(id)
}

/// Gives an account another name. Answers whether it is another.
///
/// # Errors
/// `NotFound` if it went to another owner meanwhile, `Barred` if it is being closed, or is.
pub async fn rename(app: &App, who: &SignedIn, account: AccountId, name: &str) -> Result<bool, AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_to_change(conn, account, who, AccountRight::Manage).await?;
        if account.name == name {
            return Ok(false);
        }
        queries::rename(conn, account.id, name).await?;
        let event = Event::new(who.actor(), "account", account.id.0, "account.renamed", &from);
        audit::append(conn, now, event).await?;
        Ok(true)
    })
    .await
}

/// The accounts that somebody owns or is a member of: a page of them, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, person: PersonId, keyset: &Keyset) -> Result<Vec<Listed>, AppError> {
    Ok(queries::of_person(&mut *app.db.get().await?, person, keyset).await?)
}

/// What the overview of an account tells besides what its members know from everywhere.
#[derive(Debug)]
pub struct Overview {
    /// Since when there is the account.
    pub created_at: DateTime<Utc>,
    /// Name and address of the owner.
    pub owner: (String, String),
    /// Name and address of the point of contact.
    pub contact: (String, String),
    /// Everybody who may use it, the owner among them.
    pub people: i64,
    /// The states it was in, newest first, as many as a page has.
    pub history: Vec<states::Entry>,
}

/// Looks all that up.
///
/// # Errors
/// What the database says.
pub async fn overview(app: &App, account: &Account) -> Result<Overview, AppError> {
    let mut conn = app.db.get().await?;
    let (created_at, people) = queries::facts(&mut conn, account.id).await?;
    let owner = super::members::name_and_address(&mut conn, account.owner).await?;
    let contact = super::members::name_and_address(&mut conn, account.contact).await?;
    let history = states::history(&mut conn, account.id, Keyset::LIMIT - 1).await?;
    Ok(Overview { created_at, owner, contact, people, history })
}

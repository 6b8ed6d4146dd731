//! Who may use an account besides its owner: their roles, and how they go. How they come is `invitations`; what
//! changes hands between them is `handovers`.
//!
//! The point of contact of the business stays until that was handed over (S96), whoever wants them gone.

mod leaving;
mod queries;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::Queryable;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::guard::Account;
use super::notices::{Notice, tell};
use super::permissions::{AccountRight, AccountRole};
use super::{handovers, lock, lock_to_change, lock_to_manage};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pagination::Keyset;

pub(super) use queries::{add, remove as forget};

/// A member, for those who are in the account with them.
#[derive(Clone, Debug, Queryable)]
pub struct Fellow {
    /// SID.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    role: String,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

impl Fellow {
    /// What they are in the account.
    pub fn role(&self) -> AccountRole {
        AccountRole::parse(&self.role).expect("the database keeps to the roles")
    }
}

/// Name and e-mail address of somebody.
///
/// # Errors
/// What the database says.
pub async fn name_and_address(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<(String, String)> {
    let person = people::find(conn, id).await?;
    Ok((person.name, person.email))
}

/// A page of the members, who signed up last first.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, account: AccountId, keyset: &Keyset) -> Result<Vec<Fellow>, AppError> {
    Ok(queries::page(&mut *app.db.get().await?, account, keyset).await?)
}

/// One member.
///
/// # Errors
/// `NotFound` for somebody who is none.
pub async fn find(app: &App, account: AccountId, person: PersonId) -> Result<Fellow, AppError> {
    Ok(queries::find(&mut *app.db.get().await?, account, person).await?)
}

/// Gives a member another role. Answers whether it is another.
///
/// # Errors
/// `NotFound` if they are no member or whoever asks is not the owner any more; `Barred` if the account is being closed, or is.
pub async fn change_role(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    person: PersonId,
    role: AccountRole,
) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_to_change(conn, account, who, AccountRight::Manage).await?;
        let fellow = queries::find(conn, account.id, person).await?;
        if fellow.role() == role {
            return Ok(false);
        }
        queries::set_role(conn, account.id, person, role).await?;
        tell(conn, app, &account, person, &Notice::YourRoleChanged(role)).await?;
        tell(conn, app, &account, account.owner, &Notice::RoleChanged(fellow.name.clone(), role)).await?;
        let note = format!("{person} from {} to {}", fellow.role().as_str(), role.as_str());
        record(conn, app, who, &account, "account.member.role_changed", Some(&note)).await?;
        Ok(true)
    })
    .await
}

/// What became of a wish that a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// They are gone, and what was offered to them with them.
    Done,
    /// They are the point of contact, and stay until that is handed over (S96).
    IsContact,
    /// They own the account.
    IsOwner,
}

/// Removes a member.
///
/// # Errors
/// `NotFound` if they are none (any more) or whoever asks is not the owner any more.
pub async fn remove(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    person: PersonId,
) -> Result<Gone, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_to_manage(conn, account, who).await?;
        let fellow = queries::find(conn, account.id, person).await?;
        if account.contact == person {
            return Ok(Gone::IsContact);
        }
        let now = app.clock.now();
        queries::remove(conn, account.id, person).await?;
        handovers::withdraw_all_with(conn, account.id, person, now).await?;
        tell(conn, app, &account, person, &Notice::YouWereRemoved).await?;
        tell(conn, app, &account, account.owner, &Notice::Removed(fellow.name)).await?;
        record(conn, app, who, &account, "account.member.removed", Some(&person.to_string())).await?;
        Ok(Gone::Done)
    })
    .await
}

/// A member goes by themself, also from an account that is closed.
///
/// # Errors
/// `NotFound` if they are none any more.
pub async fn leave(app: &App, who: &SignedIn, account: AccountId) -> Result<Gone, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock(conn, account, who).await?;
        if account.role == AccountRole::Owner {
            return Ok(Gone::IsOwner);
        }
        if account.contact == who.person {
            return Ok(Gone::IsContact);
        }
        queries::remove(conn, account.id, who.person).await?;
        handovers::withdraw_all_with(conn, account.id, who.person, app.clock.now()).await?;
        tell(conn, app, &account, who.person, &Notice::YouLeft).await?;
        tell(conn, app, &account, account.owner, &Notice::Left(who.name.clone())).await?;
        record(conn, app, who, &account, "account.member.left", None).await?;
        Ok(Gone::Done)
    })
    .await
}

/// Appends an event about an account; call it last. A note names people and invitations by SID only, and the activity
/// of the account tells names and addresses in their place as long as they are kept elsewhere.
pub(super) async fn record(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    action: &'static str,
    note: Option<&str>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event { note, ..Event::new(who.actor(), "account", account.id.0, action, &from) };
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

//! How somebody becomes a member of an account: the owner invites an address, and whoever it belongs to accepts
//! within a week, signed in with it. The owner is answered the same whether the address has an account with us.
//!
//! The link in the mail and the list at `/accounts` lead to the same page: there the token of the link or the SID of
//! the invitation stands in the address, and the SID only counts for whoever has the e-mail address.

mod mail;
mod queries;
pub mod web;

pub use mail::AccountInvitation;
pub use queries::Open;

use chrono::{DateTime, Duration, Utc};
use diesel::OptionalExtension as _;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use super::guard::Account;
use super::members::{self, record};
use super::notices::{Notice, tell};
use super::permissions::{AccountRight, AccountRole};
use super::{lock_to_change, lock_to_manage, states};
use crate::identity::{people, spellings};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, AccountInvitationId};
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::web::session::Auth;

/// How long an invitation works.
pub const LIVES: Duration = Duration::days(7);
/// So many a day an account can send.
const OF_AN_ACCOUNT: Quota = Quota::per_minutes("account_invitations", 20, 24 * 60);
/// So many a day an address can get, from all accounts together.
const TO_AN_ADDRESS: Quota = Quota::per_minutes("account_invitations_to", 5, 24 * 60);

const ACCEPTED: &str = "This invitation was accepted already. Your accounts are listed under Accounts.";
const DECLINED: &str = "This invitation was declined. If you want to join after all, ask for a new one.";
const WITHDRAWN: &str =
    "This invitation was withdrawn, or a newer one took its place: look for the newest mail.";
const EXPIRED: &str = "This invitation worked for seven days. Ask whoever invited you for a new one.";
const CLOSED: &str = "The account that you were invited to is closed, or is being closed.";

/// What a link or an entry of the list leads to. It is open.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// SID.
    pub id: AccountInvitationId,
    /// To which account.
    pub account: AccountId,
    /// What that is called.
    pub account_name: String,
    /// Who answers for it.
    pub owner_name: String,
    /// To whom.
    pub email: String,
    /// To which role.
    pub role: AccountRole,
    /// Name of who sent it, if they are still with us.
    pub invited_by: Option<String>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    inviter: Option<Uuid>,
}

impl Invitation {
    /// Whether it is addressed to whoever is signed in, be it that their address was kept in its earlier spelling.
    pub fn is_for(&self, auth: &Auth) -> bool {
        spellings::both(&self.email).contains(&auth.email.to_lowercase())
    }
}

/// What became of a wish to invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invited {
    /// The mail is in the outbox; an older invitation of the address no longer works.
    Sent,
    /// Whoever has the address is in the account, which its owner knows.
    IsMember,
}

/// Mails an invitation. A newer one to the same address replaces the older, whatever its role.
///
/// # Errors
/// `TooManyRequests` after twenty of one account or five to one address in a day; `NotFound` if whoever asks is
/// not the owner any more, `Barred` if the account is being closed, or is.
pub async fn invite(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    email: &str,
    role: AccountRole,
) -> Result<Invited, AppError> {
    let token = app.keys.token();
    let mut conn = app.db.get().await?;
    rate_limit::take_on(&mut conn, app, OF_AN_ACCOUNT, &account.to_string()).await?;
    rate_limit::take_on(&mut conn, app, TO_AN_ADDRESS, &email.to_lowercase()).await?;
    conn.transaction(async |conn| {
        let account = lock_to_change(conn, account, who, AccountRight::Manage).await?;
        if queries::is_in(conn, &account, email).await? {
            return Ok(Invited::IsMember);
        }
        let now = app.clock.now();
        queries::replace(conn, account.id, email, now).await?;
        let new = queries::New {
            id: AccountInvitationId::new(now),
            account: account.id,
            email,
            role,
            token_hash: &hash_token(&token),
            invited_by: who.person,
            created_at: now,
            expires_at: now + LIVES,
        };
        queries::insert(conn, &new).await?;
        send(conn, app, who, &account, &new, &token).await?;
        let note = format!("{} as {}", new.id, role.as_str());
        record(conn, app, who, &account, "account.member.invited", Some(&note)).await?;
        Ok(Invited::Sent)
    })
    .await
}

async fn send(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    new: &queries::New<'_>,
    token: &str,
) -> diesel::QueryResult<()> {
    let person = people::find_by_email(conn, new.email).await?;
    let mail = AccountInvitation {
        recipient_name: person.as_ref().map_or_else(|| "there".to_owned(), |person| person.name.clone()),
        invited_by: who.name.clone(),
        inviter_email: who.email.clone(),
        account: account.name.clone(),
        role: new.role.label(),
        about_role: new.role.about(),
        url: app.url(&format!("/accounts/invitations/{token}")),
        until: moment(&new.expires_at),
    };
    outbox::enqueue(conn, &app.keys, new.created_at, person.map(|person| person.id.0), new.email, &mail)
        .await?;
    Ok(())
}

/// Looks an invitation up by what stands in the address of its page, without changing anything.
///
/// # Errors
/// `Gone` for one that was answered, withdrawn, replaced or ran out; `NotFound` for one that never was or is somebody
/// else's; `SignInNeeded` for a SID without a session.
pub async fn find(app: &App, key: &str, auth: Option<&Auth>) -> Result<Invitation, AppError> {
    let mut conn = app.db.get().await?;
    let found = match (key.parse::<AccountInvitationId>(), auth) {
        (Ok(_), None) => return Err(AppError::SignInNeeded),
        (Ok(id), Some(auth)) => {
            let found = queries::find(&mut conn, id).await?;
            found.filter(|found| found.invitation.is_for(auth))
        }
        (Err(_), _) => queries::find_by_token(&mut conn, &hash_token(key)).await?,
    };
    found.ok_or(AppError::NotFound)?.open(app.clock.now())
}

/// What came of accepting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They are a member now.
    Now,
    /// They were in the account before, and keep the role they had.
    Before,
}

/// Makes a member of whoever is signed in with the address.
///
/// # Errors
/// `NotFound` if it is not for them; `Gone` if it was withdrawn or answered at the same moment, or the account is
/// closed or being closed.
pub async fn accept(app: &App, who: &SignedIn, invitation: &Invitation) -> Result<Joined, AppError> {
    if !invitation.is_for(who) {
        return Err(AppError::NotFound);
    }
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        super::lock_row(conn, invitation.account).await?;
        people::lock_as(conn, who).await?;
        // Nobody joins what is on its way out: its owner may be going with it.
        if states::present(conn, invitation.account).await?.is_on_its_way_out() {
            return Err(AppError::Gone(CLOSED));
        }
        answer(conn, invitation.id, queries::Answer::Accepted, now).await?;
        if super::guard::find(conn, invitation.account, who.person).await.optional()?.is_some() {
            return Ok(Joined::Before);
        }
        members::add(conn, invitation.account, who.person, invitation.role, invitation.inviter, now).await?;
        let account = super::guard::find(conn, invitation.account, who.person).await?;
        tell(conn, app, &account, who.person, &Notice::YouJoined(invitation.role)).await?;
        let joined = Notice::Joined(who.name.clone(), invitation.role);
        tell(conn, app, &account, account.owner, &joined).await?;
        let note = format!("as {}", invitation.role.as_str());
        record(conn, app, who, &account, "account.member.joined", Some(&note)).await?;
        Ok(Joined::Now)
    })
    .await
}

/// Closes an invitation, or says why that is too late.
async fn answer(
    conn: &mut AsyncPgConnection,
    id: AccountInvitationId,
    answer: queries::Answer,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    if queries::answer(conn, id, answer, now).await? {
        return Ok(());
    }
    match queries::find(conn, id).await?.ok_or(AppError::NotFound)?.open(now) {
        Ok(_) => Err(AppError::Gone(WITHDRAWN)),
        Err(why) => Err(why),
    }
}

/// Declines an invitation. Whoever holds the link may; nobody has to sign in to say no.
///
/// # Errors
/// `Gone` if it was withdrawn or answered at the same moment.
pub async fn decline(
    app: &App,
    caller: &Caller,
    auth: Option<&Auth>,
    invitation: &Invitation,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let from = caller.circumstances();
    let by = auth.filter(|auth| invitation.is_for(auth));
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        super::lock_row(conn, invitation.account).await?;
        answer(conn, invitation.id, queries::Answer::Declined, now).await?;
        let note = invitation.id.to_string();
        let actor = by.map_or(Actor::Visitor, |auth| Actor::Customer(auth.person.0));
        let (account, action) = (invitation.account.0, "account.invitation.declined");
        let event = Event::new(actor, "account", account, action, &from).note(&note);
        audit::append(conn, now, event).await?;
        Ok(())
    })
    .await
}

/// Withdraws an open invitation. Answers whether it was open.
///
/// # Errors
/// `NotFound` if whoever asks is not the owner any more.
pub async fn withdraw(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    id: AccountInvitationId,
) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_to_manage(conn, account, who).await?;
        if !queries::withdraw(conn, account.id, id, app.clock.now()).await? {
            return Ok(false);
        }
        record(conn, app, who, &account, "account.invitation.withdrawn", Some(&id.to_string())).await?;
        Ok(true)
    })
    .await
}

/// Invitations that wait for the owner of an address, newest first. The limits of sending bound them.
///
/// # Errors
/// What the database says.
pub async fn open_to(app: &App, email: &str) -> Result<Vec<Open>, AppError> {
    Ok(queries::open_to(&mut *app.db.get().await?, email, app.clock.now()).await?)
}

/// Invitations to an account that can still be accepted, newest first. The limit of sending bounds them.
///
/// # Errors
/// What the database says.
pub async fn open_of(app: &App, account: AccountId) -> Result<Vec<Open>, AppError> {
    Ok(queries::open_of(&mut *app.db.get().await?, account, app.clock.now()).await?)
}

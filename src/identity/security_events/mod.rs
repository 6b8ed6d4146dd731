//! Every change to somebody's security mails its owner, with time, place, browser and a link for the case
//! that it was not them: it ends all sessions, voids the password, takes back what was added to sign in
//! with, and starts a reset.
//! The same call appends the audit event, so nothing is changed without a trace.

mod protection;
mod words;

pub(crate) use protection::lock_out;
pub(in crate::identity) use protection::take_back_factors;

pub use protection::{create, show};
pub use words::headline;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::app::App;
use crate::platform::audit::{self, Actor};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::security_alerts;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::mail;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::moment;

/// How long the link in a security mail works.
const LINK_LIVES: Duration = Duration::days(30);

/// What happened to somebody's security.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// A sign-in from a browser or country that was not seen before.
    NewSignIn,
    /// The password was changed.
    PasswordChanged,
    /// The password was reset through a mail.
    PasswordReset,
    /// The e-mail address was changed, from the first to the second.
    EmailChanged(String, String),
    /// A change of e-mail address was undone.
    EmailChangeUndone,
    /// The telephone number was changed.
    PhoneChanged,
    /// An authenticator app was set up.
    TotpAdded,
    /// The authenticator app was removed.
    TotpRemoved,
    /// A passkey with this name was added.
    PasskeyAdded(String),
    /// A passkey with this name was removed.
    PasskeyRemoved(String),
    /// New recovery codes were made.
    RecoveryCodesReplaced,
    /// A recovery code was used; so many are left.
    RecoveryCodeUsed(i64),
    /// The slow lane of account recovery was opened for later.
    RecoveryOptedIn,
    /// The slow lane was closed.
    RecoveryOptedOut,
    /// Somebody with the password asked for the slow lane.
    RecoveryRequested,
    /// A pending recovery was cancelled.
    RecoveryCancelled,
    /// A recovery was completed: every second factor is gone.
    RecoveryCompleted,
    /// Somebody who knows the password typed five wrong codes in a row.
    SecondFactorGuessed,
    /// The owner said it was not them: sessions ended, password void.
    Protected,
}

impl SecurityEvent {
    /// The action in the audit log.
    pub fn action(&self) -> &'static str {
        match self {
            Self::NewSignIn => "person.new_sign_in",
            Self::PasswordChanged => "person.password.changed",
            Self::PasswordReset => "person.password.reset",
            Self::EmailChanged(..) => "person.email.changed",
            Self::EmailChangeUndone => "person.email.change_undone",
            Self::PhoneChanged => "person.phone.changed",
            Self::TotpAdded => "person.totp.added",
            Self::TotpRemoved => "person.totp.removed",
            Self::PasskeyAdded(_) => "person.passkey.added",
            Self::PasskeyRemoved(_) => "person.passkey.removed",
            Self::RecoveryCodesReplaced => "person.recovery_codes.replaced",
            Self::RecoveryCodeUsed(_) => "person.recovery_codes.used",
            Self::RecoveryOptedIn => "person.account_recovery.opted_in",
            Self::RecoveryOptedOut => "person.account_recovery.opted_out",
            Self::RecoveryRequested => "person.account_recovery.requested",
            Self::RecoveryCancelled => "person.account_recovery.cancelled",
            Self::RecoveryCompleted => "person.account_recovery.completed",
            Self::SecondFactorGuessed => "person.second_factor.guessed",
            Self::Protected => "person.protected",
        }
    }
}

crate::mail! {
    /// Tells the owner of a change to their security.
    pub struct SecurityNotice {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What happened, in a sentence.
        pub sentence: String,
        /// When, with its zone.
        pub at: String,
        /// Browser and system.
        pub browser: String,
        /// Country and address.
        pub place: String,
        /// The link for 'it was not me'.
        pub not_me_url: String,
    }
    name: "security_notice", text: "mail/security_notice.txt", html: "mail/security_notice.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

/// Whom a security event is about.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The person.
    pub id: PersonId,
    /// Their name.
    pub name: &'a str,
    /// The address that is told; after a change of address the old one.
    pub email: &'a str,
}

impl<'a> From<&'a super::people::Person> for Owner<'a> {
    fn from(person: &'a super::people::Person) -> Self {
        Self { id: person.id, name: &person.name, email: &person.email }
    }
}

/// Mails the owner and appends the audit event, inside the caller's transaction; call it last.
///
/// # Errors
/// What the database says.
pub async fn record(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: Owner<'_>,
    actor: Actor,
    event: &SecurityEvent,
    caller: &Caller,
) -> QueryResult<()> {
    let link = new_link(conn, app, owner.id, event, app.clock.now()).await?;
    let not_me_url = app.url(&format!("/account-protection/{link}"));
    record_with_link(conn, app, owner, actor, event, caller, not_me_url).await
}

/// As [`record`], with a link for 'it was not me' that undoes more than the usual one.
///
/// # Errors
/// What the database says.
pub async fn record_with_link(
    conn: &mut AsyncPgConnection,
    app: &App,
    owner: Owner<'_>,
    actor: Actor,
    event: &SecurityEvent,
    caller: &Caller,
    not_me_url: String,
) -> QueryResult<()> {
    let now = app.clock.now();
    let notice = SecurityNotice {
        recipient_name: owner.name.to_owned(),
        headline: event.headline().to_owned(),
        sentence: event.sentence(),
        at: moment(&now),
        browser: caller.browser(),
        place: caller.place(),
        not_me_url,
    };
    mail::enqueue(conn, &app.keys, now, Some(owner.id.0), owner.email, &notice).await?;
    let from = caller.circumstances();
    audit::append(conn, now, audit::Event::new(actor, "person", owner.id.0, event.action(), &from))
        .await
        .map(drop)
}

async fn new_link(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    event: &SecurityEvent,
    now: DateTime<Utc>,
) -> QueryResult<String> {
    let token = app.keys.token();
    diesel::insert_into(security_alerts::table)
        .values((
            security_alerts::id.eq(new_uuid(now)),
            security_alerts::person_id.eq(person),
            security_alerts::event.eq(event.action()),
            security_alerts::token_hash.eq(hash_token(&token)),
            security_alerts::created_at.eq(now),
            security_alerts::expires_at.eq(now + LINK_LIVES),
        ))
        .execute(conn)
        .await?;
    Ok(token)
}

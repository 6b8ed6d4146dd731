//! What the credentials of an account share: the page that lists them, how a change to one is made, and who is
//! told of it. The auth token, the keys and the leak desk stand beside it, each for itself.

mod change;
mod mail;
mod queries;
pub mod web;

pub use change::Change;
pub use mail::CredentialChanged;
pub(in crate::accounts) use queries::{Recipient, concerned};

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use ipnet::IpNet;

use super::closure::read_only;
use super::guard::{self, Account, Member};
use super::permissions::{AccountRight, Right};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::caller::describe_browser;
use crate::platform::web::flash;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{moment, see_other};
use crate::trust::suspensions;

/// What is said to whoever wants a new credential in a suspended account.
pub(in crate::accounts) const NO_NEW_ONES: &str =
    "No credentials are made while the account is suspended. Those that are there can be revoked.";

/// Where whoever wants a new credential is sent instead while the account is suspended: to the statement, and told so.
pub(in crate::accounts) fn turned_away(
    app: &App,
    request: &HttpRequest,
    account: &Account,
) -> Option<HttpResponse> {
    let open = account.standing.refuses(suspensions::Act::MakeCredentials, app.clock.now())?;
    flash::info(request, NO_NEW_ONES);
    Some(see_other(&open.path(account.id)))
}

/// What becomes of a secret that was found in the open. It dies either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakResponse {
    /// It is revoked, and nothing takes its place.
    Revoke,
    /// It is revoked, and a fresh auth token waits in its slot. A key is only revoked.
    Replace,
}

impl LeakResponse {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Revoke, Self::Replace];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Replace => "replace",
        }
    }

    /// Reads it as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|response| response.as_str() == text)
    }

    /// For whoever chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::Revoke => "Revoke it, and make no new one",
            Self::Replace => "Revoke it, and make a new one in its place at once",
        }
    }
}

/// When and from where a credential was last used (S58).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: DateTime<Utc>,
    /// From which address.
    pub ip: Option<IpNet>,
    /// From which country.
    pub country: Option<String>,
    /// By which program, as it calls itself.
    pub agent: Option<String>,
}

impl LastUse {
    /// From where and by what, in a few words.
    pub fn from(&self) -> String {
        let country = self.country.as_deref().unwrap_or("unknown country");
        let address = self.ip.map(|ip| format!(" ({})", ip.addr())).unwrap_or_default();
        let program = self.agent.as_deref().filter(|agent| !agent.is_empty()).map(describe_browser);
        format!("{country}{address}, {}", program.as_deref().unwrap_or("an unnamed program"))
    }
}

/// Somebody who changes a credential of an account.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// The portal.
    pub app: &'a App,
    /// Whose credentials.
    pub account: &'a Account,
    /// Who.
    pub who: &'a SignedIn,
}

impl<'a> Act<'a> {
    /// By a member.
    pub fn of<R: Right>(app: &'a App, member: &'a Member<R>) -> Self {
        Self { app, account: &member.account, who: &member.who }
    }

    /// Now, by the portal's clock.
    pub fn now(self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Begins a change, inside the caller's transaction: changes to the credentials of one account happen one after
    /// the other, and whoever was removed or signed out while their request waited makes none.
    ///
    /// # Errors
    /// `NotFound` for who is no longer a member with the right, 'sign in again' for a dead session.
    pub async fn begin(self, conn: &mut AsyncPgConnection) -> Result<(), AppError> {
        self.look(conn).await.map(drop)
    }

    /// As [`Act::begin`], for what does not protect somebody: an account on its way out is read-only.
    ///
    /// # Errors
    /// As [`Act::begin`], and `Barred` while the account is being closed, and after that.
    pub async fn begin_changing(self, conn: &mut AsyncPgConnection) -> Result<Account, AppError> {
        let account = self.look(conn).await?;
        read_only::must_be_open(conn, account.id, account.state).await?;
        Ok(account)
    }

    /// The account as whoever acts sees it under its lock.
    async fn look(self, conn: &mut AsyncPgConnection) -> Result<Account, AppError> {
        queries::lock(conn, self.account.id).await?;
        let person = people::find(conn, self.who.person).await?;
        if person.credential_version != self.who.credential_version {
            return Err(AppError::SignInNeeded);
        }
        let account = guard::find(conn, self.account.id, self.who.person).await?;
        if AccountRight::ManageCredentials.granted_to(account.role) {
            Ok(account)
        } else {
            Err(AppError::NotFound)
        }
    }

    /// As [`Act::begin_changing`], for a new credential: a suspended account gets none either.
    ///
    /// # Errors
    /// As [`Act::begin_changing`], and `Gone` while the account is suspended.
    pub async fn begin_making(self, conn: &mut AsyncPgConnection) -> Result<(), AppError> {
        let account = self.begin_changing(conn).await?;
        match account.standing.refuses(suspensions::Act::MakeCredentials, self.now()) {
            Some(_) => Err(AppError::Gone(NO_NEW_ONES)),
            None => Ok(()),
        }
    }

    /// Tells the owner and whoever made the credential, and appends the audit event, inside the caller's
    /// transaction; call it last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn record(
        self,
        conn: &mut AsyncPgConnection,
        change: &Change,
        maker: Option<PersonId>,
    ) -> Result<(), AppError> {
        let now = self.now();
        if let Some((headline, sentence)) = change.words() {
            for recipient in concerned(conn, self.account.id, maker).await? {
                let mail = self.mail(&recipient, headline, &sentence);
                let (id, to) = (Some(recipient.id.0), recipient.email.as_str());
                outbox::enqueue(conn, &self.app.keys, now, id, to, &mail).await?;
            }
        }
        let (note, from) = (change.note(), self.who.caller.circumstances());
        let event = Event {
            note: note.as_deref(),
            ..Event::new(self.who.actor(), "account", self.account.id.0, change.action(), &from)
        };
        audit::append(conn, now, event).await?;
        Ok(())
    }

    fn mail(self, recipient: &Recipient, headline: &str, sentence: &str) -> CredentialChanged {
        CredentialChanged {
            recipient_name: recipient.name.clone(),
            account: self.account.name.clone(),
            headline: headline.to_owned(),
            sentence: sentence.to_owned(),
            by: self.who.name.clone(),
            at: moment(&self.now()),
            browser: self.who.caller.browser(),
            place: self.who.caller.place(),
            credentials_url: self.app.url(&self.account.path("/credentials")),
        }
    }
}

/// Decides what becomes of leaked secrets of the account.
///
/// # Errors
/// As [`Act::begin_changing`].
pub async fn decide_leak_response(act: Act<'_>, response: LeakResponse) -> Result<(), AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin_changing(conn).await?;
        if queries::set_leak_response(conn, act.account.id, response).await? {
            act.record(conn, &Change::LeakResponse(response), None).await?;
        }
        Ok(())
    })
    .await
}

/// What becomes of leaked secrets of an account.
///
/// # Errors
/// What the database says.
pub async fn leak_response(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<LeakResponse> {
    queries::leak_response(conn, account).await
}

/// Locks the credentials of an account, inside the caller's transaction, and says what becomes of one that leaked.
///
/// # Errors
/// What the database says; `NotFound` for an account that is gone.
pub(in crate::accounts) async fn lock_for_leak(
    conn: &mut AsyncPgConnection,
    account: AccountId,
) -> QueryResult<LeakResponse> {
    queries::lock(conn, account).await?;
    queries::leak_response(conn, account).await
}

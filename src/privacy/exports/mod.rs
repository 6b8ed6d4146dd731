//! A copy of everything (S89, S90, S91): of a person, or of an account that they own, made from the data map alone.
//!
//! It is ordered, made by a job and fetched. The job reads one snapshot of the database, table by table, and writes a
//! ZIP to the storage while it reads, so that it takes little memory however much there is. A try that does not come to
//! its end leaves nothing and begins anew, in a new snapshot: a copy is whole and of one moment, or it is not there.
//! It can be fetched for seven days by whoever ordered it, signed in and re-authenticated, and ended before that. The
//! next may be ordered a day after the last one that was made, at a time that the page names; nothing else delays it.
//!
//! - [`make`]: the job
//! - [`files`]: the tables, as JSON and as CSV
//! - [`explain`]: the manifest, and the page that people open
//! - [`closed`]: what no copy has any more
//! - [`failures`]: what a try failed of, in words
//! - [`tending`]: copies whose time is over, or whose file is lost
//! - [`web`]: the pages

mod closed;
mod explain;
mod failures;
mod files;
mod mail;
pub mod make;
mod queries;
mod tending;
pub mod web;

pub use mail::{ExportFailed, ExportReady};
pub use make::MakeExport;
pub use tending::{end_lost, remove_files};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::accounts::guard;
use crate::accounts::permissions::AccountRight;
use crate::content::locks;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, ExportId, PersonId};
use crate::platform::jobs;
use crate::platform::storage::Download;
use crate::platform::web::guards::SignedIn;
use crate::retention::rules;

pub use queries::Export;

/// Folder of the storage that copies are in; each has a folder of its own there, named by its id.
const FOLDER: &str = "exports";
/// What whoever fetches a copy reads whose file is not there.
const LOST: &str =
    "The file of this copy is lost, and the fault is ours. Order another: it shows what is kept then.";
/// Tries before a copy is given up.
const ATTEMPTS: i32 = 8;

/// Of what a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that is kept about the person who asks, with the accounts that they own.
    Person,
    /// All that is kept in one account.
    Account(AccountId),
}

impl Scope {
    fn account(self) -> Option<AccountId> {
        match self {
            Self::Person => None,
            Self::Account(account) => Some(account),
        }
    }
}

/// What came of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// It will be made, or is already being made: two clicks are one order.
    Begun(ExportId),
    /// One was made less than a day ago; from this moment on there can be another.
    NotBefore(DateTime<Utc>),
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has begun.
    Waiting,
    /// It is being made.
    Running,
    /// A try did not come to its end; another follows.
    Stumbled,
    /// It can be fetched.
    Ready,
    /// Its seven days are over.
    Expired,
    /// It was ended before that.
    Ended,
    /// It could not be made, and staff were told.
    GivenUp,
}

impl Export {
    /// How far it is at this moment.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        if self.ended_at.is_some() {
            return State::Ended;
        }
        if self.given_up_at.is_some() {
            return State::GivenUp;
        }
        if let Some(expires) = self.expires_at {
            return if now < expires { State::Ready } else { State::Expired };
        }
        match (self.began_at, self.stumbled_at) {
            (None, _) => State::Waiting,
            (Some(began), Some(stumbled)) if stumbled >= began => State::Stumbled,
            _ => State::Running,
        }
    }
}

/// Orders a copy. The person's row is locked, so that of two orders at once one is made.
///
/// # Errors
/// `NotFound` for an account that is not theirs; what the database says.
pub async fn order(app: &App, who: &SignedIn, scope: Scope) -> Result<Ordered, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if let Scope::Account(account) = scope {
            // Before the person: whoever decides about an account has it and then mails its members.
            locks::share_account(conn, account).await?;
        }
        people::lock_as(conn, who).await?;
        if let Scope::Account(account) = scope {
            may_take(conn, account, who.person).await?;
        }
        if let Some(last) = queries::last(conn, who.person, scope.account()).await? {
            if matches!(last.state(now), State::Waiting | State::Running | State::Stumbled) {
                return Ok(Ordered::Begun(last.id));
            }
            let next = last.requested_at + rules::EXPORT_PAUSE;
            if last.given_up_at.is_none() && last.finished_at.is_some() && now < next {
                return Ok(Ordered::NotBefore(next));
            }
        }
        let id = ExportId::new(now);
        queries::insert(conn, id, who.person, scope.account(), now).await?;
        jobs::enqueue_in_line(conn, &MakeExport { export: id }, ATTEMPTS, FOLDER).await?;
        note(conn, who, id, "person.export.ordered", now).await?;
        Ok(Ordered::Begun(id))
    })
    .await
}

/// Orders a copy of a person for a request that the portal fulfils, inside the caller's transaction, which has locked the
/// person's row. Where one was made less than a day ago, that one is answered instead.
///
/// # Errors
/// What the database says.
pub async fn order_for(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Export>> {
    if let Some(last) = queries::last(conn, person, None).await? {
        match last.state(now) {
            State::Ready if now < last.requested_at + rules::EXPORT_PAUSE => return Ok(Some(last)),
            // One at a time. What a running one shows may be older than the request; then another follows it.
            State::Waiting | State::Running | State::Stumbled => return Ok(None),
            _ => {}
        }
    }
    let id = ExportId::new(now);
    queries::insert(conn, id, person, None, now).await?;
    jobs::enqueue_in_line(conn, &MakeExport { export: id }, ATTEMPTS, FOLDER).await?;
    Ok(None)
}

/// The last copy of a person that is whole and can be fetched.
///
/// # Errors
/// What the database says.
pub async fn last_whole(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Option<Export>> {
    queries::last_whole(conn, person).await
}

async fn may_take(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
) -> Result<(), AppError> {
    let account = guard::find(conn, account, person).await?;
    if AccountRight::Manage.granted_to(account.role) { Ok(()) } else { Err(AppError::NotFound) }
}

/// A copy that this person ordered and may still see. One of an account that is no longer theirs is not there.
///
/// # Errors
/// `NotFound`; what the database says.
pub async fn find(app: &App, person: PersonId, id: ExportId) -> Result<Export, AppError> {
    let mut conn = app.db.get().await?;
    let export = queries::find(&mut conn, person, id).await?;
    if let Some(account) = export.account_id {
        may_take(&mut conn, account, person).await?;
    }
    Ok(export)
}

/// Notes that a copy is being fetched, and answers what is in it. Whoever may not, or is too late, finds nothing.
///
/// # Errors
/// As [`find`]; `Gone` where its file is lost.
pub async fn fetch(app: &App, who: &SignedIn, id: ExportId) -> Result<(Export, Download), AppError> {
    let export = find(app, who.person, id).await?;
    let now = app.clock.now();
    let file = match export.state(now) {
        State::Ready => export.file.clone().ok_or(AppError::NotFound)?,
        _ => return Err(AppError::NotFound),
    };
    let found = app.storage.open(&file).await?.ok_or(AppError::Gone(LOST))?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::fetched(conn, id, now).await?;
        note(conn, who, id, "person.export.fetched", now).await
    })
    .await?;
    Ok((export, found))
}

/// Ends a copy before its time: from now on it cannot be fetched, and its file goes with the next look, within minutes.
/// One that is still being made is not made.
///
/// # Errors
/// As [`find`].
pub async fn end(app: &App, who: &SignedIn, id: ExportId) -> Result<(), AppError> {
    find(app, who.person, id).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| match queries::end(conn, id, now).await? {
        0 => Ok(()),
        _ => note(conn, who, id, "person.export.ended", now).await,
    })
    .await?;
    Ok(())
}

/// Puts into the audit log what somebody did with a copy.
async fn note(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: ExportId,
    action: &'static str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (from, note) = (who.caller.circumstances(), id.to_string());
    let event = Event::new(who.actor(), "person", who.person.0, action, &from).note(&note);
    audit::append(conn, now, event).await.map(drop)
}

fn folder(id: ExportId) -> String {
    format!("{FOLDER}/{id}")
}

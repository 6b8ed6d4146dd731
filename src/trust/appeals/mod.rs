//! Appeals (S129, S130): the owner of an account asks for a person to look at a suspension again.
//!
//! One is open at a time, within six months of the notice, as long as the suspension is in force. Both sides write on its
//! page and send files along; a mail says only that there is something to read. Whoever decides has claimed it, had no part
//! in the suspension and is nobody of the account: the database refuses anybody else. They uphold, shorten or lift, with
//! reasons that the customer reads. A second appeal, after the first was not granted, goes to another person and is final;
//! its mail names the other routes (S131, S132). Where the suspension ends by itself meanwhile, nothing is left to decide.
//!
//! Everything locks the row of the account first, so that filing, deciding, lifting and expiring happen one after the
//! other, and each sees what the one before did.
//!
//! - [`deciding`]: what a reviewer does; `refusals`: what stands against it
//! - [`files`]: what was sent along; [`view`]: what was written, as both sides see it
//! - [`pace`]: how long a first answer took of late, honestly
//! - [`web`]: the pages of the owner; [`staff`]: the desk

pub mod deciding;
pub mod files;
pub mod mail;
pub mod pace;
mod queries;
mod refusals;
pub mod staff;
pub mod view;
pub mod web;

pub use queries::{Appeal, Message, find, messages, of_suspension};
pub(crate) use queries::{Decided, decide, insert, insert_message};
pub use refusals::Refusal;
pub(crate) use refusals::refused;

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::accounts;
use crate::accounts::guard::Account;
use crate::accounts::permissions::AccountRight;
use crate::content::forbidden;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::error::AppError;
use crate::platform::files::Uploader;
use crate::platform::files::letter::{Letter, parse_words};
use crate::platform::ids::{AccountId, AppealId, SuspensionId};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::rate_limit::{self, Quota};
use crate::privacy::data_requests::deadlines;
use crate::trust::suspensions::{self, Suspension};

/// Longest appeal and longest message, in characters.
pub const LONGEST: usize = 2000;
/// Business days in which a first answer is aimed at.
pub const ANSWERED_WITHIN: u32 = 2;
/// Where our privacy team reads mail (S131).
pub const PRIVACY_MAIL: &str = "info@lossexpress.com";
/// What is left when we cannot settle it (S132).
pub const ARBITRATION: &str = "If we cannot settle it between us, Section 18 of our terms of service (Agreement to Arbitrate) says how the American Arbitration Association does.";
/// Appeals against one suspension.
const FILINGS: Quota = Quota::per_minutes("appeal_filed", 5, 24 * 60);
/// Messages of one side of one appeal.
const SENDINGS: Quota = Quota::per_minutes("appeal_message", 20, 60);

/// Why nobody can appeal against a suspension now; nothing where its owner can.
pub fn closed(suspension: &Suspension, appeals: &[Appeal], now: DateTime<Utc>) -> Option<Refusal> {
    let answered = appeals.iter().filter(|appeal| appeal.was_turned_down()).count();
    match () {
        () if appeals.iter().any(Appeal::is_open) => Some(Refusal::Open),
        () if suspension.ended_how.as_deref() == Some("lifted") => Some(Refusal::Over),
        () if answered >= 2 => Some(Refusal::Final),
        () if !suspension.can_be_appealed(now) => Some(Refusal::TooLate),
        () => None,
    }
}

/// By when a first answer is aimed at: at the same hour, two business days later.
pub fn due(filed: DateTime<Utc>) -> DateTime<Utc> {
    deadlines::business_days_after(filed.date_naive(), ANSWERED_WITHIN).and_time(filed.time()).and_utc()
}

/// Locks the account, and whoever is signed in as its owner.
async fn as_owner(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    who: &SignedIn,
) -> diesel::QueryResult<Account> {
    let account = accounts::lock(conn, account, who).await?;
    if AccountRight::Manage.granted_to(account.role) {
        Ok(account)
    } else {
        Err(diesel::result::Error::NotFound)
    }
}

/// Files an appeal of the owner. Where it is refused, its files go.
///
/// # Errors
/// Inside: that it is too late, one is open, both were decided, or the suspension is over. Outside: `NotFound` if the
/// account is not theirs any more, `TooManyRequests` beyond five a day.
pub async fn file(
    app: &App,
    who: &SignedIn,
    suspension: &Suspension,
    letter: &Letter,
) -> Result<Result<AppealId, Refusal>, AppError> {
    letter.settle(app, try_to_file(app, who, suspension, letter).await).await
}

async fn try_to_file(
    app: &App,
    who: &SignedIn,
    suspension: &Suspension,
    letter: &Letter,
) -> Result<Result<AppealId, Refusal>, AppError> {
    rate_limit::take(app, FILINGS, &suspension.id.to_string()).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let filed = conn
        .transaction(async |conn| {
            let account = as_owner(conn, suspension.account, who).await?;
            let id = AppealId::new(now);
            queries::insert(conn, id, suspension, who.person, &letter.body, now).await?;
            let by = Uploader::Customer(Some(who.person));
            files::attach(conn, (id, None), by, &letter.files, now).await?;
            let appeal = queries::find(conn, id).await?;
            mail::received(conn, app, &account, &appeal, now).await?;
            let (actor, from) = (Actor::Customer(who.person.0), who.caller.circumstances());
            log(conn, actor, &appeal, "account.appeal.filed", &from, now).await?;
            Ok(id)
        })
        .await;
    refused(filed)
}

/// Takes an appeal back. Another can be filed as long as there is time.
///
/// # Errors
/// Inside: that it is closed. Outside: as [`file`].
pub async fn withdraw(app: &App, who: &SignedIn, appeal: &Appeal) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let withdrawn = conn
        .transaction(async |conn| {
            as_owner(conn, appeal.account, who).await?;
            queries::withdraw(conn, appeal.id, now).await?;
            let from = who.caller.circumstances();
            log(conn, Actor::Customer(who.person.0), appeal, "account.appeal.withdrawn", &from, now).await
        })
        .await;
    refused(withdrawn)
}

/// Lets one side of an appeal write one more message; ask before a form with files is read.
///
/// # Errors
/// `TooManyRequests` beyond twenty an hour.
pub async fn admit(app: &App, appeal: &str, side: &str) -> Result<(), AppError> {
    rate_limit::take(app, SENDINGS, &format!("{appeal} {side}")).await
}

/// Writes a message of the owner. Where it is refused, its files go.
///
/// # Errors
/// Inside: that it is closed, or that there is no more room for files. Outside: `NotFound` if the account is not theirs
/// any more.
pub async fn write(
    app: &App,
    who: &SignedIn,
    appeal: &Appeal,
    letter: &Letter,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let written = conn
        .transaction(async |conn| {
            as_owner(conn, appeal.account, who).await?;
            let author = ("customer", who.person);
            let message = queries::insert_message(conn, appeal.id, author, &letter.body, now).await?;
            let by = Uploader::Customer(Some(who.person));
            files::attach(conn, (appeal.id, Some(message)), by, &letter.files, now).await
        })
        .await;
    letter.settle(app, refused(written)).await
}

/// Reads what was typed as an appeal or a message.
///
/// # Errors
/// What is wrong with it.
pub fn parse(typed: &str) -> Result<String, String> {
    parse_words(typed, LONGEST, "Write up to 2,000 characters.").and_then(forbidden::refuse)
}

async fn log(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    appeal: &Appeal,
    action: &'static str,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let note = format!("{} against {}", appeal.id, appeal.suspension);
    let event = Event::new(actor, "account", appeal.account.0, action, from).note(&note);
    audit::append(conn, now, event).await.map(drop)
}

/// The suspension that an appeal is against.
///
/// # Errors
/// What the database says.
pub async fn against(conn: &mut AsyncPgConnection, id: SuspensionId) -> diesel::QueryResult<Suspension> {
    suspensions::find(conn, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_first_answer_is_due_two_business_days_later_at_the_same_hour() {
        for (filed, answer) in [
            ("2026-11-30T09:41:00Z", "2026-12-02T09:41:00Z"),
            // Friday, Saturday.
            ("2026-12-04T23:59:00Z", "2026-12-08T23:59:00Z"),
            ("2026-12-05T10:00:00Z", "2026-12-08T10:00:00Z"),
            // Thanksgiving.
            ("2026-11-25T10:00:00Z", "2026-11-30T10:00:00Z"),
        ] {
            assert_eq!(due(at(filed)), at(answer), "{filed}");
        }
    }

    #[test]
    fn what_is_typed_is_counted_in_characters() {
        assert!(parse(&"ä".repeat(2000)).is_ok());
        assert!(parse(&"ä".repeat(2001)).is_err());
        assert!(parse(" \r\n ").is_err() && parse("a\u{7}").is_err());
        assert_eq!(parse(" a\r\nb ").as_deref(), Ok("a\nb"));
    }
}

//! Two further things that we know of somebody, and what becomes of a request where they do not match.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::{Stage, note_try, stage};
use crate::identity::people::{self, Person};
use crate::identity::phone_verification::parse_phone;
use crate::platform::app::App;
use crate::platform::db::schema::{accounts, data_request_tries, data_requests};
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::text::in_one_line;
use crate::preferences::contacts;
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::states::{self, Act, By, Refusal, Step};
use crate::privacy::data_requests::{DataRequest, Requester, log, mail, queries, refused};

/// So many further things have to be right.
const ENOUGH: i32 = 2;

/// What somebody says we know of them.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Full name.
    pub name: String,
    /// Telephone number.
    pub phone: String,
    /// Company.
    pub company: String,
    /// SID of an account of theirs.
    pub account: String,
    /// Which of these they say is wrong with us: a correction is not verified by what it disputes (11 CCR 7060).
    pub disputed: String,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are who they say.
    Verified,
    /// They may try again.
    Again,
    /// There were enough tries, so the request is looked at as a question for categories.
    Recast,
    /// There were enough tries, and the privacy team has to look.
    Enough,
}

fn same(told: &str, held: &str) -> bool {
    let plain = |text: &str| in_one_line(text).to_lowercase();
    !told.trim().is_empty() && plain(told) == plain(held)
}

async fn points(
    conn: &mut AsyncPgConnection,
    told: &Told,
    email: &str,
    person: Option<&Person>,
) -> QueryResult<i32> {
    let contact = contacts::find_by_email(conn, email).await?;
    let held = |of_person: Option<&String>, of_contact: Option<&String>| {
        of_person.or(of_contact).cloned().unwrap_or_default()
    };
    let name = held(person.map(|p| &p.name), contact.as_ref().and_then(|c| c.name.as_ref()));
    let company =
        held(person.and_then(|p| p.company.as_ref()), contact.as_ref().and_then(|c| c.company.as_ref()));
    let phone = person.and_then(|p| p.phone.clone()).unwrap_or_default();
    let told_phone = parse_phone(told.phone.trim()).unwrap_or_default();
    let account = match (told.account.trim().parse::<AccountId>(), person) {
        (Ok(account), Some(person)) => {
            let theirs = accounts::table.find(account).filter(accounts::owner_id.eq(person.id));
            diesel::select(diesel::dsl::exists(theirs)).get_result(conn).await?
        }
        _ => false,
    };
    let right = [
        ("name", same(&told.name, &name)),
        ("company", same(&told.company, &company)),
        ("phone", !phone.is_empty() && told_phone == phone),
        ("account", account),
    ];
    let count = right.iter().filter(|(what, right)| *right && *what != told.disputed).count();
    Ok(i32::try_from(count).unwrap_or(0))
}

/// Tries what somebody says we know of them.
///
/// # Errors
/// Inside: that no code was shown, that there were enough tries, or that none is needed.
pub async fn try_data(
    app: &App,
    who: &Requester,
    request: &DataRequest,
    told: &Told,
) -> Result<Result<Outcome, Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let tried = conn.transaction(async |conn| take_try(conn, app, who, request, told, now).await).await;
    refused(tried)
}

async fn take_try(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &Requester,
    request: &DataRequest,
    told: &Told,
    now: DateTime<Utc>,
) -> QueryResult<Outcome> {
    let id = request.id;
    if stage(conn, request).await? != Stage::Data {
        return Ok(Outcome::Again);
    }
    let email = request.email.as_deref().unwrap_or_default();
    let person = people::find_by_email(conn, email).await?;
    let points = points(conn, told, email, person.as_ref()).await?;
    note_try(conn, id, ("data", points >= ENOUGH, points), now).await?;
    if points < ENOUGH {
        return after_failure(conn, app, request, now).await;
    }
    if let Some(person) = person {
        diesel::update(data_requests::table.find(id))
            .set(data_requests::person_id.eq(person.id))
            .execute(conn)
            .await?;
    }
    let step = Step::new(Act::Verified, By::Requester(None)).how("mail_and_data");
    states::take(conn, id, &step, now).await?;
    log(conn, who.actor, id, Act::Verified, &who.from, now).await?;
    Ok(Outcome::Verified)
}

async fn after_failure(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<Outcome> {
    let failed: i64 = data_request_tries::table
        .filter(data_request_tries::request_id.eq(request.id))
        .filter(data_request_tries::what.eq("data").and(data_request_tries::matched.eq(false)))
        .count()
        .get_result(conn)
        .await?;
    if failed < 3 {
        return Ok(Outcome::Again);
    }
    let recast = recast(conn, app, request, now).await?;
    Ok(if recast { Outcome::Recast } else { Outcome::Enough })
}

/// Makes a question for specifics that could not be verified one for categories, which the mailbox alone shows enough
/// for, inside the caller's transaction. Answers whether it was such a question.
///
/// # Errors
/// What the database says.
pub async fn recast(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    if !matches!(request.kind(), Kind::Access | Kind::Portability) {
        return Ok(false);
    }
    let step = Step::new(Act::Recast, By::System).note("It could not be verified: 11 CCR 7024(a).");
    let words = "We could not make sure that it is you, so we give out no specific pieces of data. We tell you the categories instead.";
    states::take(conn, request.id, &step.words(words), now).await?;
    states::take(conn, request.id, &Step::new(Act::Verified, By::System).how("mailbox"), now).await?;
    let request = queries::find(conn, request.id).await?;
    mail::tell(conn, app, &request, "We answer your request in general terms", words, now).await?;
    Ok(true)
}

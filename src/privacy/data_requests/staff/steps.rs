//! The steps that staff take on a request: each with the note that says why, and the mail that belongs to it.

use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::deletion;
use crate::accounts::readers;
use crate::identity::people::find_by_email;
use crate::platform::app::App;
use crate::platform::db::schema::{accounts, data_requests};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{day, moment};
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::mail::{self, EndUserRequestPassedOn};
use crate::privacy::data_requests::messages;
use crate::privacy::data_requests::states::{self, Act, By, Ground, Refusal, Step};
use crate::privacy::data_requests::{DataRequest, log, queries, refused};
use crate::privacy::receipts::of_request;

/// What staff do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Note something.
    Note(String),
    /// Say that whoever asks is who they say, with what was looked at.
    Verify(String),
    /// The same, by an agent's signed permission.
    VerifyAgent(String),
    /// Suspect that somebody else asks.
    Suspect(String),
    /// Clear that.
    Clear(String),
    /// Take longer, with words for whoever asked.
    Extend(String),
    /// Pass an end user's request on to the customer that it concerns (S161).
    Inform(AccountId),
    /// Note that the law forbids to tell the customer.
    Bar(String),
    /// Note that the customer agrees that we answer (S162).
    Agree(String),
    /// Note that what was not done was looked at again (S94).
    LookAgain(String),
}

impl Deed {
    fn step(&self, by: By, version: i32) -> Step<'_> {
        let step = |act| Step::new(act, by).seen(version);
        match self {
            Self::Note(note) => step(Act::Noted).note(note),
            Self::Verify(note) => step(Act::Verified).how("staff").note(note),
            Self::VerifyAgent(note) => step(Act::Verified).how("agent").note(note),
            Self::Suspect(note) => step(Act::FraudSuspected).note(note),
            Self::Clear(note) => step(Act::FraudCleared).note(note),
            Self::Extend(words) => step(Act::Extended).words(words),
            Self::Inform(_) => step(Act::CustomerInformed),
            Self::Bar(note) => step(Act::InformingBarred).note(note),
            Self::Agree(note) => step(Act::CustomerAgreed).note(note),
            Self::LookAgain(note) => step(Act::LookedAgain).note(note),
        }
    }
}

/// Takes a step, with the mail that belongs to it.
///
/// # Errors
/// Inside: what stands against it. Outside: `NotFound` for a customer that there is none of.
pub async fn take(
    app: &App,
    who: &SignedIn,
    request: &DataRequest,
    version: i32,
    deed: &Deed,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id, by) = (app.clock.now(), request.id, By::Staff(who.person));
    let mut conn = app.db.get().await?;
    let taken = conn
        .transaction(async |conn| {
            let step = deed.step(by, version);
            states::take(conn, id, &step, now).await?;
            if matches!(deed, Deed::Verify(_) | Deed::VerifyAgent(_)) {
                recognise(conn, request).await?;
            }
            let request = queries::find(conn, id).await?;
            tell(conn, app, &request, deed).await?;
            log(conn, who.actor(), id, step.act, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(taken)
}

/// Whoever was verified is the person who has the address, if somebody has. An end user's request is not the person's own:
/// it is about what a customer of ours keeps.
async fn recognise(conn: &mut AsyncPgConnection, request: &DataRequest) -> QueryResult<()> {
    let Some(email) = request.email.as_deref().filter(|_| request.kind() != Kind::EndUser) else {
        return Ok(());
    };
    if let Some(person) = find_by_email(conn, email).await? {
        let unknown = data_requests::table.find(request.id).filter(data_requests::person_id.is_null());
        diesel::update(unknown).set(data_requests::person_id.eq(person.id)).execute(conn).await?;
    }
    Ok(())
}

async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    deed: &Deed,
) -> QueryResult<()> {
    let now = app.clock.now();
    match deed {
        Deed::Verify(_) | Deed::VerifyAgent(_) => {
            let sentence = "Our privacy team made sure of who asks, and works on your request now.";
            mail::tell(conn, app, request, "Your request is verified", sentence, now).await
        }
        Deed::Extend(words) => {
            let sentence = format!("{words} You get an answer by {}.", day(&request.due_at));
            mail::tell(conn, app, request, "Your request takes longer", &sentence, now).await
        }
        Deed::Inform(account) => pass_on(conn, app, request, *account).await,
        _ => Ok(()),
    }
}

/// Tells the customer, and whoever asked that they were told; nothing about whether they hold anything.
async fn pass_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    account: AccountId,
) -> QueryResult<()> {
    let now = app.clock.now();
    let name: String = accounts::table.find(account).select(accounts::name).first(conn).await?;
    diesel::update(data_requests::table.find(request.id))
        .set(data_requests::account_id.eq(account))
        .execute(conn)
        .await?;
    for (person, recipient_name, email) in readers::answerable(conn, account).await? {
        let mail = EndUserRequestPassedOn {
            recipient_name,
            account: name.clone(),
            from: request.email.clone().unwrap_or_else(|| "not told".into()),
            received: moment(&request.received_at),
            details: request.details.clone().unwrap_or_default(),
            number: request.id.to_string(),
            url: app.url(&format!("/accounts/{account}/end-users")),
        };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    let body = "We passed your request on to the company that you named. It answers for the data and will answer you. We do not answer in its place unless it agrees.";
    messages::insert(conn, request.id, By::System, body, now).await.map(drop)
}

/// What comes of a request.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It was done, with words for whoever asked.
    Fulfil(String),
    /// It was done but for these items.
    Partly {
        /// For whoever asked.
        words: String,
        /// What was withheld.
        items: Vec<String>,
        /// Why.
        ground: Ground,
    },
    /// It was not done.
    Deny(Ground),
}

/// Decides a request, and mails the answer.
///
/// # Errors
/// Inside: what stands against it.
pub async fn decide(
    app: &App,
    who: &SignedIn,
    request: &DataRequest,
    version: i32,
    decision: &Decision,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let mut conn = app.db.get().await?;
    let decided = conn
        .transaction(async |conn| {
            let act = match decision {
                // It is done when everything is deleted, and the mail that says so is the answer.
                Decision::Fulfil(words) if request.kind() == Kind::Deletion => {
                    deletion::begin(conn, app, who.person, id, (version, words)).await?;
                    Act::Fulfilled
                }
                _ => {
                    let act = write(conn, app, who.person, request, version, decision).await?;
                    of_request::answered(conn, app, id, now).await?;
                    mail::answer(conn, app, id, now).await?;
                    act
                }
            };
            log(conn, who.actor(), id, act, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(decided)
}

async fn write(
    conn: &mut AsyncPgConnection,
    app: &App,
    staff: PersonId,
    request: &DataRequest,
    version: i32,
    decision: &Decision,
) -> QueryResult<Act> {
    let (now, id) = (app.clock.now(), request.id);
    let step = |act| Step::new(act, By::Staff(staff)).seen(version);
    let step = match decision {
        Decision::Fulfil(words) => step(Act::Fulfilled).words(words),
        Decision::Partly { words, items, ground } => {
            for item in items {
                queries::withhold(conn, id, item, ground, now).await?;
            }
            step(Act::PartlyFulfilled).words(words)
        }
        Decision::Deny(ground) => Step { ground: Some(ground), ..step(Act::Denied) },
    };
    states::take(conn, id, &step, now).await?;
    Ok(step.act)
}

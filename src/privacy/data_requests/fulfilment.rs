//! What the portal does by itself: everything that needs no judgment and that it has the means for. The rest waits for
//! a person at the desk.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::kinds::{Channel, Kind};
use super::limits::{self, Limit};
use super::states::{self, Act, Step};
use super::{DataRequest, mail, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::db::schema::{data_requests, exports as table_of_exports};
use crate::platform::ids::{ContactId, PersonId, RequestId};
use crate::platform::web::pages::moment;
use crate::preferences::contacts::{self, NewContact};
use crate::preferences::decisions::{self, By, Choice, Decision, Via};
use crate::preferences::topics::Topic;
use crate::privacy::erasure;
use crate::privacy::exports;
use crate::privacy::receipts::of_request;

/// Whether the portal does what this kind of request asks for by itself, at once or within minutes, where it comes from
/// somebody who is signed in. It also does a deletion
/// by itself, when its grace is over and nothing stands against it.
pub fn is_by_machine(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Categories
            | Kind::Access
            | Kind::Portability
            | Kind::Restriction
            | Kind::RestrictionLifting
            | Kind::ConsentWithdrawal
            | Kind::Objection
    )
}

/// Does what a request asks for, inside the caller's transaction, and answers the words for whoever asked; nothing
/// where a person has to do it.
///
/// # Errors
/// What the database says.
pub async fn by_machine(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    if request.kind() == Kind::Deletion {
        delete(conn, app, request.id, now).await?;
        return Ok(None);
    }
    let Some(person) = request.person else { return Ok(None) };
    let words = match request.kind() {
        Kind::Restriction => {
            limits::begin(conn, person, Limit::Restriction, request.id, now).await?;
            cancel_queued(conn, person, now).await?;
            "From now on we keep your data and do nothing else with it: no mailings, no calls, no training of staff. Your account works as before. You can end this at any time."
        }
        Kind::RestrictionLifting => {
            if limits::lift(conn, person, Limit::Restriction, now).await? {
                "The restriction has ended. What you chose in your settings holds again."
            } else {
                "There was no restriction any more, so nothing had to change."
            }
        }
        Kind::ConsentWithdrawal => {
            withdraw_consent(conn, app, person, now).await?;
            "We took back everything that you had allowed us: no mailings and no calls from now on. You can choose anew in your settings. Whether page statistics count a visit is chosen in each browser, on the page about cookies."
        }
        Kind::Objection => {
            limits::begin(conn, person, Limit::Enrichment, request.id, now).await?;
            "We no longer look you up in public sources or at others, and add nothing to your data that you did not tell us."
        }
        // The report is a page of theirs. Whoever is not signed in is answered by a person.
        Kind::Categories if request.channel == Channel::Portal.as_str() => {
            "Your report is ready: every category of personal information that we hold about you, where it comes from, why we keep it, with whom we share it and how long it stays. It is made anew whenever you open it, from the page of this request or under Your data by category."
        }
        Kind::Access | Kind::Portability => return copy(conn, person, now).await,
        _ => return Ok(None),
    };
    Ok(Some(words.to_owned()))
}

/// Orders a copy; the request is fulfilled when it is made. Where there is one of today, that is the answer.
async fn copy(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    let recent = exports::order_for(conn, person, now).await?;
    Ok(recent.map(|recent| copy_words(&recent)))
}

fn copy_words(copy: &exports::Export) -> String {
    let as_of = copy.as_of.as_ref().map(moment).unwrap_or_default();
    format!(
        "Your copy is ready: everything that we held about you on {as_of}, as JSON and CSV, with a page that opens offline. Fetch it under Copies of your data, within seven days. The next can be ordered a day after it."
    )
}

/// Begins a deletion whose grace is over, unless something stands against it, which is for staff then.
async fn delete(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // Whoever undoes it waits for this, and then finds that it has begun.
    let request = queries::lock(conn, id).await?;
    let ripe = request.grace_until.is_some_and(|until| until <= now) && request.fraud_suspected_at.is_none();
    if request.state().is_open() && ripe {
        erasure::order_for(conn, &app.keys, &request, states::By::System, now).await?;
    }
    Ok(())
}

/// People with a request for a copy that is open although there is a copy: a process ended between the two.
///
/// # Errors
/// What the database says.
pub async fn waiting_with_copy(conn: &mut AsyncPgConnection) -> QueryResult<Vec<PersonId>> {
    let copied = table_of_exports::table
        .filter(table_of_exports::person_id.nullable().eq(data_requests::person_id))
        .filter(
            table_of_exports::account_id
                .is_null()
                .and(table_of_exports::as_of.ge(data_requests::received_at.nullable())),
        );
    let people: Vec<Option<PersonId>> = data_requests::table
        .filter(open_for_copies())
        .filter(exists(copied))
        .order(data_requests::person_id)
        .distinct()
        .select(data_requests::person_id)
        .limit(1000)
        .load(conn)
        .await?;
    Ok(people.into_iter().flatten().collect())
}

/// Requests for a copy that nothing is under way for, because the copy that was being made when they came in was begun
/// before them. Where a copy was given up since, staff look.
///
/// # Errors
/// What the database says.
pub async fn without_copy(conn: &mut AsyncPgConnection) -> QueryResult<Vec<RequestId>> {
    let of_theirs = || {
        table_of_exports::table
            .filter(table_of_exports::person_id.nullable().eq(data_requests::person_id))
            .filter(table_of_exports::account_id.is_null())
    };
    let under_way = of_theirs()
        .filter(table_of_exports::finished_at.is_null().and(table_of_exports::ended_at.is_null()))
        .filter(table_of_exports::given_up_at.is_null());
    let since = of_theirs().filter(table_of_exports::requested_at.ge(data_requests::received_at));
    data_requests::table
        .filter(open_for_copies())
        .filter(data_requests::person_id.is_not_null().and(not(exists(under_way))).and(not(exists(since))))
        .order(data_requests::id)
        .select(data_requests::id)
        .limit(1000)
        .load(conn)
        .await
}

#[diesel::dsl::auto_type]
fn open_for_copies() -> _ {
    let kinds: [&'static str; 2] = ["access", "portability"];
    let states: [&'static str; 2] = ["open", "extended"];
    data_requests::kind
        .eq_any(kinds)
        .and(data_requests::state.eq_any(states))
        .and(data_requests::channel.eq("portal"))
}

/// Answers the requests of somebody that a copy fulfils, once one is made. A request that moved on meanwhile is left.
///
/// # Errors
/// What the database says.
pub async fn copy_made(app: &App, person: PersonId) -> QueryResult<()> {
    let now = app.clock.now();
    let mut conn =
        app.db.get().await.map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))?;
    let Some(copy) = exports::last_whole(&mut conn, person).await? else { return Ok(()) };
    let ids: Vec<RequestId> = data_requests::table
        .filter(open_for_copies())
        .filter(data_requests::person_id.eq(person))
        .filter(data_requests::received_at.nullable().le(copy.as_of))
        .order(data_requests::id)
        .select(data_requests::id)
        .load(&mut conn)
        .await?;
    for id in ids {
        let words = copy_words(&copy);
        let done = conn
            .transaction(async |conn| {
                states::take(conn, id, &Step::new(Act::Fulfilled, states::By::System).words(&words), now)
                    .await?;
                of_request::answered(conn, app, id, now).await?;
                mail::answer(conn, app, id, now).await
            })
            .await;
        match done {
            Err(error) if states::refusal(&error).is_none() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Mailings that wait to be sent are not sent.
async fn cancel_queued(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::sql_query("SELECT suppress_queued_messages(id, NULL, $2) FROM contacts WHERE person_id = $1")
        .bind::<SqlUuid, _>(person)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    Ok(())
}

async fn withdraw_consent(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let contact = contact_of(conn, app, person, now).await?;
    for topic in [None, Some(Topic::OnboardingCalls)] {
        let decision = Decision {
            contact,
            topic,
            channel: topic.map_or(crate::preferences::topics::Channel::Email, Topic::channel),
            choice: Choice::Unsubscribed,
            by: By::Person(Some(person)),
            via: Via::Page,
            wording: Kind::ConsentWithdrawal.about(),
            country: None,
            campaign: None,
        };
        decisions::record(conn, &decision, now).await?;
    }
    Ok(())
}

/// Who has no contact yet gets one, because a call may be refused before anything was chosen.
async fn contact_of(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<ContactId> {
    if let Some(contact) = contacts::find_of(conn, person).await? {
        return Ok(contact.id);
    }
    let person = people::find(conn, person).await?;
    let new = NewContact {
        email: &person.email,
        name: Some(&person.name),
        company: person.company.as_deref(),
        person: Some(person.id),
        country: None,
        source: "settings",
        confirmed: true,
    };
    contacts::find_or_create(conn, &app.keys, &new, now).await
}

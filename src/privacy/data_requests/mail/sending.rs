//! To whom the mail of a request goes, and what stands in each.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{DataRequestAnswered, DataRequestNews, DataRequestReceived, NotDone};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::ids::RequestId;
use crate::platform::mail::{self as outbox, Mail};
use crate::platform::web::pages::{date, day, moment};
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::states::State;
use crate::privacy::data_requests::{DataRequest, fulfilment, links, queries};

/// Who gets the mail about a request: id, name and address. Nobody once nothing says any more who asked.
async fn addressee(
    conn: &mut AsyncPgConnection,
    request: &DataRequest,
) -> QueryResult<Option<(Option<Uuid>, String, String)>> {
    if let (Some(email), "form" | "email" | "agent") = (&request.email, request.channel.as_str()) {
        let name = request.name.clone().unwrap_or_else(|| "there".into());
        return Ok(Some((request.person.map(|person| person.0), name, email.clone())));
    }
    let Some(person) = request.person else { return Ok(None) };
    let person = people::find(conn, person).await?;
    Ok(Some((Some(person.id.0), person.name, person.email)))
}

/// Sends the mail that is made of the reader's name.
pub(in crate::privacy::data_requests) async fn send<M: Mail>(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
    make: impl FnOnce(String) -> M,
) -> QueryResult<()> {
    if let Some((person, name, email)) = addressee(conn, request).await? {
        outbox::enqueue(conn, &app.keys, now, person, &email, &make(name)).await?;
    }
    Ok(())
}

/// How a request goes on after it came in.
fn next(request: &DataRequest) -> &'static str {
    match (request.state(), request.kind()) {
        (_, Kind::Access | Kind::Portability)
            if request.person.is_some() && request.state() == State::Open =>
        {
            "Your copy is being made now, which takes minutes; another mail says where to fetch it."
        }
        (State::Open, kind) if fulfilment::is_by_machine(kind) && request.channel == "portal" => {
            "It is done at once; another mail says what was done."
        }
        (State::Open, kind) if kind.is_deletion() => {
            "You were signed in, so we know that it is you. A deletion is asked for twice: confirm it on the page of the request, or nothing is deleted."
        }
        (State::Open, _) => {
            "You were signed in, so we know that it is you. Our privacy team works on it now."
        }
        _ => "First we make sure that it is you who asks. The page of the request says how.",
    }
}

/// Confirms receipt.
///
/// # Errors
/// What the database says.
pub(in crate::privacy::data_requests) async fn acknowledge(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DataRequestReceived {
        recipient_name,
        number: request.id.to_string(),
        what: request.kind().label().to_owned(),
        received: moment(&request.received_at),
        due: day(&request.due_at),
        next: next(request).to_owned(),
        url: links::url(app, request),
    };
    send(conn, app, request, now, make).await
}

/// Tells whoever asked that something happened.
///
/// # Errors
/// What the database says.
pub(in crate::privacy::data_requests) async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    headline: &str,
    sentence: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DataRequestNews {
        recipient_name,
        headline: headline.to_owned(),
        sentence: sentence.to_owned(),
        number: request.id.to_string(),
        url: links::url(app, request),
    };
    send(conn, app, request, now, make).await
}

/// Mails the answer that a request has got.
///
/// # Errors
/// What the database says.
pub(in crate::privacy::data_requests) async fn answer(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let request = queries::find(conn, id).await?;
    let last = queries::steps(conn, id).await?.into_iter().find(|step| step.act == request.state_name);
    let withheld = queries::withheld(conn, id).await?;
    let mut not_done: Vec<NotDone> = withheld
        .into_iter()
        .map(|one| NotDone {
            item: one.item,
            words: one.words,
            ground: one.legal_ground,
            again: date(one.look_again_on),
        })
        .collect();
    let mut words = last.as_ref().and_then(|step| step.words.clone()).unwrap_or_default();
    if let Some((step, again)) = last.as_ref().and_then(|step| Some((step, step.look_again_on?))) {
        let (item, ground) = ("Your request".into(), step.legal_ground.clone().unwrap_or_default());
        not_done.push(NotDone { item, words: std::mem::take(&mut words), ground, again: date(again) });
        words = "We could not do what you asked. Here is why, and what you can do about it.".into();
    }
    let headline = match request.state() {
        State::Fulfilled => "Your request is done",
        State::PartlyFulfilled => "Your request is done in part",
        _ => "Your request was not done",
    };
    let make = |recipient_name| DataRequestAnswered {
        recipient_name,
        headline: headline.to_owned(),
        words,
        not_done,
        number: id.to_string(),
        url: links::url(app, &request),
    };
    send(conn, app, &request, now, make).await
}

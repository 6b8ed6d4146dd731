//! Mail about requests. None of it tells more than that there is something to read, what it is about and by when.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::kinds::Kind;
use super::states::State;
use super::{DataRequest, links, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::ids::RequestId;
use crate::platform::mail::{self as outbox, Mail, wrapped};
use crate::platform::web::pages::{day, moment};

crate::mail! {
    /// Confirms that a request came in.
    pub struct DataRequestReceived {
        /// Who reads it.
        pub recipient_name: String,
        /// SID.
        pub number: String,
        /// What was asked for.
        pub what: String,
        /// When it came in.
        pub received: String,
        /// By when there is an answer.
        pub due: String,
        /// How it goes on.
        pub next: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_received", text: "mail/data_request_received.txt", html: "mail/data_request_received.html", class: Transactional,
    subject: |_mail| "We have your request about your data".into()
}

impl DataRequestReceived {
    /// How it goes on, in lines of a mail.
    pub fn next_lines(&self) -> String {
        wrapped(&self.next)
    }
}

crate::mail! {
    /// The code that shows that a mailbox is theirs.
    pub struct DataRequestCode {
        /// Who reads it.
        pub recipient_name: String,
        /// Six digits.
        pub code: String,
        /// Until when it works.
        pub until: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_code", text: "mail/data_request_code.txt", html: "mail/data_request_code.html", class: Transactional,
    subject: |_mail| "Your code for the request about your data".into()
}

crate::mail! {
    /// Tells whoever asked that something happened.
    pub struct DataRequestNews {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened.
        pub headline: String,
        /// More about it.
        pub sentence: String,
        /// SID.
        pub number: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_news", text: "mail/data_request_news.txt", html: "mail/data_request_news.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl DataRequestNews {
    /// The sentence, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped(&self.sentence)
    }
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub struct NotDone {
    /// What.
    pub item: String,
    /// Why, for whoever asked.
    pub words: String,
    /// The law behind it.
    pub ground: String,
    /// When somebody looks again.
    pub again: String,
}

impl NotDone {
    /// All of it, in lines of a mail.
    pub fn lines(&self) -> String {
        let Self { item, words, ground, again } = self;
        wrapped(&format!("{item}: {words} Legal ground: {ground}. We look at it again on {again}."))
    }
}

crate::mail! {
    /// The answer.
    pub struct DataRequestAnswered {
        /// Who reads it.
        pub recipient_name: String,
        /// What came of it.
        pub headline: String,
        /// More about it.
        pub words: String,
        /// What was not done, and why.
        pub not_done: Vec<NotDone>,
        /// SID.
        pub number: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_answered", text: "mail/data_request_answered.txt", html: "mail/data_request_answered.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl DataRequestAnswered {
    /// The words, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped(&self.words)
    }
}

crate::mail! {
    /// Tells the privacy team what has come to a further share of its time.
    pub struct DataRequestsWaiting {
        /// Who reads it.
        pub recipient_name: String,
        /// Whether something is overdue.
        pub late: bool,
        /// A line for each request.
        pub lines: Vec<String>,
        /// The queue.
        pub url: String,
    }
    name: "data_requests_waiting", text: "mail/data_requests_waiting.txt", html: "mail/data_requests_waiting.html", class: Transactional,
    subject: |mail| if mail.late { "Data requests are overdue".into() } else { "Data requests wait for an answer".into() }
}

crate::mail! {
    /// Passes the request of an end user on to our customer (S161).
    pub struct EndUserRequestPassedOn {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// Where the end user can be reached.
        pub from: String,
        /// When it came in.
        pub received: String,
        /// What they ask, in their words.
        pub details: String,
        /// SID.
        pub number: String,
        /// Where the customer can find, export, restrict and delete.
        pub url: String,
    }
    name: "end_user_request_passed_on", text: "mail/end_user_request_passed_on.txt", html: "mail/end_user_request_passed_on.html", class: Transactional,
    subject: |mail| format!("Somebody asks about data in {}", mail.account)
}

impl EndUserRequestPassedOn {
    /// What they ask, in lines of a mail.
    pub fn details_lines(&self) -> String {
        wrapped(&self.details)
    }
}

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
pub(super) async fn send<M: Mail>(
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
        (State::Open, kind) if super::fulfilment::is_by_machine(kind) && request.channel == "portal" => {
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
pub(super) async fn acknowledge(
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
pub(super) async fn tell(
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

/// A day as mails write it.
pub(super) fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// Mails the answer that a request has got.
///
/// # Errors
/// What the database says.
pub(super) async fn answer(
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

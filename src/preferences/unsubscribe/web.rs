//! The page of unsubscribing, and the one-click form of mail programs.

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::Way;
use super::batch::Unsubscribing;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::ContactId;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::preferences::contacts;
use crate::preferences::decisions::{self, Via};
use crate::preferences::links::{self, Link};
use crate::preferences::topics::Topic;

/// Why somebody might go; they may tell or not.
const REASONS: [(&str, &str); 4] = [
    ("too_many", "There are too many"),
    ("not_useful", "They are not useful to me"),
    ("not_asked", "I never asked for them"),
    ("other", "Another reason"),
];

fn link(app: &App, token: &str) -> Result<Link, AppError> {
    Link::parse(&app.keys, token).ok_or(AppError::NotFound)
}

/// The contact with the address that a link was mailed to; nothing for a mailbox that it left.
async fn own(app: &App, link: &Link) -> Result<Option<ContactId>, AppError> {
    let (_, own) = super::find(app, link).await?.named();
    Ok(own.map(|contact| contact.id))
}

/// Where all choices of the contact are; empty without one.
fn centre(app: &App, link: &Link, own: Option<ContactId>) -> String {
    own.map(|contact| links::preferences_url(app, &link.leading_to(contact))).unwrap_or_default()
}

/// What is unsubscribed from, within a sentence.
fn subject(topic: Option<Topic>) -> &'static str {
    topic.map_or("all mailings", Topic::label)
}

#[derive(askama::Template)]
#[template(path = "preferences/unsubscribe/show.html")]
struct AskPage {
    page: Page,
    /// `own`, `moved` or `gone`.
    whose: &'static str,
    /// The address with most of it hidden; empty but for its own mailbox.
    address: String,
    subject: &'static str,
    about: &'static str,
    token: String,
    centre: String,
}

/// `GET /unsubscribe/{token}`: asks, and changes nothing.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let link = link(&app, &token)?;
    let (whose, contact) = super::find(&app, &link).await?.named();
    pages::ok(&AskPage {
        page: Page::of(&request, "Unsubscribe"),
        whose,
        address: contact.as_ref().map(|contact| contacts::masked(&contact.email)).unwrap_or_default(),
        subject: subject(link.topic),
        about: link.topic.map_or("", Topic::about),
        centre: centre(&app, &link, contact.map(|contact| contact.id)),
        token: token.into_inner(),
    })
}

#[derive(askama::Template)]
#[template(path = "preferences/unsubscribe/done.html")]
struct DonePage {
    page: Page,
    address: String,
    subject: &'static str,
    /// What is said first: that it ended for a mailbox (`own`, `moved` or `gone`), `undone`, `nothing_to_undo` or `thanks`.
    state: &'static str,
    decision: Option<Uuid>,
    /// What became of messages that waited to be sent.
    cancelled: String,
    /// Subject and time of the last mailing that went out.
    last_sent: Option<(String, String)>,
    all: bool,
    reasons: &'static [(&'static str, &'static str)],
    token: String,
    centre: String,
}

impl DonePage {
    fn new(
        app: &App,
        request: &HttpRequest,
        token: &str,
        link: &Link,
        own: Option<ContactId>,
        state: &'static str,
    ) -> Self {
        Self {
            page: Page::of(request, "Unsubscribe"),
            address: String::new(),
            subject: subject(link.topic),
            state,
            decision: None,
            cancelled: String::new(),
            last_sent: None,
            all: link.topic.is_none(),
            reasons: &REASONS,
            token: token.to_owned(),
            centre: centre(app, link, own),
        }
    }
}

/// What the page sends beside the one-click form; a mail program sends neither.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    all: String,
    from: String,
}

/// How the request came, and whether it is about every topic. What is sent in another way, or cut short, unsubscribes
/// all the same.
fn read(request: &HttpRequest, body: &[u8]) -> (Via, bool) {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        return (Via::OneClick, false);
    }
    let asked: Asked = serde_urlencoded::from_bytes(body).unwrap_or_default();
    (if asked.from == "page" { Via::Link } else { Via::OneClick }, !asked.all.is_empty())
}

fn cancelled(messages: i64) -> String {
    match messages {
        0 => "No message was waiting to be sent to you.".into(),
        1 => "One message that waited to be sent to you was cancelled.".into(),
        more => format!("{more} messages that waited to be sent to you were cancelled."),
    }
}

/// Whether the answer is shown to somebody. A browser asks for HTML; a mail program asks for nothing in particular, and shows
/// what it gets to nobody.
fn is_shown(request: &HttpRequest) -> bool {
    let accept =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.to_ascii_lowercase().contains("text/html")
}

/// `POST /unsubscribe/{token}`: needs no cookie, takes the form of RFC 8058 in both encodings, never redirects, and
/// answers 200 however often it is sent: a browser with the page, a mail program with a line of text.
pub async fn create(
    app: web::Data<App>,
    others: web::Data<Unsubscribing>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    body: web::Bytes,
) -> WebResult {
    let link = link(&app, &token)?;
    let (via, all) = read(&request, &body);
    let topic = link.topic.filter(|_| !all);
    let way = Way { via, country: caller.country.as_deref() };
    let whose = super::unsubscribe(&app, &others, &link, topic, way).await?;
    let (state, own) = whose.named();
    if via == Via::OneClick && !is_shown(&request) {
        let cancelled =
            own.map(|done| format!(" {}", cancelled(done.cancelled_messages))).unwrap_or_default();
        let said = format!("You are unsubscribed: {}.{cancelled}\n", subject(topic));
        return Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(said));
    }
    let contact = own.as_ref().map(|done| done.contact);
    let mut page = DonePage::new(&app, &request, &token, &link, contact, state);
    (page.subject, page.all) = (subject(topic), topic.is_none());
    let Some(done) = own else { return pages::ok(&page) };
    page.address = contacts::masked(&done.email);
    (page.decision, page.cancelled) = (done.decision, cancelled(done.cancelled_messages));
    if via == Via::Link {
        let sent = super::last_sent(&app, done.contact, topic).await?;
        page.last_sent = sent.map(|(subject, at)| (subject, moment(&at)));
    }
    pages::ok(&page)
}

/// Which decision a form of the page after it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct About {
    decision: Option<Uuid>,
    reason: String,
}

/// `POST /unsubscribe/{token}/undo`
pub async fn undo(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    about: web::Form<About>,
) -> WebResult {
    let link = link(&app, &token)?;
    let decision =
        about.decision.ok_or_else(|| AppError::BadRequest("Nothing was named to be undone.".into()))?;
    let own = own(&app, &link).await?;
    let undone = match own {
        Some(own) => super::undo(&app, &link.leading_to(own), decision, caller.country.as_deref()).await?,
        None => 0,
    };
    let state = if undone > 0 { "undone" } else { "nothing_to_undo" };
    pages::ok(&DonePage::new(&app, &request, &token, &link, own, state))
}

/// `POST /unsubscribe/{token}/reason`
pub async fn tell_reason(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    about: web::Form<About>,
) -> WebResult {
    let link = link(&app, &token)?;
    let known = REASONS.iter().find(|(value, _)| *value == about.reason);
    let own = own(&app, &link).await?;
    if let (Some(own), Some(decision), Some((_, words))) = (own, about.decision, known) {
        let mut conn = app.db.get().await?;
        decisions::tell_reason(&mut conn, own, decision, words).await?;
    }
    pages::ok(&DonePage::new(&app, &request, &token, &link, own, "thanks"))
}

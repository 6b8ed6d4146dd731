//! The form, which asks for the least, and the page after it.

use actix_web::HttpRequest;
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use crate::identity::people::{parse_email, parse_optional};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::data_requests::deadlines::Regimes;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::states::{self, Act, By, Step};
use crate::privacy::data_requests::web::new::{home_field, is_home};
use crate::privacy::data_requests::{NewRequest, acknowledge, log, messages, queries, receive, verification};

/// The name of the form, for its guard.
const FORM: &str = "data_request";

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublicForm {
    pub(in crate::privacy::data_requests) kind: String,
    email: String,
    pub(in crate::privacy::data_requests) details: String,
    agent: String,
    pub(in crate::privacy::data_requests) home: String,
    stamp: String,
    website: String,
}

/// A request as the form asks for it.
struct Asked {
    kind: Kind,
    email: String,
    details: Option<String>,
    agent: Option<String>,
    regimes: Regimes,
}

impl PublicForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw(&self, stamp: &str, suggested: &str) -> Form {
        let choice = |kind: Kind| Choice {
            value: kind.as_str().into(),
            label: kind.label().into(),
            selected: self.kind == kind.as_str(),
        };
        let kinds = Kind::WITHOUT_ACCOUNT.into_iter().map(choice).collect();
        let home = if self.home.is_empty() { suggested } else { &self.home };
        Form::new(vec![
            Field::hidden("stamp", stamp),
            Field::select("kind", "What would you like to ask?", kinds),
            Field::email("email", "E-mail address of the person whose data it is")
                .value(&self.email)
                .hint("The one that we know. A code goes there, so that nobody else can ask in their name."),
            Field::textarea("details", "What exactly?").value(&self.details).optional().hint(
                "Needed for a correction, for a specific deletion, and if a company keeps your data with us. Please leave out what we do not need.",
            ),
            home_field(home),
            Field::text("agent", "Only if you ask for somebody else: your name and how to reach you")
                .value(&self.agent)
                .optional()
                .autocomplete("off")
                .hint("We ask the person, or for their signed permission. A power of attorney is not needed."),
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<Asked> {
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let kind = Kind::WITHOUT_ACCOUNT.into_iter().find(|kind| kind.as_str() == self.kind);
        if kind.is_none() {
            form.fail("kind", "Choose one of these.");
        }
        let details = match self.details.trim() {
            "" if kind.is_some_and(Kind::needs_details) => {
                form.fail("details", "Tell us what exactly, so that we can do it.");
                None
            }
            "" => None,
            _ => messages::parse(&self.details).map_err(|message| form.fail("details", message)).ok(),
        };
        let agent = parse_optional(&self.agent).map_err(|message| form.fail("agent", message)).ok().flatten();
        if !is_home(&self.home) {
            form.fail("home", "Choose one of these.");
        }
        if form.has_errors() {
            return None;
        }
        Some(Asked { kind: kind?, email: email?, details, agent, regimes: Regimes::chosen(&self.home) })
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/public_new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// The form, for somebody who is not signed in.
///
/// # Errors
/// The template cannot be rendered.
pub fn new(app: &App, request: &HttpRequest, kind: &str) -> WebResult {
    let typed = PublicForm { kind: kind.into(), ..PublicForm::default() };
    let suggested = Regimes::suggested(Caller::of(request).country.as_deref());
    let form = typed.draw(&form_guard::stamp(app, FORM), suggested);
    pages::ok(&NewPage { page: Page::of(request, "Ask about your data"), form })
}

/// Keeps what somebody who is not signed in asks for, and mails them the link and the code.
///
/// # Errors
/// `TooManyRequests` for more than people send.
pub async fn create(app: &App, request: &HttpRequest, typed: &PublicForm) -> WebResult {
    let caller = Caller::of(request);
    let suggested = Regimes::suggested(caller.country.as_deref());
    let mut form = typed.draw(&form_guard::stamp_again(app, typed.sent()), suggested);
    let page = |form| NewPage { page: Page::of(request, "Ask about your data"), form };
    let Some(asked) = typed.parse(&mut form) else { return pages::unprocessable(&page(form)) };
    if let Err(message) = form_guard::admit(app, &caller, typed.sent()).await? {
        form.fail_whole(message);
        return pages::unprocessable(&page(form));
    }
    form_guard::admit_mail(app, &asked.email).await?;
    keep(app, &caller, &asked).await?;
    Ok(see_other("/privacy/requests/sent"))
}

async fn keep(app: &App, caller: &Caller, asked: &Asked) -> Result<(), AppError> {
    let (now, by) = (app.clock.now(), By::Requester(None));
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let new = NewRequest {
            kind: asked.kind,
            channel: if asked.agent.is_some() { Channel::Agent } else { Channel::Form },
            person: None,
            email: Some(&asked.email),
            name: None,
            agent: asked.agent.as_deref(),
            details: asked.details.as_deref(),
            regimes: asked.regimes,
            received_at: now,
        };
        let id = receive(conn, &new, by, now).await?;
        states::take(conn, id, &Step::new(Act::VerificationStarted, By::System), now).await?;
        acknowledge(conn, app, id, now).await?;
        let request = queries::find(conn, id).await?;
        verification::send_code(conn, app, &request, now).await?;
        log(conn, Actor::Visitor, id, Act::Received, &caller.circumstances(), now).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/sent.html")]
struct SentPage {
    page: Page,
}

/// `GET /privacy/requests/sent`
pub async fn sent(request: HttpRequest) -> WebResult {
    pages::ok(&SentPage { page: Page::of(&request, "Look into your mailbox") })
}

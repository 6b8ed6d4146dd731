//! The pages of somebody who is signed in: their disputes, raising one, and one dispute with all that belongs to it. To
//! anybody else the first two are the public form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::states::{Act, By};
use super::view::Shown;
use super::{Dispute, Filer, LONGEST_SUBJECT, POSTAL_ADDRESS, messages, public, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::DisputeId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::privacy::data_requests::messages::{LONGEST, parse as parse_words};
use crate::privacy::disputes::message_form::MessageForm;

/// A dispute, as the list shows it.
struct Line {
    path: String,
    title: String,
    badge: (&'static str, &'static str),
    iso: String,
    received: String,
    detail: String,
}

fn line(dispute: &Dispute) -> Line {
    let state = dispute.state();
    Line {
        path: path(dispute),
        title: dispute.subject.clone().unwrap_or_else(|| "A dispute".into()),
        badge: (state.badge(), state.label()),
        iso: dispute.received_at.to_rfc3339(),
        received: moment(&dispute.received_at),
        detail: match &dispute.closed_at {
            Some(at) => format!("ended on {}", day(at)),
            None => format!("answer due on {}", day(&dispute.due_at)),
        },
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /privacy/disputes`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let Some(who) = who else { return public::new(&app, &request) };
    let mut conn = app.db.get().await?;
    let rows = queries::of_person(&mut conn, who.person, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, "/privacy/disputes", "");
    let lines = rows.iter().map(line).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Your disputes"), lines, pager })
}

/// What both forms send: what it is about, and what somebody says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DisputeForm {
    /// What it is about.
    pub subject: String,
    /// What they say.
    pub words: String,
    /// Public form: where the answer goes.
    pub email: String,
    /// Public form: their name.
    pub name: String,
    /// Public form: its guard.
    pub stamp: String,
    /// Public form: its trap.
    pub website: String,
}

impl DisputeForm {
    /// The fields that every form has.
    pub(super) fn fields(&self) -> Vec<Field> {
        let longest = u32::try_from(LONGEST).ok();
        let words = Field {
            maxlength: longest,
            ..Field::textarea("words", "What went wrong, and what should we do?")
        };
        vec![
            Field::text("subject", "What is it about?")
                .value(&self.subject)
                .hint("In a few words, as in: A newsletter after I unsubscribed.")
                .autocomplete("off"),
            words.value(&self.words).hint(
                "Up to 4,000 characters. Please leave out what we do not need: no card numbers, passwords or tokens.",
            ),
        ]
    }

    /// What it is about and what they say, or what is wrong with it in the form.
    pub(super) fn parse(&self, form: &mut Form) -> Option<(String, String)> {
        let subject = self.subject.split_whitespace().collect::<Vec<_>>().join(" ");
        match subject.chars().count() {
            _ if subject.chars().any(char::is_control) => {
                form.fail("subject", "Take the control character out.")
            }
            0 => form.fail("subject", "Say in a few words what it is about."),
            length if length > LONGEST_SUBJECT => form.fail("subject", "Say it in up to 200 characters."),
            _ => {}
        }
        let words = parse_words(&self.words).map_err(|message| form.fail("words", message)).ok();
        if form.has_errors() { None } else { Some((subject, words?)) }
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    postal_address: &'static str,
}

fn form_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Raise a dispute"), form, postal_address: POSTAL_ADDRESS }
}

/// `GET /privacy/disputes/new`
pub async fn new(app: web::Data<App>, request: HttpRequest, who: Option<SignedIn>) -> WebResult {
    if who.is_none() {
        return public::new(&app, &request);
    }
    pages::ok(&form_page(&request, Form::new(DisputeForm::default().fields())))
}

/// `POST /privacy/disputes/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    typed: web::Form<DisputeForm>,
) -> WebResult {
    let Some(who) = who else { return public::create(&app, &request, &typed).await };
    let mut form = Form::new(typed.fields());
    let Some((subject, words)) = typed.parse(&mut form) else {
        return pages::unprocessable(&form_page(&request, form));
    };
    let id = super::raise_signed_in(&app, &who, &subject, &words).await?;
    flash::success(&request, "We have your dispute, and mailed you a confirmation.");
    Ok(see_other(&format!("/privacy/disputes/{id}")))
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/show.html")]
struct ShowPage {
    page: Page,
    shown: Shown,
    form: Form,
}

/// A SID of a dispute that leads to one of whoever is signed in.
async fn own(app: &App, who: &SignedIn, sid: &str) -> Result<Dispute, AppError> {
    let id: DisputeId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find_of(&mut *app.db.get().await?, id, who.person).await?)
}

fn path(dispute: &Dispute) -> String {
    format!("/privacy/disputes/{}", dispute.id)
}

async fn page(
    app: &App,
    request: &HttpRequest,
    found: &Dispute,
    form: Form,
    status: StatusCode,
) -> WebResult {
    let shown = Shown::load(app, found, &path(found)).await?;
    pages::with_status(status, &ShowPage { page: Page::of(request, "Your dispute"), shown, form })
}

/// `GET /privacy/disputes/{dispute}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    page(&app, &request, &found, MessageForm::default().draw(), StatusCode::OK).await
}

/// `POST /privacy/disputes/{dispute}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
    typed: web::Form<MessageForm>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    let body = match typed.parse() {
        Ok(body) => body,
        Err(form) => return page(&app, &request, &found, form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    messages::send(&app, By::Filer(Some(who.person)), &found, &body).await?;
    flash::success(&request, "Your message is with our privacy team.");
    Ok(see_other(&path(&found)))
}

/// `POST /privacy/disputes/{dispute}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    match super::act(&app, &Filer::signed_in(&who), &found, Act::Withdrawn).await? {
        Ok(()) => flash::success(&request, "Your dispute is withdrawn."),
        Err(_) => flash::info(&request, "The dispute had ended already, so nothing was changed."),
    }
    Ok(see_other(&path(&found)))
}

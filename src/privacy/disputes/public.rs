//! Raising a dispute without an account: a form, and the page behind the link that is then mailed. Opening the link changes
//! nothing; confirming it shows that the mailbox is theirs, and only then the page tells what was written.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::form::{DisputeForm, refuse};
use super::states::{Act, By, Refusal, State};
use super::view::Shown;
use super::{Dispute, Filer, NewDispute, POSTAL_ADDRESS, files, letter, links, queries, refused};
use crate::identity::people::{parse_email, parse_optional};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::files as attached;
use crate::platform::files::upload::{self, Upload};
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};

/// The name of the form, for its guard.
const FORM: &str = "dispute";
const UNCONFIRMED: &str = "This dispute ended, because nobody confirmed that the mailbox is theirs. What was written in it is shown to nobody, and files that came with it are deleted within a day, unless the law makes us keep them. You can raise one at any time.";
const ENDED: &str = "This dispute ended more than three months ago, so its link no longer works.";

impl DisputeForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw_public(&self, stamp: &str) -> Form {
        let mut fields = vec![
            Field::hidden("stamp", stamp),
            Field::email("email", "Your e-mail address")
                .value(&self.email)
                .hint("A link goes there, so that nobody writes in your name. The answer goes there too."),
            Field::text("name", "Your name").value(&self.name).optional().autocomplete("name"),
        ];
        fields.extend(self.fields());
        fields.push(upload::field(upload::FIELD, "Files"));
        Form::new(fields)
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/public_new.html")]
struct NewPage {
    page: Page,
    form: Form,
    postal_address: &'static str,
}

fn form_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Raise a dispute"), form, postal_address: POSTAL_ADDRESS }
}

/// The form, for somebody who is not signed in.
///
/// # Errors
/// The template cannot be rendered.
pub fn new(app: &App, request: &HttpRequest) -> WebResult {
    let form = DisputeForm::default().draw_public(&form_guard::stamp(app, FORM));
    pages::ok(&form_page(request, form))
}

/// Keeps a dispute of somebody who is not signed in, and mails them the link. Where it is refused, its files go.
///
/// # Errors
/// `TooManyRequests` for more than people send.
pub async fn create(app: &App, request: &HttpRequest, payload: web::Payload) -> WebResult {
    let caller = Caller::of(request);
    upload::admit(app, &caller.network()).await?;
    let upload = Upload::read(app, request, payload, upload::FIELD).await?;
    let typed = DisputeForm::of(&upload);
    let mut form = typed.draw_public(&form_guard::stamp_again(app, typed.sent()));
    let taken = take(app, &caller, &typed, &upload, &mut form).await;
    if attached::settle(app, &upload.files, taken).await? {
        return Ok(see_other("/privacy/disputes/sent"));
    }
    upload.give_up(app, &mut form).await;
    pages::unprocessable(&form_page(request, form))
}

/// Whether what was sent is kept; else the form says what is wrong.
async fn take(
    app: &App,
    caller: &Caller,
    typed: &DisputeForm,
    upload: &Upload,
    form: &mut Form,
) -> Result<bool, AppError> {
    let email = parse_email(&typed.email).map_err(|message| form.fail("email", message)).ok();
    let name = parse_optional(&typed.name).map_err(|message| form.fail("name", message)).ok().flatten();
    upload.judge(form);
    let (Some((subject, words)), Some(email)) = (typed.parse(form), email) else { return Ok(false) };
    if let Err(message) = form_guard::admit(app, caller, typed.sent()).await? {
        form.fail_whole(message);
        return Ok(false);
    }
    form_guard::admit_mail(app, &email).await?;
    let new = NewDispute {
        channel: "form",
        person: None,
        email: Some(&email),
        name: name.as_deref(),
        postal_address: None,
        subject: &subject,
        words: &words,
        files: &upload.files,
        received_at: app.clock.now(),
    };
    let kept = keep(app, caller, &new).await?;
    Ok(kept.map_err(|refusal| refuse(form, refusal)).is_ok())
}

async fn keep(app: &App, caller: &Caller, new: &NewDispute<'_>) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let kept = conn
        .transaction(async |conn| {
            let id = super::raise(conn, app, new, By::Filer(None), now).await?;
            super::log(conn, Actor::Visitor, id, Act::Received, &caller.circumstances(), now).await
        })
        .await;
    refused(kept)
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/sent.html")]
struct SentPage {
    page: Page,
}

/// `GET /privacy/disputes/sent`
pub async fn sent(request: HttpRequest) -> WebResult {
    pages::ok(&SentPage { page: Page::of(&request, "Look into your mailbox") })
}

/// What a link leads to, changing nothing. What nobody confirmed shows nothing once it ended: it may be by somebody else.
async fn find(app: &App, token: &str) -> Result<Dispute, AppError> {
    let id = links::parse(&app.keys, token).ok_or(AppError::NotFound)?;
    let dispute = queries::find(&mut *app.db.get().await?, id).await?;
    match dispute.state() {
        State::Lapsed => Err(AppError::Gone(UNCONFIRMED)),
        _ if links::works(&dispute, app.clock.now()) => Ok(dispute),
        _ => Err(AppError::Gone(ENDED)),
    }
}

/// What a link leads to once the mailbox was shown to be theirs.
async fn find_proven(app: &App, token: &str) -> Result<Dispute, AppError> {
    let found = find(app, token).await?;
    if found.state().is_proven() { Ok(found) } else { Err(AppError::NotFound) }
}

fn filer(request: &HttpRequest) -> Filer {
    Filer { person: None, actor: Actor::Visitor, from: Caller::of(request).circumstances() }
}

fn path(token: &str) -> String {
    format!("/privacy/disputes/links/{token}")
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/proof.html")]
struct ProofPage {
    page: Page,
    path: String,
    number: String,
    version: i32,
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/link.html")]
struct LinkPage {
    page: Page,
    shown: Shown,
    form: Form,
}

async fn page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    found: &Dispute,
    form: Option<Form>,
) -> WebResult {
    if found.state() == State::Unproven {
        let (page, number) = (Page::of(request, "Confirm your dispute"), found.id.to_string());
        return pages::ok(&ProofPage { page, path: path(token), number, version: found.version });
    }
    let status = if form.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = Shown::load(app, found, &path(token)).await?;
    let form = form.unwrap_or_else(|| letter::SHEET.blank());
    pages::with_status(status, &LinkPage { page: Page::of(request, "Your dispute"), shown, form })
}

/// `GET /privacy/disputes/links/{token}`: what is still to be confirmed, or the dispute. Changes nothing.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    page(&app, &request, &token, &found, None).await
}

/// `POST /privacy/disputes/links/{token}/proof`
pub async fn prove(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    match super::act(&app, &filer(&request), &found, Act::Proven, None).await? {
        Ok(()) => flash::success(&request, "Thank you. Your dispute is with our privacy team."),
        Err(_) => flash::info(&request, "There was nothing to confirm any more."),
    }
    Ok(see_other(&path(&token)))
}

/// `POST /privacy/disputes/links/{token}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = find_proven(&app, &token).await?;
    if let Err(form) = letter::write(&app, &request, payload, By::Filer(None), &found).await? {
        return page(&app, &request, &token, &found, Some(form)).await;
    }
    flash::success(&request, "Your message is with our privacy team.");
    Ok(see_other(&path(&token)))
}

/// `GET /privacy/disputes/links/{token}/files/{file}`
pub async fn file(app: web::Data<App>, names: web::Path<(String, String)>) -> WebResult {
    let found = find_proven(&app, &names.0).await?;
    files::hand_out(&app, &found, &names.1).await
}

/// What the page sends on which an unconfirmed dispute is withdrawn.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WithdrawalForm {
    /// The version that it showed.
    version: Option<i32>,
}

/// `POST /privacy/disputes/links/{token}/withdrawal`: also before anything was confirmed, for whoever did not write it. What
/// was confirmed meanwhile, as in another tab, is not withdrawn by that.
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    typed: web::Form<WithdrawalForm>,
) -> WebResult {
    let found = find(&app, &token).await?;
    let unproven = (found.state() == State::Unproven).then_some(found.version);
    let seen = typed.version.or(unproven);
    let done = super::act(&app, &filer(&request), &found, Act::Withdrawn, seen).await?;
    // What was never confirmed has no page any more.
    let is_gone = matches!(find(&app, &token).await, Err(AppError::Gone(_)));
    match done {
        Ok(()) => flash::success(&request, "The dispute is withdrawn."),
        Err(Refusal::Stale) if !is_gone => flash::info(&request, Refusal::Stale.words()),
        Err(_) => flash::info(&request, "The dispute had ended already, so nothing was changed."),
    }
    let to = if is_gone { "/privacy/disputes/new".to_owned() } else { path(&token) };
    Ok(see_other(&to))
}

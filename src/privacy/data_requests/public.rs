//! Asking without an account: a form that asks for the least, and the pages behind the link that is then mailed. The
//! link shows nothing but what is still missing until the code from the mailbox was entered.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::deadlines::Regimes;
use super::kinds::{Channel, Kind};
use super::states::{self, Act, By, Step};
use super::verification::{self, Outcome, Stage, Told};
use super::web::letter;
use super::web::new::{home_field, is_home};
use super::web::undo_words;
use super::web::view::Shown;
use super::{DataRequest, NewRequest, Requester, acknowledge, links, messages, queries, receive};
use crate::identity::people::{parse_email, parse_optional};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::receipts::{self, of_request};

/// The name of the form, for its guard.
const FORM: &str = "data_request";
const ENDED: &str = "This request ended more than three months ago, so its link no longer works.";

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PublicForm {
    pub(super) kind: String,
    email: String,
    pub(super) details: String,
    agent: String,
    pub(super) home: String,
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
#[template(path = "privacy/requests/public_new.html")]
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
        super::log(conn, Actor::Visitor, id, Act::Received, &caller.circumstances(), now).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

#[derive(askama::Template)]
#[template(path = "privacy/requests/sent.html")]
struct SentPage {
    page: Page,
}

/// `GET /privacy/requests/sent`
pub async fn sent(request: HttpRequest) -> WebResult {
    pages::ok(&SentPage { page: Page::of(&request, "Look into your mailbox") })
}

/// What a link leads to, changing nothing.
async fn find(app: &App, token: &str) -> Result<DataRequest, AppError> {
    let id = links::parse(&app.keys, token).ok_or(AppError::NotFound)?;
    let request = queries::find(&mut *app.db.get().await?, id).await?;
    if links::works(&request, app.clock.now()) { Ok(request) } else { Err(AppError::Gone(ENDED)) }
}

/// What a link leads to once the mailbox was shown to be theirs.
async fn find_shown(app: &App, token: &str) -> Result<DataRequest, AppError> {
    let request = find(app, token).await?;
    let stage = verification::stage(&mut *app.db.get().await?, &request).await?;
    if stage == Stage::Code { Err(AppError::NotFound) } else { Ok(request) }
}

/// What a link leads to once the page of the request itself is shown, with its messages.
async fn find_verified(app: &App, token: &str) -> Result<DataRequest, AppError> {
    let request = find(app, token).await?;
    let stage = verification::stage(&mut *app.db.get().await?, &request).await?;
    if stage == Stage::Done { Ok(request) } else { Err(AppError::NotFound) }
}

fn requester(request: &HttpRequest) -> Requester {
    Requester { person: None, actor: Actor::Visitor, from: Caller::of(request).circumstances() }
}

fn path(token: &str) -> String {
    format!("/privacy/requests/links/{token}")
}

#[derive(askama::Template)]
#[template(path = "privacy/requests/verify.html")]
struct VerifyPage {
    page: Page,
    path: String,
    number: String,
    what: &'static str,
    /// Else two further things are asked for.
    by_code: bool,
    form: Form,
}

#[derive(askama::Template)]
#[template(path = "privacy/requests/link.html")]
struct LinkPage {
    page: Page,
    shown: Shown,
    form: Form,
}

fn code_form() -> Form {
    Form::new(vec![Field::code("code", "Code").hint("The six digits in our other mail to you.").focused()])
}

fn told_form(kind: Kind, told: &Told) -> Form {
    let choice = |value: &str, label: &str| Choice {
        value: value.into(),
        label: label.into(),
        selected: told.disputed == value,
    };
    let mut fields = vec![
        Field::text("name", "Your full name").value(&told.name).optional().autocomplete("name"),
        Field::tel("phone", "Your telephone number").value(&told.phone).optional(),
        Field::text("company", "Your company").value(&told.company).optional().autocomplete("organization"),
        Field::text("account", "The SID of an account of yours")
            .value(&told.account)
            .optional()
            .autocomplete("off")
            .hint("It begins with AC."),
    ];
    if kind == Kind::Correction {
        let options = vec![
            choice("", "Something else"),
            choice("name", "The name"),
            choice("phone", "The telephone number"),
            choice("company", "The company"),
        ];
        let field = Field::select("disputed", "Which of these do you say is wrong with us?", options);
        fields.push(field.optional().hint("It does not count as one of the two."));
    }
    Form::new(fields)
}

async fn page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    found: &DataRequest,
    form: Option<Form>,
) -> WebResult {
    let stage = verification::stage(&mut *app.db.get().await?, found).await?;
    let status = match &form {
        Some(form) if form.has_errors() => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    if stage == Stage::Done {
        let shown = Shown::load(app, found, &path(token)).await?;
        let form = form.unwrap_or_else(|| letter::SHEET.blank());
        return pages::with_status(status, &LinkPage { page: Page::of(request, shown.title), shown, form });
    }
    let by_code = stage == Stage::Code;
    let fresh = || if by_code { code_form() } else { told_form(found.kind(), &Told::default()) };
    let page = VerifyPage {
        page: Page::of(request, "Show that it is you"),
        path: path(token),
        number: found.id.to_string(),
        what: found.kind().label(),
        by_code,
        form: form.unwrap_or_else(fresh),
    };
    pages::with_status(status, &page)
}

/// `GET /privacy/requests/links/{token}`: what is still missing, or the request. Changes nothing.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    page(&app, &request, &token, &found, None).await
}

/// What the form of the code sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

/// `POST /privacy/requests/links/{token}/code`
pub async fn show_code(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    typed: web::Form<CodeForm>,
) -> WebResult {
    let found = find(&app, &token).await?;
    let wrong = match verification::try_code(&app, &requester(&request), &found, &typed.code).await? {
        Ok(true) => {
            flash::success(&request, "The mailbox is yours.");
            return Ok(see_other(&path(&token)));
        }
        Ok(false) => "This is not the code, or it is older than a day. Look into our newest mail.",
        Err(states::Refusal::Tries) => {
            "There were enough tries for this request. Ask anew, or write to info@lossexpress.com."
        }
        Err(_) => return Ok(see_other(&path(&token))),
    };
    let mut form = code_form();
    form.fail("code", wrong);
    page(&app, &request, &token, &found, Some(form)).await
}

/// `POST /privacy/requests/links/{token}/codes`: another code.
pub async fn send_code(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    verification::send_another(&app, &found).await?;
    flash::success(&request, "A new code is on its way. Only the newest works.");
    Ok(see_other(&path(&token)))
}

/// `GET /privacy/requests/links/{token}/receipt`: the receipt as a file.
pub async fn receipt(app: web::Data<App>, token: web::Path<String>) -> WebResult {
    let found = find_shown(&app, &token).await?;
    let receipt = of_request::find(&mut *app.db.get().await?, found.id).await?;
    let (id, signed) = receipt.ok_or(AppError::NotFound)?;
    Ok(receipts::web::file(id, &signed))
}

/// What the form of further things sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToldForm {
    name: String,
    phone: String,
    company: String,
    account: String,
    disputed: String,
}

/// `POST /privacy/requests/links/{token}/data`
pub async fn show_data(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    typed: web::Form<ToldForm>,
) -> WebResult {
    let found = find_shown(&app, &token).await?;
    let ToldForm { name, phone, company, account, disputed } = typed.into_inner();
    let told = Told { name, phone, company, account, disputed };
    match verification::try_data(&app, &requester(&request), &found, &told).await? {
        Ok(Outcome::Verified) => flash::success(&request, "Thank you. We know now that it is you."),
        Ok(Outcome::Recast) => flash::info(
            &request,
            "We could not make sure that it is you, so we tell you the categories of data and nothing specific.",
        ),
        Ok(Outcome::Again) => {
            let mut form = told_form(found.kind(), &told);
            form.fail_whole("Two of these have to match what we know, and they do not. Look for typing errors, and try again.");
            return page(&app, &request, &token, &found, Some(form)).await;
        }
        Ok(Outcome::Enough) | Err(_) => {
            let mut form = told_form(found.kind(), &told);
            form.fail_whole("There were enough tries. Write to info@lossexpress.com and name the number of the request: our privacy team looks at it.");
            return page(&app, &request, &token, &found, Some(form)).await;
        }
    }
    Ok(see_other(&path(&token)))
}

/// `POST /privacy/requests/links/{token}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = find_verified(&app, &token).await?;
    match letter::write(&app, &request, payload, By::Requester(None), &found).await? {
        Ok(()) => flash::success(&request, "Your message is with our privacy team."),
        Err(form) => return page(&app, &request, &token, &found, Some(form)).await,
    }
    Ok(see_other(&path(&token)))
}

/// `GET /privacy/requests/links/{token}/files/{file}`
pub async fn file(app: web::Data<App>, names: web::Path<(String, String)>) -> WebResult {
    let found = find_verified(&app, &names.0).await?;
    letter::file(&app, &found, &names.1).await
}

/// `POST /privacy/requests/links/{token}/withdrawal`: also before anything was shown, for whoever did not ask.
pub async fn withdraw(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    match super::withdraw(&app, &requester(&request), &found).await? {
        Ok(()) => {
            flash::success(&request, "The request is withdrawn. Nothing was disclosed, changed or deleted.")
        }
        Err(_) => flash::info(&request, "The request had ended already, so nothing was changed."),
    }
    Ok(see_other(&path(&token)))
}

#[derive(askama::Template)]
#[template(path = "privacy/requests/link_confirmation.html")]
struct ConfirmationPage {
    page: Page,
    shown: Shown,
    everything: bool,
    details: Vec<String>,
    until: String,
}

/// `GET /privacy/requests/links/{token}/confirmation`: asks once more, and changes nothing.
pub async fn new_confirmation(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> WebResult {
    let found = find_shown(&app, &token).await?;
    if !found.waits_for_confirmation() {
        return Ok(see_other(&path(&token)));
    }
    pages::ok(&ConfirmationPage {
        page: Page::of(&request, "Confirm the deletion"),
        shown: Shown::load(&app, &found, &path(&token)).await?,
        everything: found.kind() == Kind::Deletion,
        details: found.details.clone().into_iter().collect(),
        until: undo_words(app.clock.now()),
    })
}

/// `POST /privacy/requests/links/{token}/confirmation`
pub async fn confirm(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find_shown(&app, &token).await?;
    match super::confirm(&app, &requester(&request), &found).await? {
        Ok(()) => flash::success(&request, "Your deletion is confirmed."),
        Err(_) => flash::info(&request, "There was nothing to confirm any more."),
    }
    Ok(see_other(&path(&token)))
}

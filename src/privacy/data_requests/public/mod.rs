//! Asking without an account: a form that asks for the least, and the pages behind the link that is then mailed. The
//! link shows nothing but what is still missing until the code from the mailbox was entered.
//!
//! - [`form`]: asking for the least
//! - [`proof`]: showing that it is them
//! - here: the request itself, as its link shows it

pub mod form;
pub mod proof;

pub use form::{PublicForm, create, new, sent};
pub use proof::{send_code, show_code, show_data};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use self::proof::{code_form, told_form};
use super::kinds::Kind;
use super::states::By;
use super::verification::{self, Stage, Told};
use super::web::letter;
use super::web::view::Shown;
use super::web::{ends, undo_words};
use super::{DataRequest, Requester, links, queries};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::receipts::{self, of_request};

const ENDED: &str = "This request ended more than three months ago, so its link no longer works.";

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
#[template(path = "privacy/data_requests/verify.html")]
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
#[template(path = "privacy/data_requests/link.html")]
struct LinkPage {
    page: Page,
    shown: Shown,
    form: Form,
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

/// `GET /privacy/requests/links/{token}/receipt`: the receipt as a file.
pub async fn receipt(app: web::Data<App>, token: web::Path<String>) -> WebResult {
    let found = find_shown(&app, &token).await?;
    let receipt = of_request::find(&mut *app.db.get().await?, found.id).await?;
    let (id, signed) = receipt.ok_or(AppError::NotFound)?;
    Ok(receipts::web::file(id, &signed))
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
#[template(path = "privacy/data_requests/link_confirmation.html")]
struct ConfirmationPage {
    page: Page,
    shown: Shown,
    everything: bool,
    details: Vec<String>,
    /// What ends with it, in sentences (S95).
    ends: Vec<String>,
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
        ends: ends(&found),
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

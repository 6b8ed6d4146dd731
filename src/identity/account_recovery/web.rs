//! Pages of the slow lane: asking for it after the password, stopping it, finishing it.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Lane, cancellation, completion, queries};
use crate::identity::people;
use crate::identity::sign_in;
use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};

#[derive(askama::Template)]
#[template(path = "identity/account_recovery/new.html")]
struct NewPage {
    page: Page,
    lane: Lane,
}

/// `GET /sign-in/recovery`: only for a browser that has shown the password.
pub async fn new(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let Some(pending) = sign_in::pending(&request, &app) else { return Ok(sign_in::begin_again()) };
    let mut conn = app.db.get().await?;
    let lane = super::lane(&mut conn, &app, pending.person).await?;
    pages::ok(&NewPage { page: Page::of(&request, "You have lost your device and your codes"), lane })
}

/// `POST /sign-in/recovery`
pub async fn create(app: web::Data<App>, request: HttpRequest, caller: Caller) -> WebResult {
    let Some(pending) = sign_in::pending(&request, &app) else { return Ok(sign_in::begin_again()) };
    sign_in::refuse_blocked_country(&app, &caller)?;
    super::request(&app, &caller, &pending).await?;
    Ok(see_other("/sign-in/recovery"))
}

#[derive(askama::Template)]
#[template(path = "identity/account_recovery/cancellation.html")]
struct CancellationPage {
    page: Page,
    requested_at: String,
    token: String,
}

#[derive(askama::Template)]
#[template(path = "identity/account_recovery/cancelled.html")]
struct CancelledPage {
    page: Page,
}

/// `GET /account-recovery/{token}/cancellation`: one button, because mail programs look too.
pub async fn show_cancellation(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let recovery = queries::find_by_token(&mut conn, &hash_token(&token)).await?;
    recovery.check_open(app.clock.now())?;
    let page = Page::of(&request, "Stop the account recovery");
    pages::ok(&CancellationPage {
        page,
        requested_at: moment(&recovery.requested_at),
        token: token.into_inner(),
    })
}

/// `POST /account-recovery/{token}/cancellation`
pub async fn cancel(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
) -> WebResult {
    cancellation::cancel_by_link(&app, &caller, &token).await?;
    pages::ok(&CancelledPage { page: Page::of(&request, "The account recovery is stopped") })
}

/// What the form to finish sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CompletionForm {
    password: String,
}

#[derive(askama::Template)]
#[template(path = "identity/account_recovery/completion.html")]
struct CompletionPage {
    page: Page,
    form: Form,
    email: String,
    token: String,
}

async fn completion_page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    form: Form,
) -> Result<CompletionPage, AppError> {
    let recovery = completion::find(app, token).await?;
    let mut conn = app.db.get().await?;
    let email = people::find(&mut conn, recovery.person_id).await?.email;
    Ok(CompletionPage {
        page: Page::of(request, "Finish the account recovery"),
        form,
        email,
        token: token.to_owned(),
    })
}

fn draw() -> Form {
    Form::new(vec![Field::current_password("password", "Password")])
}

/// `GET /account-recovery/{token}`
pub async fn show_completion(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> WebResult {
    pages::ok(&completion_page(&app, &request, &token, draw()).await?)
}

/// `POST /account-recovery/{token}`
pub async fn complete(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    typed: web::Form<CompletionForm>,
) -> WebResult {
    if super::complete(&app, &caller, &token, &typed.password).await? {
        flash::success(
            &request,
            "Your second factor was removed and all sessions were ended. Sign in, and set up a new factor.",
        );
        return Ok(see_other("/sign-in"));
    }
    let mut form = draw();
    form.fail("password", "That is not the password of this account.");
    pages::unprocessable(&completion_page(&app, &request, &token, form).await?)
}

//! Pages of auth tokens: showing one, and changing over to another.

use actix_web::{HttpRequest, web};
use chrono::Duration;
use serde::Deserialize;

use super::step::Step;
use super::{Outcome, Shown, Slot};
use crate::accounts::credentials::web::{ShownPage, TokenRow};
use crate::accounts::credentials::{Act, turned_away};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentChanger, RecentMember};
use crate::accounts::permissions::ManagesCredentials;
use crate::accounts::request_log::RequestLog;
use crate::platform::app::App;
use crate::platform::ids::AuthTokenId;
use crate::platform::web::flash;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

const STALE: &str = "The tokens have changed since you opened that page. This is how they are now.";
/// A token that was used in this time is still in use, as far as anybody can tell.
const IN_USE: Duration = Duration::days(7);

/// Which token a form is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DisplayForm {
    slot: String,
}

/// The token that whoever confirms has seen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmForm {
    token: String,
}

impl ConfirmForm {
    fn token(&self) -> Option<AuthTokenId> {
        self.token.parse().ok()
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/auth_token/confirm.html")]
struct ConfirmPage {
    page: Page,
    frame: Frame,
    question: &'static str,
    button: &'static str,
    action: String,
    token: AuthTokenId,
    goes: Vec<String>,
    stays: Vec<String>,
    until: &'static str,
    /// The token that dies, if there is one.
    dies: Option<TokenRow>,
    /// It was used a short while ago.
    in_use: bool,
    /// Kind of the notice that says so.
    notice: &'static str,
}

async fn confirm(app: &App, request: &HttpRequest, account: &Account, step: Step) -> WebResult {
    let tokens = super::live(&mut *app.db.get().await?, account.id).await?;
    let subject = tokens.iter().find(|token| token.slot == step.subject());
    let Some(subject) = subject.filter(|_| step.fits(&tokens)) else {
        flash::info(request, STALE);
        return Ok(see_other(&account.path("/credentials")));
    };
    let dies = tokens.iter().find(|token| token.slot == step.dies());
    let goes = dies.map(|token| format!("The {} token: it stops working at once", token.slot.as_str()));
    let last = dies.and_then(|token| token.last_use.as_ref());
    let in_use = last.is_some_and(|last| app.clock.now() - last.at < IN_USE);
    let (title, question, button) = step.words();
    let frame = Frame::of(request, account);
    pages::ok(&ConfirmPage {
        page: frame.page(request, title),
        question,
        button,
        action: account.path(step.address()),
        token: subject.id,
        goes: goes.into_iter().collect(),
        stays: step.stays(),
        until: step.until(account.state.is_on_its_way_out()),
        in_use,
        notice: if in_use { "warning" } else { "info" },
        dies: dies.map(TokenRow::from),
        frame,
    })
}

/// Back to the credentials, with what was done or that nothing was.
fn back(request: &HttpRequest, account: &Account, outcome: Outcome, done: &str) -> WebResult {
    match outcome {
        Outcome::Done => flash::success(request, done),
        Outcome::Stale => flash::info(request, STALE),
    }
    Ok(see_other(&account.path("/credentials")))
}

/// `POST /accounts/{account}/credentials/auth-token`: where there is none.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<ManagesCredentials>,
) -> WebResult {
    if let Some(away) = turned_away(&app, &request, &member.account) {
        return Ok(away);
    }
    let outcome = super::make(Act::of(&app, &member), Slot::Primary).await?;
    back(
        &request,
        &member.account,
        outcome,
        "There is an auth token now. Show its secret when you are ready.",
    )
}

/// `POST /accounts/{account}/credentials/auth-token/display`: the secret, once.
pub async fn display(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentMember<ManagesCredentials>,
    typed: web::Form<DisplayForm>,
) -> WebResult {
    let (account, slot) = (&member.account, Slot::parse(&typed.slot).unwrap_or(Slot::Primary));
    match super::show(Act::of(&app, &member), slot).await? {
        Shown::Now(secret) => {
            let (title, user) = (slot.label().to_owned(), account.id.to_string());
            pages::ok(&ShownPage::of(&request, account, title, user, &secret))
        }
        Shown::Before => {
            let told = "This secret has been shown before, and we did not keep it. If nobody has it, replace the token.";
            flash::info(&request, told);
            Ok(see_other(&account.path("/credentials")))
        }
        Shown::Absent => {
            flash::info(&request, STALE);
            Ok(see_other(&account.path("/credentials")))
        }
    }
}

/// `POST /accounts/{account}/credentials/auth-token/secondary`
pub async fn create_secondary(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<ManagesCredentials>,
) -> WebResult {
    if let Some(away) = turned_away(&app, &request, &member.account) {
        return Ok(away);
    }
    let outcome = super::make(Act::of(&app, &member), Slot::Secondary).await?;
    let done = "There is a secondary token now. Show its secret, give it to your programs, then make it the primary one.";
    back(&request, &member.account, outcome, done)
}

/// `GET /accounts/{account}/credentials/auth-token/secondary/promotion`
pub async fn confirm_promotion(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
) -> WebResult {
    log.flush().await;
    confirm(&app, &request, &member.account, Step::Promotion).await
}

/// `POST /accounts/{account}/credentials/auth-token/secondary/promotion`
pub async fn promote(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentMember<ManagesCredentials>,
    typed: web::Form<ConfirmForm>,
) -> WebResult {
    let outcome = super::promote(Act::of(&app, &member), typed.token()).await?;
    let done = "The secondary token is the primary one now. The old one no longer works.";
    back(&request, &member.account, outcome, done)
}

/// `GET /accounts/{account}/credentials/auth-token/secondary/removal`
pub async fn confirm_removal(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
) -> WebResult {
    log.flush().await;
    confirm(&app, &request, &member.account, Step::Removal).await
}

/// `POST /accounts/{account}/credentials/auth-token/secondary/removal`
pub async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentMember<ManagesCredentials>,
    typed: web::Form<ConfirmForm>,
) -> WebResult {
    let outcome = super::remove(Act::of(&app, &member), typed.token()).await?;
    back(&request, &member.account, outcome, "The secondary token was removed. It no longer works.")
}

/// `GET /accounts/{account}/credentials/auth-token/replacement`
pub async fn confirm_replacement(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
) -> WebResult {
    log.flush().await;
    confirm(&app, &request, &member.account, Step::Replacement).await
}

/// `POST /accounts/{account}/credentials/auth-token/replacement`
pub async fn replace(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentMember<ManagesCredentials>,
    typed: web::Form<ConfirmForm>,
) -> WebResult {
    let outcome = super::replace(Act::of(&app, &member), typed.token()).await?;
    let done =
        "The auth token was replaced. The old one no longer works. Show the new secret when you are ready.";
    back(&request, &member.account, outcome, done)
}

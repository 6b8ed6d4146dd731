//! The page about cookies, signals and statistics, and the choice.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{Consent, REGISTER, words};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::pages::{self, Page, WebResult, safe_path, see_other};
use crate::platform::web::server::cookie_name;
use crate::preferences::signals;
use crate::preferences::statistics::Purpose;

/// A cookie, as the page shows it.
struct Row {
    name: String,
    setter: &'static str,
    kind: &'static str,
    purpose: &'static str,
    lifetime: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/cookies/show.html")]
struct ShowPage {
    page: Page,
    rows: Vec<Row>,
    purposes: Vec<&'static str>,
    consent: Consent,
    /// The browser sends the signal with this very request.
    sent: bool,
    /// The signal is kept for whoever is signed in.
    recorded: bool,
    saved: bool,
}

/// Whether the choice was saved just now.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    saved: Option<String>,
}

/// `GET /cookies`: the register, the choice, and what came of the browser's signals (S21, S31, S147).
pub async fn show(app: web::Data<App>, request: HttpRequest, shown: web::Query<Shown>) -> WebResult {
    let rows = REGISTER.iter().map(|cookie| Row {
        name: cookie_name(&app, cookie.name),
        setter: cookie.setter,
        kind: cookie.kind.label(),
        purpose: cookie.purpose,
        lifetime: words(cookie.lifetime),
    });
    pages::ok(&ShowPage {
        page: Page::of(&request, "Cookies and statistics"),
        rows: rows.collect(),
        purposes: Purpose::ALL.iter().map(|purpose| purpose.about()).collect(),
        consent: Consent::of(&request, &app),
        sent: signals::is_sent(request.headers()),
        recorded: signals::is_recorded(&request),
        saved: shown.saved.is_some(),
    })
}

/// What the buttons send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChoiceForm {
    statistics: String,
    next: String,
}

/// `POST /cookies`: remembers the choice in the browser. Needs no session, and makes none.
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    typed: web::Form<ChoiceForm>,
) -> Result<HttpResponse, AppError> {
    let agreed = match typed.statistics.as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            return Err(AppError::BadRequest("Choose whether page statistics may count your visits.".into()));
        }
    };
    if agreed && signals::is_recorded(&request) && !signals::is_sent(request.headers()) {
        signals::take_back(&request, &app).await?;
    }
    let next = safe_path(&typed.next).unwrap_or("/cookies?saved=1");
    let mut answer = see_other(next);
    answer
        .add_cookie(&super::choice(&app, agreed))
        .map_err(|error| AppError::Internal(anyhow::anyhow!("{error}")))?;
    Ok(answer)
}

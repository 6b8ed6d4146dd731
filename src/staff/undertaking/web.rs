//! The page of the undertaking.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{PATH, Version, current, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, date, moment, safe_path, see_other};
use crate::staff::permissions::EntersConsole;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    next: String,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UndertakingForm {
    agree: String,
    /// The text that was read.
    version: String,
    next: String,
}

#[derive(askama::Template)]
#[template(path = "staff/undertaking/show.html")]
struct ShowPage {
    page: Page,
    version: &'static Version,
    since: String,
    /// When whoever reads it agreed; empty where they have not.
    agreed: String,
    form: Form,
}

fn draw(next: &str) -> Form {
    Form::new(vec![
        Field::hidden("version", &current().since.to_string()),
        Field::hidden("next", safe_path(next).unwrap_or_default()),
        Field::checkbox("agree", "I have read this and undertake it", false),
    ])
}

async fn page(app: &App, request: &HttpRequest, who: &SignedIn, form: Form) -> Result<ShowPage, AppError> {
    let version = current();
    let mut conn = app.db.get().await?;
    let agreed = queries::agreed_at(&mut conn, who.person, version.since).await?;
    let mut page = Page::of(request, "Undertaking to confidentiality");
    page.banners.retain(|banner| banner.href != PATH);
    let agreed = agreed.as_ref().map(moment).unwrap_or_default();
    Ok(ShowPage { page, version, since: date(version.since), agreed, form })
}

/// `GET /staff/undertaking`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<EntersConsole>,
    query: web::Query<Query>,
) -> WebResult {
    pages::ok(&page(&app, &request, &who, draw(&query.next)).await?)
}

/// `POST /staff/undertaking`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<EntersConsole>,
    typed: web::Form<UndertakingForm>,
) -> WebResult {
    let mut form = draw(&typed.next);
    if typed.version != current().since.to_string() {
        form.fail_whole("The text has changed since you opened it. Please read it again.");
    } else if !people::ticked(&typed.agree) {
        form.fail(
            "agree",
            "Tick the box if you undertake this. Until then nothing opens that is about people.",
        );
    }
    if form.has_errors() {
        return pages::unprocessable(&page(&app, &request, &who, form).await?);
    }
    super::agree(&app, &who).await?;
    flash::success(&request, "It is noted that you have agreed. What your role is for is open to you now.");
    Ok(see_other(safe_path(&typed.next).unwrap_or("/staff")))
}

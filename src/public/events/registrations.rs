//! What the link of a registration leads to: taking the seat, seeing it, giving it back.

use actix_web::{HttpRequest, web};

use super::web::{CLOSED, FULL};
use super::{Event, Outcome, Registration};
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

#[derive(askama::Template)]
#[template(path = "public/events/registration.html")]
struct ShowPage {
    page: Page,
    event: Event,
    registration: Registration,
    token: String,
    open: bool,
    problem: &'static str,
}

async fn page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    problem: &'static str,
) -> Result<ShowPage, crate::platform::error::AppError> {
    let (registration, event) = super::find(app, token).await?;
    let (page, open) = (Page::of(request, "Your registration"), event.is_open(app.clock.now()));
    Ok(ShowPage { page, event, registration, token: token.to_owned(), open, problem })
}

/// `GET /events/registrations/{token}`: shows it and changes nothing, because mail programs look too.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    pages::ok(&page(&app, &request, &token, "").await?)
}

/// `POST /events/registrations/{token}/confirmation`
pub async fn confirm(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let problem = match super::confirm(&app, &token).await? {
        Outcome::Done => return Ok(see_other(&format!("/events/registrations/{token}"))),
        Outcome::Full => FULL,
        Outcome::Closed => CLOSED,
    };
    pages::unprocessable(&page(&app, &request, &token, problem).await?)
}

/// `POST /events/registrations/{token}/cancellation`
pub async fn cancel(app: web::Data<App>, token: web::Path<String>) -> WebResult {
    super::cancel(&app, &token).await?;
    Ok(see_other(&format!("/events/registrations/{token}")))
}

//! The registrations of somebody who is signed in, by the address that they confirmed (S26). Whoever registered it, the
//! mailbox is theirs.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Event, Registration, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

const PATH: &str = "/settings/registrations";
const TOO_LATE: &str =
    "There is nothing to cancel: it was cancelled before, or the event has begun or was called off.";

/// A registration, as the list shows it.
struct Line {
    registration: Registration,
    event: Event,
    /// Kind and words of its badge.
    badge: (&'static str, &'static str),
    /// What else there is to say.
    note: &'static str,
    can_cancel: bool,
}

fn line((registration, event): (Registration, Event), now: DateTime<Utc>) -> Line {
    let open = event.is_open(now);
    let (badge, note) = match (&registration, &event) {
        (Registration { cancelled_at: Some(_), .. }, _) => (("", "You cancelled"), ""),
        (_, Event { cancelled_at: Some(_), .. }) => (("danger", "Called off"), ""),
        (Registration { confirmed_at: Some(_), .. }, _) if open => (("success", "You have a seat"), ""),
        (Registration { confirmed_at: Some(_), .. }, _) => (("info", "You had a seat"), ""),
        _ if open => (("warning", "Not confirmed"), "Take your seat by the link in our mail."),
        _ => (("", "Never confirmed"), ""),
    };
    let can_cancel = open && registration.cancelled_at.is_none();
    Line { registration, event, badge, note, can_cancel }
}

#[derive(askama::Template)]
#[template(path = "public/events/own/index.html")]
struct IndexPage {
    page: Page,
    email: String,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /settings/registrations`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let rows = queries::all_own(&mut conn, &who.email, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |(registration, _)| registration.id, PATH, "");
    let lines = rows.into_iter().map(|row| line(row, now)).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Events"), email: who.email.clone(), lines, pager })
}

/// Gives a seat back, or lets a registration go, for the owner of its address. Answers whether there was anything to let go:
/// not what was cancelled before, nor when the event has begun or was called off.
///
/// # Errors
/// `NotFound` for a registration of another address.
async fn cancel_own(app: &App, who: &SignedIn, id: Uuid) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let (_, event) = queries::own(&mut conn, &who.email, id).await?.ok_or(AppError::NotFound)?;
    Ok(event.is_open(now) && queries::cancel_own(&mut conn, &who.email, id, now).await?)
}

#[derive(askama::Template)]
#[template(path = "public/events/own/cancellation.html")]
struct CancellationPage {
    page: Page,
    registration: Registration,
    event: Event,
    goes: Vec<String>,
}

/// `GET /settings/registrations/{registration}/cancellation`: asks.
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    registration: web::Path<Uuid>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = queries::own(&mut conn, &who.email, *registration).await?.ok_or(AppError::NotFound)?;
    let Line { registration, event, can_cancel, .. } = line(found, app.clock.now());
    if !can_cancel {
        return Err(AppError::Gone(TOO_LATE));
    }
    let goes = match registration.confirmed_at {
        Some(_) => vec!["Your seat; somebody else may take it".to_owned()],
        None => vec!["Your registration, which was not confirmed yet".to_owned()],
    };
    let page = Page::of(&request, "Cancel your registration");
    pages::ok(&CancellationPage { page, registration, event, goes })
}

/// `POST /settings/registrations/{registration}/cancellation`
pub async fn cancel(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    registration: web::Path<Uuid>,
) -> WebResult {
    if !cancel_own(&app, &who, *registration).await? {
        return Err(AppError::Gone(TOO_LATE));
    }
    flash::success(&request, "Your registration is cancelled.");
    Ok(see_other(PATH))
}

//! The pages of somebody who is signed in: their requests, asking, and one request with all that belongs to it.

pub mod letter;
pub mod new;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::states::By;
use super::{DataRequest, Requester, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use view::Shown;

/// A request, as the list shows it.
struct Line {
    id: RequestId,
    title: &'static str,
    badge: (&'static str, &'static str),
    /// How far it is; empty once it ended.
    progress: String,
    progress_kind: &'static str,
    iso: String,
    received: String,
    /// What is to be done by whoever asked, or when it ended.
    detail: String,
}

fn line(request: &DataRequest, now: chrono::DateTime<chrono::Utc>) -> Line {
    let (state, progress) = (request.state(), request.progress(now));
    let detail = match request.closed_at {
        Some(at) => format!("ended on {}", day(&at)),
        None if request.waits_for_confirmation() => "waits until you confirm it".into(),
        None if request.is_in_grace(now) => "can still be undone".into(),
        None => format!("answer due on {}", day(&request.due_at)),
    };
    Line {
        id: request.id,
        title: request.kind().label(),
        badge: (state.badge(), state.label()),
        progress: if state.is_open() { progress.words() } else { String::new() },
        progress_kind: progress.badge(),
        iso: request.received_at.to_rfc3339(),
        received: moment(&request.received_at),
        detail,
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /privacy/requests`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let rows = queries::of_person(&mut conn, who.person, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, "/privacy/requests", "");
    let lines = rows.iter().map(|row| line(row, now)).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Your data requests"), lines, pager })
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/show.html")]
struct ShowPage {
    page: Page,
    shown: Shown,
    form: Form,
}

/// A SID of a request that leads to one of whoever is signed in.
async fn own(app: &App, who: &SignedIn, sid: &str) -> Result<DataRequest, AppError> {
    let id: RequestId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find_of(&mut *app.db.get().await?, id, who.person).await?)
}

fn path(request: &DataRequest) -> String {
    format!("/privacy/requests/{}", request.id)
}

async fn page(
    app: &App,
    request: &HttpRequest,
    found: &DataRequest,
    form: Form,
    status: StatusCode,
) -> WebResult {
    let shown = Shown::load(app, found, &path(found)).await?;
    pages::with_status(status, &ShowPage { page: Page::of(request, shown.title), shown, form })
}

/// `GET /privacy/requests/{request}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    page(&app, &request, &found, letter::SHEET.blank(), StatusCode::OK).await
}

/// `POST /privacy/requests/{request}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    match letter::write(&app, &request, payload, By::Requester(Some(who.person)), &found).await? {
        Ok(()) => flash::success(&request, "Your message is with our privacy team."),
        Err(form) => return page(&app, &request, &found, form, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
    Ok(see_other(&path(&found)))
}

/// `GET /privacy/requests/{request}/files/{file}`
pub async fn file(app: web::Data<App>, who: SignedIn, sids: web::Path<(String, String)>) -> WebResult {
    let found = own(&app, &who, &sids.0).await?;
    letter::file(&app, &found, &sids.1).await
}

/// `POST /privacy/requests/{request}/withdrawal`: takes it back; undoes a deletion that was confirmed.
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    match super::withdraw(&app, &Requester::signed_in(&who), &found).await? {
        Ok(()) if found.confirmed_at.is_some() => {
            flash::success(&request, "The deletion is undone. Nothing was deleted.");
        }
        Ok(()) => flash::success(&request, "Your request is withdrawn."),
        Err(_) => flash::info(&request, "The request had ended already, so nothing was changed."),
    }
    Ok(see_other(&path(&found)))
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/confirmation.html")]
struct ConfirmationPage {
    page: Page,
    shown: Shown,
    everything: bool,
    details: Vec<String>,
    /// What ends with it, in sentences (S95).
    ends: Vec<String>,
    until: String,
}

/// What ends with a deletion of what somebody named; that of everything says so by itself.
pub fn ends(found: &DataRequest) -> Vec<String> {
    match found.kind() {
        super::kinds::Kind::ItemDeletion => {
            super::needed::ends_with(found.details.as_deref().unwrap_or_default())
        }
        _ => Vec::new(),
    }
}

/// Until when a deletion can be undone that is confirmed now.
pub fn undo_words(now: chrono::DateTime<chrono::Utc>) -> String {
    let until = moment(&(now + super::deadlines::GRACE));
    format!("You can undo it until {until}. After that it cannot be taken back.")
}

/// What is to be asked once more.
fn confirmation(request: &HttpRequest, app: &App, found: &DataRequest, shown: Shown) -> ConfirmationPage {
    ConfirmationPage {
        page: Page::of(request, "Confirm the deletion"),
        shown,
        everything: found.kind() == super::kinds::Kind::Deletion,
        details: found.details.clone().into_iter().collect(),
        ends: ends(found),
        until: undo_words(app.clock.now()),
    }
}

/// `GET /privacy/requests/{request}/confirmation`: asks once more, and changes nothing.
pub async fn new_confirmation(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who.0, &sid).await?;
    if !found.waits_for_confirmation() {
        return Ok(see_other(&path(&found)));
    }
    let shown = Shown::load(&app, &found, &path(&found)).await?;
    pages::ok(&confirmation(&request, &app, &found, shown))
}

/// `POST /privacy/requests/{request}/confirmation`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who.0, &sid).await?;
    match super::confirm(&app, &Requester::signed_in(&who.0), &found).await? {
        Ok(()) => flash::success(&request, "Your deletion is confirmed."),
        Err(_) => flash::info(&request, "There was nothing to confirm any more."),
    }
    Ok(see_other(&path(&found)))
}

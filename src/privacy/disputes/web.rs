//! The pages of somebody who is signed in: their disputes, raising one, and one dispute with all that belongs to it. To
//! anybody else the first two are the public form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::form::{DisputeForm, refuse};
use super::states::{Act, By};
use super::view::Shown;
use super::{Dispute, Filer, POSTAL_ADDRESS, files, letter, public, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::letter::Letter;
use crate::platform::files::upload::{self, Upload};
use crate::platform::ids::DisputeId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

/// A dispute, as the list shows it.
struct Line {
    path: String,
    title: String,
    badge: (&'static str, &'static str),
    iso: String,
    received: String,
    detail: String,
}

fn line(dispute: &Dispute) -> Line {
    let state = dispute.state();
    Line {
        path: path(dispute),
        title: dispute.subject.clone().unwrap_or_else(|| "A dispute".into()),
        badge: (state.badge(), state.label()),
        iso: dispute.received_at.to_rfc3339(),
        received: moment(&dispute.received_at),
        detail: match &dispute.closed_at {
            Some(at) => format!("ended on {}", day(at)),
            None => format!("answer due on {}", day(&dispute.due_at)),
        },
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /privacy/disputes`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let Some(who) = who else { return public::new(&app, &request) };
    let mut conn = app.db.get().await?;
    let rows = queries::of_person(&mut conn, who.person, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, "/privacy/disputes", "");
    let lines = rows.iter().map(line).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Your disputes"), lines, pager })
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    postal_address: &'static str,
}

fn form_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Raise a dispute"), form, postal_address: POSTAL_ADDRESS }
}

/// `GET /privacy/disputes/new`
pub async fn new(app: web::Data<App>, request: HttpRequest, who: Option<SignedIn>) -> WebResult {
    if who.is_none() {
        return public::new(&app, &request);
    }
    pages::ok(&form_page(&request, DisputeForm::default().draw()))
}

/// `POST /privacy/disputes/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    payload: web::Payload,
) -> WebResult {
    let Some(who) = who else { return public::create(&app, &request, payload).await };
    upload::admit(&app, &who.person.to_string()).await?;
    let upload = Upload::read(&app, &request, payload, upload::FIELD).await?;
    let typed = DisputeForm::of(&upload);
    let mut form = typed.draw();
    let parsed = typed.parse(&mut form);
    upload.judge(&mut form);
    let Some((subject, body)) = parsed.filter(|_| !form.has_errors()) else {
        upload.give_up(&app, &mut form).await;
        return pages::unprocessable(&form_page(&request, form));
    };
    let letter = Letter { body, files: upload.files };
    let raised = super::raise_signed_in(&app, &who, &subject, &letter).await?;
    let Ok(id) = raised.map_err(|refusal| refuse(&mut form, refusal)) else {
        return pages::unprocessable(&form_page(&request, form));
    };
    flash::success(&request, "We have your dispute, and mailed you a confirmation.");
    Ok(see_other(&format!("/privacy/disputes/{id}")))
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/show.html")]
struct ShowPage {
    page: Page,
    shown: Shown,
    form: Form,
}

/// A SID of a dispute that leads to one of whoever is signed in.
async fn own(app: &App, who: &SignedIn, sid: &str) -> Result<Dispute, AppError> {
    let id: DisputeId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find_of(&mut *app.db.get().await?, id, who.person).await?)
}

fn path(dispute: &Dispute) -> String {
    format!("/privacy/disputes/{}", dispute.id)
}

async fn page(
    app: &App,
    request: &HttpRequest,
    found: &Dispute,
    form: Form,
    status: StatusCode,
) -> WebResult {
    let shown = Shown::load(app, found, &path(found)).await?;
    pages::with_status(status, &ShowPage { page: Page::of(request, "Your dispute"), shown, form })
}

/// `GET /privacy/disputes/{dispute}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    page(&app, &request, &found, letter::SHEET.blank(), StatusCode::OK).await
}

/// `POST /privacy/disputes/{dispute}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    let by = By::Filer(Some(who.person));
    if let Err(form) = letter::write(&app, &request, payload, by, &found).await? {
        return page(&app, &request, &found, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    flash::success(&request, "Your message is with our privacy team.");
    Ok(see_other(&path(&found)))
}

/// `GET /privacy/disputes/{dispute}/files/{file}`
pub async fn file(app: web::Data<App>, who: SignedIn, sids: web::Path<(String, String)>) -> WebResult {
    let found = own(&app, &who, &sids.0).await?;
    files::hand_out(&app, &found, &sids.1).await
}

/// `POST /privacy/disputes/{dispute}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    sid: web::Path<String>,
) -> WebResult {
    let found = own(&app, &who, &sid).await?;
    match super::act(&app, &Filer::signed_in(&who), &found, Act::Withdrawn, None).await? {
        Ok(()) => flash::success(&request, "Your dispute is withdrawn."),
        Err(_) => flash::info(&request, "The dispute had ended already, so nothing was changed."),
    }
    Ok(see_other(&path(&found)))
}

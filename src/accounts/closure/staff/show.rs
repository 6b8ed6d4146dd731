//! One closure at the desk: when and how for everybody who works there, and what was written about it for whoever says why
//! they look. Each look stands in the activity of the account (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::{PATH, next};
use crate::accounts::closure::queries::{self, Closure};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::ClosureId;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::desk::Queue;
use crate::staff::desk::looks::Item;
use crate::staff::desk::web::LookForm;
use crate::staff::permissions::WorksOnRequests;

#[derive(askama::Template)]
#[template(path = "accounts/closure/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    /// What the owner wrote; only to whoever may see it.
    note: Option<String>,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

async fn find(app: &App, sid: &str) -> Result<Closure, AppError> {
    let id: ClosureId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find(&mut *app.db.get().await?, id).await?)
}

fn badge(closure: &Closure) -> (&'static str, &'static str) {
    match (closure.undone_at, closure.content_ordered_at) {
        (Some(_), _) => ("success", "Undone"),
        (None, Some(_)) => ("", "Closed"),
        (None, None) => ("warning", "Closing"),
    }
}

fn facts(closure: &Closure) -> Vec<(&'static str, String)> {
    let asked = if closure.requested_by_kind == "staff" { "by mail" } else { "on the page of the account" };
    vec![
        ("Number", closure.id.to_string()),
        ("Account", closure.account.to_string()),
        ("Asked for", format!("{asked}, {}", moment(&closure.requested_at))),
        ("Next", next(closure)),
    ]
}

/// The page; `look` is the form of a reason with what is wrong in it.
async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    closure: Closure,
    look: Option<Form>,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let item = Item::new(Queue::Closures, closure.id.0, closure.id).concerns(closure.account);
    let access = item.access(&mut conn, who, now).await?;
    drop(conn);
    item.note(app, who, &access).await?;
    let form = look.clone().unwrap_or_default();
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // An owner who closes it themselves writes nothing, and nothing is hidden then.
    let hidden = closure.note.is_some() && !access.is_open();
    let shown = ShowPage {
        page: Page::of(request, "Closure"),
        path: format!("{PATH}/{}", closure.id),
        badge: badge(&closure),
        facts: facts(&closure),
        note: closure.note.filter(|_| !hidden),
        look: hidden.then(|| look.unwrap_or_else(|| LookForm::default().draw())),
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/closures/{closure}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let closure = find(&app, &sid).await?;
    page(&app, &request, &who, closure, None).await
}

/// `POST /staff/closures/{closure}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let closure = find(&app, &sid).await?;
    match typed.open(&app, &who, Queue::Closures, closure.id.0).await? {
        Ok(()) => Ok(see_other(&format!("{PATH}/{}", closure.id))),
        Err(form) => page(&app, &request, &who, closure, Some(form)).await,
    }
}

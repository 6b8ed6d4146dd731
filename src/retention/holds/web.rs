//! The desk of holds.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::Refusal;
use super::facts::{facts, title};
use super::form::{HoldForm, parse_review};
use super::queries::{self, Hold};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::HoldId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{self, Page, WebResult, date, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::HoldsData;

const PATH: &str = "/staff/holds";

/// Which holds are shown, and from where on.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    before: Option<Uuid>,
    after: Option<Uuid>,
    all: Option<String>,
}

/// A hold, as the list shows it.
struct Line {
    hold: Hold,
    title: String,
    review_on: String,
    late: bool,
}

#[derive(askama::Template)]
#[template(path = "retention/holds/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    all: bool,
    pager: Pager,
}

/// `GET /staff/holds`: those in force, or with `?all=1` all that are kept.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<HoldsData>,
    asked: web::Query<Asked>,
) -> WebResult {
    let (all, keyset) = (asked.all.is_some(), Keyset { before: asked.before, after: asked.after });
    let today = app.clock.now().date_naive();
    let rows = queries::list(&mut *app.db.get().await?, all, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, PATH, if all { "&all=1" } else { "" });
    let line = |hold: Hold| Line {
        title: title(&hold),
        review_on: date(hold.review_on),
        late: hold.ended_at.is_none() && hold.review_on < today,
        hold,
    };
    let lines = rows.into_iter().map(line).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Holds"), lines, all, pager })
}

#[derive(askama::Template)]
#[template(path = "retention/holds/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/holds/new`
pub async fn new(request: HttpRequest, _who: RecentStaff<HoldsData>) -> WebResult {
    pages::ok(&NewPage { page: Page::of(&request, "Place a hold"), form: HoldForm::default().draw() })
}

/// `POST /staff/holds/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<HoldsData>,
    typed: web::Form<HoldForm>,
) -> WebResult {
    let form = match typed.parse(app.clock.now()) {
        Ok(new) => match super::place(&app, &who, &new).await {
            Ok(id) => {
                flash::success(
                    &request,
                    "The hold is in force. Somebody else approves it within three days, or it lapses.",
                );
                return Ok(see_other(&format!("{PATH}/{id}")));
            }
            Err(AppError::NotFound) => {
                let mut form = typed.draw();
                form.fail("sid", "There is nobody and nothing with this SID.");
                form
            }
            Err(error) => return Err(error),
        },
        Err(form) => form,
    };
    pages::unprocessable(&NewPage { page: Page::of(&request, "Place a hold"), form })
}

#[derive(askama::Template)]
#[template(path = "retention/holds/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    title: String,
    badge: (&'static str, &'static str),
    reason: Option<String>,
    facts: Vec<(&'static str, String)>,
    in_force: bool,
    /// Whether whoever looks may approve it.
    approvable: bool,
    waits: bool,
    review: Form,
    release: Form,
    /// Whichever of them something is wrong with.
    form: Form,
}

fn id_of(path: &str) -> Result<HoldId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

fn review_form(value: &str) -> Form {
    Form::new(vec![Field::date("review_on", "To be looked at again on").value(value)])
}

fn release_form(value: &str) -> Form {
    Form::new(vec![
        Field::textarea("because", "Why it is no longer needed")
            .hint("What is due by its retention rule goes with the next sweep, and cannot be brought back.")
            .value(value),
    ])
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: Uuid,
    id: HoldId,
    forms: (Form, Form),
) -> Result<ShowPage, AppError> {
    let mut conn = app.db.get().await?;
    let hold = queries::find(&mut conn, id).await?;
    let in_force = hold.ended_at.is_none();
    let waits = in_force && hold.approved_at.is_none();
    Ok(ShowPage {
        page: Page::of(request, "Hold"),
        path: format!("{PATH}/{id}"),
        title: title(&hold),
        badge: hold.badge(),
        facts: facts(&mut conn, app, &hold).await?,
        in_force,
        approvable: waits && hold.requested_by != who,
        waits,
        form: if forms.0.has_errors() { forms.0.clone() } else { forms.1.clone() },
        review: forms.0,
        release: forms.1,
        reason: hold.reason,
    })
}

/// `GET /staff/holds/{hold}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<HoldsData>,
    hold: web::Path<String>,
) -> WebResult {
    let forms = (review_form(""), release_form(""));
    pages::ok(&page(&app, &request, who.person.0, id_of(&hold)?, forms).await?)
}

fn done(request: &HttpRequest, id: HoldId, outcome: Result<(), Refusal>, words: &str) -> WebResult {
    match outcome {
        Ok(()) => flash::success(request, words),
        Err(refusal) => flash::info(request, refusal.words()),
    }
    Ok(see_other(&format!("{PATH}/{id}")))
}

/// `POST /staff/holds/{hold}/approval`
pub async fn approve(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<HoldsData>,
    hold: web::Path<String>,
) -> WebResult {
    let id = id_of(&hold)?;
    queries::find(&mut *app.db.get().await?, id).await?;
    let outcome = super::approve(&app, &who, id).await?;
    done(&request, id, outcome, "The hold is approved. It stays until it is released.")
}

/// What the form of a review sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReviewForm {
    review_on: String,
}

/// `POST /staff/holds/{hold}/review`
pub async fn review(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<HoldsData>,
    hold: web::Path<String>,
    typed: web::Form<ReviewForm>,
) -> WebResult {
    let id = id_of(&hold)?;
    match parse_review(&typed.review_on, app.clock.now()) {
        Ok(day) => {
            queries::find(&mut *app.db.get().await?, id).await?;
            let outcome = super::review(&app, &who, id, day).await?;
            done(&request, id, outcome, "The next review is set.")
        }
        Err(message) => {
            let mut form = review_form(&typed.review_on);
            form.fail("review_on", message);
            let forms = (form, release_form(""));
            pages::unprocessable(&page(&app, &request, who.person.0, id, forms).await?)
        }
    }
}

/// What the form of a release sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReleaseForm {
    because: String,
}

/// `POST /staff/holds/{hold}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<HoldsData>,
    hold: web::Path<String>,
    typed: web::Form<ReleaseForm>,
) -> WebResult {
    let id = id_of(&hold)?;
    let because = typed.because.trim();
    if !(10..=2000).contains(&because.chars().count()) {
        let mut form = release_form(&typed.because);
        form.fail("because", "Write 10 to 2,000 characters.");
        let forms = (review_form(""), form);
        return pages::unprocessable(&page(&app, &request, who.person.0, id, forms).await?);
    }
    queries::find(&mut *app.db.get().await?, id).await?;
    let outcome = super::release(&app, &who, id, because).await?;
    done(&request, id, outcome, "The hold is released. What is due goes with the next sweep.")
}

//! The desk of disclosures: the list, the page that records one, and one with all that was done. What can be done is in
//! [`acts`]; how it is typed in `form` for a new one and in `act_form` for an act, which read days and words by `parts`.

mod act_form;
pub mod acts;
mod facts;
mod form;
mod parts;

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use self::acts::{Doing, Wanted};
use self::facts::{Line, facts, line};
use self::form::DisclosureForm;
use super::queries;
use super::record::Disclosure;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::DisclosureId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, date, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::RecordsDisclosures;

const PATH: &str = "/staff/disclosures";

fn path(id: DisclosureId) -> String {
    format!("{PATH}/{id}")
}

async fn find(app: &App, who: &SignedIn, sid: &str) -> Result<Disclosure, AppError> {
    let id = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find(&mut *app.db.get().await?, id, who.person).await?)
}

/// Which disclosures are shown, and from where on.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    before: Option<Uuid>,
    after: Option<Uuid>,
    all: Option<String>,
}

/// A disclosure, as the list shows it.
struct Row {
    path: String,
    recipient: String,
    badge: (&'static str, &'static str),
    kind: &'static str,
    came: String,
    /// The day until which nobody may be told, while that is to come.
    silent_until: String,
}

#[derive(askama::Template)]
#[template(path = "privacy/disclosures/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Row>,
    all: bool,
    pager: Pager,
}

/// `GET /staff/disclosures`: those under way, or with `?all=1` all that are kept.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RecordsDisclosures>,
    asked: web::Query<Asked>,
) -> WebResult {
    let (all, keyset) = (asked.all.is_some(), Keyset { before: asked.before, after: asked.after });
    let found = queries::list(&mut *app.db.get().await?, who.person, all, keyset.window()).await?;
    let (found, pager) = keyset.page(found, |one| one.id.0, PATH, if all { "&all=1" } else { "" });
    let row = |one: Disclosure| Row {
        path: path(one.id),
        badge: (one.state().badge(), one.state().label()),
        kind: one.kind().label(),
        came: date(one.received_on),
        silent_until: one.silent_until.filter(|_| one.told_at.is_none()).map(date).unwrap_or_default(),
        recipient: one.recipient,
    };
    let rows = found.into_iter().map(row).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Disclosures"), rows, all, pager })
}

#[derive(askama::Template)]
#[template(path = "privacy/disclosures/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

fn new_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Record a disclosure"), form }
}

/// `GET /staff/disclosures/new`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    _who: RecentStaff<RecordsDisclosures>,
) -> WebResult {
    pages::ok(&new_page(&request, DisclosureForm::blank(app.clock.now().date_naive())))
}

/// `POST /staff/disclosures/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<RecordsDisclosures>,
    typed: web::Form<Vec<(String, String)>>,
) -> WebResult {
    let typed = DisclosureForm::read(typed.into_inner());
    let form = match typed.parse(app.clock.now()) {
        Ok(new) => match super::record(&app, &who, &new).await {
            Ok(id) => {
                flash::success(
                    &request,
                    "It is recorded. Nothing is handed over before a colleague approves it.",
                );
                return Ok(see_other(&path(id)));
            }
            Err(AppError::NotFound) => {
                let mut form = typed.draw();
                form.fail(
                    "sid",
                    "Nobody and nothing has this SID, or it is yours: a colleague records that.",
                );
                form
            }
            Err(error) => return Err(error),
        },
        Err(form) => form,
    };
    pages::unprocessable(&new_page(&request, form))
}

#[derive(askama::Template)]
#[template(path = "privacy/disclosures/show.html")]
struct ShowPage {
    page: Page,
    recipient: String,
    badge: (&'static str, &'static str),
    /// Waits for an approval, and whoever looks recorded it.
    own: bool,
    words: Option<String>,
    facts: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    /// What can be done now, each with its form.
    doings: Vec<Doing>,
    /// Whichever form something is wrong with.
    form: Form,
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    disclosure: Disclosure,
    wrong: Option<(Wanted, Form)>,
) -> Result<ShowPage, AppError> {
    let now = app.clock.now();
    let form = wrong.as_ref().map(|(_, form)| form.clone()).unwrap_or_default();
    let mut conn = app.db.get().await?;
    let mut lines = Vec::new();
    for step in queries::steps(&mut conn, &[disclosure.id]).await? {
        lines.push(line(&mut conn, step).await?);
    }
    let facts = facts(&mut conn, &disclosure).await?;
    drop(conn);
    Ok(ShowPage {
        page: Page::of(request, &disclosure.recipient),
        badge: (disclosure.state().badge(), disclosure.state().label()),
        own: acts::waits_for_approval(&disclosure) && disclosure.recorded_by == who.person,
        facts,
        lines,
        doings: acts::doings(&disclosure, who.person, wrong, now),
        form,
        recipient: disclosure.recipient,
        words: disclosure.words,
    })
}

/// `GET /staff/disclosures/{disclosure}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RecordsDisclosures>,
    sid: web::Path<String>,
) -> WebResult {
    let disclosure = find(&app, &who, &sid).await?;
    pages::ok(&page(&app, &request, &who, disclosure, None).await?)
}

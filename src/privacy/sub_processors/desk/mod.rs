//! The desk of sub-processors: the list, with what nobody is published for, and one of them. The forms are in [`forms`], what is
//! done with one in [`steps`].

mod forms;
pub mod steps;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::{Draft, Function, SubProcessor, queries};
use crate::platform::app::App;
use crate::platform::countries;
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SubProcessorId};
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::KeepsSubProcessors;
use forms::{AssuranceForm, DraftForm};

const PATH: &str = "/staff/sub-processors";

fn path(id: SubProcessorId) -> String {
    format!("{PATH}/{id}")
}

/// How one stands: the kind of its badge, and in words.
fn in_words(one: &SubProcessor) -> (&'static str, &'static str) {
    match (one.ended_at, one.approved_at) {
        (Some(_), _) => ("", "Ended"),
        (None, Some(_)) => ("success", "Published"),
        (None, None) if one.is_assured() => ("warning", "Waits for approval"),
        (None, None) => ("warning", "Contract or close look is missing"),
    }
}

fn function_of(one: &SubProcessor) -> &'static str {
    one.function().map_or("", Function::label)
}

struct Row {
    path: String,
    name: String,
    badge: (&'static str, &'static str),
    detail: String,
}

#[derive(askama::Template)]
#[template(path = "privacy/sub_processors/index.html")]
struct IndexPage {
    page: Page,
    /// Functions that the portal has and nobody is published for.
    unnamed: Vec<&'static str>,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/sub-processors`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<KeepsSubProcessors>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = queries::list(&mut conn, keyset.window()).await?;
    let published = queries::published(&mut conn).await?;
    drop(conn);
    let named = |function: &Function| {
        published.iter().any(|one| one.is_active() && one.function() == Some(*function))
    };
    let unnamed = Function::ALL.into_iter().filter(|one| one.is_on(&app.config) && !named(one));
    let (found, pager) = keyset.page(found, |one| one.id.0, PATH, "");
    let row = |one: SubProcessor| Row {
        path: path(one.id),
        badge: in_words(&one),
        detail: format!("{} · {}", function_of(&one), one.does),
        name: one.name,
    };
    pages::ok(&IndexPage {
        page: Page::of(&request, "Sub-processors"),
        unnamed: unnamed.map(Function::label).collect(),
        rows: found.into_iter().map(row).collect(),
        pager,
    })
}

#[derive(askama::Template)]
#[template(path = "privacy/sub_processors/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

fn new_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Propose a sub-processor"), form }
}

/// `GET /staff/sub-processors/new`
pub async fn new(request: HttpRequest, _who: Staff<KeepsSubProcessors>) -> WebResult {
    pages::ok(&new_page(&request, DraftForm::default().draw()))
}

/// `POST /staff/sub-processors/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<KeepsSubProcessors>,
    typed: web::Form<DraftForm>,
) -> WebResult {
    let draft: Draft = match typed.parse() {
        Ok(draft) => draft,
        Err(form) => return pages::unprocessable(&new_page(&request, form)),
    };
    let id = super::propose(&app, &who, &draft).await?;
    flash::success(&request, "It is proposed. Nothing is public before a colleague publishes it.");
    Ok(see_other(&path(id)))
}

#[derive(askama::Template)]
#[template(path = "privacy/sub_processors/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    function: &'static str,
    place: String,
    one: SubProcessor,
    /// Days of the contract and of the close look, in words.
    looked: String,
    proposed: String,
    approved: String,
    ended: String,
    /// Whoever reads it proposed it.
    own: bool,
    /// What binds it, to be noted or renewed.
    form: Form,
}

async fn name_of(app: &App, person: Option<PersonId>) -> Result<String, AppError> {
    let Some(person) = person else { return Ok(String::new()) };
    let name = queries::name_of(&mut *app.db.get().await?, person).await?;
    Ok(name.unwrap_or_else(|| "somebody who is no longer here".into()))
}

async fn find(app: &App, id: SubProcessorId) -> Result<SubProcessor, AppError> {
    queries::find(&mut *app.db.get().await?, id).await?.ok_or(AppError::NotFound)
}

/// The page of one; `form` is that of its assurance with what is wrong in it.
async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    id: SubProcessorId,
    form: Option<Form>,
) -> WebResult {
    let one = find(app, id).await?;
    let (proposer, approver) =
        (name_of(app, Some(one.proposed_by)).await?, name_of(app, one.approved_by).await?);
    let status = if form.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let on = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "not noted".into(), pages::date);
    let shown = ShowPage {
        page: Page::of(request, &one.name),
        path: path(id),
        badge: in_words(&one),
        function: function_of(&one),
        place: countries::name(&one.country).map_or_else(|| one.country.clone(), Into::into),
        looked: format!("contract {}, close look {}", on(one.contract_on), on(one.diligence_on)),
        proposed: format!("{} by {proposer}", moment(&one.proposed_at)),
        approved: one.approved_at.map(|at| format!("{} by {approver}", moment(&at))).unwrap_or_default(),
        ended: one.ended_at.as_ref().map(moment).unwrap_or_default(),
        own: one.proposed_by == who.person,
        form: form.unwrap_or_else(|| AssuranceForm::of(&one).draw(one.is_active())),
        one,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/sub-processors/{processor}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<KeepsSubProcessors>,
    id: web::Path<SubProcessorId>,
) -> WebResult {
    page(&app, &request, &who, *id, None).await
}

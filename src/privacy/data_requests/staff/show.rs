//! One request at the desk: who asks, everything that happened, claiming it, and the smaller steps. Before it is claimed,
//! or somebody typed why they look, whom it is about is masked and what was written is hidden (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::facts::{asker, facts, hide, line};
use super::step_form::StepForm;
use super::steps::{self, Deed};
use super::{find, path};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::web::LetterView;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::queries;
use crate::privacy::data_requests::states::By;
use crate::privacy::data_requests::web::letter;
use crate::privacy::data_requests::web::view::{Line, NotDone, Shown};
use crate::privacy::erasure;
use crate::staff::desk::looks::{Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue};
use crate::staff::permissions::WorksOnRequests;

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/staff/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    progress: (&'static str, String),
    facts: Vec<(&'static str, String)>,
    /// The page of the person who asks, if they have an account.
    person: Option<String>,
    lines: Vec<Line>,
    not_done: Vec<NotDone>,
    letters: Vec<LetterView>,
    /// Who has claimed it, and until when.
    holder: Option<(String, String)>,
    is_mine: bool,
    open: bool,
    decidable: bool,
    suspected: bool,
    contact_of: Vec<String>,
    /// What stands against a deletion.
    obstacle: Option<&'static str>,
    step: Form,
    message: Form,
    /// The door for whoever has not claimed it and typed no reason.
    look: Option<Form>,
    /// Until when it is open to whoever typed a reason.
    open_until: String,
    form: Form,
}

/// The forms of the page, as they are drawn.
#[derive(Default)]
struct Forms {
    step: Option<Form>,
    message: Option<Form>,
    look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    fn wrong(&self) -> Form {
        Form::first_wrong([&self.step, &self.message, &self.look])
    }
}

/// What stands against a deletion that is asked for.
async fn obstacle(app: &App, found: &DataRequest) -> Result<Option<&'static str>, AppError> {
    if found.kind() != Kind::Deletion || !found.state().is_open() {
        return Ok(None);
    }
    let found = erasure::obstacle_of(&mut *app.db.get().await?, &app.keys, found).await?;
    Ok(found.map(erasure::Obstacle::for_staff))
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<WorksOnRequests>,
    found: &DataRequest,
    forms: Forms,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let item = Item::new(Queue::Requests, found.id.0, found.id).about(found.person);
    let (access, holder) = (item.access(&mut conn, who, now).await?, item.holder(&mut conn, now).await?);
    let steps = queries::steps(&mut conn, found.id).await?;
    drop(conn);
    item.note(app, who, &access).await?;
    let open = access.is_open();
    let mut shown = Shown::load(app, found, &path(found.id)).await?;
    shown.letters.iter_mut().for_each(|letter| letter.turn("Whoever asks"));
    if !open {
        hide(&mut shown);
    }
    let (words, person) = asker(app, found, open).await?;
    let (state, progress, form) = (found.state(), found.progress(now), forms.wrong());
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ShowPage {
        page: Page::of(request, found.kind().label()),
        path: path(found.id),
        title: found.kind().label(),
        badge: (state.badge(), state.label()),
        progress: if state.is_open() { (progress.badge(), progress.words()) } else { ("", String::new()) },
        facts: facts(found, words, open),
        person,
        lines: steps.iter().map(|step| line(step, open)).collect(),
        not_done: shown.not_done,
        letters: shown.letters,
        is_mine: access == Access::Claimed,
        holder,
        open: state.is_open(),
        decidable: access == Access::Claimed && state.is_open(),
        suspected: found.fraud_suspected_at.is_some() && state.is_open(),
        contact_of: shown.contact_of,
        obstacle: obstacle(app, found).await?,
        step: forms.step.unwrap_or_else(|| StepForm::default().draw(found)),
        message: forms.message.unwrap_or_else(|| letter::SHEET.blank()),
        look: LookForm::door(&access, forms.look),
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &page)
}

/// `GET /staff/requests/{request}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    page(&app, &request, &who, &found, Forms::default()).await
}

/// `POST /staff/requests/{request}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::claim(&app, &request, &who, (Queue::Requests, found.id.0), &path(found.id)).await
}

/// `POST /staff/requests/{request}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::release(&app, &request, &who, (Queue::Requests, found.id.0), &path(found.id)).await
}

/// `POST /staff/requests/{request}/looks`: sees it for a quarter of an hour, for a reason that its owner reads.
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = typed.open(&app, &who, Queue::Requests, found.id.0).await? {
        return page(&app, &request, &who, &found, Forms { look: Some(form), ..Forms::default() }).await;
    }
    Ok(see_other(&path(found.id)))
}

/// `POST /staff/requests/{request}/steps`
pub async fn take(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<StepForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let mut form = typed.draw(&found);
    let again = |form| Forms { step: Some(form), ..Forms::default() };
    let Some(deed) = typed.parse(&mut form) else {
        return page(&app, &request, &who, &found, again(form)).await;
    };
    let taken = match steps::take(&app, &who, &found, typed.version, &deed).await {
        Err(AppError::NotFound) if matches!(deed, Deed::Inform(_)) => {
            form.fail("text", "There is no such account.");
            return page(&app, &request, &who, &found, again(form)).await;
        }
        other => other?,
    };
    if let Err(refusal) = taken {
        let found = find(&app, &sid).await?;
        let mut form = typed.draw(&found);
        form.fail_whole(refusal.words());
        return page(&app, &request, &who, &found, again(form)).await;
    }
    flash::success(&request, "It is noted, and stands in what happened.");
    Ok(see_other(&path(found.id)))
}

/// `POST /staff/requests/{request}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = letter::write(&app, &request, payload, By::Staff(who.person), &found).await? {
        let forms = Forms { message: Some(form), ..Forms::default() };
        return page(&app, &request, &who, &found, forms).await;
    }
    flash::success(&request, "Your message stands on their page, and a mail tells them so.");
    Ok(see_other(&path(found.id)))
}

/// `GET /staff/requests/{request}/files/{file}`: for whoever has the request open (S105); others are led to its page.
pub async fn file(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let found = find(&app, &sids.0).await?;
    if !desk::web::opens_files(&app, &request, &who, (Queue::Requests, found.id.0)).await? {
        return Ok(see_other(&path(found.id)));
    }
    letter::file(&app, &found, &sids.1).await
}

//! One record at the desk: of which country and since when for everybody who works there, and what it says for whoever says
//! why they look.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::decision::DecisionForm;
use super::sharing::ShareForm;
use super::{find, path};
use crate::accounts::subscriber_records::web::ShareLine;
use crate::accounts::subscriber_records::{Because, Record, Refusal, State, kept, queries, seen, shares};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::files::web::{Attached, answer};
use crate::platform::ids::FileId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, date, day, see_other};
use crate::staff::desk::Queue;
use crate::staff::desk::looks::{self, Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::permissions::SeesSubscriberRecords;

/// The forms of the page, as they are drawn.
#[derive(Default)]
pub(super) struct Forms {
    pub look: Option<Form>,
    pub decision: Option<Form>,
    pub share: Option<Form>,
}

/// What a record says.
struct Inside {
    name: String,
    address: Vec<String>,
    born: Option<String>,
    identification: Option<String>,
    files: Vec<Attached>,
    /// Where it waits for that.
    decision: Option<Form>,
    /// Why nothing is decided of what waits; empty where it is.
    undecided: &'static str,
    share: Form,
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    state: State,
    facts: Vec<(&'static str, String)>,
    refused_because: Option<String>,
    shares: Vec<ShareLine>,
    inside: Option<Inside>,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let law = record.law();
    let gone = || "gone: the record is kept by law alone".to_owned();
    let mut facts = vec![
        ("Number", record.id.to_string()),
        ("Account", record.account.map_or_else(gone, |id| id.to_string())),
        ("Country", law.name.to_owned()),
        ("The law", law.source.to_owned()),
        ("It asks for", law.asks().join(", ")),
        ("Who uses the number", record.subject().label().to_owned()),
        ("Submitted on", date(record.submitted_on)),
    ];
    facts.extend(record.decided_on.map(|on| ("Decided on", date(on))));
    let why = record.ended_because.as_deref().map_or("", Because::label);
    facts.extend(record.ended_on.map(|on| ("Ended on", format!("{}: {why}", date(on)))));
    let goes = record.kept_until.or_else(|| record.refused_until());
    facts.extend(goes.as_ref().map(|until| ("Kept until", day(until))));
    facts
}

async fn inside(app: &App, record: &Record, forms: &mut Forms) -> Result<Inside, AppError> {
    let mut conn = app.db.get().await?;
    let files = queries::files_of(&mut conn, record.id).await?;
    let waits = record.state() == State::Waiting;
    let closed_at = match record.account {
        Some(account) if waits => kept::closed_at(&mut conn, account).await?,
        _ => None,
    };
    drop(conn);
    let keys: &Keys = &app.keys;
    let details = record.details(keys).map_err(anyhow::Error::from)?;
    let identification =
        details.identification.map(|(document, number)| format!("{}: {number}", document.label()));
    let is_open = waits && closed_at.is_none();
    let decision = is_open.then(|| forms.decision.take().unwrap_or_else(|| DecisionForm::default().draw()));
    Ok(Inside {
        name: details.name,
        address: details.address.lines().map(str::to_owned).collect(),
        born: details.birth.map(|birth| birth.words()),
        identification,
        files: files.into_iter().map(|file| Attached::of(file, &path(record.id))).collect(),
        decision,
        undecided: if closed_at.is_some() { Refusal::Going.words() } else { "" },
        share: forms.share.take().unwrap_or_else(|| ShareForm::blank(app.clock.now().date_naive())),
    })
}

/// What this member of staff may see of a record now, which is written down.
async fn look_at(app: &App, who: &SignedIn, record: &Record) -> Result<Access, AppError> {
    let item = Item::new(Queue::SubscriberRecords, record.id.0, record.id);
    let access = item.access(&mut *app.db.get().await?, who, app.clock.now()).await?;
    let (action, note) = item.viewed(&access);
    seen::by_staff(app, who, record, action, &note).await?;
    Ok(access)
}

/// The page, with forms in which something may be wrong.
pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    record: Record,
    mut forms: Forms,
) -> WebResult {
    let access = look_at(app, who, &record).await?;
    let shares = shares::of_record(&mut *app.db.get().await?, record.id).await?;
    let form = Form::first_wrong([&forms.look, &forms.decision, &forms.share]);
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let inside = if access.is_open() { Some(inside(app, &record, &mut forms).await?) } else { None };
    let look = forms.look.take();
    let shown = ShowPage {
        page: Page::of(request, "Subscriber record"),
        path: path(record.id),
        state: record.state(),
        facts: facts(&record),
        refused_because: record.refused_because.filter(|_| inside.is_some()),
        shares: shares.into_iter().map(ShareLine::from).collect(),
        look: LookForm::door(&access, look),
        inside,
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/subscriber-records/{record}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<SeesSubscriberRecords>,
    sid: web::Path<String>,
) -> WebResult {
    let record = find(&app, &sid).await?;
    page(&app, &request, &who, record, Forms::default()).await
}

/// `POST /staff/subscriber-records/{record}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<SeesSubscriberRecords>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let record = find(&app, &sid).await?;
    match typed.open(&app, &who, Queue::SubscriberRecords, record.id.0).await? {
        Ok(()) => Ok(see_other(&path(record.id))),
        Err(form) => page(&app, &request, &who, record, Forms { look: Some(form), ..Forms::default() }).await,
    }
}

/// The reason for which a record is open to whoever acts on it; without one they are told how it opens.
pub(super) async fn reason(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    record: &Record,
) -> Result<Option<String>, AppError> {
    let (queue, now) = (Queue::SubscriberRecords, app.clock.now());
    // Nobody claims a record: it is open for a reason, or not at all.
    match looks::access(&mut *app.db.get().await?, queue, record.id.0, who.person, now).await? {
        Access::Reason(reason, _) => Ok(Some(reason)),
        Access::Claimed | Access::Masked => {
            let words = "Say why you look first: then the record opens, and what can be done with it.";
            flash::info(request, words);
            Ok(None)
        }
    }
}

/// `GET /staff/subscriber-records/{record}/files/{file}`: for whoever has the record open; the account reads that it was opened.
pub async fn file(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<SeesSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &sids.0).await?;
    let Some(reason) = reason(&app, &request, &who, &record).await? else {
        return Ok(see_other(&path(record.id)));
    };
    let id: FileId = sids.1.parse().map_err(|_| AppError::NotFound)?;
    let file = queries::file(&mut *app.db.get().await?, record.id, id).await?;
    let note = format!("{reason} ({})", record.id);
    seen::by_staff(&app, &who, &record, seen::FILE_OPENED, &note).await?;
    answer(&app, &file).await
}

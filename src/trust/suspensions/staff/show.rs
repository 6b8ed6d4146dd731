//! One suspension at the desk, and lifting it without an appeal. Before somebody works on it, or typed why they look, only
//! facts are shown that identify nobody, and no word of what was found. Each look stands in the activity of the account (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::{PATH, access};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SuspensionId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::desk::Queue;
use crate::staff::desk::looks::Item;
use crate::staff::desk::web::LookForm;
use crate::staff::permissions::{DecidesAppeals, Permission, ReadsSuspensions};
use crate::trust::appeals;
use crate::trust::appeals::staff::decision::reasons;
use crate::trust::suspensions::statement::{Statement, facts, state};
use crate::trust::suspensions::{self, Suspension, queries};

const LOOK_FIRST: &str =
    "You have not seen the statement: claim the appeal against it, or say why you look, and then lift it.";

/// What the form of lifting sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LiftForm {
    words: String,
    version: i32,
}

impl LiftForm {
    fn draw(&self, version: i32) -> Form {
        let words = Field::textarea("words", "Why it is lifted").value(&self.words).hint(
            "10 to 4,000 characters. The owner and the members read it. An open appeal is settled by it.",
        );
        let words = Field { maxlength: Some(4000), ..words };
        Form::new(vec![Field::hidden("version", &version.to_string()), words])
    }
}

/// An appeal against it, in a line.
struct AppealLine {
    path: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    filed: String,
}

impl From<&appeals::Appeal> for AppealLine {
    fn from(appeal: &appeals::Appeal) -> Self {
        Self {
            path: format!("/staff/appeals/{}", appeal.id),
            title: appeal.title(),
            badge: appeal.badge(),
            filed: moment(&appeal.filed_at),
        }
    }
}

/// The forms of the page, as they are drawn.
#[derive(Default)]
struct Forms {
    lifting: Option<Form>,
    look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    fn wrong(&self) -> Form {
        Form::first_wrong([&self.lifting, &self.look])
    }
}

/// What only whoever may see all of it gets.
struct Inside {
    decider: Option<String>,
    statement: Statement,
}

#[derive(askama::Template)]
#[template(path = "trust/suspensions/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    state: (&'static str, &'static str),
    account: String,
    reason: &'static str,
    facts: Vec<(&'static str, String)>,
    told: i64,
    inside: Option<Inside>,
    appeals: Vec<AppealLine>,
    /// Whoever looks may lift it, and it is in force.
    may_lift: bool,
    reads_appeals: bool,
    lifting: Form,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

async fn find(app: &App, sid: &str) -> Result<Suspension, AppError> {
    let id: SuspensionId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(suspensions::find(&mut *app.db.get().await?, id).await?)
}

async fn inside(
    conn: &mut AsyncPgConnection,
    suspension: &Suspension,
    now: DateTime<Utc>,
) -> QueryResult<Inside> {
    let decider = match suspension.decided_by {
        Some(id) => people::find(conn, id).await.optional()?.map(|person| person.name),
        None => None,
    };
    Ok(Inside { decider, statement: Statement::load(conn, suspension, now).await? })
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    suspension: &Suspension,
    forms: Forms,
) -> WebResult {
    let (now, mut conn) = (app.clock.now(), app.db.get().await?);
    let access = access::of(&mut conn, suspension.id, who.person, now).await?;
    let open = access.is_open();
    let rule = queries::rule_of(&mut conn, suspension).await?;
    let told = queries::count_notices(&mut conn, suspension.id).await?;
    let all = appeals::of_suspension(&mut conn, suspension.id).await?;
    let inside = if open { Some(inside(&mut conn, suspension, now).await?) } else { None };
    drop(conn);
    let item = Item::new(Queue::Suspensions, suspension.id.0, suspension.id).concerns(suspension.account);
    item.note(app, who, &access).await?;
    let (form, reads_appeals) = (forms.wrong(), Permission::DecideAppeals.granted_to(&who.roles));
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // What somebody has typed is theirs, and stays where their time to look ran out meanwhile.
    let may_lift = reads_appeals && suspension.is_in_force(now) && (open || forms.lifting.is_some());
    let shown = ShowPage {
        page: Page::of(request, "Suspension"),
        path: format!("{PATH}/{}", suspension.id),
        badge: (suspension.level().badge(), suspension.level().label()),
        state: state(suspension, now),
        account: suspension.account.to_string(),
        reason: suspension.reason().label(),
        facts: facts(suspension, rule),
        told,
        inside,
        appeals: all.iter().map(AppealLine::from).collect(),
        may_lift,
        reads_appeals,
        lifting: forms.lifting.unwrap_or_else(|| LiftForm::default().draw(suspension.version)),
        look: LookForm::door(&access, forms.look),
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/suspensions/{suspension}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ReadsSuspensions>,
    sid: web::Path<String>,
) -> WebResult {
    let suspension = find(&app, &sid).await?;
    page(&app, &request, &who, &suspension, Forms::default()).await
}

/// `POST /staff/suspensions/{suspension}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ReadsSuspensions>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let suspension = find(&app, &sid).await?;
    match typed.open(&app, &who, Queue::Suspensions, suspension.id.0).await? {
        Ok(()) => Ok(see_other(&format!("{PATH}/{}", suspension.id))),
        Err(form) => {
            page(&app, &request, &who, &suspension, Forms { look: Some(form), ..Forms::default() }).await
        }
    }
}

/// Lifts it, by whoever has seen what it stands on.
///
/// # Errors
/// Inside: the form again as it is drawn about the suspension of now, with what is wrong.
async fn carry_out(
    app: &App,
    who: &SignedIn,
    suspension: &Suspension,
    typed: &LiftForm,
) -> Result<Result<(), Form>, AppError> {
    let mut form = typed.draw(typed.version);
    let words = match reasons(&typed.words) {
        Ok(words) => words,
        Err(message) => {
            form.fail("words", message);
            return Ok(Err(form));
        }
    };
    let now = app.clock.now();
    if !access::of(&mut *app.db.get().await?, suspension.id, who.person, now).await?.is_open() {
        form.fail_whole(LOOK_FIRST);
        return Ok(Err(form));
    }
    if let Err(refusal) = suspensions::lift(app, who, suspension.id, &words, typed.version).await? {
        let present = suspensions::find(&mut *app.db.get().await?, suspension.id).await?;
        let mut form = typed.draw(present.version);
        form.fail_whole(refusal.words());
        return Ok(Err(form));
    }
    Ok(Ok(()))
}

/// `POST /staff/suspensions/{suspension}/lifting`
pub async fn lift(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<LiftForm>,
) -> WebResult {
    let suspension = find(&app, &sid).await?;
    if let Err(form) = carry_out(&app, &who, &suspension, &typed).await? {
        let present = find(&app, &sid).await?;
        return page(&app, &request, &who, &present, Forms { lifting: Some(form), ..Forms::default() }).await;
    }
    flash::success(&request, "It is lifted. Everybody in the account gets a mail with your reasons.");
    Ok(see_other(&format!("{PATH}/{}", suspension.id)))
}

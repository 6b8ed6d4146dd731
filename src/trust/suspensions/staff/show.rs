//! One suspension at the desk, and lifting it without an appeal. Each look stands in the activity of the account (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use diesel::OptionalExtension as _;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde::Deserialize;

use super::PATH;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::SuspensionId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::permissions::{DecidesAppeals, Permission, ReadsSuspensions};
use crate::trust::appeals;
use crate::trust::appeals::staff::decision::reasons;
use crate::trust::suspensions::statement::Statement;
use crate::trust::suspensions::{self, Suspension, queries};

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

#[derive(askama::Template)]
#[template(path = "trust/suspensions/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    account: String,
    decider: Option<String>,
    told: i64,
    statement: Statement,
    appeals: Vec<AppealLine>,
    /// Whoever looks may lift it, and it is in force.
    may_lift: bool,
    reads_appeals: bool,
    form: Form,
}

async fn find(app: &App, sid: &str) -> Result<Suspension, AppError> {
    let id: SuspensionId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(suspensions::find(&mut *app.db.get().await?, id).await?)
}

/// Writes the look into the audit log of the account.
async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    suspension: &Suspension,
) -> Result<(), AppError> {
    let (from, number) = (who.caller.circumstances(), suspension.id.to_string());
    let event = Event {
        actor: who.actor(),
        subject_kind: "account",
        subject: Some(suspension.account.0),
        action: "account.suspension.viewed",
        note: Some(&number),
        from: &from,
    };
    conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await?;
    Ok(())
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    suspension: &Suspension,
    form: Form,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    note(&mut conn, app, who, suspension).await?;
    let decider = match suspension.decided_by {
        Some(id) => people::find(&mut conn, id).await.optional()?.map(|person| person.name),
        None => None,
    };
    let all = appeals::of_suspension(&mut conn, suspension.id).await?;
    let reads_appeals = Permission::DecideAppeals.granted_to(&who.roles);
    let line = |appeal: &appeals::Appeal| AppealLine {
        path: format!("/staff/appeals/{}", appeal.id),
        title: appeal.title(),
        badge: appeal.badge(),
        filed: moment(&appeal.filed_at),
    };
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = ShowPage {
        page: Page::of(request, "Suspension"),
        path: format!("{PATH}/{}", suspension.id),
        account: suspension.account.to_string(),
        decider,
        told: queries::count_notices(&mut conn, suspension.id).await?,
        statement: Statement::load(&mut conn, suspension, now).await?,
        appeals: all.iter().map(line).collect(),
        may_lift: reads_appeals && suspension.is_in_force(now),
        reads_appeals,
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
    let form = LiftForm::default().draw(suspension.version);
    page(&app, &request, &who, &suspension, form).await
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
    let mut form = typed.draw(typed.version);
    let words = match reasons(&typed.words) {
        Ok(words) => words,
        Err(message) => {
            form.fail("words", message);
            return page(&app, &request, &who, &suspension, form).await;
        }
    };
    if let Err(refusal) = suspensions::lift(&app, &who, suspension.id, &words, typed.version).await? {
        let present = find(&app, &sid).await?;
        let mut form = typed.draw(present.version);
        form.fail_whole(refusal.words());
        return page(&app, &request, &who, &present, form).await;
    }
    flash::success(&request, "It is lifted. Everybody in the account gets a mail with your reasons.");
    Ok(see_other(&format!("{PATH}/{}", suspension.id)))
}

//! One appeal at the desk. Before it is claimed, or somebody typed why they look, only what it is about is shown and none of
//! what was written or measured (S105); whoever decided it reads their own reasons afterwards. Whoever has a part in it reads
//! that here before the database says so.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::decision::{DecisionForm, decided};
use super::inside::Inside;
use super::letters::SHEET;
use super::{find, path};
use crate::platform::app::App;
use crate::platform::files::web::Attached;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::desk::looks::{Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue};
use crate::staff::permissions::DecidesAppeals;
use crate::trust::appeals::queries::Appeal;
use crate::trust::appeals::view::sealed;
use crate::trust::appeals::{self, Refusal, deciding};
use crate::trust::suspensions::{self, Suspension};

/// The forms of the page, as they are drawn.
#[derive(Default)]
pub(super) struct Forms {
    pub decision: Option<Form>,
    pub message: Option<Form>,
    pub look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    fn wrong(&self) -> Form {
        Form::first_wrong([&self.decision, &self.message, &self.look])
    }
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    holder: Option<(String, String)>,
    is_mine: bool,
    open: bool,
    /// Why whoever looks may not decide it.
    against: Option<&'static str>,
    /// What came of it; the reasons only to whoever may read them.
    decided: Option<String>,
    inside: Option<Inside>,
    /// Where nothing of it may be read yet: that there are files.
    sealed: Vec<Attached>,
    suspension: String,
    decision: Form,
    message: Form,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

fn facts(appeal: &Appeal, suspension: &Suspension) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", appeal.id.to_string()),
        ("Account", appeal.account.to_string()),
        ("Suspension", format!("{}: {}", suspension.level().label(), suspension.reason().label())),
        ("Decided by", suspensions::mail::decided(suspension).to_owned()),
        (
            "In force",
            match &suspension.expires_at {
                Some(end) => format!("until {}", moment(end)),
                None => format!("until {}", suspensions::mail::until(suspension)),
            },
        ),
        ("Filed", moment(&appeal.filed_at)),
        ("First answer due", moment(&appeal.due_at)),
    ];
    facts.extend(appeal.first_answered_at.as_ref().map(|at| ("First answered", moment(at))));
    facts.extend(appeal.decided_at.as_ref().map(|at| ("Ended", moment(at))));
    facts
}

pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<DecidesAppeals>,
    appeal: &Appeal,
    forms: Forms,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let suspension = appeals::against(&mut conn, appeal.suspension).await?;
    let item = Item::new(Queue::Appeals, appeal.id.0, appeal.id).about(appeal.filed_by);
    let (access, holder) = (item.access(&mut conn, who, now).await?, item.holder(&mut conn, now).await?);
    let against = deciding::stands_against(&mut conn, who, appeal, &suspension).await?;
    let is_author = appeal.decided_by == Some(who.person);
    let decided = decided(&mut conn, appeal, access.is_open() || is_author).await?;
    let (inside, sealed) = match access.is_open() {
        true => (Some(Inside::load(&mut conn, appeal, &suspension, now).await?), Vec::new()),
        false => (None, sealed(&mut conn, appeal, &path(appeal.id)).await?),
    };
    drop(conn);
    item.note(app, who, &access).await?;
    let form = forms.wrong();
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = ShowPage {
        page: Page::of(request, appeal.title()),
        path: path(appeal.id),
        title: appeal.title(),
        badge: appeal.badge(),
        facts: facts(appeal, &suspension),
        holder,
        is_mine: access == Access::Claimed,
        open: appeal.is_open(),
        against: against.map(Refusal::words),
        decided,
        inside,
        sealed,
        suspension: format!("/staff/suspensions/{}", suspension.id),
        decision: forms.decision.unwrap_or_else(|| DecisionForm::default().draw(appeal.version)),
        message: forms.message.unwrap_or_else(|| SHEET.blank()),
        look: LookForm::door(&access, forms.look),
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/appeals/{appeal}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    page(&app, &request, &who, &appeal, Forms::default()).await
}

/// `POST /staff/appeals/{appeal}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    let mut conn = app.db.get().await?;
    let suspension = appeals::against(&mut conn, appeal.suspension).await?;
    let against = deciding::stands_against(&mut conn, &who, &appeal, &suspension).await?;
    drop(conn);
    let refusal = against.or((!appeal.is_open()).then_some(Refusal::Closed));
    if let Some(refusal) = refusal {
        flash::info(&request, refusal.words());
        return Ok(see_other(&path(appeal.id)));
    }
    desk::web::claim(&app, &request, &who, (Queue::Appeals, appeal.id.0), &path(appeal.id)).await
}

/// `POST /staff/appeals/{appeal}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    desk::web::release(&app, &request, &who, (Queue::Appeals, appeal.id.0), &path(appeal.id)).await
}

/// `POST /staff/appeals/{appeal}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    match typed.open(&app, &who, Queue::Appeals, appeal.id.0).await? {
        Ok(()) => Ok(see_other(&path(appeal.id))),
        Err(form) => {
            page(&app, &request, &who, &appeal, Forms { look: Some(form), ..Forms::default() }).await
        }
    }
}

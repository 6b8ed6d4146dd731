//! The page of the appeals against a suspension, and taking back the one that is open.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use diesel_async::AsyncPgConnection;

use super::letters::SHEET;
use super::{find, open};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member};
use crate::accounts::permissions::{AccountRight, Manages, Sees};
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::trust::appeals::mail::routes;
use crate::trust::appeals::view::Written;
use crate::trust::appeals::{self, Appeal, closed};
use crate::trust::suspensions::Suspension;

/// An appeal, as the page tells it.
struct Told {
    id: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    written: Written,
    decision: Option<String>,
    routes: Vec<String>,
    open: bool,
}

async fn told(
    conn: &mut AsyncPgConnection,
    app: &App,
    appeal: &Appeal,
    suspension: &Suspension,
) -> diesel::QueryResult<Told> {
    let mut facts = vec![("Number", appeal.id.to_string()), ("Filed", moment(&appeal.filed_at))];
    facts.push(("First answer due", moment(&appeal.due_at)));
    facts.extend(appeal.first_answered_at.as_ref().map(|at| ("First answered", moment(at))));
    facts.extend(appeal.decided_at.as_ref().map(|at| ("Ended", moment(at))));
    let address = app.config.campaigns.postal_address.as_deref();
    let decided = appeal.decision_words.is_some();
    Ok(Told {
        id: appeal.id.to_string(),
        title: appeal.title(),
        badge: appeal.badge(),
        facts,
        written: Written::load(conn, appeal, &suspension.path("/appeal")).await?,
        decision: appeal.decision_words.clone(),
        routes: if decided { routes(appeal, suspension, address) } else { Vec::new() },
        open: appeal.is_open(),
    })
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    statement: String,
    path: String,
    appeals: Vec<Told>,
    /// Whoever looks is the owner, who can write and withdraw.
    owns: bool,
    /// Another can be filed now.
    again: bool,
    /// A message came back and there is no open appeal whose form would show it.
    unsent: bool,
    form: Form,
}

pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    suspension: &Suspension,
    form: Form,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let all = appeals::of_suspension(&mut conn, suspension.id).await?;
    let owns = AccountRight::Manage.granted_to(account.role);
    let again = owns && closed(suspension, &all, now).is_none();
    if all.is_empty() {
        return Ok(see_other(&suspension.path(if again { "/appeal/new" } else { "" })));
    }
    let mut appeals = Vec::new();
    for appeal in &all {
        appeals.push(told(&mut conn, app, appeal, suspension).await?);
    }
    let unsent = form.has_errors() && !all.iter().any(Appeal::is_open);
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let frame = Frame::of(request, account);
    let page = frame.page(request, "Appeal");
    let (statement, path) = (suspension.path(""), suspension.path("/appeal"));
    pages::with_status(status, &ShowPage { page, frame, statement, path, appeals, owns, again, unsent, form })
}

/// `GET /accounts/{account}/suspensions/{suspension}/appeal`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    page(&app, &request, &who.account, &suspension, SHEET.blank()).await
}

/// `POST /accounts/{account}/suspensions/{suspension}/appeal/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let outcome = match open(&app, &suspension).await? {
        Ok(appeal) => appeals::withdraw(&app, &who, &appeal).await?,
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(()) => flash::success(
            &request,
            "Your appeal is withdrawn. You can file another as long as there is time.",
        ),
        Err(refusal) => flash::info(&request, refusal.words()),
    }
    Ok(see_other(&suspension.path("/appeal")))
}

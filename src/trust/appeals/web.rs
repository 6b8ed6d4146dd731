//! The pages on which an owner appeals and reads what came of it; members read along.

use actix_session::SessionExt as _;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use super::mail::routes;
use super::pace::Pace;
use super::queries::{self, Appeal, Message};
use super::{Refusal, closed, due};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentMember};
use crate::accounts::permissions::{AccountRight, Manages, Sees};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SuspensionId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::trust::suspensions::{self, Suspension};

/// Where a text waits while its writer shows who they are.
const DRAFT: &str = "appeal_draft";

/// An appeal, as the statement tells it in a line.
pub struct Glance {
    /// What it is called.
    pub title: &'static str,
    /// Kind of the badge, and what came of it.
    pub badge: (&'static str, &'static str),
    /// When it was filed, for programs.
    pub iso: String,
    /// When it was filed.
    pub when: String,
    /// What comes next, or when it ended.
    pub next: String,
}

/// What comes next, or when it ended.
fn next(appeal: &Appeal, now: DateTime<Utc>) -> String {
    match (&appeal.decided_at, &appeal.first_answered_at) {
        (Some(at), _) => format!("ended {}", moment(at)),
        (None, Some(at)) => format!("first answered {}", moment(at)),
        (None, None) if now < appeal.due_at => format!("first answer due {}", moment(&appeal.due_at)),
        (None, None) => format!("a first answer was due {}, and is late", moment(&appeal.due_at)),
    }
}

/// Appeals, as the statement tells them.
pub fn glances(appeals: &[Appeal], now: DateTime<Utc>) -> Vec<Glance> {
    let glance = |appeal: &Appeal| Glance {
        title: appeal.title(),
        badge: appeal.badge(),
        iso: appeal.filed_at.to_rfc3339(),
        when: moment(&appeal.filed_at),
        next: next(appeal, now),
    };
    appeals.iter().map(glance).collect()
}

/// A message, as pages show it.
pub struct Letter {
    /// Whether it is of the customer.
    pub own: bool,
    /// When, for programs.
    pub iso: String,
    /// When.
    pub when: String,
    /// What.
    pub body: String,
}

impl From<&Message> for Letter {
    fn from(message: &Message) -> Self {
        Self {
            own: message.author_kind == "customer",
            iso: message.sent_at.to_rfc3339(),
            when: moment(&message.sent_at),
            body: message.body.clone(),
        }
    }
}

/// An appeal, as the page tells it.
struct Told {
    id: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    words: String,
    letters: Vec<Letter>,
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
        words: appeal.words.clone(),
        letters: queries::messages(conn, appeal.id).await?.iter().map(Letter::from).collect(),
        decision: appeal.decision_words.clone(),
        routes: if decided { routes(appeal, suspension, address) } else { Vec::new() },
        open: appeal.is_open(),
    })
}

/// What a form of one text sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TextForm {
    text: String,
}

impl TextForm {
    fn draw(&self, label: &str, hint: &str) -> Form {
        Form::new(vec![Field::textarea("text", label).value(&self.text).hint(hint)])
    }

    fn message(&self) -> Form {
        self.draw("Write to whoever works on it", "Up to 2,000 characters.")
    }

    fn appeal(&self) -> Form {
        self.draw(
            "Why is it wrong?",
            "Up to 2,000 characters: what happened from your side, what you have changed since, what we should look at.",
        )
    }
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
    form: Form,
}

async fn find(app: &App, account: &Account, sid: &str) -> Result<Suspension, AppError> {
    let id: SuspensionId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(suspensions::find_of(&mut *app.db.get().await?, account.id, id).await?)
}

async fn page(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    suspension: &Suspension,
    form: Form,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let all = queries::of_suspension(&mut conn, suspension.id).await?;
    let owns = AccountRight::Manage.granted_to(account.role);
    let again = owns && closed(suspension, &all, now).is_none();
    if all.is_empty() {
        return Ok(see_other(&suspension.path(if again { "/appeal/new" } else { "" })));
    }
    let mut appeals = Vec::new();
    for appeal in &all {
        appeals.push(told(&mut conn, app, appeal, suspension).await?);
    }
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let frame = Frame::of(request, account);
    let page = frame.page(request, "Appeal");
    let (statement, path) = (suspension.path(""), suspension.path("/appeal"));
    pages::with_status(status, &ShowPage { page, frame, statement, path, appeals, owns, again, form })
}

/// `GET /accounts/{account}/suspensions/{suspension}/appeal`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    page(&app, &request, &who.account, &suspension, TextForm::default().message()).await
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    title: &'static str,
    statement: String,
    action: String,
    due: String,
    until: String,
    is_second: bool,
    pace: String,
    form: Form,
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    suspension: &Suspension,
    form: Form,
) -> Result<NewPage, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let all = queries::of_suspension(&mut conn, suspension.id).await?;
    let is_second = all.iter().any(Appeal::was_turned_down);
    let frame = Frame::of(request, account);
    let title = if is_second { "Appeal a second time" } else { "Appeal" };
    Ok(NewPage {
        page: frame.page(request, title),
        frame,
        title,
        statement: suspension.path(""),
        action: suspension.path("/appeal"),
        due: moment(&due(now)),
        until: moment(&suspension.appeal_until),
        is_second,
        pace: Pace::load(&mut conn, now).await?.words(),
        form,
    })
}

/// A text that waits for its writer to show who they are.
#[derive(Serialize, Deserialize)]
struct Draft {
    suspension: SuspensionId,
    text: String,
}

/// `GET /accounts/{account}/suspensions/{suspension}/appeal/new`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Manages>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let all = queries::of_suspension(&mut *app.db.get().await?, suspension.id).await?;
    if let Some(refusal) = closed(&suspension, &all, app.clock.now()) {
        flash::info(&request, refusal.words());
        return Ok(see_other(&suspension.path("")));
    }
    let draft: Option<Draft> = request.get_session().get(DRAFT).ok().flatten();
    let text = draft.filter(|draft| draft.suspension == suspension.id).map(|draft| draft.text);
    let form = TextForm { text: text.unwrap_or_default() }.appeal();
    pages::ok(&new_page(&app, &request, &who.account, &suspension, form).await?)
}

/// `POST /accounts/{account}/suspensions/{suspension}/appeal`: of an owner who has just shown who they are. Writing takes
/// longer than that counts, so a text that comes too late waits, and is there again afterwards.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(String, String)>,
    typed: web::Form<TextForm>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await;
    if !who.is_recent(app.clock.now()) {
        let suspension = suspension?;
        let text = typed.text.chars().take(2 * super::LONGEST).collect();
        let draft = Draft { suspension: suspension.id, text };
        request.get_session().insert(DRAFT, draft).map_err(anyhow::Error::from)?;
        let next = [("next", suspension.path("/appeal/new"))];
        let query = serde_urlencoded::to_string(next).map_err(anyhow::Error::from)?;
        return Ok(see_other(&format!("/reauthentication?{query}")));
    }
    let suspension = suspension?;
    let mut form = typed.appeal();
    let filed = match super::parse(&typed.text) {
        Ok(words) => super::file(&app, &who, &suspension, &words).await?,
        Err(message) => {
            form.fail("text", message);
            return pages::unprocessable(&new_page(&app, &request, &who.account, &suspension, form).await?);
        }
    };
    if let Err(refusal) = filed {
        form.fail_whole(refusal.words());
        return pages::unprocessable(&new_page(&app, &request, &who.account, &suspension, form).await?);
    }
    request.get_session().remove(DRAFT);
    flash::success(&request, "Your appeal is filed. Whoever decides had no part in the suspension.");
    Ok(see_other(&suspension.path("/appeal")))
}

/// The appeal that is open, or that there is none.
async fn open(app: &App, suspension: &Suspension) -> Result<Result<Appeal, Refusal>, AppError> {
    let all = queries::of_suspension(&mut *app.db.get().await?, suspension.id).await?;
    if all.is_empty() {
        return Err(AppError::NotFound);
    }
    Ok(all.into_iter().find(Appeal::is_open).ok_or(Refusal::Closed))
}

/// `POST /accounts/{account}/suspensions/{suspension}/appeal/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(String, String)>,
    typed: web::Form<TextForm>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let mut form = typed.message();
    let refusal = match (super::parse(&typed.text), open(&app, &suspension).await?) {
        (Err(message), _) => {
            form.fail("text", message);
            return page(&app, &request, &who.account, &suspension, form).await;
        }
        (_, Err(refusal)) => Some(refusal),
        (Ok(body), Ok(appeal)) => super::write(&app, &who, &appeal, &body).await?.err(),
    };
    match refusal {
        None => flash::success(&request, "Your message stands with the appeal."),
        Some(refusal) => {
            form.fail_whole(refusal.words());
            return page(&app, &request, &who.account, &suspension, form).await;
        }
    }
    Ok(see_other(&suspension.path("/appeal")))
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
        Ok(appeal) => super::withdraw(&app, &who, &appeal).await?,
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

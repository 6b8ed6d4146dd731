//! The page of an alert, and what is decided there.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::SecondsFormat;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::{Alert, Refusal, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AlertId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::desk::looks::{Access, Item};
use crate::staff::desk::{self, Queue, list};
use crate::staff::permissions::AnswersAlerts;
use crate::trust::drawing::{self, Drawing};
use crate::trust::rules::{Version, explain, queries as rules};
use crate::trust::suspensions::chart::Chart;
use crate::trust::suspensions::{self, EventLine, Evidence};

pub(super) fn path(id: AlertId) -> String {
    format!("{}/{id}", Queue::Alerts.path())
}

/// What became of an alert, with the kind of its badge.
pub(super) fn outcome(alert: &Alert) -> (&'static str, &'static str) {
    match alert.outcome.as_deref() {
        None => ("warning", "Waits"),
        Some("agreed") => ("danger", "Agreed"),
        Some("dismissed") => ("success", "Dismissed"),
        Some(_) => ("", "Nothing left to decide"),
    }
}

/// What is decided, as it comes in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    answer: String,
    reason: String,
}

impl DecisionForm {
    fn draw(&self) -> Form {
        let choice = |value: &str, label: &str| Choice {
            value: value.into(),
            label: label.into(),
            selected: self.answer == value,
        };
        let answers = vec![
            choice("", "Choose"),
            choice("agree", "Agree: the account is restricted as the rule says, and I answer for it"),
            choice("dismiss", "Dismiss: nobody is touched, and what was seen counts no more"),
        ];
        Form::new(vec![
            Field::select("answer", "What do you decide?", answers),
            Field::textarea("reason", "Why")
                .hint("For our records, 10 to 2,000 characters. What the customer reads stands above.")
                .value(&self.reason),
        ])
    }
}

#[derive(askama::Template)]
#[template(path = "trust/alerts/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    alert: Alert,
    version: Version,
    badge: (&'static str, &'static str),
    due: (&'static str, String),
    raised: String,
    /// What the account is called, to whoever works on it.
    account: Option<String>,
    decided: Option<String>,
    holder: Option<(String, String)>,
    is_mine: bool,
    /// Whether whoever looks is in the account, and so decides nothing about it.
    is_party: bool,
    drawings: Vec<(Drawing, Chart)>,
    events: Vec<(String, String, String)>,
    form: Form,
    look: Form,
}

fn id_of(text: &str) -> Result<AlertId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// When an alert was decided, and by whom.
async fn decided(conn: &mut AsyncPgConnection, alert: &Alert) -> QueryResult<Option<String>> {
    Ok(match (alert.decided_at, alert.decided_by) {
        (Some(at), Some(by)) => Some(format!("{}, by {}", moment(&at), rules::name_of(conn, by.0).await?)),
        (Some(at), None) => Some(moment(&at)),
        _ => None,
    })
}

/// The alert without the reasons of whoever decided it, except for whoever has it open and for whoever wrote them: they
/// tell what was seen (S105).
fn told(alert: Alert, access: &Access, who: &SignedIn) -> Alert {
    let is_theirs = access.is_open() || alert.decided_by == Some(who.person);
    Alert { reason: alert.reason.filter(|_| is_theirs), ..alert }
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    id: AlertId,
    (form, look): (Form, Form),
) -> Result<ShowPage, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let alert = queries::find(&mut conn, id).await?;
    let (name, owner) = queries::account_of(&mut conn, alert.account).await?;
    let item = Item::new(Queue::Alerts, id.0, id).about(Some(owner));
    let (access, holder) = (item.access(&mut conn, who, now).await?, item.holder(&mut conn, now).await?);
    // What an account did is shown to whoever works on it, or says why they look (S105).
    let evidence = match alert.evaluation.filter(|_| access.is_open()) {
        Some(evaluation) => explain::find(&mut conn, evaluation).await?.evidence(),
        None => Evidence::default(),
    };
    let version = rules::find(&mut conn, alert.version).await?;
    let account = access.is_open().then_some(name);
    let decided = decided(&mut conn, &alert).await?;
    let is_party = suspensions::is_in(&mut conn, alert.account, who.person).await?;
    drop(conn);
    let alert = told(alert, &access, who);
    item.note(app, who, &access).await?;
    let event = |event: EventLine| {
        (event.at.to_rfc3339_opts(SecondsFormat::Secs, true), moment(&event.at), event.what)
    };
    Ok(ShowPage {
        page: Page::of(request, "Alert"),
        path: path(id),
        badge: outcome(&alert),
        due: if alert.outcome.is_none() { list::due(alert.due_at, now) } else { ("", String::new()) },
        raised: moment(&alert.raised_at),
        account,
        decided,
        is_mine: access == Access::Claimed,
        is_party,
        holder,
        drawings: drawing::draw(&evidence),
        events: evidence.events.into_iter().map(event).collect(),
        version,
        form,
        look,
        alert,
    })
}

/// `GET /staff/alerts/{alert}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersAlerts>,
    id: web::Path<String>,
) -> WebResult {
    let forms = (DecisionForm::default().draw(), desk::web::LookForm::default().draw());
    pages::ok(&page(&app, &request, &who, id_of(&id)?, forms).await?)
}

/// `POST /staff/alerts/{alert}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersAlerts>,
    id: web::Path<String>,
) -> WebResult {
    let id = id_of(&id)?;
    let mut conn = app.db.get().await?;
    let alert = queries::find(&mut conn, id).await?;
    let is_in = suspensions::is_in(&mut conn, alert.account, who.person).await?;
    drop(conn);
    if is_in {
        flash::info(&request, Refusal::Party.words());
        return Ok(see_other(&path(id)));
    }
    desk::web::claim(&app, &request, &who, (Queue::Alerts, id.0), &path(id)).await
}

/// `POST /staff/alerts/{alert}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersAlerts>,
    id: web::Path<String>,
) -> WebResult {
    let id = id_of(&id)?;
    desk::web::release(&app, &request, &who, (Queue::Alerts, id.0), &path(id)).await
}

/// `POST /staff/alerts/{alert}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersAlerts>,
    id: web::Path<String>,
    typed: web::Form<desk::web::LookForm>,
) -> WebResult {
    let id = id_of(&id)?;
    queries::find(&mut *app.db.get().await?, id).await?;
    match typed.open(&app, &who, Queue::Alerts, id.0).await? {
        Ok(()) => Ok(see_other(&path(id))),
        Err(form) => {
            let forms = (DecisionForm::default().draw(), form);
            pages::with_status(
                StatusCode::UNPROCESSABLE_ENTITY,
                &page(&app, &request, &who, id, forms).await?,
            )
        }
    }
}

/// `POST /staff/alerts/{alert}/decision`
pub async fn decide(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<AnswersAlerts>,
    id: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let id = id_of(&id)?;
    let mut form = typed.draw();
    let reason = typed.reason.replace('\r', "").trim().to_owned();
    if !(10..=2000).contains(&reason.chars().count()) {
        form.fail("reason", "Say why, in 10 to 2,000 characters.");
    }
    if !["agree", "dismiss"].contains(&typed.answer.as_str()) {
        form.fail("answer", "Choose one.");
    }
    if form.has_errors() {
        let forms = (form, desk::web::LookForm::default().draw());
        return pages::unprocessable(&page(&app, &request, &who, id, forms).await?);
    }
    let done: Result<&str, Refusal> = match typed.answer.as_str() {
        "agree" => super::agree(&app, &who, id, &reason)
            .await?
            .map(|_| "The account is restricted, and its people are told."),
        _ => super::dismiss(&app, &who, id, &reason)
            .await?
            .map(|()| "The alert is dismissed. Nobody is touched."),
    };
    match done {
        Ok(words) => flash::success(&request, words),
        Err(refusal) => flash::info(&request, refusal.words()),
    }
    Ok(see_other(&path(id)))
}

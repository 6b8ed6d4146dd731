//! The desk of alerts.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::queries::{self, Filter, Which};
use super::{Alert, Refusal};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AlertId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::Window;
use crate::staff::desk::looks::{self, Access, Item};
use crate::staff::desk::{self, Asked, Line, List, Pairs, Place, Queue, claims, list};
use crate::staff::permissions::AnswersAlerts;
use crate::trust::drawing::{self, Drawing};
use crate::trust::rules::{Version, explain, queries as rules};
use crate::trust::suspensions::{EventLine, Evidence};

/// What the queue can be filtered by.
const FILTERS: &[desk::Filter] = &[desk::Filter {
    name: "view",
    label: "Which",
    choices: || {
        vec![
            ("", "Waiting"),
            ("mine", "Claimed by me"),
            ("late", "Overdue"),
            ("closed", "Decided"),
            ("all", "All of them"),
        ]
    },
}];

fn path(id: AlertId) -> String {
    format!("{}/{id}", Queue::Alerts.path())
}

fn filter(asked: &Asked, who: &Staff<AnswersAlerts>) -> Filter {
    Filter { which: Which::parse(asked.get("view")), staff: who.person }
}

/// What became of an alert, with the kind of its badge.
fn outcome(alert: &Alert) -> (&'static str, &'static str) {
    match alert.outcome.as_deref() {
        None => ("warning", "Waits"),
        Some("agreed") => ("danger", "Agreed"),
        Some("dismissed") => ("success", "Dismissed"),
        Some(_) => ("", "Nothing left to decide"),
    }
}

fn line(alert: Alert, holder: Option<String>, now: DateTime<Utc>) -> Line {
    let open = alert.outcome.is_none();
    let (badge, due) = (outcome(&alert), list::due(alert.due_at, now));
    let number = alert.id.to_string();
    Line {
        path: path(alert.id),
        title: alert.name,
        before: format!("{} · raised", alert.account),
        after: format!(", by version {}", alert.number),
        number,
        ..Line::default()
    }
    .at(alert.raised_at)
    .badge(badge.0, badge.1)
    .badge(due.0, if open { due.1 } else { String::new() })
    .held(holder, if open { format!("{}/claim", path(alert.id)) } else { String::new() })
}

#[derive(askama::Template)]
#[template(path = "trust/alerts/index.html")]
struct IndexPage {
    page: Page,
    list: List,
}

/// `GET /staff/alerts`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersAlerts>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<Place>()?;
    let mut conn = app.db.get().await?;
    let rows = queries::queue(&mut conn, &filter(&asked, &who), keyset.window(), now).await?;
    let (rows, pager) = keyset.page(rows, Alert::place, Queue::Alerts.path(), &asked.extra());
    let items: Vec<_> = rows.iter().map(|alert| alert.id.0).collect();
    let mut holders = claims::holders(&mut conn, Queue::Alerts, &items, now).await?;
    let lines = rows.into_iter().map(|alert| {
        let holder = holders.remove(&alert.id.0);
        line(alert, holder, now)
    });
    let lines = (lines.collect(), pager);
    let list = List::load(&mut conn, Queue::Alerts, who.person, &asked, lines, now).await?;
    let list =
        List { empty: ("No alert waits", "A rule in review that holds for an account raises one."), ..list };
    pages::ok(&IndexPage { page: Page::of(&request, "Alerts"), list })
}

fn cells(alert: &Alert) -> Vec<String> {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    vec![
        alert.id.to_string(),
        alert.account.to_string(),
        alert.name.clone(),
        alert.number.to_string(),
        text(alert.raised_at),
        text(alert.due_at),
        alert.decided_at.map(text).unwrap_or_default(),
        alert.outcome.clone().unwrap_or_default(),
    ]
}

/// `GET /staff/alerts.csv`
pub async fn csv(
    app: web::Data<App>,
    who: Staff<AnswersAlerts>,
    pairs: Pairs,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(FILTERS, &pairs);
    let (filter, now) = (filter(&asked, &who), app.clock.now());
    desk::csv::note(&app, &who, Queue::Alerts, &asked.query()).await?;
    let head = ["number", "account", "rule", "version", "raised_at", "due_at", "decided_at", "outcome"];
    Ok(desk::csv::stream("alerts", &head, move |before: Option<Place>| {
        let app = app.clone();
        async move {
            let window = Window { before, after: None, limit: desk::csv::BATCH };
            let rows = queries::queue(&mut *app.db.get().await?, &filter, window, now).await?;
            Ok(rows.iter().map(|alert| (alert.place(), cells(alert))).collect())
        }
    }))
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
    drawings: Vec<Drawing>,
    events: Vec<(String, String, String)>,
    form: Form,
    look: Form,
}

fn id_of(text: &str) -> Result<AlertId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
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
    let access = looks::access(&mut conn, Queue::Alerts, id.0, who.person, now).await?;
    let holder = claims::holder(&mut conn, Queue::Alerts, id.0, now).await?;
    let evidence = match alert.evaluation {
        Some(evaluation) => explain::find(&mut conn, evaluation).await?.evidence(),
        None => Evidence::default(),
    };
    let version = rules::find(&mut conn, alert.version).await?;
    let account = match access.is_open() {
        true => Some(queries::account_name(&mut conn, alert.account).await?),
        false => None,
    };
    let decided = match (alert.decided_at, alert.decided_by) {
        (Some(at), Some(by)) => {
            Some(format!("{}, by {}", moment(&at), rules::name_of(&mut conn, by.0).await?))
        }
        (Some(at), None) => Some(moment(&at)),
        _ => None,
    };
    drop(conn);
    let number = id.to_string();
    looks::note(app, who, &Item { queue: Queue::Alerts, id: id.0, number: &number, person: None }, &access)
        .await?;
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
        holder: holder.map(|holder| (holder.name, moment(&holder.until))),
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
    queries::find(&mut *app.db.get().await?, id).await?;
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

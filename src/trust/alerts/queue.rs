//! The queue of alerts.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};

use super::Alert;
use super::queries::{self, Filter, Which};
use super::web::{outcome, path};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::platform::web::pagination::Window;
use crate::staff::desk::{self, Asked, Line, List, Pairs, Place, Queue, claims, list};
use crate::staff::permissions::AnswersAlerts;

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

fn filter(asked: &Asked, who: &Staff<AnswersAlerts>) -> Filter {
    Filter { which: Which::parse(asked.get("view")), staff: who.person }
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
    vec![
        alert.id.to_string(),
        alert.account.to_string(),
        alert.name.clone(),
        alert.number.to_string(),
        desk::csv::moment(alert.raised_at),
        desk::csv::moment(alert.due_at),
        alert.decided_at.map(desk::csv::moment).unwrap_or_default(),
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

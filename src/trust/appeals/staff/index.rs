//! The queue of appeals.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};

use super::path;
use super::queries::{self, Filter, Row};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day};
use crate::platform::web::pagination::Window;
use crate::staff::desk::list::due;
use crate::staff::desk::{self, Asked, Line, List, Pairs, Place, Queue};
use crate::staff::permissions::DecidesAppeals;
use crate::trust::suspensions::{Level, Reason};

/// What the queue can be filtered by.
const FILTERS: &[desk::Filter] = &[
    desk::Filter { name: "view", label: "Which", choices: views },
    desk::Filter { name: "reason", label: "Suspended for", choices: reasons },
];

fn views() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "Open"),
        ("mine", "Claimed by me"),
        ("late", "Overdue"),
        ("second", "Second appeals"),
        ("closed", "Ended"),
        ("all", "All of them"),
    ]
}

fn reasons() -> Vec<(&'static str, &'static str)> {
    let reasons = Reason::ALL.into_iter().map(|reason| (reason.as_str(), reason.label()));
    [("", "Any reason")].into_iter().chain(reasons).collect()
}

fn filter(asked: &Asked, who: &Staff<DecidesAppeals>) -> Filter {
    Filter { view: asked.get("view"), reason: asked.get("reason"), staff: who.person }
}

/// What came of an appeal, for staff.
pub(super) fn outcome(stored: &str) -> (&'static str, &'static str) {
    match stored {
        "lifted" => ("success", "Lifted"),
        "shortened" => ("info", "Shortened"),
        "upheld" => ("warning", "Upheld"),
        "withdrawn" => ("", "Withdrawn"),
        _ => ("", "Settled"),
    }
}

fn line(row: Row, now: DateTime<Utc>) -> Line {
    let open = row.outcome.is_none();
    let level = Level::parse(&row.level).map_or("", Level::label);
    let reason = Reason::parse(&row.reason_code).map_or("", Reason::label);
    let (state, urgency) = match (&row.outcome, row.first_answered_at) {
        (Some(stored), _) => (outcome(stored), ("", String::new())),
        (None, Some(_)) => (("info", "Answered, open"), ("", String::new())),
        (None, None) => (("", "Open"), due(row.due_at, now)),
    };
    let end = row.decided_at.as_ref().map(|at| format!(" · ended on {}", day(at))).unwrap_or_default();
    let said = |holds: bool, words: &'static str| if holds { words } else { "" };
    Line {
        path: path(row.id),
        title: format!("{level}: {reason}"),
        before: if row.round == 2 { "Second appeal, filed".into() } else { "Filed".into() },
        after: format!(" · {}{end}", row.account_id),
        number: row.id.to_string(),
        ..Line::default()
    }
    .at(row.filed_at)
    .badge(state.0, state.1)
    .badge(urgency.0, urgency.1)
    .badge("", said(row.automated, "Automated"))
    .badge("warning", said(open && row.wrote, "Wrote to us"))
    .held(row.holder, if open { format!("{}/claim", path(row.id)) } else { String::new() })
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/staff_index.html")]
struct IndexPage {
    page: Page,
    list: List,
}

/// `GET /staff/appeals`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<Place>()?;
    let mut conn = app.db.get().await?;
    let rows = queries::queue(&mut conn, &filter(&asked, &who), keyset.window(), now).await?;
    let (rows, pager) = keyset.page(rows, Row::place, "/staff/appeals", &asked.extra());
    let lines = rows.into_iter().map(|row| line(row, now)).collect();
    let list = List::load(&mut conn, Queue::Appeals, who.person, &asked, (lines, pager), now).await?;
    let list = List { empty: ("No such appeal", "Nothing fits what you asked for."), ..list };
    pages::ok(&IndexPage { page: Page::of(&request, "Appeals"), list })
}

/// What the file says of an appeal: nothing that somebody wrote.
fn cells(row: &Row) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.suspension_id.to_string(),
        row.account_id.to_string(),
        row.round.to_string(),
        row.level.clone(),
        row.reason_code.clone(),
        if row.automated { "yes" } else { "no" }.into(),
        desk::csv::moment(row.filed_at),
        desk::csv::moment(row.due_at),
        row.first_answered_at.map(desk::csv::moment).unwrap_or_default(),
        row.decided_at.map(desk::csv::moment).unwrap_or_default(),
        row.outcome.clone().unwrap_or_default(),
        row.holder.clone().unwrap_or_default(),
    ]
}

/// The head of the file.
const HEAD: [&str; 13] = [
    "number",
    "suspension",
    "account",
    "round",
    "level",
    "reason",
    "automated",
    "filed_at",
    "due_at",
    "first_answered_at",
    "ended_at",
    "outcome",
    "claimed_by",
];

/// `GET /staff/appeals.csv`: everything that the filters show.
pub async fn csv(
    app: web::Data<App>,
    who: Staff<DecidesAppeals>,
    pairs: Pairs,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(FILTERS, &pairs);
    let (filter, now) = (filter(&asked, &who), app.clock.now());
    desk::csv::note(&app, &who, Queue::Appeals, &asked.query()).await?;
    Ok(desk::csv::stream("appeals", &HEAD, move |before: Option<Place>| {
        let app = app.clone();
        async move {
            let window = Window { before, after: None, limit: desk::csv::BATCH };
            let rows = queries::queue(&mut *app.db.get().await?, &filter, window, now).await?;
            Ok(rows.iter().map(|row| (row.place(), cells(row))).collect())
        }
    }))
}

//! The queue of disputes.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};

use super::path;
use super::queries::{self, Row};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day};
use crate::platform::web::pagination::Window;
use crate::privacy::disputes::states::State;
use crate::staff::desk::{self, Asked, Line, List, Pairs, Place, Queue};
use crate::staff::masks;
use crate::staff::permissions::WorksOnRequests;

/// What the queue can be filtered by.
const FILTERS: &[desk::Filter] = &[
    desk::Filter { name: "view", label: "Which", choices: views },
    desk::Filter { name: "channel", label: "How it came", choices: channels },
];

fn views() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "Under way"),
        ("mine", "Claimed by me"),
        ("late", "Overdue"),
        ("unproven", "Mailbox not confirmed"),
        ("closed", "Ended"),
        ("all", "All of them"),
    ]
}

fn channels() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "Every way"),
        ("portal", "In the portal"),
        ("form", "Public form"),
        ("email", "Mail"),
        ("post", "Letter"),
    ]
}

/// A dispute, as its line shows it: who raised it is masked, and what it is about stays on its page.
fn line(row: Row, now: DateTime<Utc>) -> Line {
    let state = State::parse(&row.state).unwrap_or(State::Open);
    let (name, email) = (row.name.as_deref().map(masks::name), row.email.as_deref().map(masks::email));
    let who = [name, email].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { "no name or e-mail address" } else { &who };
    let (kind, words) =
        if state == State::Open { desk::list::due(row.due_at, now) } else { ("", String::new()) };
    let end = match &row.closed_at {
        Some(at) => format!("ended on {}", day(at)),
        None => format!("due on {}", day(&row.due_at)),
    };
    let channel =
        channels().into_iter().find(|(known, _)| *known == row.channel).map_or("", |(_, words)| words);
    let claim = if state == State::Open { format!("{}/claim", path(row.id)) } else { String::new() };
    let number = row.id.to_string();
    Line {
        path: path(row.id),
        title: format!("Dispute …{}", &number[number.len() - 8..]),
        before: format!("{who} · received"),
        after: format!(", {} · {end}", channel.to_lowercase()),
        number,
        ..Line::default()
    }
    .at(row.received_at)
    .badge(state.badge(), if state == State::Unproven { "Mailbox not confirmed" } else { state.label() })
    .badge(kind, words)
    .badge("warning", if row.wrote { "Wrote to us" } else { "" })
    .held(row.holder, claim)
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/staff/index.html")]
struct IndexPage {
    page: Page,
    list: List,
}

/// `GET /staff/disputes`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<Place>()?;
    let filter = (asked.get("view"), asked.get("channel"));
    let mut conn = app.db.get().await?;
    let rows = queries::queue(&mut conn, filter, who.person, keyset.window(), now).await?;
    let (rows, pager) = keyset.page(rows, Row::place, "/staff/disputes", &asked.extra());
    let lines = rows.into_iter().map(|row| line(row, now)).collect();
    let list = List::load(&mut conn, Queue::Disputes, who.person, &asked, (lines, pager), now).await?;
    let list = List { empty: ("No such dispute", "Nothing fits what you asked for."), ..list };
    pages::ok(&IndexPage { page: Page::of(&request, "Disputes"), list })
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.state.clone(),
        row.channel.clone(),
        desk::csv::moment(row.received_at),
        desk::csv::moment(row.due_at),
        row.closed_at.map(desk::csv::moment).unwrap_or_default(),
        row.holder.clone().unwrap_or_default(),
    ]
}

/// `GET /staff/disputes.csv`: everything that the filters show.
pub async fn csv(
    app: web::Data<App>,
    who: Staff<WorksOnRequests>,
    pairs: Pairs,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(FILTERS, &pairs);
    let (filter, now) = ((asked.get("view"), asked.get("channel")), app.clock.now());
    let staff = who.person;
    desk::csv::note(&app, &who, Queue::Disputes, &asked.query()).await?;
    let head = ["number", "state", "channel", "received_at", "due_at", "ended_at", "claimed_by"];
    Ok(desk::csv::stream("disputes", &head, move |before: Option<Place>| {
        let app = app.clone();
        async move {
            let window = Window { before, after: None, limit: desk::csv::BATCH };
            let rows = queries::queue(&mut *app.db.get().await?, filter, staff, window, now).await?;
            Ok(rows.iter().map(|row| (row.place(), cells(row))).collect())
        }
    }))
}

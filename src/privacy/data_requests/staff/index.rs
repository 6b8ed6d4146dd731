//! The queue.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;

use super::path;
use super::queries::{self, Filter, Row, View};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;
use crate::platform::web::flash;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day, see_other};
use crate::platform::web::pagination::Window;
use crate::privacy::data_requests::deadlines::Progress;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::states::{Act, State};
use crate::privacy::data_requests::{acknowledge, log, queries as requests, verification};
use crate::staff::desk::{self, Asked, Bulk, Line, List, Pairs, Place, Queue};
use crate::staff::masks;
use crate::staff::permissions::WorksOnRequests;

/// What the queue can be filtered by.
const FILTERS: &[desk::Filter] = &[
    desk::Filter { name: "view", label: "Which", choices: views },
    desk::Filter { name: "kind", label: "Kind", choices: kinds },
];

/// What can be done with several at once.
const BULK: Bulk = Bulk {
    action: "/staff/requests/acknowledgements",
    label: "Confirm the receipts that are ticked",
    name: "request",
    tick: "Confirm receipt",
};

fn views() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "Under way"),
        ("mine", "Claimed by me"),
        ("late", "Overdue"),
        ("unacknowledged", "Receipt to be confirmed"),
        ("again", "To be looked at again"),
        ("closed", "Ended"),
        ("all", "All of them"),
    ]
}

fn kinds() -> Vec<(&'static str, &'static str)> {
    let kinds = Kind::ALL.into_iter().map(|kind| (kind.as_str(), kind.label()));
    [("", "Every kind")].into_iter().chain(kinds).collect()
}

fn filter(asked: &Asked, who: &Staff<WorksOnRequests>) -> Filter {
    Filter { view: View::parse(asked.get("view")), kind: asked.get("kind"), staff: who.person }
}

/// A request, as its line shows it: whom it is about is masked.
fn line(row: Row, now: DateTime<Utc>) -> Line {
    let state = State::parse(&row.state).unwrap_or(State::Received);
    let progress = Progress::of(row.received_at, row.due_at, now);
    let (name, email) = (row.name.as_deref().map(masks::name), row.email.as_deref().map(masks::email));
    let who = [name, email].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { "no longer known" } else { &who };
    let open = row.closed_at.is_none();
    let due = match &row.closed_at {
        Some(at) => format!("ended on {}", day(at)),
        None => format!("due on {}", day(&row.due_at)),
    };
    let said = |holds: bool, words: &'static str| if holds { words } else { "" };
    let in_grace = open && row.grace_until.is_some_and(|until| until > now);
    let number = row.id.to_string();
    Line {
        path: path(row.id),
        title: Kind::parse(&row.kind).map_or("", Kind::label).into(),
        before: format!("{who} · received"),
        after: format!(", {} · {due}", Channel::label(&row.channel)),
        tick: if open && !row.acknowledged { number.clone() } else { String::new() },
        number,
        ..Line::default()
    }
    .at(row.received_at)
    .badge(state.badge(), state.label())
    .badge(progress.badge(), if open { progress.words() } else { String::new() })
    .badge("danger", said(row.suspected, "Fraud suspected"))
    .badge("warning", said(row.wrote, "Wrote to us"))
    .badge("", said(in_grace, "Can be undone"))
    .held(row.holder, if open { format!("{}/claim", path(row.id)) } else { String::new() })
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/staff/index.html")]
struct IndexPage {
    page: Page,
    list: List,
}

/// `GET /staff/requests`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<Place>()?;
    let mut conn = app.db.get().await?;
    let rows = queries::queue(&mut conn, &filter(&asked, &who), keyset.window(), now).await?;
    let (rows, pager) = keyset.page(rows, Row::place, "/staff/requests", &asked.extra());
    let lines = rows.into_iter().map(|row| line(row, now)).collect();
    let list = List::load(&mut conn, Queue::Requests, who.person, &asked, (lines, pager), now).await?;
    let empty = ("No such request", "Nothing fits what you asked for.");
    let list = List { bulk: Some(BULK), empty, ..list };
    pages::ok(&IndexPage { page: Page::of(&request, "Data requests"), list })
}

/// What the file says of a request: nothing about whom it is from.
fn cells(row: &Row) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.kind.clone(),
        row.state.clone(),
        row.channel.clone(),
        desk::csv::moment(row.received_at),
        if row.acknowledged { "yes" } else { "no" }.into(),
        desk::csv::moment(row.due_at),
        row.closed_at.map(desk::csv::moment).unwrap_or_default(),
        row.holder.clone().unwrap_or_default(),
    ]
}

/// `GET /staff/requests.csv`: everything that the filters show.
pub async fn csv(
    app: web::Data<App>,
    who: Staff<WorksOnRequests>,
    pairs: Pairs,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(FILTERS, &pairs);
    let (filter, now) = (filter(&asked, &who), app.clock.now());
    desk::csv::note(&app, &who, Queue::Requests, &asked.query()).await?;
    let head = [
        "number",
        "kind",
        "state",
        "channel",
        "received_at",
        "receipt_confirmed",
        "due_at",
        "ended_at",
        "claimed_by",
    ];
    Ok(desk::csv::stream("data-requests", &head, move |before: Option<Place>| {
        let app = app.clone();
        async move {
            let window = Window { before, after: None, limit: desk::csv::BATCH };
            let rows = queries::queue(&mut *app.db.get().await?, &filter, window, now).await?;
            Ok(rows.iter().map(|row| (row.place(), cells(row))).collect())
        }
    }))
}

/// Confirms receipt of one request, and mails the code to whoever still has to show who they are. Answers whether
/// that was still to be done.
async fn acknowledge_one(app: &App, who: &Staff<WorksOnRequests>, id: RequestId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            // Of two who tick it at once the second finds it confirmed.
            let request = requests::lock(conn, id).await?;
            if request.acknowledged_at.is_some() || request.closed_at.is_some() {
                return Ok(false);
            }
            acknowledge(conn, app, id, now).await?;
            if request.state() == State::Verifying {
                verification::send_code(conn, app, &request, now).await?;
            }
            log(conn, who.actor(), id, Act::Acknowledged, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(done)
}

/// `POST /staff/requests/acknowledgements`: confirms receipt of each that was ticked.
pub async fn acknowledge_many(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    ticked: web::Form<Vec<(String, String)>>,
) -> WebResult {
    let mut done = 0;
    let ids = ticked.iter().filter(|(name, _)| name == "request").take(100);
    for id in ids.filter_map(|(_, sid)| sid.parse::<RequestId>().ok()) {
        done += i32::from(acknowledge_one(&app, &who, id).await?);
    }
    match done {
        0 => flash::info(&request, "There was no receipt to confirm among those that you ticked."),
        1 => flash::success(&request, "One receipt is confirmed."),
        many => flash::success(&request, format!("{many} receipts are confirmed.")),
    }
    Ok(see_other("/staff/requests"))
}

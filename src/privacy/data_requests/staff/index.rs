//! The queue.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::queries::{self, Filter, Place, Row};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::privacy::data_requests::deadlines::Progress;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::states::{Act, State};
use crate::privacy::data_requests::{acknowledge, log, queries as requests, verification};
use crate::staff::masks;
use crate::staff::permissions::WorksOnRequests;

/// Views of the queue: how the address names them and what they say.
const VIEWS: [(&str, &str); 7] = [
    ("", "Under way"),
    ("mine", "Claimed by me"),
    ("late", "Overdue"),
    ("unacknowledged", "Receipt to be confirmed"),
    ("again", "To be looked at again"),
    ("closed", "Ended"),
    ("all", "All of them"),
];

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    view: String,
    kind: String,
    before: Option<Place>,
    after: Option<Place>,
}

impl Asked {
    fn filter(&self, staff: crate::platform::ids::PersonId) -> Filter {
        let kind = Kind::parse(&self.kind).map_or("", Kind::as_str);
        let filter = Filter { kind: kind.into(), ..Filter::default() };
        match self.view.as_str() {
            "mine" => Filter { claimed_by: Some(staff), ..filter },
            "late" => Filter { late: true, ..filter },
            "unacknowledged" => Filter { unacknowledged: true, ..filter },
            "again" => Filter { again: true, ..filter },
            "closed" => Filter { states: queries::states(false), ..filter },
            "all" => filter,
            _ => Filter { states: queries::states(true), ..filter },
        }
    }

    fn draw(&self) -> Form {
        let choice = |value: &str, label: &str, asked: &str| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == asked,
        };
        let views = VIEWS.iter().map(|(value, label)| choice(value, label, &self.view)).collect();
        let kinds = Kind::ALL.into_iter().map(|kind| choice(kind.as_str(), kind.label(), &self.kind));
        let kinds = [choice("", "Every kind", &self.kind)].into_iter().chain(kinds).collect();
        Form::new(vec![Field::select("view", "Which", views), Field::select("kind", "Kind", kinds)])
    }

    /// What is looked for, as it stands in the addresses of other pages.
    fn extra(&self) -> String {
        let pairs = [("view", &self.view), ("kind", &self.kind)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { query } else { format!("&{query}") }
    }
}

/// A request, as the queue shows it.
struct Line {
    id: RequestId,
    title: &'static str,
    who: String,
    badge: (&'static str, &'static str),
    /// How far it is; empty once it ended.
    progress: (&'static str, String),
    iso: String,
    received: String,
    channel: &'static str,
    due: String,
    holder: String,
    suspected: bool,
    in_grace: bool,
    wrote: bool,
    to_acknowledge: bool,
}

fn line(row: Row, now: DateTime<Utc>) -> Line {
    let state = State::parse(&row.state).unwrap_or(State::Received);
    let progress = Progress::of(row.received_at, row.due_at, now);
    let name = row.name.as_deref().map(masks::name);
    let email = row.email.as_deref().map(masks::email);
    let who = [name, email].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Line {
        id: row.id,
        title: Kind::parse(&row.kind).map_or("", Kind::label),
        who: if who.is_empty() { "no longer known".into() } else { who },
        badge: (state.badge(), state.label()),
        progress: match row.closed_at {
            Some(_) => ("", String::new()),
            None => (progress.badge(), progress.words()),
        },
        iso: row.received_at.to_rfc3339(),
        received: moment(&row.received_at),
        channel: Channel::label(&row.channel),
        due: match &row.closed_at {
            Some(at) => format!("ended on {}", day(at)),
            None => format!("due on {}", day(&row.due_at)),
        },
        holder: row.holder.unwrap_or_default(),
        suspected: row.suspected,
        in_grace: row.closed_at.is_none() && row.grace_until.is_some_and(|until| until > now),
        wrote: row.wrote,
        to_acknowledge: !row.acknowledged && row.closed_at.is_none(),
    }
}

#[derive(askama::Template)]
#[template(path = "staff/requests/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    lines: Vec<Line>,
    pager: Pager,
    waiting: i64,
    late: i64,
    /// Whether some of those shown have no confirmation of receipt.
    to_acknowledge: bool,
}

/// `GET /staff/requests`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    asked: web::Query<Asked>,
) -> WebResult {
    let now = app.clock.now();
    let keyset = Keyset { before: asked.before, after: asked.after };
    let mut conn = app.db.get().await?;
    let rows = queries::queue(&mut conn, &asked.filter(who.person), keyset.window(), now).await?;
    let (waiting, late) = queries::waiting(&mut conn, now).await?;
    let (rows, pager) = keyset.page(rows, Row::place, "/staff/requests", &asked.extra());
    let lines: Vec<Line> = rows.into_iter().map(|row| line(row, now)).collect();
    pages::ok(&IndexPage {
        page: Page::of(&request, "Data requests"),
        form: asked.draw(),
        to_acknowledge: lines.iter().any(|line| line.to_acknowledge),
        lines,
        pager,
        waiting,
        late,
    })
}

/// Confirms receipt of one request, and mails the code to whoever still has to show who they are. Answers whether
/// that was still to be done.
async fn acknowledge_one(app: &App, who: &Staff<WorksOnRequests>, id: RequestId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let request = requests::find(conn, id).await?;
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

//! The desk of subscriber records. The list says of which country they are and since when they wait, and nothing of anybody;
//! one is read by whoever types why, and each look stands in the activity of the account (S48, S105). Those that name somebody
//! are found by whoever says why they look for them.

pub mod decision;
pub mod search;
pub mod sharing;
pub mod show;

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Record, State, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SubscriberRecordId;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, date};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::SeesSubscriberRecords;

/// Where the desk is.
pub(super) const PATH: &str = "/staff/subscriber-records";

/// What can be looked at: as it stands in an address, and for people.
pub const VIEWS: [(&str, &str); 5] = [
    ("", "Waiting"),
    ("accepted", "Accepted"),
    ("refused", "Refused"),
    ("ended", "Ended"),
    ("all", "All of them"),
];

/// The page of a record at the desk.
pub(super) fn path(id: SubscriberRecordId) -> String {
    format!("{PATH}/{id}")
}

/// A record by its SID.
pub(super) async fn find(app: &App, sid: &str) -> Result<Record, AppError> {
    let id: SubscriberRecordId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::any(&mut *app.db.get().await?, id).await?)
}

/// A record, as the list shows it.
struct Line {
    path: String,
    title: String,
    state: State,
    detail: String,
}

impl From<Record> for Line {
    fn from(record: Record) -> Self {
        let of = record.account.map_or_else(|| "of an account that is gone".to_owned(), |id| id.to_string());
        Self {
            path: path(record.id),
            title: format!("{}: {}", record.law().name, record.id),
            state: record.state(),
            detail: format!("Submitted on {} · {of}", date(record.submitted_on)),
        }
    }
}

/// `?view=`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    view: String,
}

impl View {
    /// It as the list knows it; the first for one that it does not know.
    fn known(&self) -> &'static str {
        VIEWS.iter().find(|(view, _)| *view == self.view).map_or("", |(view, _)| *view)
    }
}

fn href(view: &str) -> String {
    if view.is_empty() { PATH.to_owned() } else { format!("{PATH}?view={view}") }
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/staff_index.html")]
struct IndexPage {
    page: Page,
    views: Vec<(String, &'static str)>,
    current: String,
    lines: Vec<Line>,
    pager: Pager,
    search: Form,
}

impl IndexPage {
    /// The views as tabs: address and label.
    fn tabs(&self) -> Vec<(&str, &'static str)> {
        self.views.iter().map(|(href, label)| (href.as_str(), *label)).collect()
    }
}

/// `GET /staff/subscriber-records`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<SeesSubscriberRecords>,
    asked: web::Query<View>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let view = asked.known();
    let rows = queries::queue(&mut *app.db.get().await?, view, keyset.window()).await?;
    let extra = if view.is_empty() { String::new() } else { format!("&view={view}") };
    let (rows, pager) = keyset.page(rows, |record| record.id.0, PATH, &extra);
    pages::ok(&IndexPage {
        page: Page::of(&request, "Subscriber records"),
        views: VIEWS.iter().map(|(view, label)| (href(view), *label)).collect(),
        current: href(view),
        lines: rows.into_iter().map(Line::from).collect(),
        pager,
        search: search::SearchForm::default().draw(),
    })
}

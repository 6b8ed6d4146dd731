//! The page of statistics in the console. What staff tell others of it has no small cells in it.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use chrono::NaiveTime;

use super::Statistics;
use super::queries::{self, By, NamedRow};
use crate::platform::app::App;
use crate::platform::web::day_chart::{self, Chart};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::privacy::cells;
use crate::staff::permissions::ReadsStatistics;

/// A list of what views are counted by.
struct List {
    id: &'static str,
    title: &'static str,
    head: &'static str,
    empty: &'static str,
    rows: Vec<(String, String)>,
}

fn together(rows: Vec<NamedRow>) -> NamedRow {
    NamedRow { name: cells::REST.into(), views: rows.iter().map(|row| row.views).sum() }
}

/// A row as the page tells it.
fn shown(by: By, row: NamedRow) -> (String, String) {
    let name = if row.name.is_empty() { "Unknown".into() } else { row.name };
    let views = if matches!(by, By::Page) { row.views.to_string() } else { cells::told(row.views) };
    (name, views)
}

#[derive(askama::Template)]
#[template(path = "preferences/statistics/index.html")]
struct IndexPage {
    page: Page,
    chart: Chart,
    lists: Vec<List>,
}

/// `GET /staff/statistics`: with what was counted in this process up to this moment.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    statistics: web::Data<Statistics>,
    _who: Staff<ReadsStatistics>,
) -> WebResult {
    statistics.flush(&app).await;
    let today = app.clock.now().date_naive();
    let since = day_chart::first_day(today).and_time(NaiveTime::MIN).and_utc();
    let mut conn = app.db.get().await?;
    let counts: HashMap<_, _> = queries::days(&mut conn, since)
        .await?
        .into_iter()
        .map(|row| (row.day.date_naive(), (row.views, row.arrivals)))
        .collect();
    let mut lists = Vec::new();
    for (by, id, title, head, empty) in [
        (By::Page, "pages", "Pages", "Page", "No page was looked at by anybody who agreed to be counted."),
        (By::Host, "hosts", "Sites that visitors came from", "Site", "Nobody came from another site."),
        (By::Country, "countries", "Countries", "Country", "No visit was counted."),
    ] {
        let rows = queries::most_frequent(&mut conn, by, since).await?;
        // A page of ours is nobody. A site or a country that few came from may be somebody.
        let rows = match by {
            By::Page => rows,
            By::Host | By::Country => cells::merged(rows, |row| row.views, together),
        };
        let rows = rows.into_iter().map(|row| shown(by, row)).collect();
        lists.push(List { id, title, head, empty, rows });
    }
    let page = Page::of(&request, "Page statistics");
    pages::ok(&IndexPage { page, chart: Chart::draw(today, &counts), lists })
}

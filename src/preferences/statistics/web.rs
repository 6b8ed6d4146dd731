//! The page of statistics in the console.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use chrono::NaiveTime;

use super::Statistics;
use super::queries::{self, By, NamedRow};
use crate::platform::app::App;
use crate::platform::web::day_chart::{self, Chart};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::staff::permissions::ReadsStatistics;

/// A list of what views are counted by.
struct List {
    id: &'static str,
    title: &'static str,
    head: &'static str,
    empty: &'static str,
    rows: Vec<NamedRow>,
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
        let mut rows = queries::most_frequent(&mut conn, by, since).await?;
        for row in rows.iter_mut().filter(|row| row.name.is_empty()) {
            row.name = "Unknown".into();
        }
        lists.push(List { id, title, head, empty, rows });
    }
    let page = Page::of(&request, "Page statistics");
    pages::ok(&IndexPage { page, chart: Chart::draw(today, &counts), lists })
}

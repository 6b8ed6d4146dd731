//! The figures of a year, as a drawing, a table and a file: received, complied with, denied, and days to an answer, by
//! kind (11 CCR 7102). A request counts in the year in which it came.

use actix_web::{HttpRequest, HttpResponse, web};

use super::queries::{self, Figures};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::privacy::cells;
use crate::privacy::data_requests::kinds::Kind;
use crate::staff::permissions::WorksOnRequests;
use crate::staff::reports::years::{Asked, beside, bounds, days};

/// Length of the longest bar.
const WIDTH: i64 = 100;

/// A line of the table, and its bars.
struct Line {
    label: &'static str,
    figures: Figures,
    median: String,
    mean: String,
    /// Lengths of the bars: received, and of that complied with.
    received: i64,
    complied: i64,
    denied: i64,
    denied_left: i64,
}

fn lines(rows: Vec<Figures>) -> Vec<Line> {
    let most = rows.iter().map(|row| row.received).max().unwrap_or(0).max(1);
    let length = |count: i64| count * WIDTH / most;
    let line = |figures: Figures| Line {
        label: Kind::parse(&figures.kind).map_or("", Kind::label),
        median: days(figures.median_days),
        mean: days(figures.mean_days),
        received: length(figures.received),
        complied: length(figures.complied),
        denied: length(figures.denied),
        denied_left: length(figures.complied),
        figures,
    };
    rows.into_iter().map(line).collect()
}

async fn figures(app: &App, year: i32) -> Result<Vec<Figures>, AppError> {
    let (mut conn, (begin, end)) = (app.db.get().await?, bounds(year));
    Ok(queries::figures(&mut conn, begin, end).await?)
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/staff/metrics.html")]
struct MetricsPage {
    page: Page,
    year: i32,
    /// The year before, if there may be figures of it, and the one after.
    before: Option<i32>,
    after: Option<i32>,
    lines: Vec<Line>,
    received: i64,
    complied: i64,
    denied: i64,
}

/// `GET /staff/requests/metrics`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<WorksOnRequests>,
    asked: web::Query<Asked>,
) -> WebResult {
    let year = asked.year(&app)?;
    let rows = figures(&app, year).await?;
    let sum = |count: fn(&Figures) -> i64| rows.iter().map(count).sum();
    let (received, complied, denied) =
        (sum(|row| row.received), sum(|row| row.complied), sum(|row| row.denied));
    let (lines, (before, after)) = (lines(rows), beside(&app, year));
    pages::ok(&MetricsPage {
        page: Page::of(&request, "Figures of data requests"),
        year,
        before,
        after,
        lines,
        received,
        complied,
        denied,
    })
}

/// Kinds of which there were few, as one row.
fn together(rows: Vec<Figures>) -> Figures {
    let sum = |count: fn(&Figures) -> i64| rows.iter().map(count).sum();
    Figures {
        kind: cells::REST.into(),
        received: sum(|row| row.received),
        complied: sum(|row| row.complied),
        in_part: sum(|row| row.in_part),
        denied: sum(|row| row.denied),
        ended: sum(|row| row.ended),
        median_days: None,
        mean_days: None,
    }
}

/// `GET /staff/requests/metrics.csv`: for the yearly report, so that small cells are put together.
pub async fn csv(
    app: web::Data<App>,
    _who: Staff<WorksOnRequests>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, AppError> {
    let year = asked.year(&app)?;
    let mut text = String::from(
        "kind,received,complied,of_which_in_part,denied,withdrawn_or_ended,median_days,mean_days\r\n",
    );
    for row in cells::merged(figures(&app, year).await?, |row| row.received, together) {
        // Days to an answer are those of whoever got one.
        let days = |days: Option<f64>| days.filter(|_| row.complied + row.denied >= cells::LEAST);
        let days = |of| days(of).map(|days| format!("{days:.2}")).unwrap_or_default();
        let counts = [row.received, row.complied, row.in_part, row.denied, row.ended].map(cells::told);
        let (counts, median, mean) = (counts.join(","), days(row.median_days), days(row.mean_days));
        text += &format!("{},{counts},{median},{mean}\r\n", row.kind);
    }
    let name = format!("attachment; filename=\"data-requests-{year}.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", name))
        .insert_header(("cache-control", "no-store"))
        .body(text))
}

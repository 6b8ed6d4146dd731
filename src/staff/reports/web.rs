//! The page of reports, and the same figures as files.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::years::{Asked, beside, bounds, days};
use super::{Figures, MATTERS, Matter, Rate, figures};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::staff::desk::csv;
use crate::staff::permissions::ReadsReports;

async fn of_year(app: &App, year: i32) -> Result<Vec<(&'static Matter, Vec<Figures>)>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let mut all = Vec::new();
    for matter in MATTERS {
        all.push((matter, figures(&mut conn, matter, bounds(year), now).await?));
    }
    Ok(all)
}

/// A row of a table, in words.
struct Line {
    name: String,
    /// The last: all together.
    is_all: bool,
    came: i64,
    outcomes: Vec<(&'static str, i64)>,
    waiting: i64,
    late: i64,
    median: String,
    p90: String,
    oldest: String,
}

/// A rate of a row: in words, and how wide its bar is in hundredths of the whole.
type Measured = Option<(String, String)>;

/// A row of rates.
struct RateLine {
    name: String,
    /// The last: all together.
    is_all: bool,
    /// In the order of the matter's rates.
    rates: Vec<(&'static str, Measured)>,
}

/// A table of the page.
struct Table {
    matter: &'static Matter,
    lines: Vec<Line>,
    /// Empty where there are too few decisions for any.
    rates: Vec<RateLine>,
    /// Whether there are rates of several rows, to be compared.
    is_compared: bool,
}

impl Table {
    fn of((matter, rows): (&'static Matter, Vec<Figures>)) -> Self {
        let rates: Vec<RateLine> = rows.iter().map(|row| rate_line(matter, row)).collect();
        let has_some = |line: &&RateLine| line.rates.iter().any(|(_, measured)| measured.is_some());
        let named = rates.iter().filter(|line| !line.is_all).filter(has_some).count();
        let any = rates.iter().any(|line| has_some(&line));
        Self {
            matter,
            lines: rows.iter().map(|row| line(matter, row)).collect(),
            rates: if any { rates } else { Vec::new() },
            is_compared: named > 1,
        }
    }
}

fn name(matter: &Matter, row: &Figures) -> String {
    if row.name.is_empty() { "All".into() } else { (matter.name)(&row.name) }
}

fn rate_line(matter: &'static Matter, row: &Figures) -> RateLine {
    let measured =
        |rate: &Rate| rate.share(matter, row).map(|share| (share.words(), format!("{:.1}", share.percent())));
    RateLine {
        name: name(matter, row),
        is_all: row.name.is_empty(),
        rates: matter.rates.iter().map(|rate| (rate.title, measured(rate))).collect(),
    }
}

fn line(matter: &Matter, row: &Figures) -> Line {
    let named = matter.outcomes.iter().map(|(_, words, _)| *words);
    Line {
        name: name(matter, row),
        is_all: row.name.is_empty(),
        came: row.came,
        outcomes: named.zip(row.outcomes.iter().copied()).collect(),
        waiting: row.waiting,
        late: row.late,
        median: days(row.median_days),
        p90: days(row.p90_days),
        oldest: days(row.oldest_days),
    }
}

#[derive(askama::Template)]
#[template(path = "staff/reports/index.html")]
struct ReportsPage {
    page: Page,
    year: i32,
    before: Option<i32>,
    after: Option<i32>,
    tables: Vec<Table>,
}

/// `GET /staff/reports`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ReadsReports>,
    asked: web::Query<Asked>,
) -> WebResult {
    let year = asked.year(&app)?;
    let tables = of_year(&app, year).await?.into_iter().map(Table::of).collect();
    let (before, after) = beside(&app, year);
    pages::ok(&ReportsPage { page: Page::of(&request, "Reports"), year, before, after, tables })
}

/// The rates of a row for programs; `null` where there are too few decisions.
fn rates(matter: &Matter, row: &Figures) -> serde_json::Map<String, serde_json::Value> {
    let of = |rate: &Rate| match rate.share(matter, row) {
        Some(share) => json!({ "percent": share.percent(), "part": share.part, "of": share.of }),
        None => serde_json::Value::Null,
    };
    matter.rates.iter().map(|rate| (rate.key.to_owned(), of(rate))).collect()
}

/// `GET /staff/reports.json`
pub async fn json(
    app: web::Data<App>,
    _who: Staff<ReadsReports>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, AppError> {
    let year = asked.year(&app)?;
    let mut matters = serde_json::Map::new();
    for (matter, rows) in of_year(&app, year).await? {
        let row = |row: &Figures| {
            let outcomes: serde_json::Map<String, serde_json::Value> = matter
                .outcomes
                .iter()
                .zip(&row.outcomes)
                .map(|((outcome, ..), count)| ((*outcome).to_owned(), json!(count)))
                .collect();
            json!({
                "name": if row.name.is_empty() { None } else { Some(&row.name) },
                "came": row.came, "outcomes": outcomes, "waiting": row.waiting, "late": row.late,
                "median_days": row.median_days, "p90_days": row.p90_days, "oldest_waiting_days": row.oldest_days,
                "rates": rates(matter, row),
            })
        };
        matters.insert(matter.key.to_owned(), rows.iter().map(row).collect());
    }
    let name = format!("attachment; filename=\"reports-{year}.json\"");
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", name))
        .insert_header(("cache-control", "no-store"))
        .json(json!({ "year": year, "counted_at": app.clock.now(), "matters": matters })))
}

/// The rates of a row, a line of the file each: in percent, and what that is made of.
fn rate_figures(matter: &Matter, row: &Figures) -> Vec<(String, String)> {
    let of = |rate: &Rate| {
        let share = rate.share(matter, row);
        let figures = [
            ("percent", share.map(|share| format!("{:.1}", share.percent()))),
            ("part", share.map(|share| share.part.to_string())),
            ("of", share.map(|share| share.of.to_string())),
        ];
        figures.map(|(what, value)| (format!("{}_{what}", rate.key), value.unwrap_or_default()))
    };
    matter.rates.iter().flat_map(of).collect()
}

/// `GET /staff/reports.csv`: a line for each figure, so that matters with different outcomes fit into one file.
pub async fn file(
    app: web::Data<App>,
    _who: Staff<ReadsReports>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, AppError> {
    let year = asked.year(&app)?;
    let mut text = csv::line(&["year", "matter", "name", "figure", "value"]);
    for (matter, rows) in of_year(&app, year).await? {
        for row in &rows {
            let name = if row.name.is_empty() { "all" } else { &row.name };
            let mut add = |figure: &str, value: String| {
                text += &csv::line(&[year.to_string().as_str(), matter.key, name, figure, &value]);
            };
            add("came", row.came.to_string());
            for ((outcome, ..), count) in matter.outcomes.iter().zip(&row.outcomes) {
                add(outcome, count.to_string());
            }
            add("waiting", row.waiting.to_string());
            add("late", row.late.to_string());
            for (figure, days) in [
                ("median_days", row.median_days),
                ("p90_days", row.p90_days),
                ("oldest_waiting_days", row.oldest_days),
            ] {
                add(figure, days.map(|days| format!("{days:.2}")).unwrap_or_default());
            }
            for (figure, value) in rate_figures(matter, row) {
                add(&figure, value);
            }
        }
    }
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", format!("attachment; filename=\"reports-{year}.csv\"")))
        .insert_header(("cache-control", "no-store"))
        .body(text))
}

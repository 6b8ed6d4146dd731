//! The public page.

use actix_web::{HttpRequest, web};
use chrono::{Datelike as _, NaiveDate};

use super::suppression::{self, Cell};
use super::{Year, counted};
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::staff::reports::{MATTERS, Matter};

/// A row of a table: a quarter, or the year.
struct Line {
    name: String,
    is_year: bool,
    /// What each column is called, and its cell in words.
    cells: Vec<(&'static str, String)>,
}

/// A year of a matter.
struct Table {
    year: i32,
    lines: Vec<Line>,
}

/// A matter with its years, the latest first.
struct Section {
    matter: &'static Matter,
    columns: Vec<&'static str>,
    tables: Vec<Table>,
}

fn quarter_name(day: NaiveDate) -> String {
    let months = match day.month() {
        1 => "January to March",
        4 => "April to June",
        7 => "July to September",
        _ => "October to December",
    };
    format!("{months} {}", day.year())
}

/// The cells of a quarter: what came, each way in which it ended, and all that ended.
fn cells(counts: &[i64]) -> Vec<Cell> {
    let (came, ended) = counts.split_first().unwrap_or((&0, &[]));
    let came = if *came < suppression::LEAST { Cell::Few } else { Cell::Shown(*came) };
    [came].into_iter().chain(suppression::row(ended)).collect()
}

fn table(year: i32, quarters: &Year, columns: &[&'static str]) -> Table {
    let named = |cells: Vec<Cell>| columns.iter().copied().zip(cells.into_iter().map(Cell::words)).collect();
    let rows: Vec<(NaiveDate, Vec<Cell>, Vec<i64>)> = quarters
        .iter()
        .map(|(quarter, counts)| {
            let ended: i64 = counts.iter().skip(1).sum();
            let with_sum = counts.iter().copied().chain([ended]).collect();
            (*quarter, cells(counts), with_sum)
        })
        .collect();
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|(quarter, cells, _)| Line {
            name: quarter_name(*quarter),
            is_year: false,
            cells: named(cells.clone()),
        })
        .collect();
    if rows.len() == 4 {
        let column =
            |place: usize| rows.iter().map(|(_, cells, counts)| (cells[place], counts[place])).collect();
        let all: Vec<Vec<(Cell, i64)>> = (0..columns.len()).map(column).collect();
        let (came, ended) = all.split_first().map_or((&[][..], &[][..]), |(came, ended)| (&came[..], ended));
        let sums = [suppression::year(came)].into_iter().chain(suppression::year_row(ended)).collect();
        lines.push(Line { name: format!("All of {year}"), is_year: true, cells: named(sums) });
    }
    Table { year, lines }
}

#[derive(askama::Template)]
#[template(path = "public/transparency.html")]
struct TransparencyPage {
    page: Page,
    sections: Vec<Section>,
}

/// `GET /transparency`
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let mut conn = app.db.get().await?;
    let mut sections = Vec::new();
    for matter in MATTERS.iter().filter(|matter| matter.public) {
        let outcomes = matter.outcomes.iter().map(|(_, words, _)| *words);
        let columns: Vec<&str> = ["Came in"].into_iter().chain(outcomes).chain(["Ended, all"]).collect();
        let years = counted(&mut conn, matter).await?;
        let tables = years.iter().rev().map(|(year, quarters)| table(*year, quarters, &columns)).collect();
        sections.push(Section { matter, columns, tables });
    }
    pages::ok(&TransparencyPage { page: Page::of(&request, "Transparency"), sections })
}

//! `portal retention`: what a sweep would delete, and the sweep itself.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use super::{plan, sweep};
use crate::platform::app::App;
use crate::platform::web::pages::moment;

/// Reads a day, which means its end in UTC, or a moment with its zone.
///
/// # Errors
/// What is wrong with it.
pub fn parse_at(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.succ_opt())
        .map(|next| next.and_time(NaiveTime::MIN).and_utc())
        .ok_or_else(|| "a day as 2027-03-31, or a moment as 2027-03-31T12:00:00Z".into())
}

/// What a sweep at a moment would delete, as a table for people. Nothing is changed.
///
/// # Errors
/// What the database says.
pub async fn plan(app: &App, at: Option<DateTime<Utc>>) -> anyhow::Result<String> {
    let at = at.unwrap_or_else(|| app.clock.now());
    let going = plan::at(&mut *app.db.get().await?, at).await?;
    let mut text = format!("What a sweep on {} would delete:\n\n", moment(&at));
    let _ = writeln!(text, "{:<24} {:<24} {:>12} {:>12}", "table", "rule", "rows", "on hold");
    for one in going.iter().filter(|one| one.rows > 0) {
        let _ = writeln!(
            text,
            "{:<24} {:<24} {:>12} {:>12}",
            one.due.rows.table,
            one.due.rule.id,
            one.rows - one.held,
            one.held
        );
    }
    let (rows, held) = going.iter().fold((0, 0), |(rows, held), one| (rows + one.rows, held + one.held));
    let _ = writeln!(
        text,
        "\n{} rows would go, {held} stay because of a hold. What rows lead to goes with them. Nothing of it can be brought back.",
        rows - held
    );
    Ok(text)
}

/// Sweeps everything that is due now, with a bar on the terminal, and answers what went.
///
/// # Errors
/// What the database says; what was deleted before stays deleted, and the next run goes on.
pub async fn run(app: &App) -> anyhow::Result<String> {
    let going = plan::at(&mut *app.db.get().await?, app.clock.now()).await?;
    let due: i64 = going.iter().map(|one| one.rows - one.held).sum();
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} rows · {msg}")?;
    let bar = ProgressBar::new(u64::try_from(due).unwrap_or(0)).with_style(style);
    let (mut before, mut last, mut swept) = (0, 0, ("", ""));
    sweep::sweep(app, "ordered", &plan::swept(None), |one, rows| {
        if (one.rule.id, one.rows.table) != swept {
            (before, swept) = (before + last, (one.rule.id, one.rows.table));
        }
        last = rows;
        bar.set_message(one.rows.table);
        bar.set_position(u64::try_from(before + last).unwrap_or(0));
    })
    .await?;
    bar.finish_and_clear();
    let run = plan::runs(&mut *app.db.get().await?, 1).await?;
    let mut text = String::new();
    for (table, rows) in run.iter().flat_map(plan::Run::by_table) {
        let _ = writeln!(text, "{table:<24} {rows:>12}");
    }
    let _ = writeln!(text, "{} rows are gone.", before + last);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::parse_at;

    #[test]
    fn a_day_means_its_end() {
        assert_eq!(parse_at("2027-03-31").unwrap().to_rfc3339(), "2027-04-01T00:00:00+00:00");
        assert_eq!(parse_at("2027-03-31T12:00:00+02:00").unwrap().to_rfc3339(), "2027-03-31T10:00:00+00:00");
        assert!(parse_at("tomorrow").is_err());
    }
}

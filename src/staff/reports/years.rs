//! The year that figures are asked for.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use crate::platform::app::App;
use crate::platform::error::AppError;

/// The first year that there may be figures of.
const FIRST: i32 = 2020;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    year: Option<i32>,
}

impl Asked {
    /// The year that is asked for, this one where none is.
    ///
    /// # Errors
    /// `NotFound` for one that there are no figures of.
    pub fn year(&self, app: &App) -> Result<i32, AppError> {
        let present = app.clock.now().year();
        let year = self.year.unwrap_or(present);
        if (FIRST..=present).contains(&year) { Ok(year) } else { Err(AppError::NotFound) }
    }
}

/// When a year begins and when the next one does.
pub fn bounds(year: i32) -> (DateTime<Utc>, DateTime<Utc>) {
    let begin =
        |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
    (begin(year), begin(year + 1))
}

/// The years before and after, as far as there may be figures of them.
pub fn beside(app: &App, year: i32) -> (Option<i32>, Option<i32>) {
    ((year > FIRST).then_some(year - 1), (year < app.clock.now().year()).then_some(year + 1))
}

/// Days in words, to a tenth.
pub fn days(days: Option<f64>) -> String {
    days.map_or_else(|| "–".into(), |days| format!("{days:.1}"))
}

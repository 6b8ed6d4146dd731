//! A signal over time as a drawing, with the line from which on it counts. The drawing is geometry only; its colours are
//! classes, and the same figures stand in a table.

use chrono::{DateTime, Utc};

use super::evidence::{Series, counts, figure};
use crate::platform::web::pages::moment;

/// Height of the drawing, and the place of one hour and its bar in it.
const HEIGHT: f64 = 100.0;
const PLACE: i64 = 10;
const BAR: i64 = 8;

/// One hour.
#[derive(Clone, Debug)]
pub struct Bar {
    /// When it begins, for programs.
    pub iso: String,
    /// When it begins.
    pub when: String,
    /// How much it was.
    pub value: String,
    /// Whether it counts.
    pub over: bool,
    /// Left edge of the bar.
    pub x: i64,
    /// Top of the bar.
    pub top: i64,
    /// Height of the bar.
    pub height: i64,
}

/// The drawing.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is drawn.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// Hour by hour.
    pub bars: Vec<Bar>,
    /// From how much on it counts, and where that line is.
    pub threshold: Option<(String, i64)>,
    /// Whether it counts only above that, and not at it.
    pub strict: bool,
    /// The highest figure of the drawing.
    pub most: String,
    /// How many hours are over the line.
    pub over: usize,
    /// Width of the drawing.
    pub width: i64,
    /// Width of a bar.
    pub bar: i64,
}

impl Chart {
    /// Draws a signal. The highest figure, or the line where that is higher, is the height of the drawing.
    pub fn draw(series: &Series) -> Self {
        let highest = series.points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let scale = highest.max(series.threshold.unwrap_or(0.0)).max(f64::MIN_POSITIVE);
        let tall = |value: f64| (value.max(0.0) / scale * HEIGHT).round() as i64;
        let counts = |value: f64| counts(value, series.threshold, series.strict);
        let bar = |(index, (at, value)): (i64, &(DateTime<Utc>, f64))| {
            // Anything at all is at least a line.
            let height = tall(*value).max(i64::from(*value > 0.0));
            Bar {
                iso: at.to_rfc3339(),
                when: moment(at),
                value: figure(*value),
                over: counts(*value),
                x: index * PLACE + (PLACE - BAR) / 2,
                top: HEIGHT as i64 - height,
                height,
            }
        };
        Self {
            label: series.label.clone(),
            unit: series.unit.clone(),
            threshold: series.threshold.map(|from| (figure(from), HEIGHT as i64 - tall(from))),
            strict: series.strict,
            most: figure(scale),
            over: series.points.iter().filter(|(_, value)| counts(*value)).count(),
            width: PLACE * i64::try_from(series.points.len()).unwrap_or(0),
            bar: BAR,
            bars: (0..).zip(&series.points).map(bar).collect(),
        }
    }

    /// What is drawn, in words, for whoever does not see it.
    pub fn told(&self) -> String {
        let Self { label, unit, most, over, .. } = self;
        let hours = if *over == 1 { "1 hour".into() } else { format!("{over} hours") };
        let limit = self.threshold.as_ref().map(|(line, _)| match self.strict {
            true => format!(" It counts above {line} {unit}, which was so in {hours}."),
            false => format!(" It counts from {line} {unit} on, which was so in {hours}."),
        });
        let limit = limit.unwrap_or_default();
        format!(
            "{label}, hour by hour, from {} to {}; the drawing ends at {most} {unit}.{limit} The same figures stand in the table below.",
            self.first(),
            self.last()
        )
    }

    /// The first hour.
    pub fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| bar.when.as_str())
    }

    /// The last hour.
    pub fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| bar.when.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(threshold: Option<f64>, values: &[f64]) -> Series {
        let at = |hour: i64| DateTime::from_timestamp(1_795_528_800 + hour * 3600, 0).expect("a moment");
        let points = (0..).zip(values).map(|(hour, value)| (at(hour), *value)).collect();
        Series {
            signal: "x".into(),
            label: "Requests".into(),
            unit: "an hour".into(),
            threshold,
            strict: false,
            points,
        }
    }

    #[test]
    fn the_line_stands_where_it_begins_to_count() {
        let chart = Chart::draw(&series(Some(50.0), &[0.0, 0.1, 50.0, 200.0]));
        let bars: Vec<(i64, i64, bool)> =
            chart.bars.iter().map(|bar| (bar.top, bar.height, bar.over)).collect();
        assert_eq!(bars, [(100, 0, false), (99, 1, false), (75, 25, true), (0, 100, true)]);
        assert_eq!(
            (chart.threshold, chart.most.as_str(), chart.width, chart.over),
            (Some(("50".into(), 75)), "200", 40, 2)
        );
        assert_eq!(Chart::draw(&series(Some(50.0), &[10.0])).threshold, Some(("50".into(), 0)));
        let above = Chart::draw(&Series { strict: true, ..series(Some(50.0), &[50.0, 51.0]) });
        assert_eq!((above.bars[0].over, above.bars[1].over), (false, true), "at the line nothing is over it");
    }

    #[test]
    fn nothing_at_all_is_an_empty_drawing() {
        let chart = Chart::draw(&series(None, &[0.0]));
        assert_eq!((chart.bars[0].height, chart.threshold), (0, None));
        assert_eq!(Chart::draw(&series(None, &[])).width, 0);
    }
}

//! A signal over the hours before a decision, as a drawing with the line that it was compared with. Geometry only; colours
//! are classes, and the same figures stand in a table beside it.

use super::rules::explain::span;
use super::suspensions::{Evidence, Series};

const HEIGHT: f64 = 100.0;
const PLACE: i64 = 10;
const BAR: i64 = 8;

/// An hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// For people, with its zone.
    pub label: String,
    /// For programs.
    pub iso: String,
    /// The figure.
    pub figure: String,
    /// Beyond the line.
    pub over: bool,
    /// Left edge.
    pub x: i64,
    /// Top.
    pub top: i64,
    /// Height.
    pub height: i64,
}

/// A drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Part of ids.
    pub signal: String,
    /// What it is of.
    pub label: String,
    /// In which unit.
    pub unit: String,
    /// Over which time each figure counts.
    pub span: &'static str,
    /// The value that was judged.
    pub value: String,
    /// The line, for people.
    pub threshold: Option<String>,
    /// Where the line is.
    pub line: Option<i64>,
    /// The highest of the drawing.
    pub most: String,
    /// Hours, oldest first.
    pub bars: Vec<Bar>,
    /// Width of the drawing.
    pub width: i64,
    /// Width of a bar.
    pub bar: i64,
}

/// A figure as people read it: with at most two decimals, and thousands apart.
pub fn figure(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: Vec<char> = whole.chars().collect();
    let mut grouped = String::new();
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(*digit);
    }
    if part.is_empty() { grouped } else { format!("{grouped}.{part}") }
}

/// Draws everything that was measured.
pub fn draw(evidence: &Evidence) -> Vec<Drawing> {
    let value = |series: &Series| {
        let measure = evidence.measures.iter().find(|measure| measure.signal == series.signal);
        figure(measure.map_or(0.0, |measure| measure.value))
    };
    evidence.series.iter().map(|series| one(series, value(series))).collect()
}

fn one(series: &Series, value: String) -> Drawing {
    let highest = series.points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let scale = highest.max(series.threshold.unwrap_or(0.0)).max(f64::MIN_POSITIVE);
    #[allow(clippy::cast_possible_truncation, reason = "between zero and the height")]
    let tall = |value: f64| (value / scale * HEIGHT).round() as i64;
    let height = tall(scale);
    let bar = |(index, (hour, value)): (i64, &(chrono::DateTime<chrono::Utc>, f64))| {
        let drawn = tall(*value).max(i64::from(*value > 0.0));
        Bar {
            label: hour.format("%-d %B, %H:00 UTC").to_string(),
            iso: hour.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            figure: figure(*value),
            over: series.threshold.is_some_and(|line| *value > line),
            x: index * PLACE + (PLACE - BAR) / 2,
            top: height - drawn,
            height: drawn,
        }
    };
    Drawing {
        signal: series.signal.clone(),
        label: series.label.clone(),
        unit: series.unit.clone(),
        span: span(&series.signal),
        value,
        threshold: series.threshold.map(figure),
        line: series.threshold.map(|line| height - tall(line)),
        most: figure(scale),
        bars: (0..).zip(&series.points).map(bar).collect(),
        width: PLACE * i64::try_from(series.points.len()).unwrap_or(0),
        bar: BAR,
    }
}

impl Drawing {
    /// The first hour.
    pub fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| bar.label.as_str())
    }

    /// The last hour.
    pub fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| bar.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Duration};

    #[test]
    fn the_line_and_what_is_beyond_it_are_drawn_to_one_scale() {
        let hour = DateTime::UNIX_EPOCH;
        let points =
            vec![(hour, 0.0), (hour + Duration::hours(1), 500.0), (hour + Duration::hours(2), 2000.0)];
        let series = Series {
            signal: "outbound_hour".into(),
            label: "Sent".into(),
            unit: "messages".into(),
            threshold: Some(500.0),
            points,
        };
        let drawing = one(&series, "2,000".into());
        assert_eq!((drawing.line, drawing.most.as_str(), drawing.width), (Some(75), "2,000", 30));
        let drawn: Vec<(bool, i64, i64)> =
            drawing.bars.iter().map(|bar| (bar.over, bar.top, bar.height)).collect();
        assert_eq!(drawn, [(false, 100, 0), (false, 75, 25), (true, 0, 100)]);
        assert_eq!(drawing.last(), "1 January, 02:00 UTC");
    }

    #[test]
    fn figures_are_read_by_people() {
        for (value, text) in
            [(0.0, "0"), (1234567.0, "1,234,567"), (12.5, "12.5"), (0.126, "0.13"), (999.0, "999")]
        {
            assert_eq!(figure(value), text);
        }
    }
}

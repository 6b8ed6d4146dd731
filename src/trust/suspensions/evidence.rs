//! What a suspension is shown by: what was measured, how it went over time, and the events behind it. Kept as JSON beside
//! the statement, until nobody can object any more.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Everything that a statement is shown by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// What was measured at the moment of the decision.
    pub measures: Vec<Measure>,
    /// How it went over time.
    pub series: Vec<Series>,
    /// What happened, the latest last.
    pub events: Vec<EventLine>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Stable name of the signal.
    pub signal: String,
    /// What it is, for people.
    pub label: String,
    /// Its unit, as in `requests an hour` or `%`.
    pub unit: String,
    /// How much it was.
    pub value: f64,
    /// From how much on it counts; nothing where it is told for comparison.
    pub threshold: Option<f64>,
    /// Whether it counts only above that, and not at it.
    #[serde(default)]
    pub strict: bool,
}

/// One signal over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Stable name of the signal.
    pub signal: String,
    /// What it is, for people.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// From how much on it counts.
    pub threshold: Option<f64>,
    /// Whether it counts only above that, and not at it.
    #[serde(default)]
    pub strict: bool,
    /// The beginning of each hour and how much it was, the earliest first.
    pub points: Vec<(DateTime<Utc>, f64)>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// When.
    pub at: DateTime<Utc>,
    /// What, in a sentence.
    pub what: String,
}

/// Whether a value counts.
pub(super) fn counts(value: f64, threshold: Option<f64>, strict: bool) -> bool {
    threshold.is_some_and(|line| if strict { value > line } else { value >= line })
}

impl Evidence {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.measures.is_empty() && self.series.is_empty() && self.events.is_empty()
    }

    /// As it is stored.
    ///
    /// # Panics
    /// Never: figures and texts can be written as JSON.
    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("figures and texts")
    }

    /// Reads it as it is stored; what is not there, is empty.
    pub fn read(json: &serde_json::Value) -> Self {
        serde_json::from_value(json.clone()).unwrap_or_default()
    }
}

/// A figure as people read it: with at most two decimals, and thousands apart.
pub fn figure(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let grouped: Vec<&str> =
        whole.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let part = part.map(|part| format!(".{part}")).unwrap_or_default();
    format!("{sign}{}{part}", grouped.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_reads_back_and_emptied_evidence_is_empty() {
        let evidence = Evidence {
            measures: vec![Measure {
                signal: "bounce_rate".into(),
                label: "Messages that came back".into(),
                unit: "%".into(),
                value: 12.5,
                threshold: Some(5.0),
                strict: false,
            }],
            series: Vec::new(),
            events: vec![EventLine { at: DateTime::UNIX_EPOCH, what: "A complaint".into() }],
        };
        assert_eq!(Evidence::read(&evidence.to_json()), evidence);
        assert!(Evidence::read(&serde_json::json!({})).is_empty());
    }

    #[test]
    fn figures_are_read_without_counting_digits() {
        for (value, text) in [
            (0.0, "0"),
            (12.5, "12.5"),
            (1234.0, "1,234"),
            (1_234_567.891, "1,234,567.89"),
            (-1000.1, "-1,000.1"),
        ] {
            assert_eq!(figure(value), text);
        }
    }
}

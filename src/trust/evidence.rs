//! What a decision about an account was made from: kept with the decision, shown to whoever it is about and to staff.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was measured.
    pub measures: Vec<Measure>,
    /// The same over time.
    pub series: Vec<Series>,
    /// What happened, oldest first.
    pub events: Vec<EventLine>,
}

/// A figure, and the one it was compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Name of the signal.
    pub signal: String,
    /// What it is called.
    pub label: String,
    /// In which unit.
    pub unit: String,
    /// The figure.
    pub value: f64,
    /// What it was compared with, if it was.
    pub threshold: Option<f64>,
}

/// A figure by the hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Name of the signal.
    pub signal: String,
    /// What it is called.
    pub label: String,
    /// In which unit.
    pub unit: String,
    /// Where the line is drawn.
    pub threshold: Option<f64>,
    /// Hours in UTC, oldest first.
    pub points: Vec<(DateTime<Utc>, f64)>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    /// When.
    pub at: DateTime<Utc>,
    /// What, in a sentence.
    pub what: String,
}

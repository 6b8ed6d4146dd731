//! The statement of a suspension, as pages show it: to the owner and the members, and to our staff.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::chart::Chart;
use super::evidence::{Measure, counts, figure};
use super::mail::{decided, until};
use super::queries::{self, Step, Suspension};
use crate::platform::web::pages::{day, moment};

/// A figure that was measured.
pub struct MeasureRow {
    /// What it is.
    pub label: String,
    /// How much it was, with its unit.
    pub value: String,
    /// From how much on it counts, with its unit; empty where it is told for comparison.
    pub threshold: String,
    /// Whether it counted.
    pub over: bool,
}

impl From<&Measure> for MeasureRow {
    fn from(measure: &Measure) -> Self {
        let with_unit = |value: f64| format!("{} {}", figure(value), measure.unit);
        Self {
            label: measure.label.clone(),
            value: with_unit(measure.value),
            threshold: match measure.threshold.map(with_unit) {
                Some(line) if measure.strict => format!("above {line}"),
                Some(line) => format!("from {line} on"),
                None => String::new(),
            },
            over: counts(measure.value, measure.threshold, measure.strict),
        }
    }
}

/// Something that happened.
pub struct Line {
    /// Kind of the timeline entry.
    pub kind: &'static str,
    /// What.
    pub title: String,
    /// When, for programs.
    pub iso: String,
    /// When.
    pub when: String,
    /// More about it.
    pub detail: String,
}

/// A statement.
pub struct Statement {
    /// Kind of its badge, and its level in a word or two.
    pub badge: (&'static str, &'static str),
    /// Kind of a badge, and whether it is in force.
    pub state: (&'static str, &'static str),
    /// What the level means.
    pub about: &'static str,
    /// The reason, by the list.
    pub reason: &'static str,
    /// What the reason stands on.
    pub ground: &'static str,
    /// The facts.
    pub words: Vec<String>,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// What was measured.
    pub measures: Vec<MeasureRow>,
    /// How it went over time.
    pub charts: Vec<Chart>,
    /// The events behind it.
    pub events: Vec<Line>,
    /// When all that was emptied.
    pub emptied: Option<String>,
    /// What works while it is in force.
    pub works: Vec<&'static str>,
    /// What does not.
    pub stopped: Vec<&'static str>,
    /// What became of it.
    pub steps: Vec<Line>,
}

/// Whether it is in force, as a badge.
pub fn state(suspension: &Suspension, now: DateTime<Utc>) -> (&'static str, &'static str) {
    match suspension.ended_how.as_deref() {
        Some("lifted") => ("success", "Lifted"),
        Some(_) => ("", "Expired"),
        None if suspension.is_in_force(now) => (suspension.level().badge(), "In force"),
        None => ("", "Expired"),
    }
}

/// What can be said of it without a word of what was found; `rule` is the name and the version of the one behind it.
pub(super) fn facts(suspension: &Suspension, rule: Option<(String, i32)>) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", suspension.id.to_string()),
        ("Decided by", decided(suspension).to_owned()),
        ("Since", moment(&suspension.began_at)),
        ("Until", until(suspension)),
    ];
    if let Some((name, number)) = rule {
        facts.insert(2, ("By the rule", format!("{name}, version {number}")));
    }
    facts.extend(suspension.ended_at.as_ref().map(|at| ("Ended", moment(at))));
    facts.push(("Can be appealed until", moment(&suspension.appeal_until)));
    facts
}

fn line(step: &Step, suspension: &Suspension) -> Line {
    let words = step.words.clone().unwrap_or_default();
    let after = if step.appeal_id.is_some() { " after an appeal" } else { "" };
    let (kind, title, detail) = match step.step.as_str() {
        "began" => ("danger", "It began".to_owned(), decided(suspension).to_owned()),
        "upheld" => ("warning", format!("It was upheld{after}"), words),
        "shortened" => {
            let end = step.until.as_ref().map(moment).unwrap_or_default();
            ("info", format!("It was shortened{after}: it ends on {end}"), words)
        }
        "lifted" => ("success", format!("It was lifted{after}"), words),
        _ => ("success", "It expired".to_owned(), "By the passing of time".to_owned()),
    };
    Line { kind, title, iso: step.at.to_rfc3339(), when: moment(&step.at), detail }
}

impl Statement {
    /// The statement of a suspension with what became of it, the latest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(
        conn: &mut AsyncPgConnection,
        suspension: &Suspension,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let steps = queries::steps(conn, suspension.id).await?;
        let rule = queries::rule_of(conn, suspension).await?;
        let (level, reason, evidence) = (suspension.level(), suspension.reason(), suspension.evidence());
        let event = |event: &super::EventLine| Line {
            kind: "",
            title: event.what.clone(),
            iso: event.at.to_rfc3339(),
            when: moment(&event.at),
            detail: String::new(),
        };
        Ok(Self {
            badge: (level.badge(), level.label()),
            state: state(suspension, now),
            about: level.about(),
            reason: reason.label(),
            ground: reason.ground(),
            words: suspension.words.lines().map(str::to_owned).collect(),
            facts: facts(suspension, rule),
            measures: evidence.measures.iter().map(MeasureRow::from).collect(),
            charts: evidence
                .series
                .iter()
                .filter(|series| !series.points.is_empty())
                .map(Chart::draw)
                .collect(),
            events: evidence.events.iter().rev().map(event).collect(),
            emptied: suspension.evidence_emptied_at.as_ref().map(day),
            works: level.works(),
            stopped: level.stopped(),
            steps: steps.iter().rev().map(|step| line(step, suspension)).collect(),
        })
    }

    /// Whether there is anything to show it by.
    pub fn is_shown(&self) -> bool {
        !(self.measures.is_empty() && self.charts.is_empty() && self.events.is_empty())
    }
}

//! Why: what an evaluation was made from, as people see it, and the same computed once more.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use super::judging::{self, Live};
use super::{SCORE, queries};
use crate::platform::db::schema::rule_evaluations;
use crate::platform::ids::{AccountId, EvaluationId, RuleId, RuleVersionId};
use crate::trust::signals::inputs::{Hour, Inputs, compute, day_start};
use crate::trust::signals::{Span, Values, signal};
use crate::trust::suspensions::{EventLine, Evidence, Measure, Series};

/// A version that counted, with its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Which.
    pub version: RuleVersionId,
    /// How much.
    pub weight: i32,
}

/// What was read of an account, and what is shown of it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// All the signals were computed from.
    pub inputs: Inputs,
    /// The signals.
    pub values: Values,
    hours: Vec<Hour>,
    since: Option<DateTime<Utc>>,
}

impl Reading {
    /// Reads the hours that are known of an account, oldest first. Nothing before `since` counts.
    pub fn of(hours: Vec<Hour>, at: DateTime<Utc>, since: Option<DateTime<Utc>>) -> Self {
        let inputs = Inputs::at(&hours, at, since);
        Self { values: compute(&inputs), inputs, hours, since }
    }

    /// What these versions saw: each signal in them, what it was compared with, how it went, and what happened.
    pub fn evidence(&self, versions: &[&Live]) -> Evidence {
        let mut evidence = Evidence::default();
        for version in versions {
            for name in version.expression.signals() {
                if evidence.measures.iter().any(|measure| measure.signal == *name) {
                    continue;
                }
                let Some(known) = signal(name) else { continue };
                let line = version.expression.threshold(name);
                let (threshold, strict) =
                    (line.map(|(line, _)| line), line.is_some_and(|(_, strict)| strict));
                let (label, unit) = (known.label.to_owned(), known.unit.to_owned());
                evidence.series.push(Series {
                    signal: (*name).to_owned(),
                    label: label.clone(),
                    unit: unit.clone(),
                    threshold,
                    strict,
                    points: self.points(name),
                });
                let value = self.values.get(name);
                let signal = (*name).to_owned();
                evidence.measures.push(Measure { signal, label, unit, value, threshold, strict });
            }
        }
        evidence.events = self.inputs.hours.iter().filter_map(event).collect();
        evidence
    }

    /// A signal as it stood at each hour of the day.
    fn points(&self, name: &str) -> Vec<(DateTime<Utc>, f64)> {
        let first = day_start(self.inputs.at);
        let hours = (0..24).map(|hour| first + Duration::hours(hour));
        hours.map(|hour| (hour, compute(&Inputs::at(&self.hours, hour, self.since)).get(name))).collect()
    }
}

/// What happened in an hour, if anything did.
fn event(hour: &Hour) -> Option<EventLine> {
    let networks = hour.key_networks.len();
    let parts = [
        (i64::from(hour.outbound), "messages sent"),
        (i64::from(hour.recipients), "recipients"),
        (i64::from(hour.new_recipients), "of them new"),
        (i64::from(hour.same_body), "messages with the same words"),
        (i64::from(hour.bounced), "messages came back"),
        (i64::from(hour.complained), "complaints"),
        (i64::from(hour.requests), "API requests"),
        (i64::from(hour.errors), "of them refused or failed"),
        (i64::try_from(networks).unwrap_or(0), "uses of a credential from a network"),
        (i64::from(hour.sign_in_failures), "failed sign-ins"),
        (i64::from(hour.leaks), "secrets found in the open"),
        (i64::from(hour.mail_reports), "mails of ours came back"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{what}: {count}"))
        .collect();
    (!words.is_empty())
        .then(|| EventLine { at: hour.hour, what: format!("In this hour: {}.", words.join(", ")) })
}

/// Over which time a signal counts, for people.
pub fn span(name: &str) -> &'static str {
    signal(name).map_or("", |signal| Span::words(signal.span))
}

/// An evaluation as it is kept.
#[derive(Clone, Debug, Queryable)]
pub struct Evaluation {
    /// Names it.
    pub id: EvaluationId,
    /// Which rule acted.
    pub rule: RuleId,
    /// As it stood.
    pub version: RuleVersionId,
    /// Which account.
    pub account: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// What the version might do.
    pub mode: String,
    /// `noted`, `alert` or `restriction`.
    pub led_to: String,
    /// What the versions that matched weighed together.
    pub score: i32,
    combined: serde_json::Value,
    inputs: serde_json::Value,
    vals: serde_json::Value,
    evidence: serde_json::Value,
}

impl Evaluation {
    /// The versions that counted.
    pub fn combined(&self) -> Vec<Counted> {
        serde_json::from_value(self.combined.clone()).unwrap_or_default()
    }

    /// The signals.
    pub fn values(&self) -> Values {
        serde_json::from_value(self.vals.clone()).unwrap_or_default()
    }

    /// What is shown of it.
    pub fn evidence(&self) -> Evidence {
        serde_json::from_value(self.evidence.clone()).unwrap_or_default()
    }
}

/// An evaluation.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn find(conn: &mut AsyncPgConnection, id: EvaluationId) -> QueryResult<Evaluation> {
    rule_evaluations::table
        .find(id)
        .select((
            rule_evaluations::id,
            rule_evaluations::rule_id,
            rule_evaluations::version_id,
            rule_evaluations::account_id,
            rule_evaluations::at,
            rule_evaluations::mode,
            rule_evaluations::led_to,
            rule_evaluations::score,
            rule_evaluations::combined,
            rule_evaluations::inputs,
            rule_evaluations::vals,
            rule_evaluations::evidence,
        ))
        .first(conn)
        .await
}

/// An evaluation to be kept.
pub(super) struct New<'a> {
    pub id: EvaluationId,
    pub account: AccountId,
    pub led_to: &'static str,
    pub score: i32,
    pub acting: &'a Live,
    pub combined: &'a [&'a Live],
    pub reading: &'a Reading,
    pub evidence: &'a Evidence,
    pub now: DateTime<Utc>,
}

impl New<'_> {
    /// Keeps it, inside the caller's transaction. Answers whether it is there by this: an account is noted once a day.
    pub async fn keep(&self, conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        let version = &self.acting.version;
        let combined: Vec<Counted> = self
            .combined
            .iter()
            .map(|one| Counted { version: one.version.id, weight: one.version.weight })
            .collect();
        let rows = diesel::insert_into(rule_evaluations::table)
            .values((
                rule_evaluations::id.eq(self.id),
                rule_evaluations::rule_id.eq(version.rule),
                rule_evaluations::version_id.eq(version.id),
                rule_evaluations::account_id.eq(self.account),
                rule_evaluations::at.eq(self.now),
                rule_evaluations::day.eq(self.now.date_naive()),
                rule_evaluations::mode.eq(version.mode().as_str()),
                rule_evaluations::led_to.eq(self.led_to),
                rule_evaluations::score.eq(self.score),
                rule_evaluations::combined.eq(json(&combined)?),
                rule_evaluations::inputs.eq(json(&self.reading.inputs)?),
                rule_evaluations::vals.eq(json(&self.reading.values)?),
                rule_evaluations::evidence.eq(json(self.evidence)?),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        Ok(rows > 0)
    }
}

fn json(value: &impl Serialize) -> QueryResult<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

/// What comes of an evaluation when it is computed once more from what was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// The signals.
    pub values: Values,
    /// What the versions that counted weigh, of those that match.
    pub score: i32,
    /// Whether signals and score are the same, and enough.
    pub same: bool,
}

/// Computes an evaluation again: the signals from the hours that were kept, and each version that counted as it was
/// written, which never changes.
///
/// # Errors
/// What the database says.
pub async fn recompute(conn: &mut AsyncPgConnection, evaluation: &Evaluation) -> QueryResult<Again> {
    let inputs: Inputs = serde_json::from_value(evaluation.inputs.clone()).unwrap_or_default();
    let values = compute(&inputs);
    let mut score = 0;
    for counted in evaluation.combined() {
        let version = queries::find(conn, counted.version).await?;
        let matches = judging::ready(version).is_some_and(|live| live.expression.matches(&values));
        score += if matches { counted.weight } else { 0 };
    }
    let same = values == evaluation.values() && score == evaluation.score && score >= SCORE;
    Ok(Again { values, score, same })
}

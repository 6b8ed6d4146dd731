//! The signals of one account from its hours: for replays, for explaining, and for computing a decision again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Timestamptz};
use serde::{Deserialize, Serialize};

use super::{LEAST_USUAL, SIGNALS, USUAL, Values};

/// What was counted of an account in a full hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, QueryableByName, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the migration says what each column is")]
pub struct Hour {
    #[diesel(sql_type = Timestamptz)]
    pub hour: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    pub requests: i32,
    #[diesel(sql_type = Integer)]
    pub errors: i32,
    #[diesel(sql_type = Array<BigInt>)]
    pub key_networks: Vec<i64>,
    #[diesel(sql_type = Integer)]
    pub outbound: i32,
    #[diesel(sql_type = Integer)]
    pub recipients: i32,
    #[diesel(sql_type = Integer)]
    pub new_recipients: i32,
    #[diesel(sql_type = Integer)]
    pub bounced: i32,
    #[diesel(sql_type = Integer)]
    pub complained: i32,
    #[diesel(sql_type = Integer)]
    pub bodies: i32,
    #[diesel(sql_type = Integer)]
    pub same_body: i32,
    #[diesel(sql_type = Integer)]
    pub sign_in_failures: i32,
    #[diesel(sql_type = Array<BigInt>)]
    pub countries: Vec<i64>,
    #[diesel(sql_type = Integer)]
    pub leaks: i32,
    #[diesel(sql_type = Integer)]
    pub mail_reports: i32,
}

/// All that the signals of an account at a moment are computed from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The full hour of the moment.
    pub at: DateTime<Utc>,
    /// Hours of the day that had anything, oldest first.
    pub hours: Vec<Hour>,
    /// Messages sent in the 28 days before the day.
    pub past_outbound: i64,
    /// Days of those 28 since the first of which something is known; at least one.
    pub past_days: i64,
}

/// The first hour of the day that ends with this one.
pub fn day_start(at: DateTime<Utc>) -> DateTime<Utc> {
    at - Duration::hours(23)
}

/// Days from the first hour that is known to the begin of the day, begun ones whole.
fn days_since(first: Option<DateTime<Utc>>, day: DateTime<Utc>) -> i64 {
    first.map_or(1, |first| ((day - first).num_hours() + 23) / 24).clamp(1, USUAL.num_days())
}

impl Inputs {
    /// What is read at an hour, of the hours that are known, oldest first. Of the day, nothing before `since` counts.
    pub fn at(hours: &[Hour], at: DateTime<Utc>, since: Option<DateTime<Utc>>) -> Self {
        let day = day_start(at);
        let from = since.map_or(day, |since| day.max(since));
        let until = |moment: DateTime<Utc>| hours.partition_point(|hour| hour.hour < moment);
        let past = &hours[until(day - USUAL)..until(day)];
        let present = until(at + Duration::hours(1));
        Self {
            at,
            hours: hours[until(from).min(present)..present].to_vec(),
            past_outbound: past.iter().map(|hour| i64::from(hour.outbound)).sum(),
            past_days: days_since(past.first().map(|hour| hour.hour), day),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(count: i64) -> f64 {
    count as f64
}

/// So many of a hundred, at most a hundred.
pub(super) fn percent(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { (float(part) * 100.0 / float(whole)).min(100.0) }
}

/// Networks over all credentials, and of the one with the most.
fn networks<'a>(hours: impl Iterator<Item = &'a Hour>) -> (usize, usize) {
    let pairs: BTreeSet<i64> = hours.flat_map(|hour| hour.key_networks.iter().copied()).collect();
    let mut each: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in &pairs {
        *each.entry(pair >> 32).or_default() += 1;
    }
    let all: BTreeSet<i64> = pairs.iter().map(|pair| pair & 0xffff_ffff).collect();
    (all.len(), each.values().copied().max().unwrap_or(0))
}

/// The signals of these inputs.
pub fn compute(inputs: &Inputs) -> Values {
    let sum = |part: fn(&Hour) -> i32| inputs.hours.iter().map(|hour| i64::from(part(hour))).sum::<i64>();
    let last = inputs.at - Duration::hours(1);
    let busier = |part: fn(&Hour) -> i32| {
        let recent = inputs.hours.iter().filter(|hour| hour.hour >= last);
        float(i64::from(recent.map(part).max().unwrap_or(0)))
    };
    let count = |number: usize| float(i64::try_from(number).unwrap_or(i64::MAX));
    let (networks, most) = networks(inputs.hours.iter());
    let countries: BTreeSet<i64> =
        inputs.hours.iter().flat_map(|hour| hour.countries.iter().copied()).collect();
    let outbound = sum(|hour| hour.outbound);
    let usual = float(inputs.past_outbound) / float(inputs.past_days.max(1));
    let value = |name: &str| match name {
        "requests_hour" => busier(|hour| hour.requests),
        "requests_day" => float(sum(|hour| hour.requests)),
        "errors_percent" => percent(sum(|hour| hour.errors), sum(|hour| hour.requests)),
        "networks" => count(networks),
        "networks_per_credential" => count(most),
        "outbound_hour" => busier(|hour| hour.outbound),
        "outbound_day" => float(outbound),
        "outbound_times_usual" => float(outbound) / usual.max(LEAST_USUAL),
        "bounced_day" => float(sum(|hour| hour.bounced)),
        "bounced_percent" => percent(sum(|hour| hour.bounced), outbound),
        "complained_day" => float(sum(|hour| hour.complained)),
        "complained_percent" => percent(sum(|hour| hour.complained), outbound),
        "recipients_hour" => busier(|hour| hour.recipients),
        "new_recipients_day" => float(sum(|hour| hour.new_recipients)),
        "same_words_percent" => percent(sum(|hour| hour.same_body), sum(|hour| hour.bodies)),
        "sign_in_failures" => float(sum(|hour| hour.sign_in_failures)),
        "sign_in_countries" => count(countries.len()),
        "leaked_secrets" => float(sum(|hour| hour.leaks)),
        "mail_reports" => float(sum(|hour| hour.mail_reports)),
        _ => unreachable!("a test computes every signal of the register"),
    };
    Values(SIGNALS.iter().map(|signal| value(signal.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    fn sent(hour: &str, outbound: i32) -> Hour {
        Hour { hour: at(hour), outbound, ..Hour::default() }
    }

    #[test]
    fn a_day_is_24_hours_and_an_hour_the_busier_of_two() {
        let hours = [
            sent("2026-11-28T12:00:00Z", 1000),
            sent("2026-11-28T13:00:00Z", 100),
            sent("2026-11-29T10:00:00Z", 70),
            sent("2026-11-29T11:00:00Z", 20),
            sent("2026-11-29T12:00:00Z", 3),
        ];
        let values = compute(&Inputs::at(&hours, at("2026-11-29T12:00:00Z"), None));
        assert_eq!((values.get("outbound_day"), values.get("outbound_hour")), (193.0, 20.0));
        let later = compute(&Inputs::at(&hours, at("2026-11-29T13:00:00Z"), None));
        assert_eq!((later.get("outbound_day"), later.get("outbound_hour")), (93.0, 3.0));
    }

    #[test]
    fn the_usual_is_the_mean_of_the_days_that_are_known() {
        let hours = [sent("2026-11-26T12:00:00Z", 300), sent("2026-11-29T12:00:00Z", 500)];
        let values = compute(&Inputs::at(&hours, at("2026-11-29T12:00:00Z"), None));
        assert_eq!(values.get("outbound_times_usual"), 5.0, "300 in three days are 100 a day");
        let quiet = compute(&Inputs::at(&hours[1..], at("2026-11-29T12:00:00Z"), None));
        assert_eq!(quiet.get("outbound_times_usual"), 50.0, "without a past, a usual day counts as ten");
    }

    #[test]
    fn what_was_before_a_lift_does_not_count_but_the_usual_stays() {
        let hours = [
            sent("2026-11-20T12:00:00Z", 900),
            sent("2026-11-29T09:00:00Z", 800),
            sent("2026-11-29T12:00:00Z", 5),
        ];
        let since = Some(at("2026-11-29T10:00:00Z"));
        let inputs = Inputs::at(&hours, at("2026-11-29T12:00:00Z"), since);
        assert_eq!(compute(&inputs).get("outbound_day"), 5.0);
        assert_eq!((inputs.past_outbound, inputs.past_days), (900, 9));
    }

    #[test]
    fn networks_are_counted_once_each_and_by_credential() {
        let pair = |key: i64, network: i64| key << 32 | network;
        let hour = |hour, key_networks| Hour { hour: at(hour), key_networks, ..Hour::default() };
        let hours = [
            hour("2026-11-29T11:00:00Z", vec![pair(1, 5), pair(1, 6), pair(2, 5)]),
            hour("2026-11-29T12:00:00Z", vec![pair(1, 5), pair(1, 7)]),
        ];
        let values = compute(&Inputs::at(&hours, at("2026-11-29T12:00:00Z"), None));
        assert_eq!((values.get("networks"), values.get("networks_per_credential")), (3.0, 3.0));
    }

    #[test]
    fn a_share_of_nothing_is_nothing_and_none_is_above_a_hundred() {
        assert_eq!((percent(3, 0), percent(1, 4), percent(9, 4)), (0.0, 25.0, 100.0));
        let nothing = compute(&Inputs { past_days: 1, ..Inputs::default() });
        assert!(nothing.0.iter().all(|value| *value == 0.0));
    }
}

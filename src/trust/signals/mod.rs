//! Signals (S66, S127): what is counted about an account, from what the portal has anyway, so that spam and abuse are
//! found. Counts are by account and full hour; whom and from where stand in them as keyed digests alone, bounded in
//! number.
//!
//! Nothing of this is done while a request is answered. Once a minute [`collect`] counts again the hours that have
//! something new in them, for the accounts that have. A count is set and never added to, so counting twice, or on two
//! servers, changes nothing; and it is never lowered, so what is deleted after it was sent still counts.
//!
//! [`SIGNALS`] is the register: every signal with its unit, its window, where it comes from and what it means. Rules know
//! no other names, and pages are made from it. A signal is computed in two ways: for all accounts by one statement
//! ([`queries::at`]), and for one account from its hours ([`inputs::compute`]), which replays and explains. A test holds
//! the two against each other.
//!
//! - A *day* is the present hour and the 23 before it.
//! - An *hour* is the busier of the present full hour and the last, so that a full hour that has just begun hides nothing.
//! - *Usual* is the mean day of the 28 days before that day, or of as many as there are.

pub mod collect;
pub mod inputs;
pub mod queries;

use chrono::{DateTime, Duration, DurationRound as _, Utc};
use serde::{Deserialize, Serialize};

/// How far back the usual is taken from, before the day.
pub const USUAL: Duration = Duration::days(28);
/// Usual days below this many messages count as this many, so that a first message is no explosion.
pub const LEAST_USUAL: f64 = 10.0;

/// Over which time a signal is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The busier of the present full hour and the last.
    Hour,
    /// The present hour and the 23 before it.
    Day,
    /// The day, against the 28 days before it.
    Month,
}

impl Span {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "the busier of the present and the last full hour",
            Self::Day => "the present hour and the 23 before it",
            Self::Month => "the last 24 hours against the 28 days before them",
        }
    }
}

/// A signal.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    /// Its name in expressions.
    pub name: &'static str,
    /// What it is called on pages.
    pub label: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// Over which time.
    pub span: Span,
    /// What it is counted from.
    pub from: &'static str,
    /// What it means, in plain words.
    pub about: &'static str,
    /// The largest value that it can have, for showing that an expression has a value whatever is counted.
    pub most: f64,
    /// How it is computed in the statement over all accounts, from the rows `d` (day), `p` (past) and `n` (networks).
    pub(crate) sql: &'static str,
}

macro_rules! register {
    ($($name:ident $label:literal $unit:literal $span:ident $from:literal $about:literal $most:literal $sql:literal;)*) => {
        /// Every signal there is.
        pub const SIGNALS: &[Signal] = &[$(Signal {
            name: stringify!($name),
            label: $label,
            unit: $unit,
            span: Span::$span,
            from: $from,
            about: $about,
            most: $most,
            sql: $sql,
        }),*];
    };
}

register! {
    requests_hour "API requests in an hour" "requests" Hour "the request log"
        "How many requests were made with a valid credential of the account." 1e9 "d.requests_hour";
    requests_day "API requests in a day" "requests" Day "the request log"
        "How many requests were made with a valid credential of the account." 1e9 "d.requests";
    errors_percent "API requests that were wrong" "%" Day "the request log"
        "How many of a hundred requests were wrong in themselves (status 4xx). What failed on our side, or was refused by a limit or by a restriction, is not counted." 100.0 "percent(d.errors, d.requests)";
    networks "Networks that programs called from" "networks" Day "the request log"
        "From how many different networks (/24 or /48) credentials of the account were used." 1e9 "coalesce(n.networks, 0)";
    networks_per_credential "Networks of one credential" "networks" Day "the request log"
        "From how many different networks one and the same key or token was used, for the one with the most. A key that was stolen and passed on shows here." 1e9 "coalesce(n.most, 0)";
    outbound_hour "Messages sent in an hour" "messages" Hour "communications"
        "How many outbound communications the account stored." 1e9 "d.outbound_hour";
    outbound_day "Messages sent in a day" "messages" Day "communications"
        "How many outbound communications the account stored." 1e9 "d.outbound";
    outbound_times_usual "Messages sent, against the account's usual day" "times" Month "communications"
        "How many times its own usual day the account sent. A usual day below 10 messages counts as 10." 1e9 "d.outbound / greatest(coalesce(p.outbound / p.days, 0), 10)";
    bounced_day "Messages that came back in a day" "messages" Day "statuses of communications"
        "How many messages were reported as bounced." 1e9 "d.bounced";
    bounced_percent "Share of messages that came back" "%" Day "statuses of communications"
        "How many bounces were reported for each hundred messages sent in the same time; at most 100." 100.0 "percent(d.bounced, d.outbound)";
    complained_day "Complaints of recipients in a day" "complaints" Day "statuses of communications"
        "About how many messages recipients complained." 1e9 "d.complained";
    complained_percent "Share of messages that recipients complained about" "%" Day "statuses of communications"
        "How many complaints were reported for each hundred messages sent in the same time; at most 100." 100.0 "percent(d.complained, d.outbound)";
    recipients_hour "Recipients in an hour" "recipients" Hour "communications"
        "To how many different recipients the account sent." 1e9 "d.recipients_hour";
    new_recipients_day "New recipients in a day" "recipients" Day "communications"
        "To how many recipients the account sent for the first time in four weeks." 1e9 "d.new_recipients";
    same_words_percent "Messages with the same words" "%" Day "keyed digests of bodies"
        "Of a hundred messages that came with a body, how many said exactly what most messages of their hour said. The words themselves are not looked at." 100.0 "percent(d.same_body, d.bodies)";
    sign_in_failures "Failed sign-ins of members" "tries" Day "sign-ins"
        "How often somebody failed to sign in as a member of the account. Whoever knows an address can cause it, so no rule holds by this alone." 1e9 "d.sign_in_failures";
    sign_in_countries "Countries that members signed in from" "countries" Day "sign-ins"
        "From how many countries members of the account signed in." 300.0 "coalesce(n.countries, 0)";
    leaked_secrets "Secrets found in the open" "secrets" Day "the leak desk"
        "How many live secrets of the account were handed in." 1e9 "d.leaks";
    mail_reports "Our own mail that came back" "reports" Day "reports of mail servers"
        "How often mail of ours to members of the account bounced or was complained about." 1e9 "d.mail_reports";
}

/// Finds a signal by its name.
pub fn signal(name: &str) -> Option<&'static Signal> {
    SIGNALS.iter().find(|signal| signal.name == name)
}

/// Where a signal stands in [`Values`].
pub fn index(name: &str) -> Option<usize> {
    SIGNALS.iter().position(|signal| signal.name == name)
}

/// The value of every signal, in the order of the register. What is not there is zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(pub Vec<f64>);

impl Values {
    /// Of a signal.
    pub fn get(&self, name: &str) -> f64 {
        index(name).and_then(|index| self.0.get(index)).copied().unwrap_or(0.0)
    }
}

impl Serialize for Values {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(SIGNALS.iter().map(|signal| (signal.name, self.get(signal.name))))
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = std::collections::BTreeMap::<String, f64>::deserialize(deserializer)?;
        Ok(Self(SIGNALS.iter().map(|signal| named.get(signal.name).copied().unwrap_or(0.0)).collect()))
    }
}

/// The full hour that a moment lies in.
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(Duration::hours(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_a_name_of_its_own_and_says_what_it_means() {
        let mut names: Vec<&str> = SIGNALS.iter().map(|signal| signal.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SIGNALS.len());
        assert!(SIGNALS.iter().all(|signal| signal.about.ends_with('.') && !signal.label.is_empty()));
    }

    #[test]
    fn values_are_kept_by_name_and_what_is_missing_is_zero() {
        let values: Values = serde_json::from_str(r#"{"requests_day": 7.0, "of_old": 1.0}"#).expect("a map");
        assert_eq!(
            (values.get("requests_day"), values.get("outbound_day"), values.get("nothing")),
            (7.0, 0.0, 0.0)
        );
        let again: Values =
            serde_json::from_value(serde_json::to_value(&values).expect("plain")).expect("a map");
        assert_eq!(again, values);
    }

    #[test]
    fn a_value_is_read_as_it_was_written_to_the_last_bit() {
        for (part, whole) in (2..60).flat_map(|whole| (1..whole).map(move |part| (part, whole))) {
            let value = inputs::percent(part, whole);
            let values = Values(SIGNALS.iter().map(|_| value).collect());
            let text = serde_json::to_string(&values).expect("plain");
            let again: Values = serde_json::from_str(&text).expect("a map");
            assert_eq!(again, values, "{part} of {whole}: {value}");
        }
    }
}

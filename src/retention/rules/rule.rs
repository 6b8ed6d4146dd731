//! What a rule says: of which rows, for how long, counted from when, and who carries it out.

use chrono::{DateTime, Utc};

use super::Period;

/// How often due rows are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Every ten minutes: what somebody expects to be gone soon.
    Soon,
    /// Every night.
    Nightly,
}

/// The rows of a table that a rule is for: what the sweep deletes by, and what pages name dates by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: &'static str,
    /// The moment that a row's time is counted from, as SQL over its columns; NULL while that has not begun.
    pub start: &'static str,
    /// Another such moment, which counts if it is later; empty for none. It may ask other tables, and is looked at only where
    /// the time from the first is over.
    pub later: &'static str,
    /// What must hold besides, as SQL; empty for nothing.
    pub only: &'static str,
}

impl Rows {
    /// All rows of this table, counted from this moment of theirs.
    pub(super) const fn of(table: &'static str, start: &'static str) -> Self {
        Self { table, start, later: "", only: "" }
    }

    /// Counted from this moment where it is later.
    pub(super) const fn or_later(self, later: &'static str) -> Self {
        Self { later, ..self }
    }

    /// Of these only those for which this holds.
    pub(super) const fn only(self, only: &'static str) -> Self {
        Self { only, ..self }
    }

    /// The moment that a row's time is counted from, as SQL.
    pub fn moment(&self) -> String {
        let Self { start, later, .. } = self;
        if later.is_empty() { (*start).to_owned() } else { format!("greatest({start}, {later})") }
    }

    /// The condition that due rows fulfil, on `$1`, the cutoff.
    pub fn due(&self) -> String {
        let Self { start, later, only, .. } = self;
        let mut due = format!("{start} <= $1");
        if !later.is_empty() {
            due.push_str(&format!(" AND coalesce({later} <= $1, true)"));
        }
        if !only.is_empty() {
            due.push_str(&format!(" AND {only}"));
        }
        due
    }

    /// Whether what is due depends on other rows too: those may change while a row of this table stays as it is.
    pub fn asks_elsewhere(&self) -> bool {
        self.due().contains("SELECT")
    }
}

/// Who carries a rule out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The sweep deletes the rows of these tables whose time is over.
    Sweep(Often, &'static [Rows]),
    /// An entry of the timetable that belongs to the feature, for the rows of these tables: each names the moment of its
    /// end itself, so that nothing is added to it.
    Ends(&'static str, &'static [Rows]),
    /// An entry of the timetable that belongs to the feature, and goes by more than one moment.
    Entry(&'static str),
    /// The rows go when the row they belong to goes.
    WithOwner,
    /// Nobody: it is kept.
    Nobody,
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// What it is for, for people.
    pub about: &'static str,
    /// How long.
    pub period: Period,
    /// From when it counts.
    pub from: &'static str,
    /// Who carries it out.
    pub carried: Carried,
}

impl Rule {
    /// The rows that it is for, where it counts from a moment of theirs.
    pub fn rows(&self) -> &'static [Rows] {
        match self.carried {
            Carried::Sweep(_, rows) | Carried::Ends(_, rows) => rows,
            Carried::Entry(_) | Carried::WithOwner | Carried::Nobody => &[],
        }
    }

    /// When a row goes whose time counts from this moment; nothing without a fixed length.
    pub fn goes_at(&self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.carried {
            Carried::Ends(..) => Some(start),
            _ => self.period.end(start),
        }
    }

    /// What happens at the end, for people.
    pub fn then(&self) -> &'static str {
        match (self.carried, self.period) {
            (Carried::Sweep(Often::Soon, _), _) => "Deleted within ten minutes",
            (Carried::Sweep(Often::Nightly, _), _) => "Deleted the night after",
            (Carried::Ends(..) | Carried::Entry(_), _) => "Deleted by itself",
            (Carried::WithOwner, _) => "Deleted with what it belongs to",
            (Carried::Nobody, _) => "Stays",
        }
    }
}

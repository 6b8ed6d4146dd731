//! What `components/queue.html` draws: the filters, the saved views, and a line for each item.

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::filters::Asked;
use super::views::{self, Saved};
use super::{Queue, register};
use crate::platform::ids::PersonId;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::moment;
use crate::platform::web::pagination::Pager;

/// An item of a queue, as its line shows it. Nothing in it is about a person unless it is masked.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its page; empty where it has none.
    pub path: String,
    /// What it is.
    pub title: String,
    /// Kind and words of each badge.
    pub badges: Vec<(&'static str, String)>,
    /// Before the moment, as in 'Ada L. · received'.
    pub before: String,
    /// The moment, for programs.
    pub iso: String,
    /// The moment.
    pub when: String,
    /// After the moment.
    pub after: String,
    /// Who works on it; empty for nobody.
    pub holder: String,
    /// Where claiming it is sent to; empty where it cannot be claimed.
    pub claim: String,
    /// Its number, which tells its buttons apart for those who hear them.
    pub number: String,
    /// What is sent when it is ticked; empty where it has no box.
    pub tick: String,
    /// A further button: where it is sent to and what it says.
    pub act: Option<(String, &'static str)>,
}

impl Line {
    /// With the moment that its age is counted from.
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.iso = at.to_rfc3339();
        self.when = moment(&at);
        self
    }

    /// With a badge, unless it says nothing.
    pub fn badge(mut self, kind: &'static str, words: impl Into<String>) -> Self {
        let words = words.into();
        if !words.is_empty() {
            self.badges.push((kind, words));
        }
        self
    }

    /// With who works on it; else with where it is claimed.
    pub fn held(mut self, holder: Option<String>, claim: String) -> Self {
        match holder {
            Some(holder) => self.holder = holder,
            None => self.claim = claim,
        }
        self
    }
}

/// What can be done with several at once.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// Where it is sent to.
    pub action: &'static str,
    /// What the button says.
    pub label: &'static str,
    /// The name that each box is sent under.
    pub name: &'static str,
    /// What stands beside a box.
    pub tick: &'static str,
}

/// A page of a queue.
#[derive(Clone, Debug)]
pub struct List {
    /// Where the queue is.
    pub path: &'static str,
    /// The queue, as it is stored.
    pub queue: &'static str,
    /// Its filters.
    pub form: Form,
    /// Where the filters that hold are saved as a view.
    pub save: String,
    /// Views that whoever looks has saved.
    pub saved: Vec<Saved>,
    /// The file of what is shown.
    pub csv: String,
    /// What is shown.
    pub lines: Vec<Line>,
    /// The pages beside this one.
    pub pager: Pager,
    /// What the way to the page before and the one after is called.
    pub ways: (&'static str, &'static str),
    /// What can be done with several at once; drawn where a line has a box.
    pub bulk: Option<Bulk>,
    /// What is said where nothing is shown.
    pub empty: (&'static str, &'static str),
    /// What waits and what is overdue, counted up to [`register::COUNTED`].
    pub counts: register::Counts,
}

impl List {
    /// A page of a queue, with the views that this member of staff has saved and what waits there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(
        conn: &mut AsyncPgConnection,
        queue: Queue,
        staff: PersonId,
        asked: &Asked,
        (lines, pager): (Vec<Line>, Pager),
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let (path, query) = (queue.path(), asked.query());
        let save = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("queue", queue.as_str()), ("query", &query)])
            .finish();
        Ok(Self {
            path,
            queue: queue.as_str(),
            form: asked.form(),
            save: format!("/staff/views/new?{save}"),
            saved: views::of(conn, staff, queue, &query).await?,
            csv: asked.on(&format!("{path}.csv")),
            lines,
            pager,
            ways: ("Due earlier", "Due later"),
            bulk: None,
            empty: ("Nothing here", "Nothing fits what you asked for."),
            counts: register::counts(conn, queue, now).await?,
        })
    }

    /// What can be done with those that are ticked, if any has a box.
    pub fn ticked(&self) -> Option<Bulk> {
        self.bulk.filter(|_| self.lines.iter().any(|line| !line.tick.is_empty()))
    }
}

/// How urgent something is that is due at this moment: kind and words of its badge. Overdue is loud, the last day warns.
pub fn due(at: DateTime<Utc>, now: DateTime<Utc>) -> (&'static str, String) {
    let left = at - now;
    if left <= Duration::zero() {
        ("danger", format!("{} overdue", span(-left)))
    } else if left < Duration::days(1) {
        ("warning", format!("due in {}", span(left)))
    } else {
        ("", format!("due in {}", span(left)))
    }
}

/// A length of time in its largest unit, rounded down; less than a minute counts as one.
pub fn span(length: Duration) -> String {
    let (count, unit) = match (length.num_days(), length.num_hours(), length.num_minutes()) {
        (days @ 1.., ..) => (days, "day"),
        (_, hours @ 1.., _) => (hours, "hour"),
        (.., minutes) => (minutes.max(1), "minute"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_turns_yellow_on_its_last_day_and_red_at_its_moment() {
        let now: DateTime<Utc> = "2026-11-29T12:00:00Z".parse().unwrap();
        let said =
            |hours: i64, seconds: i64| due(now + Duration::hours(hours) + Duration::seconds(seconds), now);
        assert_eq!(said(24, 0), ("", "due in 1 day".into()));
        assert_eq!(said(24, -1), ("warning", "due in 23 hours".into()));
        assert_eq!(said(0, 1), ("warning", "due in 1 minute".into()));
        assert_eq!(said(0, 0), ("danger", "1 minute overdue".into()));
        assert_eq!(said(-72, 0), ("danger", "3 days overdue".into()));
    }
}

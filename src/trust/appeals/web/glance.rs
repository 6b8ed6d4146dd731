//! An appeal in a line, as the statement tells it.

use chrono::{DateTime, Utc};

use crate::platform::web::pages::moment;
use crate::trust::appeals::Appeal;

/// An appeal, as the statement tells it in a line.
pub struct Glance {
    /// What it is called.
    pub title: &'static str,
    /// Kind of the badge, and what came of it.
    pub badge: (&'static str, &'static str),
    /// When it was filed, for programs.
    pub iso: String,
    /// When it was filed.
    pub when: String,
    /// What comes next, or when it ended.
    pub next: String,
}

/// What comes next, or when it ended.
fn next(appeal: &Appeal, now: DateTime<Utc>) -> String {
    match (&appeal.decided_at, &appeal.first_answered_at) {
        (Some(at), _) => format!("ended {}", moment(at)),
        (None, Some(at)) => format!("first answered {}", moment(at)),
        (None, None) if now < appeal.due_at => format!("first answer due {}", moment(&appeal.due_at)),
        (None, None) => format!("a first answer was due {}, and is late", moment(&appeal.due_at)),
    }
}

/// Appeals, as the statement tells them.
pub fn glances(appeals: &[Appeal], now: DateTime<Utc>) -> Vec<Glance> {
    let glance = |appeal: &Appeal| Glance {
        title: appeal.title(),
        badge: appeal.badge(),
        iso: appeal.filed_at.to_rfc3339(),
        when: moment(&appeal.filed_at),
        next: next(appeal, now),
    };
    appeals.iter().map(glance).collect()
}

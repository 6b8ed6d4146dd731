//! The undertaking to confidentiality (S157). Whoever of the staff reaches what customers keep with us, or what we know of
//! people, has agreed first to keep it confidential: to a text in a version, on a day. Which rights that are,
//! [`Permission::is_confidential`] says, and the guard of each page asks; what it needs for that comes with the session.
//!
//! Another text is another entry of [`VERSIONS`]. From then on everybody agrees again before anything of people opens.
//!
//! [`Permission::is_confidential`]: crate::staff::permissions::Permission::is_confidential

mod queries;
pub mod web;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::SignedIn;

/// Where it is read and agreed to.
pub const PATH: &str = "/staff/undertaking";
/// Title of the page that refuses whoever has not agreed.
pub const FIRST: &str = "Agree to confidentiality first";
/// Why it refuses.
pub const WHY: &str = "This page shows what customers keep with us, or what we know of people. It opens to members of staff who have agreed to keep that \
    confidential, and you have not agreed to the text that holds now. It is short, and leads you back here.";

/// A version of the undertaking.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The day from which on it holds, in UTC, which is also its name.
    pub since: NaiveDate,
    /// What somebody undertakes, a sentence or two each.
    pub promises: &'static [&'static str],
}

/// Every version, the oldest first. The last one holds.
pub const VERSIONS: &[Version] = &[Version {
    since: NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day"),
    promises: &[
        "What customers keep with us, and what I learn here about people, I keep to myself. I share it only with colleagues who need it for the same work, and outside only with whom that work is about.",
        "I look at no more than the task in front of me takes. Where the console asks why I look, I say it truthfully.",
        "I use what I see for that task alone: not for myself, and for nobody else.",
        "I copy nothing out of the console unless the task needs it, keep such a copy where nobody else gets at it, and delete it when the task is done.",
        "If I have seen, sent or lost something that I should not have, I tell the privacy team at once, also where it was my own mistake.",
        "I know that each look at somebody's data is noted, that they can read it, and that breaking this undertaking can end my role and my work here.",
        "All of this goes on after my role ends, and after I leave.",
    ],
}];

/// The version that holds.
pub fn current() -> &'static Version {
    VERSIONS.last().expect("there is a version")
}

/// Whether somebody is bound who has agreed to this version, or to none. A later one than ours binds too: another process
/// may have been brought up to date first.
pub fn binds(agreed: Option<NaiveDate>) -> bool {
    agreed.is_some_and(|version| version >= current().since)
}

/// Where whoever has just set up a second factor goes next: staff who are not bound yet read the undertaking.
pub fn after_factor(who: &SignedIn) -> &'static str {
    if who.roles.is_empty() || binds(who.undertaking) { "/settings" } else { PATH }
}

/// Notes that whoever is signed in has agreed to the version that holds. Answers whether they had not before.
///
/// # Errors
/// What the database says.
pub async fn agree(app: &App, who: &SignedIn) -> Result<bool, AppError> {
    let (now, version) = (app.clock.now(), current().since);
    let (from, note) = (who.caller.circumstances(), format!("Version of {version}"));
    let mut conn = app.db.get().await?;
    let agreed = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            if !record(conn, who.person, now).await? {
                return Ok(false);
            }
            let event = Event::new(who.actor(), "person", who.person.0, "staff.undertaking.agreed", &from)
                .note(&note);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(agreed)
}

/// The row of it, inside the caller's transaction; answers whether there was none.
///
/// # Errors
/// What the database says.
pub async fn record(conn: &mut AsyncPgConnection, person: PersonId, now: DateTime<Utc>) -> QueryResult<bool> {
    queries::insert(conn, person, current().since, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_order_and_each_says_something() {
        assert!(VERSIONS.is_sorted_by(|one, next| one.since < next.since) && !VERSIONS.is_empty());
        for version in VERSIONS {
            assert!(!version.promises.is_empty(), "{}", version.since);
            assert!(version.promises.iter().all(|promise| promise.ends_with('.')), "{}", version.since);
        }
    }
}

//! What of an appeal only whoever has it open sees: what was written and measured, the account before, and decisions like it.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::index::outcome;
use super::path;
use super::queries::{self, Precedent};
use crate::accounts::states;
use crate::platform::web::pages::moment;
use crate::trust::appeals;
use crate::trust::appeals::queries::Appeal;
use crate::trust::appeals::view::Written;
use crate::trust::suspensions::statement::{Statement, state};
use crate::trust::suspensions::{self, Suspension};

/// Another suspension of the account, in a line.
pub(super) struct Other {
    pub path: String,
    pub title: String,
    pub badge: (&'static str, &'static str),
    pub since: String,
}

/// An appeal like this one, in a line.
pub(super) struct Like {
    pub path: String,
    pub title: String,
    pub badge: (&'static str, &'static str),
}

impl From<Precedent> for Like {
    fn from(found: Precedent) -> Self {
        let level = suspensions::Level::parse(&found.level).map_or("", suspensions::Level::label);
        Self {
            path: path(found.id),
            title: format!("{level}, decided {}", moment(&found.decided_at)),
            badge: outcome(&found.outcome),
        }
    }
}

/// What only whoever may see all of it gets.
pub(super) struct Inside {
    pub written: Written,
    pub statement: Statement,
    pub others: Vec<Other>,
    pub states: Vec<(String, String)>,
    pub earlier: Option<(String, String)>,
    pub counts: String,
    pub like: Vec<Like>,
}

impl Inside {
    pub(super) async fn load(
        conn: &mut AsyncPgConnection,
        appeal: &Appeal,
        suspension: &Suspension,
        now: DateTime<Utc>,
    ) -> diesel::QueryResult<Self> {
        let (counts, like) = queries::similar(conn, appeal.id, suspension).await?;
        let all = appeals::of_suspension(conn, suspension.id).await?;
        let earlier = all.iter().find(|other| other.id != appeal.id && other.was_turned_down());
        Ok(Self {
            written: Written::load(conn, appeal, &path(appeal.id)).await?,
            statement: Statement::load(conn, suspension, now).await?,
            others: others(conn, suspension, now).await?,
            states: history(conn, appeal).await?,
            earlier: earlier.map(|first| (path(first.id), first.decision_words.clone().unwrap_or_default())),
            counts: counts_in_words(&counts),
            like: like.into_iter().map(Like::from).collect(),
        })
    }
}

/// The other suspensions of the account.
async fn others(
    conn: &mut AsyncPgConnection,
    suspension: &Suspension,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Other>> {
    let others = suspensions::last_of(conn, suspension.account, 10).await?;
    let others = others.iter().filter(|other| other.id != suspension.id).map(|other| Other {
        path: format!("/staff/suspensions/{}", other.id),
        title: format!("{}: {}", other.level().label(), other.reason().label()),
        badge: state(other, now),
        since: moment(&other.began_at),
    });
    Ok(others.collect())
}

/// What the account was in: names and values.
async fn history(
    conn: &mut AsyncPgConnection,
    appeal: &Appeal,
) -> diesel::QueryResult<Vec<(String, String)>> {
    let entries = states::history(conn, appeal.account, 10).await?;
    let told = |entry: &states::Entry| {
        (entry.state().label().to_owned(), format!("{} · since {}", entry.reason, moment(&entry.began_at)))
    };
    Ok(entries.iter().map(told).collect())
}

fn counts_in_words(counts: &[queries::Similar]) -> String {
    let of = |stored: &str| counts.iter().find(|one| one.outcome == stored).map_or(0, |one| one.count);
    let all: i64 = counts.iter().map(|one| one.count).sum();
    if all == 0 {
        return "None like it was decided yet.".into();
    }
    format!("{all} decided: {} upheld, {} shortened, {} lifted.", of("upheld"), of("shortened"), of("lifted"))
}

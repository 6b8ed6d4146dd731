//! What a version would have done in the last 30 days, hour by hour, from the hours that are kept. Accounts are walked in
//! the order of their ids, some in a transaction; whoever is stopped goes on after the last.
//!
//! The other versions count as they stand when the replay is made. An account is named with the first hour in which the
//! version would have acted, and with the number of hours in which it would have held.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::judging::{self, Live};
use super::{SCORE, pool, queries};
use crate::platform::app::App;
use crate::platform::db::schema::{rule_replay_hits, rule_replays};
use crate::platform::ids::{AccountId, RuleVersionId, new_uuid};
use crate::platform::jobs::{self, Job, JobError};
use crate::platform::web::pagination::{Window, windowed};
use crate::trust::signals::inputs::{Hour, Inputs, compute};
use crate::trust::signals::queries::{accounts_after, hours_of_many};
use crate::trust::signals::{USUAL, hour_of};

/// How far back a replay goes.
pub const BACK: Duration = Duration::days(30);
/// Accounts in one transaction.
const SOME: i64 = 200;

/// A replay.
#[derive(Clone, Debug, Queryable)]
pub struct Replay {
    /// Names it.
    pub id: Uuid,
    /// Of which version.
    pub version: RuleVersionId,
    /// From which hour.
    pub from_hour: DateTime<Utc>,
    /// To which.
    pub to_hour: DateTime<Utc>,
    /// When it began.
    pub began_at: DateTime<Utc>,
    done_account: Option<Uuid>,
    /// Accounts that were looked at so far.
    pub accounts: i64,
    /// When it came to its end.
    pub finished_at: Option<DateTime<Utc>>,
}

macro_rules! replay {
    () => {
        (
            rule_replays::id,
            rule_replays::version_id,
            rule_replays::from_hour,
            rule_replays::to_hour,
            rule_replays::began_at,
            rule_replays::done_account,
            rule_replays::accounts,
            rule_replays::finished_at,
        )
    };
}

/// Begins a replay of a version, unless one is under way.
///
/// # Errors
/// What the database says.
pub async fn begin(app: &App, version: RuleVersionId) -> QueryResult<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    conn.transaction(async |conn| {
        let id = new_uuid(now);
        let begun = diesel::insert_into(rule_replays::table)
            .values((
                rule_replays::id.eq(id),
                rule_replays::version_id.eq(version),
                rule_replays::from_hour.eq(hour_of(now) - BACK),
                rule_replays::to_hour.eq(hour_of(now)),
                rule_replays::began_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if begun > 0 {
            jobs::enqueue(conn, &ReplayRule { replay: id }, 10).await?;
        }
        Ok(())
    })
    .await
}

/// The last replay of a version.
pub(super) async fn last(
    conn: &mut AsyncPgConnection,
    version: RuleVersionId,
) -> QueryResult<Option<Replay>> {
    rule_replays::table
        .filter(rule_replays::version_id.eq(version))
        .order(rule_replays::id.desc())
        .select(replay!())
        .first(conn)
        .await
        .optional()
}

/// The last that is finished.
pub(super) async fn last_finished(
    conn: &mut AsyncPgConnection,
    version: RuleVersionId,
) -> QueryResult<Option<Replay>> {
    rule_replays::table
        .filter(rule_replays::version_id.eq(version).and(rule_replays::finished_at.is_not_null()))
        .order(rule_replays::id.desc())
        .select(replay!())
        .first(conn)
        .await
        .optional()
}

/// An account that the version would have acted on.
#[derive(Clone, Debug, Queryable)]
pub struct Hit {
    /// Names the row.
    pub id: Uuid,
    /// Which account.
    pub account: AccountId,
    /// The first hour.
    pub first_hour: DateTime<Utc>,
    /// In how many hours it would have held.
    pub hours: i32,
    /// The score in the first hour.
    pub score: i32,
}

/// Accounts that it would have acted on.
///
/// # Errors
/// What the database says.
pub async fn hits(conn: &mut AsyncPgConnection, replay: Uuid, window: Window) -> QueryResult<Vec<Hit>> {
    let all = rule_replay_hits::table.filter(rule_replay_hits::replay_id.eq(replay)).select((
        rule_replay_hits::id,
        rule_replay_hits::account_id,
        rule_replay_hits::first_hour,
        rule_replay_hits::hours,
        rule_replay_hits::score,
    ));
    let query = windowed!(all, rule_replay_hits::id, window);
    query.load(conn).await
}

/// How many accounts it would have acted on.
///
/// # Errors
/// What the database says.
pub async fn count(conn: &mut AsyncPgConnection, replay: Uuid) -> QueryResult<i64> {
    rule_replay_hits::table.filter(rule_replay_hits::replay_id.eq(replay)).count().get_result(conn).await
}

/// Makes a replay.
#[derive(Serialize, Deserialize)]
pub struct ReplayRule {
    replay: Uuid,
}

impl Job for ReplayRule {
    const NAME: &'static str = "replay_rule";

    async fn run(self, app: App) -> Result<(), JobError> {
        let mut conn = app.db.get().await?;
        while conn.transaction(async |conn| some(conn, &app, self.replay).await).await? {}
        Ok(())
    }
}

/// Looks at some more accounts. Answers whether there are others left.
async fn some(conn: &mut AsyncPgConnection, app: &App, id: Uuid) -> QueryResult<bool> {
    let replay: Option<Replay> =
        rule_replays::table.find(id).select(replay!()).for_update().first(conn).await.optional()?;
    let Some(replay) = replay.filter(|replay| replay.finished_at.is_none()) else { return Ok(false) };
    let (live, of) = versions(conn, replay.version).await?;
    let from = replay.from_hour - USUAL - Duration::hours(47);
    let ids = accounts_after(conn, replay.done_account, SOME).await?;
    let mut accounts: BTreeMap<Uuid, Vec<Hour>> = BTreeMap::new();
    for row in hours_of_many(conn, &ids, from, replay.to_hour).await? {
        accounts.entry(row.account_id).or_default().push(row.hour);
    }
    let last = ids.last().copied();
    let hits = accounts.iter().filter_map(|(account, hours)| {
        let (first, count, score) = walk(&live, of, hours, &replay)?;
        Some((
            rule_replay_hits::id.eq(new_uuid(app.clock.now())),
            rule_replay_hits::replay_id.eq(id),
            rule_replay_hits::account_id.eq(AccountId(*account)),
            rule_replay_hits::first_hour.eq(first),
            rule_replay_hits::hours.eq(count),
            rule_replay_hits::score.eq(score),
        ))
    });
    let hits: Vec<_> = hits.collect();
    diesel::insert_into(rule_replay_hits::table).values(&hits).on_conflict_do_nothing().execute(conn).await?;
    let seen = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    diesel::update(rule_replays::table.find(id))
        .set((
            rule_replays::done_account.eq(last.or(replay.done_account)),
            rule_replays::accounts.eq(rule_replays::accounts + seen),
            rule_replays::finished_at.eq(last.is_none().then(|| app.clock.now())),
        ))
        .execute(conn)
        .await?;
    Ok(last.is_some())
}

/// The versions that count, and which of them is replayed.
async fn versions(conn: &mut AsyncPgConnection, of: RuleVersionId) -> QueryResult<(Vec<Live>, usize)> {
    let mut live = judging::all(conn).await?;
    if let Some(index) = live.iter().position(|one| one.version.id == of) {
        return Ok((live, index));
    }
    // It was retired meanwhile.
    let version = judging::ready(queries::find(conn, of).await?).ok_or(diesel::result::Error::NotFound)?;
    live.push(version);
    let index = live.len() - 1;
    Ok((live, index))
}

/// The first hour in which a version would have acted on an account, in how many it would have held, and the first score.
fn walk(live: &[Live], of: usize, hours: &[Hour], replay: &Replay) -> Option<(DateTime<Utc>, i32, i32)> {
    let mut found: Option<(DateTime<Utc>, i32, i32)> = None;
    for hour in hours.iter().filter(|hour| hour.hour > replay.from_hour) {
        let values = compute(&Inputs::at(hours, hour.hour, None));
        if !live[of].expression.matches(&values) {
            continue;
        }
        let matching = judging::matching(live, &values);
        let combined = judging::combined(live, &matching, of);
        let score: i32 = combined.iter().map(|index| live[*index].version.weight).sum();
        if score >= SCORE {
            let (first, count, first_score) = found.unwrap_or((hour.hour, 0, score));
            found = Some((first, count + 1, first_score));
        }
    }
    found
}

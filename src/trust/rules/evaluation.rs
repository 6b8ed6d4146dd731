//! Looking at accounts: everyone whose signals changed, against every version that is not retired.
//!
//! It goes in batches. A batch reads the versions and computes the signals of its accounts by one statement, without a
//! lock. What comes of it is done account by account, each in a transaction of its own: the versions that count are read
//! again under a lock, so that one which was taken back meanwhile does not act; the hours of the account are read again,
//! and what is decided is decided from those, which are kept with it. At the end of the batch its accounts are marked as
//! looked at. Whoever is stopped on the way begins the batch again, and what was done by then is there and not done
//! twice: an account is noted by a version once a day, asked about by a rule once at a time, and restricted by a rule
//! once at a time.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use std::collections::HashSet;
use uuid::Uuid;

use super::explain::{New, Reading};
use super::judging::{self, Live, Verdict};
use super::{Mode, SCORE, Version, bound, queries};
use crate::content::locks;
use crate::platform::app::App;
use crate::platform::audit::Circumstances;
use crate::platform::db;
use crate::platform::error::is_busy;
use crate::platform::ids::{AccountId, EvaluationId};
use crate::trust::alerts;
use crate::trust::signals::queries::{at, hours};
use crate::trust::signals::{USUAL, collect, hour_of};
use crate::trust::suspensions::{self, Decider};

/// Accounts of a batch.
pub const BATCH: i64 = 1_000;

/// Counts what is new and looks at everybody whose signals changed by it. Safe to run at any time, twice, and in several
/// processes at once.
///
/// # Errors
/// What the database says.
pub async fn watch(app: App) -> anyhow::Result<()> {
    collect::run(&app).await?;
    // A rule that may not go on by itself is taken back before it looks.
    bound::tend(&app).await?;
    run(&app).await
}

/// Looks at everybody who is due, batch by batch.
///
/// # Errors
/// What the database says.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let mut after = Uuid::nil();
    while let Some(last) = batch(app, after, BATCH).await? {
        after = last;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    changed_at: DateTime<Utc>,
}

/// Looks at so many accounts after this one; answers the last of them, or nothing where nobody was left.
///
/// # Errors
/// What the database says.
pub async fn batch(app: &App, after: Uuid, accounts: i64) -> anyhow::Result<Option<Uuid>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let live = judging::all(&mut conn).await?;
    if live.is_empty() {
        return Ok(None);
    }
    let due: Vec<Due> = diesel::sql_query(
        "SELECT account_id, changed_at FROM signal_accounts \
         WHERE account_id > $1 AND (looked_at IS NULL OR looked_at < changed_at) ORDER BY account_id LIMIT $2",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(accounts)
    .load(&mut conn)
    .await?;
    let Some(last) = due.last().map(|one| one.account_id) else { return Ok(None) };
    let ids: Vec<AccountId> = due.iter().map(|one| AccountId(one.account_id)).collect();
    let hour = hour_of(now);
    let values = at(&mut conn, hour, Some(&ids)).await?;
    let known = known(&mut conn, &ids, now).await?;
    let mut left = HashSet::new();
    for account in &ids {
        let Some(values) = values.get(account) else { continue };
        let matching = judging::matching(&live, values);
        for verdict in judging::verdicts(&live, &matching) {
            if known.contains(&(live[verdict.version].version.id.0, account.0)) {
                continue;
            }
            let lead = Lead { app, live: &live, account: *account, verdict, hour, now };
            let done = match conn.transaction(async |conn| lead.follow(conn, &matching).await).await {
                // Somebody has the account for long: the others do not wait for it.
                Err(error) if is_busy(&error) => Followed::Outdated,
                done => done?,
            };
            if done == Followed::Outdated {
                left.insert(account.0);
            }
        }
    }
    // Who was judged by what has changed meanwhile is looked at again.
    let looked: Vec<&Due> = due.iter().filter(|one| !left.contains(&one.account_id)).collect();
    mark(&mut conn, &looked).await?;
    Ok(Some(last))
}

/// Versions and accounts for which nothing is to be done anew: noted today by what may only note, asked about, or restricted.
async fn known(
    conn: &mut AsyncPgConnection,
    accounts: &[AccountId],
    now: DateTime<Utc>,
) -> QueryResult<HashSet<(Uuid, Uuid)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        version_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        account_id: Uuid,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT e.version_id, e.account_id FROM rule_evaluations e JOIN rule_versions v ON v.id = e.version_id AND v.mode = 'shadow' WHERE e.account_id = ANY ($1) AND e.day = $2 AND e.led_to = 'noted' \
         UNION SELECT v.id, a.account_id FROM rule_alerts a JOIN rule_versions v USING (rule_id) \
            WHERE a.account_id = ANY ($1) AND a.outcome IS NULL AND v.mode = 'review' \
         UNION SELECT v.id, s.account_id FROM suspensions s JOIN rule_versions v USING (rule_id) \
            WHERE s.account_id = ANY ($1) AND s.ended_at IS NULL AND coalesce(s.expires_at > $3, true) AND v.mode IN ('review', 'enforce')",
    )
    .bind::<Array<SqlUuid>, _>(accounts)
    .bind::<Date, _>(now.date_naive())
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.version_id, row.account_id)).collect())
}

async fn mark(conn: &mut AsyncPgConnection, looked: &[&Due]) -> QueryResult<()> {
    let ids: Vec<Uuid> = looked.iter().map(|one| one.account_id).collect();
    let changed: Vec<DateTime<Utc>> = looked.iter().map(|one| one.changed_at).collect();
    diesel::sql_query(
        "UPDATE signal_accounts a SET looked_at = greatest(a.looked_at, seen.changed_at) \
         FROM (SELECT * FROM unnest($1, $2) AS t (account_id, changed_at) ORDER BY 1) AS seen WHERE a.account_id = seen.account_id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Timestamptz>, _>(changed)
    .execute(conn)
    .await
    .map(drop)
}

/// What became of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Followed {
    /// It led somewhere, or is known to have.
    Done,
    /// It leads nowhere, looked at closely.
    Nowhere,
    /// A version that counted may do something else by now.
    Outdated,
}

/// An account for which some version, with others perhaps, says that something is to be done.
#[derive(Clone, Copy)]
struct Lead<'a> {
    app: &'a App,
    live: &'a [Live],
    account: AccountId,
    verdict: Verdict,
    hour: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Lead<'_> {
    fn version(&self) -> &Version {
        &self.live[self.verdict.version].version
    }

    /// In a transaction of its own.
    async fn follow(&self, conn: &mut AsyncPgConnection, matching: &[usize]) -> QueryResult<Followed> {
        // The account first, and then the versions in the order of their rules, as everybody locks them.
        db::wait_at_most(conn, locks::PATIENCE).await?;
        if !queries::hold_open_account(conn, self.account).await? {
            return Ok(Followed::Nowhere);
        }
        for index in judging::combined(self.live, matching, self.verdict.version) {
            let version = &self.live[index].version;
            if queries::share_mode(conn, version.id).await? != version.mode() {
                return Ok(Followed::Outdated);
            }
        }
        let since = queries::counts_since(conn, self.version().rule, self.account).await?;
        let since = since.map(|since| hour_of(since) + Duration::hours(1));
        let from = self.hour - USUAL - Duration::hours(47);
        let reading = Reading::of(hours(conn, self.account, from, self.hour).await?, self.hour, since);
        let matching: Vec<usize> = matching
            .iter()
            .copied()
            .filter(|index| self.live[*index].expression.matches(&reading.values))
            .collect();
        if !matching.contains(&self.verdict.version) {
            return Ok(Followed::Nowhere);
        }
        let combined = judging::combined(self.live, &matching, self.verdict.version);
        let score: i32 = combined.iter().map(|index| self.live[*index].version.weight).sum();
        if score < SCORE {
            return Ok(Followed::Nowhere);
        }
        // The one that acts comes first: its signals head the statement.
        let mut counted = vec![&self.live[self.verdict.version]];
        counted.extend(
            combined.iter().filter(|index| **index != self.verdict.version).map(|index| &self.live[*index]),
        );
        // Later than whatever the account's row was waited for.
        let lead = Self { now: self.app.clock.now(), ..*self };
        lead.lead(conn, &counted, &reading, score).await
    }

    async fn lead(
        &self,
        conn: &mut AsyncPgConnection,
        counted: &[&Live],
        reading: &Reading,
        score: i32,
    ) -> QueryResult<Followed> {
        let evidence = reading.evidence(counted);
        let new = New {
            id: EvaluationId::new(self.now),
            account: self.account,
            led_to: "noted",
            score,
            acting: counted[0],
            combined: counted,
            reading,
            evidence: &evidence,
            now: self.now,
        };
        match self.version().mode() {
            Mode::Retired => return Ok(Followed::Nowhere),
            Mode::Shadow => {
                new.keep(conn).await?;
            }
            Mode::Review => self.ask(conn, New { led_to: "alert", ..new }).await?,
            Mode::Enforce => self.restrict(conn, New { led_to: "restriction", ..new }).await?,
        }
        Ok(Followed::Done)
    }

    /// Asks a person, unless one is being asked or the rule restricts the account already.
    async fn ask(&self, conn: &mut AsyncPgConnection, new: New<'_>) -> QueryResult<()> {
        let version = self.version();
        if queries::restricts(conn, version.rule, self.account, self.now).await?
            || alerts::waits(conn, version.rule, self.account).await?
        {
            return Ok(());
        }
        new.keep(conn).await?;
        alerts::raise(conn, (version.rule, version.id, new.id), self.account, self.now).await?;
        metrics::counter!("portal_rule_alerts_total").increment(1);
        Ok(())
    }

    /// Restricts the account, unless the rule does already.
    async fn restrict(&self, conn: &mut AsyncPgConnection, new: New<'_>) -> QueryResult<()> {
        let version = self.version();
        if queries::restricts(conn, version.rule, self.account, self.now).await? {
            return Ok(());
        }
        let decider = Decider::Rule { rule: version.rule, version: version.id, evaluation: new.id };
        let decision = version.decision(self.account, decider, new.evidence.clone(), self.now);
        new.keep(conn).await?;
        alerts::moot_of(conn, version.rule, self.account, self.now).await?;
        suspensions::suspend(conn, self.app, &decision, &Circumstances::default(), self.now).await?;
        metrics::counter!("portal_rule_restrictions_total").increment(1);
        Ok(())
    }
}

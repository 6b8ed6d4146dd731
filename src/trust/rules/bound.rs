//! The bound: a rule whose decisions do not stand goes back to asking by itself.
//!
//! Of the last [`LAST`] appeals against a rule that were decided, more than [`BOUND`] of a hundred were shortened or
//! lifted: then its version in enforce goes back to review, and the desk is told. What was decided before the rule was
//! last sent back counts no more, so that it is judged anew when two people let it act again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::modes::Set;
use super::{Mode, mail};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{rule_versions, rules};
use crate::platform::ids::{RuleId, RuleVersionId};

/// So many appeals are looked at.
pub const LAST: i64 = 20;
/// So many of a hundred may be shortened or lifted.
pub const BOUND: i64 = 25;

/// How the last appeals against a rule were decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Record {
    /// How many were decided, at most [`LAST`].
    #[diesel(sql_type = BigInt)]
    pub decided: i64,
    /// How many of them were shortened or lifted.
    #[diesel(sql_type = BigInt)]
    pub overturned: i64,
}

impl Record {
    /// Whether a rule may not go on by itself.
    pub fn is_beyond(self) -> bool {
        self.decided >= LAST && self.overturned * 100 > BOUND * self.decided
    }

    /// Of a hundred, rounded; nothing where none was decided.
    pub fn percent(self) -> Option<i64> {
        (self.decided > 0).then(|| (self.overturned * 100 + self.decided / 2) / self.decided)
    }
}

/// How the last appeals against a rule were decided, since it was last sent back.
///
/// # Errors
/// What the database says.
pub async fn record(conn: &mut AsyncPgConnection, rule: RuleId) -> QueryResult<Record> {
    diesel::sql_query(
        "SELECT count(*) AS decided, count(*) FILTER (WHERE outcome IN ('shortened', 'lifted')) AS overturned FROM ( \
            SELECT a.outcome FROM appeals a JOIN suspensions s ON s.id = a.suspension_id \
            WHERE s.rule_id = $1 AND a.outcome IN ('upheld', 'shortened', 'lifted') AND a.decided_at > coalesce( \
                (SELECT max(m.at) FROM rule_modes m JOIN rule_versions v ON v.id = m.version_id \
                 WHERE v.rule_id = $1 AND m.mode = 'review' AND m.set_by IS NULL), '-infinity') \
            ORDER BY a.decided_at DESC, a.id DESC LIMIT $2) AS last",
    )
    .bind::<SqlUuid, _>(rule)
    .bind::<BigInt, _>(LAST)
    .get_result(conn)
    .await
}

/// Looks at a rule after an appeal against it was decided, in a transaction of its own: call it when the decision is
/// committed. Answers whether the rule was sent back.
///
/// # Errors
/// What the database says.
pub async fn look(
    conn: &mut AsyncPgConnection,
    app: &App,
    rule: RuleId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        // Of two who look at once, the second finds it sent back.
        rules::table.find(rule).select(rules::id).for_update().first::<RuleId>(conn).await?;
        let acting: Option<RuleVersionId> = rule_versions::table
            .filter(rule_versions::rule_id.eq(rule).and(rule_versions::mode.eq(Mode::Enforce.as_str())))
            .select(rule_versions::id)
            .first(conn)
            .await
            .optional()?;
        let Some(version) = acting else { return Ok(false) };
        let record = record(conn, rule).await?;
        if !record.is_beyond() {
            return Ok(false);
        }
        send_back(conn, app, version, record, now).await?;
        Ok(true)
    })
    .await
}

async fn send_back(
    conn: &mut AsyncPgConnection,
    app: &App,
    version: RuleVersionId,
    record: Record,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let because = format!(
        "Of the last {} appeals against it, {} were shortened or lifted; the bound is {BOUND} of a hundred",
        record.decided, record.overturned
    );
    Set { mode: Mode::Review, proposal: None, by: None, because: &because }.apply(conn, version, now).await?;
    mail::sent_back(conn, app, version, record, now).await?;
    let event = Event::by_system("rule_version", version.0, "rule.sent_back").note(&because);
    audit::append(conn, now, event).await?;
    metrics::counter!("portal_rules_sent_back_total").increment(1);
    Ok(())
}

/// Looks at every rule that restricts: whoever was stopped between a decision and the look is caught up on.
///
/// # Errors
/// What the database says.
pub async fn tend(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let acting: Vec<RuleId> = rule_versions::table
        .filter(rule_versions::mode.eq(Mode::Enforce.as_str()))
        .order(rule_versions::rule_id)
        .select(rule_versions::rule_id)
        .load(&mut conn)
        .await?;
    for rule in acting {
        look(&mut conn, app, rule, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Record;

    #[test]
    fn a_quarter_of_twenty_is_within_the_bound_and_one_more_is_beyond() {
        let beyond = |decided, overturned| Record { decided, overturned }.is_beyond();
        assert!(!beyond(20, 5) && beyond(20, 6));
        assert!(!beyond(19, 19), "fewer than twenty show nothing");
        assert_eq!(Record { decided: 20, overturned: 5 }.percent(), Some(25));
        assert_eq!(Record { decided: 0, overturned: 0 }.percent(), None);
    }
}

//! What a version may do: moved on by two people, taken back by one. Whoever waited for the rule and was signed out
//! meanwhile does nothing.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Mode, Refusal, log, pool, queries, replay};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::db::schema::{rule_modes, rule_proposals};
use crate::platform::ids::{RuleVersionId, new_uuid};
use crate::platform::web::guards::SignedIn;

/// What somebody decides about a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Approved,
    /// It is not.
    Declined,
    /// Whoever proposed it takes it back.
    Withdrawn,
}

impl Answer {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads it as it is sent.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Declined, Self::Withdrawn].into_iter().find(|answer| answer.as_str() == text)
    }
}

/// What the transaction came to: a refusal of the database is an answer.
fn answered<T>(done: QueryResult<T>) -> QueryResult<Result<T, Refusal>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error) => Refusal::of(&error).map(Err).ok_or(error),
    }
}

/// Proposes that a version does more, with the last replay of it that is finished.
///
/// # Errors
/// Inside: that it was not replayed, moved on or waits already. Outside: what the database says.
pub async fn propose(
    app: &App,
    who: &SignedIn,
    version: RuleVersionId,
    mode: Mode,
    why: &str,
) -> QueryResult<Result<(), Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    let done = conn
        .transaction(async |conn| {
            queries::lock_rule_of(conn, version).await?;
            people::lock_as(conn, who).await?;
            let replay = replay::last_finished(conn, version).await?.map(|replay| replay.id);
            diesel::insert_into(rule_proposals::table)
                .values((
                    rule_proposals::id.eq(new_uuid(now)),
                    rule_proposals::version_id.eq(version),
                    rule_proposals::mode.eq(mode.as_str()),
                    rule_proposals::replay_id.eq(replay),
                    rule_proposals::why.eq(why),
                    rule_proposals::proposed_by.eq(who.person.0),
                    rule_proposals::proposed_at.eq(now),
                ))
                .execute(conn)
                .await?;
            log(conn, who, version, "rule.proposed", Some(why), now).await
        })
        .await;
    answered(done)
}

/// Closes a proposal with an answer. Answers whether it still waited.
async fn close(
    conn: &mut AsyncPgConnection,
    proposal: Uuid,
    answer: Answer,
    by: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let closed = diesel::update(rule_proposals::table.find(proposal))
        .filter(rule_proposals::outcome.is_null())
        .set((
            rule_proposals::outcome.eq(answer.as_str()),
            rule_proposals::decided_by.eq(by),
            rule_proposals::decided_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(closed > 0)
}

/// Decides about a proposal, as long as it is the one that waits: nobody approves another than they have seen. What is
/// approved is done at once, and everybody is looked at anew.
///
/// # Errors
/// Inside: that whoever decides proposed it, or that it moved on. Outside: what the database says.
pub async fn decide(
    app: &App,
    who: &SignedIn,
    version: RuleVersionId,
    seen: Uuid,
    answer: Answer,
) -> QueryResult<Result<(), Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    let waiting = queries::proposal(&mut conn, version).await?;
    let Some(proposal) = waiting.filter(|proposal| proposal.id == seen) else {
        return Ok(Err(Refusal::MovedOn));
    };
    let own = proposal.by == who.person.0;
    if own != (answer == Answer::Withdrawn) {
        return Ok(Err(Refusal::SecondPerson));
    }
    let done = conn
        .transaction(async |conn| {
            queries::lock_rule_of(conn, version).await?;
            people::lock_as(conn, who).await?;
            if !close(conn, proposal.id, answer, who.person.0, now).await? {
                return Ok(Err(Refusal::MovedOn));
            }
            let action = match answer {
                Answer::Approved => {
                    let set = Set {
                        mode: proposal.mode(),
                        proposal: Some(proposal.id),
                        by: Some(who.person.0),
                        because: &proposal.why,
                    };
                    set.apply(conn, version, now).await?;
                    look_at_everybody(conn).await?;
                    "rule.moved_on"
                }
                Answer::Declined => "rule.declined",
                Answer::Withdrawn => "rule.withdrawn",
            };
            log(conn, who, version, action, Some(proposal.mode().as_str()), now).await?;
            Ok(Ok(()))
        })
        .await;
    answered(done).map(|done| done.and_then(|done| done))
}

/// Takes a version back to a mode in which it does less, or retires it.
///
/// # Errors
/// Inside: that it moved on. Outside: what the database says.
pub async fn take_back(
    app: &App,
    who: &SignedIn,
    version: RuleVersionId,
    mode: Mode,
    because: &str,
) -> QueryResult<Result<(), Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    let done = conn
        .transaction(async |conn| {
            queries::lock_rule_of(conn, version).await?;
            people::lock_as(conn, who).await?;
            Set { mode, proposal: None, by: Some(who.person.0), because }.apply(conn, version, now).await?;
            let action = if mode == Mode::Retired { "rule.retired" } else { "rule.taken_back" };
            log(conn, who, version, action, Some(because), now).await
        })
        .await;
    answered(done)
}

/// A change of what a version may do.
pub(crate) struct Set<'a> {
    /// What it may do from now on.
    pub mode: Mode,
    /// The approved proposal that led to it.
    pub proposal: Option<Uuid>,
    /// Who does it; nobody: the portal itself.
    pub by: Option<Uuid>,
    /// Why.
    pub because: &'a str,
}

impl Set<'_> {
    /// Inside the caller's transaction; the database says whether it may be.
    pub async fn apply(
        &self,
        conn: &mut AsyncPgConnection,
        version: RuleVersionId,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        diesel::insert_into(rule_modes::table)
            .values((
                rule_modes::id.eq(new_uuid(now)),
                rule_modes::version_id.eq(version),
                // The database numbers them.
                rule_modes::seq.eq(1),
                rule_modes::mode.eq(self.mode.as_str()),
                rule_modes::proposal_id.eq(self.proposal),
                rule_modes::set_by.eq(self.by),
                rule_modes::because.eq(self.because),
                rule_modes::at.eq(now),
            ))
            .execute(conn)
            .await
            .map(drop)
    }
}

/// Lets every account be looked at anew: what a version that moved on says of them is not known yet. That is a change of each,
/// so that whoever looks at some of them just now, by what was before, does not mark them as looked at. They are taken in
/// the order of their ids, as by everybody, so that no two wait for each other.
pub(super) async fn look_at_everybody(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE signal_accounts a SET looked_at = NULL, changed_at = a.changed_at + interval '1 microsecond' \
         FROM (SELECT account_id FROM signal_accounts ORDER BY account_id FOR NO KEY UPDATE) AS every WHERE a.account_id = every.account_id",
    )
    .execute(conn)
    .await
    .map(drop)
}

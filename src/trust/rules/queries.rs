//! The SQL of rules.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Mode, Version};
use crate::accounts::states::{self, State};
use crate::content::locks;
use crate::platform::db::schema::{
    people, rule_evaluations, rule_modes, rule_proposals, rule_versions, rules, suspensions,
};
use crate::platform::ids::{AccountId, EvaluationId, PersonId, RuleId, RuleVersionId};
use crate::platform::web::pagination::{Window, windowed};

macro_rules! version {
    () => {
        (
            rule_versions::id,
            rule_versions::rule_id,
            rules::name,
            rule_versions::number,
            rule_versions::expression,
            rule_versions::parameters,
            rule_versions::weight,
            rule_versions::reason_code,
            rule_versions::words,
            rule_versions::level,
            rule_versions::hours,
            rule_versions::created_by,
            rule_versions::created_at,
            rule_versions::mode,
            rule_versions::mode_since,
        )
    };
}

/// Every version that is not retired, in the order of rules and numbers.
pub(super) async fn live(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Version>> {
    rule_versions::table
        .inner_join(rules::table)
        .filter(rule_versions::mode.ne(Mode::Retired.as_str()))
        .order((rule_versions::rule_id, rule_versions::number))
        .select(version!())
        .load(conn)
        .await
}

/// A version by its id.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn find(conn: &mut AsyncPgConnection, id: RuleVersionId) -> QueryResult<Version> {
    rule_versions::table
        .inner_join(rules::table)
        .filter(rule_versions::id.eq(id))
        .select(version!())
        .first(conn)
        .await
}

/// A version by its rule and number.
pub(super) async fn numbered(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    number: i32,
) -> QueryResult<Version> {
    rule_versions::table
        .inner_join(rules::table)
        .filter(rule_versions::rule_id.eq(rule).and(rule_versions::number.eq(number)))
        .select(version!())
        .first(conn)
        .await
}

/// The versions of a rule, newest first, up to `limit`.
pub(super) async fn versions(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    before: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<Version>> {
    rule_versions::table
        .inner_join(rules::table)
        .filter(rule_versions::rule_id.eq(rule).and(rule_versions::number.lt(before.unwrap_or(i32::MAX))))
        .order(rule_versions::number.desc())
        .limit(limit)
        .select(version!())
        .load(conn)
        .await
}

/// Takes the row of a version's rule until the end of the transaction: what changes about one rule changes one after the
/// other, and everybody locks the rule before its versions.
pub(super) async fn lock_rule_of(conn: &mut AsyncPgConnection, id: RuleVersionId) -> QueryResult<()> {
    let rule: RuleId = rule_versions::table.find(id).select(rule_versions::rule_id).first(conn).await?;
    rules::table.find(rule).select(rules::id).for_update().first::<RuleId>(conn).await.map(drop)
}

/// Shares the version's row, so that what it may do stays until the end of the transaction, and answers it. Its rule is
/// shared first, as what is written about the version shares it too.
pub(in crate::trust) async fn share_mode(
    conn: &mut AsyncPgConnection,
    id: RuleVersionId,
) -> QueryResult<Mode> {
    let rule: RuleId = rule_versions::table.find(id).select(rule_versions::rule_id).first(conn).await?;
    rules::table.find(rule).select(rules::id).for_key_share().first::<RuleId>(conn).await?;
    let mode: String =
        rule_versions::table.find(id).select(rule_versions::mode).for_share().first(conn).await?;
    Ok(Mode::parse(&mode).expect("the database keeps to the modes"))
}

/// A row of what a version might do.
#[derive(Clone, Debug, Queryable)]
pub(super) struct ModeRow {
    mode: String,
    pub by: Option<Uuid>,
    pub because: String,
    pub at: DateTime<Utc>,
}

impl ModeRow {
    pub fn mode(&self) -> Mode {
        Mode::parse(&self.mode).expect("the database keeps to the modes")
    }
}

/// What a version might do so far, newest first.
pub(super) async fn modes(conn: &mut AsyncPgConnection, id: RuleVersionId) -> QueryResult<Vec<ModeRow>> {
    rule_modes::table
        .filter(rule_modes::version_id.eq(id))
        .order(rule_modes::seq.desc())
        .limit(100)
        .select((rule_modes::mode, rule_modes::set_by, rule_modes::because, rule_modes::at))
        .load(conn)
        .await
}

/// A proposal.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Proposal {
    pub id: Uuid,
    mode: String,
    pub why: String,
    pub by: Uuid,
    pub at: DateTime<Utc>,
}

impl Proposal {
    pub fn mode(&self) -> Mode {
        Mode::parse(&self.mode).expect("the database keeps to the modes")
    }
}

/// The proposal about a version that waits, if there is one.
pub(super) async fn proposal(
    conn: &mut AsyncPgConnection,
    id: RuleVersionId,
) -> QueryResult<Option<Proposal>> {
    rule_proposals::table
        .filter(rule_proposals::version_id.eq(id).and(rule_proposals::outcome.is_null()))
        .select((
            rule_proposals::id,
            rule_proposals::mode,
            rule_proposals::why,
            rule_proposals::proposed_by,
            rule_proposals::proposed_at,
        ))
        .first(conn)
        .await
        .optional()
}

/// What somebody is called.
pub(in crate::trust) async fn name_of(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<String> {
    let name: Option<String> =
        people::table.find(PersonId(id)).select(people::name).first(conn).await.optional()?;
    Ok(name.unwrap_or_else(|| "somebody who left".into()))
}

/// An evaluation in a list.
#[derive(Clone, Debug, Queryable)]
pub(super) struct EvaluationLine {
    pub id: EvaluationId,
    pub account: AccountId,
    pub at: DateTime<Utc>,
    pub led_to: String,
    pub score: i32,
}

/// Evaluations of a version that led somewhere.
pub(super) async fn evaluations(
    conn: &mut AsyncPgConnection,
    id: RuleVersionId,
    window: Window,
) -> QueryResult<Vec<EvaluationLine>> {
    let all = rule_evaluations::table.filter(rule_evaluations::version_id.eq(id)).select((
        rule_evaluations::id,
        rule_evaluations::account_id,
        rule_evaluations::at,
        rule_evaluations::led_to,
        rule_evaluations::score,
    ));
    let query = windowed!(all, rule_evaluations::id, window);
    query.load(conn).await
}

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Since when what an account does counts for a rule again, if something was decided about it before: nothing before that
/// decision does.
pub(super) async fn counts_since(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    account: AccountId,
) -> QueryResult<Option<DateTime<Utc>>> {
    let row: Moment = diesel::sql_query("SELECT rule_counts_since($1, $2) AS at")
        .bind::<SqlUuid, _>(rule)
        .bind::<SqlUuid, _>(account)
        .get_result(conn)
        .await?;
    Ok(row.at)
}

/// Whether a rule restricts an account at this moment.
pub(super) async fn restricts(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let in_force = suspensions::table
        .filter(suspensions::rule_id.eq(rule).and(suspensions::account_id.eq(account)))
        .filter(suspensions::ended_at.is_null())
        .filter(suspensions::expires_at.is_null().or(suspensions::expires_at.gt(now)));
    diesel::select(diesel::dsl::exists(in_force)).get_result(conn).await
}

/// Takes the account's row until the end of the transaction. Answers whether it is there and not closed.
pub(super) async fn hold_open_account(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<bool> {
    match locks::hold_account(conn, account).await {
        Ok(()) => Ok(states::present(conn, account).await? != State::Closed),
        Err(diesel::result::Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How appeals of the accounts that a replay names were decided.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub(super) struct Appealed {
    /// Restrictions of these accounts in the time of the replay.
    #[diesel(sql_type = BigInt)]
    pub restricted: i64,
    /// Appeals against them that were decided.
    #[diesel(sql_type = BigInt)]
    pub decided: i64,
    /// Of which so many were upheld.
    #[diesel(sql_type = BigInt)]
    pub upheld: i64,
}

/// As [`Appealed`] says, by whatever rule or person the accounts were restricted.
pub(super) async fn appealed(conn: &mut AsyncPgConnection, replay: Uuid) -> QueryResult<Appealed> {
    diesel::sql_query(
        "SELECT count(DISTINCT s.id) AS restricted, count(a.id) AS decided, count(a.id) FILTER (WHERE a.outcome = 'upheld') AS upheld \
         FROM rule_replays r JOIN rule_replay_hits h ON h.replay_id = r.id \
         JOIN suspensions s ON s.account_id = h.account_id AND s.began_at >= r.from_hour AND s.began_at < r.to_hour + interval '1 hour' \
         LEFT JOIN appeals a ON a.suspension_id = s.id AND a.outcome IN ('upheld', 'shortened', 'lifted') \
         WHERE r.id = $1",
    )
    .bind::<SqlUuid, _>(replay)
    .get_result(conn)
    .await
}

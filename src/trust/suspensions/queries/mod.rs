//! Rows of suspensions.

mod history;
mod lists;
mod people;

pub(super) use history::{NewStep, take};
pub use history::{Step, steps};
pub(super) use lists::{Wanted, list, page_of};
pub(super) use people::{count_notices, count_readers, note_notice, owner_of, receipt_of};
pub(crate) use people::{is_in, parties};

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::evidence::Evidence;
use super::{APPEAL_MONTHS, Decider, Decision, Level, Reason};
use crate::platform::db::schema::{appeals, rule_versions, rules, suspensions};
use crate::platform::ids::{AccountId, EvaluationId, PersonId, RuleId, RuleVersionId, SuspensionId};

/// A suspension with its statement.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = suspensions, check_for_backend(diesel::pg::Pg))]
pub struct Suspension {
    /// SID.
    pub id: SuspensionId,
    /// Of which account.
    #[diesel(column_name = account_id)]
    pub account: AccountId,
    level: String,
    /// `rule` or `staff`.
    pub decided_by_kind: String,
    /// Who decided, or agreed to a rule's alert.
    pub decided_by: Option<PersonId>,
    /// The rule that asked or decided.
    #[diesel(column_name = rule_id)]
    pub rule: Option<RuleId>,
    /// As it stood.
    #[diesel(column_name = rule_version_id)]
    pub rule_version: Option<RuleVersionId>,
    /// What it was computed from.
    #[diesel(column_name = evaluation_id)]
    pub evaluation: Option<EvaluationId>,
    reason_code: String,
    /// The facts, as the customer reads them.
    pub words: String,
    evidence: Value,
    /// When what it is shown by was emptied.
    pub evidence_emptied_at: Option<DateTime<Utc>>,
    /// Whether no person took part.
    pub automated: bool,
    /// Since when.
    pub began_at: DateTime<Utc>,
    /// Until when; nothing for as long as nobody lifts it.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when it can be appealed.
    pub appeal_until: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// `expired` or `lifted`.
    pub ended_how: Option<String>,
    /// Counts the steps.
    pub version: i32,
}

impl Suspension {
    /// What it takes.
    pub fn level(&self) -> Level {
        Level::parse(&self.level).expect("the database keeps to the levels")
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        Reason::parse(&self.reason_code).expect("the database keeps to the reasons")
    }

    /// What it is shown by.
    pub fn evidence(&self) -> Evidence {
        Evidence::read(&self.evidence)
    }

    /// Whether it holds at this moment.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.expires_at.is_none_or(|until| now < until)
    }

    /// Whether the time to appeal is not over: its last moment is the one before `appeal_until`.
    pub fn can_be_appealed(&self, now: DateTime<Utc>) -> bool {
        now < self.appeal_until
    }

    /// The address of its statement; `page` is empty or begins with a slash.
    pub fn path(&self, page: &str) -> String {
        format!("/accounts/{}/suspensions/{}{page}", self.account, self.id)
    }
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: SuspensionId,
    decision: &Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let rule = match decision.decider {
        Decider::Rule { rule, version, evaluation } | Decider::Alert { rule, version, evaluation, .. } => {
            Some((rule, version, evaluation))
        }
        Decider::Staff(_) => None,
    };
    diesel::insert_into(suspensions::table)
        .values((
            suspensions::id.eq(id),
            suspensions::account_id.eq(decision.account),
            suspensions::level.eq(decision.level.as_str()),
            suspensions::decided_by_kind.eq(if rule.is_some() { "rule" } else { "staff" }),
            suspensions::decided_by.eq(decision.decider.staff()),
            suspensions::rule_id.eq(rule.map(|(rule, ..)| rule)),
            suspensions::rule_version_id.eq(rule.map(|(_, version, _)| version)),
            suspensions::evaluation_id.eq(rule.map(|(.., evaluation)| evaluation)),
            suspensions::reason_code.eq(decision.reason.as_str()),
            suspensions::words.eq(&decision.words),
            suspensions::evidence.eq(decision.evidence.to_json()),
            suspensions::automated.eq(decision.decider.is_automated()),
            suspensions::began_at.eq(now),
            suspensions::expires_at.eq(decision.expires_at),
            suspensions::appeal_until.eq(now.checked_add_months(APPEAL_MONTHS).unwrap_or(now)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// A suspension by its id.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn find(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<Suspension> {
    suspensions::table.find(id).select(Suspension::as_select()).first(conn).await
}

/// A suspension of this account.
///
/// # Errors
/// What the database says; `NotFound` where it is none of the account.
pub async fn find_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: SuspensionId,
) -> QueryResult<Suspension> {
    let of = suspensions::id.eq(id).and(suspensions::account_id.eq(account));
    suspensions::table.filter(of).select(Suspension::as_select()).first(conn).await
}

/// The latest suspensions of an account, the newest first.
///
/// # Errors
/// What the database says.
pub async fn last_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    limit: i64,
) -> QueryResult<Vec<Suspension>> {
    suspensions::table
        .filter(suspensions::account_id.eq(account))
        .order(suspensions::id.desc())
        .limit(limit)
        .select(Suspension::as_select())
        .load(conn)
        .await
}

/// What the rule behind a suspension is called, and which version of it decided or asked.
pub(super) async fn rule_of(
    conn: &mut AsyncPgConnection,
    suspension: &Suspension,
) -> QueryResult<Option<(String, i32)>> {
    let Some(version) = suspension.rule_version else { return Ok(None) };
    rule_versions::table
        .inner_join(rules::table)
        .filter(rule_versions::id.eq(version))
        .select((rules::name, rule_versions::number))
        .first(conn)
        .await
        .optional()
}

pub(super) async fn rule_has_one(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    rule: RuleId,
) -> QueryResult<bool> {
    let open = suspensions::table
        .filter(suspensions::account_id.eq(account).and(suspensions::rule_id.eq(rule)))
        .filter(suspensions::ended_at.is_null());
    diesel::select(exists(open)).get_result(conn).await
}

/// Accounts with a suspension that has expired and was not ended.
pub(super) async fn with_expired(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<AccountId>> {
    suspensions::table
        .filter(suspensions::ended_at.is_null().and(suspensions::expires_at.le(now)))
        .select(suspensions::account_id)
        .distinct()
        .limit(1000)
        .load(conn)
        .await
}

pub(super) async fn expired_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SuspensionId>> {
    suspensions::table
        .filter(suspensions::account_id.eq(account))
        .filter(suspensions::ended_at.is_null().and(suspensions::expires_at.le(now)))
        .order(suspensions::id)
        .select(suspensions::id)
        .load(conn)
        .await
}

/// Empties what suspensions that began by `cutoff` were shown by. Answers how many there were.
pub(super) async fn empty_evidence(
    conn: &mut AsyncPgConnection,
    cutoff: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let old = suspensions::began_at.le(cutoff).and(suspensions::appeal_until.le(now));
    // Whoever still decides about one decides by what was measured.
    let open =
        appeals::table.filter(appeals::suspension_id.eq(suspensions::id).and(appeals::outcome.is_null()));
    let old = old.and(suspensions::evidence_emptied_at.is_null()).and(diesel::dsl::not(exists(open)));
    diesel::update(suspensions::table.filter(old))
        .set((suspensions::evidence.eq(serde_json::json!({})), suspensions::evidence_emptied_at.eq(now)))
        .execute(conn)
        .await
}

/// Whether an open appeal was settled when a suspension ended.
pub(super) async fn settled_appeal(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<bool> {
    let moot = appeals::table.filter(appeals::suspension_id.eq(id).and(appeals::outcome.eq("moot")));
    diesel::select(exists(moot)).get_result(conn).await
}

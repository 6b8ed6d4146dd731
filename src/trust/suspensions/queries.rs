//! Rows of suspensions.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::evidence::Evidence;
use super::{APPEAL_MONTHS, Change, Decider, Decision, Level, Reason, Ruling};
use crate::platform::db::schema::{
    account_members, accounts, appeals, people, receipts, rule_versions, rules, suspension_notices,
    suspension_steps, suspensions,
};
use crate::platform::ids::{
    AccountId, AppealId, EvaluationId, MessageId, PersonId, ReceiptId, RuleId, RuleVersionId, SuspensionId,
    new_uuid,
};
use crate::platform::web::pagination::{Window, windowed};

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

/// Something that became of a suspension.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = suspension_steps, check_for_backend(diesel::pg::Pg))]
pub struct Step {
    /// `began`, `upheld`, `shortened`, `lifted` or `expired`.
    pub step: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `rule`, `staff` or `system`.
    pub actor_kind: String,
    /// Who, of our staff.
    pub actor_id: Option<Uuid>,
    /// Why, as the customer reads it.
    pub words: Option<String>,
    /// The new end of one that was shortened.
    pub until: Option<DateTime<Utc>>,
    /// The appeal that led to it.
    pub appeal_id: Option<Uuid>,
}

/// A step to be taken.
pub(super) struct NewStep<'a> {
    step: &'static str,
    actor_kind: &'static str,
    actor: Option<PersonId>,
    words: Option<&'a str>,
    until: Option<DateTime<Utc>>,
    appeal: Option<AppealId>,
    seen: Option<i32>,
}

impl<'a> NewStep<'a> {
    fn new(step: &'static str, actor_kind: &'static str, actor: Option<PersonId>) -> Self {
        Self { step, actor_kind, actor, words: None, until: None, appeal: None, seen: None }
    }

    pub fn began(by: Decider) -> Self {
        let actor = by.staff();
        Self::new("began", if actor.is_some() { "staff" } else { "rule" }, actor)
    }

    pub fn expired() -> Self {
        Self::new("expired", "system", None)
    }

    pub fn ruling(ruling: &Ruling<'a>) -> Self {
        let (step, until) = match ruling.change {
            Change::Upheld => ("upheld", None),
            Change::Shortened(until) => ("shortened", Some(until)),
            Change::Lifted => ("lifted", None),
        };
        let (words, appeal, seen) = (Some(ruling.words), ruling.appeal, ruling.seen);
        Self { words, until, appeal, seen, ..Self::new(step, "staff", Some(ruling.by)) }
    }
}

pub(super) async fn take(
    conn: &mut AsyncPgConnection,
    id: SuspensionId,
    step: &NewStep<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use suspension_steps as s;
    diesel::insert_into(s::table)
        .values((
            s::id.eq(new_uuid(now)),
            s::suspension_id.eq(id),
            // The database counts.
            s::seq.eq(0),
            s::step.eq(step.step),
            s::at.eq(now),
            s::actor_kind.eq(step.actor_kind),
            s::actor_id.eq(step.actor.map(|id| id.0)),
            s::words.eq(step.words),
            s::until.eq(step.until),
            s::appeal_id.eq(step.appeal.map(|id| id.0)),
            s::seen_version.eq(step.seen),
        ))
        .execute(conn)
        .await
        .map(drop)
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

/// What became of a suspension, the first step first.
///
/// # Errors
/// What the database says.
pub async fn steps(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<Vec<Step>> {
    suspension_steps::table
        .filter(suspension_steps::suspension_id.eq(id))
        .order(suspension_steps::seq)
        .select(Step::as_select())
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

pub(super) async fn owner_of(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<PersonId> {
    accounts::table.find(id).select(accounts::owner_id).first(conn).await
}

/// Everybody who is told, the owner first: id, name and address.
pub(crate) async fn readers(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    owner: PersonId,
) -> QueryResult<Vec<(PersonId, String, String)>> {
    let members = account_members::table
        .filter(account_members::account_id.eq(account))
        .select(account_members::person_id);
    people::table
        .filter(people::id.eq(owner).or(people::id.eq_any(members)))
        .order((people::id.ne(owner), people::id))
        .select((people::id, people::name, people::email))
        .load(conn)
        .await
}

pub(super) async fn note_notice(
    conn: &mut AsyncPgConnection,
    id: SuspensionId,
    person: PersonId,
    message: MessageId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(suspension_notices::table)
        .values((
            suspension_notices::suspension_id.eq(id),
            suspension_notices::person_id.eq(person),
            suspension_notices::message_id.eq(message.0),
            suspension_notices::told_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
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

/// A page of the suspensions of an account.
pub(super) async fn page_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Suspension>> {
    let rows = suspensions::table.select(Suspension::as_select());
    windowed!(rows, suspensions::id, window).filter(suspensions::account_id.eq(account)).load(conn).await
}

/// Which suspensions are listed; values come from the filters and hold nothing that somebody typed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// `ended`, `all`, or empty for those in force.
    pub view: &'static str,
    /// A level, or empty.
    pub level: &'static str,
    /// A reason, or empty.
    pub reason: &'static str,
    /// `rule`, `staff`, or empty.
    pub by: &'static str,
}

/// A page of all suspensions.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    wanted: &Wanted,
    window: Window,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Suspension>> {
    let rows = suspensions::table.select(Suspension::as_select());
    let mut rows = windowed!(rows, suspensions::id, window);
    rows = match wanted.view {
        "ended" => rows.filter(suspensions::ended_at.is_not_null()),
        "all" => rows,
        _ => rows.filter(
            suspensions::ended_at
                .is_null()
                .and(suspensions::expires_at.is_null().or(suspensions::expires_at.gt(now))),
        ),
    };
    if !wanted.level.is_empty() {
        rows = rows.filter(suspensions::level.eq(wanted.level));
    }
    if !wanted.reason.is_empty() {
        rows = rows.filter(suspensions::reason_code.eq(wanted.reason));
    }
    if !wanted.by.is_empty() {
        rows = rows.filter(suspensions::decided_by_kind.eq(wanted.by));
    }
    rows.load(conn).await
}

/// The receipt that somebody has of the beginning of a suspension, as long as receipts are kept.
pub(super) async fn receipt_of(
    conn: &mut AsyncPgConnection,
    suspension: &Suspension,
    person: PersonId,
) -> QueryResult<Option<ReceiptId>> {
    let of = receipts::person_id.eq(person).and(receipts::account_id.eq(suspension.account));
    receipts::table
        .filter(of.and(receipts::kind.eq("suspension_began")))
        .filter(receipts::issued_at.eq(suspension.began_at))
        .order(receipts::id.desc())
        .select(receipts::id)
        .first(conn)
        .await
        .optional()
}

/// How many people are told of what happens in an account.
pub(super) async fn count_readers(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<i64> {
    let owner = owner_of(conn, account).await?;
    Ok(i64::try_from(readers(conn, account, owner).await?.len()).unwrap_or(i64::MAX))
}

/// How many people were told that a suspension began.
pub(super) async fn count_notices(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<i64> {
    suspension_notices::table.filter(suspension_notices::suspension_id.eq(id)).count().get_result(conn).await
}

/// Who stands behind a suspension and so never decides an appeal against it.
pub(crate) async fn parties(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<Vec<PersonId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: PersonId,
    }
    let rows: Vec<Row> = diesel::sql_query("SELECT id FROM suspension_parties($1) AS id")
        .bind::<diesel::sql_types::Uuid, _>(id)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Whether somebody owns an account or is a member of it.
pub(crate) async fn is_in(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
) -> QueryResult<bool> {
    let member = account_members::table
        .filter(account_members::account_id.eq(account).and(account_members::person_id.eq(person)));
    let owner = accounts::table.find(account).filter(accounts::owner_id.eq(person));
    diesel::select(exists(member).or(exists(owner))).get_result(conn).await
}

/// Whether an open appeal was settled when a suspension ended.
pub(super) async fn settled_appeal(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<bool> {
    let moot = appeals::table.filter(appeals::suspension_id.eq(id).and(appeals::outcome.eq("moot")));
    diesel::select(exists(moot)).get_result(conn).await
}

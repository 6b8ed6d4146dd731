//! The SQL of alerts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::WITHIN;
use crate::platform::db::schema::{accounts, rule_alerts, rule_versions, rules};
use crate::platform::ids::{AccountId, AlertId, EvaluationId, PersonId, RuleId, RuleVersionId, SuspensionId};
use crate::platform::web::pagination::Window;
use crate::staff::desk::{Place, Queue, claims};

/// An alert as it is stored, with what its rule is called.
#[derive(Clone, Debug, Queryable)]
pub struct Alert {
    /// SID.
    pub id: AlertId,
    /// Which rule asks.
    pub rule: RuleId,
    /// As it stood.
    pub version: RuleVersionId,
    /// What it was computed from, as long as that is kept.
    pub evaluation: Option<EvaluationId>,
    /// About which account.
    pub account: AccountId,
    /// When.
    pub raised_at: DateTime<Utc>,
    /// Somebody looks at it by then.
    pub due_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// By whom.
    pub decided_by: Option<PersonId>,
    /// `agreed`, `dismissed` or `moot`.
    pub outcome: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What it led to.
    pub suspension: Option<SuspensionId>,
    /// Name of the rule.
    pub name: String,
    /// Number of the version.
    pub number: i32,
}

macro_rules! alert {
    () => {
        (
            rule_alerts::id,
            rule_alerts::rule_id,
            rule_alerts::version_id,
            rule_alerts::evaluation_id,
            rule_alerts::account_id,
            rule_alerts::raised_at,
            rule_alerts::due_at,
            rule_alerts::decided_at,
            rule_alerts::decided_by,
            rule_alerts::outcome,
            rule_alerts::reason,
            rule_alerts::suspension_id,
            rules::name,
            rule_versions::number,
        )
    };
}

/// Raises an alert, inside the caller's transaction. Answers whether it did: not where one of the rule waits already.
pub(in crate::trust) async fn raise(
    conn: &mut AsyncPgConnection,
    of: (RuleId, RuleVersionId, EvaluationId),
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let rows = diesel::insert_into(rule_alerts::table)
        .values((
            rule_alerts::id.eq(AlertId::new(now)),
            rule_alerts::rule_id.eq(of.0),
            rule_alerts::version_id.eq(of.1),
            rule_alerts::evaluation_id.eq(of.2),
            rule_alerts::account_id.eq(account),
            rule_alerts::raised_at.eq(now),
            rule_alerts::due_at.eq(now + WITHIN),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(rows > 0)
}

/// Whether an alert of a rule about an account waits.
pub(in crate::trust) async fn waits(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    account: AccountId,
) -> QueryResult<bool> {
    let open = rule_alerts::table
        .filter(rule_alerts::rule_id.eq(rule).and(rule_alerts::account_id.eq(account)))
        .filter(rule_alerts::outcome.is_null());
    diesel::select(diesel::dsl::exists(open)).get_result(conn).await
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: AlertId) -> QueryResult<Alert> {
    rule_alerts::table
        .inner_join(rules::table)
        .inner_join(rule_versions::table)
        .filter(rule_alerts::id.eq(id))
        .select(alert!())
        .first(conn)
        .await
}

/// As [`find`], locked until the end of the transaction.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: AlertId) -> QueryResult<Alert> {
    rule_alerts::table.find(id).select(rule_alerts::id).for_update().first::<AlertId>(conn).await?;
    find(conn, id).await
}

pub(super) async fn agree(
    conn: &mut AsyncPgConnection,
    id: AlertId,
    by: PersonId,
    reason: &str,
    suspension: SuspensionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(rule_alerts::table.find(id))
        .set((
            rule_alerts::outcome.eq("agreed"),
            rule_alerts::decided_by.eq(by),
            rule_alerts::decided_at.eq(now),
            rule_alerts::reason.eq(reason),
            rule_alerts::suspension_id.eq(suspension),
        ))
        .execute(conn)
        .await
        .map(drop)
}

pub(super) async fn dismiss(
    conn: &mut AsyncPgConnection,
    id: AlertId,
    by: PersonId,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(rule_alerts::table.find(id))
        .set((
            rule_alerts::outcome.eq("dismissed"),
            rule_alerts::decided_by.eq(by),
            rule_alerts::decided_at.eq(now),
            rule_alerts::reason.eq(reason),
        ))
        .execute(conn)
        .await
        .map(drop)
}

pub(super) async fn moot(conn: &mut AsyncPgConnection, id: AlertId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(rule_alerts::table.find(id))
        .set((rule_alerts::outcome.eq("moot"), rule_alerts::decided_at.eq(now)))
        .execute(conn)
        .await
        .map(drop)
}

/// Ends what a rule asked about an account that it restricts by itself now.
pub(in crate::trust) async fn moot_of(
    conn: &mut AsyncPgConnection,
    rule: RuleId,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let open = rule_alerts::table
        .filter(rule_alerts::rule_id.eq(rule).and(rule_alerts::account_id.eq(account)))
        .filter(rule_alerts::outcome.is_null());
    diesel::update(open)
        .set((rule_alerts::outcome.eq("moot"), rule_alerts::decided_at.eq(now)))
        .execute(conn)
        .await
        .map(drop)
}

/// Which alerts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Waiting,
    Mine,
    Late,
    Closed,
    All,
}

impl Which {
    pub fn parse(text: &str) -> Self {
        match text {
            "mine" => Self::Mine,
            "late" => Self::Late,
            "closed" => Self::Closed,
            "all" => Self::All,
            _ => Self::Waiting,
        }
    }
}

/// What the queue is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    pub which: Which,
    pub staff: PersonId,
}

impl Alert {
    /// Its place in the queue.
    pub(super) fn place(&self) -> Place {
        Place { at: self.due_at, id: self.id.0 }
    }
}

/// Alerts, due first; `before` and `after` as pages of the desk have them: the page after a place is the later one.
pub(super) async fn queue(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    window: Window<Place>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Alert>> {
    let mut query = rule_alerts::table
        .inner_join(rules::table)
        .inner_join(rule_versions::table)
        .select(alert!())
        .limit(window.limit)
        .into_boxed();
    query = match filter.which {
        Which::Waiting => query.filter(rule_alerts::outcome.is_null()),
        Which::Late => query.filter(rule_alerts::outcome.is_null().and(rule_alerts::due_at.le(now))),
        Which::Closed => query.filter(rule_alerts::outcome.is_not_null()),
        Which::All => query,
        Which::Mine => {
            let mine = claims::items_of(conn, Queue::Alerts, filter.staff, now).await?;
            query.filter(rule_alerts::id.eq_any(mine.into_iter().map(AlertId).collect::<Vec<_>>()))
        }
    };
    query = match (window.before, window.after) {
        (_, Some(place)) => query
            .filter(
                rule_alerts::due_at
                    .le(place.at)
                    .and(rule_alerts::due_at.lt(place.at).or(rule_alerts::id.lt(AlertId(place.id)))),
            )
            .order((rule_alerts::due_at.desc(), rule_alerts::id.desc())),
        (Some(place), None) => query
            .filter(
                rule_alerts::due_at
                    .ge(place.at)
                    .and(rule_alerts::due_at.gt(place.at).or(rule_alerts::id.gt(AlertId(place.id)))),
            )
            .order((rule_alerts::due_at, rule_alerts::id)),
        (None, None) => query.order((rule_alerts::due_at, rule_alerts::id)),
    };
    query.load(conn).await
}

/// What an account is called.
pub(super) async fn account_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
) -> QueryResult<(String, PersonId)> {
    accounts::table.find(account).select((accounts::name, accounts::owner_id)).first(conn).await
}

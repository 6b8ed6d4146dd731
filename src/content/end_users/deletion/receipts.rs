//! Receipts of deletions: when, by what the person was known, how much went, and where the deletion has to arrive.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Tally;
use crate::content::end_users::{Act, Identifier};
use crate::content::person_keys::IdentifierKind;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{content_deletion_steps as steps, content_deletions as deletions};
use crate::platform::ids::{AccountId, DeletionId};
use crate::platform::web::pagination::{Window, windowed};
use crate::retention::rules;

/// A deletion has arrived everywhere after so long (S110).
pub const ARRIVES_WITHIN: Duration = Duration::days(30);
// The last backup from before is gone by then.
const _: () = assert!(rules::BACKUPS.period.length().num_minutes() <= ARRIVES_WITHIN.num_minutes());
/// What is done in the transaction itself.
const AT_ONCE: [&str; 3] = ["tables", "search", "answers"];
/// What is done when the last backup from before is written over.
pub(super) const BACKUPS: &str = "backups";

/// The receipt of a deletion.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = deletions, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Receipt {
    pub id: DeletionId,
    identifier_kind: String,
    pub claims: i64,
    pub parties: i64,
    pub communications: i64,
    pub bodies: i64,
    pub instructed_by_kind: String,
    pub instructed_at: DateTime<Utc>,
}

impl Receipt {
    /// By what the person was known.
    pub(crate) fn kind(&self) -> IdentifierKind {
        IdentifierKind::parse(&self.identifier_kind).expect("the database keeps to the kinds")
    }
}

/// Where a deletion has to arrive.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = steps, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Step {
    pub step: String,
    pub due_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
}

/// What a step is called, on pages and in mail.
pub(crate) fn place(step: &str) -> &'static str {
    match step {
        "tables" => "Tables of the portal",
        "search" => "Search",
        "answers" => "Answers kept to be given again",
        _ => "Copies in backups",
    }
}

/// Writes a receipt: everything but the backups is done at once.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    act: &Act,
    who: &Identifier,
    tally: Tally,
) -> QueryResult<Receipt> {
    let id = DeletionId::new(act.now);
    let receipt = diesel::insert_into(deletions::table)
        .values((
            deletions::id.eq(id),
            deletions::account_id.eq(act.account),
            deletions::identifier_kind.eq(who.kind.as_str()),
            deletions::identifier_digest.eq(who.digest(keys, act.account)),
            deletions::claims.eq(tally.claims),
            deletions::parties.eq(tally.parties),
            deletions::communications.eq(tally.communications),
            deletions::bodies.eq(tally.bodies),
            deletions::instructed_by_kind.eq(act.actor_kind()),
            deletions::instructed_by.eq(act.actor_id()),
            deletions::instructed_at.eq(act.now),
        ))
        .returning(Receipt::as_returning())
        .get_result(conn)
        .await?;
    let step = |name: &'static str, done_at: Option<DateTime<Utc>>| {
        (
            steps::deletion_id.eq(id),
            steps::step.eq(name),
            steps::due_at.eq(act.now + ARRIVES_WITHIN),
            steps::done_at.eq(done_at),
        )
    };
    let mut rows: Vec<_> = AT_ONCE.iter().map(|name| step(name, Some(act.now))).collect();
    rows.push(step(BACKUPS, None));
    diesel::insert_into(steps::table).values(rows).execute(conn).await?;
    Ok(receipt)
}

/// A receipt of an account.
///
/// # Errors
/// What the database says; `NotFound`.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: DeletionId,
) -> QueryResult<Receipt> {
    deletions::table
        .filter(deletions::account_id.eq(account).and(deletions::id.eq(id)))
        .select(Receipt::as_select())
        .first(conn)
        .await
}

/// The steps of a deletion, those that are done first.
///
/// # Errors
/// What the database says.
pub(crate) async fn steps(conn: &mut AsyncPgConnection, id: DeletionId) -> QueryResult<Vec<Step>> {
    steps::table
        .filter(steps::deletion_id.eq(id))
        .order((steps::done_at.asc().nulls_last(), steps::step.desc()))
        .select(Step::as_select())
        .load(conn)
        .await
}

/// As [`steps`], for several receipts, in their order.
///
/// # Errors
/// What the database says.
pub(crate) async fn steps_of(
    conn: &mut AsyncPgConnection,
    receipts: &[Receipt],
) -> QueryResult<Vec<Vec<Step>>> {
    let ids: Vec<DeletionId> = receipts.iter().map(|receipt| receipt.id).collect();
    let all: Vec<(DeletionId, Step)> = steps::table
        .filter(steps::deletion_id.eq_any(&ids))
        .order((steps::done_at.asc().nulls_last(), steps::step.desc()))
        .select((steps::deletion_id, Step::as_select()))
        .load(conn)
        .await?;
    let of = |id: &DeletionId| all.iter().filter(|(of, _)| of == id).map(|(_, step)| step.clone()).collect();
    Ok(ids.iter().map(of).collect())
}

/// Receipts of an account, newest first; with `after` oldest first.
///
/// # Errors
/// What the database says.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Receipt>> {
    let all = deletions::table.filter(deletions::account_id.eq(account)).select(Receipt::as_select());
    windowed!(all, deletions::id, window).load(conn).await
}

/// The last few deletions of this person, newest first.
///
/// # Errors
/// What the database says.
pub(crate) async fn of(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
) -> QueryResult<Vec<Receipt>> {
    deletions::table
        .filter(deletions::account_id.eq(account))
        .filter(deletions::identifier_digest.eq(who.digest(keys, account)))
        .order(deletions::id.desc())
        .limit(5)
        .select(Receipt::as_select())
        .load(conn)
        .await
}

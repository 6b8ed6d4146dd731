//! Rows of appeals.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::due;
use crate::platform::db::schema::{appeal_messages, appeals};
use crate::platform::ids::{AccountId, AppealId, PersonId, SuspensionId, new_uuid};
use crate::trust::suspensions::Suspension;

/// An appeal.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = appeals, check_for_backend(diesel::pg::Pg))]
pub struct Appeal {
    /// SID.
    pub id: AppealId,
    /// Against which suspension.
    #[diesel(column_name = suspension_id)]
    pub suspension: SuspensionId,
    /// Of which account.
    #[diesel(column_name = account_id)]
    pub account: AccountId,
    /// 1, or 2 for the second, which is final.
    pub round: i32,
    /// The owner who filed it; nobody once they are erased.
    pub filed_by: Option<PersonId>,
    /// What they say.
    pub words: String,
    /// When it came in.
    pub filed_at: DateTime<Utc>,
    /// By when a first answer is aimed at.
    pub due_at: DateTime<Utc>,
    /// When our staff wrote or decided first.
    pub first_answered_at: Option<DateTime<Utc>>,
    /// `upheld`, `shortened`, `lifted`, `withdrawn` or `moot`; nothing while it is open.
    pub outcome: Option<String>,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// When it ended.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, as the customer reads it.
    pub decision_words: Option<String>,
    /// Counts what happened.
    pub version: i32,
}

impl Appeal {
    /// Whether it waits for a decision.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// Whether a person decided, and not as it was asked for.
    pub fn was_turned_down(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("upheld" | "shortened"))
    }

    /// Kind of the badge, and what came of it in a word or two.
    pub fn badge(&self) -> (&'static str, &'static str) {
        match self.outcome.as_deref() {
            None => ("info", "Open"),
            Some("lifted") => ("success", "Granted: lifted"),
            Some("shortened") => ("info", "Granted in part: shortened"),
            Some("upheld") => ("warning", "Not granted"),
            Some("withdrawn") => ("", "Withdrawn"),
            Some(_) => ("", "Settled: the suspension ended"),
        }
    }

    /// What it is called.
    pub fn title(&self) -> &'static str {
        if self.round == 1 { "Appeal" } else { "Second appeal" }
    }

    /// Its page for the owner.
    pub fn path(&self) -> String {
        format!("/accounts/{}/suspensions/{}/appeal", self.account, self.suspension)
    }
}

/// A message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = appeal_messages, check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// Names it.
    pub id: Uuid,
    /// Of which appeal.
    #[diesel(column_name = appeal_id)]
    pub appeal: AppealId,
    /// `customer` or `staff`.
    pub author_kind: String,
    /// Who exactly.
    pub author_id: Uuid,
    /// What.
    pub body: String,
    /// When.
    pub sent_at: DateTime<Utc>,
}

/// An appeal by its id.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn find(conn: &mut AsyncPgConnection, id: AppealId) -> QueryResult<Appeal> {
    appeals::table.find(id).select(Appeal::as_select()).first(conn).await
}

/// The appeals against a suspension, the latest first. Of many, withdrawn ones are left out before any that was decided.
///
/// # Errors
/// What the database says.
pub async fn of_suspension(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<Vec<Appeal>> {
    appeals::table
        .filter(appeals::suspension_id.eq(id))
        .order((appeals::outcome.is_not_distinct_from("withdrawn"), appeals::id.desc()))
        .limit(50)
        .select(Appeal::as_select())
        .load::<Appeal>(conn)
        .await
        .map(|mut all| {
            all.sort_by_key(|appeal| std::cmp::Reverse(appeal.id.0));
            all
        })
}

/// What was written about an appeal, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn messages(conn: &mut AsyncPgConnection, id: AppealId) -> QueryResult<Vec<Message>> {
    appeal_messages::table
        .filter(appeal_messages::appeal_id.eq(id))
        .order(appeal_messages::id)
        .select(Message::as_select())
        .load(conn)
        .await
}

pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    id: AppealId,
    suspension: &Suspension,
    by: PersonId,
    words: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(appeals::table)
        .values((
            appeals::id.eq(id),
            appeals::suspension_id.eq(suspension.id),
            appeals::account_id.eq(suspension.account),
            // The database counts.
            appeals::round.eq(1),
            appeals::filed_by.eq(by),
            appeals::words.eq(words),
            appeals::filed_at.eq(now),
            appeals::due_at.eq(due(now)),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Writes a message inside the caller's transaction, and answers its id. The database refuses one about a closed appeal.
pub(crate) async fn insert_message(
    conn: &mut AsyncPgConnection,
    id: AppealId,
    (author_kind, author): (&'static str, PersonId),
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let message = new_uuid(now);
    diesel::insert_into(appeal_messages::table)
        .values((
            appeal_messages::id.eq(message),
            appeal_messages::appeal_id.eq(id),
            appeal_messages::author_kind.eq(author_kind),
            appeal_messages::author_id.eq(author.0),
            appeal_messages::body.eq(body),
            appeal_messages::sent_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(message)
}

/// Closes an appeal that its owner takes back. The database refuses one that is closed.
pub(super) async fn withdraw(
    conn: &mut AsyncPgConnection,
    id: AppealId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(appeals::table.find(id))
        .set((
            appeals::outcome.eq("withdrawn"),
            appeals::decided_at.eq(now),
            appeals::version.eq(appeals::version + 1),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// A decision to be written down.
pub(crate) struct Decided<'a> {
    pub outcome: &'static str,
    pub by: PersonId,
    pub words: &'a str,
    pub seen: i32,
}

/// Writes a decision down, if nothing happened since the version that was seen. Answers whether it did.
pub(crate) async fn decide(
    conn: &mut AsyncPgConnection,
    id: AppealId,
    decided: &Decided<'_>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let seen = appeals::version.eq(decided.seen).and(appeals::outcome.is_null());
    let changed = diesel::update(appeals::table.find(id).filter(seen))
        .set((
            appeals::outcome.eq(decided.outcome),
            appeals::decided_by.eq(decided.by),
            appeals::decided_at.eq(now),
            appeals::decision_words.eq(decided.words),
            appeals::version.eq(appeals::version + 1),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

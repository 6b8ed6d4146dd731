//! Whom a suspension concerns: the owner and the members who are told, and those who stand behind it.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Suspension;
use crate::accounts::readers::everybody;
use crate::platform::db::schema::{account_members, accounts, receipts, suspension_notices};
use crate::platform::ids::{AccountId, MessageId, PersonId, ReceiptId, SuspensionId};

pub(in crate::trust::suspensions) async fn owner_of(
    conn: &mut AsyncPgConnection,
    id: AccountId,
) -> QueryResult<PersonId> {
    accounts::table.find(id).select(accounts::owner_id).first(conn).await
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

pub(in crate::trust::suspensions) async fn note_notice(
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

/// How many people are told of what happens in an account.
pub(in crate::trust::suspensions) async fn count_readers(
    conn: &mut AsyncPgConnection,
    account: AccountId,
) -> QueryResult<i64> {
    let owner = owner_of(conn, account).await?;
    Ok(i64::try_from(everybody(conn, account, owner).await?.len()).unwrap_or(i64::MAX))
}

/// How many people were told that a suspension began.
pub(in crate::trust::suspensions) async fn count_notices(
    conn: &mut AsyncPgConnection,
    id: SuspensionId,
) -> QueryResult<i64> {
    suspension_notices::table.filter(suspension_notices::suspension_id.eq(id)).count().get_result(conn).await
}

/// The receipt that somebody has of the beginning of a suspension, as long as receipts are kept.
pub(in crate::trust::suspensions) async fn receipt_of(
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

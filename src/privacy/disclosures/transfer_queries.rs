//! SQL of who is told of a business transfer. That of the disclosures is in `queries.rs`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::kinds::{RecipientKind, State};
use super::record::Disclosure;
use crate::platform::db::schema::{disclosures, transfer_notices};
use crate::platform::ids::{DisclosureId, PersonId};

/// Transfers that are approved and not over yet.
pub(super) async fn ahead(conn: &mut AsyncPgConnection) -> QueryResult<Vec<DisclosureId>> {
    disclosures::table
        .filter(disclosures::closed_at.is_null().and(disclosures::state.eq(State::Approved.as_str())))
        .filter(disclosures::recipient_kind.eq(RecipientKind::Transfer.as_str()))
        .order(disclosures::id)
        .select(disclosures::id)
        .load(conn)
        .await
}

/// Transfers that do not come about, of which somebody was told and does not know that yet.
pub(super) async fn called_off(conn: &mut AsyncPgConnection) -> QueryResult<Vec<DisclosureId>> {
    let unaware = transfer_notices::table
        .filter(transfer_notices::told_at.is_not_null().and(transfer_notices::called_off_at.is_null()))
        .select(transfer_notices::disclosure_id);
    disclosures::table
        .filter(disclosures::state.eq_any([State::Refused.as_str(), State::Withdrawn.as_str()]))
        .filter(disclosures::recipient_kind.eq(RecipientKind::Transfer.as_str()))
        .filter(disclosures::id.eq_any(unaware))
        .order(disclosures::id)
        .select(disclosures::id)
        .load(conn)
        .await
}

/// A transfer, which does not change until the end of the transaction.
pub(super) async fn share(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<Option<Disclosure>> {
    disclosures::table
        .find(id)
        .filter(disclosures::recipient_kind.eq(RecipientKind::Transfer.as_str()))
        .select(Disclosure::as_select())
        .for_share()
        .first(conn)
        .await
        .optional()
}

/// Lists everybody who owns an account now and is not listed yet, in one statement. Answers how many are still to be told.
pub(super) async fn list_owners(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<i64> {
    diesel::sql_query(
        "INSERT INTO transfer_notices (disclosure_id, person_id) \
         SELECT d.id, a.owner_id FROM disclosures d CROSS JOIN (SELECT DISTINCT owner_id FROM accounts) a \
         WHERE d.id = $1 AND d.recipient_kind = 'transfer' ORDER BY a.owner_id ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(id)
    .execute(conn)
    .await?;
    let untold = transfer_notices::table
        .filter(transfer_notices::disclosure_id.eq(id).and(transfer_notices::told_at.is_null()));
    untold.count().get_result(conn).await
}

/// How many were told of a transfer, and are to be told that it does not come about.
pub(super) async fn unaware(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<i64> {
    transfer_notices::table
        .filter(transfer_notices::disclosure_id.eq(id))
        .filter(transfer_notices::told_at.is_not_null().and(transfer_notices::called_off_at.is_null()))
        .count()
        .get_result(conn)
        .await
}

/// What somebody is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// That a transfer is to come.
    Ahead,
    /// That it does not come about.
    CalledOff,
}

impl News {
    /// Whose notices wait for it, in SQL.
    fn condition(self) -> &'static str {
        match self {
            Self::Ahead => "n.told_at IS NULL",
            Self::CalledOff => "n.told_at IS NOT NULL AND n.called_off_at IS NULL",
        }
    }
}

/// Somebody who is to be told.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Owner {
    #[diesel(sql_type = SqlUuid)]
    pub id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// Some who are to be told this, whom nobody else takes until the end of the transaction.
pub(super) async fn lock_untold(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    news: News,
    limit: i64,
) -> QueryResult<Vec<Owner>> {
    diesel::sql_query(format!(
        "SELECT p.id, p.name, p.email::text AS email FROM transfer_notices n JOIN people p ON p.id = n.person_id \
         WHERE n.disclosure_id = $1 AND {} ORDER BY n.person_id LIMIT $2 FOR UPDATE OF n SKIP LOCKED",
        news.condition()
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Notes that they are told this, in one statement.
pub(super) async fn mark_told(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    news: News,
    people: &[PersonId],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let theirs = transfer_notices::table
        .filter(transfer_notices::disclosure_id.eq(id).and(transfer_notices::person_id.eq_any(people)));
    let updated = match news {
        News::Ahead => diesel::update(theirs).set(transfer_notices::told_at.eq(now)).execute(conn).await,
        News::CalledOff => {
            diesel::update(theirs).set(transfer_notices::called_off_at.eq(now)).execute(conn).await
        }
    };
    updated.map(drop)
}

/// How far the telling of a transfer has come.
#[derive(Clone, Copy, Debug, Queryable)]
pub(super) struct Progress {
    /// How many there are to tell.
    pub owners: i64,
    /// How many of them are told of it.
    pub told: i64,
    /// How many of these are told that it does not come about.
    pub told_of_its_end: i64,
}

pub(super) async fn progress(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<Progress> {
    use diesel::dsl::{count, count_star};
    let told_of_its_end = count(transfer_notices::called_off_at);
    transfer_notices::table
        .filter(transfer_notices::disclosure_id.eq(id))
        .select((count_star(), count(transfer_notices::told_at), told_of_its_end))
        .first(conn)
        .await
}

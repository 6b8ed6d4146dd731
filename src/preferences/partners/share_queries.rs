//! SQL of shares: who gets into one, what is in its file, and of what a partner is still to be told.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::consents::Shared;
use super::shares::Share;
use crate::platform::db::schema::partner_shares;
use crate::platform::ids::{ContactId, PartnerId, PersonId, ShareId};
use crate::platform::web::pagination::{Window, windowed};

/// Rows of shares that a partner is still to be told of: their yes does not stand any more. `$1` is the partner. A new yes is
/// for the next share, so that it does not stand for a row of an earlier one.
const UNTOLD: &str = "FROM partner_share_contacts r WHERE r.partner_id = $1 AND r.told_at IS NULL AND NOT EXISTS ( \
     SELECT FROM shareable_contacts($1) s WHERE s.contact_id = r.contact_id AND s.decision_id = r.decision_id)";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// With which partners the address of a contact was shared, the latest first.
pub(super) async fn shared(conn: &mut AsyncPgConnection, contact: ContactId) -> QueryResult<Vec<Shared>> {
    diesel::sql_query(
        "SELECT p.name, max(r.shared_at) AS last, count(*) AS times FROM partner_share_contacts r \
         JOIN partners p ON p.id = r.partner_id WHERE r.contact_id = $1 GROUP BY p.id, p.name ORDER BY last DESC, p.id",
    )
    .bind::<SqlUuid, _>(contact)
    .load(conn)
    .await
}

/// How many could be handed to a partner now.
pub(super) async fn count_shareable(conn: &mut AsyncPgConnection, id: PartnerId) -> QueryResult<i64> {
    let counted: Count = diesel::sql_query("SELECT count(*) AS count FROM shareable_contacts($1)")
        .bind::<SqlUuid, _>(id)
        .get_result(conn)
        .await?;
    Ok(counted.count)
}

/// A share without anybody in it; answers whether it is new.
pub(super) async fn insert_share(
    conn: &mut AsyncPgConnection,
    share: ShareId,
    partner: PartnerId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let made = diesel::insert_into(partner_shares::table)
        .values((
            partner_shares::id.eq(share),
            partner_shares::partner_id.eq(partner),
            partner_shares::made_by.eq(by),
            partner_shares::made_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(made > 0)
}

/// Puts everybody into a share who may be in it, in one statement, and answers how many. In the order of the contacts, whom it
/// locks: a decision that is being written is waited for, and whoever took their yes back by it is left out.
pub(super) async fn fill_share(
    conn: &mut AsyncPgConnection,
    share: ShareId,
    partner: PartnerId,
) -> QueryResult<i64> {
    let filled = diesel::sql_query(
        "WITH taken AS MATERIALIZED (SELECT c.id FROM contacts c JOIN contact_partners p ON p.contact_id = c.id \
             WHERE p.partner_id = $1 AND p.consented AND c.stopped_at IS NULL AND c.replaced_at IS NULL \
               AND c.id IN (SELECT contact_id FROM shareable_contacts($1)) \
             ORDER BY c.id FOR SHARE OF c, p) \
         INSERT INTO partner_share_contacts (id, share_id, contact_id) SELECT gen_random_uuid(), $2, id FROM taken",
    )
    .bind::<SqlUuid, _>(partner)
    .bind::<SqlUuid, _>(share)
    .execute(conn)
    .await?;
    let many = i64::try_from(filled).unwrap_or(i64::MAX);
    let it = partner_shares::table.find(share);
    if many == 0 {
        diesel::delete(it).execute(conn).await?;
    } else {
        diesel::update(it).set(partner_shares::contacts.eq(many)).execute(conn).await?;
    }
    Ok(many)
}

/// A window of the shares of a partner.
pub(super) async fn shares(
    conn: &mut AsyncPgConnection,
    partner: PartnerId,
    window: Window,
) -> QueryResult<Vec<Share>> {
    let rows =
        partner_shares::table.filter(partner_shares::partner_id.eq(partner)).select(Share::as_select());
    windowed!(rows, partner_shares::id, window).load(conn).await
}

/// A share of a partner.
pub(super) async fn find_share(
    conn: &mut AsyncPgConnection,
    partner: PartnerId,
    share: ShareId,
) -> QueryResult<Option<Share>> {
    let it = partner_shares::table.find(share).filter(partner_shares::partner_id.eq(partner));
    it.select(Share::as_select()).first(conn).await.optional()
}

/// A line of the list of a share.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Line {
    #[diesel(sql_type = SqlUuid)]
    pub reference: Uuid,
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// Lines of a share below a reference, as far as the yes that each went by stands now. A reference that the partner was told
/// to forget is over, also where the yes stands once more, as after a restriction is lifted: it would be told of it no second
/// time. The next share has a new one.
pub(super) async fn lines(
    conn: &mut AsyncPgConnection,
    partner: PartnerId,
    share: ShareId,
    below: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    diesel::sql_query(
        "SELECT r.id AS reference, c.email::text AS email FROM partner_share_contacts r \
         JOIN shareable_contacts($1) s ON s.contact_id = r.contact_id AND s.decision_id = r.decision_id \
         JOIN contacts c ON c.id = r.contact_id \
         WHERE r.share_id = $2 AND r.told_at IS NULL AND ($3 IS NULL OR r.id < $3) ORDER BY r.id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(partner)
    .bind::<SqlUuid, _>(share)
    .bind::<Nullable<SqlUuid>, _>(below)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// How many a partner is still to be told of.
pub(super) async fn count_untold(conn: &mut AsyncPgConnection, partner: PartnerId) -> QueryResult<i64> {
    let counted: Count = diesel::sql_query(format!("SELECT count(*) AS count {UNTOLD}"))
        .bind::<SqlUuid, _>(partner)
        .get_result(conn)
        .await?;
    Ok(counted.count)
}

/// A consent that ended, of which the partner is still to be told.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Ended {
    #[diesel(sql_type = SqlUuid)]
    pub reference: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub shared_at: DateTime<Utc>,
}

/// Those below a reference.
pub(super) async fn untold(
    conn: &mut AsyncPgConnection,
    partner: PartnerId,
    below: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Ended>> {
    diesel::sql_query(format!(
        "SELECT r.id AS reference, r.shared_at {UNTOLD} AND ($2 IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(partner)
    .bind::<Nullable<SqlUuid>, _>(below)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Notes of some that the partner is told, and answers their references. Two at once never take the same.
pub(super) async fn tell(
    conn: &mut AsyncPgConnection,
    partner: PartnerId,
    limit: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Uuid>> {
    let told: Vec<Reference> = diesel::sql_query(format!(
        "WITH next AS MATERIALIZED (SELECT r.id {UNTOLD} ORDER BY r.id LIMIT $2 FOR UPDATE OF r) \
         UPDATE partner_share_contacts t SET told_at = $3 FROM next WHERE t.id = next.id AND t.told_at IS NULL RETURNING t.id"
    ))
    .bind::<SqlUuid, _>(partner)
    .bind::<BigInt, _>(limit)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(told.into_iter().map(|row| row.id).collect())
}

//! SQL of partners, of what people decided about them, and of what they got.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::consents::{Asked, Decision, Shared};
use super::shares::Share;
use super::{Draft, Partner};
use crate::platform::db::schema::{contacts, partner_shares, partners, people};
use crate::platform::ids::{ContactId, PartnerId, PersonId, ShareId, new_uuid};
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
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    draft: &Draft,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<PartnerId> {
    let id = PartnerId::new(now);
    diesel::insert_into(partners::table)
        .values((
            partners::id.eq(id),
            partners::name.eq(&draft.name),
            partners::sends.eq(&draft.sends),
            partners::policy_url.eq(&draft.policy_url),
            partners::contact_email.eq(&draft.contact_email),
            partners::proposed_by.eq(by),
            partners::proposed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Publishes one that waits; answers whether it did.
pub(super) async fn approve(
    conn: &mut AsyncPgConnection,
    id: PartnerId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let waiting =
        partners::table.find(id).filter(partners::approved_at.is_null().and(partners::ended_at.is_null()));
    let done = diesel::update(waiting)
        .set((partners::approved_by.eq(Some(by)), partners::approved_at.eq(Some(now))))
        .execute(conn)
        .await?;
    Ok(done > 0)
}

/// Ends one that has not ended; answers whether it had not.
pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    id: PartnerId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let done = diesel::update(partners::table.find(id).filter(partners::ended_at.is_null()))
        .set((partners::ended_by.eq(Some(by)), partners::ended_at.eq(Some(now))))
        .execute(conn)
        .await?;
    Ok(done > 0)
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: PartnerId) -> QueryResult<Option<Partner>> {
    partners::table.find(id).select(Partner::as_select()).first(conn).await.optional()
}

/// The same, and nobody else changes it until the transaction ends.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: PartnerId) -> QueryResult<Partner> {
    partners::table.find(id).select(Partner::as_select()).for_update().first(conn).await
}

/// The same for several at once, among them people who decide about it.
pub(super) async fn share_lock(conn: &mut AsyncPgConnection, id: PartnerId) -> QueryResult<Partner> {
    partners::table.find(id).select(Partner::as_select()).for_share().first(conn).await
}

pub(super) async fn list(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Partner>> {
    windowed!(partners::table.select(Partner::as_select()), partners::id, window).load(conn).await
}

pub(super) async fn name_of(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Option<String>> {
    people::table.find(person).select(people::name).first(conn).await.optional()
}

/// Partners that people are asked about, by name, with what this contact decided.
pub(super) async fn asked(
    conn: &mut AsyncPgConnection,
    contact: Option<ContactId>,
) -> QueryResult<Vec<Asked>> {
    diesel::sql_query(
        "SELECT p.id, p.name, p.sends, p.policy_url, coalesce(c.consented, false) AS consented, d.decided_at \
         FROM partners p LEFT JOIN contact_partners c ON c.partner_id = p.id AND c.contact_id = $1 \
         LEFT JOIN partner_decisions d ON d.id = c.decision_id \
         WHERE p.approved_at IS NOT NULL AND p.ended_at IS NULL ORDER BY lower(p.name), p.id",
    )
    .bind::<Nullable<SqlUuid>, _>(contact)
    .load(conn)
    .await
}

/// Takes the row of a contact, and answers whether it may say yes to a partner now.
pub(super) async fn may_consent(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    partner: PartnerId,
) -> QueryResult<bool> {
    let locked = contacts::table.find(contact).select(contacts::id).for_update();
    if locked.first::<ContactId>(conn).await.optional()?.is_none() {
        return Ok(false);
    }
    let answer: Answer = diesel::sql_query("SELECT may_consent($1, $2) AS yes")
        .bind::<SqlUuid, _>(contact)
        .bind::<SqlUuid, _>(partner)
        .get_result(conn)
        .await?;
    Ok(answer.yes)
}

/// What a contact decided about a partner; nothing where it decided nothing.
pub(super) async fn has_consented(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    partner: PartnerId,
) -> QueryResult<bool> {
    let answer: Answer = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM contact_partners WHERE contact_id = $1 AND partner_id = $2 AND consented) AS yes",
    )
    .bind::<SqlUuid, _>(contact)
    .bind::<SqlUuid, _>(partner)
    .get_result(conn)
    .await?;
    Ok(answer.yes)
}

/// Whether the data of a person is under restriction.
pub(super) async fn is_restricted(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<bool> {
    let answer: Answer = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM processing_limits WHERE person_id = $1 AND what = 'restriction' AND lifted_at IS NULL) AS yes",
    )
    .bind::<SqlUuid, _>(person)
    .get_result(conn)
    .await?;
    Ok(answer.yes)
}

/// Whether Global Privacy Control is on record for a contact.
pub(super) async fn is_signalled(conn: &mut AsyncPgConnection, contact: ContactId) -> QueryResult<bool> {
    let answer: Answer = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM contact_topics WHERE contact_id = $1 AND topic = 'tracking' AND channel = 'web' AND NOT subscribed) AS yes",
    )
    .bind::<SqlUuid, _>(contact)
    .get_result(conn)
    .await?;
    Ok(answer.yes)
}

/// Writes a decision; the database makes the present state of it.
pub(super) async fn record(
    conn: &mut AsyncPgConnection,
    decision: &Decision<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, actor_id, via, wording, country) \
         VALUES ($1, $2, $3, $4, $5, 'person', $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(new_uuid(now))
    .bind::<SqlUuid, _>(decision.contact)
    .bind::<SqlUuid, _>(decision.partner)
    .bind::<Text, _>(if decision.yes { "consented" } else { "refused" })
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<SqlUuid>, _>(decision.person)
    .bind::<Text, _>(decision.via.as_str())
    .bind::<Text, _>(decision.wording)
    .bind::<Nullable<Text>, _>(decision.country)
    .execute(conn)
    .await
    .map(drop)
}

/// Ends every consent there is.
pub(super) async fn end_all(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::sql_query(
        "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
         SELECT gen_random_uuid(), p.contact_id, p.partner_id, 'refused', $1, 'system', 'import', \
             'A backup was restored, which may not know that this was taken back.' \
         FROM contact_partners p JOIN contacts c ON c.id = p.contact_id \
         WHERE p.consented AND c.replaced_at IS NULL ORDER BY p.contact_id",
    )
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
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
    let rows = partner_shares::table.filter(partner_shares::partner_id.eq(partner)).select(Share::as_select());
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

/// Lines of a share below a reference, as far as the yes that each went by stands now.
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
         WHERE r.share_id = $2 AND ($3 IS NULL OR r.id < $3) ORDER BY r.id DESC LIMIT $4",
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

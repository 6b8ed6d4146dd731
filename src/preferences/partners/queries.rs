//! SQL of partners, and of what people decided about them. That of shares is in `share_queries.rs`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::consents::{Asked, Decision};
use super::{Draft, Partner};
use crate::platform::db::schema::{contacts, partners, people};
use crate::platform::ids::{ContactId, PartnerId, PersonId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
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

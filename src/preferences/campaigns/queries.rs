//! SQL of campaigns at their desk. That of sending is in `sending/queries.rs`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Audience, Campaign, Counts, Draft, Moment, Step};
use crate::platform::db::schema::{campaign_states, campaigns, people};
use crate::platform::db::wait_at_most;
use crate::platform::ids::{CampaignId, PersonId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

/// Whoever is mailable and fits the audience: `$1` topic, `$2` now, `$3` state, `$4` country, `$5` company.
const AUDIENCE: &str = "FROM mailable_contacts($1, $2) m JOIN contacts k ON k.id = m.contact_id \
     WHERE ($3 IS NULL OR ($3 = 'customers') = (k.person_id IS NOT NULL)) AND ($4 IS NULL OR k.country = $4) \
       AND ($5 IS NULL OR position(lower($5) IN lower(coalesce(k.company, ''))) > 0)";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

pub(super) async fn count(
    conn: &mut AsyncPgConnection,
    topic: &str,
    audience: &Audience,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let counted: Count = diesel::sql_query(format!("SELECT count(*) AS count {AUDIENCE}"))
        .bind::<Text, _>(topic)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Text>, _>(&audience.state)
        .bind::<Nullable<Text>, _>(&audience.country)
        .bind::<Nullable<Text>, _>(&audience.company)
        .get_result(conn)
        .await?;
    Ok(counted.count)
}

/// An id that nobody guesses, beginning with the time and going up with the rows, so that what is sent one after the other
/// lies side by side: a UUID of version 7. `$2` is now.
const NEXT_ID: &str = "(lpad(to_hex((extract(epoch FROM $2) * 1000)::bigint + row_number() OVER (ORDER BY k.id) / 64), 12, '0') \
     || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid";

/// Longest wait for somebody else who is at the count of the recipients: the database's own upkeep gives way after a second.
const COUNTING: Duration = Duration::from_secs(3);

/// Makes a row for everybody, in one statement, and answers how many. In the order of the contacts, whom it locks: so it and
/// a change of address, which locks two of them, never wait for each other.
pub(super) async fn enqueue(
    conn: &mut AsyncPgConnection,
    campaign: &Campaign,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let audience = campaign.audience();
    diesel::sql_query(format!(
        "INSERT INTO campaign_recipients (id, campaign_id, contact_id) SELECT {NEXT_ID}, $6, k.id {AUDIENCE} \
         ORDER BY k.id ON CONFLICT DO NOTHING"
    ))
    .bind::<Text, _>(&campaign.topic)
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Text>, _>(&audience.state)
    .bind::<Nullable<Text>, _>(&audience.country)
    .bind::<Nullable<Text>, _>(&audience.company)
    .bind::<SqlUuid, _>(campaign.id)
    .execute(conn)
    .await
}

/// Has the database count the recipients, after many were made. Where it counted last when there were none, it would read the
/// whole queue anew for each few messages, until it counts by itself.
pub(super) async fn analyze(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.transaction(async |conn| {
        wait_at_most(conn, COUNTING).await?;
        diesel::sql_query("ANALYZE campaign_recipients").execute(conn).await.map(drop)
    })
    .await
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    draft: &Draft,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<CampaignId> {
    let id = CampaignId(new_uuid(now));
    diesel::insert_into(campaigns::table)
        .values((
            campaigns::id.eq(id),
            campaigns::name.eq(&draft.name),
            campaigns::topic.eq(draft.topic.as_str()),
            campaigns::subject.eq(&draft.subject),
            campaigns::body.eq(&draft.body),
            campaigns::audience_state.eq(&draft.audience.state),
            campaigns::audience_country.eq(&draft.audience.country),
            campaigns::audience_company.eq(&draft.audience.company),
            campaigns::created_at.eq(now),
            campaigns::created_by.eq(Some(by)),
            campaigns::changed_at.eq(now),
            campaigns::changed_by.eq(Some(by)),
        ))
        .execute(conn)
        .await?;
    note(conn, id, "draft", Some(by), None, now).await?;
    Ok(id)
}

/// Changes a draft; answers whether it still was one.
pub(super) async fn update(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    draft: &Draft,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(campaigns::table.find(id).filter(campaigns::state.eq("draft")))
        .set((
            campaigns::name.eq(&draft.name),
            campaigns::topic.eq(draft.topic.as_str()),
            campaigns::subject.eq(&draft.subject),
            campaigns::body.eq(&draft.body),
            campaigns::audience_state.eq(&draft.audience.state),
            campaigns::audience_country.eq(&draft.audience.country),
            campaigns::audience_company.eq(&draft.audience.company),
            campaigns::changed_at.eq(now),
            campaigns::changed_by.eq(Some(by)),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: CampaignId) -> QueryResult<Option<Campaign>> {
    campaigns::table.find(id).select(Campaign::as_select()).first(conn).await.optional()
}

/// The same, and nobody else changes it until the transaction ends.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: CampaignId) -> QueryResult<Campaign> {
    campaigns::table.find(id).select(Campaign::as_select()).for_update().first(conn).await
}

pub(super) async fn list(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Campaign>> {
    windowed!(campaigns::table.select(Campaign::as_select()), campaigns::id, window).load(conn).await
}

/// Campaigns whose hour has come, and those that are under way.
pub(super) async fn due(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(CampaignId, String)>> {
    campaigns::table
        .filter(campaigns::state.eq_any(["scheduled", "sending"]).and(campaigns::scheduled_for.le(now)))
        .select((campaigns::id, campaigns::state))
        .order(campaigns::scheduled_for)
        .load(conn)
        .await
}

async fn note(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    state: &str,
    by: Option<PersonId>,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(campaign_states::table)
        .values((
            campaign_states::id.eq(new_uuid(now)),
            campaign_states::campaign_id.eq(id),
            campaign_states::state.eq(state),
            campaign_states::at.eq(now),
            campaign_states::person_id.eq(by),
            campaign_states::note.eq(note),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Brings a campaign from one of some states to another; answers whether it was in one of them.
pub(super) async fn shift(conn: &mut AsyncPgConnection, step: &Step<'_>) -> QueryResult<bool> {
    let there = campaigns::table.find(step.campaign).filter(campaigns::state.eq_any(step.from));
    // What a worker has of it in its hands is looked for anew.
    let to = (campaigns::state.eq(step.to), campaigns::at_rest_since.eq(None::<DateTime<Utc>>));
    let moved = diesel::update(there).set(to).execute(conn).await?;
    if moved > 0 {
        note(conn, step.campaign, step.to, step.by, step.note, step.now).await?;
    }
    Ok(moved > 0)
}

pub(super) async fn set_schedule(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(campaigns::table.find(id)).set(campaigns::scheduled_for.eq(at)).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_approval(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    approval: Option<(PersonId, DateTime<Utc>)>,
) -> QueryResult<()> {
    let (by, at) = approval.unzip();
    diesel::update(campaigns::table.find(id))
        .set((campaigns::approved_by.eq(by), campaigns::approved_at.eq(at)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn cancel_queued(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::sql_query("UPDATE campaign_recipients SET state = 'cancelled', settled_at = $2 WHERE campaign_id = $1 AND state = 'queued'")
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await
}

/// What became of the messages of some campaigns.
pub(super) async fn counts(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Counts>> {
    diesel::sql_query(
        "SELECT campaign_id, count(*) AS total, count(*) FILTER (WHERE state IN ('queued', 'sending')) AS waiting, \
           count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'refused') AS refused, \
           count(*) FILTER (WHERE state = 'suppressed' AND doubts = 0) AS suppressed, \
           count(*) FILTER (WHERE state = 'cancelled' AND doubts = 0) AS cancelled, \
           count(bounced_at) AS bounced, count(complained_at) AS complained, count(unsubscribed_at) AS unsubscribed, \
           count(*) FILTER (WHERE doubts > 0 AND state IN ('suppressed', 'cancelled')) AS unknown, \
           count(*) FILTER (WHERE doubts > 0 AND state NOT IN ('suppressed', 'cancelled')) AS doubtful \
         FROM campaign_recipients WHERE campaign_id = ANY($1) GROUP BY campaign_id",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .load(conn)
    .await
}

/// What happened over time, in `pieces` pieces of `seconds` from `start` on.
pub(super) async fn moments(
    conn: &mut AsyncPgConnection,
    id: CampaignId,
    start: DateTime<Utc>,
    seconds: i64,
    pieces: i64,
) -> QueryResult<Vec<Moment>> {
    diesel::sql_query(
        "SELECT piece, count(*) FILTER (WHERE kind = 'sent') AS sent, count(*) FILTER (WHERE kind = 'refused') AS refused, \
           count(*) FILTER (WHERE kind = 'bounced') AS bounced, count(*) FILTER (WHERE kind = 'complained') AS complained, \
           count(*) FILTER (WHERE kind = 'unsubscribed') AS unsubscribed FROM ( \
             SELECT least(greatest(floor(extract(epoch FROM at - $2) / $3), 0), $4 - 1)::bigint AS piece, kind FROM ( \
               SELECT settled_at AS at, 'sent' AS kind FROM campaign_recipients WHERE campaign_id = $1 AND state = 'sent' \
               UNION ALL SELECT settled_at, 'refused' FROM campaign_recipients WHERE campaign_id = $1 AND state = 'refused' \
               UNION ALL SELECT bounced_at, 'bounced' FROM campaign_recipients WHERE campaign_id = $1 AND bounced_at IS NOT NULL \
               UNION ALL SELECT complained_at, 'complained' FROM campaign_recipients \
                 WHERE campaign_id = $1 AND complained_at IS NOT NULL \
               UNION ALL SELECT unsubscribed_at, 'unsubscribed' FROM campaign_recipients \
                 WHERE campaign_id = $1 AND unsubscribed_at IS NOT NULL) happened) placed \
         GROUP BY piece ORDER BY piece",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(start)
    .bind::<BigInt, _>(seconds)
    .bind::<BigInt, _>(pieces)
    .load(conn)
    .await
}

/// Who brought a campaign where, oldest first.
pub(super) type StateRow = (String, DateTime<Utc>, Option<String>, Option<String>);

pub(super) async fn history(conn: &mut AsyncPgConnection, id: CampaignId) -> QueryResult<Vec<StateRow>> {
    campaign_states::table
        .left_join(people::table.on(people::id.nullable().eq(campaign_states::person_id)))
        .filter(campaign_states::campaign_id.eq(id))
        .order(campaign_states::id)
        .select((campaign_states::state, campaign_states::at, people::name.nullable(), campaign_states::note))
        .load(conn)
        .await
}

/// A draft has no hour, and nobody has approved it.
pub(super) async fn forget_schedule(conn: &mut AsyncPgConnection, id: CampaignId) -> QueryResult<()> {
    diesel::update(campaigns::table.find(id))
        .set((
            campaigns::scheduled_for.eq(None::<DateTime<Utc>>),
            campaigns::approved_at.eq(None::<DateTime<Utc>>),
            campaigns::approved_by.eq(None::<PersonId>),
        ))
        .execute(conn)
        .await
        .map(drop)
}

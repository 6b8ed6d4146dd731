//! SQL of sending: everything for a batch of messages at once.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Outcome, State};
use crate::platform::ids::CampaignId;

/// The class of the advisory locks that say which workers live.
const WORKERS: i32 = 0x4c58_0014;

/// A message that was claimed.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub contact_id: Uuid,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// What is to be claimed.
pub(super) struct Claim<'a> {
    pub campaign: CampaignId,
    pub topic: &'a str,
    pub worker: i32,
    pub limit: i64,
    /// Whether domains have a rate of their own.
    pub by_domain: bool,
    pub now: DateTime<Utc>,
}

/// Shows that this worker lives, until the connection closes.
pub(super) async fn live(conn: &mut AsyncPgConnection, worker: i32) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_lock($1, $2)")
        .bind::<Integer, _>(WORKERS)
        .bind::<Integer, _>(worker)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes messages whose time has come, looks once more whether each is still wanted, and notes that their handing over
/// begins. What is not wanted any more is settled in the same statement. Answers what is to be sent now, and whether
/// anything was claimed at all.
pub(super) async fn claim(
    conn: &mut AsyncPgConnection,
    claim: &Claim<'_>,
) -> QueryResult<(Vec<Claimed>, bool)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = Bool)]
        wanted: bool,
        #[diesel(sql_type = Nullable<SqlUuid>)]
        contact_id: Option<Uuid>,
        #[diesel(sql_type = Nullable<Text>)]
        email: Option<String>,
        #[diesel(sql_type = Nullable<Text>)]
        name: Option<String>,
        #[diesel(sql_type = Integer)]
        attempts: i32,
    }
    let lanes = if claim.by_domain {
        "AND NOT EXISTS (SELECT FROM contacts d JOIN campaign_rates f ON f.lane = split_part(d.email_key, '@', 2) \
           WHERE d.id = r.contact_id AND f.free_at > $3)"
    } else {
        ""
    };
    let rows: Vec<Row> = diesel::sql_query(format!(
        "WITH due AS MATERIALIZED ( \
           SELECT r.id, r.contact_id FROM campaign_recipients r \
           WHERE r.campaign_id = $1 AND r.state = 'queued' AND (r.not_before IS NULL OR r.not_before <= $3) {lanes} \
             AND EXISTS (SELECT FROM campaigns c WHERE c.id = $1 AND c.state = 'sending') \
           ORDER BY r.id LIMIT $4 FOR UPDATE OF r SKIP LOCKED), \
         looked AS MATERIALIZED ( \
           SELECT due.id, k.email, k.name, \
             coalesce((SELECT true FROM mailable_contacts($2, $3) m WHERE m.contact_id = due.contact_id), false) AS wanted \
           FROM due LEFT JOIN contacts k ON k.id = due.contact_id) \
         UPDATE campaign_recipients r SET state = CASE WHEN wanted THEN 'sending' ELSE 'suppressed' END, \
           attempts = attempts + wanted::integer, worker = $5, began_at = $3, \
           settled_at = CASE WHEN wanted THEN NULL ELSE $3 END, \
           detail = CASE WHEN wanted THEN NULL ELSE 'no longer wanted' END \
         FROM looked WHERE looked.id = r.id \
         RETURNING r.id, wanted, r.contact_id, looked.email, looked.name, r.attempts::integer AS attempts"
    ))
    .bind::<SqlUuid, _>(claim.campaign)
    .bind::<Text, _>(claim.topic)
    .bind::<Timestamptz, _>(claim.now)
    .bind::<BigInt, _>(claim.limit)
    .bind::<Integer, _>(claim.worker)
    .load(conn)
    .await?;
    let any = !rows.is_empty();
    let send = rows.into_iter().filter(|row| row.wanted).filter_map(|row| {
        let (name, attempts) = (row.name.unwrap_or_default(), row.attempts);
        Some(Claimed { id: row.id, contact_id: row.contact_id?, email: row.email?, name, attempts })
    });
    Ok((send.collect(), any))
}

/// Notes how handing over ended, for a batch in one statement.
pub(super) async fn settle(
    conn: &mut AsyncPgConnection,
    campaign: CampaignId,
    worker: i32,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: Vec<Uuid> = outcomes.iter().map(|outcome| outcome.id).collect();
    let states: Vec<&str> = outcomes.iter().map(|outcome| outcome.state.as_str()).collect();
    let details: Vec<Option<&str>> = outcomes.iter().map(|outcome| outcome.detail.as_deref()).collect();
    let later: Vec<Option<DateTime<Utc>>> = outcomes.iter().map(|outcome| outcome.not_before).collect();
    let unused: Vec<bool> = outcomes.iter().map(|outcome| outcome.state == State::Released).collect();
    diesel::sql_query(
        "UPDATE campaign_recipients r SET state = o.state, detail = o.detail, not_before = o.later, worker = NULL, \
           attempts = attempts - o.unused::integer, settled_at = CASE WHEN o.state = 'queued' THEN NULL ELSE $8 END \
         FROM (SELECT u.id, u.detail, u.later, u.unused, CASE WHEN u.state = 'queued' AND c.state = 'cancelled' \
                 THEN 'cancelled' ELSE u.state END AS state \
               FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[]) \
                 AS u (id, state, detail, later, unused) JOIN campaigns c ON c.id = $6) o \
         WHERE r.id = o.id AND r.state = 'sending' AND r.worker = $7",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(states)
    .bind::<Array<Nullable<Text>>, _>(details)
    .bind::<Array<Nullable<Timestamptz>>, _>(later)
    .bind::<Array<Bool>, _>(unused)
    .bind::<SqlUuid, _>(campaign)
    .bind::<Integer, _>(worker)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives back what workers that no longer live had under way. Nobody knows which of it a server had taken: each such
/// message is counted as doubtful and sent again with the same Message-ID. Answers how many.
pub(super) async fn recover(
    conn: &mut AsyncPgConnection,
    campaign: CampaignId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE campaign_recipients r SET doubts = doubts + 1, worker = NULL, \
           state = CASE WHEN c.state = 'cancelled' THEN 'cancelled' ELSE 'queued' END, \
           settled_at = CASE WHEN c.state = 'cancelled' THEN $3 END \
         FROM campaigns c WHERE c.id = $1 AND r.campaign_id = $1 AND r.state = 'sending' AND NOT EXISTS ( \
           SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid::bigint = $2 AND l.granted AND l.objsubid = 2 \
             AND l.objid::bigint = r.worker AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    .bind::<SqlUuid, _>(campaign)
    .bind::<BigInt, _>(i64::from(WORKERS))
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
}

/// Reserves a lane from now on for so many seconds; answers whether it was free.
pub(super) async fn reserve(
    conn: &mut AsyncPgConnection,
    lane: &str,
    seconds: f64,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let taken = diesel::sql_query(
        "INSERT INTO campaign_rates AS f (lane, free_at) VALUES ($1, $2 + make_interval(secs => $3)) \
         ON CONFLICT (lane) DO UPDATE SET free_at = excluded.free_at WHERE f.free_at <= $2",
    )
    .bind::<Text, _>(lane)
    .bind::<Timestamptz, _>(now)
    .bind::<Double, _>(seconds)
    .execute(conn)
    .await?;
    Ok(taken > 0)
}

/// How a campaign's queue stands.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub(super) struct Queue {
    /// Whether anything can be sent now.
    #[diesel(sql_type = Bool)]
    pub due: bool,
    /// Whether anything is not settled.
    #[diesel(sql_type = Bool)]
    pub open: bool,
    /// Whether a worker is at it, or a job for one waits.
    #[diesel(sql_type = Bool)]
    pub tended: bool,
}

pub(super) async fn queue(
    conn: &mut AsyncPgConnection,
    campaign: CampaignId,
    now: DateTime<Utc>,
) -> QueryResult<Queue> {
    diesel::sql_query(
        "SELECT EXISTS (SELECT FROM campaign_recipients WHERE campaign_id = $1 AND state = 'queued' \
             AND (not_before IS NULL OR not_before <= $2)) AS due, \
           EXISTS (SELECT FROM campaign_recipients WHERE campaign_id = $1 AND state IN ('queued', 'sending')) AS open, \
           EXISTS (SELECT FROM graphile_worker.jobs j JOIN graphile_worker._private_jobs p ON p.id = j.id \
             WHERE j.task_identifier = 'send_campaign' AND p.payload->>'campaign' = $3 AND j.attempts < j.max_attempts) AS tended",
    )
    .bind::<SqlUuid, _>(campaign)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(campaign.to_string())
    .get_result(conn)
    .await
}

/// The moment of another try.
pub(super) fn later(now: DateTime<Utc>, attempts: i32) -> DateTime<Utc> {
    now + Duration::minutes(5) * attempts.max(1) * attempts.max(1)
}

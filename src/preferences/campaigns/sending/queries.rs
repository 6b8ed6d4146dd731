//! SQL of sending: everything for a batch of messages at once.

use chrono::{DateTime, Duration, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Bool, Bytea, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Outcome, State};
use crate::platform::ids::CampaignId;

/// The class of the advisory locks that say which workers live.
pub(super) const WORKERS: i32 = 0x4c58_0014;
/// The class of the advisory locks that say which campaigns somebody works at; those who do share one.
pub(super) const WORKED_AT: i32 = 0x4c58_0015;

/// A message that was taken.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub contact_id: Uuid,
    pub email: String,
    pub name: String,
    pub attempts: i32,
}

/// A step of a worker: what is finished is noted, and new messages are taken.
pub(super) struct Turn<'a> {
    pub campaign: CampaignId,
    pub topic: &'a str,
    pub worker: i32,
    pub outcomes: &'a [Outcome],
    /// How many to take at most.
    pub limit: i64,
    /// Only from this one on in the queue: before it there are mostly rows that are settled.
    pub after: Uuid,
    /// Whether domains have a rate of their own.
    pub by_domain: bool,
    pub now: DateTime<Utc>,
}

/// Notes from where on messages are open, so that nobody reads past what is settled, and answers it. What is settled
/// stays so.
pub(super) async fn open_from(conn: &mut AsyncPgConnection, campaign: CampaignId) -> QueryResult<Uuid> {
    #[derive(QueryableByName)]
    struct From {
        #[diesel(sql_type = Nullable<SqlUuid>)]
        open_from: Option<Uuid>,
    }
    let from: Option<From> = diesel::sql_query(
        "UPDATE campaigns c SET open_from = coalesce((SELECT r.id FROM campaign_recipients r \
           WHERE r.campaign_id = c.id AND r.id >= coalesce(c.open_from, '00000000-0000-0000-0000-000000000000') \
             AND r.state IN ('queued', 'sending') ORDER BY r.id LIMIT 1), c.open_from) \
         WHERE c.id = $1 RETURNING c.open_from",
    )
    .bind::<SqlUuid, _>(campaign)
    .get_result(conn)
    .await
    .optional()?;
    Ok(from.and_then(|from| from.open_from).unwrap_or(Uuid::nil()))
}

/// The number of a campaign among the locks of [`WORKED_AT`]. Two with the same wait for each other's workers, no more.
pub(super) fn lane(campaign: CampaignId) -> i32 {
    // The end of an id is random.
    let [.., a, b, c, d] = *campaign.0.as_bytes();
    i32::from_be_bytes([a, b, c, d]) & i32::MAX
}

/// Shows that this worker lives, and what it works at, until the connection closes. On it the queue is read along its index
/// and every other table row by row, with one plan that is kept, whatever the database last counted of a table whose rows
/// change their state all the while: it might think that next to nothing waits, or very much, and look through all contacts
/// for each turn; and the planning of a turn takes longer than the turn. Such a plan looks dear to the database, which must
/// not compile it each time. What it has to know is that the table is large: [`analyze`](super::super::queries::analyze).
pub(super) async fn live(conn: &mut AsyncPgConnection, worker: i32, campaign: CampaignId) -> QueryResult<()> {
    diesel::sql_query(
        "SELECT set_config(name, 'off', false) FROM unnest('{enable_sort,enable_incremental_sort,enable_seqscan,\
           enable_bitmapscan,enable_hashjoin,enable_mergejoin,jit}'::text[]) name \
         UNION ALL SELECT set_config('plan_cache_mode', 'force_generic_plan', false)",
    )
    .execute(conn)
    .await?;
    diesel::sql_query("SELECT pg_advisory_lock($1, $2), pg_advisory_lock_shared($3, $4)")
        .bind::<Integer, _>(WORKERS)
        .bind::<Integer, _>(worker)
        .bind::<Integer, _>(WORKED_AT)
        .bind::<Integer, _>(lane(campaign))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes what is finished, takes messages whose time has come, looks whether each is still wanted, and notes that their
/// handing over begins. What is not wanted any more is settled at once, and a mailbox that is gone is suppressed: what else
/// waits for it is looked at before it begins. The outcomes are noted first and the mailboxes suppressed after all of them, in
/// the order of their digests, so that no two workers wait for each other. One statement, written out so that Postgres prepares it once for each
/// connection.
pub(super) async fn turn(conn: &mut AsyncPgConnection, turn: &Turn<'_>) -> QueryResult<Vec<Row>> {
    let of = turn.outcomes;
    let statement = Statement {
        ids: of.iter().map(|outcome| outcome.id).collect(),
        states: of.iter().map(|outcome| outcome.state.as_str()).collect(),
        details: of.iter().map(|outcome| outcome.detail.as_deref()).collect(),
        later: of.iter().map(|outcome| outcome.not_before).collect(),
        unused: of.iter().map(|outcome| outcome.state == State::Released).collect(),
        gone: of.iter().map(|outcome| outcome.gone.as_deref()).collect(),
        turn,
    };
    statement.load(conn).await
}

/// What was taken, wanted or not.
#[derive(Queryable)]
pub(super) struct Row {
    pub id: Uuid,
    wanted: bool,
    contact_id: Option<Uuid>,
    email: Option<String>,
    name: Option<String>,
    attempts: i32,
}

impl Row {
    /// The message, where it is wanted.
    pub(super) fn wanted(self) -> Option<Claimed> {
        let (name, attempts) = (self.name.unwrap_or_default(), self.attempts);
        let (contact_id, email) = (self.contact_id?, self.email?);
        self.wanted.then_some(Claimed { id: self.id, contact_id, email, name, attempts })
    }
}

struct Statement<'a> {
    ids: Vec<Uuid>,
    states: Vec<&'a str>,
    details: Vec<Option<&'a str>>,
    later: Vec<Option<DateTime<Utc>>>,
    unused: Vec<bool>,
    gone: Vec<Option<&'a [u8]>>,
    turn: &'a Turn<'a>,
}

const SETTLE: &str = "), \
    settled AS (UPDATE campaign_recipients r SET state = o.state, \
        detail = CASE WHEN r.contact_id IS NOT NULL THEN o.detail END, not_before = o.later, worker = NULL, \
        attempts = r.attempts - o.unused::integer, settled_at = CASE WHEN o.state = 'queued' THEN NULL ELSE o.now END \
      FROM (SELECT u.id, u.detail, u.later, u.unused, u.gone, asked.worker, asked.now, \
          CASE WHEN u.state = 'queued' AND c.state = 'cancelled' THEN 'cancelled' ELSE u.state END AS state \
        FROM asked JOIN campaigns c ON c.id = asked.campaign, \
          unnest(asked.ids, asked.states, asked.details, asked.later, asked.unused, asked.gone) \
            AS u (id, state, detail, later, unused, gone)) o \
      WHERE r.id = o.id AND r.state = 'sending' AND r.worker = o.worker RETURNING o.gone, r.detail, o.now), \
    suppressed AS (INSERT INTO mail_suppressions (id, email_digest, reason, since, detail) \
      SELECT gen_random_uuid(), s.gone, 'hard_bounce', s.now, left(s.detail, 500) FROM settled s WHERE s.gone IS NOT NULL \
      ORDER BY s.gone \
      ON CONFLICT (email_digest, reason) WHERE lifted_at IS NULL DO NOTHING), \
    due AS MATERIALIZED (SELECT r.id, r.contact_id FROM campaign_recipients r \
      WHERE (r.campaign_id, r.id) >= (";
const UP_TO: &str = ") AND (r.campaign_id, r.id) <= (";
const DUE: &str = ", 'ffffffff-ffff-ffff-ffff-ffffffffffff') \
      AND r.state = 'queued' AND (r.not_before IS NULL OR r.not_before <= ";
const BY_DOMAIN: &str = " AND NOT EXISTS (SELECT FROM contacts d JOIN campaign_rates f ON f.lane = split_part(d.email_key, '@', 2), asked \
        WHERE d.id = r.contact_id AND f.free_at > asked.now)";
const TAKE: &str = " FOR UPDATE OF r SKIP LOCKED), \
    looked AS MATERIALIZED (SELECT due.id, k.email, k.name, CASE \
        WHEN NOT EXISTS (SELECT FROM mailable_contacts(asked.topic, asked.now) m WHERE m.contact_id = due.contact_id) THEN false \
        WHEN k.monthly_limit IS NULL THEN true \
        ELSE within_monthly_limit(k.id, k.monthly_limit, asked.now) END AS wanted \
      FROM asked CROSS JOIN due LEFT JOIN contacts k ON k.id = due.contact_id) \
    UPDATE campaign_recipients r SET state = CASE WHEN wanted THEN 'sending' ELSE 'suppressed' END, \
      attempts = attempts + wanted::integer, worker = asked.worker, began_at = asked.now, \
      settled_at = CASE WHEN wanted THEN NULL ELSE asked.now END, detail = CASE WHEN wanted THEN NULL ELSE 'no longer wanted' END \
    FROM asked, looked WHERE looked.id = r.id AND wanted IS NOT NULL \
    RETURNING r.id, wanted, r.contact_id, looked.email, looked.name, r.attempts::integer";

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = (SqlUuid, Bool, Nullable<SqlUuid>, Nullable<Text>, Nullable<Text>, Integer);
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let turn = self.turn;
        out.push_sql(
            "WITH asked (campaign, topic, worker, now, ids, states, details, later, unused, gone) AS (SELECT ",
        );
        out.push_bind_param::<SqlUuid, _>(&turn.campaign)?;
        out.push_sql("::uuid, ");
        out.push_bind_param::<Text, _>(&turn.topic)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Integer, _>(&turn.worker)?;
        out.push_sql("::integer, ");
        out.push_bind_param::<Timestamptz, _>(&turn.now)?;
        out.push_sql("::timestamptz, ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<Text>, _>(&self.states)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.details)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Nullable<Timestamptz>>, _>(&self.later)?;
        out.push_sql("::timestamptz[], ");
        out.push_bind_param::<Array<Bool>, _>(&self.unused)?;
        out.push_sql("::boolean[], ");
        out.push_bind_param::<Array<Nullable<Bytea>>, _>(&self.gone)?;
        out.push_sql("::bytea[]");
        out.push_sql(SETTLE);
        // The queue is read along its index from this message on. Beside an equality of the campaign Postgres would begin at the
        // first message of the campaign all the same, and by the id alone it might read along the index of the ids, where other
        // campaigns stand behind this one.
        out.push_bind_param::<SqlUuid, _>(&turn.campaign)?;
        out.push_sql(", ");
        out.push_bind_param::<SqlUuid, _>(&turn.after)?;
        out.push_sql(UP_TO);
        out.push_bind_param::<SqlUuid, _>(&turn.campaign)?;
        out.push_sql(DUE);
        out.push_bind_param::<Timestamptz, _>(&turn.now)?;
        out.push_sql(") AND EXISTS (SELECT FROM campaigns c WHERE c.id = ");
        out.push_bind_param::<SqlUuid, _>(&turn.campaign)?;
        out.push_sql(" AND c.state = 'sending')");
        if turn.by_domain {
            out.push_sql(BY_DOMAIN);
        }
        out.push_sql(" ORDER BY r.campaign_id, r.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&turn.limit)?;
        out.push_sql(TAKE);
        Ok(())
    }
}

/// Reserves a lane for so many seconds; answers whether it was free. A tenth of a second that nobody used may be made up
/// for.
pub(super) async fn reserve(
    conn: &mut AsyncPgConnection,
    lane: &str,
    seconds: f64,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let taken = diesel::sql_query(
        "INSERT INTO campaign_rates AS f (lane, free_at) VALUES ($1, $2 + make_interval(secs => $3)) \
         ON CONFLICT (lane) DO UPDATE SET free_at = greatest(f.free_at, $2 - interval '100 milliseconds') + make_interval(secs => $3) \
         WHERE f.free_at <= $2",
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
        "SELECT EXISTS (SELECT FROM campaign_recipients WHERE campaign_id = $1 AND id >= o.id AND state = 'queued' \
             AND (not_before IS NULL OR not_before <= $2)) AS due, \
           EXISTS (SELECT FROM campaign_recipients WHERE campaign_id = $1 AND id >= o.id AND state IN ('queued', 'sending')) AS open, \
           EXISTS (SELECT FROM graphile_worker.jobs j JOIN graphile_worker._private_jobs p ON p.id = j.id \
             WHERE j.task_identifier = 'send_campaign' AND p.payload->>'campaign' = $3 AND j.attempts < j.max_attempts) AS tended \
         FROM (SELECT coalesce((SELECT open_from FROM campaigns WHERE id = $1), '00000000-0000-0000-0000-000000000000') AS id) o",
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

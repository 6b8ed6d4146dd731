//! What workers had in their hands when they died. Of a campaign that goes on it is sent again; of one that was cancelled it
//! is not, and nobody knows whether it arrived. One that is paused or cancelled has no worker that would find out, so it is
//! looked at once nobody works at it any more, and then never again: also for a row that a worker gave back just as the
//! campaign was cancelled. Whoever works at another campaign meanwhile, for however long, is not waited for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::queries::{WORKED_AT, WORKERS, lane};
use crate::platform::app::App;
use crate::platform::db::schema::campaigns;
use crate::platform::ids::CampaignId;
use crate::preferences::campaigns::queries as steps;

/// Gives back what workers that no longer live had under way. Nobody knows which of it a server had taken: each such
/// message is counted as doubtful and sent again with the same Message-ID, or of a cancelled campaign not at all. Answers
/// how many.
pub(super) async fn recover(
    conn: &mut AsyncPgConnection,
    campaign: CampaignId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::sql_query(
        "UPDATE campaign_recipients r SET doubts = doubts + 1, worker = NULL, \
           state = CASE WHEN c.state = 'cancelled' THEN 'cancelled' ELSE 'queued' END, \
           settled_at = CASE WHEN c.state = 'cancelled' THEN $3 END \
         FROM campaigns c WHERE c.id = $1 AND r.campaign_id = $1 AND r.state = 'sending' \
           AND r.id >= coalesce(c.open_from, '00000000-0000-0000-0000-000000000000') AND NOT EXISTS ( \
           SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid::bigint = $2 AND l.granted AND l.objsubid = 2 \
             AND l.objid::bigint = r.worker AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    .bind::<SqlUuid, _>(campaign)
    .bind::<BigInt, _>(i64::from(WORKERS))
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
}

/// Settles what a paused or cancelled campaign has left in the hands of workers that died, and notes that there is nothing
/// more to see to. While somebody still works at it, which is for a slice at most, nothing is looked at: its rows are read
/// once, however many they are.
///
/// # Errors
/// What the database says.
pub(in crate::preferences::campaigns) async fn bring_to_rest(
    app: &App,
    id: CampaignId,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let campaign = steps::lock(conn, id).await.optional()?;
        let Some(campaign) = campaign.filter(|it| it.state == "paused" || it.state == "cancelled") else {
            return Ok(());
        };
        // Asked first: whoever begins to work after it finds the campaign as it is now, and takes nothing.
        if is_worked_at(conn, id).await? {
            return Ok(());
        }
        let found = recover(conn, id, now).await?;
        if found > 0 {
            tracing::warn!(campaign.id = %id, campaign.doubtful = found, "a worker stopped; what it had begun is given back");
        }
        if campaign.state == "cancelled" {
            steps::cancel_queued(conn, id, now).await?;
        }
        let it = campaigns::table.find(id);
        diesel::update(it).set(campaigns::at_rest_since.eq(now)).execute(conn).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// Campaigns that are paused or cancelled and may still have messages under way.
pub(in crate::preferences::campaigns) async fn restless(
    conn: &mut AsyncPgConnection,
) -> QueryResult<Vec<CampaignId>> {
    campaigns::table
        .filter(campaigns::state.eq_any(["paused", "cancelled"]).and(campaigns::at_rest_since.is_null()))
        .select(campaigns::id)
        .order(campaigns::id)
        .load(conn)
        .await
}

/// Whether a worker lives that may have something of this campaign in its hands.
async fn is_worked_at(conn: &mut AsyncPgConnection, campaign: CampaignId) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        works: bool,
    }
    let answer: Answer = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 AND l.granted \
           AND l.objid::bigint = $2 AND l.objsubid = 2 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS works",
    )
    .bind::<BigInt, _>(i64::from(WORKED_AT))
    .bind::<BigInt, _>(i64::from(lane(campaign)))
    .get_result(conn)
    .await?;
    Ok(answer.works)
}

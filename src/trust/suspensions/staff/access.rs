//! What a member of staff may see of a suspension (S105): all of it for whoever works on an appeal against it, or
//! typed why they look; the bare facts for everybody else who may open the desk. An alert is over by the time it led to one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::ids::{PersonId, SuspensionId};
use crate::staff::desk::Queue;
use crate::staff::desk::looks::{self, Access};

/// What this member of staff may see of a suspension now.
pub(super) async fn of(
    conn: &mut AsyncPgConnection,
    suspension: SuspensionId,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Access> {
    let access = looks::access(conn, Queue::Suspensions, suspension.0, staff, now).await?;
    if !access.is_open() && works_on_it(conn, suspension, staff, now).await? {
        return Ok(Access::Claimed);
    }
    Ok(access)
}

/// Whether they have claimed an appeal against it.
async fn works_on_it(
    conn: &mut AsyncPgConnection,
    suspension: SuspensionId,
    staff: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        claimed: bool,
    }
    let row: Row = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM desk_claims c WHERE c.staff_id = $2 AND c.expires_at > $3 \
             AND c.queue = 'appeals' AND EXISTS (SELECT FROM appeals a WHERE a.id = c.item_id AND a.suspension_id = $1)) AS claimed",
    )
    .bind::<SqlUuid, _>(suspension)
    .bind::<SqlUuid, _>(staff)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(row.claimed)
}

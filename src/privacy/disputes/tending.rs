//! What happens to disputes by the passing of time: one whose mailbox nobody confirmed ends, and what was sent along with it
//! goes; staff are reminded when three quarters of the time are over and when it is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::mail::DisputesWaiting;
use super::states::{self, Act, By, State, Step, refusal};
use super::{ANSWER, Dispute, PROOF};
use crate::platform::app::App;
use crate::platform::db::schema::disputes;
use crate::platform::ids::DisputeId;
use crate::platform::mail as outbox;
use crate::platform::web::pages::day;
use crate::retention::holds::guard;
use crate::staff::permissions::Role;
use crate::staff::team;

/// Disputes looked after in one run.
const MOST: i64 = 1000;

/// Looks after every dispute under way. Safe to run at any time and twice.
///
/// # Errors
/// What the database says.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for id in unproven(&mut conn, now - PROOF).await? {
        let step = Step::new(Act::Lapsed, By::System);
        // Whoever confirms at this very moment is faster, and then there is nothing to let go.
        let done = conn.transaction(async |conn| states::take(conn, id, &step, now).await).await;
        if let Err(error) = done
            && refusal(&error).is_none()
        {
            return Err(error.into());
        }
    }
    conn.transaction(async |conn| drop_files_of_lapsed(conn).await).await?;
    conn.transaction(async |conn| remind(conn, &app, now).await).await?;
    Ok(())
}

/// Deletes the files of disputes that ended unconfirmed, however they ended: nobody is ever handed one of them. What a hold
/// keeps goes with the first run after it.
async fn drop_files_of_lapsed(conn: &mut AsyncPgConnection) -> QueryResult<usize> {
    let unheld = guard::unheld(conn, "files").await?;
    let lapsed = "SELECT f.file_id FROM dispute_files f JOIN disputes d ON d.id = f.dispute_id WHERE d.state = 'lapsed'";
    diesel::sql_query(format!("DELETE FROM files WHERE id IN ({lapsed}) AND {unheld}")).execute(conn).await
}

async fn unproven(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<Vec<DisputeId>> {
    disputes::table
        .filter(disputes::closed_at.is_null().and(disputes::state.eq(State::Unproven.as_str())))
        .filter(disputes::received_at.le(before))
        .order(disputes::id)
        .select(disputes::id)
        .limit(MOST)
        .load(conn)
        .await
}

/// The reminder that a dispute has come to.
fn reached(dispute: &Dispute, now: DateTime<Utc>) -> i32 {
    match dispute.due_at - now {
        left if left <= chrono::Duration::zero() => 100,
        left if left <= ANSWER / 4 => 75,
        _ => 0,
    }
}

/// Mails everybody with the role what has come to a further share of its time, in one mail.
async fn remind(conn: &mut AsyncPgConnection, app: &App, now: DateTime<Utc>) -> QueryResult<()> {
    let rows: Vec<Dispute> = disputes::table
        .filter(disputes::closed_at.is_null().and(disputes::state.eq(State::Open.as_str())))
        .filter(disputes::reminded.lt(100).and(disputes::due_at.le(now + ANSWER / 4)))
        .order((disputes::due_at, disputes::id))
        .limit(MOST)
        .select(Dispute::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    let (mut lines, mut late) = (Vec::new(), false);
    for dispute in rows {
        let share = reached(&dispute, now);
        if share <= dispute.reminded {
            continue;
        }
        diesel::update(disputes::table.find(dispute.id))
            .set(disputes::reminded.eq(share))
            .execute(conn)
            .await?;
        late |= share == 100;
        let what = if share == 100 { "overdue" } else { "three quarters of the time are over" };
        lines.push(format!("{}: {what}, due on {}", dispute.id, day(&dispute.due_at)));
    }
    if lines.is_empty() { Ok(()) } else { mail(conn, app, (late, lines), now).await }
}

async fn mail(
    conn: &mut AsyncPgConnection,
    app: &App,
    (late, lines): (bool, Vec<String>),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    for (person, recipient_name, email) in team::readers(conn, &[Role::Privacy]).await? {
        let url = app.url("/staff/disputes");
        let mail = DisputesWaiting { recipient_name, late, lines: lines.clone(), url };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}

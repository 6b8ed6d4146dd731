//! Holds of the demo: one in force, and one that waits for a second person.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{accounts, cast};
use crate::platform::app::App;
use crate::platform::db::schema::holds;
use crate::platform::ids::HoldId;
use crate::retention::holds::PROVISIONAL;

fn staff(role: &str) -> Uuid {
    let part = cast::CAST.iter().find(|part| part.email.starts_with(role)).expect("somebody of the cast");
    part.id().0
}

/// Makes the holds, if there are none.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    if holds::table.count().get_result::<i64>(&mut conn).await? > 0 {
        return Ok(());
    }
    place(&mut conn, 3, "A supplier sues; file 12 of 2026 in the legal archive.", Some(now), now).await?;
    place(&mut conn, 2, "Questions of the auditors about invoices; ticket 4711.", None, now).await?;
    Ok(())
}

/// On one of the accounts by its number; approved or not.
async fn place(
    conn: &mut AsyncPgConnection,
    account: u8,
    reason: &str,
    approved: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(holds::table)
        .values((
            // Always the same ids: of two processes with one demo, the second finds them.
            holds::id
                .eq(HoldId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0003_0000 | u128::from(account)))),
            holds::scope.eq("account"),
            holds::account_id.eq(accounts::id(account)),
            holds::matter.eq(if account == 3 { "litigation" } else { "audit" }),
            holds::reason.eq(reason),
            holds::requested_by.eq(staff("privacy@")),
            holds::requested_at.eq(now - Duration::hours(5)),
            holds::lapses_at.eq(now + PROVISIONAL),
            holds::approved_by.eq(approved.map(|_| staff("admin@"))),
            holds::approved_at.eq(approved),
            holds::review_on.eq((now + Duration::days(90)).date_naive()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

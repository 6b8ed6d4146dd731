//! Whether deletions have arrived everywhere in their 30 days (S110). Where one has not, the privacy team is told, once
//! for each place, and a gauge stays up until it has.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::receipts::{BACKUPS, place};
use crate::content::end_users::DeletionsOverdue;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{content_deletion_steps as steps, content_deletions as deletions};
use crate::platform::ids::{AccountId, DeletionId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::telemetry;
use crate::platform::web::pages::day;
use crate::staff::permissions::Role;
use crate::staff::team;

/// Places in one mail, and in one transaction; what is more comes with the next.
const MOST: i64 = 500;
/// Lines of a mail.
const LINES: usize = 20;

/// Marks the deletions whose last backup has been written over, and tells the privacy team of those that are overdue.
///
/// # Errors
/// What the database says.
pub async fn finish(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let backups = steps::table.filter(steps::step.eq(BACKUPS).and(steps::done_at.is_null()));
    let done = diesel::update(backups.filter(steps::due_at.le(now)))
        .set(steps::done_at.eq(now))
        .execute(&mut conn)
        .await?;
    if done > 0 {
        tracing::info!(deletion.finished = done, "deletions have arrived everywhere");
    }
    let overdue = overdue(&mut conn, now).await?;
    telemetry::gauge("portal_content_deletions_overdue", overdue);
    if overdue > 0 {
        tracing::error!(deletion.overdue = overdue, "deletions have not arrived everywhere in 30 days");
        conn.transaction(async |conn| alert(conn, &app, now).await).await?;
    }
    Ok(())
}

/// How many steps of deletions are open past their date.
///
/// # Errors
/// What the database says.
pub async fn overdue(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<i64> {
    steps::table.filter(steps::done_at.is_null().and(steps::due_at.le(now))).count().get_result(conn).await
}

/// A place that a deletion has not reached in time.
type Late = (DeletionId, AccountId, String, DateTime<Utc>);

/// Who has the role: id, name and address.
type Readers = Vec<(PersonId, String, String)>;

/// Mails everybody with the role what is overdue and was not told yet. Rows that another worker is at are passed over.
/// While nobody has the role, nothing counts as told.
async fn alert(conn: &mut AsyncPgConnection, app: &App, now: DateTime<Utc>) -> QueryResult<()> {
    let readers = team::readers(conn, &[Role::Privacy]).await?;
    if readers.is_empty() {
        return Ok(());
    }
    let late: Vec<Late> = steps::table
        .inner_join(deletions::table)
        .filter(steps::done_at.is_null().and(steps::due_at.le(now)).and(steps::alerted_at.is_null()))
        .order((steps::due_at, steps::deletion_id, steps::step))
        .limit(MOST)
        .select((steps::deletion_id, deletions::account_id, steps::step, steps::due_at))
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    if late.is_empty() {
        return Ok(());
    }
    for (deletion, _, step, _) in &late {
        diesel::update(steps::table.find((deletion, step)))
            .set(steps::alerted_at.eq(now))
            .execute(conn)
            .await?;
    }
    tell(conn, app, readers, &late, now).await?;
    note(conn, &late, now).await
}

async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    readers: Readers,
    late: &[Late],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let line =
        |(deletion, _, step, due_at): &Late| format!("{deletion}: {}, due on {}", place(step), day(due_at));
    let lines: Vec<String> = late.iter().take(LINES).map(line).collect();
    for (person, recipient_name, email) in readers {
        let url = app.url("/staff/audit?action=end_user.delet");
        let mail =
            DeletionsOverdue { recipient_name, lines: lines.clone(), more: late.len() - lines.len(), url };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}

/// In the account's own activity too, once for each deletion. The last thing in its transaction.
async fn note(conn: &mut AsyncPgConnection, late: &[Late], now: DateTime<Utc>) -> QueryResult<()> {
    let mut noted = Vec::new();
    for (deletion, account, ..) in late {
        if noted.contains(deletion) {
            continue;
        }
        noted.push(*deletion);
        let note = deletion.to_string();
        let event = Event::by_system("account", account.0, "end_user.deletion.overdue").note(&note);
        audit::append(conn, now, event).await?;
    }
    Ok(())
}

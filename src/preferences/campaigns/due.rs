//! What the passing of time does with campaigns: they begin when their hour has come, and what a dead worker had of one that
//! is paused or cancelled is settled. One that a backup brought back does not go on by itself.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::sending::{self, SendCampaign};
use super::{APPROVAL_ABOVE, Step, queries};
use crate::platform::app::App;
use crate::platform::ids::CampaignId;
use crate::platform::jobs;

/// Begins a campaign whose hour has come: a row for each recipient, in one statement. One that grew above
/// [`APPROVAL_ABOVE`] without approval waits for it instead. Answers how many rows were made.
///
/// # Errors
/// What the database says.
pub async fn begin(app: &App, id: CampaignId) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let begun = conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        if campaign.state != "scheduled" || campaign.scheduled_for.is_none_or(|at| at > now) {
            return Ok(0);
        }
        let made = queries::enqueue(conn, &campaign, now).await?;
        let step = Step { campaign: id, from: &["scheduled"], to: "sending", by: None, note: None, now };
        if campaign.approved_at.is_none() && i64::try_from(made).unwrap_or(i64::MAX) > APPROVAL_ABOVE {
            return Err(diesel::result::Error::RollbackTransaction);
        }
        queries::shift(conn, &step).await?;
        jobs::enqueue(conn, &SendCampaign { campaign: id }, sending::ATTEMPTS).await?;
        Ok(made)
    });
    match begun.await {
        // The rows are taken back: more recipients than may be without a second person.
        Err(diesel::result::Error::RollbackTransaction) => {
            let note = Some("The audience grew: a second person approves first.");
            let step = Step { campaign: id, from: &["scheduled"], to: "waiting", by: None, note, now };
            conn.transaction(async |conn| queries::shift(conn, &step).await).await?;
            Ok(0)
        }
        begun => {
            let made = begun?;
            // The rows are there, and go out in any case: without the count perhaps slowly, until the database counts by itself.
            if made > 0
                && let Err(error) = queries::analyze(&mut conn).await
            {
                tracing::warn!(error = %error, "the recipients of campaigns were not counted");
            }
            Ok(made)
        }
    }
}

/// In a restored backup: pauses what was being sent when it was taken, and makes a draft again of what should have begun
/// since. Who was mailed after that is not known here, and nobody is to get the same twice. Answers how many those were.
///
/// # Errors
/// What the database says.
pub async fn set_aside(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> diesel::QueryResult<usize> {
    let due = queries::due(conn, now).await?;
    for (campaign, state) in &due {
        let (from, to): (&[&str], &str) =
            if state == "sending" { (&["sending"], "paused") } else { (&["scheduled"], "draft") };
        let why = "This database was restored from a backup, and who was mailed since is not known here. Look at the mail server before going on.";
        queries::shift(conn, &Step { campaign: *campaign, from, to, by: None, note: Some(why), now }).await?;
        if to == "draft" {
            queries::forget_schedule(conn, *campaign).await?;
        }
    }
    Ok(due.len())
}

/// Entry of the timetable: begins what is due, sees that what is under way is worked on, and brings to rest what is paused or
/// cancelled.
///
/// # Errors
/// What the database says.
pub async fn advance(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let due = queries::due(&mut conn, now).await?;
    let restless = sending::restless(&mut conn).await?;
    drop(conn);
    for id in restless {
        sending::bring_to_rest(&app, id).await?;
    }
    for (id, state) in due {
        if state == "sending" {
            sending::see_to(&app, id).await?;
        } else {
            begin(&app, id).await?;
        }
    }
    Ok(())
}

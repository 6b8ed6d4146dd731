//! What staff do with a campaign that is written: schedule, approve, send back, pause, resume, cancel.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;

use super::sending::{self, SendCampaign};
use super::{APPROVAL_ABOVE, Desk, MOVED_ON, Step, note, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::CampaignId;
use crate::platform::jobs;

/// Schedules a draft; above [`APPROVAL_ABOVE`] recipients it waits for a second person. Answers whether it waits.
///
/// # Errors
/// `Gone` when it is no draft.
pub async fn schedule(app: &App, desk: &Desk, id: CampaignId, at: DateTime<Utc>) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        let count = queries::count(conn, &campaign.topic, &campaign.audience(), now).await?;
        let waits = count > APPROVAL_ABOVE;
        queries::set_approval(conn, id, None).await?;
        queries::set_schedule(conn, id, Some(at)).await?;
        let to = if waits { "waiting" } else { "scheduled" };
        let step = Step { campaign: id, from: &["draft"], to, by: Some(desk.person), note: None, now };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        note(conn, desk, id, "campaign.scheduled", now).await?;
        Ok(waits)
    })
    .await
}

/// Approves a campaign that waits, as it was seen: `seen` is its [`Campaign::stamp`](super::Campaign::stamp) then. Answers
/// false to whoever wrote it.
///
/// # Errors
/// `Gone` when it does not wait, or was changed since.
pub async fn approve(app: &App, desk: &Desk, id: CampaignId, seen: &str) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        if campaign.changed_by == Some(desk.person) {
            return Ok(false);
        }
        if campaign.stamp() != seen {
            return Err(AppError::Gone(MOVED_ON));
        }
        let step = Step {
            campaign: id,
            from: &["waiting"],
            to: "scheduled",
            by: Some(desk.person),
            note: None,
            now,
        };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        queries::set_approval(conn, id, Some((desk.person, now))).await?;
        note(conn, desk, id, "campaign.approved", now).await?;
        Ok(true)
    })
    .await
}

/// What else may be done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Back to its writer.
    SendBack,
    /// No message more until it is resumed.
    Pause,
    /// On from where it was paused.
    Resume,
    /// No message more.
    Cancel,
}

impl Turn {
    /// Reads a turn out of a form.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "send_back" => Self::SendBack,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "cancel" => Self::Cancel,
            _ => return None,
        })
    }

    fn step(self) -> (&'static [&'static str], &'static str, &'static str) {
        match self {
            Self::SendBack => (&["waiting", "scheduled"], "draft", "campaign.sent_back"),
            Self::Pause => (&["sending"], "paused", "campaign.paused"),
            Self::Resume => (&["paused"], "sending", "campaign.resumed"),
            Self::Cancel => {
                (&["draft", "waiting", "scheduled", "sending", "paused"], "cancelled", "campaign.cancelled")
            }
        }
    }
}

/// Does it.
///
/// # Errors
/// `Gone` when the campaign does not stand where that is possible.
pub async fn turn(app: &App, desk: &Desk, id: CampaignId, turn: Turn) -> Result<(), AppError> {
    let now = app.clock.now();
    let (from, to, action) = turn.step();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock(conn, id).await?;
        let step = Step { campaign: id, from, to, by: Some(desk.person), note: None, now };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        match turn {
            Turn::SendBack => queries::set_approval(conn, id, None).await?,
            Turn::Cancel => drop(queries::cancel_queued(conn, id, now).await?),
            Turn::Resume => jobs::enqueue(conn, &SendCampaign { campaign: id }, sending::ATTEMPTS).await?,
            Turn::Pause => {}
        }
        Ok(note(conn, desk, id, action, now).await?)
    })
    .await
}

//! Handing a campaign over to the mail server.
//!
//! A worker has several connections, each with a few messages at a time: one, while the server is slow, and where it is fast
//! as many as it takes while the database is waited for, up to [`AHEAD`]. One statement notes what became of the messages
//! that are finished, takes as many new ones as there is room for (`SKIP LOCKED`, so that any number of workers share the
//! work), and looks whether each is still wanted: what it takes is begun within 150 ms or given back. So an answer of 'you
//! are unsubscribed', a pause and a cancellation hold for every message that begins later.
//!
//! A worker holds two locks as long as it lives: one of its own, and one that it shares with whoever works at the same
//! campaign. What a dead one had in its hands, at most [`AHEAD`] messages for each
//! connection, is sent again with the same Message-ID, because SMTP does not tell whether the server had taken it; those
//! messages are counted as doubtful. Of a campaign that was cancelled they are not sent again, and counted by themselves
//! (`recovery`).
//!
//! A server may say as it refuses a message that the mailbox is gone. That is noted with the outcome, in the same statement,
//! and keeps every later mailing away from the mailbox, as a report does that comes afterwards.
//!
//! A suspension of an account changes nothing of that: what it takes is said in `trust/suspensions/levels.rs`, and is about
//! what the account sends. Its owner gets what they asked for, until they say that they do not want it any more.

mod dispatch;
mod hands;
mod lines;
mod queries;
mod recovery;

pub(super) use recovery::{bring_to_rest, restless};

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Campaign, Step, writing};
use crate::platform::app::App;
use crate::platform::ids::CampaignId;
use crate::platform::jobs::{self, Job, JobError};
use crate::preferences::topics::Topic;

/// Attempts of the job; each works for [`SLICE`] and enqueues the next.
pub const ATTEMPTS: i32 = 10;
/// So often a message is tried before it counts as refused.
const TRIES: i32 = 5;
/// A job works for so long, then another goes on: a server that stops is not kept waiting.
const SLICE: Duration = Duration::from_secs(10);
/// So many messages at most a connection has in its hands: the one that is handed over, and those that come next.
pub const AHEAD: usize = 12;
/// No message is begun later than this after it was looked at. The database waits longer than that for a message that
/// a worker has in its hands before it says that none will come.
const FRESH: Duration = Duration::from_millis(150);
/// Wait for a lane to be free.
const PAUSE: Duration = Duration::from_millis(40);
/// Share of a second that a rate hands out at once.
const PIECE: f64 = 0.1;

/// Sends a campaign for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendCampaign {
    /// Which one.
    pub campaign: CampaignId,
}

impl Job for SendCampaign {
    const NAME: &'static str = "send_campaign";

    async fn run(self, app: App) -> Result<(), JobError> {
        if send(&app, self.campaign, SLICE).await? {
            let mut conn = app.db.get().await?;
            jobs::enqueue(&mut conn, &self, ATTEMPTS).await?;
        }
        Ok(())
    }
}

/// What became of a message that was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sent,
    Refused,
    /// Tried in vain, for now.
    Later,
    /// Not begun.
    Released,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Later | Self::Released => "queued",
        }
    }
}

#[derive(Clone, Debug)]
struct Outcome {
    id: Uuid,
    state: State,
    detail: Option<String>,
    not_before: Option<DateTime<Utc>>,
    /// The digest of the mailbox, where the server said that it is gone.
    gone: Option<Vec<u8>>,
}

impl Outcome {
    fn released(id: Uuid) -> Self {
        Self { id, state: State::Released, detail: None, not_before: None, gone: None }
    }
}

/// What every connection of a worker shares.
struct Work {
    app: App,
    campaign: Campaign,
    topic: Topic,
    draft: writing::Draft,
    worker: i32,
    /// The first message that is open.
    from: Uuid,
    until: Instant,
}

/// The Message-ID of a recipient's message, without angle brackets.
pub fn message_id(recipient: Uuid) -> String {
    format!("{}@campaign.lossexpress.com", recipient.simple())
}

/// The recipient whose message has this Message-ID.
pub fn recipient_of(message_id: &str) -> Option<Uuid> {
    let (id, host) = message_id.split_once('@')?;
    (host == "campaign.lossexpress.com").then(|| Uuid::try_parse(id).ok()).flatten()
}

/// Sends a campaign for at most `slice`. Answers whether there is more to do now; ends the campaign when all is done.
///
/// # Errors
/// The database, or a mail server that no connection can be made to.
pub async fn send(app: &App, id: CampaignId, slice: Duration) -> anyhow::Result<bool> {
    let campaign = super::find(app, id).await?;
    let Some(topic) = Topic::parse(&campaign.topic).filter(|_| campaign.state == "sending") else {
        return Ok(false);
    };
    let worker = i32::from_le_bytes(app.keys.random_bytes()) & i32::MAX;
    // Outside the pool, because closing it is what tells of our end.
    let mut alive = app.db.connect().await?;
    queries::live(&mut alive, worker, id).await?;
    let found = recovery::recover(&mut alive, id, app.clock.now()).await?;
    let from = queries::open_from(&mut alive, id).await?;
    if found > 0 {
        tracing::warn!(campaign.id = %id, campaign.doubtful = found, "a worker stopped; what it had begun is sent again");
    }
    // It was there when the campaign was scheduled; a mailing without it is not sent.
    let address = app.config.campaigns.postal_address.as_deref();
    let address = address.context("PORTAL_MAIL_POSTAL_ADDRESS is missing: it stands under every mailing")?;
    let draft = writing::draft(&campaign.subject, &campaign.body, topic.label(), address);
    let until = Instant::now() + slice;
    let work = Arc::new(Work { app: app.clone(), campaign, topic, draft, worker, from, until });
    let connections = if app.mail.leaves() { app.config.campaigns.connections } else { 1 };
    let ended = dispatch::run(&work, &mut alive, connections).await;
    drop(alive);
    ended?;
    finish(app, id).await
}

/// Whether more can be sent now; if nothing is open any more, the campaign is finished.
async fn finish(app: &App, id: CampaignId) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let more = conn
        .transaction(async |conn| {
            let campaign = super::queries::lock(conn, id).await?;
            if campaign.state == "cancelled" {
                // A message that was tried in vain meanwhile waits no longer.
                super::queries::cancel_queued(conn, id, now).await?;
            }
            let queue = queries::queue(conn, id, now).await?;
            if !queue.open && campaign.state == "sending" {
                let step =
                    Step { campaign: id, from: &["sending"], to: "finished", by: None, note: None, now };
                super::queries::shift(conn, &step).await?;
            }
            Ok::<_, diesel::result::Error>(queue.due && campaign.state == "sending")
        })
        .await?;
    Ok(more)
}

/// Sees that a campaign that is being sent has a job, and gives back what a dead worker had.
///
/// # Errors
/// What the database says.
pub(super) async fn see_to(app: &App, id: CampaignId) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    recovery::recover(&mut conn, id, now).await?;
    let queue = queries::queue(&mut conn, id, now).await?;
    if !queue.tended && (queue.due || !queue.open) {
        jobs::enqueue(&mut conn, &SendCampaign { campaign: id }, ATTEMPTS).await?;
    }
    Ok(())
}

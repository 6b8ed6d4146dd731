//! Handing a campaign over to the mail server.
//!
//! Each of several connections takes a few messages at a time (`SKIP LOCKED`, so that any number of workers share
//! the work), and in the same statement looks once more whether each is still wanted and notes that its handing over
//! begins. None is begun later than [`FRESH`] after that look: what is left then goes back, so an answer of 'you are
//! unsubscribed', a pause and a cancellation hold for every message that starts later than that. Then one statement
//! notes what became of the few.
//!
//! A worker holds a lock as long as it lives. What a dead one had begun is sent again with the same Message-ID, because
//! SMTP does not tell whether the server had taken it; those messages are counted as doubtful.

mod queries;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::queries::{Claim, Claimed};
use super::writing::{self, Reader};
use super::{Campaign, Step};
use crate::platform::app::App;
use crate::platform::ids::{CampaignId, ContactId};
use crate::platform::jobs::{self, Job, JobError};
use crate::platform::mail::{Letter, Line, one_click_headers};
use crate::platform::messages::{self, Body, Class, Kind, Outgoing, Refusal};
use crate::preferences::links::{self, Link};
use crate::preferences::topics::Topic;

/// Attempts of the job; each works for [`SLICE`] and enqueues the next.
pub const ATTEMPTS: i32 = 10;
/// So often a message is tried before it counts as refused.
const TRIES: i32 = 5;
/// Messages that a connection takes at a time.
const BATCH: i64 = 50;
/// No message is begun later than this after it was looked at.
const FRESH: Duration = Duration::from_millis(150);
/// A job works for so long, then another goes on: a server that stops is not kept waiting.
const SLICE: Duration = Duration::from_secs(10);
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
}

/// What every connection of a worker shares.
struct Work {
    app: App,
    campaign: Campaign,
    topic: Topic,
    draft: writing::Draft,
    worker: i32,
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
    queries::live(&mut alive, worker).await?;
    let found = queries::recover(&mut alive, id, app.clock.now()).await?;
    if found > 0 {
        tracing::warn!(campaign.id = %id, campaign.doubtful = found, "a worker stopped; what it had begun is sent again");
    }
    let address = app.config.campaigns.postal_address.as_deref().unwrap_or_default();
    let draft = writing::draft(&campaign.subject, &campaign.body, topic.label(), address);
    let until = Instant::now() + slice;
    let work = Arc::new(Work { app: app.clone(), campaign, topic, draft, worker, until });
    let connections = if app.mail.leaves() { app.config.campaigns.connections } else { 1 };
    let mut lines = tokio::task::JoinSet::new();
    for _ in 0..connections {
        lines.spawn(run_line(work.clone()));
    }
    let mut failure = None;
    while let Some(ended) = lines.join_next().await {
        if let Err(error) = ended? {
            failure = Some(error);
        }
    }
    drop(alive);
    if let Some(error) = failure {
        return Err(error);
    }
    finish(app, id).await
}

/// Whether more can be sent now; if nothing is open any more, the campaign is finished.
async fn finish(app: &App, id: CampaignId) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let more = conn
        .transaction(async |conn| {
            let campaign = super::queries::lock(conn, id).await?;
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
    queries::recover(&mut conn, id, now).await?;
    let queue = queries::queue(&mut conn, id, now).await?;
    if !queue.tended && (queue.due || !queue.open) {
        jobs::enqueue(&mut conn, &SendCampaign { campaign: id }, ATTEMPTS).await?;
    }
    Ok(())
}

/// One connection, until the time is over or nothing is due.
async fn run_line(work: Arc<Work>) -> anyhow::Result<()> {
    let mut line = None;
    while Instant::now() < work.until {
        if line.as_ref().is_none_or(Line::is_broken) {
            line = match work.app.mail.connect().await {
                Ok(line) => line,
                Err(Refusal::Temporary(detail) | Refusal::Permanent(detail)) => {
                    anyhow::bail!("no connection to the mail server: {detail}")
                }
            };
        }
        // From before the look on, so that whoever waits as long knows that nothing begins any more.
        let looked = Instant::now();
        let Some(batch) = next_batch(&work).await? else { break };
        let mut outcomes = Vec::with_capacity(batch.len());
        for message in batch {
            let fresh = looked.elapsed() < FRESH && line.as_ref().is_none_or(|line| !line.is_broken());
            outcomes.push(match fresh {
                true => hand_over(&work, &mut line, &message).await?,
                false => Outcome { id: message.id, state: State::Released, detail: None, not_before: None },
            });
        }
        if outcomes.is_empty() {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        settle(&work, &outcomes).await?;
    }
    if let Some(line) = line {
        line.close().await;
    }
    Ok(())
}

async fn settle(work: &Work, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut conn = work.app.db.get().await?;
    queries::settle(&mut conn, work.campaign.id, work.worker, outcomes, work.app.clock.now()).await?;
    let sent = outcomes.iter().filter(|outcome| outcome.state == State::Sent).count() as u64;
    metrics::counter!("portal_campaign_messages_total", "outcome" => "sent").increment(sent);
    Ok(())
}

/// The next few messages; an empty batch where a rate says wait, nothing where nothing is due.
async fn next_batch(work: &Work) -> anyhow::Result<Option<Vec<Claimed>>> {
    let rates = &work.app.config.campaigns;
    let now = work.app.clock.now();
    let mut conn = work.app.db.get().await?;
    let mut limit = BATCH;
    if let Some(rate) = rates.per_second {
        limit = piece_of(rate).min(BATCH);
        if !queries::reserve(&mut conn, "*", seconds(limit, rate), now).await? {
            return Ok(Some(Vec::new()));
        }
    }
    let by_domain = rates.domain_per_second.is_some();
    let claim = Claim {
        campaign: work.campaign.id,
        topic: &work.campaign.topic,
        worker: work.worker,
        limit,
        by_domain,
        now,
    };
    let (mut batch, any) = queries::claim(&mut conn, &claim).await?;
    if !any {
        // Busy lanes may be all that is left: then it is worth waiting for them.
        let waits = by_domain && queries::queue(&mut conn, work.campaign.id, now).await?.due;
        return Ok(waits.then(Vec::new));
    }
    if let Some(rate) = rates.domain_per_second {
        let kept = within_lanes(&mut conn, &batch, rate, now).await?;
        let (go, back): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| kept.contains(&message.id));
        let back: Vec<Outcome> = back
            .iter()
            .map(|message| Outcome { id: message.id, state: State::Released, detail: None, not_before: None })
            .collect();
        queries::settle(&mut conn, work.campaign.id, work.worker, &back, now).await?;
        batch = go;
    }
    Ok(Some(batch))
}

fn piece_of(rate: u32) -> i64 {
    // A rate is at most 100,000.
    #[allow(clippy::cast_possible_truncation)]
    let piece = (f64::from(rate) * PIECE) as i64;
    piece.max(1)
}

fn seconds(count: i64, rate: u32) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX)) / f64::from(rate)
}

/// Of a batch, what may go to each domain now.
async fn within_lanes(
    conn: &mut diesel_async::AsyncPgConnection,
    batch: &[Claimed],
    rate: u32,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Vec<Uuid>> {
    let mut lanes: HashMap<String, Vec<Uuid>> = HashMap::new();
    for message in batch {
        let domain = message.email.rsplit('@').next().unwrap_or_default().to_lowercase();
        lanes.entry(domain).or_default().push(message.id);
    }
    let mut kept = Vec::new();
    for (lane, mut ids) in lanes {
        ids.truncate(usize::try_from(piece_of(rate)).unwrap_or(1));
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        if queries::reserve(conn, &lane, seconds(count, rate), now).await? {
            kept.extend(ids);
        }
    }
    Ok(kept)
}

/// A message as its recipient gets it.
fn write(work: &Work, message: &Claimed) -> (String, Body) {
    let (app, campaign) = (&work.app, &work.campaign);
    let contact = ContactId(message.contact_id);
    let link = Link::new(&app.keys, contact, &message.email, Some(work.topic), Some(campaign.id.0));
    let one_click = links::one_click_url(app, &link);
    let preferences_url = links::preferences_url(app, &link);
    let reader =
        Reader { name: &message.name, preferences_url: &preferences_url, unsubscribe_url: &one_click };
    let (text, html) = work.draft.write(&reader);
    (message_id(message.id), Body { text, html, headers: one_click_headers(&one_click) })
}

/// Hands one message over.
async fn hand_over(work: &Work, line: &mut Option<Line>, message: &Claimed) -> anyhow::Result<Outcome> {
    let now = work.app.clock.now();
    let (message_id, body) = write(work, message);
    let letter = Letter {
        to: &message.email,
        subject: &work.campaign.subject,
        text: &body.text,
        html: &body.html,
        headers: &body.headers,
        message_id: &message_id,
        date: now,
        marketing: true,
    };
    let sent = match (work.app.mail.pack(&letter), line.as_mut()) {
        (Err(refusal), _) => Err(refusal),
        (Ok(parcel), Some(line)) => line.send(&parcel).await,
        (Ok(_), None) => {
            keep(work, message, &message_id, body).await?;
            Ok(String::new())
        }
    };
    let settled = |state, detail| Outcome { id: message.id, state, detail, not_before: None };
    Ok(match sent {
        Ok(_) => settled(State::Sent, None),
        Err(Refusal::Permanent(detail)) => settled(State::Refused, Some(detail)),
        Err(Refusal::Temporary(detail)) if message.attempts >= TRIES => settled(State::Refused, Some(detail)),
        Err(Refusal::Temporary(detail)) => {
            let not_before = Some(queries::later(now, message.attempts));
            Outcome { not_before, ..settled(State::Later, Some(detail)) }
        }
    })
}

/// Where mail does not leave the machine, the development mailbox shows it.
async fn keep(work: &Work, message: &Claimed, message_id: &str, body: Body) -> anyhow::Result<()> {
    let outgoing = Outgoing {
        kind: Kind::Mail,
        name: "campaign",
        class: Class::Marketing,
        person: None,
        to: &message.email,
        subject: work.campaign.subject.clone(),
        body,
    };
    let mut conn = work.app.db.get().await?;
    messages::keep(&mut conn, &work.app.keys, work.app.clock.now(), outgoing, message_id).await?;
    Ok(())
}

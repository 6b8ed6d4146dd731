//! Who hands out the messages: one statement notes what became of those that lines have finished, and takes as many new
//! ones as lines have room for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::hands::Lines;
use super::queries::{self, Claimed, Turn};
use super::{Outcome, PAUSE, PIECE, State, Work};

/// So often the queue is read from its beginning again, for what others gave back.
const SWEEP: Duration = Duration::from_millis(500);

/// Works until the time is over or nothing is due; what was handed out is waited for and noted in any case.
///
/// # Errors
/// The database, or a mail server that cannot be reached.
pub(super) async fn run(work: &Arc<Work>, conn: &mut AsyncPgConnection, count: usize) -> anyhow::Result<()> {
    let mut lines = Lines::open(work, count);
    let ended = hand_out_all(work, conn, &mut lines).await;
    lines.close().await;
    ended
}

async fn hand_out_all(work: &Work, conn: &mut AsyncPgConnection, lines: &mut Lines) -> anyhow::Result<()> {
    let (mut failure, mut queue, mut wait) = (None, Cursor::new(work.from), false);
    loop {
        let finished = lines.finished(wait).await?;
        let mut outcomes = Vec::with_capacity(finished.len());
        for done in finished {
            failure = failure.or(done.failure);
            outcomes.push(done.outcome);
        }
        let open = failure.is_none() && Instant::now() < work.until;
        let want = if open { allowed(work, conn, lines.want()).await? } else { 0 };
        // From before the look on, so that whoever waits as long knows that nothing begins any more.
        let looked = Instant::now();
        let taken = take(work, conn, &outcomes, want, &mut queue).await?;
        if want > 0 || !outcomes.is_empty() {
            lines.turned(looked.elapsed());
        }
        count(&outcomes);
        for message in taken.messages {
            lines.hand_out(message, looked).await?;
        }
        match (open, lines.busy()) {
            (false, 0) => break,
            // Nothing was found for the room there is, or there is none: what is under way first.
            (_, 1..) => wait = !taken.any || lines.want() == 0,
            (true, 0) if taken.any => wait = false,
            (true, 0) => {
                // A rate may be all that holds it up: then it is worth waiting.
                let limited = want == 0 || work.app.config.campaigns.domain_per_second.is_some();
                if !limited || !queries::queue(conn, work.campaign.id, work.app.clock.now()).await?.due {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
                wait = false;
            }
        }
    }
    failure.map_or(Ok(()), |detail| Err(anyhow::anyhow!("no connection to the mail server: {detail}")))
}

fn count(outcomes: &[Outcome]) {
    for (state, name) in [(State::Sent, "sent"), (State::Refused, "refused"), (State::Later, "later")] {
        let many = outcomes.iter().filter(|outcome| outcome.state == state).count() as u64;
        if many > 0 {
            metrics::counter!("portal_campaign_messages_total", "outcome" => name).increment(many);
        }
    }
}

/// Where in the queue the next messages are looked for.
struct Cursor {
    /// The first that was open when the worker began.
    from: Uuid,
    at: Uuid,
    /// Something before it was given back.
    back: bool,
    /// When it last stood at the beginning.
    swept: Instant,
}

impl Cursor {
    fn new(from: Uuid) -> Self {
        Self { from, at: from, back: false, swept: Instant::now() }
    }

    /// Goes back to the beginning, where that may find something; answers whether it did.
    fn sweep(&mut self) -> bool {
        let worth = self.at != self.from && (self.back || self.swept.elapsed() >= SWEEP);
        if worth {
            *self = Self::new(self.from);
        }
        worth
    }
}

/// What was taken.
struct Taken {
    messages: Vec<Claimed>,
    /// Whether anything was due, be it wanted or not.
    any: bool,
}

async fn take(
    work: &Work,
    conn: &mut AsyncPgConnection,
    outcomes: &[Outcome],
    want: usize,
    queue: &mut Cursor,
) -> anyhow::Result<Taken> {
    if want == 0 && outcomes.is_empty() {
        return Ok(Taken { messages: Vec::new(), any: false });
    }
    let now = work.app.clock.now();
    let limit = i64::try_from(want)?;
    let by_domain = work.app.config.campaigns.domain_per_second.is_some();
    let mut turn = Turn {
        campaign: work.campaign.id,
        topic: &work.campaign.topic,
        worker: work.worker,
        outcomes,
        limit,
        after: queue.at,
        by_domain,
        now,
    };
    queue.back |= outcomes.iter().any(|outcome| outcome.state == State::Released);
    let mut rows = queries::turn(conn, &turn).await?;
    if rows.is_empty() && want > 0 && queue.sweep() {
        // At the end of the queue: what was given back stands before.
        (turn.outcomes, turn.after) = (&[], queue.at);
        rows = queries::turn(conn, &turn).await?;
    }
    queue.at = rows.iter().map(|row| row.id).max().unwrap_or(queue.at);
    let any = !rows.is_empty();
    let mut messages: Vec<Claimed> = rows.into_iter().filter_map(queries::Row::wanted).collect();
    if let Some(rate) = work.app.config.campaigns.domain_per_second {
        let many = messages.len();
        messages = within_lanes(work, conn, messages, rate, now).await?;
        queue.back |= messages.len() < many;
    }
    Ok(Taken { messages, any })
}

/// How many of so many may begin now by the overall rate.
async fn allowed(work: &Work, conn: &mut AsyncPgConnection, room: usize) -> anyhow::Result<usize> {
    let Some(rate) = work.app.config.campaigns.per_second else { return Ok(room) };
    let want = room.min(piece_of(rate));
    let now = work.app.clock.now();
    let free = want > 0 && queries::reserve(conn, "*", seconds(want, rate), now).await?;
    Ok(if free { want } else { 0 })
}

fn piece_of(rate: u32) -> usize {
    // A rate is at most 100,000.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let piece = (f64::from(rate) * PIECE) as usize;
    piece.max(1)
}

fn seconds(count: usize, rate: u32) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / f64::from(rate)
}

/// Of what was taken, what may go to each domain now; the rest goes back.
async fn within_lanes(
    work: &Work,
    conn: &mut AsyncPgConnection,
    messages: Vec<Claimed>,
    rate: u32,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Claimed>> {
    let mut lanes: HashMap<String, Vec<Claimed>> = HashMap::new();
    for message in messages {
        let domain = message.email.rsplit('@').next().unwrap_or_default().to_lowercase();
        lanes.entry(domain).or_default().push(message);
    }
    let (mut go, mut back) = (Vec::new(), Vec::new());
    for (lane, mut messages) in lanes {
        back.extend(messages.split_off(messages.len().min(piece_of(rate))));
        match queries::reserve(conn, &lane, seconds(messages.len(), rate), now).await? {
            true => go.extend(messages),
            false => back.extend(messages),
        }
    }
    if !back.is_empty() {
        let back: Vec<Outcome> = back.iter().map(|message| Outcome::released(message.id)).collect();
        let turn = Turn {
            campaign: work.campaign.id,
            topic: &work.campaign.topic,
            worker: work.worker,
            outcomes: &back,
            limit: 0,
            after: work.from,
            by_domain: true,
            now,
        };
        queries::turn(conn, &turn).await?;
    }
    Ok(go)
}

//! A line: one connection to the mail server, on which messages are handed over one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::queries::{self, Claimed};
use super::{FRESH, Outcome, State, TRIES, Work, message_id};
use crate::platform::ids::ContactId;
use crate::platform::mail::{Letter, Line, one_click_headers};
use crate::platform::messages::{self, Body, Class, Kind, Outgoing, Refusal};
use crate::preferences::campaigns::writing::Reader;
use crate::preferences::links::{self, Link};
use crate::preferences::mail_reports::says_mailbox_is_gone;

/// A message to hand over, and when it was looked whether it is wanted.
pub(super) struct Task {
    pub message: Claimed,
    pub looked: Instant,
}

/// What became of it.
pub(super) struct Done {
    pub line: usize,
    pub outcome: Outcome,
    /// How long the handing over took.
    pub took: Duration,
    /// Why there is no connection.
    pub failure: Option<String>,
}

/// Hands over what comes, until nothing comes any more.
pub(super) async fn run(
    work: Arc<Work>,
    number: usize,
    mut tasks: mpsc::Receiver<Task>,
    done: mpsc::Sender<Done>,
) {
    let mut line = Connection::Closed;
    line.mend(&work).await;
    while let Some(task) = tasks.recv().await {
        line.mend(&work).await;
        let began = Instant::now();
        let (outcome, failure) = line.begin(&work, &task).await;
        let took = began.elapsed();
        if done.send(Done { line: number, outcome, took, failure }).await.is_err() {
            break;
        }
    }
    if let Connection::Open(line) = line {
        line.close().await;
    }
}

enum Connection {
    Closed,
    /// Mail does not leave the machine.
    Nowhere,
    Open(Box<Line>),
    Failed(String),
}

impl Connection {
    /// Connects where there is no connection, or a broken one.
    async fn mend(&mut self, work: &Work) {
        match self {
            Self::Nowhere | Self::Failed(_) => return,
            Self::Open(line) if !line.is_broken() => return,
            Self::Closed | Self::Open(_) => {}
        }
        *self = match work.app.mail.connect().await {
            Ok(Some(line)) => Self::Open(Box::new(line)),
            Ok(None) => Self::Nowhere,
            Err(Refusal::Temporary(detail) | Refusal::Permanent(detail)) => Self::Failed(detail),
        };
    }

    async fn begin(&mut self, work: &Work, task: &Task) -> (Outcome, Option<String>) {
        let released = Outcome::released(task.message.id);
        if task.looked.elapsed() >= FRESH {
            return (released, None);
        }
        let line = match self {
            Self::Open(line) => Some(&mut **line),
            Self::Nowhere => None,
            Self::Failed(detail) => return (released, Some(detail.clone())),
            Self::Closed => return (released, Some("closed".into())),
        };
        match hand_over(work, line, &task.message).await {
            Ok(outcome) => (outcome, None),
            Err(error) => (released, Some(format!("{error:#}"))),
        }
    }
}

/// Hands one message over.
async fn hand_over(work: &Work, line: Option<&mut Line>, message: &Claimed) -> anyhow::Result<Outcome> {
    let (app, campaign) = (&work.app, &work.campaign);
    let now = app.clock.now();
    let contact = ContactId(message.contact_id);
    let link = Link::new(&app.keys, contact, &message.email, Some(work.topic), Some(campaign.id.0));
    let unsubscribe_url = links::one_click_url(app, &link);
    let preferences_url = links::preferences_url(app, &link);
    let reader =
        Reader { name: &message.name, preferences_url: &preferences_url, unsubscribe_url: &unsubscribe_url };
    let headers = one_click_headers(&unsubscribe_url);
    let message_id = message_id(message.id);
    let letter = Letter {
        to: &message.email,
        subject: &campaign.subject,
        parts: work.draft.encode(&reader),
        headers: &headers,
        message_id: &message_id,
        date: now,
        marketing: true,
    };
    let sent = match (app.mail.pack(letter), line) {
        (Err(refusal), _) => Err(refusal),
        (Ok(parcel), Some(line)) => line.send(&parcel).await,
        (Ok(_), None) => {
            let (text, html) = work.draft.write(&reader);
            keep(work, message, &message_id, Body { text, html, headers }).await?;
            Ok(String::new())
        }
    };
    let settled = |state, detail| Outcome { id: message.id, state, detail, not_before: None, gone: None };
    Ok(match sent {
        Ok(_) => settled(State::Sent, None),
        Err(Refusal::Permanent(detail)) => {
            Outcome { gone: gone(work, message, &detail), ..settled(State::Refused, Some(detail)) }
        }
        Err(Refusal::Temporary(detail)) if message.attempts >= TRIES => settled(State::Refused, Some(detail)),
        Err(Refusal::Temporary(detail)) => {
            let not_before = Some(queries::later(now, message.attempts));
            Outcome { not_before, ..settled(State::Later, Some(detail)) }
        }
    })
}

/// The digest of the mailbox that the message was for, if the server said that it is gone. Of the address that was tried:
/// its owner may have another by now.
fn gone(work: &Work, message: &Claimed, said: &str) -> Option<Vec<u8>> {
    says_mailbox_is_gone(said).then(|| work.app.keys.email_digest(&message.email))
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

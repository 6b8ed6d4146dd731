//! The job that delivers one message. Safe to run twice: what is sent or given up is left alone.

use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};

use super::{BODY_PLACE, Body, Kind, MAX_ATTEMPTS, StoredMessage, joints, queries};
use crate::platform::app::App;
use crate::platform::ids::MessageId;
use crate::platform::jobs::{Job, JobError};
use crate::retention::rules;

/// Delivers one message of the outbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliverMessage {
    /// Which one.
    pub message: MessageId,
}

impl Job for DeliverMessage {
    const NAME: &'static str = "deliver_message";

    async fn run(self, app: App) -> Result<(), JobError> {
        deliver(&app, self.message).await
    }
}

/// What a transport says of one try.
#[derive(Debug)]
pub enum Refusal {
    /// May work later.
    Temporary(String),
    /// Will not work: an address that does not exist, say.
    Permanent(String),
}

/// Tries to deliver a message once and records the try.
///
/// # Errors
/// `Retry` for a temporary refusal, `Fail` for a permanent one or after the last try.
pub async fn deliver(app: &App, id: MessageId) -> Result<(), JobError> {
    let mut conn = app.db.get().await?;
    let Some(message) = queries::find(&mut conn, id.0).await? else {
        return Ok(());
    };
    if message.sent_at.is_some() || message.failed_at.is_some() {
        return Ok(());
    }
    let Some(body) = message.sealed_body.as_deref().and_then(|sealed| app.keys.open(BODY_PLACE, sealed).ok())
    else {
        queries::mark_failed(&mut conn, id.0, app.clock.now()).await?;
        return Err(JobError::Fail("the body cannot be opened: was the secret key changed?".into()));
    };
    let body: Body = serde_json::from_slice(&body).map_err(|error| JobError::Fail(error.to_string()))?;
    let (attempt, earlier, interrupted) = queries::begin_attempt(&mut conn, id.0, app.clock.now()).await?;
    let body = joints::as_it_leaves(app, &mut conn, &message, body).await?;
    // Nothing slow may hold a connection.
    drop(conn);
    if interrupted {
        tracing::warn!(message.id = %id, "an earlier attempt was interrupted; the same Message-ID goes out again");
    }
    let result = if earlier >= i64::from(MAX_ATTEMPTS) {
        // The job library counts no attempt for a killed worker; a message that kills its worker ends here.
        Err(Refusal::Permanent("given up: too many attempts".into()))
    } else {
        hand_over(app, &message, &body).await
    };
    record(app, &message, attempt, earlier, result).await
}

async fn hand_over(app: &App, message: &StoredMessage, body: &Body) -> Result<String, Refusal> {
    match message.kind.as_str() {
        "mail" => app.mail.send(message, body).await,
        kind => app.sms.send(kind, message, body).await,
    }
}

async fn record(
    app: &App,
    message: &StoredMessage,
    attempt: uuid::Uuid,
    earlier: i64,
    result: Result<String, Refusal>,
) -> Result<(), JobError> {
    let now = app.clock.now();
    let last = earlier + 1 >= i64::from(MAX_ATTEMPTS);
    let (outcome, detail) = match &result {
        Ok(detail) => ("sent", detail),
        Err(Refusal::Temporary(detail)) => ("temporary_failure", detail),
        Err(Refusal::Permanent(detail)) => ("permanent_failure", detail),
    };
    metrics::counter!("portal_messages_total", "kind" => message.kind.clone(), "outcome" => outcome)
        .increment(1);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // The message first and then its attempt, as whoever forgets a message locks them.
        let given_up = match outcome {
            "sent" => queries::mark_sent(conn, message.id, now).await.map(|()| false)?,
            "permanent_failure" => queries::mark_failed(conn, message.id, now).await?,
            _ => last && queries::mark_failed(conn, message.id, now).await?,
        };
        queries::finish_attempt(conn, attempt, now, outcome, detail).await?;
        // Of a message that was forgotten meanwhile nothing is kept, and of a server that was busy nothing is concluded.
        if given_up && outcome == "permanent_failure" && message.kind == Kind::Mail.as_str() {
            joints::mail_was_refused(app, conn, message, detail, now).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    match result {
        Ok(_) => Ok(()),
        Err(Refusal::Temporary(detail)) if !last => Err(JobError::Retry(detail)),
        Err(Refusal::Temporary(detail) | Refusal::Permanent(detail)) => Err(JobError::Fail(detail)),
    }
}

/// Forgets the bodies of messages that were settled long enough ago; in development the mailbox shows them
/// as long.
///
/// # Errors
/// What the database says.
pub(in crate::platform) async fn forget_old_bodies(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let kept = rules::MESSAGE_BODIES.period.length();
    let before = app.clock.now() - kept;
    conn.transaction(async |conn| queries::forget_bodies(conn, before).await).await?;
    Ok(())
}

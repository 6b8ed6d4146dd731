//! The outbox: the only way out for mail, text messages and calls.
//!
//! A message is written in the transaction of what it tells, together with the job that delivers
//! it, so it exists exactly if the change does. Delivery records each attempt before it begins: an
//! attempt without an end is a crash between send and mark, and the next one repeats the same
//! Message-ID so that the receiver can tell.
//!
//! What features add, under a mail and when a server refuses one, is named in `joints`.

mod deliver;
mod joints;
mod queries;
mod restored;

pub(in crate::platform) use deliver::forget_old_bodies;
pub use deliver::{DeliverMessage, Refusal, deliver};
pub(in crate::platform) use joints::as_it_leaves;
pub use queries::{Attempt, StoredMessage, attempts, find, newer_than, recent, try_again};
pub use restored::set_aside;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::crypto::Keys;
use super::ids::MessageId;

/// The column a body is sealed for.
pub(in crate::platform) const BODY_PLACE: &str = "messages.sealed_body";

/// Deliveries are tried this often before a message is given up: with the job library's backoff of
/// e^attempt seconds, at most about six hours, that is a good two days.
pub const MAX_ATTEMPTS: i32 = 18;

/// What a message may be sent for (S86).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Asked for or needed: security, requests, contracts. Preferences do not stop it.
    Transactional,
    /// Sent only to people who want it, with a way to stop it.
    Marketing,
}

impl Class {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
        }
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// E-mail.
    Mail,
    /// Text message.
    Sms,
    /// A call that reads the text aloud.
    Voice,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }
}

/// What is sealed of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Plain text; of a text message or call, all there is.
    pub text: String,
    /// HTML part of a mail.
    pub html: String,
    /// Further headers of a mail, name and value.
    pub headers: Vec<(String, String)>,
}

/// A message ready for the outbox.
pub struct Outgoing<'a> {
    /// How it travels.
    pub kind: Kind,
    /// Which mail or text it is; the name of its template.
    pub name: &'static str,
    /// What it may be sent for.
    pub class: Class,
    /// Whose it is, where that is known.
    pub person: Option<Uuid>,
    /// Address or number in E.164.
    pub to: &'a str,
    /// Subject of a mail.
    pub subject: String,
    /// The rest.
    pub body: Body,
}

/// Writes a message and its delivery job inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    now: DateTime<Utc>,
    message: Outgoing<'_>,
) -> QueryResult<MessageId> {
    let id = MessageId::new(now);
    let body = serde_json::to_vec(&message.body).expect("text and headers serialise");
    let row = queries::NewMessage {
        id: id.0,
        kind: message.kind.as_str(),
        name: message.name,
        class: message.class.as_str(),
        person_id: message.person,
        recipient: message.to,
        subject: &message.subject,
        sealed_body: Some(keys.seal(BODY_PLACE, &body)),
        // Made once and kept: every attempt carries the same one.
        message_id: format!("{}@portal.lossexpress.com", id.0.simple()),
        created_at: now,
    };
    queries::insert(conn, &row).await?;
    super::jobs::enqueue(conn, &DeliverMessage { message: id }, MAX_ATTEMPTS).await?;
    Ok(id)
}

/// Keeps a message for the development mailbox that went on another way, as one that was delivered.
///
/// # Errors
/// What the database says.
pub async fn keep(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    now: DateTime<Utc>,
    message: Outgoing<'_>,
    message_id: &str,
) -> QueryResult<()> {
    let id = MessageId::new(now);
    let body = serde_json::to_vec(&message.body).expect("text and headers serialise");
    let row = queries::NewMessage {
        id: id.0,
        kind: message.kind.as_str(),
        name: message.name,
        class: message.class.as_str(),
        person_id: message.person,
        recipient: message.to,
        subject: &message.subject,
        sealed_body: Some(keys.seal(BODY_PLACE, &body)),
        message_id: message_id.to_owned(),
        created_at: now,
    };
    queries::insert(conn, &row).await?;
    queries::mark_sent(conn, id.0, now).await
}

/// Opens the body of a message, unless it was forgotten or belongs to another key.
pub fn open(keys: &Keys, message: &StoredMessage) -> Option<Body> {
    let sealed = message.sealed_body.as_deref()?;
    serde_json::from_slice(&keys.open(BODY_PLACE, sealed).ok()?).ok()
}

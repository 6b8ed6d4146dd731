//! Unsubscribing by the link under a mailing (S30, S85; RFC 8058).
//!
//! GET asks with one button and changes nothing, because mail programs and scanners open every link. POST unsubscribes at
//! once, from that page or from the button of a mail program, which sends no cookie and comes from anywhere; it may be
//! repeated. The page after it offers to undo, to stop every topic, and to say why.

mod queries;
pub mod web;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use super::decisions::{By, Via};
use super::links::Link;
use super::topics::Topic;
use super::undo::{self, Undo};
use crate::platform::app::App;
use crate::platform::error::AppError;

/// What came of unsubscribing.
#[derive(Clone, Debug)]
pub struct Unsubscribed {
    /// Address of the contact.
    pub email: String,
    /// The decision that holds, of this time or an earlier one.
    pub decision: Option<Uuid>,
    /// How many messages that waited it cancelled.
    pub cancelled_messages: i64,
    /// Whether it was this time.
    pub fresh: bool,
}

/// Unsubscribes the contact of a link from a topic, or with none from every mailing, in one statement that also takes
/// what waits out of the queue. Where that holds already nothing is written. Nothing if the contact is gone.
///
/// # Errors
/// What the database says.
pub async fn unsubscribe(
    app: &App,
    link: &Link,
    topic: Option<Topic>,
    via: Via,
    country: Option<&str>,
) -> Result<Option<Unsubscribed>, AppError> {
    let wording = words(topic);
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    Ok(queries::unsubscribe(&mut conn, &queries::Asked { link, topic, via, wording: &wording, country }, now)
        .await?)
}

/// The words that were shown: the button, or in a mail program the heading of its link.
fn words(topic: Option<Topic>) -> String {
    match topic {
        Some(topic) => format!("Unsubscribe from {}", topic.label()),
        None => "Unsubscribe from all mailings".into(),
    }
}

/// The last mailing about a topic (or any) that went to a contact: its subject and when.
///
/// # Errors
/// What the database says.
pub async fn last_sent(
    app: &App,
    link: &Link,
    topic: Option<Topic>,
) -> Result<Option<(String, DateTime<Utc>)>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::last_sent(&mut conn, link.contact, topic).await?)
}

/// Takes an unsubscription back: what it ended goes on, as far as that had been asked for before and nothing was
/// decided since. Answers how many topics that were.
///
/// # Errors
/// What the database says.
pub async fn undo(app: &App, link: &Link, decision: Uuid, country: Option<&str>) -> Result<usize, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let undo = Undo {
        contact: link.contact,
        decision,
        by: By::Person(None),
        via: Via::Link,
        country,
        campaign: link.campaign,
    };
    let undone = conn.transaction(async |conn| undo::take_back(conn, &undo, now).await).await?;
    Ok(undone)
}

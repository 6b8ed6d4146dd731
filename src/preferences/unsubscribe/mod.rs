//! Unsubscribing by the link under a mailing (S30, S85; RFC 8058).
//!
//! GET asks with one button and changes nothing, because mail programs and scanners open every link. POST unsubscribes at
//! once, from that page or from the button of a mail program, which sends no cookie and comes from anywhere; it may be
//! repeated. The page after it offers to undo, to stop every topic, and to say why.
//!
//! A link is about the mailbox that it was mailed to. Where its contact is gone or moved, whoever has the address today is
//! unsubscribed; and a mailbox that a contact left ends its mailings too, but learns nothing about it.

pub mod batch;
mod queries;
pub mod web;

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use self::batch::Unsubscribing;
use super::contacts::{self, Contact};
use super::decisions::{By, Via};
use super::links::Link;
use super::topics::Topic;
use super::undo::{self, Undo};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::ContactId;

/// Whose a link is today, with something of theirs.
#[derive(Clone, Debug)]
pub enum Whose<T> {
    /// Of the contact with the address that it was mailed to.
    Own(T),
    /// Only of one that has another address now.
    Moved,
    /// Of nobody.
    Gone,
}

impl<T> Whose<T> {
    fn new(own: Option<T>, moved: bool) -> Self {
        match own {
            Some(own) => Self::Own(own),
            None if moved => Self::Moved,
            None => Self::Gone,
        }
    }

    /// As a page names it (`own`, `moved` or `gone`), and what may be shown.
    fn named(self) -> (&'static str, Option<T>) {
        match self {
            Self::Own(own) => ("own", Some(own)),
            Self::Moved => ("moved", None),
            Self::Gone => ("gone", None),
        }
    }
}

/// Looks up whose a link is.
///
/// # Errors
/// What the database says.
pub async fn find(app: &App, link: &Link) -> Result<Whose<Contact>, AppError> {
    let mut conn = app.db.get().await?;
    let named = contacts::find(&mut conn, link.contact).await?;
    let moved = named.is_some();
    let own = match named.filter(|contact| link.is_for(&app.keys, &contact.email)) {
        Some(own) => Some(own),
        None => queries::at_address_of(&mut conn, link).await?,
    };
    Ok(Whose::new(own, moved))
}

/// What came of unsubscribing.
#[derive(Clone, Debug)]
pub struct Unsubscribed {
    /// The contact.
    pub contact: ContactId,
    /// Its address.
    pub email: String,
    /// The decision that holds, of this time or an earlier one.
    pub decision: Option<Uuid>,
    /// How many messages that waited it cancelled.
    pub cancelled_messages: i64,
    /// Whether it was this time.
    pub fresh: bool,
}

/// How somebody unsubscribes by a link.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// By which button.
    pub via: Via,
    /// ISO 3166 country of the network address.
    pub country: Option<&'a str>,
}

/// Unsubscribes the contact of a link from a topic, or with none from every mailing, in one statement that also takes
/// what waits out of the queue; from a topic with everybody who does so at the same moment. Where that holds already nothing is
/// written. Where the contact is gone or moved, also whoever has its address today, so that no mailing goes on to the mailbox
/// that asked (S85).
///
/// # Errors
/// What the database says.
pub async fn unsubscribe(
    app: &App,
    others: &Unsubscribing,
    link: &Link,
    topic: Option<Topic>,
    way: Way<'_>,
) -> Result<Whose<Unsubscribed>, AppError> {
    let turn = others.enter();
    let named = match topic {
        Some(topic) => turn.with_others(|| batch::Asked::new(link, topic, way)).await,
        None => None,
    };
    // Of the right mailbox, as nearly everybody is: that is all.
    let named = match named {
        Some(done) if link.is_for(&app.keys, &done.email) => return Ok(Whose::Own(done)),
        named => named,
    };
    let wording = words(topic);
    let now = app.clock.now();
    let (contact, campaign) = (link.contact, link.campaign);
    let Way { via, country } = way;
    let mut asked = queries::Asked { contact, topic, via, wording: &wording, country, campaign };
    let mut conn = app.db.get().await?;
    let named = match named {
        Some(done) => Some(done),
        None => queries::unsubscribe(&mut conn, &asked, now).await?,
    };
    let moved = named.is_some();
    let mut own = named.filter(|done| link.is_for(&app.keys, &done.email));
    // Again, if that one goes in between.
    while own.is_none() {
        let Some(contact) = queries::at_address_of(&mut conn, link).await? else { break };
        asked.contact = contact.id;
        own = queries::unsubscribe(&mut conn, &asked, now).await?;
        own = own.filter(|done| link.is_for(&app.keys, &done.email));
    }
    Ok(Whose::new(own, moved))
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
    contact: ContactId,
    topic: Option<Topic>,
) -> Result<Option<(String, DateTime<Utc>)>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::last_sent(&mut conn, contact, topic).await?)
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

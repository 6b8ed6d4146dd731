//! Choosing: topic by topic, fewer, later, or nothing at all. The same for somebody who is signed in
//! (`/settings/preferences`) and for whoever follows the link in a mail (`/preferences/{token}`, S83).
//!
//! A page sends along what it showed, and only what differs from that is decided: a page that was left open
//! takes nothing back that was decided elsewhere since.

mod form;
pub mod web;

pub use form::{Act, ChoicesForm, Wanted};

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::contacts::{self, Contact};
use super::decisions::{self, By, Choice, Decision, Via};
use super::onboarding;
use super::partners::consents;
use super::topics::{Channel, Topic};
use super::undo::{self, Undo};
use crate::platform::ids::{ContactId, PersonId};

/// Who chooses and how they came to the page.
#[derive(Clone, Copy, Debug)]
pub struct Chooser<'a> {
    /// Themselves.
    pub by: By,
    /// By a page or by a link.
    pub via: Via,
    /// Country of their network address.
    pub country: Option<&'a str>,
    /// Their browser sends Global Privacy Control with it.
    pub signalled: bool,
}

/// What somebody may choose among, and what holds.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// Topic by topic; only those that the page has.
    pub topics: BTreeMap<Topic, bool>,
    /// At most so many in 30 days.
    pub limit: Option<i32>,
    /// No mailing before.
    pub paused_until: Option<DateTime<Utc>>,
    /// Since when there is none at all.
    pub stopped_at: Option<DateTime<Utc>>,
    /// The decision that stopped everything, while it can be undone.
    pub stop: Option<Uuid>,
}

/// What holds for a contact, or for somebody who has none yet. Calls are offered to whoever has an account, which is
/// this person's: we may call a new customer until they tell us not to (S41).
///
/// # Errors
/// What the database says.
pub async fn present(
    conn: &mut AsyncPgConnection,
    contact: Option<&Contact>,
    person: Option<PersonId>,
    now: DateTime<Utc>,
) -> QueryResult<Present> {
    let mut decided = match contact {
        Some(contact) => decisions::present(conn, contact.id).await?,
        None => BTreeMap::new(),
    };
    if let Some(person) = person
        && !decided.contains_key(&Topic::OnboardingCalls)
    {
        decided.insert(Topic::OnboardingCalls, onboarding::may_be_called(conn, person).await?);
    }
    let stopped = contact.filter(|contact| contact.stopped_at.is_some());
    let stop = match stopped {
        Some(contact) => undo::offered(conn, contact.id).await?,
        None => None,
    };
    let offered =
        Topic::ALL.into_iter().filter(|topic| person.is_some() || topic.channel() == Channel::Email);
    let holds = |topic: Topic| decided.get(&topic).copied().unwrap_or(false);
    Ok(Present {
        topics: offered.map(|topic| (topic, holds(topic))).collect(),
        limit: contact.and_then(|contact| contact.monthly_limit),
        paused_until: contact.and_then(|contact| contact.paused_until).filter(|until| *until > now),
        stopped_at: stopped.and_then(|contact| contact.stopped_at),
        stop,
    })
}

/// Writes what somebody chose as decisions, inside the caller's transaction. Answers how many there were.
///
/// # Errors
/// What the database says.
pub async fn decide(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    chooser: Chooser<'_>,
    act: &Act,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    if let Act::Undo(decision) = *act {
        let Chooser { by, via, country, .. } = chooser;
        let undo = Undo { contact, decision, by, via, country, campaign: None };
        return undo::take_back(conn, &undo, now).await;
    }
    if let Act::Partner { partner, yes } = *act {
        return consents::decide(conn, contact, chooser, partner, yes, now).await;
    }
    let made = what(act, now);
    for (topic, choice, wording) in &made {
        let decision = Decision {
            contact,
            topic: *topic,
            channel: topic.map_or(Channel::Email, Topic::channel),
            choice: *choice,
            by: chooser.by,
            via: chooser.via,
            wording,
            country: chooser.country,
            campaign: None,
        };
        decisions::record(conn, &decision, now).await?;
    }
    if subscribes(act) {
        contacts::wanted_again(conn, contact, now).await?;
    }
    Ok(made.len())
}

/// Whether somebody asks for mailings with it.
fn subscribes(act: &Act) -> bool {
    let Act::Save(wanted) = act else { return false };
    wanted.topics.iter().any(|(topic, yes)| *yes && topic.channel() == Channel::Email)
}

/// The words of the button that stops everything, as they are recorded: only a customer is called.
fn stop_words(calls: bool) -> &'static str {
    if calls { "Stop all mailings and calls" } else { "Stop all mailings" }
}

const RESUME: &str = "End the pause now";

fn what(act: &Act, now: DateTime<Utc>) -> Vec<(Option<Topic>, Choice, String)> {
    match act {
        Act::Save(wanted) => {
            let choice = |yes: bool| if yes { Choice::Subscribed } else { Choice::Unsubscribed };
            let mut made: Vec<_> = wanted
                .topics
                .iter()
                .map(|(topic, yes)| (Some(*topic), choice(*yes), topic.wording()))
                .collect();
            if let Some(limit) = wanted.limit {
                made.push((None, Choice::Limited(limit), form::limit_words(limit)));
            }
            made
        }
        Act::Pause(days) => {
            let until = now + Duration::days(*days);
            vec![(None, Choice::PausedUntil(until), format!("Pause for {days} days"))]
        }
        Act::Resume => vec![(None, Choice::Subscribed, RESUME.into())],
        Act::Stop { calls } => {
            let topics = [None, Some(Topic::OnboardingCalls)].into_iter().take(if *calls { 2 } else { 1 });
            topics.map(|topic| (topic, Choice::Unsubscribed, stop_words(*calls).to_owned())).collect()
        }
        // It follows from what was decided before, or is about no mailing of ours.
        Act::Undo(_) | Act::Partner { .. } => Vec::new(),
    }
}

//! The contact of a person whose address changes: it goes along, and what held for the new mailbox before holds on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::contacts::{Contact, key_of, mailbox_works};
use super::decisions::{self, By, Choice, Decision, Via};
use super::topics::{Channel, Topic};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::contacts;
use crate::platform::ids::{ContactId, PersonId};

/// What is kept as the words of a decision that comes along.
const WORDS: &str = "Chosen before by the mailbox of this address.";

/// Moves the contact of a person to their new, confirmed address, with all choices. A contact that had that address
/// before is of the same mailbox: what was refused, stopped, paused or limited there stays so, and then it goes.
///
/// # Errors
/// What the database says.
pub async fn move_address(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: PersonId,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // Both are locked: a decision about one of them that is being written is waited for and counts.
    let own =
        contacts::table.filter(contacts::person_id.eq(person)).select(Contact::as_select()).for_update();
    let Some(own) = own.first::<Contact>(conn).await.optional()? else { return Ok(()) };
    let other = contacts::table
        .filter(contacts::email_key.eq(key_of(email)).and(contacts::id.ne(own.id)))
        .select(Contact::as_select())
        .for_update();
    if let Some(other) = other.first::<Contact>(conn).await.optional()? {
        for (topic, choice) in held_more(conn, &other, &own, now).await? {
            decisions::record(conn, &came_along(own.id, topic, choice), now).await?;
        }
        diesel::delete(contacts::table.find(other.id)).execute(conn).await?;
    }
    diesel::update(contacts::table.find(own.id))
        .set((
            contacts::email.eq(email),
            contacts::email_key.eq(key_of(email)),
            contacts::email_digest.eq(keys.email_digest(email)),
            contacts::confirmed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    mailbox_works(conn, keys, email, now).await
}

/// What was refused or stopped for one contact; its pause, where it is the longer, and its limit, where it is the smaller
/// of the two.
async fn held_more(
    conn: &mut AsyncPgConnection,
    from: &Contact,
    to: &Contact,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(Option<Topic>, Choice)>> {
    let decided = decisions::present(conn, from.id).await?;
    let refused = decided.into_iter().filter(|(_, yes)| !yes);
    let mut held: Vec<_> = refused.map(|(topic, _)| (Some(topic), Choice::Unsubscribed)).collect();
    if from.stopped_at.is_some() {
        held.push((None, Choice::Unsubscribed));
    }
    if let Some(until) = from.paused_until.filter(|until| *until > now)
        && to.paused_until.is_none_or(|own| own < until)
    {
        held.push((None, Choice::PausedUntil(until)));
    }
    if let Some(limit) = from.monthly_limit
        && to.monthly_limit.is_none_or(|own| own > limit)
    {
        held.push((None, Choice::Limited(Some(limit))));
    }
    Ok(held)
}

/// A decision of one contact as it is written for another.
fn came_along(contact: ContactId, topic: Option<Topic>, choice: Choice) -> Decision<'static> {
    let channel = topic.map_or(Channel::Email, Topic::channel);
    let (by, via) = (By::System, Via::EmailChange);
    Decision { contact, topic, channel, choice, by, via, wording: WORDS, country: None, campaign: None }
}

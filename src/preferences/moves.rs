//! The contact of a person whose address changes: it goes along, and what held for the new mailbox before holds on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::contacts::{Contact, is_held, key_of, mailbox_works};
use super::decisions::{self, By, Choice, Decision, Via};
use super::topics::{Channel, Topic};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::contacts;
use crate::platform::ids::{ContactId, PersonId};

/// What is kept as the words of a decision that comes along.
const WORDS: &str = "Chosen before by the mailbox of this address.";

/// Moves the contact of a person to their new, confirmed address, with all choices. A contact that had that address
/// before is of the same mailbox: what was refused, stopped, paused or limited there stays so, and then it goes. Where a hold
/// keeps it (S72), it stays as it is and stands for nobody any more, which changes nothing for the person.
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
    let (own, others) = lock_both(conn, person, email).await?;
    let Some(own) = own.into_iter().next() else { return Ok(()) };
    for other in others {
        for (topic, choice) in held_more(conn, &other, &own, now).await? {
            decisions::record(conn, &came_along(own.id, topic, choice), now).await?;
        }
        give_way(conn, &other, now).await?;
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

/// The contact of the person, and that of the address if it is another; none or one of each. Both are locked: a decision
/// about one of them that is being written is waited for and counts. In the order of their ids, as a campaign locks those
/// whom it makes rows for: so neither waits for the other while the other waits for it.
async fn lock_both(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    email: &str,
) -> QueryResult<(Vec<Contact>, Vec<Contact>)> {
    let at_address = contacts::email_key.eq(key_of(email)).and(contacts::replaced_at.is_null());
    let found: Vec<Contact> = contacts::table
        .filter(contacts::person_id.eq(person).or(at_address))
        .order(contacts::id)
        .select(Contact::as_select())
        .for_update()
        .load(conn)
        .await?;
    Ok(found.into_iter().partition(|contact| contact.person == Some(person)))
}

/// Another contact stands in the place of this one. It goes, or where a hold keeps it, the sweep takes it after the hold.
async fn give_way(conn: &mut AsyncPgConnection, contact: &Contact, now: DateTime<Utc>) -> QueryResult<()> {
    let it = contacts::table.find(contact.id);
    if is_held(conn, contact.id).await? {
        diesel::update(it).set(contacts::replaced_at.eq(now)).execute(conn).await?;
    } else {
        diesel::delete(it).execute(conn).await?;
    }
    Ok(())
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

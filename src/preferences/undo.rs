//! Taking a 'no' back: what it ended goes on, as far as it had been wanted before and nothing was decided since. Stopping
//! everything may be two decisions, about mailings and about calls; both come back together.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::decisions::{self, By, Choice, Decision, Via};
use super::topics::{Channel, Topic};
use crate::platform::db::schema::{contacts, preference_decisions};
use crate::platform::ids::ContactId;

/// The words of the button, as they are recorded.
const WORDS: &str = "Undo: keep sending me what I had";

/// A 'no' that somebody takes back, and on which way.
#[derive(Clone, Copy, Debug)]
pub struct Undo<'a> {
    /// Whose.
    pub contact: ContactId,
    /// The decision to be taken back.
    pub decision: Uuid,
    /// Who takes it back.
    pub by: By,
    /// By a page or by a link.
    pub via: Via,
    /// Country of their network address.
    pub country: Option<&'a str>,
    /// The campaign whose mail led here.
    pub campaign: Option<Uuid>,
}

/// Takes it back inside the caller's transaction. Answers how many topics go on.
///
/// # Errors
/// What the database says.
pub async fn take_back(
    conn: &mut AsyncPgConnection,
    undo: &Undo<'_>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    // The row of the contact first, as for every decision: of two undoings at once the second finds nothing.
    // Nothing changes at one in whose place another stands.
    let it = contacts::table.find(undo.contact).filter(contacts::replaced_at.is_null());
    let locked = it.select(contacts::id).for_update();
    if locked.first::<ContactId>(conn).await.optional()?.is_none() {
        return Ok(0);
    }
    let topics = ended_by(conn, undo.contact, undo.decision).await?;
    for topic in &topics {
        let decision = Decision {
            contact: undo.contact,
            topic: Some(*topic),
            channel: topic.channel(),
            choice: Choice::Subscribed,
            by: undo.by,
            via: undo.via,
            wording: WORDS,
            country: undo.country,
            campaign: undo.campaign,
        };
        decisions::record(conn, &decision, now).await?;
    }
    Ok(topics.len())
}

/// The decision that stopped everything, while there is something that undoing it brings back.
///
/// # Errors
/// What the database says.
pub async fn offered(conn: &mut AsyncPgConnection, contact: ContactId) -> QueryResult<Option<Uuid>> {
    let stop: Option<Uuid> = preference_decisions::table
        .filter(preference_decisions::contact_id.eq(contact).and(preference_decisions::topic.is_null()))
        .filter(preference_decisions::choice.eq("unsubscribed"))
        .filter(preference_decisions::channel.eq(Channel::Email.as_str()))
        .order(preference_decisions::seq.desc())
        .select(preference_decisions::id)
        .first(conn)
        .await
        .optional()?;
    let Some(stop) = stop else { return Ok(None) };
    let brings_back = !ended_by(conn, contact, stop).await?.is_empty();
    Ok(brings_back.then_some(stop))
}

/// The topics that a decision ended, that are still so, and that had been wanted before it. Calls end with the decision of
/// the same moment and the same words; a new customer wants them until they say no (S41).
async fn ended_by(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    decision: Uuid,
) -> QueryResult<Vec<Topic>> {
    #[derive(QueryableByName)]
    struct Ended {
        #[diesel(sql_type = Text)]
        topic: String,
    }
    let rows: Vec<Ended> = diesel::sql_query(
        "SELECT t.topic FROM preference_decisions stop \
           JOIN contact_topics t ON t.contact_id = stop.contact_id AND NOT t.subscribed \
           JOIN preference_decisions last ON last.id = t.decision_id \
         WHERE stop.id = $2 AND stop.contact_id = $1 AND stop.choice = 'unsubscribed' AND CASE t.channel \
           WHEN 'email' THEN last.id = stop.id AND EXISTS ( \
             SELECT FROM preference_decisions d WHERE d.contact_id = $1 AND d.topic = t.topic AND d.choice = 'subscribed') \
           WHEN 'phone' THEN stop.topic IS NULL AND last.decided_at = stop.decided_at AND last.wording = stop.wording AND coalesce( \
             (SELECT d.choice = 'subscribed' FROM preference_decisions d \
               WHERE d.contact_id = $1 AND d.topic = t.topic AND d.channel = 'phone' AND d.seq < last.seq ORDER BY d.seq DESC LIMIT 1), \
             (SELECT p.onboarding_call_refused_at IS NULL FROM contacts c JOIN people p ON p.id = c.person_id WHERE c.id = $1), \
             false) \
           ELSE false END \
         ORDER BY t.topic",
    )
    .bind::<SqlUuid, _>(contact)
    .bind::<SqlUuid, _>(decision)
    .load(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Topic::parse(&row.topic)).collect())
}

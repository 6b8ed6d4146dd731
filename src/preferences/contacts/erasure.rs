//! Deleting a contact, and what has to be kept or forgotten beside it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bytea, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Contact, key_of};
use crate::identity::people;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::contacts;
use crate::platform::ids::ContactId;
use crate::preferences::contact_desk;
use crate::preferences::suppressions::{self, Reason};
use crate::preferences::topics::Topic;

/// Deletes a contact with all its decisions. Only a digest of the address is kept, so that no list brings it back.
/// Answers whether it was there, with the address that it was looked up with; if not, the caller rolls back.
///
/// # Errors
/// What the database says.
pub async fn erase(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    contact: &Contact,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    keep_refusal_of_calls(conn, contact).await?;
    suppressions::suppress(conn, keys, &contact.email, Reason::Erased, None, now).await?;
    contact_desk::queries::forget_looks(conn, &keys.email_digest(&contact.email)).await?;
    forget_words(conn, keys, contact).await?;
    let same = contacts::table.find(contact.id).filter(contacts::email_key.eq(key_of(&contact.email)));
    Ok(diesel::delete(same).execute(conn).await? > 0)
}

/// What servers said of mail to a contact, which often names its address.
async fn forget_words(conn: &mut AsyncPgConnection, keys: &Keys, contact: &Contact) -> QueryResult<()> {
    for forgetting in [
        "UPDATE campaign_recipients SET detail = NULL WHERE contact_id = $1 AND detail IS NOT NULL",
        "UPDATE mail_reports SET detail = '' WHERE contact_id = $1",
    ] {
        diesel::sql_query(forgetting).bind::<SqlUuid, _>(contact.id).execute(conn).await?;
    }
    diesel::sql_query(
        "UPDATE mail_suppressions SET detail = NULL WHERE email_digest = $1 AND reason IN ('hard_bounce', 'complaint')",
    )
    .bind::<Bytea, _>(keys.email_digest(&contact.email))
    .execute(conn)
    .await
    .map(drop)
}

/// Whoever refused calls stays off the list of calls (S41): without the contact, the person themselves says so.
async fn keep_refusal_of_calls(conn: &mut AsyncPgConnection, contact: &Contact) -> QueryResult<()> {
    // The person first, as whoever changes one of theirs does; then a decision that is being written is waited for.
    if let Some(person) = contact.person
        && people::lock(conn, person).await.optional()?.is_none()
    {
        return Ok(());
    }
    let locked = contacts::table.find(contact.id).select(contacts::id).for_update();
    if locked.first::<ContactId>(conn).await.optional()?.is_none() {
        return Ok(());
    }
    diesel::sql_query(
        "UPDATE people p SET onboarding_call_refused_at = coalesce(p.onboarding_call_refused_at, d.decided_at) \
         FROM contacts c \
           JOIN contact_topics t ON t.contact_id = c.id AND t.topic = $2 AND t.channel = $3 AND NOT t.subscribed \
           JOIN preference_decisions d ON d.id = t.decision_id \
         WHERE c.id = $1 AND p.id = c.person_id",
    )
    .bind::<SqlUuid, _>(contact.id)
    .bind::<Text, _>(Topic::OnboardingCalls.as_str())
    .bind::<Text, _>(Topic::OnboardingCalls.channel().as_str())
    .execute(conn)
    .await?;
    Ok(())
}

//! SQL of signals: a decision about tracking on the web, of the person's own contact.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::{contact_topics, contacts};
use crate::platform::ids::{ContactId, PersonId, new_uuid};

/// What was decided and how.
pub(super) struct Decision {
    /// Whether tracking is allowed.
    pub allowed: bool,
    /// `gpc` or `page`.
    pub via: &'static str,
    /// The words that stand for it.
    pub wording: &'static str,
}

/// Whether tracking is refused for this person.
pub(super) async fn is_recorded(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<bool> {
    let refused = contact_topics::table
        .filter(contact_topics::topic.eq("tracking").and(contact_topics::channel.eq("web")))
        .filter(contact_topics::subscribed.eq(false))
        .filter(
            contact_topics::contact_id
                .eq_any(contacts::table.filter(contacts::person_id.eq(person)).select(contacts::id)),
        );
    diesel::select(exists(refused)).get_result(conn).await
}

/// Writes the decision; the database makes the present state of it.
pub(super) async fn record(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    person: PersonId,
    country: Option<&str>,
    decision: &Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, actor_id, via, wording, country) \
         VALUES ($1, $2, 'tracking', 'web', $3, $4, 'person', $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(new_uuid(now))
    .bind::<SqlUuid, _>(contact)
    .bind::<Text, _>(if decision.allowed { "subscribed" } else { "unsubscribed" })
    .bind::<Timestamptz, _>(now)
    .bind::<SqlUuid, _>(person)
    .bind::<Text, _>(decision.via)
    .bind::<Text, _>(decision.wording)
    .bind::<Nullable<Text>, _>(country)
    .execute(conn)
    .await?;
    Ok(())
}

//! SQL of unsubscribing.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Unsubscribed;
use crate::platform::ids::{ContactId, new_uuid};
use crate::preferences::decisions::Via;
use crate::preferences::links::Link;
use crate::preferences::topics::Topic;

/// What is asked for.
pub(super) struct Asked<'a> {
    pub link: &'a Link,
    pub topic: Option<Topic>,
    pub via: Via,
    pub wording: &'a str,
    pub country: Option<&'a str>,
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    decision: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    cancelled_messages: i64,
    #[diesel(sql_type = Bool)]
    fresh: bool,
}

/// One statement. A topic that was refused, or with no topic everything that was stopped, is not written again; what
/// then holds is looked up.
const UNSUBSCRIBE: &str = "\
    WITH contact AS (SELECT id, email, stopped_at FROM contacts WHERE id = $1), \
    made AS (INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording, country, campaign_id) \
        SELECT $2, id, $3, 'email', 'unsubscribed', $4, 'person', $5, $6, $7, $8 FROM contact \
        WHERE CASE WHEN $3 IS NULL THEN stopped_at IS NULL ELSE NOT EXISTS ( \
            SELECT FROM contact_topics WHERE contact_id = $1 AND topic = $3 AND channel = 'email' AND NOT subscribed) END \
        RETURNING id, cancelled_messages) \
    SELECT contact.email, coalesce(made.id, earlier.id) AS decision, \
        coalesce(made.cancelled_messages, earlier.cancelled_messages, 0) AS cancelled_messages, made.id IS NOT NULL AS fresh \
    FROM contact LEFT JOIN made ON true LEFT JOIN LATERAL ( \
        SELECT d.id, d.cancelled_messages FROM preference_decisions d \
        WHERE made.id IS NULL AND d.contact_id = contact.id AND d.choice = 'unsubscribed' AND d.channel = 'email' \
            AND (d.topic IS NULL OR d.topic = $3) ORDER BY d.seq DESC LIMIT 1) earlier ON true";

pub(super) async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Unsubscribed>> {
    let done: Option<Done> = diesel::sql_query(UNSUBSCRIBE)
        .bind::<SqlUuid, _>(asked.link.contact)
        .bind::<SqlUuid, _>(new_uuid(now))
        .bind::<Nullable<Text>, _>(asked.topic.map(Topic::as_str))
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(asked.via.as_str())
        .bind::<Text, _>(asked.wording)
        .bind::<Nullable<Text>, _>(asked.country)
        .bind::<Nullable<SqlUuid>, _>(asked.link.campaign)
        .get_result(conn)
        .await
        .optional()?;
    Ok(done.map(|Done { email, decision, cancelled_messages, fresh }| Unsubscribed {
        email,
        decision,
        cancelled_messages,
        fresh,
    }))
}

/// The topics that a decision ended, that are still so, and that had been asked for before it.
pub(super) async fn ended_by(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    decision: Uuid,
) -> QueryResult<Vec<Topic>> {
    #[derive(QueryableByName)]
    struct Ended {
        #[diesel(sql_type = Text)]
        topic: String,
    }
    // The row of the contact first, as for every decision: of two undoings at once the second finds nothing.
    let rows: Vec<Ended> = diesel::sql_query(
        "WITH contact AS (SELECT id FROM contacts WHERE id = $1 FOR UPDATE) \
         SELECT t.topic FROM contact JOIN contact_topics t ON t.contact_id = contact.id \
         WHERE t.decision_id = $2 AND t.channel = 'email' AND NOT t.subscribed AND EXISTS ( \
             SELECT FROM preference_decisions d WHERE d.contact_id = $1 AND d.topic = t.topic AND d.choice = 'subscribed') \
         ORDER BY t.topic",
    )
    .bind::<SqlUuid, _>(contact)
    .bind::<SqlUuid, _>(decision)
    .load(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Topic::parse(&row.topic)).collect())
}

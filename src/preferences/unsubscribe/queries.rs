//! SQL of unsubscribing.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Unsubscribed;
use crate::platform::db::schema::{campaign_recipients, campaigns};
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

/// One statement, written out so that Postgres prepares it once for each connection. A topic that was refused, or with
/// no topic everything that was stopped, is not written again; what then holds is looked up.
struct Unsubscribe<'a> {
    contact: ContactId,
    id: Uuid,
    topic: Option<&'a str>,
    now: DateTime<Utc>,
    via: &'a str,
    wording: &'a str,
    country: Option<&'a str>,
    campaign: Option<Uuid>,
}

const DECIDE: &str = "), \
    contact AS (SELECT c.id, c.email, c.stopped_at FROM asked JOIN contacts c ON c.id = asked.contact), \
    made AS (INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording, country, campaign_id) \
        SELECT asked.id, contact.id, topic, 'email', 'unsubscribed', now, 'person', via, wording, country, campaign FROM asked, contact \
        WHERE CASE WHEN topic IS NULL THEN stopped_at IS NULL ELSE NOT EXISTS ( \
            SELECT FROM contact_topics t WHERE t.contact_id = asked.contact AND t.topic = asked.topic AND channel = 'email' AND NOT subscribed) END \
        RETURNING id, cancelled_messages) \
    SELECT contact.email, coalesce(made.id, earlier.id), \
        coalesce(made.cancelled_messages, earlier.cancelled_messages, 0), made.id IS NOT NULL \
    FROM contact CROSS JOIN asked LEFT JOIN made ON true LEFT JOIN LATERAL ( \
        SELECT d.id, d.cancelled_messages FROM preference_decisions d \
        WHERE made.id IS NULL AND d.contact_id = contact.id AND d.choice = 'unsubscribed' AND d.channel = 'email' \
            AND (d.topic IS NULL OR d.topic = asked.topic) ORDER BY d.seq DESC LIMIT 1) earlier ON true";

impl QueryId for Unsubscribe<'_> {
    type QueryId = Unsubscribe<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Unsubscribe<'_> {
    type SqlType = (Text, Nullable<SqlUuid>, BigInt, Bool);
}

impl QueryFragment<Pg> for Unsubscribe<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH asked (contact, id, topic, now, via, wording, country, campaign) AS (SELECT ");
        out.push_bind_param::<SqlUuid, _>(&self.contact)?;
        out.push_sql("::uuid, ");
        out.push_bind_param::<SqlUuid, _>(&self.id)?;
        out.push_sql("::uuid, ");
        out.push_bind_param::<Nullable<Text>, _>(&self.topic)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz, ");
        out.push_bind_param::<Text, _>(&self.via)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Text, _>(&self.wording)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Nullable<Text>, _>(&self.country)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Nullable<SqlUuid>, _>(&self.campaign)?;
        out.push_sql("::uuid");
        out.push_sql(DECIDE);
        Ok(())
    }
}

pub(super) async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Unsubscribed>> {
    let statement = Unsubscribe {
        contact: asked.link.contact,
        id: new_uuid(now),
        topic: asked.topic.map(Topic::as_str),
        now,
        via: asked.via.as_str(),
        wording: asked.wording,
        country: asked.country,
        campaign: asked.link.campaign,
    };
    let done = statement.get_result::<(String, Option<Uuid>, i64, bool)>(conn).await.optional()?;
    Ok(done.map(|(email, decision, cancelled_messages, fresh)| Unsubscribed {
        email,
        decision,
        cancelled_messages,
        fresh,
    }))
}

/// The subject of the last mailing about a topic (or any) that a worker began to send to a contact, and when.
pub(super) async fn last_sent(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    topic: Option<Topic>,
) -> QueryResult<Option<(String, DateTime<Utc>)>> {
    let mut sent = campaign_recipients::table
        .inner_join(campaigns::table)
        .filter(campaign_recipients::contact_id.eq(contact))
        .filter(campaign_recipients::state.eq_any(["sending", "sent"]))
        .order(campaign_recipients::began_at.desc().nulls_last())
        .select((campaigns::subject, campaign_recipients::began_at.assume_not_null()))
        .into_boxed();
    if let Some(topic) = topic {
        sent = sent.filter(campaigns::topic.eq(topic.as_str()));
    }
    sent.first(conn).await.optional()
}

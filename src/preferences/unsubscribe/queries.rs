//! SQL of unsubscribing.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Unsubscribed;
use crate::platform::db::schema::{campaign_recipients, campaigns, contacts, preference_decisions};
use crate::platform::ids::{ContactId, new_uuid};
use crate::preferences::contacts::Contact;
use crate::preferences::decisions::Via;
use crate::preferences::links::Link;
use crate::preferences::topics::Topic;

/// What is asked for.
pub(super) struct Asked<'a> {
    pub contact: ContactId,
    pub topic: Option<Topic>,
    pub via: Via,
    pub wording: &'a str,
    pub country: Option<&'a str>,
    pub campaign: Option<Uuid>,
}

/// The decision of an unsubscription, in one statement written out so that Postgres prepares it once for each connection.
/// A topic that was refused, or with no topic everything that was stopped, is not written again.
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

impl QueryId for Unsubscribe<'_> {
    type QueryId = Unsubscribe<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Unsubscribe<'_> {
    type SqlType = (Text, SqlUuid, BigInt);
}

impl QueryFragment<Pg> for Unsubscribe<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO preference_decisions AS d (id, contact_id, topic, channel, choice, decided_at, actor, via, wording, country, campaign_id) \
             SELECT ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.id)?;
        out.push_sql("::uuid, c.id, ");
        out.push_bind_param::<Nullable<Text>, _>(&self.topic)?;
        out.push_sql("::text, 'email', 'unsubscribed', ");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz, 'person', ");
        out.push_bind_param::<Text, _>(&self.via)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Text, _>(&self.wording)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Nullable<Text>, _>(&self.country)?;
        out.push_sql("::text, ");
        out.push_bind_param::<Nullable<SqlUuid>, _>(&self.campaign)?;
        out.push_sql("::uuid FROM contacts c WHERE c.id = ");
        out.push_bind_param::<SqlUuid, _>(&self.contact)?;
        out.push_sql(" AND c.replaced_at IS NULL AND CASE WHEN ");
        out.push_bind_param::<Nullable<Text>, _>(&self.topic)?;
        out.push_sql(
            "::text IS NULL THEN c.stopped_at IS NULL ELSE NOT EXISTS ( \
               SELECT FROM contact_topics t WHERE t.contact_id = c.id AND t.topic = ",
        );
        out.push_bind_param::<Nullable<Text>, _>(&self.topic)?;
        out.push_sql(
            "::text AND t.channel = 'email' AND NOT t.subscribed) END \
             RETURNING (SELECT k.email FROM contacts k WHERE k.id = d.contact_id), d.id, d.cancelled_messages",
        );
        Ok(())
    }
}

pub(super) async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Unsubscribed>> {
    let statement = Unsubscribe {
        contact: asked.contact,
        id: new_uuid(now),
        topic: asked.topic.map(Topic::as_str),
        now,
        via: asked.via.as_str(),
        wording: asked.wording,
        country: asked.country,
        campaign: asked.campaign,
    };
    let made = statement.get_result::<(String, Uuid, i64)>(conn).await.optional()?;
    let (email, decision, cancelled_messages, fresh) = match made {
        Some((email, decision, cancelled)) => (email, Some(decision), cancelled, true),
        None => match earlier(conn, asked).await? {
            Some((email, decision, cancelled)) => (email, decision, cancelled.unwrap_or(0), false),
            None => return Ok(None),
        },
    };
    Ok(Some(Unsubscribed { contact: asked.contact, email, decision, cancelled_messages, fresh }))
}

/// What holds already: the address, and the decision by which it does. Nothing if the contact is gone.
async fn earlier(
    conn: &mut AsyncPgConnection,
    asked: &Asked<'_>,
) -> QueryResult<Option<(String, Option<Uuid>, Option<i64>)>> {
    use preference_decisions as decided;
    let about =
        decided::topic.is_null().or(decided::topic.is_not_distinct_from(asked.topic.map(Topic::as_str)));
    let decision = decided::table
        .filter(decided::contact_id.eq(asked.contact).and(about))
        .filter(decided::choice.eq("unsubscribed").and(decided::channel.eq("email")))
        .order(decided::seq.desc())
        .select((decided::id, decided::cancelled_messages))
        .first::<(Uuid, i64)>(conn)
        .await
        .optional()?;
    let named = contacts::table.find(asked.contact).filter(contacts::replaced_at.is_null());
    let email = named.select(contacts::email).first::<String>(conn);
    let (decision, cancelled) = decision.unzip();
    Ok(email.await.optional()?.map(|email| (email, decision, cancelled)))
}

/// The contact that has the address today which a link was mailed to. In the order of digests, so that their index is read
/// whatever Postgres expects between two of them.
pub(super) async fn at_address_of(conn: &mut AsyncPgConnection, link: &Link) -> QueryResult<Option<Contact>> {
    let (first, last) = link.digests();
    contacts::table
        .filter(contacts::email_digest.between(first, last).and(contacts::replaced_at.is_null()))
        .order(contacts::email_digest)
        .select(Contact::as_select())
        .first(conn)
        .await
        .optional()
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

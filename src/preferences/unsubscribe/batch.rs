//! Those who unsubscribe at the same moment, as many do when a mailing has just arrived: in one statement and one commit.
//!
//! It takes only whom nobody else is at and who has nothing in the queue, so that it hardly ever waits: for a message that is
//! queued in the same instant. All others go alone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Unsubscribed, Way, words};
use crate::platform::app::App;
use crate::platform::db::batcher::Batcher;
use crate::platform::ids::{ContactId, new_uuid};
use crate::preferences::decisions::Via;
use crate::preferences::links::Link;
use crate::preferences::topics::Topic;

/// What one of them asks for.
pub struct Asked {
    contact: ContactId,
    topic: Topic,
    via: Via,
    country: Option<String>,
    campaign: Option<Uuid>,
}

impl Asked {
    /// The contact of a link, from this topic.
    pub(super) fn new(link: &Link, topic: Topic, way: Way<'_>) -> Self {
        let Way { via, country } = way;
        let country = country.map(str::to_owned);
        Self { contact: link.contact, topic, via, country, campaign: link.campaign }
    }
}

/// Who unsubscribes from a topic at the same moment in this process.
pub type Unsubscribing = Batcher<Asked, Unsubscribed>;

/// Starts bringing them together.
pub fn start(app: &App) -> Unsubscribing {
    let app = app.clone();
    Unsubscribing::start(move |asked| {
        let app = app.clone();
        async move {
            let now = app.clock.now();
            let mut conn = app.db.get_on_trial().await?;
            let answers = unsubscribe(&mut conn, &asked, now).await?;
            conn.keep();
            Ok(answers)
        }
    })
}

/// Unsubscribes those that it can. Of several questions about one contact it takes the first.
async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    asked: &[Asked],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Option<Unsubscribed>>> {
    let mut first = HashMap::with_capacity(asked.len());
    for (position, one) in asked.iter().enumerate() {
        first.entry(one.contact).or_insert(position);
    }
    let chosen: Vec<&Asked> = first.values().map(|position| &asked[*position]).collect();
    let statement = Statement {
        ids: chosen.iter().map(|_| new_uuid(now)).collect(),
        contacts: chosen.iter().map(|one| one.contact.0).collect(),
        topics: chosen.iter().map(|one| one.topic.as_str()).collect(),
        vias: chosen.iter().map(|one| one.via.as_str()).collect(),
        wordings: chosen.iter().map(|one| words(Some(one.topic))).collect(),
        countries: chosen.iter().map(|one| one.country.as_deref()).collect(),
        campaigns: chosen.iter().map(|one| one.campaign).collect(),
        now,
    };
    let made: Vec<(ContactId, String, Uuid, i64)> = statement.load(conn).await?;
    let mut answers: Vec<Option<Unsubscribed>> = asked.iter().map(|_| None).collect();
    for (contact, email, decision, cancelled_messages) in made {
        answers[first[&contact]] =
            Some(Unsubscribed { contact, email, decision: Some(decision), cancelled_messages, fresh: true });
    }
    Ok(answers)
}

/// The decisions of several, each as [`super::queries`] has it for one.
struct Statement<'a> {
    ids: Vec<Uuid>,
    contacts: Vec<Uuid>,
    topics: Vec<&'a str>,
    vias: Vec<&'a str>,
    wordings: Vec<String>,
    countries: Vec<Option<&'a str>>,
    campaigns: Vec<Option<Uuid>>,
    now: DateTime<Utc>,
}

const MAKE: &str = "::uuid[]) AS a (id, contact_id, topic, via, wording, country, campaign_id)), \
    free AS MATERIALIZED (SELECT c.id, c.email FROM contacts c \
      WHERE c.id IN (SELECT contact_id FROM asked) AND c.replaced_at IS NULL FOR NO KEY UPDATE SKIP LOCKED), \
    mailed AS MATERIALIZED (SELECT r.campaign_id, r.contact_id FROM asked a \
      JOIN campaign_recipients r ON r.campaign_id = a.campaign_id AND r.contact_id = a.contact_id \
      FOR NO KEY UPDATE OF r SKIP LOCKED), \
    made AS (INSERT INTO preference_decisions \
        (id, contact_id, topic, channel, choice, decided_at, actor, via, wording, country, campaign_id) \
      SELECT a.id, f.id, a.topic, 'email', 'unsubscribed', ";
const FROM: &str = ", 'person', a.via, a.wording, a.country, a.campaign_id FROM asked a JOIN free f ON f.id = a.contact_id \
      WHERE NOT EXISTS (SELECT FROM contact_topics t \
          WHERE t.contact_id = f.id AND t.topic = a.topic AND t.channel = 'email' AND NOT t.subscribed) \
        AND NOT EXISTS (SELECT FROM campaign_recipients r WHERE r.contact_id = f.id AND r.state IN ('queued', 'sending')) \
        AND (a.campaign_id IS NULL \
          OR EXISTS (SELECT FROM mailed m WHERE m.campaign_id = a.campaign_id AND m.contact_id = a.contact_id)) \
      RETURNING id, contact_id, cancelled_messages) \
    SELECT f.id, f.email, m.id, m.cancelled_messages FROM made m JOIN free f ON f.id = m.contact_id";

impl QueryId for Statement<'_> {
    type QueryId = Statement<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Statement<'_> {
    type SqlType = (SqlUuid, Text, SqlUuid, BigInt);
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH asked AS MATERIALIZED (SELECT * FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.contacts)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<Text>, _>(&self.topics)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Text>, _>(&self.vias)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Text>, _>(&self.wordings)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.countries)?;
        out.push_sql("::text[], ");
        out.push_bind_param::<Array<Nullable<SqlUuid>>, _>(&self.campaigns)?;
        out.push_sql(MAKE);
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz");
        out.push_sql(FROM);
        Ok(())
    }
}

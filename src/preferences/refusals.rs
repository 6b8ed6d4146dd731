//! Who lately refused to be called (S41), or asked by a signal of their browser not to be tracked, by keyed digests of
//! their ids: a restored backup may not know of it, and would show them to callers, or count them, again.
//!
//! Only what is still refused is kept. One of the backup that was taken back since stays in force: whoever took it back
//! does so once more, while one that is missing is noticed too late.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contacts::{self, NewContact};
use crate::identity::people;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{people as people_table, preference_decisions};
use crate::platform::ids::{ContactId, PersonId};

/// The topic of a signal; all others that are kept here are about calls.
const TRACKING: &str = "tracking";
/// Ids that are looked at in one statement.
const BATCH: i64 = 10_000;

/// Something that somebody refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The keyed digest of the person's id, in hex.
    pub person: String,
    /// What about, as it is stored.
    pub topic: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The decision that says so; nothing where only the person's own row does, because their contact is deleted.
    #[serde(default)]
    pub decision: Option<Said>,
}

/// A decision as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its id: one that the backup has is not written twice.
    pub id: Uuid,
    /// `person`, `staff` or `system`.
    pub actor: String,
    /// Whether the person was signed in.
    pub signed_in: bool,
    /// Which member of staff.
    pub staff: Option<Uuid>,
    /// On which way.
    pub via: String,
    /// The words that were shown.
    pub wording: String,
    /// ISO 3166 country of the network address.
    pub country: Option<String>,
}

/// What the ids of people become here.
fn blinded(keys: &Keys, person: PersonId) -> String {
    hex::encode(keys.digest("refusal", person.0.as_bytes()))
}

/// A row of [`since`].
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    person: PersonId,
    #[diesel(sql_type = Text)]
    topic: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    decision: Option<Uuid>,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Bool)]
    signed_in: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    staff: Option<Uuid>,
    #[diesel(sql_type = Text)]
    via: String,
    #[diesel(sql_type = Text)]
    wording: String,
    #[diesel(sql_type = Nullable<Text>)]
    country: Option<String>,
}

impl Row {
    fn blind(self, keys: &Keys) -> Refusal {
        let Self { actor, signed_in, staff, via, wording, country, .. } = self;
        let said = |id| Said { id, actor, signed_in, staff, via, wording, country };
        let decision = self.decision.map(said);
        Refusal { person: blinded(keys, self.person), topic: self.topic, at: self.at, decision }
    }
}

/// Everything that people refused since this moment, and refuse still.
///
/// # Errors
/// What the database says.
pub async fn since(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    at: DateTime<Utc>,
) -> QueryResult<Vec<Refusal>> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT c.person_id AS person, t.topic, d.decided_at AS at, d.id AS decision, d.actor::text AS actor, \
            d.actor = 'person' AND d.actor_id IS NOT NULL AS signed_in, \
            CASE WHEN d.actor = 'staff' THEN d.actor_id END AS staff, d.via::text AS via, d.wording, d.country \
         FROM preference_decisions d \
         JOIN contact_topics t ON t.contact_id = d.contact_id AND t.decision_id = d.id \
         JOIN contacts c ON c.id = d.contact_id \
         WHERE d.decided_at >= $1 AND t.channel IN ('phone', 'web') AND NOT t.subscribed AND c.person_id IS NOT NULL \
         UNION ALL \
         SELECT p.id, 'onboarding_calls', p.onboarding_call_refused_at, NULL, '', false, NULL, '', '', NULL FROM people p \
         WHERE p.onboarding_call_refused_at >= $1 AND NOT EXISTS (SELECT FROM contacts c \
            JOIN contact_topics t ON t.contact_id = c.id AND t.channel = 'phone' WHERE c.person_id = p.id) \
         ORDER BY 1, 2",
    )
    .bind::<Timestamptz, _>(at)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.blind(keys)).collect())
}

/// Refuses in the database, for the people who are in it, what it does not know to be refused. After the mailboxes
/// that opted out: those are told by when their contact last decided something. Answers how many refusals were missing.
///
/// # Errors
/// What the database says.
pub async fn bring_in(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    refusals: &[Refusal],
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let mut of: HashMap<&str, Vec<&Refusal>> = HashMap::new();
    for refusal in refusals {
        of.entry(&refusal.person).or_default().push(refusal);
    }
    let (mut after, mut missing) = (PersonId(Uuid::nil()), 0);
    while !of.is_empty() {
        let next = people_table::table.filter(people_table::id.gt(after)).order(people_table::id);
        let some: Vec<PersonId> = next.limit(BATCH).select(people_table::id).load(conn).await?;
        let Some(last) = some.last() else { break };
        after = *last;
        for person in some {
            for refusal in of.remove(blinded(keys, person).as_str()).unwrap_or_default() {
                missing += usize::from(refuse(conn, keys, person, refusal, now).await?);
            }
        }
    }
    Ok(missing)
}

/// Answers whether it was missing.
async fn refuse(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: PersonId,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let Some(said) = &refusal.decision else {
        let open =
            people_table::table.find(person).filter(people_table::onboarding_call_refused_at.is_null());
        let set = people_table::onboarding_call_refused_at.eq(refusal.at);
        return Ok(diesel::update(open).set(set).execute(conn).await? > 0);
    };
    // The decision takes effect while it is written, so that it must not be tried where it is there.
    let known = preference_decisions::table.find(said.id);
    if diesel::select(diesel::dsl::exists(known)).get_result(conn).await? {
        return Ok(false);
    }
    let contact = contact_of(conn, keys, person, &refusal.topic, now).await?;
    say_again(conn, contact, person, refusal, said).await?;
    Ok(true)
}

/// The contact of a person. A signal makes one, which the backup may not have.
async fn contact_of(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: PersonId,
    topic: &str,
    now: DateTime<Utc>,
) -> QueryResult<ContactId> {
    if let Some(contact) = contacts::find_of(conn, person).await? {
        return Ok(contact.id);
    }
    let email = people::find(conn, person).await?.email;
    let new = NewContact {
        email: &email,
        person: Some(person),
        source: if topic == TRACKING { "signal" } else { "settings" },
        confirmed: true,
        ..NewContact::default()
    };
    contacts::find_or_create(conn, keys, &new, now).await
}

async fn say_again(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    person: PersonId,
    refusal: &Refusal,
    said: &Said,
) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, actor_id, via, wording, country) \
         VALUES ($1, $2, $3, $4, 'unsubscribed', $5, $6, $7, $8, $9, $10)",
    )
    .bind::<SqlUuid, _>(said.id)
    .bind::<SqlUuid, _>(contact)
    .bind::<Text, _>(&refusal.topic)
    .bind::<Text, _>(if refusal.topic == TRACKING { "web" } else { "phone" })
    .bind::<Timestamptz, _>(refusal.at)
    .bind::<Text, _>(&said.actor)
    .bind::<Nullable<SqlUuid>, _>(if said.signed_in { Some(person.0) } else { said.staff })
    .bind::<Text, _>(&said.via)
    .bind::<Text, _>(&said.wording)
    .bind::<Nullable<Text>, _>(said.country.as_deref())
    .execute(conn)
    .await?;
    Ok(())
}

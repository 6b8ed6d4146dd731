//! Decisions: each is a row that stays, and the database makes the present state of it as it is written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::topics::{Channel, Topic};
use crate::platform::db::schema::{contact_topics, contacts, preference_decisions};
use crate::platform::ids::{ContactId, PersonId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Yes. Without a topic: the pause is over. What was stopped stays stopped until somebody says yes to a topic.
    Subscribed,
    /// No. Without a topic: none of the channel, from now on.
    Unsubscribed,
    /// No mailing before this moment.
    PausedUntil(DateTime<Utc>),
    /// At most so many mailings in 30 days; nothing: as many as there are.
    Limited(Option<i32>),
}

/// Who chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever the contact is; with their id when they were signed in.
    Person(Option<PersonId>),
    /// A member of staff.
    Staff(PersonId),
    /// The portal itself, because of a complaint for example.
    System,
}

/// On which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The page of the settings.
    Page,
    /// A page behind a link in a mail.
    Link,
    /// The button of a mail program (RFC 8058).
    OneClick,
    /// A public form.
    Form,
    /// Sign-up.
    SignUp,
    /// A change of address that brought two contacts together.
    EmailChange,
    /// A desk of the console.
    Staff,
    /// A list that was read in.
    Import,
    /// The browser's Global Privacy Control.
    Gpc,
    /// A complaint about a mailing.
    Complaint,
    /// A mailbox that refuses.
    Bounce,
}

impl Via {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Link => "link",
            Self::OneClick => "one_click",
            Self::Form => "form",
            Self::SignUp => "sign_up",
            Self::EmailChange => "email_change",
            Self::Staff => "staff",
            Self::Import => "import",
            Self::Gpc => "gpc",
            Self::Complaint => "complaint",
            Self::Bounce => "bounce",
        }
    }
}

/// A decision to be written.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Whose.
    pub contact: ContactId,
    /// About what; nothing: about everything.
    pub topic: Option<Topic>,
    /// On which channel.
    pub channel: Channel,
    /// What.
    pub choice: Choice,
    /// By whom.
    pub by: By,
    /// On which way.
    pub via: Via,
    /// The words that were shown.
    pub wording: &'a str,
    /// ISO 3166 country of the network address.
    pub country: Option<&'a str>,
    /// The campaign whose mail led here.
    pub campaign: Option<Uuid>,
}

impl<'a> Decision<'a> {
    /// That no mailing goes to a contact from now on, as the portal notes by itself because it was told so.
    pub fn stop(contact: ContactId, via: Via, wording: &'a str) -> Self {
        Self {
            contact,
            topic: None,
            channel: Channel::Email,
            choice: Choice::Unsubscribed,
            by: By::System,
            via,
            wording,
            country: None,
            campaign: None,
        }
    }
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Recorded {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// How many messages that waited to be sent it cancelled.
    #[diesel(sql_type = BigInt)]
    pub cancelled_messages: i64,
}

/// Writes a decision inside the caller's transaction, and with it the present state. It holds at once.
///
/// # Errors
/// What the database says; the contact may be gone.
pub async fn record(
    conn: &mut AsyncPgConnection,
    decision: &Decision<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Recorded> {
    let (choice, until, limit) = match decision.choice {
        Choice::Subscribed => ("subscribed", None, None),
        Choice::Unsubscribed => ("unsubscribed", None, None),
        Choice::PausedUntil(until) => ("paused", Some(until), None),
        Choice::Limited(limit) => ("limited", None, limit),
    };
    let (actor, actor_id) = match decision.by {
        By::Person(id) => ("person", id),
        By::Staff(id) => ("staff", Some(id)),
        By::System => ("system", None),
    };
    diesel::sql_query(
        "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, paused_until, monthly_limit, decided_at, \
             actor, actor_id, via, wording, country, campaign_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id, cancelled_messages",
    )
    .bind::<SqlUuid, _>(new_uuid(now))
    .bind::<SqlUuid, _>(decision.contact)
    .bind::<Nullable<Text>, _>(decision.topic.map(Topic::as_str))
    .bind::<Text, _>(decision.channel.as_str())
    .bind::<Text, _>(choice)
    .bind::<Nullable<Timestamptz>, _>(until)
    .bind::<Nullable<Integer>, _>(limit)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(actor)
    .bind::<Nullable<SqlUuid>, _>(actor_id)
    .bind::<Text, _>(decision.via.as_str())
    .bind::<Text, _>(decision.wording)
    .bind::<Nullable<Text>, _>(decision.country)
    .bind::<Nullable<SqlUuid>, _>(decision.campaign)
    .get_result(conn)
    .await
}

/// What was chosen, topic by topic. A topic that nothing was decided about is absent.
///
/// # Errors
/// What the database says.
pub async fn present(conn: &mut AsyncPgConnection, contact: ContactId) -> QueryResult<BTreeMap<Topic, bool>> {
    let rows: Vec<(String, bool)> = contact_topics::table
        .filter(contact_topics::contact_id.eq(contact))
        .select((contact_topics::topic, contact_topics::subscribed))
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(topic, yes)| Some((Topic::parse(&topic)?, yes))).collect())
}

/// A decision as it was written.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = preference_decisions, check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// The order of the contact's decisions.
    pub seq: i64,
    /// Topic; nothing: everything.
    pub topic: Option<String>,
    /// Channel.
    pub channel: String,
    /// `subscribed`, `unsubscribed`, `paused` or `limited`.
    pub choice: String,
    /// With `paused`.
    pub paused_until: Option<DateTime<Utc>>,
    /// With `limited`.
    pub monthly_limit: Option<i32>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// `person`, `staff` or `system`.
    pub actor: String,
    /// On which way.
    pub via: String,
    /// The words that were shown.
    pub wording: String,
    /// Country of the network address.
    pub country: Option<String>,
    /// Why, if told.
    pub reason: Option<String>,
    /// How many waiting messages it cancelled.
    pub cancelled_messages: i64,
}

/// The latest decisions of a contact, latest first.
///
/// # Errors
/// What the database says.
pub async fn history(conn: &mut AsyncPgConnection, contact: ContactId, limit: i64) -> QueryResult<Vec<Row>> {
    preference_decisions::table
        .filter(preference_decisions::contact_id.eq(contact))
        .order(preference_decisions::seq.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)
        .await
}

/// A window of the decisions of a person, for staff who look at their record.
///
/// # Errors
/// What the database says.
pub async fn of_person(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<Row>> {
    let rows = preference_decisions::table
        .inner_join(contacts::table)
        .filter(contacts::person_id.eq(person))
        .select(Row::as_select());
    windowed!(rows, preference_decisions::id, window).load(conn).await
}

/// A window of the decisions of a contact, for staff who look at it.
///
/// # Errors
/// What the database says.
pub async fn of_contact(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    window: Window,
) -> QueryResult<Vec<Row>> {
    let rows = preference_decisions::table
        .filter(preference_decisions::contact_id.eq(contact))
        .select(Row::as_select());
    windowed!(rows, preference_decisions::id, window).load(conn).await
}

/// Tells afterwards why something was decided. Answers whether that was still open: it is told once.
///
/// # Errors
/// What the database says.
pub async fn tell_reason(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    decision: Uuid,
    reason: &str,
) -> QueryResult<bool> {
    let open = preference_decisions::table
        .find(decision)
        .filter(preference_decisions::contact_id.eq(contact).and(preference_decisions::reason.is_null()));
    Ok(diesel::update(open).set(preference_decisions::reason.eq(reason)).execute(conn).await? > 0)
}

//! The audit log: what was done to whom and by whom, written in the transaction that does it.
//!
//! Each event carries the hash of the one before. The chain speaks of people by their ids only;
//! what could identify somebody (address, browser, typed reason) stands in `audit_details`, of which
//! the chain holds a salted digest. So erasing a person leaves the chain whole. The database refuses
//! to change or delete an event.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;
use uuid::Uuid;

use super::crypto::sha256_of;
use super::db::schema::{audit_details, audit_events};
use super::ids;

/// Appending is one at a time, from here to the end of the transaction: call it last.
const CHAIN_LOCK: i64 = 0x4c58_0002;

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who is not signed in.
    Visitor,
    /// A customer.
    Customer(Uuid),
    /// A member of staff.
    Staff(Uuid),
    /// A customer's program, by the id of its credential.
    Program(Uuid),
    /// A job or the command line.
    System,
}

impl Actor {
    /// As it is stored.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Customer(_) => "customer",
            Self::Staff(_) => "staff",
            Self::Program(_) => "program",
            Self::System => "system",
        }
    }

    /// Who exactly, where there is somebody.
    pub fn id(self) -> Option<Uuid> {
        match self {
            Self::Customer(id) | Self::Staff(id) | Self::Program(id) => Some(id),
            Self::Visitor | Self::System => None,
        }
    }
}

/// Where the act came from.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The request, as it stands in the logs.
    pub request_id: Option<Uuid>,
    /// Network address.
    pub ip: Option<IpNet>,
    /// ISO 3166 country of that address.
    pub country: Option<String>,
    /// Browser, as it calls itself.
    pub user_agent: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Who did it.
    pub actor: Actor,
    /// What kind of thing it was done to, `person` or `account` for example.
    pub subject_kind: &'static str,
    /// The id of that thing.
    pub subject: Option<Uuid>,
    /// What was done, dotted: `person.password.changed`.
    pub action: &'static str,
    /// A sentence for people: a reason typed by staff, say. Erasable.
    pub note: Option<&'a str>,
    /// Where it came from.
    pub from: &'a Circumstances,
}

/// Where the portal acts by itself.
static NOWHERE: Circumstances = Circumstances { request_id: None, ip: None, country: None, user_agent: None };

impl<'a> Event<'a> {
    /// What somebody did, without a note. The subject is the id of the thing, or nothing where it is no single one.
    pub fn new(
        actor: Actor,
        subject_kind: &'static str,
        subject: impl Into<Option<Uuid>>,
        action: &'static str,
        from: &'a Circumstances,
    ) -> Self {
        Self { actor, subject_kind, subject: subject.into(), action, note: None, from }
    }

    /// What the portal did by itself.
    pub fn by_system(
        subject_kind: &'static str,
        subject: impl Into<Option<Uuid>>,
        action: &'static str,
    ) -> Self {
        Self::new(Actor::System, subject_kind, subject, action, &NOWHERE)
    }

    /// With a sentence for people.
    pub fn note(self, note: &'a str) -> Self {
        Self { note: Some(note), ..self }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, check_for_backend(diesel::pg::Pg))]
struct EventRow {
    seq: i64,
    id: Uuid,
    at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    subject_kind: String,
    subject_id: Option<Uuid>,
    action: String,
    request_id: Option<Uuid>,
    details_digest: Vec<u8>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_details, check_for_backend(diesel::pg::Pg))]
struct DetailsRow {
    event_id: Uuid,
    at: DateTime<Utc>,
    salt: Vec<u8>,
    ip: Option<IpNet>,
    country: Option<String>,
    user_agent: Option<String>,
    note: Option<String>,
}

impl EventRow {
    fn digest(&self) -> [u8; 32] {
        let id_or_zero = |id: Option<Uuid>| id.unwrap_or(Uuid::nil()).into_bytes();
        sha256_of(&[
            &self.previous_hash,
            &self.seq.to_be_bytes(),
            self.id.as_bytes(),
            &self.at.timestamp_micros().to_be_bytes(),
            self.actor_kind.as_bytes(),
            &id_or_zero(self.actor_id),
            self.subject_kind.as_bytes(),
            &id_or_zero(self.subject_id),
            self.action.as_bytes(),
            &id_or_zero(self.request_id),
            &self.details_digest,
        ])
    }
}

impl DetailsRow {
    fn digest(&self) -> [u8; 32] {
        let text = |value: &Option<String>| value.clone().unwrap_or_default().into_bytes();
        let ip = self.ip.map(|ip| ip.to_string()).unwrap_or_default();
        sha256_of(&[
            &self.salt,
            ip.as_bytes(),
            &text(&self.country),
            &text(&self.user_agent),
            &text(&self.note),
        ])
    }
}

/// Appends an event inside the caller's transaction. Appenders wait for each other until that
/// transaction ends, so call it as the last thing.
///
/// # Errors
/// What the database says.
pub async fn append(conn: &mut AsyncPgConnection, now: DateTime<Utc>, event: Event<'_>) -> QueryResult<Uuid> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(CHAIN_LOCK)
        .execute(conn)
        .await?;
    let last: Option<(i64, Vec<u8>)> = audit_events::table
        .order(audit_events::seq.desc())
        .select((audit_events::seq, audit_events::hash))
        .first(conn)
        .await
        .optional()?;
    let (seq, previous_hash) = last.map_or((1, vec![0; 32]), |(seq, hash)| (seq + 1, hash));
    let id = ids::new_uuid(now);
    let details = DetailsRow {
        event_id: id,
        at: now,
        salt: super::crypto::random_salt().to_vec(),
        ip: event.from.ip,
        country: event.from.country.clone(),
        user_agent: event.from.user_agent.clone(),
        note: event.note.map(str::to_owned),
    };
    let mut row = EventRow {
        seq,
        id,
        at: now,
        actor_kind: event.actor.kind().into(),
        actor_id: event.actor.id(),
        subject_kind: event.subject_kind.into(),
        subject_id: event.subject,
        action: event.action.into(),
        request_id: event.from.request_id,
        details_digest: details.digest().to_vec(),
        previous_hash,
        hash: Vec::new(),
    };
    row.hash = row.digest().to_vec();
    diesel::insert_into(audit_events::table).values(&row).execute(conn).await?;
    diesel::insert_into(audit_details::table).values(&details).execute(conn).await?;
    Ok(id)
}

/// What a walk along the chain found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every link holds; so many events.
    Whole(u64),
    /// The first event that does not fit, and why.
    Broken {
        /// Its number.
        seq: i64,
        /// What does not fit.
        why: &'static str,
    },
}

/// Walks the chain from the first event and names the first break. Reads in pages, so memory is bounded.
///
/// # Errors
/// What the database says.
pub async fn verify(conn: &mut AsyncPgConnection) -> QueryResult<Verdict> {
    let (mut seq, mut hash, mut count) = (0_i64, vec![0_u8; 32], 0_u64);
    loop {
        let page: Vec<(EventRow, Option<DetailsRow>)> = audit_events::table
            .left_join(audit_details::table.on(audit_details::event_id.eq(audit_events::id)))
            .filter(audit_events::seq.gt(seq))
            .order(audit_events::seq)
            .limit(1000)
            .select((EventRow::as_select(), Option::<DetailsRow>::as_select()))
            .load(conn)
            .await?;
        if page.is_empty() {
            return Ok(Verdict::Whole(count));
        }
        for (event, details) in page {
            let why = if event.seq != seq + 1 {
                Some("an event is missing before it")
            } else if event.previous_hash != hash {
                Some("it does not follow the event before it")
            } else if event.hash != event.digest() {
                Some("it was changed after it was written")
            } else if details.is_some_and(|details| details.digest()[..] != event.details_digest[..]) {
                Some("its details were changed after they were written")
            } else {
                None
            };
            if let Some(why) = why {
                return Ok(Verdict::Broken { seq: event.seq, why });
            }
            (seq, hash, count) = (event.seq, event.hash, count + 1);
        }
    }
}

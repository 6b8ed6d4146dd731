//! The SQL of communications.

mod course;

pub(super) use course::{StatusRow, advance, insert_status, statuses};

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::draft::New;
use super::status::Status;
use super::{Channel, Direction};
use crate::platform::db::planned_by_value;
use crate::platform::db::schema::{claims, communication_bodies, communications};
use crate::platform::ids::{AccountId, ClaimId, CommunicationId, RestrictionId, first_uuid_of};

/// A communication as it is stored, without its body.
#[derive(Clone, Debug, Queryable)]
pub struct Row {
    pub id: CommunicationId,
    pub claim_id: Option<ClaimId>,
    pub channel: String,
    pub direction: String,
    pub sender: Option<String>,
    pub recipient: Option<String>,
    pub device_token: Option<String>,
    pub friendly_name: Option<String>,
    pub status: String,
    pub status_at: DateTime<Utc>,
    pub restriction_id: Option<RestrictionId>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub body_stored: bool,
}

macro_rules! row {
    () => {
        (
            communications::id,
            communications::claim_id,
            communications::channel,
            communications::direction,
            communications::sender,
            communications::recipient,
            communications::device_token,
            communications::friendly_name,
            communications::status,
            communications::status_at,
            communications::restriction_id,
            communications::version,
            communications::created_at,
            communications::updated_at,
            exists(
                communication_bodies::table
                    .filter(communication_bodies::communication_id.eq(communications::id)),
            ),
        )
    };
}

/// One communication of an account.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: CommunicationId,
) -> QueryResult<Row> {
    communications::table
        .filter(communications::id.eq(id).and(communications::account_id.eq(account)))
        .select(row!())
        .first(conn)
        .await
}

/// As [`find`], locked until the end of the transaction.
pub(super) async fn lock(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: CommunicationId,
) -> QueryResult<Row> {
    communications::table
        .filter(communications::id.eq(id).and(communications::account_id.eq(account)))
        .select(row!())
        .for_update()
        .first(conn)
        .await
}

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub channel: Option<Channel>,
    pub direction: Option<Direction>,
    pub status: Option<Status>,
    pub claim: Option<ClaimId>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub after: Option<CommunicationId>,
}

/// Communications of an account, newest first; those that are restricted are left out. Ids sort by time, so a
/// period is found by them, however long ago it was.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    wanted: &Wanted,
    rows: i64,
) -> QueryResult<Vec<Row>> {
    let mut query = communications::table
        .filter(communications::account_id.eq(account).and(communications::restriction_id.is_null()))
        .order(communications::id.desc())
        .limit(rows)
        .select(row!())
        .into_boxed();
    if wanted.channel.is_some() || wanted.direction.is_some() || wanted.status.is_some() {
        query = query.filter(planned_by_value());
    }
    if let Some(channel) = wanted.channel {
        query = query.filter(communications::channel.eq(channel.as_str()));
    }
    if let Some(direction) = wanted.direction {
        query = query.filter(communications::direction.eq(direction.as_str()));
    }
    if let Some(status) = wanted.status {
        query = query.filter(communications::status.eq(status.as_str()));
    }
    if let Some(claim) = wanted.claim {
        query = query.filter(communications::claim_id.eq(claim));
    }
    if let Some(from) = wanted.from {
        let first = CommunicationId(first_uuid_of(from));
        query = query.filter(communications::id.ge(first).and(communications::created_at.ge(from)));
    }
    if let Some(to) = wanted.to {
        let beyond = CommunicationId(first_uuid_of(to + chrono::TimeDelta::milliseconds(1)));
        query = query.filter(communications::id.lt(beyond).and(communications::created_at.lt(to)));
    }
    if let Some(after) = wanted.after {
        query = query.filter(communications::id.lt(after));
    }
    query.load(conn).await
}

/// Whether this is a claim of the account; it stays until the end of the transaction.
pub(super) async fn has_claim(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    claim: ClaimId,
) -> QueryResult<bool> {
    let found: Option<ClaimId> = claims::table
        .filter(claims::id.eq(claim).and(claims::account_id.eq(account)))
        .select(claims::id)
        .for_key_share()
        .first(conn)
        .await
        .optional()?;
    Ok(found.is_some())
}

/// A row to be.
pub(super) struct Insert<'a> {
    pub id: CommunicationId,
    pub account: AccountId,
    pub new: &'a New,
    pub keys: Vec<i64>,
    pub body_key: Option<i64>,
    pub restriction: Option<RestrictionId>,
    pub now: DateTime<Utc>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, insert: &Insert<'_>) -> QueryResult<()> {
    let new = insert.new;
    diesel::insert_into(communications::table)
        .values((
            communications::id.eq(insert.id),
            communications::account_id.eq(insert.account),
            communications::claim_id.eq(new.claim),
            communications::channel.eq(new.channel.as_str()),
            communications::direction.eq(new.direction.as_str()),
            communications::sender.eq(&new.from),
            communications::recipient.eq(&new.to),
            communications::device_token.eq(&new.device_token),
            communications::friendly_name.eq(&new.friendly_name),
            communications::status.eq(new.status.as_str()),
            communications::status_at.eq(insert.now),
            communications::person_keys.eq(&insert.keys),
            communications::body_key.eq(insert.body_key),
            communications::restriction_id.eq(insert.restriction),
            communications::created_at.eq(insert.now),
            communications::updated_at.eq(insert.now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// What a change leaves behind.
pub(super) struct Update {
    pub friendly_name: Option<String>,
    pub claim: Option<ClaimId>,
    pub keys: Vec<i64>,
    pub restriction: Option<RestrictionId>,
    pub now: DateTime<Utc>,
}

pub(super) async fn update(
    conn: &mut AsyncPgConnection,
    id: CommunicationId,
    update: Update,
) -> QueryResult<()> {
    diesel::update(communications::table.find(id))
        .set((
            communications::friendly_name.eq(update.friendly_name),
            communications::claim_id.eq(update.claim),
            communications::person_keys.eq(update.keys),
            communications::restriction_id.eq(update.restriction),
            communications::version.eq(communications::version + 1),
            communications::updated_at.eq(update.now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// Body and statuses go with it.
pub(super) async fn delete(conn: &mut AsyncPgConnection, id: CommunicationId) -> QueryResult<()> {
    diesel::delete(communications::table.find(id)).execute(conn).await.map(drop)
}

pub(super) async fn insert_body(
    conn: &mut AsyncPgConnection,
    id: CommunicationId,
    sealed: Vec<u8>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(communication_bodies::table)
        .values((
            communication_bodies::communication_id.eq(id),
            communication_bodies::sealed_body.eq(sealed),
            communication_bodies::created_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// The sealed body of a communication.
pub(super) async fn body(conn: &mut AsyncPgConnection, id: CommunicationId) -> QueryResult<Vec<u8>> {
    communication_bodies::table.find(id).select(communication_bodies::sealed_body).first(conn).await
}

//! SQL of auth tokens.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use super::{Leaked, Reason, Slot, Token};
use crate::accounts::credentials::LastUse;
use crate::platform::db::schema::auth_tokens;
use crate::platform::ids::{AccountId, AuthTokenId, PersonId};

/// What is about to be written.
pub(super) struct New {
    pub account: AccountId,
    pub slot: Slot,
    pub digest: Vec<u8>,
    pub sealed: Vec<u8>,
    pub by: Option<PersonId>,
    pub at: DateTime<Utc>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, new: &New) -> QueryResult<()> {
    diesel::insert_into(auth_tokens::table)
        .values((
            auth_tokens::id.eq(AuthTokenId::new(new.at)),
            auth_tokens::account_id.eq(new.account),
            auth_tokens::slot.eq(new.slot.as_str()),
            auth_tokens::secret_digest.eq(&new.digest),
            auth_tokens::sealed_secret.eq(&new.sealed),
            auth_tokens::created_by.eq(new.by),
            auth_tokens::created_at.eq(new.at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = auth_tokens, check_for_backend(diesel::pg::Pg))]
struct Row {
    id: AuthTokenId,
    slot: String,
    sealed_secret: Option<Vec<u8>>,
    created_by: Option<PersonId>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    last_used_ip: Option<IpNet>,
    last_used_country: Option<String>,
    last_used_agent: Option<String>,
}

impl From<Row> for Token {
    fn from(row: Row) -> Self {
        let (ip, country, agent) = (row.last_used_ip, row.last_used_country, row.last_used_agent);
        Self {
            id: row.id,
            slot: slot(&row.slot),
            unseen: row.sealed_secret.is_some(),
            maker: row.created_by,
            created_at: row.created_at,
            last_use: row.last_used_at.map(|at| LastUse { at, ip, country, agent }),
        }
    }
}

fn slot(text: &str) -> Slot {
    Slot::parse(text).expect("the database keeps to the slots")
}

/// The primary one first.
pub(super) async fn live(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Token>> {
    let rows: Vec<Row> = auth_tokens::table
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .order(auth_tokens::slot)
        .select(Row::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// Locks the live tokens in the order in which the request log does.
pub(super) async fn lock(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    auth_tokens::table
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .order(auth_tokens::id)
        .select(auth_tokens::id)
        .for_no_key_update()
        .load::<AuthTokenId>(conn)
        .await?;
    Ok(())
}

/// The live token of a slot, if it is the one that is meant.
pub(super) async fn live_in(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    slot: Slot,
    meant: Option<AuthTokenId>,
) -> QueryResult<Option<Token>> {
    let found = live(conn, account).await?.into_iter().find(|token| token.slot == slot);
    Ok(found.filter(|token| Some(token.id) == meant))
}

pub(super) async fn has_digest(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    digest: &[u8],
) -> QueryResult<bool> {
    let found = auth_tokens::table
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .filter(auth_tokens::secret_digest.eq(digest));
    diesel::select(diesel::dsl::exists(found)).get_result(conn).await
}

/// Reads the sealed secret of a live token and forgets it. The outer nothing is no such token, the inner one a
/// secret that was taken before.
pub(super) async fn take_sealed(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    slot: Slot,
) -> QueryResult<Option<Option<Vec<u8>>>> {
    let found: Option<(AuthTokenId, Option<Vec<u8>>)> = auth_tokens::table
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .filter(auth_tokens::slot.eq(slot.as_str()))
        .select((auth_tokens::id, auth_tokens::sealed_secret))
        .for_update()
        .first(conn)
        .await
        .optional()?;
    let Some((id, sealed)) = found else { return Ok(None) };
    diesel::update(auth_tokens::table.find(id))
        .set(auth_tokens::sealed_secret.eq(None::<Vec<u8>>))
        .execute(conn)
        .await?;
    Ok(Some(sealed))
}

pub(super) async fn revoke(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    slot: Slot,
    reason: Reason,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(auth_tokens::table)
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .filter(auth_tokens::slot.eq(slot.as_str()))
        .set((
            auth_tokens::revoked_at.eq(now),
            auth_tokens::revoked_because.eq(reason.as_str()),
            auth_tokens::sealed_secret.eq(None::<Vec<u8>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn promote(conn: &mut AsyncPgConnection, id: AuthTokenId) -> QueryResult<()> {
    diesel::update(auth_tokens::table.find(id))
        .set(auth_tokens::slot.eq(Slot::Primary.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn account_of(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
) -> QueryResult<Option<AccountId>> {
    auth_tokens::table
        .filter(auth_tokens::secret_digest.eq(digest))
        .select(auth_tokens::account_id)
        .first(conn)
        .await
        .optional()
}

pub(super) async fn revoke_leaked(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<Leaked>> {
    let found: Option<(AuthTokenId, String, Option<PersonId>)> = diesel::update(auth_tokens::table)
        .filter(auth_tokens::secret_digest.eq(digest).and(auth_tokens::revoked_at.is_null()))
        .set((
            auth_tokens::revoked_at.eq(now),
            auth_tokens::revoked_because.eq(Reason::Leaked.as_str()),
            auth_tokens::sealed_secret.eq(None::<Vec<u8>>),
        ))
        .returning((auth_tokens::id, auth_tokens::slot, auth_tokens::created_by))
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, text, maker)| Leaked { id, slot: slot(&text), maker }))
}

//! SQL of API keys.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use super::{Key, Wanted};
use crate::accounts::credentials::LastUse;
use crate::api::scopes::Scope;
use crate::platform::db::schema::api_keys;
use crate::platform::ids::{AccountId, ApiKeyId, PersonId};
use crate::platform::web::pagination::{Window, windowed};

/// What is about to be written.
pub(super) struct New<'a> {
    pub account: AccountId,
    pub wanted: &'a Wanted,
    pub digest: Vec<u8>,
    pub by: PersonId,
    pub at: DateTime<Utc>,
    pub announced: Option<DateTime<Utc>>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, new: &New<'_>) -> QueryResult<()> {
    let scopes: Vec<&str> = new.wanted.scopes.iter().map(|scope| scope.as_str()).collect();
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(new.wanted.id),
            api_keys::account_id.eq(new.account),
            api_keys::name.eq(&new.wanted.name),
            api_keys::scopes.eq(scopes),
            api_keys::secret_digest.eq(&new.digest),
            api_keys::created_by.eq(new.by),
            api_keys::created_at.eq(new.at),
            api_keys::expires_at.eq(new.wanted.expires_at),
            api_keys::expiry_announced_at.eq(new.announced),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
struct Row {
    id: ApiKeyId,
    account_id: AccountId,
    name: String,
    scopes: Vec<Option<String>>,
    created_by: Option<PersonId>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    last_used_ip: Option<IpNet>,
    last_used_country: Option<String>,
    last_used_agent: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
    revoked_because: Option<String>,
}

impl From<Row> for Key {
    fn from(row: Row) -> Self {
        let (ip, country, agent) = (row.last_used_ip, row.last_used_country, row.last_used_agent);
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes.iter().flatten().filter_map(|text| Scope::parse(text)).collect(),
            maker: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_use: row.last_used_at.map(|at| LastUse { at, ip, country, agent }),
            revoked: row.revoked_at.zip(row.revoked_because),
        }
    }
}

pub(super) async fn find(conn: &mut AsyncPgConnection, account: AccountId, id: ApiKeyId) -> QueryResult<Key> {
    let row: Row = api_keys::table
        .filter(api_keys::account_id.eq(account).and(api_keys::id.eq(id)))
        .select(Row::as_select())
        .first(conn)
        .await?;
    Ok(row.into())
}

pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    revoked: bool,
    window: Window,
) -> QueryResult<Vec<Key>> {
    let keys = api_keys::table
        .filter(api_keys::account_id.eq(account))
        .filter(api_keys::revoked_at.is_not_null().eq(revoked))
        .select(Row::as_select());
    let rows: Vec<Row> = windowed!(keys, api_keys::id, window).load(conn).await?;
    Ok(rows.into_iter().map(Key::from).collect())
}

pub(super) async fn with_digest(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
) -> QueryResult<Option<(AccountId, Key)>> {
    let row: Option<Row> = api_keys::table
        .filter(api_keys::secret_digest.eq(digest))
        .select(Row::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|row| (row.account_id, row.into())))
}

/// Answers whether it was this call that revoked it.
pub(super) async fn revoke(
    conn: &mut AsyncPgConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    end(conn, id, "revoked", now).await
}

/// As [`revoke`], because of a leak.
pub(super) async fn revoke_leaked(
    conn: &mut AsyncPgConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    end(conn, id, "leaked", now).await
}

async fn end(
    conn: &mut AsyncPgConnection,
    id: ApiKeyId,
    because: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(api_keys::table.find(id))
        .filter(api_keys::revoked_at.is_null())
        .set((api_keys::revoked_at.eq(now), api_keys::revoked_because.eq(because)))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Keys that end by then and of which nobody was told, the next first.
pub(super) async fn ending(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    by: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<ApiKeyId>> {
    api_keys::table
        .filter(api_keys::expires_at.gt(now).and(api_keys::expires_at.le(by)))
        .filter(api_keys::revoked_at.is_null().and(api_keys::expiry_announced_at.is_null()))
        .order(api_keys::expires_at)
        .limit(limit)
        .select(api_keys::id)
        .load(conn)
        .await
}

/// Notes that the end of a key is announced. Nothing if it was before, or the key is dead by now.
pub(super) async fn mark_announced(
    conn: &mut AsyncPgConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> QueryResult<Option<(AccountId, Key)>> {
    let row: Option<Row> = diesel::update(api_keys::table.find(id))
        .filter(api_keys::revoked_at.is_null().and(api_keys::expiry_announced_at.is_null()))
        .set(api_keys::expiry_announced_at.eq(now))
        .returning(Row::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| (row.account_id, row.into())))
}

/// The name of whoever made a key, as long as they are in the account.
pub(super) async fn name_of_maker(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    maker: PersonId,
) -> QueryResult<Option<String>> {
    let everybody = crate::accounts::credentials::concerned(conn, account, Some(maker)).await?;
    Ok(everybody.into_iter().find(|one| one.id == maker).map(|one| one.name))
}

//! SQL of the leak desk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Found, Leak};
use crate::accounts::credentials::LeakResponse;
use crate::accounts::secrets::Kind;
use crate::platform::db::schema::leaked_secrets;
use crate::platform::ids::{AccountId, new_uuid};

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    found: &Found,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(leaked_secrets::table)
        .values((
            leaked_secrets::id.eq(new_uuid(now)),
            leaked_secrets::account_id.eq(account),
            leaked_secrets::credential_kind.eq(found.kind.as_str()),
            leaked_secrets::credential.eq(found.id),
            leaked_secrets::response.eq(found.response.as_str()),
            leaked_secrets::reported_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn recent(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    since: DateTime<Utc>,
) -> QueryResult<Vec<Leak>> {
    let rows: Vec<(String, Uuid, String, DateTime<Utc>)> = leaked_secrets::table
        .filter(leaked_secrets::account_id.eq(account).and(leaked_secrets::reported_at.gt(since)))
        .order(leaked_secrets::id.desc())
        .limit(10)
        .select((
            leaked_secrets::credential_kind,
            leaked_secrets::credential,
            leaked_secrets::response,
            leaked_secrets::reported_at,
        ))
        .load(conn)
        .await?;
    let leak = |(kind, credential, response, at): (String, Uuid, String, DateTime<Utc>)| Leak {
        kind: Kind::ALL
            .into_iter()
            .find(|one| one.as_str() == kind)
            .expect("the database keeps to the kinds"),
        credential,
        response: LeakResponse::parse(&response).expect("the database keeps to the responses"),
        at,
    };
    Ok(rows.into_iter().map(leak).collect())
}

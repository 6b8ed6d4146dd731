//! SQL of the page: what was asked, with which credential, and how often a day.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;
use uuid::Uuid;

use super::filter::{Filter, Which};
use crate::accounts::auth_token::Slot;
use crate::platform::db::planned_by_value;
use crate::platform::db::schema::{api_keys, api_request_days, api_requests, auth_tokens};
use crate::platform::ids::{AccountId, ApiKeyId, AuthTokenId, first_uuid_of};
use crate::platform::web::pagination::{Window, windowed};

/// Credentials of one kind in the list to choose from.
const CHOICES: i64 = 200;

/// A request as it was noted.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = api_requests, check_for_backend(diesel::pg::Pg))]
pub(super) struct Row {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub method: String,
    pub route: String,
    pub status: i32,
    pub credential: Option<Uuid>,
    pub ip: Option<IpNet>,
    pub country: Option<String>,
    pub duration_micros: i64,
}

/// A credential and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub id: Uuid,
    pub sid: String,
    pub name: String,
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Requests of the account. Ids sort by time, so days are ranges of them.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    filter: &Filter,
    window: Window,
) -> QueryResult<Vec<Row>> {
    let requests = api_requests::table.filter(api_requests::account_id.eq(account)).select(Row::as_select());
    let mut query = windowed!(requests, api_requests::id, window);
    if filter.is_any() {
        query = query.filter(planned_by_value());
    }
    if let Some(class) = filter.status {
        // As the index has it: a class that is rare is found without reading the others.
        query = query.filter((api_requests::status / 100).eq(class));
        query = query.filter(api_requests::status.between(class * 100, class * 100 + 99));
    }
    if let Some(method) = filter.method {
        query = query.filter(api_requests::method.eq(method));
    }
    query = match filter.credential {
        Some(Which::None) => query.filter(api_requests::credential.is_null()),
        Some(Which::Token(AuthTokenId(id)) | Which::Key(ApiKeyId(id))) => {
            query.filter(api_requests::credential.eq(id))
        }
        None => query,
    };
    if let Some(from) = filter.from {
        query = query.filter(api_requests::id.ge(first_uuid_of(midnight(from))));
    }
    if let Some(next) = filter.to.and_then(|day| day.checked_add_days(Days::new(1))) {
        query = query.filter(api_requests::id.lt(first_uuid_of(midnight(next))));
    }
    query.load(conn).await
}

/// Requests and errors of each day from this one on that had any.
pub(super) async fn days(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    from: NaiveDate,
) -> QueryResult<HashMap<NaiveDate, (i64, i64)>> {
    let rows: Vec<(DateTime<Utc>, i64, i64)> = api_request_days::table
        .filter(api_request_days::account_id.eq(account).and(api_request_days::day.ge(midnight(from))))
        .select((api_request_days::day, api_request_days::requests, api_request_days::errors))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(day, requests, errors)| (day.date_naive(), (requests, errors))).collect())
}

/// The credentials that may stand in the log: those that live, and those that were revoked since then. With those
/// of these ids, whatever became of them.
pub(super) async fn credentials(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    since: DateTime<Utc>,
    besides: &[Uuid],
) -> QueryResult<Vec<Named>> {
    let tokens: Vec<(AuthTokenId, String, bool)> = auth_tokens::table
        .filter(auth_tokens::account_id.eq(account))
        .filter(
            auth_tokens::revoked_at
                .is_null()
                .or(auth_tokens::revoked_at.gt(since))
                .or(auth_tokens::id.eq_any(besides)),
        )
        .order((auth_tokens::revoked_at.desc().nulls_first(), auth_tokens::slot))
        .limit(CHOICES)
        .select((auth_tokens::id, auth_tokens::slot, auth_tokens::revoked_at.is_null()))
        .load(conn)
        .await?;
    let keys: Vec<(ApiKeyId, String)> = api_keys::table
        .filter(api_keys::account_id.eq(account))
        .filter(
            api_keys::revoked_at
                .is_null()
                .or(api_keys::revoked_at.gt(since))
                .or(api_keys::id.eq_any(besides)),
        )
        .order(api_keys::id.desc())
        .limit(CHOICES)
        .select((api_keys::id, api_keys::name))
        .load(conn)
        .await?;
    let tokens = tokens.into_iter().map(|(id, slot, live)| {
        let label = Slot::parse(&slot).map_or("Token", Slot::label);
        let name = if live { label.to_owned() } else { format!("{label}, revoked") };
        Named { id: id.0, sid: id.to_string(), name }
    });
    let keys = keys.into_iter().map(|(id, name)| Named { id: id.0, sid: id.to_string(), name });
    Ok(tokens.chain(keys).collect())
}

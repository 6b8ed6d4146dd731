//! Keys of the demo's accounts, and what their programs asked in the last 30 days. Nobody knows the secrets of these
//! keys: whoever wants to send requests makes a key of their own.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Duration, NaiveTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use crate::accounts::secrets::{Kind, Secret};
use crate::api::scopes::Scope;
use crate::platform::app::App;
use crate::platform::db::schema::{accounts, api_keys, api_request_days, api_requests};
use crate::platform::ids::{AccountId, ApiKeyId, PersonId, new_uuid};

/// Whose accounts have keys and a log, by their number in the cast.
pub(super) const OWNERS: [u8; 2] = [1, 2];

/// A key: name, scopes, age in days, hours since its last use, hours until its end, whether it is revoked.
type Part = (&'static str, &'static [Scope], i64, Option<i64>, Option<i64>, bool);

const KEYS: [Part; 4] = [
    ("Nightly import", &[Scope::ReadClaims, Scope::WriteClaims], 410, Some(2), None, false),
    ("Old bridge", &[Scope::ReadCommunications], 380, Some(4_000), None, true),
    ("Quarterly report", &[Scope::ReadClaims], 120, None, None, false),
    ("Pilot of the mobile team", &[Scope::ReadClaims, Scope::ReadEndUsers], 25, Some(26), Some(60), false),
];

/// What programs asked: method, route, status, and in how many of a hundred.
const ASKED: [(&str, &str, i32, u64); 6] = [
    ("GET", "/v1/accounts/{account}/claims", 200, 52),
    ("POST", "/v1/accounts/{account}/claims", 201, 25),
    ("GET", "/v1/accounts/{account}/storage", 200, 14),
    ("GET", "/v1/accounts/{account}/claims/{claim}", 404, 5),
    ("POST", "/v1/accounts/{account}/claims", 422, 3),
    ("POST", "/v1/accounts/{account}/claims", 500, 1),
];

/// Gives the first account of this person keys and a log, if none of theirs has keys yet.
pub(super) async fn ensure_there(app: &App, owner: PersonId) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let first = accounts::table.filter(accounts::owner_id.eq(owner)).order(accounts::id);
        // Of two processes with one demo, the second waits here and then finds the keys of the first.
        let account: Option<AccountId> =
            first.select(accounts::id).for_no_key_update().first(conn).await.optional()?;
        let Some(account) = account else { return Ok(()) };
        let owned = accounts::table.filter(accounts::owner_id.eq(owner)).select(accounts::id);
        let theirs = api_keys::table.filter(api_keys::account_id.eq_any(owned));
        if diesel::select(diesel::dsl::exists(theirs)).get_result(conn).await? {
            return Ok(());
        }
        let now = app.clock.now();
        let mut keys = Vec::new();
        for part in KEYS {
            keys.push(make_key(conn, app, account, owner, part, now).await?);
        }
        make_log(conn, account, keys[0], now).await
    })
    .await
    .map_err(|error: diesel::result::Error| error.into())
}

async fn make_key(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    owner: PersonId,
    (name, scopes, age, used, left, revoked): Part,
    now: DateTime<Utc>,
) -> QueryResult<ApiKeyId> {
    let made = now - Duration::days(age);
    let id = ApiKeyId::new(made);
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let used = used.map(|hours| now - Duration::hours(hours));
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(id),
            api_keys::account_id.eq(account),
            api_keys::name.eq(name),
            api_keys::scopes.eq(scopes),
            api_keys::secret_digest.eq(Secret::generate(&app.keys, Kind::ApiKey).digest(&app.keys)),
            api_keys::created_by.eq(owner),
            api_keys::created_at.eq(made),
            api_keys::expires_at.eq(left.map(|hours| now + Duration::hours(hours))),
            api_keys::last_used_at.eq(used),
            api_keys::last_used_ip.eq(used.map(|_| address())),
            api_keys::last_used_country.eq(used.map(|_| "US")),
            api_keys::last_used_agent.eq(used.map(|_| "LossImporter/2.1")),
            api_keys::revoked_at.eq(revoked.then_some(now - Duration::days(12))),
            api_keys::revoked_because.eq(revoked.then_some("revoked")),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Of the range that is kept free for stories.
fn address() -> IpNet {
    "198.51.100.7/32".parse().expect("an address")
}

/// Requests of one day, the same in every demo: fewer on week-ends, many on one day.
fn how_many(day: DateTime<Utc>, ago: i64) -> u64 {
    match (ago, day.weekday().number_from_monday()) {
        (9, _) => 70,
        (_, 6 | 7) => 6,
        (_, weekday) => 18 + u64::from(weekday * 7 + day.day()) % 17,
    }
}

/// The kind of a request, by a number that stands in for chance.
fn asked(number: u64) -> (&'static str, &'static str, i32) {
    let mut left = number * 37 % 100;
    for (method, route, status, share) in ASKED {
        if left < share {
            return (method, route, status);
        }
        left -= share;
    }
    (ASKED[0].0, ASKED[0].1, ASKED[0].2)
}

async fn make_log(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    key: ApiKeyId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let today = now.date_naive().and_time(NaiveTime::MIN).and_utc();
    let (mut rows, mut days) = (Vec::new(), BTreeMap::<DateTime<Utc>, (i64, i64)>::new());
    for ago in 0..30 {
        let day = today - Duration::days(ago);
        let count = how_many(day, ago);
        for number in 0..count {
            let second = 86_400 * number / count;
            let at = day + Duration::seconds(i64::try_from(second).unwrap_or(0));
            if at >= now {
                break;
            }
            let (method, route, status) = asked(number + day.day() as u64);
            let counted = days.entry(day).or_default();
            *counted = (counted.0 + 1, counted.1 + i64::from(status >= 400));
            rows.push((
                api_requests::id.eq(new_uuid(at)),
                api_requests::account_id.eq(account),
                api_requests::at.eq(at),
                api_requests::method.eq(method),
                api_requests::route.eq(route),
                api_requests::status.eq(status),
                api_requests::credential_kind.eq(Kind::ApiKey.as_str()),
                api_requests::credential.eq(key.0),
                api_requests::ip.eq(address()),
                api_requests::country.eq("US"),
                api_requests::duration_micros.eq(1_200 + i64::try_from(number * 733 % 9_000).unwrap_or(0)),
            ));
        }
    }
    diesel::insert_into(api_requests::table).values(rows).execute(conn).await?;
    let counts: Vec<_> = days
        .into_iter()
        .map(|(day, (requests, errors))| {
            (
                api_request_days::account_id.eq(account),
                api_request_days::day.eq(day),
                api_request_days::requests.eq(requests),
                api_request_days::errors.eq(errors),
            )
        })
        .collect();
    diesel::insert_into(api_request_days::table).values(counts).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_a_hundred() {
        assert_eq!(ASKED.iter().map(|(.., share)| share).sum::<u64>(), 100);
        assert!((0..100).any(|number| asked(number).2 == 500));
    }
}

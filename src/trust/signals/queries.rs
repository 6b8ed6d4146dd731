//! The SQL of signals: all of them for all accounts by one statement, and the hours of one.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Double, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::inputs::{Hour, day_start};
use super::{SIGNALS, USUAL, Values};
use crate::platform::db::schema::signal_accounts;
use crate::platform::ids::AccountId;

/// `percent(a, b)` of the register, as SQL.
fn expand(sql: &str) -> String {
    match sql
        .strip_prefix("percent(")
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once(", "))
    {
        Some((part, whole)) => {
            format!("CASE WHEN {whole} > 0 THEN least({part} * 100.0::float8 / {whole}, 100) ELSE 0 END")
        }
        None => sql.to_owned(),
    }
}

/// `$1`: the hour; `$2`: the first hour of its day; `$3`: the first hour of the usual; `$4`: whether all accounts are
/// meant; `$5`: which otherwise.
static ALL: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> =
        SIGNALS.iter().map(|signal| format!("({})::float8", expand(signal.sql))).collect();
    let sums = [
        "requests",
        "errors",
        "outbound",
        "new_recipients",
        "bounced",
        "complained",
        "bodies",
        "same_body",
        "sign_in_failures",
        "leaks",
        "mail_reports",
    ]
    .map(|name| format!("sum({name})::float8 AS {name}"))
    .join(", ");
    let busier = ["requests", "outbound", "recipients"]
        .map(|name| format!("coalesce(max({name}) FILTER (WHERE hour >= $1 - interval '1 hour'), 0)::float8 AS {name}_hour"))
        .join(", ");
    format!(
        "WITH present AS (SELECT * FROM signal_hours \
            WHERE hour >= $2 AND hour <= $1 AND ($4 OR account_id = ANY ($5))), \
         d AS (SELECT account_id, {sums}, {busier} FROM present GROUP BY account_id), \
         p AS (SELECT account_id, sum(outbound)::float8 AS outbound, \
                least(28, greatest(1, ((extract(epoch FROM $2 - min(hour)) / 3600)::bigint + 23) / 24))::float8 AS days \
            FROM signal_hours WHERE hour >= $3 AND hour < $2 AND ($4 OR account_id = ANY ($5)) GROUP BY account_id), \
         pairs AS (SELECT DISTINCT account_id, unnest(key_networks) AS pair FROM present WHERE key_networks <> '{{}}'), \
         each AS (SELECT account_id, count(*) AS networks FROM pairs GROUP BY account_id, pair >> 32), \
         n AS (SELECT account_id, max(networks) AS networks, max(most) AS most, max(countries) AS countries FROM ( \
            SELECT account_id, count(DISTINCT pair & 4294967295) AS networks, 0::bigint AS most, 0::bigint AS countries FROM pairs GROUP BY 1 \
            UNION ALL SELECT account_id, 0, max(networks), 0 FROM each GROUP BY 1 \
            UNION ALL SELECT account_id, 0, 0, count(DISTINCT country) \
                FROM (SELECT account_id, unnest(countries) AS country FROM present WHERE countries <> '{{}}') AS c GROUP BY 1) AS all_of GROUP BY 1) \
         SELECT d.account_id, ARRAY[{}] AS vals FROM d LEFT JOIN p USING (account_id) LEFT JOIN n USING (account_id)",
        columns.join(", ")
    )
});

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Array<Double>)]
    vals: Vec<f64>,
}

/// The signals at a full hour, of these accounts or of all: one statement. An account of which nothing is known in the
/// day is left out: all of its signals are zero.
///
/// # Errors
/// What the database says.
pub async fn at(
    conn: &mut AsyncPgConnection,
    hour: DateTime<Utc>,
    accounts: Option<&[AccountId]>,
) -> QueryResult<HashMap<AccountId, Values>> {
    let day = day_start(hour);
    let rows: Vec<Row> = diesel::sql_query(ALL.as_str())
        .bind::<Timestamptz, _>(hour)
        .bind::<Timestamptz, _>(day)
        .bind::<Timestamptz, _>(day - USUAL)
        .bind::<Bool, _>(accounts.is_none())
        .bind::<Array<SqlUuid>, _>(accounts.unwrap_or_default())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (AccountId(row.account_id), Values(row.vals))).collect())
}

/// Columns of an [`Hour`].
pub(crate) const HOUR: &str = "hour, requests, errors, key_networks, outbound, recipients, new_recipients, bounced, \
    complained, bodies, same_body, sign_in_failures, countries, leaks, mail_reports";

/// What is known of an account from one hour to another, oldest first.
///
/// # Errors
/// What the database says.
pub async fn hours(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<Hour>> {
    diesel::sql_query(format!(
        "SELECT {HOUR} FROM signal_hours WHERE account_id = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour"
    ))
    .bind::<SqlUuid, _>(account)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(to)
    .load(conn)
    .await
}

/// An hour of some account.
#[derive(Clone, Debug, QueryableByName)]
pub struct OfAccount {
    /// Whose.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// What was counted.
    #[diesel(embed)]
    pub hour: Hour,
}

/// So many accounts after one of which anything is known, in the order of their ids.
///
/// # Errors
/// What the database says.
pub async fn accounts_after(
    conn: &mut AsyncPgConnection,
    after: Option<Uuid>,
    accounts: i64,
) -> QueryResult<Vec<Uuid>> {
    signal_accounts::table
        .filter(signal_accounts::account_id.gt(AccountId(after.unwrap_or(Uuid::nil()))))
        .order(signal_accounts::account_id)
        .limit(accounts)
        .select(signal_accounts::account_id)
        .load(conn)
        .await
}

/// The hours of these accounts, in the order of their ids and then of time.
///
/// # Errors
/// What the database says.
pub async fn hours_of_many(
    conn: &mut AsyncPgConnection,
    accounts: &[Uuid],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<OfAccount>> {
    diesel::sql_query(format!(
        "SELECT account_id, {HOUR} FROM signal_hours \
         WHERE account_id = ANY ($1) AND hour >= $2 AND hour <= $3 ORDER BY account_id, hour"
    ))
    .bind::<Array<SqlUuid>, _>(accounts)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(to)
    .load(conn)
    .await
}

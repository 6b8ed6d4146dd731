//! SQL of page statistics.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Sums;
use super::page_view::{PageView, Purpose};

/// Hosts of a day that are told apart; who invents more of them adds to 'other'.
const MOST_HOSTS: i64 = 1_000;
/// Rows of each list.
const MOST_ROWS: i64 = 20;

/// In the order of the key, so that two processes do not wait for each other in a circle.
const ADD: &str = "WITH batch AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6) AS t (day, page, host, country, purpose, views)), \
    crowded AS (SELECT day FROM page_views WHERE day = ANY ($1) GROUP BY day HAVING count(DISTINCT referrer_host) >= $7), \
    kept AS (SELECT day, page, country, purpose, views, \
        CASE WHEN host = '' OR day NOT IN (SELECT day FROM crowded) \
            OR EXISTS (SELECT FROM page_views v WHERE v.day = batch.day AND v.referrer_host = host) \
        THEN host ELSE 'other' END AS host FROM batch) \
    INSERT INTO page_views AS known (day, page, referrer_host, country, purpose, views) \
    SELECT day, page, host, country, purpose, sum(views)::bigint FROM kept GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 \
    ON CONFLICT (day, page, referrer_host, country, purpose) DO UPDATE SET views = known.views + excluded.views";

/// Adds sums to what was counted before.
pub(super) async fn add(conn: &mut AsyncPgConnection, sums: &Sums) -> QueryResult<()> {
    fn all<'a, T: 'a>(sums: &'a Sums, part: impl Fn(&'a PageView) -> T) -> Vec<T> {
        sums.keys().map(part).collect()
    }
    diesel::sql_query(ADD)
        .bind::<Array<Timestamptz>, _>(all(sums, |view| view.day))
        .bind::<Array<Text>, _>(all(sums, |view| view.page.as_str()))
        .bind::<Array<Text>, _>(all(sums, |view| view.referrer_host.as_str()))
        .bind::<Array<Text>, _>(all(sums, |view| view.country.as_str()))
        .bind::<Array<Text>, _>(all(sums, |view| view.purpose.as_str()))
        .bind::<Array<BigInt>, _>(sums.values().copied().collect::<Vec<_>>())
        .bind::<BigInt, _>(MOST_HOSTS)
        .execute(conn)
        .await?;
    Ok(())
}

/// A day and its views.
#[derive(QueryableByName)]
pub(super) struct DayRow {
    #[diesel(sql_type = Timestamptz)]
    pub day: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub views: i64,
    /// Of which came from elsewhere.
    #[diesel(sql_type = BigInt)]
    pub arrivals: i64,
}

/// Views of each day from this one on.
pub(super) async fn days(conn: &mut AsyncPgConnection, since: DateTime<Utc>) -> QueryResult<Vec<DayRow>> {
    diesel::sql_query(
        "SELECT day, sum(views)::bigint AS views, coalesce(sum(views) FILTER (WHERE purpose <> $2), 0)::bigint AS arrivals \
         FROM page_views WHERE day >= $1 GROUP BY day",
    )
    .bind::<Timestamptz, _>(since)
    .bind::<Text, _>(Purpose::Navigation.as_str())
    .load(conn)
    .await
}

/// What views are listed by.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Page,
    Host,
    Country,
}

/// Something and its views.
#[derive(QueryableByName)]
pub(super) struct NamedRow {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub views: i64,
}

/// The most frequent since this day. Hosts are those of other sites.
pub(super) async fn most_frequent(
    conn: &mut AsyncPgConnection,
    by: By,
    since: DateTime<Utc>,
) -> QueryResult<Vec<NamedRow>> {
    let (column, which) = match by {
        By::Page => ("page", "true"),
        By::Host => ("referrer_host", "referrer_host <> '' AND purpose <> 'navigation'"),
        By::Country => ("country", "true"),
    };
    let query = format!(
        "SELECT {column} AS name, sum(views)::bigint AS views FROM page_views WHERE day >= $1 AND {which} \
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2"
    );
    diesel::sql_query(query).bind::<Timestamptz, _>(since).bind::<BigInt, _>(MOST_ROWS).load(conn).await
}

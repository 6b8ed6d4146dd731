//! Counting what is new: once a minute, by one process at a time, only the accounts that have something new, and of those
//! only the hours that it lies in. A count is set and never lowered.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Bytea, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::hour_of;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::signal_progress;
use crate::platform::ids::first_uuid_of;

/// A row may be committed so much later than its time: it is looked for so far back.
const LATE: Duration = Duration::minutes(10);
/// Further back than this nothing is caught up on: requests are not kept longer.
const FURTHEST: Duration = Duration::days(29);
/// What is caught up on in one transaction.
const PIECE: Duration = Duration::hours(24);
/// One process counts at a time.
const LOCK: i64 = 0x4c58_0040;

/// Counts everything up to now. Safe to run at any time, twice, and in several processes at once.
///
/// # Errors
/// What the database says.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    // Each piece is a transaction: whoever is stopped on the way goes on after the last.
    while conn.transaction(async |conn| piece(conn, app).await).await? {}
    Ok(())
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    first: Option<DateTime<Utc>>,
}

/// Counts a piece of the time that is not counted yet. Answers whether there is more.
async fn piece(conn: &mut AsyncPgConnection, app: &App) -> QueryResult<bool> {
    let now = app.clock.now();
    let lock: Taken = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .get_result(conn)
        .await?;
    if !lock.taken {
        return Ok(false);
    }
    let known: Option<DateTime<Utc>> =
        signal_progress::table.select(signal_progress::counted_until).first(conn).await.optional()?;
    let begin = match known {
        Some(until) => until - LATE,
        None => first(conn).await?.unwrap_or(now),
    };
    let begin = begin.max(now - FURTHEST).min(now);
    let until = (begin + LATE + PIECE).min(now);
    count(conn, &app.keys, begin, until + LATE, now).await?;
    // Nothing happens in the future, unless a clock was moved back: then it is counted again from there.
    diesel::insert_into(signal_progress::table)
        .values((signal_progress::only_row.eq(true), signal_progress::counted_until.eq(until)))
        .on_conflict(signal_progress::only_row)
        .do_update()
        .set(signal_progress::counted_until.eq(until))
        .execute(conn)
        .await?;
    Ok(until < now)
}

/// When the first of what is counted happened.
async fn first(conn: &mut AsyncPgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    let row: First = diesel::sql_query(
        "SELECT least((SELECT min(at) FROM api_requests), (SELECT min(at) FROM sign_ins), \
            (SELECT created_at FROM communications ORDER BY id LIMIT 1)) AS first",
    )
    .get_result(conn)
    .await?;
    Ok(row.first)
}

/// Who owns an account, and its members.
const MEMBERS: &str = "members AS (SELECT id AS account_id, owner_id AS person_id FROM accounts \
    UNION ALL SELECT account_id, person_id FROM account_members)";

/// Accounts with anything new. `$1`, `$2`: from and until; `$3`, `$4`: the least ids of those moments.
const NEWS: &str = "SELECT account_id FROM api_requests WHERE at >= $1 AND at < $2 AND credential IS NOT NULL \
    UNION SELECT account_id FROM communications WHERE id >= $3 AND id < $4 \
    UNION SELECT c.account_id FROM communication_statuses s JOIN communications c ON c.id = s.communication_id \
        WHERE s.id >= $3 AND s.id < $4 AND s.status IN ('bounced', 'complained') \
    UNION SELECT m.account_id FROM sign_ins s JOIN members m USING (person_id) WHERE s.at >= $1 AND s.at < $2 \
    UNION SELECT account_id FROM leaked_secrets WHERE reported_at >= $1 AND reported_at < $2 \
    UNION SELECT m.account_id FROM reports r JOIN members m USING (person_id) WHERE r.at >= $1 AND r.at < $2";

/// Reports about mail of ours, with whom it was for.
const REPORTS: &str = "reports AS (SELECT r.id, r.received_at AS at, coalesce(m.person_id, c.person_id) AS person_id \
    FROM mail_reports r LEFT JOIN messages m ON m.id = r.message_id LEFT JOIN contacts c ON c.id = r.contact_id \
    WHERE r.received_at >= $1 AND r.received_at < $2 AND r.kind IN ('hard_bounce', 'complaint'))";

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
}

/// Counts the hours from one moment to another again, for the accounts that have something new in that time.
async fn count(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    begin: DateTime<Utc>,
    end: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let news: Vec<Account> = diesel::sql_query(format!("WITH {MEMBERS}, {REPORTS} {NEWS} ORDER BY 1"))
        .bind::<Timestamptz, _>(begin)
        .bind::<Timestamptz, _>(end)
        .bind::<SqlUuid, _>(first_uuid_of(begin))
        .bind::<SqlUuid, _>(first_uuid_of(end))
        .load(conn)
        .await?;
    let accounts: Vec<Uuid> = news.into_iter().map(|row| row.account_id).collect();
    let secret = keys.digest("signals", b"networks, recipients and countries");
    // Whole hours, so that a count is that of the hour.
    let (from, to) = (hour_of(begin), hour_of(end) + Duration::hours(1));
    for some in accounts.chunks(5_000) {
        for statement in [RECIPIENTS.to_owned(), hours()] {
            diesel::sql_query(statement)
                .bind::<Timestamptz, _>(from)
                .bind::<Timestamptz, _>(to)
                .bind::<SqlUuid, _>(first_uuid_of(from))
                .bind::<SqlUuid, _>(first_uuid_of(to))
                .bind::<Array<SqlUuid>, _>(some)
                .bind::<Bytea, _>(&secret)
                .bind::<Timestamptz, _>(now)
                .execute(conn)
                .await?;
        }
    }
    Ok(())
}

/// Whom these accounts wrote to, since when and until when.
const RECIPIENTS: &str = "INSERT INTO signal_recipients AS known (account_id, recipient_key, first_hour, last_hour) \
    SELECT account_id, signal_key($6, account_id::text || ' to ' || lower(coalesce(recipient, device_token))) AS recipient_key, \
        min(date_trunc('hour', created_at, 'UTC')), max(date_trunc('hour', created_at, 'UTC')) \
    FROM communications WHERE account_id = ANY ($5) AND created_at >= $1 AND created_at < $2 AND direction = 'outbound' \
    GROUP BY 1, 2 ORDER BY 1, 2 \
    ON CONFLICT (account_id, recipient_key) DO UPDATE \
    SET first_hour = least(known.first_hour, excluded.first_hour), last_hour = greatest(known.last_hour, excluded.last_hour) \
    WHERE known.first_hour > excluded.first_hour OR known.last_hour < excluded.last_hour";

/// Counts that are never lowered.
const COUNTS: [&str; 12] = [
    "requests",
    "errors",
    "outbound",
    "recipients",
    "new_recipients",
    "bounced",
    "complained",
    "bodies",
    "same_body",
    "sign_in_failures",
    "leaks",
    "mail_reports",
];

/// Where each part of an hour is counted: its columns, and the statement that makes them by account and hour.
const PARTS: &[(&str, &str, &[&str])] = &[
    (
        "asked",
        "SELECT account_id, date_trunc('hour', at, 'UTC') AS hour, count(*)::int AS requests, \
            (count(*) FILTER (WHERE status BETWEEN 400 AND 499 AND status NOT IN (403, 429)))::int AS errors \
         FROM api_requests WHERE account_id = ANY ($5) AND id >= $3 AND id < $4 AND at >= $1 AND at < $2 \
            AND credential IS NOT NULL GROUP BY 1, 2",
        &["requests", "errors"],
    ),
    (
        "called",
        "SELECT account_id, hour, (array_agg(DISTINCT (signal_key($6, credential::text) & 2147483647) << 32 \
            | (signal_key($6, net::text) & 4294967295)))[1:512] AS key_networks \
         FROM (SELECT DISTINCT account_id, date_trunc('hour', at, 'UTC') AS hour, credential, \
                network(set_masklen(ip, CASE family(ip) WHEN 4 THEN 24 ELSE 48 END)) AS net \
            FROM api_requests WHERE account_id = ANY ($5) AND id >= $3 AND id < $4 AND at >= $1 AND at < $2 \
                AND credential IS NOT NULL AND ip IS NOT NULL) AS seen GROUP BY 1, 2",
        &["key_networks"],
    ),
    (
        "sent",
        "SELECT account_id, date_trunc('hour', created_at, 'UTC') AS hour, count(*)::int AS outbound, \
            count(DISTINCT lower(coalesce(recipient, device_token)))::int AS recipients \
         FROM communications WHERE account_id = ANY ($5) AND created_at >= $1 AND created_at < $2 AND direction = 'outbound' GROUP BY 1, 2",
        &["outbound", "recipients"],
    ),
    (
        "met",
        "SELECT account_id, first_hour AS hour, count(*)::int AS new_recipients FROM signal_recipients \
         WHERE account_id = ANY ($5) AND first_hour >= $1 AND first_hour < $2 GROUP BY 1, 2",
        &["new_recipients"],
    ),
    (
        "said",
        "SELECT account_id, hour, sum(times)::int AS bodies, max(times)::int AS same_body FROM ( \
            SELECT account_id, date_trunc('hour', created_at, 'UTC') AS hour, count(*) AS times FROM communications \
            WHERE account_id = ANY ($5) AND created_at >= $1 AND created_at < $2 AND direction = 'outbound' AND body_key IS NOT NULL \
            GROUP BY 1, 2, body_key) AS words GROUP BY 1, 2",
        &["bodies", "same_body"],
    ),
    (
        // When it was told counts, which is in the id; when it happened may be long ago.
        "told",
        "SELECT c.account_id, date_trunc('hour', to_timestamp(('x' || left(replace(s.id::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC') AS hour, \
            (count(DISTINCT c.id) FILTER (WHERE s.status = 'bounced'))::int AS bounced, \
            (count(DISTINCT c.id) FILTER (WHERE s.status = 'complained'))::int AS complained \
         FROM communication_statuses s JOIN communications c ON c.id = s.communication_id \
         WHERE s.id >= $3 AND s.id < $4 AND s.status IN ('bounced', 'complained') AND c.account_id = ANY ($5) AND c.direction = 'outbound' GROUP BY 1, 2",
        &["bounced", "complained"],
    ),
    (
        "tried",
        "SELECT m.account_id, date_trunc('hour', s.at, 'UTC') AS hour, \
            (count(*) FILTER (WHERE s.outcome IN ('refused', 'throttled', 'blocked_country')))::int AS sign_in_failures, \
            coalesce((array_agg(DISTINCT signal_key($6, s.country)) FILTER (WHERE s.outcome = 'signed_in' AND s.country IS NOT NULL))[1:64], '{}') AS countries \
         FROM sign_ins s JOIN members m USING (person_id) \
         WHERE m.account_id = ANY ($5) AND s.at >= $1 AND s.at < $2 GROUP BY 1, 2",
        &["sign_in_failures", "countries"],
    ),
    (
        "found",
        "SELECT account_id, date_trunc('hour', reported_at, 'UTC') AS hour, count(*)::int AS leaks FROM leaked_secrets \
         WHERE account_id = ANY ($5) AND reported_at >= $1 AND reported_at < $2 GROUP BY 1, 2",
        &["leaks"],
    ),
    (
        "returned",
        "SELECT m.account_id, date_trunc('hour', r.at, 'UTC') AS hour, count(DISTINCT r.id)::int AS mail_reports \
         FROM reports r JOIN members m USING (person_id) WHERE m.account_id = ANY ($5) GROUP BY 1, 2",
        &["mail_reports"],
    ),
];

/// Sets the hours of `$5` from `$1` to `$2`, and notes at `$7` which accounts changed by that.
fn hours() -> String {
    let parts =
        PARTS.iter().map(|(name, sql, _)| format!("{name} AS ({sql})")).collect::<Vec<_>>().join(", ");
    let places = PARTS.iter().map(|(name, ..)| format!("SELECT account_id, hour FROM {name}"));
    let places = places.collect::<Vec<_>>().join(" UNION ");
    let joins: String =
        PARTS.iter().map(|(name, ..)| format!(" LEFT JOIN {name} USING (account_id, hour)")).collect();
    let columns: Vec<&str> = PARTS.iter().flat_map(|(.., columns)| columns.iter().copied()).collect();
    let is_count = |column: &str| COUNTS.contains(&column);
    let list = |each: &dyn Fn(&str) -> String| {
        columns.iter().map(|column| each(column)).collect::<Vec<_>>().join(", ")
    };
    let read = list(&|column| format!("coalesce({column}, {})", if is_count(column) { "0" } else { "'{}'" }));
    let set = list(&|column| match is_count(column) {
        true => format!("{column} = greatest(kept.{column}, excluded.{column})"),
        false => format!("{column} = excluded.{column}"),
    });
    let differs = columns.iter().map(|column| match is_count(column) {
        true => format!("kept.{column} < excluded.{column}"),
        false => format!("kept.{column} <> excluded.{column}"),
    });
    format!(
        "WITH {MEMBERS}, {REPORTS}, {parts}, places AS ({places}), \
         written AS (INSERT INTO signal_hours AS kept (account_id, hour, {}) \
            SELECT account_id, hour, {read} FROM places{joins} ORDER BY account_id, hour \
            ON CONFLICT (account_id, hour) DO UPDATE SET {set} WHERE {} RETURNING account_id) \
         INSERT INTO signal_accounts AS one (account_id, changed_at) SELECT DISTINCT account_id, $7 FROM written ORDER BY 1 \
         ON CONFLICT (account_id) DO UPDATE SET changed_at = greatest(one.changed_at + interval '1 microsecond', excluded.changed_at)",
        columns.join(", "),
        differs.collect::<Vec<_>>().join(" OR ")
    )
}

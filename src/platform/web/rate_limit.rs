//! Limits shared by all processes: one statement in Postgres per check, after the generic cell rate
//! algorithm. A bucket is named by a keyed digest, so no address is kept.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::caller::Caller;
use crate::platform::app::App;
use crate::platform::db::schema::rate_limits;
use crate::platform::error::AppError;

/// So many at once, and as many again spread over the period.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// What the limit is for; part of the bucket's name.
    pub name: &'static str,
    /// How many may come at once.
    pub burst: u32,
    /// In which time as many become free again.
    pub period: Duration,
}

impl Quota {
    /// So many per this many minutes.
    pub const fn per_minutes(name: &'static str, burst: u32, minutes: i64) -> Self {
        Self { name, burst, period: Duration::minutes(minutes) }
    }

    fn interval(self) -> Duration {
        self.period / i32::try_from(self.burst.max(1)).unwrap_or(i32::MAX)
    }
}

/// Takes one from a bucket. `key` says whose bucket: an address, a network, an id.
///
/// # Errors
/// [`AppError::TooManyRequests`] with the whole seconds until one becomes free; nothing is taken then.
pub async fn take(app: &App, quota: Quota, key: &str) -> Result<(), AppError> {
    take_on(&mut *app.db.get().await?, app, quota, key).await
}

/// [`take`] on a connection that the caller holds already: waiting for a second one while holding a first
/// would let many callers at once wait for each other.
///
/// # Errors
/// As [`take`].
pub async fn take_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    quota: Quota,
    key: &str,
) -> Result<(), AppError> {
    match take_many(conn, app, quota, key, 1).await? {
        Taken::Until(_) => Ok(()),
        Taken::Wait(seconds) => Err(AppError::TooManyRequests(seconds)),
    }
}

/// So many networks of a site together are let do as much as one alone, each.
const OF_A_SITE: u32 = 32;

/// Takes one from the bucket of the caller's network, and of an IPv6 address one from that of its site: whoever has a /48
/// has 65,536 networks of their own.
///
/// # Errors
/// As [`take`].
pub async fn take_of(app: &App, quota: Quota, caller: &Caller) -> Result<(), AppError> {
    take_of_on(&mut *app.db.get().await?, app, quota, caller).await
}

/// As [`take_of`], on a connection that the caller holds already.
///
/// # Errors
/// As [`take`].
pub async fn take_of_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    quota: Quota,
    caller: &Caller,
) -> Result<(), AppError> {
    take_on(conn, app, quota, &caller.network()).await?;
    let Some(site) = caller.site() else { return Ok(()) };
    let of_all = Quota { burst: quota.burst.saturating_mul(OF_A_SITE), ..quota };
    take_on(conn, app, of_all, &site).await
}

/// What came of taking several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They were taken; the bucket will be full again then.
    Until(DateTime<Utc>),
    /// Nothing was taken; so many whole seconds until it can be.
    Wait(u64),
}

/// Takes several from a bucket, or none.
///
/// # Errors
/// What the database says.
pub async fn take_many(
    conn: &mut AsyncPgConnection,
    app: &App,
    quota: Quota,
    key: &str,
    count: u32,
) -> QueryResult<Taken> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Timestamptz)]
        full_at: DateTime<Utc>,
    }
    let now = app.clock.now();
    let bucket = app.keys.digest(quota.name, key.as_bytes());
    let span = quota.interval() * i32::try_from(count).unwrap_or(i32::MAX);
    // One statement, so that two processes cannot both take the last one. Times are bound rather
    // than taken from the database, because limits follow the injected clock.
    let taken: Option<Row> = diesel::sql_query(
        "INSERT INTO rate_limits AS r (bucket, full_at) VALUES ($1, $3) \
         ON CONFLICT (bucket) DO UPDATE SET full_at = greatest(r.full_at, $2) + ($3 - $2) \
         WHERE greatest(r.full_at, $2) + ($3 - $2) <= $4 RETURNING full_at",
    )
    .bind::<Binary, _>(&bucket)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + span)
    .bind::<Timestamptz, _>(now + quota.period)
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = taken {
        return Ok(Taken::Until(row.full_at));
    }
    let full_at: Option<DateTime<Utc>> =
        rate_limits::table.find(&bucket).select(rate_limits::full_at).first(conn).await.optional()?;
    // Emptied in between, as by a success elsewhere: the next one can be taken.
    let Some(full_at) = full_at else { return Ok(Taken::Wait(1)) };
    let wait = full_at + span - (now + quota.period);
    Ok(Taken::Wait(u64::try_from(wait.num_seconds()).unwrap_or(0) + 1))
}

/// Empties a bucket, as after a success that shows who somebody is.
///
/// # Errors
/// What the database says.
pub async fn reset(conn: &mut AsyncPgConnection, app: &App, quota: Quota, key: &str) -> QueryResult<()> {
    let bucket = app.keys.digest(quota.name, key.as_bytes());
    diesel::delete(rate_limits::table.find(bucket)).execute(conn).await?;
    Ok(())
}

/// Drops buckets that have filled up again.
///
/// # Errors
/// What the database says.
pub async fn drop_full(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    diesel::delete(rate_limits::table.filter(rate_limits::full_at.le(app.clock.now())))
        .execute(&mut conn)
        .await?;
    Ok(())
}

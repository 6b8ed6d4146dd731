//! How often a credential may ask: one bucket for all processes, in Postgres. A process takes a few turns at a
//! time on account, so that a limit does not cost a write per request; it may hold back at most that many.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::problem::Problem;
use crate::platform::app::App;
use crate::platform::web::rate_limit::{self, Quota, Taken};

/// A process takes this part of a limit at a time.
const PART: u32 = 50;
/// What was taken and not used is forgotten after this long.
const HELD: Duration = Duration::seconds(5);
/// From so many credentials on, those that are not in use are forgotten.
const MANY: usize = 10_000;

/// What a credential has left, for the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Requests in a period.
    pub limit: u32,
    /// The period in seconds.
    pub period: i64,
    /// Requests that can be made now.
    pub remaining: u32,
    /// Seconds until the limit is whole again.
    pub reset: i64,
}

impl Left {
    /// The two header fields of the IETF draft, as name and value.
    pub fn headers(self) -> [(&'static str, String); 2] {
        [
            ("ratelimit-policy", format!("\"credential\";q={};w={}", self.limit, self.period)),
            ("ratelimit", format!("\"credential\";r={};t={}", self.remaining, self.reset)),
        ]
    }
}

struct Lease {
    turns: u32,
    until: DateTime<Utc>,
    full_at: DateTime<Utc>,
}

/// The turns that this process holds.
#[derive(Default)]
pub struct Leases(Mutex<HashMap<Uuid, Lease>>);

impl Leases {
    /// Takes one turn for a credential.
    ///
    /// # Errors
    /// 429 with the seconds until there is one.
    pub async fn take(
        &self,
        conn: &mut AsyncPgConnection,
        app: &App,
        credential: Uuid,
    ) -> Result<Left, Problem> {
        let now = app.clock.now();
        let burst = u32::try_from(app.config.api_requests_per_minute).unwrap_or(u32::MAX);
        let quota = Quota::per_minutes("api", burst, 1);
        if let Some(left) = self.held(credential, quota, now) {
            return Ok(left);
        }
        let part = (quota.burst / PART).max(1);
        let key = credential.to_string();
        let (turns, full_at) = match rate_limit::take_many(conn, app, quota, &key, part).await? {
            Taken::Until(full_at) => (part, full_at),
            Taken::Wait(_) => match rate_limit::take_many(conn, app, quota, &key, 1).await? {
                Taken::Until(full_at) => (1, full_at),
                Taken::Wait(seconds) => return Err(refusal(quota, seconds)),
            },
        };
        let mut leases = self.0.lock().expect("nothing panics while holding it");
        if leases.len() > MANY {
            leases.retain(|_, lease| lease.until > now);
        }
        leases.insert(credential, Lease { turns: turns - 1, until: now + HELD, full_at });
        Ok(left(quota, turns - 1, full_at, now))
    }

    fn held(&self, credential: Uuid, quota: Quota, now: DateTime<Utc>) -> Option<Left> {
        let mut leases = self.0.lock().expect("nothing panics while holding it");
        let lease = leases.get_mut(&credential).filter(|lease| lease.turns > 0 && lease.until > now)?;
        lease.turns -= 1;
        Some(left(quota, lease.turns, lease.full_at, now))
    }
}

fn left(quota: Quota, held: u32, full_at: DateTime<Utc>, now: DateTime<Utc>) -> Left {
    let (limit, period) = (quota.burst, quota.period.num_seconds());
    let free = (now + quota.period - full_at).num_milliseconds().max(0);
    let elsewhere = free * i64::from(limit) / quota.period.num_milliseconds().max(1);
    let remaining = u32::try_from(elsewhere).unwrap_or(0).saturating_add(held).min(limit);
    Left { limit, period, remaining, reset: (full_at - now).num_seconds().max(0) + 1 }
}

fn refusal(quota: Quota, seconds: u64) -> Problem {
    let limit = Left { limit: quota.burst, period: quota.period.num_seconds(), remaining: 0, reset: 0 };
    let [policy, _] = limit.headers();
    Problem::too_many_requests()
        .because(format!("Try again in {seconds} seconds."))
        .with_header("retry-after", seconds.to_string())
        .with_header(policy.0, policy.1)
        .with_header("ratelimit", format!("\"credential\";r=0;t={seconds}"))
}

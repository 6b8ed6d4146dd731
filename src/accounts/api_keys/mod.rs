//! API keys: a credential for one program, with a name, the scopes that it needs, and an end if its owner wants
//! one (S57). Its secret is shown once, right after it was made; only a digest is kept. A key cannot make keys:
//! nothing in the API does.

mod expiry;
mod form;
mod mail;
mod making;
mod queries;
pub mod web;

pub use expiry::announce;
pub use mail::KeyExpiring;
pub use making::{Made, Wanted, make};

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::credentials::{Act, Change, LastUse};
use super::secrets::Secret;
use crate::api::scopes::Scope;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, ApiKeyId, PersonId};
use crate::platform::web::pagination::Window;

/// How long before its end a key is announced to end.
pub const ANNOUNCED: Duration = Duration::days(3);

/// From this age on a page says that a key is old.
pub const OLD: Duration = Duration::days(365);

/// A key that nobody used for so long is said to be unused.
pub const UNUSED: Duration = Duration::days(90);

/// Longest name in characters.
pub const LONGEST_NAME: usize = 100;

/// A key as its page shows it. Without its secret.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub maker: Option<PersonId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it no longer works.
    pub expires_at: Option<DateTime<Utc>>,
    /// When and from where it was last used.
    pub last_use: Option<LastUse>,
    /// When it was revoked, and why.
    pub revoked: Option<(DateTime<Utc>, String)>,
}

impl Key {
    /// Name and SID, for the audit log and for mail.
    pub fn title(&self) -> String {
        format!("“{}” ({})", self.name, self.id)
    }

    /// Whether it can be used.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && self.expires_at.is_none_or(|until| now < until)
    }

    /// What its owner should notice: kind and words of badges.
    pub fn badges(&self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        if let Some((_, because)) = &self.revoked {
            let word = if because == "leaked" { "Revoked after a leak" } else { "Revoked" };
            return vec![("", word.into())];
        }
        if !self.is_live(now) {
            return vec![("danger", "Expired".into())];
        }
        let mut badges = Vec::new();
        if let Some(left) = self.expires_at.map(|until| until - now).filter(|left| *left <= ANNOUNCED) {
            badges.push(("warning", expires_in(left)));
        }
        if now - self.created_at >= OLD {
            badges.push(("warning", "Older than a year".into()));
        }
        let idle_since = self.last_use.as_ref().map_or(self.created_at, |last| last.at);
        if now - idle_since >= UNUSED {
            badges.push(("warning", "Unused for 90 days".into()));
        }
        badges
    }
}

/// What is left until the end of a key, rounded up.
fn expires_in(left: Duration) -> String {
    let (days, hours) = (left.num_hours().div_euclid(24), left.num_hours());
    match (days, hours) {
        (0, 0) => "Expires in less than an hour".into(),
        (0, 1) => "Expires in 1 hour".into(),
        (0, hours) => format!("Expires in {hours} hours"),
        (1, _) => "Expires in 1 day".into(),
        (days, _) => format!("Expires in {days} days"),
    }
}

/// Scopes as they are read out.
pub fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
}

/// One key of the account.
///
/// # Errors
/// What the database says; `NotFound` where it is none of this account.
pub async fn find(conn: &mut AsyncPgConnection, account: AccountId, id: ApiKeyId) -> QueryResult<Key> {
    queries::find(conn, account, id).await
}

/// Keys of the account that were not revoked, or those that were.
///
/// # Errors
/// What the database says.
pub async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    revoked: bool,
    window: Window,
) -> QueryResult<Vec<Key>> {
    queries::list(conn, account, revoked, window).await
}

/// Revokes a key; from here on it is dead. Answers whether it was alive.
///
/// # Errors
/// As [`Act::begin`]; `NotFound` where it is none of this account.
pub async fn revoke(act: Act<'_>, id: ApiKeyId) -> Result<bool, AppError> {
    let mut conn = act.app.db.get().await?;
    conn.transaction(async |conn| {
        act.begin(conn).await?;
        let key = find(conn, act.account.id, id).await?;
        if !queries::revoke(conn, id, act.now()).await? {
            return Ok(false);
        }
        act.record(conn, &Change::KeyRevoked(key.title()), key.maker).await?;
        Ok(true)
    })
    .await
}

/// Whether this is the secret of a live key of the account, and of which.
///
/// # Errors
/// What the database says.
pub async fn with_secret(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    secret: &Secret,
) -> QueryResult<Option<Key>> {
    let digest = secret.digest(&app.keys);
    let key = queries::with_digest(conn, &digest).await?;
    let found = key.filter(|(owner, key)| *owner == account && key.is_live(app.clock.now()));
    Ok(found.map(|(_, key)| key))
}

/// The account whose key has this secret, alive or dead.
///
/// # Errors
/// What the database says.
pub(in crate::accounts) async fn account_of(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
) -> QueryResult<Option<AccountId>> {
    Ok(queries::with_digest(conn, digest).await?.map(|(account, _)| account))
}

/// Kills a live key because of a leak, inside the caller's transaction and under the lock of its account. Nothing
/// where it is not alive.
///
/// # Errors
/// What the database says.
pub(in crate::accounts) async fn leak(
    conn: &mut AsyncPgConnection,
    app: &App,
    digest: &[u8],
) -> QueryResult<Option<Key>> {
    let now = app.clock.now();
    let found = queries::with_digest(conn, digest).await?;
    let Some((_, key)) = found.filter(|(_, key)| key.is_live(now)) else { return Ok(None) };
    Ok(queries::revoke_leaked(conn, key.id, now).await?.then_some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(age: Duration, idle: Option<Duration>, left: Option<Duration>) -> (Key, DateTime<Utc>) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let last_use = idle.map(|idle| LastUse { at: now - idle, ip: None, country: None, agent: None });
        let key = Key {
            id: ApiKeyId(uuid::Uuid::nil()),
            name: "Nightly".into(),
            scopes: vec![Scope::ReadClaims],
            maker: None,
            created_at: now - age,
            expires_at: left.map(|left| now + left),
            last_use,
            revoked: None,
        };
        (key, now)
    }

    fn badges(age: Duration, idle: Option<Duration>, left: Option<Duration>) -> Vec<String> {
        let (key, now) = key(age, idle, left);
        key.badges(now).into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn a_key_is_old_after_a_year_and_unused_after_90_days_to_the_second() {
        let (second, used) = (Duration::seconds(1), Some(Duration::zero()));
        assert_eq!(badges(OLD - second, used, None), [""; 0]);
        assert_eq!(badges(OLD, used, None), ["Older than a year"]);
        assert_eq!(badges(UNUSED - second, None, None), [""; 0]);
        assert_eq!(badges(UNUSED, None, None), ["Unused for 90 days"]);
        assert_eq!(badges(UNUSED * 2, Some(UNUSED - second), None), [""; 0]);
        assert_eq!(badges(UNUSED * 2, Some(UNUSED), None), ["Unused for 90 days"]);
    }

    #[test]
    fn the_end_of_a_key_is_told_three_days_ahead() {
        let (second, age) = (Duration::seconds(1), Duration::days(1));
        assert_eq!(badges(age, None, Some(ANNOUNCED + second)), [""; 0]);
        assert_eq!(badges(age, None, Some(ANNOUNCED)), ["Expires in 3 days"]);
        assert_eq!(badges(age, None, Some(Duration::hours(30))), ["Expires in 1 day"]);
        assert_eq!(badges(age, None, Some(Duration::hours(2))), ["Expires in 2 hours"]);
        assert_eq!(badges(age, None, Some(second)), ["Expires in less than an hour"]);
        assert_eq!(badges(age, None, Some(Duration::zero())), ["Expired"]);
    }
}

//! Making a key: once, also when its form is sent twice.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{ANNOUNCED, Key, find, queries, words};
use crate::accounts::credentials::{Act, Change};
use crate::accounts::secrets::{Kind, Secret};
use crate::api::scopes::Scope;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::ApiKeyId;
use crate::platform::web::rate_limit::{self, Quota};

/// Each key may ask as often as every other, and is told by mail: keys without end are requests and mails without end.
const MADE: Quota = Quota::per_minutes("api_keys_made", 100, 24 * 60);

/// What somebody wants of a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Chosen when the form was drawn, so that a form that is sent twice makes one key.
    pub id: ApiKeyId,
    /// Name.
    pub name: String,
    /// At least one.
    pub scopes: Vec<Scope>,
    /// From when on it shall not work.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What became of a wish for a key.
#[derive(Clone, Debug)]
pub enum Made {
    /// Here is the secret, for the only time.
    Now(Secret),
    /// This form was sent before, and made this key then.
    Before(Key),
}

/// Makes a key.
///
/// # Errors
/// As [`Act::begin_making`]; `TooManyRequests` after 100 in a day.
pub async fn make(act: Act<'_>, wanted: &Wanted) -> Result<Made, AppError> {
    let secret = Secret::generate(&act.app.keys, Kind::ApiKey);
    let mut conn = act.app.db.get().await?;
    rate_limit::take_on(&mut conn, act.app, MADE, &act.account.id.to_string()).await?;
    let made = conn.transaction(async |conn| insert(conn, act, wanted, &secret).await).await;
    match made {
        Ok(()) => Ok(Made::Now(secret)),
        Err(Refused::There) => Ok(Made::Before(find(&mut conn, act.account.id, wanted.id).await?)),
        Err(Refused::Otherwise(error)) => Err(error),
    }
}

enum Refused {
    /// The key is there already.
    There,
    Otherwise(AppError),
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::Otherwise(error)
    }
}

impl From<diesel::result::Error> for Refused {
    fn from(error: diesel::result::Error) -> Self {
        if violates(&error, "api_keys_pkey") { Self::There } else { Self::Otherwise(error.into()) }
    }
}

async fn insert(
    conn: &mut AsyncPgConnection,
    act: Act<'_>,
    wanted: &Wanted,
    secret: &Secret,
) -> Result<(), Refused> {
    act.begin_making(conn).await?;
    let now = act.now();
    // What ends in less time than the announcement comes ahead needs none.
    let announced = wanted.expires_at.filter(|until| *until - now <= ANNOUNCED).map(|_| now);
    let digest = secret.digest(&act.app.keys);
    let new =
        queries::New { account: act.account.id, wanted, digest, by: act.who.person, at: now, announced };
    queries::insert(conn, &new).await?;
    let title = format!("“{}” ({})", wanted.name, wanted.id);
    let change = Change::KeyCreated(title, words(&wanted.scopes));
    act.record(conn, &change, Some(act.who.person)).await?;
    Ok(())
}

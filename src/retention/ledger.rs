//! The erasure ledger: that a person or an account was erased, by a keyed digest of its id, which leads nowhere once the row
//! is gone. A backup from before holds the id, and by it what has to be erased again before anybody sees the copy (S165).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::crypto::Keys;
use crate::platform::db::schema::erasure_ledger;
use crate::platform::ids::new_uuid;

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person, with the accounts that they owned.
    Person,
    /// An account.
    Account,
    /// What programs kept in an account.
    Content,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Person, Self::Account, Self::Content];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Account => "account",
            Self::Content => "content",
        }
    }
}

/// What the ledger keeps of an id.
pub fn blinded(keys: &Keys, kind: Kind, id: Uuid) -> Vec<u8> {
    keys.digest(&format!("erasure ledger {}", kind.as_str()), id.as_bytes())
}

/// Writes down that something was erased, inside the transaction that does it.
///
/// # Errors
/// What the database says.
pub async fn record(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    kind: Kind,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(erasure_ledger::table)
        .values((
            erasure_ledger::id.eq(new_uuid(now)),
            erasure_ledger::kind.eq(kind.as_str()),
            erasure_ledger::blinded.eq(blinded(keys, kind, id)),
            erasure_ledger::erased_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

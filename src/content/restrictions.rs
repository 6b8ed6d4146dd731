//! Restrictions in force, for whoever stores a record (S159): what arrives about somebody who is restricted is
//! restricted from its first moment.
//!
//! Whoever stores or changes a record shares a lock of the account, whoever begins a restriction or deletes a person
//! takes it alone ([`super::locks`]). So either the restriction is seen here, or the record is there when the
//! restriction looks for it. The lock ends with the transaction: take it late in one that stores many records.
//!
//! A restriction is compared by keys alone. For an address, a number or a VIN that is exact; by a name of several
//! words it also covers a record in which the words belong to different people, because too much is safe here.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::locks::share_arrivals;
use crate::platform::db::schema::restrictions;
use crate::platform::ids::{AccountId, RestrictionId};

#[diesel::declare_sql_function]
extern "SQL" {
    /// The restriction that a record of this account with these keys is under. Made for the statement that stores
    /// it: `.values(claims::restriction_id.eq(restriction_for(account, keys)))`.
    fn restriction_for(account: SqlUuid, keys: Array<BigInt>) -> Nullable<SqlUuid>;
}

/// The restriction that a record with these keys is under, inside the transaction that stores or changes it; the
/// oldest if there are several. The same as [`restriction_for`] as a statement of its own.
///
/// # Errors
/// What the database says.
pub async fn match_for(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person_keys: &[i64],
) -> QueryResult<Option<RestrictionId>> {
    diesel::select(restriction_for(account, person_keys)).get_result(conn).await
}

/// A restriction that was not lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which.
    pub id: RestrictionId,
    keys: Vec<i64>,
}

impl InForce {
    /// Whether a record with these keys is about the person. They are sorted, as
    /// [`super::person_keys::PersonKeys::into_vec`] leaves them.
    pub fn covers(&self, person_keys: &[i64]) -> bool {
        self.keys.iter().all(|key| person_keys.binary_search(key).is_ok())
    }
}

/// Every restriction in force, oldest first, for a batch of records that is stored in this transaction.
///
/// # Errors
/// What the database says.
pub async fn in_force(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<InForce>> {
    share_arrivals(conn, account).await?;
    let rows: Vec<(RestrictionId, Vec<Option<i64>>)> = restrictions::table
        .filter(restrictions::account_id.eq(account).and(restrictions::lifted_at.is_null()))
        .order(restrictions::id)
        .select((restrictions::id, restrictions::person_keys))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, keys)| InForce { id, keys: keys.into_iter().flatten().collect() })
        .collect())
}

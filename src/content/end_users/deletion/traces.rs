//! Names that programs chose themselves, in which somebody may stand: idempotency keys and the keys of imports. An
//! answer goes with such a key; a finished import only loses its name. One that runs is left to its own end: its key goes with
//! it after 30 days at most.

use diesel::QueryResult;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::content::end_users::{Identifier, words};
use crate::content::person_keys::IdentifierKind;
use crate::platform::ids::AccountId;

/// Whether `key` holds an address or a VIN, a number by its digits, or every word of a name.
const HOLDS: &str = "CASE WHEN $2 THEN regexp_split_to_array(lower(key), '[^[:alnum:]]+') @> $3 \
     ELSE position($3[1] IN lower(key)) > 0 OR position($3[1] IN regexp_replace(key, '[^0-9]', '', 'g')) > 0 END";

/// Takes somebody out of the names that programs chose.
pub(super) async fn erase(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    who: &Identifier,
) -> QueryResult<()> {
    let by_words = who.kind == IdentifierKind::Name;
    let wanted = if by_words { words(&who.value) } else { vec![who.kind.normal(&who.value).to_lowercase()] };
    for statement in [
        format!("DELETE FROM idempotent_requests WHERE account_id = $1 AND {HOLDS}"),
        format!(
            "UPDATE imports SET key = NULL WHERE account_id = $1 AND key IS NOT NULL AND finished_at IS NOT NULL AND {HOLDS}"
        ),
    ] {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(account)
            .bind::<Bool, _>(by_words)
            .bind::<Array<Text>, _>(&wanted)
            .execute(conn)
            .await?;
    }
    Ok(())
}

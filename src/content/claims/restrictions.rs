//! Claims that arrive many at once, about somebody who is restricted (S159).

use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::content::restrictions;
use crate::platform::ids::AccountId;

/// Puts every claim of the account that is about somebody who is restricted under that restriction, inside the
/// transaction that stored many. Call it late: whoever begins a restriction waits from here to the end.
pub(super) async fn apply(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    if restrictions::in_force(conn, account).await?.is_empty() {
        return Ok(());
    }
    let update = "UPDATE claims SET restriction_id = r.id FROM restrictions r \
                  WHERE r.account_id = $1 AND r.lifted_at IS NULL AND claims.account_id = $1 \
                  AND claims.restriction_id IS NULL AND claims.person_keys @> r.person_keys";
    diesel::sql_query(update).bind::<SqlUuid, _>(account).execute(conn).await?;
    Ok(())
}

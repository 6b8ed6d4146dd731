//! What was kept in an account that is closed. The time to fetch it is over; where something of it is still there, it is
//! kept for one purpose alone, and read for no other (S166). No copy has it, and none says so.

use tokio_postgres::Transaction;

use super::Export;
use crate::privacy::data_map::{self, Owner, Table};
use crate::privacy::erasure::engine::is_content;

/// Accounts that are closed, as SQL.
const CLOSED: &str = "SELECT account_id FROM account_states WHERE ended_at IS NULL AND state = 'closed'";

/// Whether an account that is copied is closed. Mostly none is, and then no row is asked for it.
///
/// # Errors
/// What the database says.
pub(super) async fn is_any(snapshot: &Transaction<'_>, export: &Export) -> anyhow::Result<bool> {
    let of = match export.account_id {
        Some(account) => format!("a.id = '{}'", account.0),
        None => format!("a.owner_id = '{}'", export.person_id.0),
    };
    let query = format!("SELECT EXISTS (SELECT FROM accounts a WHERE {of} AND a.id IN ({CLOSED}))");
    Ok(snapshot.query_one(&query, &[]).await?.try_get(0)?)
}

/// A condition without the content of accounts that are closed.
pub(super) fn left_out(table: &Table, theirs: String) -> String {
    match is_content(table).then(|| of_open_account(table)).flatten() {
        Some(open) => format!("{theirs} AND {open}"),
        None => theirs,
    }
}

fn of_open_account(table: &Table) -> Option<String> {
    match table.owner {
        Owner::Through(column, "accounts") => Some(format!("{column} NOT IN ({CLOSED})")),
        Owner::Through(column, parent) => {
            let open = of_open_account(data_map::table(parent)?)?;
            Some(format!("{column} IN (SELECT id FROM {parent} WHERE {open})"))
        }
        _ => None,
    }
}

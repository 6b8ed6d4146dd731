//! What keeps deletions and holds from passing each other, and the words in which a sweep asks for what is held.

use diesel::sql_types::{Array, BigInt, Bool, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::platform::error::rule_of;
use crate::platform::ids::AccountId;
use crate::privacy::data_map::{self, Owner, Table};

/// Shared by whoever deletes, until the end of the transaction; call it before the first look at what is due.
///
/// # Errors
/// What the database says.
pub async fn share(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT share_hold_lock()").execute(conn).await.map(drop)
}

/// Taken alone by whoever places a hold.
///
/// # Errors
/// What the database says.
pub(in crate::retention) async fn alone(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT take_hold_lock()").execute(conn).await.map(drop)
}

/// Whether there is any hold. Under the shared lock the answer stays true until the end of the transaction.
///
/// # Errors
/// What the database says.
pub async fn any(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    diesel::select(diesel::dsl::sql::<Bool>("EXISTS (SELECT FROM holds WHERE ended_at IS NULL)"))
        .get_result(conn)
        .await
}

/// The condition that rows of a table fulfil which no hold keeps, for whoever deletes by other rules than the sweep's. The
/// lock is shared until the end of the transaction.
///
/// # Errors
/// What the database says.
///
/// # Panics
/// The map does not know the table.
pub async fn unheld(conn: &mut AsyncPgConnection, table: &str) -> QueryResult<String> {
    share(conn).await?;
    if !any(conn).await? {
        return Ok("true".into());
    }
    let table = data_map::table(table).expect("a table of the map");
    Ok(format!("({}) IS NOT TRUE", kept(conn, table).await?))
}

/// Refuses to change what an account keeps about somebody where a hold stands against it, as the database does itself for
/// what is deleted. The lock is shared until the end of the transaction.
///
/// # Errors
/// One that [`is_refused`]; what the database says.
pub async fn refuse_held_end_user(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person_keys: &[i64],
) -> QueryResult<()> {
    share(conn).await?;
    diesel::sql_query(
        "SELECT refuse_held('a record') WHERE $1 IN (SELECT account_id FROM held_accounts) OR EXISTS ( \
            SELECT FROM holds h WHERE h.ended_at IS NULL AND (h.scope = 'end_user' AND h.account_id = $1 \
            AND h.person_keys && $2 OR h.scope = 'table' AND h.table_name IN ('claims', 'communications', 'communication_statuses', 'communication_bodies')))",
    )
    .bind::<SqlUuid, _>(account)
    .bind::<Array<BigInt>, _>(person_keys)
    .execute(conn)
    .await
    .map(drop)
}

/// Whether the database refused a deletion because of a hold.
pub fn is_refused(error: &diesel::result::Error) -> bool {
    rule_of(error) == Some("holds_hold")
}

/// The condition that rows of a table fulfil which are held, from the map's own words; nothing where none can be but by a
/// hold on the whole table, which every condition covers besides. Rows of unknown owners are not held: use it as
/// `(…) IS NOT TRUE`.
pub fn held(table: &Table) -> String {
    let ways = [table.owner].into_iter().chain(table.also.iter().copied());
    let mut found: Vec<String> = ways.filter_map(by).collect();
    match table.name {
        "accounts" => found.push("id IN (SELECT account_id FROM held_accounts)".into()),
        "claims" | "communications" => found.push(format!(
            "EXISTS (SELECT FROM holds h WHERE h.ended_at IS NULL AND h.scope = 'end_user' \
             AND h.account_id = {0}.account_id AND {0}.person_keys @> h.person_keys)",
            table.name
        )),
        _ => {}
    }
    found.push(held_as_table(table));
    found.join(" OR ")
}

/// What goes with a row of another table: a table with its column, and the column of the other table that it names.
#[derive(Clone, Debug, QueryableByName)]
pub struct Cascade {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    child_column: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = Text)]
    parent_column: String,
}

/// As [`held`], and also where something that would go with a row is held.
///
/// # Errors
/// What the database says.
pub async fn kept(conn: &mut AsyncPgConnection, table: &Table) -> QueryResult<String> {
    let cascades = diesel::sql_query("SELECT child, child_column, parent, parent_column FROM cascades")
        .load::<Cascade>(conn)
        .await?;
    Ok(held_with_parts(table, &cascades))
}

fn held_with_parts(table: &Table, cascades: &[Cascade]) -> String {
    [held(table)].into_iter().chain(held_parts(table, &[], cascades)).collect::<Vec<_>>().join(" OR ")
}

/// A condition for each table of which rows would go along, but for those `above`: a file takes along what lists it, and that
/// its file.
fn held_parts(table: &Table, above: &[&str], cascades: &[Cascade]) -> Vec<String> {
    let above = [above, &[table.name]].concat();
    let part = |cascade: &Cascade| {
        let child = data_map::table(&cascade.child)?;
        let Cascade { child: name, child_column, parent, parent_column } = cascade;
        // What is found through this table alone is held when that is.
        let only_way = child.also.is_empty()
            && matches!(child.owner, Owner::Through(column, of) if column == child_column && of == table.name);
        let own = if only_way { held_as_table(child) } else { held(child) };
        let ways =
            [own].into_iter().chain(held_parts(child, &above, cascades)).collect::<Vec<_>>().join(" OR ");
        Some(format!(
            "EXISTS (SELECT FROM {name} WHERE {name}.{child_column} = {parent}.{parent_column} AND ({ways}))"
        ))
    };
    let below = |cascade: &&Cascade| cascade.parent == table.name && !above.contains(&cascade.child.as_str());
    cascades.iter().filter(below).filter_map(part).collect()
}

fn held_as_table(table: &Table) -> String {
    format!(
        "EXISTS (SELECT FROM holds WHERE ended_at IS NULL AND scope = 'table' AND table_name = '{}')",
        table.name
    )
}

/// The same for rows of claims or communications that a statement calls by another name.
pub fn held_records(alias: &str) -> String {
    format!(
        "{alias}.account_id IN (SELECT account_id FROM held_accounts) OR EXISTS (SELECT FROM holds h \
         WHERE h.ended_at IS NULL AND (h.scope = 'end_user' AND h.account_id = {alias}.account_id \
         AND {alias}.person_keys @> h.person_keys OR h.scope = 'table' AND h.table_name IN ('claims', 'communications', 'communication_statuses', 'communication_bodies')))"
    )
}

fn by(way: Owner) -> Option<String> {
    Some(match way {
        Owner::Person(column) => format!("{column} IN (SELECT person_id FROM held_people)"),
        Owner::Through(column, "accounts") => format!("{column} IN (SELECT account_id FROM held_accounts)"),
        Owner::Through(column, parent) => {
            format!("{column} IN (SELECT id FROM {parent} WHERE {})", held(data_map::table(parent)?))
        }
        Owner::Listed(list, column) => {
            format!("id IN (SELECT {column} FROM {list} WHERE {})", held(data_map::table(list)?))
        }
        Owner::Address(column) => format!("lower({column}) IN (SELECT address FROM held_addresses)"),
        Owner::Digest(column, _) => format!("{column} IN (SELECT digest FROM held_digests)"),
        Owner::Nobody => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_go_along_is_held_too() {
        let cascade = |child: &str, column: &str, parent: &str| Cascade {
            child: child.into(),
            child_column: column.into(),
            parent: parent.into(),
            parent_column: "id".into(),
        };
        let all = [
            cascade("message_attempts", "message_id", "messages"),
            cascade("campaign_recipients", "campaign_id", "campaigns"),
        ];
        let messages = held_with_parts(data_map::table("messages").unwrap(), &all);
        assert!(messages.contains("EXISTS (SELECT FROM message_attempts WHERE message_attempts.message_id = messages.id AND (EXISTS (SELECT FROM holds"));
        let campaigns = held_with_parts(data_map::table("campaigns").unwrap(), &all);
        assert!(campaigns.contains(
            "campaign_recipients.campaign_id = campaigns.id AND (contact_id IN (SELECT id FROM contacts"
        ));
    }

    #[test]
    fn a_file_and_what_lists_it_go_together_and_each_is_asked_for_once() {
        let edge = |child: &str, child_column: &str, parent: &str, parent_column: &str| Cascade {
            child: child.into(),
            child_column: child_column.into(),
            parent: parent.into(),
            parent_column: parent_column.into(),
        };
        let all = [
            edge("dispute_files", "dispute_id", "disputes", "id"),
            edge("dispute_files", "file_id", "files", "id"),
            edge("files", "id", "dispute_files", "file_id"),
        ];
        let disputes = held_with_parts(data_map::table("disputes").unwrap(), &all);
        assert!(
            disputes.contains("EXISTS (SELECT FROM files WHERE files.id = dispute_files.file_id"),
            "{disputes}"
        );
        let files = held_with_parts(data_map::table("files").unwrap(), &all);
        assert!(files.contains("EXISTS (SELECT FROM dispute_files WHERE dispute_files.file_id = files.id"));
        assert!(!files.contains("SELECT FROM files"), "{files}");
    }

    #[test]
    fn every_table_can_be_held_and_rows_are_found_as_the_map_says() {
        for table in data_map::tables() {
            assert!(held(table).contains(&format!("table_name = '{}'", table.name)), "{}", table.name);
        }
        let statuses = held(data_map::table("communication_statuses").unwrap());
        assert!(
            statuses.starts_with("communication_id IN (SELECT id FROM communications WHERE account_id IN")
        );
        assert!(statuses.contains("communications.person_keys @> h.person_keys"));
        assert!(held(data_map::table("messages").unwrap()).contains("held_addresses"));
    }
}

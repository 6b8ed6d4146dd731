//! Deletes what the data map says, in the order in which tables hang on each other.

use std::collections::BTreeMap;

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Erasure, Owner, Table};
use crate::retention::holds::guard;
use crate::retention::rules::{self, Rule};

/// Rows that go in one statement.
pub const BATCH: i64 = 10_000;

/// Rules of what there may be millions of.
const BULK: [&Rule; 5] = [
    &rules::CONTENT,
    &rules::RESTRICTIONS,
    &rules::IMPORTS,
    &rules::IDEMPOTENT_REQUESTS,
    &rules::API_REQUESTS,
];

/// Rules whose rows outlive the closure of an account (S73, S76).
pub const OUTLIVE_CLOSURE: [&Rule; 2] = [&rules::FORMER_CUSTOMERS, &rules::SALES_ENQUIRIES];

/// Tables that go in batches before the rest, those that others hang on last. What hangs on their rows goes with them.
pub fn bulk(content_alone: bool) -> Vec<&'static Table> {
    let of_account = |table: &&Table| matches!(table.owner, Owner::Through(_, "accounts"));
    let wanted = |table: &&Table| BULK.contains(&table.rule) && (!content_alone || is_content(table));
    let mut tables: Vec<&Table> = data_map::tables().filter(of_account).filter(wanted).collect();
    tables.reverse();
    tables
}

/// Whether the rows of a table go with the content of an account, while the account stays.
pub fn is_content(table: &Table) -> bool {
    BULK.contains(&table.rule) && *table.rule != rules::API_REQUESTS
}

/// How many rows of each table are theirs, as far as they may know of them; those without any are left out.
///
/// # Errors
/// What the database says.
pub async fn count(conn: &mut AsyncPgConnection, subject: &Subject) -> QueryResult<BTreeMap<String, i64>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let one = |table: &Table| {
        let theirs = subject.readable(table)?;
        Some(format!("SELECT '{0}' AS name, count(*) AS rows FROM {0} WHERE {theirs}", table.name))
    };
    let all: Vec<String> = data_map::tables().filter_map(one).collect();
    let sql = format!("SELECT name, rows FROM ({}) counted WHERE rows > 0", all.join(" UNION ALL "));
    let rows: Vec<Row> = subject.query(sql).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.rows)).collect())
}

/// Deletes a batch of what is theirs in a table, and answers how many rows that were.
///
/// # Errors
/// What the database says.
pub async fn delete_batch(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
    table: &Table,
) -> QueryResult<usize> {
    let Some(theirs) = subject.condition(table) else { return Ok(0) };
    let statement = format!(
        "DELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} WHERE {theirs} LIMIT $4))",
        table.name
    );
    subject.query(statement).bind::<BigInt, _>(BATCH).execute(conn).await
}

/// Deletes or empties everything else, table by table, inside the caller's transaction: first what is only emptied, because
/// it is found through what goes, then what goes, those that others hang on last. After the closure of an account stays what
/// outlives it; who asks to be deleted goes wholly.
///
/// # Errors
/// What the database says.
pub async fn finish(conn: &mut AsyncPgConnection, subject: &Subject, closure: bool) -> QueryResult<()> {
    // No hold is on them, but some rows are also about somebody else, who may be held.
    let holds = guard::any(conn).await?;
    let condition = |table: &Table| {
        let theirs = condition(subject, table)?;
        Some(if holds { format!("{theirs} AND ({}) IS NOT TRUE", guard::held(table)) } else { theirs })
    };
    let stays = |table: &Table| closure && OUTLIVE_CLOSURE.contains(&table.rule);
    // Those that hang on others first: they are found through what the others lose.
    let tables: Vec<&Table> = data_map::tables().collect();
    for table in tables.into_iter().rev() {
        if let (Erasure::Anonymise(columns), Some(theirs)) = (table.erasure, condition(table)) {
            // Nothing, or what stands for nothing in a column that may not be empty.
            let emptied: Vec<String> = columns.iter().map(|column| format!("{column} = DEFAULT")).collect();
            let statement = format!("UPDATE {} SET {} WHERE {theirs}", table.name, emptied.join(", "));
            subject.query(statement).execute(conn).await?;
        }
    }
    let mut going: Vec<&Table> =
        data_map::tables().filter(|table| table.erasure == Erasure::DeleteRow && !stays(table)).collect();
    going.reverse();
    // The details of events are found through accounts and people, and those go last.
    going.sort_by_key(|table| table.name == "people");
    for table in going {
        if let Some(theirs) = condition(table) {
            let statement = format!("DELETE FROM {} WHERE {theirs}", table.name);
            subject.query(statement).execute(conn).await?;
        }
    }
    if let Subject::Account { .. } = subject {
        subject.query("DELETE FROM accounts WHERE id = $1").execute(conn).await?;
    }
    Ok(())
}

/// Whose rows a table gives up. A receipt stays with whoever has it when an account goes that it names; the reference to the
/// account goes by itself. What a member of staff did to others is the record of those others, so that its details stay as
/// long as their own rule says.
fn condition(subject: &Subject, table: &Table) -> Option<String> {
    let theirs = subject.condition(table)?;
    if table.name == "receipts" {
        let Subject::Person { .. } = subject else { return None };
        let requests = subject.condition(data_map::table("data_requests")?)?;
        let of_requests = format!("request_id = ANY (ARRAY(SELECT id FROM data_requests WHERE {requests}))");
        return Some(format!("(person_id = $1 OR {of_requests})"));
    }
    if table.name == "audit_details" {
        let by_staff = "EXISTS (SELECT FROM audit_events e WHERE e.id = event_id AND e.actor_kind = 'staff' AND e.subject_id IS DISTINCT FROM $1 AND e.actor_id = $1)";
        return Some(format!("{theirs} AND NOT {by_staff}"));
    }
    Some(theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communications_go_before_the_claims_that_they_belong_to() {
        let names: Vec<&str> = bulk(false).iter().map(|table| table.name).collect();
        let place = |name| names.iter().position(|known| *known == name).unwrap();
        assert!(place("communications") < place("claims"));
        assert!(names.contains(&"api_requests") && !names.contains(&"auth_tokens"));
        assert!(bulk(true).iter().all(|table| table.name != "api_requests"));
    }
}

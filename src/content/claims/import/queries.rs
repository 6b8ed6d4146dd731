//! The SQL of imports.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Bytea, Date, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::Order;
use super::prepare::Rows;
use super::state::State;
use crate::platform::db::schema::imports;
use crate::platform::ids::{AccountId, ImportId};

/// One import at a time into an account: from here to the end of the connection.
const LOCK: &str = "SELECT pg_try_advisory_lock(x'4c580008'::integer, hashtext($1::uuid::text)) AS taken";

/// Column by column, because one statement for thousands of rows costs a fraction of as many statements.
const INSERT: &str = "INSERT INTO claims (id, claim_number, insurer, policy_number, friendly_name, state, lost_on, \
    reported_on, parties, vin, vehicle_make, vehicle_model, vehicle_year, lender, sealed_loan_number, \
    loan_number_last4, claimed_amount, settled_amount, currency, notes, person_keys, account_id, created_at, updated_at) \
    SELECT id, claim_number, insurer, policy_number, friendly_name, state, lost_on, reported_on, parties::jsonb, vin, \
    vehicle_make, vehicle_model, vehicle_year, lender, sealed_loan_number, loan_number_last4, claimed_amount, \
    settled_amount, currency, notes, person_keys::bigint[], $22, $23, $23 \
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
    AS given (id, claim_number, insurer, policy_number, friendly_name, state, lost_on, reported_on, parties, vin, \
    vehicle_make, vehicle_model, vehicle_year, lender, sealed_loan_number, loan_number_last4, claimed_amount, \
    settled_amount, currency, notes, person_keys) \
    ON CONFLICT ON CONSTRAINT claims_number DO NOTHING RETURNING id";

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Whether no other import into the account is under way; if so this one is, until the connection ends.
pub(super) async fn take_turn(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<bool> {
    let row: Taken = diesel::sql_query(LOCK).bind::<SqlUuid, _>(account).get_result(conn).await?;
    Ok(row.taken)
}

/// Stores claims and answers the lines of those whose number is taken.
pub(super) async fn store(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    rows: &Rows,
    now: DateTime<Utc>,
) -> QueryResult<Vec<u64>> {
    let stored: Vec<Stored> = diesel::sql_query(INSERT)
        .bind::<Array<SqlUuid>, _>(&rows.ids)
        .bind::<Array<Text>, _>(&rows.claim_numbers)
        .bind::<Array<Text>, _>(&rows.insurers)
        .bind::<Array<Nullable<Text>>, _>(&rows.policy_numbers)
        .bind::<Array<Nullable<Text>>, _>(&rows.friendly_names)
        .bind::<Array<Text>, _>(&rows.states)
        .bind::<Array<Date>, _>(&rows.lost_on)
        .bind::<Array<Nullable<Date>>, _>(&rows.reported_on)
        .bind::<Array<Text>, _>(&rows.parties)
        .bind::<Array<Nullable<Text>>, _>(&rows.vins)
        .bind::<Array<Nullable<Text>>, _>(&rows.makes)
        .bind::<Array<Nullable<Text>>, _>(&rows.models)
        .bind::<Array<Nullable<Integer>>, _>(&rows.years)
        .bind::<Array<Nullable<Text>>, _>(&rows.lenders)
        .bind::<Array<Nullable<Bytea>>, _>(&rows.sealed_loan_numbers)
        .bind::<Array<Nullable<Text>>, _>(&rows.loan_endings)
        .bind::<Array<Nullable<BigInt>>, _>(&rows.claimed)
        .bind::<Array<Nullable<BigInt>>, _>(&rows.settled)
        .bind::<Array<Nullable<Text>>, _>(&rows.currencies)
        .bind::<Array<Nullable<Text>>, _>(&rows.notes)
        .bind::<Array<Text>, _>(&rows.person_keys)
        .bind::<SqlUuid, _>(account)
        .bind::<Timestamptz, _>(now)
        .load(conn)
        .await?;
    if stored.len() == rows.ids.len() {
        return Ok(Vec::new());
    }
    let stored: HashSet<Uuid> = stored.into_iter().map(|row| row.id).collect();
    let lines = rows.ids.iter().zip(&rows.lines);
    Ok(lines.filter(|(id, _)| !stored.contains(id)).map(|(_, line)| *line).collect())
}

/// What is known of an import by its key.
#[derive(Queryable, Selectable)]
#[diesel(table_name = imports, check_for_backend(diesel::pg::Pg))]
pub(super) struct Known {
    pub id: ImportId,
    pub format: String,
    pub mode: String,
    pub lines_done: i64,
    pub imported: i64,
    pub refused: i64,
    pub errors: Value,
    pub progress_digest: Option<Vec<u8>>,
    pub began_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
}

/// The import of the account with this key.
pub(super) async fn known(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    key: &str,
) -> QueryResult<Option<Known>> {
    imports::table
        .filter(imports::account_id.eq(account).and(imports::key.eq(key)))
        .select(Known::as_select())
        .first(conn)
        .await
        .optional()
}

/// Writes that an import has begun, before anything of it is stored.
pub(super) async fn begin(conn: &mut AsyncPgConnection, order: &Order, state: &State) -> QueryResult<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(state.id),
            imports::account_id.eq(order.account),
            imports::key.eq(order.key.as_deref()),
            imports::product.eq("claims"),
            imports::format.eq(order.format.as_str()),
            imports::mode.eq(order.mode.as_str()),
            imports::began_at.eq(state.began_at),
            imports::updated_at.eq(state.began_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes how far an import came, and if it ended how.
pub(super) async fn advance(
    conn: &mut AsyncPgConnection,
    state: &State,
    outcome: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let errors = serde_json::to_value(&state.errors).expect("plain data serialises");
    diesel::update(imports::table.find(state.id))
        .set((
            imports::lines_done.eq(signed(state.lines)),
            imports::imported.eq(signed(state.imported)),
            imports::refused.eq(signed(state.refused)),
            imports::errors.eq(errors),
            imports::progress_digest.eq(&state.digest),
            imports::updated_at.eq(now),
            imports::finished_at.eq(outcome.map(|_| now)),
            imports::outcome.eq(outcome),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

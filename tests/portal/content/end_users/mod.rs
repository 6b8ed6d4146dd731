//! The people in the content: found, copied, restricted, deleted (S17–S20, S98, S99, S110, S111, S156, S159, S160).

mod deletion;
mod export;
mod keys;
mod overdue;
mod pages;
mod restrictions;
mod search;
mod slow_readers;

use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use portal::content::parties::Party;
use portal::content::person_keys::{IdentifierKind, PersonKeys};
use portal::content::restrictions::restriction_for;
use portal::platform::db::schema::{
    claims, communication_bodies, communication_statuses, communications, idempotent_requests,
};
use portal::platform::ids::{AccountId, ClaimId, CommunicationId, new_uuid};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::TestApp;

/// A claim to be.
#[derive(Clone, Debug, Default)]
pub(super) struct NewClaim {
    pub parties: Vec<Value>,
    pub vin: Option<&'static str>,
    pub friendly_name: Option<String>,
    pub notes: Option<String>,
}

/// A communication to be.
#[derive(Clone, Debug, Default)]
pub(super) struct NewCommunication {
    pub sender: Option<String>,
    pub recipient: Option<String>,
    pub friendly_name: Option<String>,
    pub body: Option<String>,
}

/// Somebody in a claim.
pub(super) fn party(role: &str, name: &str, email: &str) -> Value {
    json!({ "role": role, "name": name, "emails": [email], "phones": [] })
}

/// Ada alone.
pub(super) fn of_ada() -> NewClaim {
    NewClaim { parties: vec![party("claimant", "Ada Lovelace", "ada@example.com")], ..NewClaim::default() }
}

/// Ada, and Bob who saw it.
pub(super) fn of_ada_and_bob() -> NewClaim {
    let bob = party("witness", "Bob Miller", "bob@example.com");
    NewClaim { parties: vec![of_ada().parties[0].clone(), bob], ..NewClaim::default() }
}

/// A message to this address.
pub(super) fn message_to(address: &str) -> NewCommunication {
    NewCommunication {
        sender: Some("claims@insurer.example".into()),
        recipient: Some(address.into()),
        body: Some(format!("Dear {address}")),
        ..NewCommunication::default()
    }
}

/// Stores a claim as a program's request does.
pub(super) async fn claim(app: &TestApp, account: AccountId, new: &NewClaim) -> ClaimId {
    claim_on(&mut *app.conn().await, app, account, new).await
}

/// As [`claim`], inside a transaction of the test.
pub(super) async fn claim_on(
    conn: &mut AsyncPgConnection,
    app: &TestApp,
    account: AccountId,
    new: &NewClaim,
) -> ClaimId {
    let (now, mut keys) = (app.clock.now(), PersonKeys::new(&app.keys, account));
    for party in &new.parties {
        serde_json::from_value::<Party>(party.clone()).expect("a party").add_keys(&mut keys);
    }
    if let Some(vin) = new.vin {
        keys.add(IdentifierKind::Vin, vin);
    }
    for text in new.friendly_name.iter().chain(&new.notes) {
        keys.add_text(text);
    }
    let (id, keys) = (ClaimId::new(now), keys.into_vec());
    diesel::insert_into(claims::table)
        .values((
            claims::id.eq(id),
            claims::account_id.eq(account),
            claims::claim_number.eq(id.to_string()),
            claims::insurer.eq("Example Mutual"),
            claims::friendly_name.eq(&new.friendly_name),
            claims::state.eq("open"),
            claims::lost_on.eq(now.date_naive()),
            claims::parties.eq(Value::Array(new.parties.clone())),
            claims::vin.eq(new.vin),
            claims::sealed_loan_number
                .eq(new.vin.map(|_| app.keys.seal("claims.sealed_loan_number", b"00123456"))),
            claims::loan_number_last4.eq(new.vin.map(|_| "3456")),
            claims::notes.eq(&new.notes),
            claims::person_keys.eq(&keys),
            claims::restriction_id.eq(restriction_for(account, &keys)),
            claims::created_at.eq(now),
            claims::updated_at.eq(now),
        ))
        .execute(conn)
        .await
        .expect("a new claim");
    remember(conn, app, account, id.0).await;
    id
}

/// Stores a communication as a program's request does.
pub(super) async fn communication(
    app: &TestApp,
    account: AccountId,
    new: &NewCommunication,
) -> CommunicationId {
    let (now, mut keys) = (app.clock.now(), PersonKeys::new(&app.keys, account));
    for address in new.sender.iter().chain(&new.recipient) {
        let kind = if address.contains('@') { IdentifierKind::Email } else { IdentifierKind::Phone };
        keys.add(kind, address);
    }
    if let Some(name) = &new.friendly_name {
        keys.add(IdentifierKind::Name, name);
        keys.add_text(name);
    }
    let (id, keys) = (CommunicationId::new(now), keys.into_vec());
    let mut conn = app.conn().await;
    diesel::insert_into(communications::table)
        .values((
            communications::id.eq(id),
            communications::account_id.eq(account),
            communications::channel.eq("email"),
            communications::direction.eq("outbound"),
            communications::sender.eq(&new.sender),
            communications::recipient.eq(&new.recipient),
            communications::friendly_name.eq(&new.friendly_name),
            communications::status.eq("bounced"),
            communications::status_at.eq(now),
            communications::person_keys.eq(&keys),
            communications::restriction_id.eq(restriction_for(account, &keys)),
            communications::created_at.eq(now),
            communications::updated_at.eq(now),
        ))
        .execute(&mut conn)
        .await
        .expect("a new communication");
    hang_on(&mut conn, app, id, new).await;
    remember(&mut conn, app, account, id.0).await;
    id
}

/// The status and the body of a communication.
async fn hang_on(conn: &mut AsyncPgConnection, app: &TestApp, id: CommunicationId, new: &NewCommunication) {
    let now = app.clock.now();
    let detail = format!("550 no mailbox for {}", new.recipient.as_deref().unwrap_or_default());
    diesel::insert_into(communication_statuses::table)
        .values((
            communication_statuses::id.eq(new_uuid(now)),
            communication_statuses::communication_id.eq(id),
            communication_statuses::status.eq("bounced"),
            communication_statuses::detail.eq(detail),
            communication_statuses::at.eq(now),
        ))
        .execute(conn)
        .await
        .expect("a status");
    let Some(body) = &new.body else { return };
    diesel::insert_into(communication_bodies::table)
        .values((
            communication_bodies::communication_id.eq(id),
            communication_bodies::sealed_body
                .eq(app.keys.seal("communication_bodies.sealed_body", body.as_bytes())),
            communication_bodies::created_at.eq(now),
        ))
        .execute(conn)
        .await
        .expect("a body");
}

/// The answer that is kept about a record.
async fn remember(conn: &mut AsyncPgConnection, app: &TestApp, account: AccountId, record: Uuid) {
    diesel::insert_into(idempotent_requests::table)
        .values((
            idempotent_requests::account_id.eq(account),
            idempotent_requests::key.eq(record.to_string()),
            idempotent_requests::request_digest.eq(vec![0; 32]),
            idempotent_requests::status.eq(201),
            idempotent_requests::sealed_answer.eq(vec![1]),
            idempotent_requests::resource_id.eq(record),
            idempotent_requests::created_at.eq(app.clock.now()),
        ))
        .execute(conn)
        .await
        .expect("a kept answer");
}

/// A figure of the database.
pub(super) async fn number(app: &TestApp, query: &str) -> i64 {
    diesel::dsl::sql::<BigInt>(query)
        .get_result(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {query}"))
}

/// Every statement for itself.
pub(super) async fn run(conn: &mut AsyncPgConnection, statement: &str) {
    diesel::sql_query(statement).execute(conn).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// Whether somebody waits for a lock of an account.
pub(super) async fn somebody_waits(app: &TestApp) -> Option<()> {
    let query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    (number(app, query).await > 0).then_some(())
}

/// Every place of the database where this text stands, in plain or as bytes.
pub(super) async fn places_of(app: &TestApp, text: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Place {
        #[diesel(sql_type = Text)]
        place: String,
    }
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        place: String,
        #[diesel(sql_type = Text)]
        query: String,
    }
    let columns = "SELECT format('%s.%s', table_name, column_name) AS place, \
        format('SELECT %L AS place FROM %I.%I WHERE %s LIMIT 1', table_name || '.' || column_name, table_schema, table_name, \
            CASE WHEN data_type = 'bytea' THEN format('position(convert_to($1[1], ''UTF8'') IN %I) > 0', column_name) \
                 ELSE format('lower(%I::text) LIKE ALL ($1)', column_name) END) AS query \
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) \
        WHERE table_schema IN ('public', 'graphile_worker') AND table_type = 'BASE TABLE' \
        AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'USER-DEFINED')";
    let mut conn = app.conn().await;
    let columns: Vec<Column> = diesel::sql_query(columns).load(&mut conn).await.expect("the catalogue");
    assert!(columns.iter().any(|column| column.place == "claims.parties"), "the catalogue has our tables");
    let mut found = Vec::new();
    for column in columns {
        let pattern = if column.query.contains("convert_to") {
            text.to_owned()
        } else {
            format!("%{}%", text.to_lowercase())
        };
        let rows: Vec<Place> = diesel::sql_query(&column.query)
            .bind::<Array<Text>, _>(vec![pattern])
            .load(&mut conn)
            .await
            .unwrap_or_else(|error| panic!("{error}: {}", column.query));
        found.extend(rows.into_iter().map(|row| row.place));
    }
    found
}

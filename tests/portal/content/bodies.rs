//! What communications say: stored, sealed, where the account chose so, and never anywhere else (S100, S103).

use diesel_async::RunQueryDsl as _;
use portal::content::communications::BODY_PLACE;
use serde_json::json;

use super::communications::{ALL, count, email, stored};
use super::storage::decide;
use crate::support::{Program, TestApp, run};

/// Stands in no database but by us.
const MARKER: &str = "Zanzibar7391Quokka";

/// A program whose account stores bodies.
async fn storing(app: &TestApp) -> Program {
    let program = app.program(&app.customer("ada@example.com").await).await;
    let page = decide(&program, "communication_bodies", json!({ "stored": true, "days": 30 })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    app.mailbox().await;
    program
}

fn with_body() -> serde_json::Value {
    let mut sent = email();
    sent["body"] = json!(format!("Dear Ada, {MARKER}"));
    sent
}

/// In how many rows of the whole database a text stands, plain, as bytes or in any other column.
async fn rows_with(app: &TestApp, text: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables \
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .load(&mut app.conn().await)
    .await
    .expect("the catalogue");
    assert!(tables.len() > 40, "all tables are searched");
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = 0;
    for table in tables {
        let query = format!(
            "SELECT count(*) FROM {} t WHERE position('{text}' IN t::text) > 0 OR position('{hex}' IN t::text) > 0",
            table.name
        );
        found += count(app, &query).await;
    }
    found
}

#[tokio::test]
async fn where_bodies_are_off_nothing_of_one_is_ever_stored() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let request = program.request(reqwest::Method::POST, ALL).header("idempotency-key", "k1");
    let page = program.send(request.json(&with_body())).await;
    assert_eq!((page.status, &page.json()["body_stored"]), (201, &json!(false)), "{}", page.text());
    let mut refused = with_body();
    refused["channel"] = json!("pigeon");
    let wrong = program.post(ALL, &refused).await;
    assert_eq!(wrong.status, 422);
    let shapeless = program.post(ALL, &json!({ "body": { MARKER: 1 } })).await;
    assert_eq!(shapeless.status, 422);
    assert!(
        !page.text().contains(MARKER) && !wrong.text().contains(MARKER) && !shapeless.text().contains(MARKER)
    );
    assert_eq!(program.get(&format!("{}/body", page.header("location"))).await.status, 404);
    app.run_jobs().await;
    assert_eq!(rows_with(&app, MARKER).await, 0);
    assert!(rows_with(&app, "claims@insurer.example").await > 0, "the search finds what is there");
}

#[tokio::test]
async fn where_bodies_are_on_they_are_sealed_and_read_back_apart() {
    let app = TestApp::start().await;
    let program = storing(&app).await;
    let request = program.request(reqwest::Method::POST, ALL).header("idempotency-key", "k1");
    let page = program.send(request.json(&with_body())).await;
    assert_eq!((page.status, &page.json()["body_stored"]), (201, &json!(true)), "{}", page.text());
    let body = program.get(&format!("{}/body", page.header("location"))).await;
    assert_eq!((body.status, body.json()), (200, json!({ "body": format!("Dear Ada, {MARKER}") })));
    assert!(!program.get(ALL).await.text().contains(MARKER), "no list has bodies");
    assert_eq!(rows_with(&app, MARKER).await, 0, "only ciphertext is at rest");
    let sealed: Vec<u8> =
        diesel::dsl::sql::<diesel::sql_types::Binary>("SELECT sealed_body FROM communication_bodies")
            .get_result(&mut app.conn().await)
            .await
            .expect("a body");
    assert!(app.keys.open(BODY_PLACE, &sealed).is_ok());
}

#[tokio::test]
async fn an_empty_body_is_none_and_a_card_number_is_refused_only_where_it_would_be_stored() {
    let app = TestApp::start().await;
    let program = storing(&app).await;
    let mut sent = email();
    sent["body"] = json!("");
    let path = stored(&program, &sent).await;
    assert_eq!(program.get(&format!("{path}/body")).await.status, 404);
    sent["body"] = json!("Pay with 4111-1111-1111-1111");
    let refused = program.post(ALL, &sent).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/body")));
    assert!(!refused.text().contains("4111"));
    decide(&program, "communication_bodies", json!({ "stored": false, "days": 30 })).await;
    app.mailbox().await;
    assert_eq!(program.post(ALL, &sent).await.json()["body_stored"], false);
}

#[tokio::test]
async fn switching_bodies_off_deletes_them_at_once_and_leaves_the_communications() {
    let app = TestApp::start().await;
    let program = storing(&app).await;
    let path = stored(&program, &with_body()).await;
    let page = decide(&program, "communication_bodies", json!({ "stored": false, "days": 30 })).await;
    assert_eq!((page.status, &page.json()["stored"]), (200, &json!(false)));
    app.mailbox().await;
    assert_eq!(count(&app, "SELECT count(*) FROM communication_bodies").await, 0);
    assert_eq!(program.get(&path).await.json()["body_stored"], false);
    assert_eq!(program.get(&format!("{path}/body")).await.status, 404);
}

#[tokio::test]
async fn more_bodies_than_one_statement_takes_are_deleted_right_after() {
    let app = TestApp::start().await;
    let program = storing(&app).await;
    let rows = format!(
        "WITH c AS (INSERT INTO communications (id, account_id, channel, direction, recipient, status, status_at, person_keys, created_at, updated_at) \
         SELECT gen_random_uuid(), '{}', 'email', 'inbound', 'a@example.com', 'sent', now(), '{{}}', now() - interval '1 hour', now() \
         FROM generate_series(1, 10001) RETURNING id, created_at) \
         INSERT INTO communication_bodies SELECT id, 'sealed', created_at FROM c",
        program.account.0
    );
    run(&app, &rows).await;
    decide(&program, "communication_bodies", json!({ "stored": false, "days": 30 })).await;
    assert_eq!(count(&app, "SELECT count(*) FROM communication_bodies").await, 1);
    let left = format!("{ALL}/CM{}/body", "0".repeat(32));
    assert_eq!(program.get(&left).await.status, 404);
    app.run_jobs().await;
    assert_eq!(count(&app, "SELECT count(*) FROM communication_bodies").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_body_that_arrives_while_bodies_are_switched_off_is_not_left_behind() {
    let app = TestApp::start().await;
    let program = storing(&app).await;
    for _ in 0..5 {
        let on = decide(&program, "communication_bodies", json!({ "stored": true, "days": 30 })).await;
        assert_eq!(on.status, 200);
        let body = with_body();
        let sends = futures_util::future::join_all((0..6).map(|_| program.post(ALL, &body)));
        let off = decide(&program, "communication_bodies", json!({ "stored": false, "days": 30 }));
        let (answers, off) = tokio::join!(sends, off);
        assert_eq!(off.status, 200, "{}", off.text());
        assert!(answers.iter().all(|answer| answer.status == 201));
        assert_eq!(count(&app, "SELECT count(*) FROM communication_bodies").await, 0);
    }
    app.mailbox().await;
}

//! What is kept as long as its owner instructed, to the day, and not longer (S107, S108).

use chrono::Duration;
use portal::content::storage;
use serde_json::json;

use super::communications::{ALL, claim, count, email, stored};
use super::storage::decide;
use crate::support::{Program, TestApp, run};

async fn sweep(app: &TestApp) {
    storage::sweep((**app).clone()).await.expect("a sweep");
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    count(app, &format!("SELECT count(*) FROM {table}")).await
}

/// Puts so many communications into the program's account, as old as this.
async fn many(app: &TestApp, program: &Program, number: usize, days: i64) {
    let at = (app.clock.now() - Duration::days(days)).to_rfc3339();
    let statement = format!(
        "INSERT INTO communications (id, account_id, channel, direction, recipient, status, status_at, person_keys, created_at, updated_at) \
         SELECT gen_random_uuid(), '{}', 'email', 'inbound', 'a@example.com', 'sent', '{at}', '{{}}', '{at}', '{at}' \
         FROM generate_series(1, {number})",
        program.account.0
    );
    run(app, &statement).await;
}

#[tokio::test]
async fn a_claim_lives_for_365_days_after_its_last_change() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    claim(&app, &program).await;
    app.travel(Duration::days(364)).await;
    sweep(&app).await;
    assert_eq!(rows(&app, "claims").await, 1);
    let now = app.clock.now().to_rfc3339();
    run(&app, &format!("UPDATE claims SET updated_at = '{now}'")).await;
    claim(&app, &program).await;
    app.travel(Duration::days(365) - Duration::seconds(60)).await;
    sweep(&app).await;
    assert_eq!(rows(&app, "claims").await, 2);
    app.travel(Duration::seconds(61)).await;
    sweep(&app).await;
    assert_eq!(rows(&app, "claims").await, 0);
}

#[tokio::test]
async fn a_choice_counts_for_what_is_there_already() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let (short, long) = (app.program(&ada).await, app.program(&eve).await);
    for program in [&short, &long] {
        claim(&app, program).await;
    }
    decide(&short, "claims", json!({ "stored": true, "days": 10 })).await;
    decide(&long, "claims", json!({ "stored": true, "days": 366, "accepted_price_cents": 40 })).await;
    app.mailbox().await;
    for (days, left) in [(9, 2), (1, 1), (355, 1), (1, 0)] {
        app.travel(Duration::days(days)).await;
        sweep(&app).await;
        assert_eq!(rows(&app, "claims").await, left, "after {days} days more");
    }
}

#[tokio::test]
async fn a_body_goes_before_its_communication_and_never_outlives_it() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    decide(&program, "communication_bodies", json!({ "stored": true, "days": 30 })).await;
    let mut sent = email();
    sent["body"] = json!("Hello");
    let path = stored(&program, &sent).await;
    app.travel(Duration::days(29)).await;
    sweep(&app).await;
    assert_eq!(program.get(&path).await.json()["body_stored"], true);
    app.travel(Duration::days(1)).await;
    sweep(&app).await;
    assert_eq!(program.get(&path).await.json()["body_stored"], false);
    app.travel(Duration::days(59)).await;
    sweep(&app).await;
    assert_eq!(program.get(&path).await.status, 200);
    let wish = json!({ "stored": true, "days": 3650, "accepted_price_cents": 25 });
    assert_eq!(decide(&program, "communication_bodies", wish).await.status, 200);
    run(&app, "INSERT INTO communication_bodies SELECT id, 'sealed', created_at FROM communications").await;
    app.travel(Duration::days(1)).await;
    sweep(&app).await;
    assert_eq!((program.get(&path).await.status, rows(&app, "communication_bodies").await), (404, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn a_restriction_does_not_lengthen_the_time() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    program.post(ALL, &email()).await;
    let restrict = format!(
        "WITH r AS (INSERT INTO restrictions (id, account_id, identifier_kind, sealed_identifier, person_keys, reason, began_by_kind, began_by, began_at) \
         VALUES (gen_random_uuid(), '{}', 'email', '', '{{1}}', 'x', 'program', gen_random_uuid(), now()) RETURNING id) \
         UPDATE communications SET restriction_id = r.id FROM r",
        program.account.0
    );
    run(&app, &restrict).await;
    app.travel(Duration::days(90)).await;
    sweep(&app).await;
    assert_eq!(rows(&app, "communications").await, 0);
}

#[tokio::test]
async fn more_than_a_batch_goes_account_by_account_and_nothing_else_does() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let (one, two) = (app.program(&ada).await, app.program(&eve).await);
    many(&app, &one, 10_500, 90).await;
    many(&app, &two, 10_500, 90).await;
    many(&app, &one, 7, 89).await;
    many(&app, &two, 8, 89).await;
    sweep(&app).await;
    assert_eq!(rows(&app, "communications").await, 15);
}

#[tokio::test]
async fn a_sweep_that_broke_off_goes_on_where_it_was() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    many(&app, &program, 25_000, 90).await;
    run(&app, "CREATE SEQUENCE batches").await;
    run(
        &app,
        "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN IF nextval('batches') = 2 THEN RAISE EXCEPTION 'the machine was switched off'; END IF; RETURN NULL; END $$",
    )
    .await;
    run(&app, "CREATE TRIGGER break_off BEFORE DELETE ON communications FOR EACH STATEMENT EXECUTE FUNCTION break_off()").await;
    assert!(storage::sweep((*app).clone()).await.is_err());
    assert_eq!(rows(&app, "communications").await, 15_000, "what was deleted before stays deleted");
    sweep(&app).await;
    assert_eq!(rows(&app, "communications").await, 0);
}

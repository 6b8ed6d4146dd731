//! A hold that the law forbids to tell of is told of nowhere.

use portal::privacy::data_map;
use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, count, run};

async fn hold(app: &TestApp, scope: &str, id: uuid::Uuid, silent: bool) {
    let silent = if silent { "'Order of a court of 2026.'" } else { "NULL" };
    run(app, &format!(
        "INSERT INTO holds (id, scope, {scope}_id, matter, reason, silent_because, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), '{scope}', '{id}', 'litigation', 'Lawsuit 12 of 2026.', {silent}, gen_random_uuid(), now(), now() + interval '90 days', '2999-01-01')"
    ))
    .await;
}

#[tokio::test]
async fn it_is_not_counted_on_any_page_and_another_is() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let about = data_map::table("holds").unwrap().about.trim_end_matches('.');
    let told = async || {
        let mut told = Vec::new();
        for path in ["/privacy/your-data", "/privacy/your-data/categories"] {
            told.push(browser.get(path).await.words().contains(about));
        }
        told
    };
    hold(&app, "person", ada.id.0, true).await;
    assert_eq!(told().await, [false, false]);
    hold(&app, "account", ada.account().await.0, false).await;
    assert_eq!(told().await, [true, true], "of the one that may be told");
}

#[tokio::test]
async fn what_may_not_be_deleted_is_refused_without_saying_why() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let claim = json!({ "claim_number": "1", "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31", "parties": [{ "role": "claimant", "name": "Grace Hopper" }] });
    let sid = program.post("/claims", &claim).await.json()["sid"].as_str().unwrap().to_owned();
    hold(&app, "person", ada.id.0, true).await;
    let refused = program.send(program.request(Method::DELETE, &format!("/claims/{sid}"))).await;
    assert_eq!((refused.status, count(&app, "claims").await), (423, 1));
    assert!(!refused.text().contains("legal"), "{}", refused.text());
    app.mailbox().await;
}

#[tokio::test]
async fn one_that_has_ended_is_in_no_receipt_either() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    hold(&app, "person", ada.id.0, true).await;
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    let mut conn = app.conn().await;
    let (of, cause) = (portal::privacy::erasure::Of::Person(ada.id), portal::privacy::erasure::Cause::Desk);
    portal::privacy::erasure::order(&mut conn, of, cause, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.name == "data_erased" && !mail.text.contains("A hold"), "{}", mail.text);
    assert_eq!(
        count(&app, "holds WHERE person_id IS NULL AND reason IS NULL").await,
        1,
        "emptied all the same"
    );
}

//! Restricting somebody's records.

use chrono::Duration;
use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
use portal::content::locks::hold_arrivals;
use portal::content::restrictions::{in_force, match_for};
use portal::platform::ids::RestrictionId;
use serde_json::{Value, json};

use super::{
    NewClaim, claim, claim_on, communication, message_to, number, of_ada, of_ada_and_bob, party, run,
    somebody_waits,
};
use crate::support::{Program, TestApp, eventually};

fn by_email(email: &str) -> Value {
    json!({ "kind": "email", "value": email, "reason": "Disputes that the claim is theirs." })
}

async fn restrict(program: &Program, body: &Value) -> String {
    let page = program.post("/end-users/restrictions", body).await;
    assert_eq!(page.status, 201, "{}", page.text());
    page.json()["sid"].as_str().unwrap().to_owned()
}

async fn restricted(app: &TestApp) -> (i64, i64) {
    let of = |table: &str| format!("SELECT count(*) FROM {table} WHERE restriction_id IS NOT NULL");
    (number(app, &of("claims")).await, number(app, &of("communications")).await)
}

#[tokio::test]
async fn what_is_there_and_what_arrives_is_restricted_until_it_is_lifted() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada_and_bob()).await;
    communication(&app, account, &message_to("ada@example.com")).await;
    communication(&app, account, &message_to("bob@example.com")).await;
    let sid = restrict(&program, &by_email("Ada@example.com")).await;
    assert_eq!(restricted(&app).await, (1, 1));
    claim(&app, account, &of_ada()).await;
    claim(&app, account, &NewClaim { parties: vec![party("other", "Eve", "e@example.com")], ..of_ada() })
        .await;
    assert_eq!(restricted(&app).await, (2, 1));
    let shown = program.get(&format!("/end-users/restrictions/{sid}")).await.json();
    assert_eq!((&shown["value"], &shown["lifted_at"]), (&json!("Ada@example.com"), &Value::Null));
    let lifted = program.post(&format!("/end-users/restrictions/{sid}/lifting"), &json!({})).await;
    assert!(lifted.status == 200 && !lifted.json()["lifted_at"].is_null(), "{}", lifted.text());
    assert_eq!(restricted(&app).await, (0, 0));
    let log = "SELECT count(*) FROM audit_events WHERE action IN ('end_user.restricted', 'end_user.restriction_lifted')";
    assert_eq!(number(&app, log).await, 2);
}

#[tokio::test]
async fn a_record_under_two_restrictions_stays_restricted_when_one_is_lifted() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada_and_bob()).await;
    let ada = restrict(&program, &by_email("ada@example.com")).await;
    let bob = restrict(&program, &by_email("bob@example.com")).await;
    program.post(&format!("/end-users/restrictions/{ada}/lifting"), &json!({})).await;
    assert_eq!(restricted(&app).await, (1, 0));
    program.post(&format!("/end-users/restrictions/{bob}/lifting"), &json!({})).await;
    assert_eq!(restricted(&app).await, (0, 0));
}

#[tokio::test]
async fn the_same_person_is_restricted_once_and_a_copy_of_the_request_gets_the_same_answer() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    let send = async |key: &str| {
        let request = program.request(reqwest::Method::POST, "/end-users/restrictions");
        program.send(request.header("idempotency-key", key).json(&by_email("ada@example.com"))).await
    };
    let (first, again, other) = (send("one").await, send("one").await, send("two").await);
    assert_eq!((first.status, again.status, other.status), (201, 201, 409));
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    assert!(other.text().contains(first.json()["sid"].as_str().unwrap()));
}

#[tokio::test]
async fn a_restriction_of_another_account_is_not_there() {
    let app = TestApp::start().await;
    let (owner, other) = (app.customer("owner@example.com").await, app.customer("other@example.com").await);
    let sid = restrict(&app.program(&owner).await, &by_email("ada@example.com")).await;
    let program = app.program(&other).await;
    assert_eq!(program.get(&format!("/end-users/restrictions/{sid}")).await.status, 404);
    assert_eq!(program.post(&format!("/end-users/restrictions/{sid}/lifting"), &json!({})).await.status, 404);
    assert_eq!(program.get("/end-users/restrictions").await.json()["data"], json!([]));
    claim(&app, other.account().await, &of_ada()).await;
    assert_eq!(restricted(&app).await, (0, 0));
}

#[tokio::test]
async fn a_claim_that_is_being_stored_when_the_restriction_comes_is_restricted() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let mut conn = app.conn().await;
    run(&mut conn, "BEGIN").await;
    claim_on(&mut conn, &app, account, &of_ada()).await;
    let body = by_email("ada@example.com");
    let restricting = restrict(&program, &body);
    let storing = async {
        eventually("the restriction to wait", async || somebody_waits(&app).await).await;
        assert_eq!(restricted(&app).await, (0, 0));
        conn.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(restricting, storing);
    assert_eq!(restricted(&app).await, (1, 0));
}

#[tokio::test]
async fn a_claim_that_comes_while_the_restriction_is_begun_is_restricted() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    restrict(&app.program(&owner).await, &by_email("ada@example.com")).await;
    let mut conn = app.conn().await;
    run(&mut conn, "BEGIN").await;
    run(&mut conn, "UPDATE restrictions SET lifted_at = now(), lifted_by = id").await;
    run(&mut conn, "COMMIT; ").await;
    run(&mut conn, "BEGIN").await;
    hold_arrivals(&mut conn, account).await.unwrap();
    run(&mut conn, "UPDATE restrictions SET lifted_at = NULL, lifted_by = NULL").await;
    let ada = of_ada();
    let storing = claim(&app, account, &ada);
    let restricting = async {
        eventually("the claim to wait", async || somebody_waits(&app).await).await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(storing, restricting);
    assert_eq!(restricted(&app).await, (1, 0));
}

#[tokio::test]
async fn batches_see_the_same_restrictions_as_single_records() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    let sid: RestrictionId =
        restrict(&app.program(&owner).await, &by_email("ada@example.com")).await.parse().unwrap();
    let keys = |email: &str| {
        let mut keys = portal::content::person_keys::PersonKeys::new(&app.keys, account);
        keys.add(portal::content::person_keys::IdentifierKind::Email, email);
        keys.into_vec()
    };
    let mut conn = app.conn().await;
    let (ada, bob) = (keys("ada@example.com"), keys("bob@example.com"));
    conn.transaction(async |conn| {
        assert_eq!(match_for(conn, account, &ada).await?, Some(sid));
        assert_eq!(match_for(conn, account, &bob).await?, None);
        let all = in_force(conn, account).await?;
        assert_eq!((all.len(), all[0].id), (1, sid));
        assert!(all[0].covers(&ada) && !all[0].covers(&bob));
        Ok::<_, diesel::result::Error>(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_member_restricts_sees_the_list_and_lifts_with_a_confirmation() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    claim(&app, account, &of_ada()).await;
    let browser = app.sign_in_as(&owner).await;
    let page = browser.get(&format!("/accounts/{account}/end-users")).await;
    let page =
        page.submit_to("/end-users", &[("kind", "email"), ("value", "ada@example.com")]).await.follow().await;
    let form = browser.get(&page.link("Restrict")).await;
    let refused = form.submit_to("/restriction", &[("reason", " ")]).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "reason"));
    let page = form.submit_to("/restriction", &[("reason", "Asked by letter.")]).await.follow().await;
    assert!(page.notices()[0].contains("1 record") && page.words().contains("In force"), "{}", page.words());
    let list = browser.get(&format!("/accounts/{account}/end-users/restrictions")).await;
    assert!(list.words().contains("ada@example.com") && list.words().contains("Asked by letter."));
    app.travel(Duration::hours(2)).await;
    let confirm = browser.get(&list.link("Lift")).await;
    let list = confirm.submit_to("/lifting", &[]).await.follow().await;
    assert!(list.words().contains("Lifted") && restricted(&app).await == (0, 0), "{}", list.words());
    assert_eq!(browser.get(&confirm.path).await.status, 410);
}

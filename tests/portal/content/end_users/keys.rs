//! `Idempotency-Key` on the requests about people: what is given again, and what is made anew.

use serde_json::{Value, json};

use super::{NewClaim, claim, number, of_ada, party};
use crate::support::{Page, Program, TestApp};

fn who(email: &str) -> Value {
    json!({ "kind": "email", "value": email })
}

async fn keyed(program: &Program, path: &str, key: &str, body: &Value) -> Page {
    let request = program.request(reqwest::Method::POST, path).header("idempotency-key", key);
    program.send(request.json(body)).await
}

fn hits(page: &Page) -> usize {
    page.json()["data"].as_array().unwrap_or_else(|| panic!("{}", page.text())).len()
}

#[tokio::test]
async fn a_page_of_hits_is_given_again_as_it_was() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    for _ in 0..3 {
        claim(&app, account, &of_ada()).await;
    }
    let path = "/end-users/search?limit=2";
    let first = keyed(&program, path, "look", &who("ada@example.com")).await;
    claim(&app, account, &of_ada()).await;
    let again = keyed(&program, path, "look", &who("ada@example.com")).await;
    assert_eq!((first.status, first.json(), first.header("link")), (200, again.json(), again.header("link")));
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
    assert_eq!(hits(&keyed(&program, "/end-users/search", "all", &who("ada@example.com")).await), 4);
    let ada = who("ada@example.com");
    let (copy, other) =
        tokio::join!(keyed(&program, path, "twins", &ada), keyed(&program, path, "twins", &ada));
    assert_eq!((copy.status, copy.json()), (200, other.json()));
    for (path, body) in [(path, who("eve@example.com")), ("/end-users/search", who("ada@example.com"))] {
        assert_eq!(
            keyed(&program, path, "look", &body).await.status,
            409,
            "the key belongs to another request"
        );
    }
}

#[tokio::test]
async fn a_kept_page_of_hits_is_forgotten_when_somebody_is_deleted_or_restricted() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada()).await;
    let eve = vec![party("other", "Eve", "eve@example.com")];
    claim(&app, account, &NewClaim { parties: eve, ..NewClaim::default() }).await;
    let look =
        async |key: &str| keyed(&program, "/end-users/search", key, &who("ada@example.com")).await.status;
    assert_eq!([look("1").await, look("1").await], [200, 200]);
    let mut wish = who("ada@example.com");
    wish["reason"] = json!("Asked for it.");
    let restriction = program.post("/end-users/restrictions", &wish).await.json()["sid"].clone();
    assert_eq!([look("1").await, look("2").await], [410, 200]);
    let lifting = format!("/end-users/restrictions/{}/lifting", restriction.as_str().unwrap());
    assert_eq!(program.post(&lifting, &json!({})).await.status, 200);
    assert_eq!([look("2").await, look("3").await], [410, 200]);
    assert_eq!(program.post("/end-users/deletion", &who("ada@example.com")).await.status, 201);
    assert_eq!(look("3").await, 410);
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_is_made_anew_for_the_same_request_and_its_key_is_taken() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    claim(&app, owner.account().await, &of_ada()).await;
    let copy = async |key: &str, email: &str| keyed(&program, "/end-users/export", key, &who(email)).await;
    for _ in 0..2 {
        let page = copy("copy", "ada@example.com").await;
        assert_eq!((page.status, page.header("content-type")), (200, "application/zip"));
        assert_eq!(page.header("idempotent-replayed"), "");
    }
    let other = copy("copy", "eve@example.com").await;
    assert_eq!((other.status, other.header("content-type")), (409, "application/problem+json"));
    assert_eq!(copy(&"x".repeat(256), "ada@example.com").await.status, 400);
    assert_eq!(number(&app, "SELECT count(*) FROM audit_events WHERE action = 'end_user.exported'").await, 2);
}

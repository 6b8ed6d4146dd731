//! Finding somebody.

use portal::api::scopes::Scope;
use serde_json::{Value, json};

use super::{
    NewClaim, NewCommunication, claim, communication, message_to, number, of_ada, of_ada_and_bob, party, run,
};
use crate::support::{Program, TestApp};

const VIN: &str = "1HGCM82633A004352";

async fn found(program: &Program, kind: &str, value: &str) -> Vec<(String, Value)> {
    let page = program.post("/end-users/search", &json!({ "kind": kind, "value": value })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let hits = page.json()["data"].as_array().expect("a list").clone();
    hits.into_iter().map(|hit| (hit["sid"].as_str().unwrap().to_owned(), hit["matched"].clone())).collect()
}

#[tokio::test]
async fn somebody_is_found_by_everything_that_stands_in_a_record_and_told_why() {
    let app = TestApp::start().await;
    let ada = app.customer("owner@example.com").await;
    let (account, program) = (ada.account().await, app.program(&ada).await);
    let mut new = NewClaim { vin: Some(VIN), ..of_ada() };
    new.parties[0]["phones"] = json!(["+12025550100"]);
    new.notes = Some("Rang from +1 202 555 0177; mails as ada@home.example.".into());
    let one = claim(&app, account, &new).await.to_string();
    let sms = NewCommunication { recipient: Some("+12025550100".into()), ..NewCommunication::default() };
    let text = communication(&app, account, &sms).await.to_string();
    let named = NewCommunication {
        friendly_name: Some("Letter to ada@home.example".into()),
        ..message_to("x@y.example")
    };
    let named = communication(&app, account, &named).await.to_string();
    claim(
        &app,
        account,
        &NewClaim { parties: vec![party("other", "Eve", "eve@example.com")], ..NewClaim::default() },
    )
    .await;
    for (kind, value, expected) in [
        ("email", "ADA@Example.com ", vec![(&one, json!(["party"]))]),
        ("phone", "+1 (202) 555-0100", vec![(&text, json!(["recipient"])), (&one, json!(["party"]))]),
        ("phone", "12025550177", vec![(&one, json!(["notes"]))]),
        ("name", "lovelace", vec![(&one, json!(["party"]))]),
        ("name", "Lovelace ADA", vec![(&one, json!(["party"]))]),
        ("vin", "1hgcm82633a004352", vec![(&one, json!(["vehicle"]))]),
        ("email", "ada@home.example", vec![(&named, json!(["friendly_name"])), (&one, json!(["notes"]))]),
        ("email", "nobody@example.com", vec![]),
        ("name", "Love", vec![]),
    ] {
        let expected: Vec<(String, Value)> =
            expected.into_iter().map(|(sid, why)| (sid.clone(), why)).collect();
        assert_eq!(found(&program, kind, value).await, expected, "{kind} {value}");
    }
}

#[tokio::test]
async fn words_of_two_people_do_not_make_a_third() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada_and_bob()).await;
    assert_eq!(found(&program, "name", "Ada Miller").await, []);
    assert_eq!(found(&program, "name", "Bob Miller").await.len(), 1);
}

#[tokio::test]
async fn nobody_finds_people_in_the_account_of_another() {
    let app = TestApp::start().await;
    let (owner, other) = (app.customer("owner@example.com").await, app.customer("other@example.com").await);
    claim(&app, owner.account().await, &of_ada()).await;
    let theirs = app.program(&owner).await.path("/end-users/search");
    let program = app.program(&other).await;
    assert_eq!(found(&program, "email", "ada@example.com").await, []);
    let body = json!({ "kind": "email", "value": "ada@example.com" });
    assert_eq!(program.post(&theirs, &body).await.status, 404);
    let reader = app.program_with(&owner, &[Scope::ReadClaims]).await;
    assert_eq!(reader.post("/end-users/search", &body).await.status, 403);
}

/// Every hit, page by page.
async fn walk(program: &Program, body: &Value, limit: usize) -> Vec<String> {
    let (mut all, mut path) = (Vec::new(), format!("/end-users/search?limit={limit}"));
    loop {
        let page = program.post(&path, body).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let json = page.json();
        let data = json["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        all.extend(data.iter().map(|hit| hit["sid"].as_str().unwrap()[2..].to_owned()));
        let Some(next) = json["next"].as_str() else { return all };
        assert!(page.header("link").contains(next));
        next.clone_into(&mut path);
    }
}

#[tokio::test]
async fn pages_of_both_kinds_follow_each_other_newest_first_without_a_gap() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let mut stored = Vec::new();
    for _ in 0..4 {
        stored.push(claim(&app, account, &of_ada()).await.0.simple().to_string());
        stored
            .push(communication(&app, account, &message_to("ada@example.com")).await.0.simple().to_string());
    }
    stored.sort();
    stored.reverse();
    let body = json!({ "kind": "email", "value": "ada@example.com" });
    for limit in [1, 3, 8] {
        assert_eq!(walk(&program, &body, limit).await, stored, "{limit}");
    }
}

#[tokio::test]
async fn a_name_that_very_many_have_is_walked_without_a_gap_too() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let ada = claim(&app, account, &of_ada()).await;
    let eve = NewClaim { parties: vec![party("other", "Eve", "e@example.com")], ..NewClaim::default() };
    let eve = claim(&app, account, &eve).await;
    for (of, copies) in [(ada, 1_100), (eve, 12_000)] {
        let copy = format!(
            "INSERT INTO claims (id, account_id, claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at) \
             SELECT gen_random_uuid(), account_id, n || '-' || claim_number, insurer, state, lost_on, parties, person_keys, created_at, updated_at \
             FROM claims, generate_series(1, {copies}) n WHERE id = '{}'",
            of.0
        );
        run(&mut *app.conn().await, &copy).await;
    }
    let body = json!({ "kind": "name", "value": "Ada" });
    let first = program.post("/end-users/search", &body).await.json();
    assert_eq!((&first["claims"]["records"], &first["claims"]["or_more"]), (&json!(1000), &json!(true)));
    let mut all = walk(&program, &body, 200).await;
    assert!(all.is_sorted_by(|newer, older| newer > older), "newest first");
    all.dedup();
    assert_eq!(all.len(), 1_101);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_told_by_its_field() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    for (body, pointer) in [
        (json!({ "kind": "email", "value": "ada" }), "/value"),
        (json!({ "kind": "phone", "value": "12" }), "/value"),
        (json!({ "kind": "shoe", "value": "ada" }), "/kind"),
    ] {
        let page = program.post("/end-users/search", &body).await;
        assert_eq!((page.status, page.json()["errors"][0]["pointer"].as_str().unwrap()), (422, pointer));
    }
    let body = json!({ "kind": "name", "value": "Ada" });
    assert_eq!(program.post("/end-users/search?limit=0", &body).await.status, 422);
    assert_eq!(program.post("/end-users/search?after=x", &body).await.status, 422);
}

#[tokio::test]
async fn an_account_that_is_closing_serves_its_people_and_takes_no_new_record() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    claim(&app, owner.account().await, &of_ada()).await;
    run(&mut *app.conn().await, "UPDATE account_states SET state = 'closing'").await;
    assert_eq!(found(&program, "name", "Ada").await.len(), 1);
    let body = json!({ "kind": "name", "value": "Ada" });
    assert_eq!(program.post("/end-users/deletion", &body).await.status, 201);
    assert!(found(&program, "name", "Ada").await.is_empty());
    let late = program.post("/claims", &crate::content::claims::a_claim(1)).await;
    assert_eq!(late.status, 403, "{}", late.text());
    assert_eq!(number(&app, "SELECT count(*) FROM claims").await, 0);
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn an_address_in_letters_of_its_language_is_found_in_claims_and_communications_as_it_was_sent() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    let address = "Ada@bücher.example";
    let mut sent = crate::content::claims::a_claim(1);
    sent["parties"][0]["emails"] = json!([address]);
    let (path, _) = crate::content::claims::stored(&program, &sent).await;
    let stored = program.get(&path).await;
    assert_eq!(stored.json()["parties"][0]["emails"], json!([address]), "{}", stored.text());
    let message =
        json!({ "channel": "email", "direction": "inbound", "from": address, "to": "desk@example.com" });
    assert_eq!(program.post("/communications", &message).await.status, 201);
    assert_eq!(found(&program, "email", address).await.len(), 2);
    let body = json!({ "kind": "email", "value": address });
    let deleted = program.post("/end-users/deletion", &body).await;
    assert!(deleted.status < 300, "{}", deleted.text());
    assert!(found(&program, "email", address).await.is_empty());
    app.run_jobs().await;
    app.mailbox().await;
}

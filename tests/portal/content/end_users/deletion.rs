//! Deleting somebody.

use chrono::Duration;
use diesel_async::SimpleAsyncConnection as _;
use portal::content::end_users::{finish, overdue};
use portal::platform::ids::AccountId;
use serde_json::{Value, json};

use super::{
    NewClaim, NewCommunication, claim, claim_on, communication, message_to, number, of_ada, of_ada_and_bob,
    party, places_of, run, somebody_waits,
};
use crate::support::{Page, Program, TestApp, eventually};

async fn delete(program: &Program, kind: &str, value: &str) -> Page {
    let page = program.post("/end-users/deletion", &json!({ "kind": kind, "value": value })).await;
    assert_eq!(page.status, 201, "{}", page.text());
    page
}

fn counts(page: &Page) -> [i64; 4] {
    let json = page.json();
    ["claims", "parties", "communications", "bodies"].map(|field| json[field].as_i64().unwrap())
}

#[tokio::test]
async fn of_a_deleted_person_nothing_is_left_anywhere_in_the_database() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let mail = "Zyxwq@marker.example";
    let mut zyxwq = party("insured", "Zyxwq Marker", mail);
    zyxwq["address"] = json!({ "lines": ["1 Zyxwq Lane"], "city": "Zyxwq" });
    let texts = NewClaim {
        notes: Some("Spoke with Zyxwq.".into()),
        friendly_name: Some("Zyxwq and Bob".into()),
        ..NewClaim::default()
    };
    let with_bob = NewClaim {
        parties: vec![zyxwq.clone(), party("driver", "Bob Miller", "bob@example.com")],
        ..texts.clone()
    };
    claim(&app, account, &NewClaim { parties: vec![zyxwq], ..texts }).await;
    let kept = claim(&app, account, &with_bob).await;
    let noted = NewClaim { notes: Some(format!("Ask {mail}.")), ..of_ada() };
    claim(&app, account, &noted).await;
    communication(&app, account, &message_to(mail)).await;
    communication(
        &app,
        account,
        &NewCommunication { friendly_name: Some(format!("For {mail}")), ..message_to("bob@example.com") },
    )
    .await;
    let body = json!({ "kind": "email", "value": mail, "reason": "Zyxwq asked." });
    let request = program.request(reqwest::Method::POST, "/end-users/restrictions");
    program.send(request.header("idempotency-key", format!("restrict {mail}")).json(&body)).await;
    let imported = format!(
        "INSERT INTO imports (id, account_id, key, product, format, mode, began_at, updated_at, finished_at, outcome) \
         VALUES (gen_random_uuid(), '{}', 'of {mail}', 'claims', 'csv', 'best_effort', now(), now(), now(), 'complete')",
        account.0
    );
    run(&mut *app.conn().await, &imported).await;
    assert!(places_of(&app, "zyxwq").await.len() >= 7, "{:?}", places_of(&app, "zyxwq").await);

    let receipt = delete(&program, "email", mail).await;
    assert_eq!(counts(&receipt), [1, 3, 1, 1]);
    assert_eq!(places_of(&app, "zyxwq").await, Vec::<String>::new());
    assert!(!receipt.text().to_lowercase().contains("zyxwq"));
    let rest = format!(
        "SELECT jsonb_array_length(parties)::bigint FROM claims WHERE id = '{}' AND notes IS NULL AND friendly_name IS NULL AND restriction_id IS NULL AND version = 2",
        kept.0
    );
    assert_eq!(number(&app, &rest).await, 1);
    assert_eq!(
        number(&app, "SELECT count(*) FROM idempotent_requests WHERE sealed_answer IS NOT NULL").await,
        0
    );
    let letter = app.mail_to("owner@example.com").await;
    assert!(letter.name == "end_user_deleted" && !letter.text.to_lowercase().contains("zyxwq"));
}

#[tokio::test]
async fn a_party_that_was_taken_out_is_not_found_any_more_and_the_others_are() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada_and_bob()).await;
    delete(&program, "name", "Ada Lovelace").await;
    for (email, hits) in [("ada@example.com", 0), ("bob@example.com", 1)] {
        let page = program.post("/end-users/search", &json!({ "kind": "email", "value": email })).await;
        assert_eq!(page.json()["data"].as_array().unwrap().len(), hits, "{email}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn records_of_other_people_and_other_accounts_are_not_touched() {
    let app = TestApp::start().await;
    let (owner, other) = (app.customer("owner@example.com").await, app.customer("other@example.com").await);
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, other.account().await, &of_ada()).await;
    communication(&app, other.account().await, &message_to("ada@example.com")).await;
    let eve = NewClaim {
        parties: vec![party("other", "Eve", "eve@example.com")],
        notes: Some("Ada".into()),
        ..NewClaim::default()
    };
    claim(&app, account, &eve).await;
    communication(&app, account, &message_to("eve@example.com")).await;
    let state = "SELECT bit_xor(hashtextextended(t.t, 0)) FROM (SELECT c::text AS t FROM claims c UNION ALL SELECT m::text FROM communications m UNION ALL SELECT i::text FROM idempotent_requests i) t";
    let before = number(&app, state).await;
    claim(&app, account, &of_ada()).await;
    run(&mut *app.conn().await, "DELETE FROM idempotent_requests WHERE resource_id IN (SELECT id FROM claims ORDER BY id DESC LIMIT 1)").await;
    assert_eq!(counts(&delete(&program, "email", "ada@example.com").await), [1, 0, 0, 0]);
    assert_eq!(number(&app, state).await, before);
    app.mailbox().await;
}

#[tokio::test]
async fn a_claim_found_by_its_vin_goes_whole() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &NewClaim { vin: Some("1HGCM82633A004352"), ..of_ada_and_bob() }).await;
    assert_eq!(counts(&delete(&program, "vin", "1hgcm82633a004352").await), [1, 0, 0, 0]);
    assert_eq!(number(&app, "SELECT count(*) FROM claims").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_second_deletion_finds_nothing_and_has_a_receipt_of_its_own() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada()).await;
    let (first, second) = (
        delete(&program, "email", "ada@example.com").await,
        delete(&program, "email", "ada@example.com").await,
    );
    assert_eq!((counts(&first), counts(&second)), ([1, 0, 0, 0], [0; 4]));
    let list = program.get("/end-users/deletions").await.json();
    let sids: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|one| &one["sid"]).collect();
    assert_eq!(sids, [&second.json()["sid"], &first.json()["sid"]]);
    assert_eq!(program.get(first.location()).await.json(), first.json());
    app.mailbox().await;
}

#[tokio::test]
async fn the_answer_that_is_kept_for_a_copy_of_the_request_says_nothing_of_the_person() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    claim(&app, account, &of_ada()).await;
    let send = async || {
        let request = program.request(reqwest::Method::POST, "/end-users/deletion");
        let body = json!({ "kind": "email", "value": "ada@example.com" });
        program.send(request.header("idempotency-key", "once").json(&body)).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    assert!(
        !again.text().contains("ada@example")
            && number(&app, "SELECT count(*) FROM content_deletions").await == 1
    );
    app.mailbox().await;
}

#[tokio::test]
async fn a_claim_that_is_being_stored_goes_too() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let mut conn = app.conn().await;
    run(&mut conn, "BEGIN").await;
    claim_on(&mut conn, &app, account, &of_ada()).await;
    let storing = async {
        eventually("the deletion to wait", async || somebody_waits(&app).await).await;
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (receipt, ()) = tokio::join!(delete(&program, "email", "ada@example.com"), storing);
    assert_eq!(counts(&receipt), [1, 0, 0, 0]);
    assert_eq!(number(&app, "SELECT count(*) FROM claims").await, 0);
    app.mailbox().await;
}

/// Does what a deletion does, in its order, while a program sends: takes the lock of arrivals, and the record once the
/// program waits for something. The record must be free.
async fn while_arrivals_are_held(
    app: &TestApp,
    account: AccountId,
    record: &str,
    sent: impl Future<Output = Page>,
) -> Page {
    let mut conn = app.conn().await;
    let lock = format!("pg_advisory_xact_lock(x'4c580007'::integer, hashtext('{}'))", account.0);
    run(&mut conn, "BEGIN").await;
    run(&mut conn, &format!("SELECT {lock}")).await;
    let deleting = async {
        eventually("the program to wait", async || somebody_waits(app).await).await;
        conn.batch_execute(&format!("SET LOCAL lock_timeout = '2s'; {record}; COMMIT")).await
    };
    let (page, deleted) = tokio::join!(sent, deleting);
    assert!(deleted.is_ok(), "whoever waits for a deletion holds nothing that it needs: {deleted:?}");
    page
}

#[tokio::test]
async fn whoever_waits_for_a_deletion_holds_no_record_that_it_needs() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let letter = json!({ "channel": "email", "direction": "outbound", "from": "a@insurer.example", "to": "b@example.com" });
    let other = program.post("/communications", &letter).await.header("location").to_owned();
    for what in ["create a communication", "change a communication", "change a claim"] {
        let claim = claim(&app, account, &of_ada()).await;
        let gone = format!("DELETE FROM claims WHERE id = '{}'", claim.0);
        let mut linked = letter.clone();
        linked["claim"] = json!(claim);
        let link = json!({ "claim": claim });
        let (path, state) = (format!("/claims/{claim}"), json!({ "state": "closed" }));
        let page = match what {
            "create a communication" => {
                while_arrivals_are_held(&app, account, &gone, program.post("/communications", &linked)).await
            }
            "change a communication" => {
                while_arrivals_are_held(&app, account, &gone, program.patch(&other, "\"1\"", &link)).await
            }
            _ => while_arrivals_are_held(&app, account, &gone, program.patch(&path, "\"1\"", &state)).await,
        };
        assert_eq!(page.status, if what == "change a claim" { 404 } else { 422 }, "{what}: {}", page.text());
    }
}

#[tokio::test]
async fn whoever_waits_for_a_claim_holds_no_communication() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (account, program) = (owner.account().await, app.program(&owner).await);
    let letter = json!({ "channel": "email", "direction": "outbound", "from": "a@insurer.example", "to": "b@example.com" });
    let other = program.post("/communications", &letter).await.header("location").to_owned();
    let claim = claim(&app, account, &of_ada()).await;
    let mut conn = app.conn().await;
    run(&mut conn, "BEGIN").await;
    run(&mut conn, &format!("SELECT FROM claims WHERE id = '{}' FOR UPDATE", claim.0)).await;
    let deleting = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        eventually("the program to wait", async || (number(&app, waits).await > 0).then_some(())).await;
        conn.batch_execute(
            "SET LOCAL lock_timeout = '2s'; UPDATE communications SET updated_at = updated_at; COMMIT",
        )
        .await
    };
    let link = json!({ "claim": claim });
    let (page, deleted) = tokio::join!(program.patch(&other, "\"1\"", &link), deleting);
    assert!(deleted.is_ok(), "{deleted:?}");
    assert_eq!(page.status, 200, "{}", page.text());
}

#[tokio::test]
async fn it_has_arrived_everywhere_after_thirty_days_and_not_before() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    let receipt = delete(&program, "email", "ada@example.com").await;
    let open = async || {
        finish((*app).clone()).await.unwrap();
        let steps = program.get(receipt.location()).await.json()["steps"].as_array().unwrap().clone();
        assert_eq!(steps.len(), 4);
        steps
            .iter()
            .filter(|step| step["done_at"].is_null())
            .map(|step| step["step"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(open().await, ["\"backups\""]);
    app.travel(Duration::days(30) - Duration::minutes(1)).await;
    assert_eq!(open().await, ["\"backups\""]);
    app.travel(Duration::minutes(1)).await;
    assert_eq!(open().await, Vec::<String>::new());
    run(&mut *app.conn().await, "UPDATE content_deletion_steps SET done_at = NULL WHERE step = 'search'")
        .await;
    assert_eq!(overdue(&mut *app.conn().await, app.clock.now()).await.unwrap(), 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_member_sees_what_goes_types_the_word_and_gets_a_receipt() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    claim(&app, account, &of_ada()).await;
    communication(&app, account, &message_to("ada@example.com")).await;
    let browser = app.sign_in_as(&owner).await;
    let search = browser.get(&format!("/accounts/{account}/end-users")).await;
    let found = search
        .submit_to("/end-users", &[("kind", "email"), ("value", "ada@example.com")])
        .await
        .follow()
        .await;
    let form = browser.get(&found.link("Delete")).await;
    let words = form.words();
    assert!(words.contains("1 claim with nobody else in it") && words.contains("Request log"), "{words}");
    let refused = form.submit_to("/deletion", &[("word", "yes")]).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "word"));
    assert_eq!(number(&app, "SELECT count(*) FROM claims").await, 1);
    let receipt = form.submit_to("/deletion", &[("word", "Delete")]).await.follow().await;
    let words = receipt.words();
    assert!(words.contains("who it was is no longer known") && !words.contains("ada@example.com"), "{words}");
    assert!(browser.get(&found.path).await.words().contains("Deleted before"));
    let list = browser.get(&format!("/accounts/{account}/end-users/deletions")).await;
    assert!(list.words().contains("1 claim, 1 communication with 1 body"), "{}", list.words());
    let letter = app.mail_to("owner@example.com").await;
    assert_eq!(
        browser.get(&letter.link("/accounts/")).await.words(),
        receipt.words().replace("Deleted. This is the receipt; it does not say who it was. ", "")
    );
}

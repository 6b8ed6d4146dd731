//! Everybody takes the locks on content in one order: whatever happens at the same moment, one waits for the other, and
//! nobody is ended for a deadlock.

use chrono::Duration;
use diesel_async::SimpleAsyncConnection as _;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, join_all};
use portal::content::storage;
use reqwest::Method;
use serde_json::{Value, json};

use super::claims::{a_claim, count, stored};
use super::end_users::{NewClaim, NewCommunication, claim, communication, party};
use super::storage::decide;
use crate::privacy::exports as copy;
use crate::support::{Page, Program, TestApp, dawdle, lock_waits, run};

const VIN: &str = "1HGCM82633A004352";
/// Whoever changes communications, so that others come in between.
const DAWDLERS: &str = "AFTER UPDATE OR DELETE ON communications";

/// Deadlocks that the database ended, as it counts them.
async fn deadlocks(app: &TestApp) -> i64 {
    count(app, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
}

async fn restrict(program: &Program, kind: &str, value: &str) -> String {
    let body = json!({ "kind": kind, "value": value, "reason": "Asked for it." });
    let page = program.post("/end-users/restrictions", &body).await;
    assert_eq!(page.status, 201, "{}", page.text());
    page.json()["sid"].as_str().unwrap().to_owned()
}

/// Somebody with a claim that is due, which is under the restriction of its vehicle, and with two communications of it,
/// which are under their own.
async fn somebody(app: &TestApp, program: &Program, email: &str) {
    restrict(program, "email", email).await;
    let parties = vec![party("insured", "Some Body", email)];
    let claim =
        claim(app, program.account, &NewClaim { parties, vin: Some(VIN), ..NewClaim::default() }).await;
    for _ in 0..2 {
        let letter = NewCommunication { recipient: Some(email.into()), ..NewCommunication::default() };
        let letter = communication(app, program.account, &letter).await;
        let link = format!("UPDATE communications SET claim_id = '{}' WHERE id = '{}'", claim.0, letter.0);
        run(app, &link).await;
    }
    let long_ago = (app.clock.now() - Duration::days(400)).to_rfc3339();
    run(app, &format!("UPDATE claims SET updated_at = '{long_ago}' WHERE id = '{}'", claim.0)).await;
}

#[tokio::test]
async fn the_sweep_and_a_deletion_of_the_same_records_never_end_each_other() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    restrict(&program, "vin", VIN).await;
    for round in 0..12 {
        somebody(&app, &program, &format!("p{round}@example.com")).await;
    }
    dawdle(&app, DAWDLERS, 0.02).await;
    for round in 0..12 {
        let who = json!({ "kind": "email", "value": format!("p{round}@example.com") });
        let sweeping = async {
            for _ in 0..6 {
                storage::sweep((*app).clone()).await.expect("a sweep that waits for nobody");
            }
        };
        let (deleted, ()) = tokio::join!(program.post("/end-users/deletion", &who), sweeping);
        assert_eq!(deleted.status, 201, "{}", deleted.text());
    }
    assert_eq!(deadlocks(&app).await, 0);
    assert_eq!(count(&app, "SELECT count(*) FROM communications").await, 0);
    storage::sweep((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 0);
    app.mailbox().await;
}

/// A claim about the same person as all others, and an address of a communication of it.
async fn one_of_many(program: &Program, number: u32) -> (String, String) {
    let (path, _) = stored(program, &a_claim(number)).await;
    let sid = path.rsplit('/').next().unwrap();
    let letter = json!({
        "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "ada@example.com",
        "claim": sid, "body": "Hello"
    });
    let page = program.post("/communications", &letter).await;
    assert_eq!(page.status, 201, "{}", page.text());
    let letter = page.header("location").to_owned();
    (path, letter)
}

async fn status(page: impl Future<Output = Page>) -> u16 {
    page.await.status
}

/// A file of some claims about the same person.
async fn import(program: &Program, first: u32) -> Page {
    let lines: String = (first..first + 20).map(|number| format!("{}\n", a_claim(number))).collect();
    let request =
        program.request(Method::POST, "/claims/import").header("content-type", "application/x-ndjson");
    program.send(request.body(lines)).await
}

#[tokio::test]
async fn whatever_programs_do_at_the_same_moment_nobody_is_ended_for_a_deadlock() {
    // One connection for each and some to spare: they are to wait for each other, and not for a connection.
    let app = TestApp::with(&[("PORTAL_DATABASE_POOL", "16")]).await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    let bodies = |stored: bool| json!({ "stored": stored, "days": 30 });
    decide(&program, "communication_bodies", bodies(true)).await;
    dawdle(&app, DAWDLERS, 0.02).await;
    let who = json!({ "kind": "email", "value": "ada@example.com" });
    for round in 0..4 {
        let mut made = Vec::new();
        for number in 0..4 {
            made.push(one_of_many(&program, 100 * round + number).await);
        }
        run(&app, "UPDATE claims SET updated_at = updated_at - interval '400 days' WHERE random() < 0.5")
            .await;
        let mut wish = who.clone();
        wish["reason"] = json!("Asked for it.");
        let link = json!({ "claim": made[0].0.rsplit('/').next() });
        let change = json!({ "notes": "Another note." });
        let sweeping = async {
            for _ in 0..4 {
                storage::sweep((*app).clone()).await.expect("a sweep that waits for nobody");
            }
            200
        };
        let deciding =
            async { decide(&program, "communication_bodies", bodies(round % 2 == 1)).await.status };
        let all: [LocalBoxFuture<'_, u16>; 9] = [
            sweeping.boxed_local(),
            deciding.boxed_local(),
            status(import(&program, 100 * round + 50)).boxed_local(),
            status(program.post("/end-users/deletion", &who)).boxed_local(),
            status(program.post("/end-users/restrictions", &wish)).boxed_local(),
            status(program.delete(&made[0].0)).boxed_local(),
            status(program.delete(&made[1].1)).boxed_local(),
            status(program.patch(&made[2].1, "*", &link)).boxed_local(),
            status(program.patch(&made[3].0, "*", &change)).boxed_local(),
        ];
        let statuses = join_all(all).await;
        // Each may come too late for what another did away with; none is broken off.
        assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
        decide(&program, "communication_bodies", bodies(true)).await;
    }
    assert_eq!(deadlocks(&app).await, 0);
    let rest: Value = program.post("/end-users/deletion", &who).await.json();
    assert!(rest["sid"].is_string(), "{rest}");
    app.mailbox().await;
}

/// What somebody does while another has the account for themselves, as whoever decides what is stored in it. None of these
/// rows is taken by them meanwhile.
async fn while_the_account_is_held(app: &TestApp, what: &str, rows: &str, done: impl Future<Output = Page>) {
    let mut conn = app.conn().await;
    conn.batch_execute("BEGIN; SELECT id FROM accounts FOR UPDATE").await.unwrap();
    let holding = async {
        lock_waits(app, what, 1).await;
        for table in rows.split(' ') {
            let free = conn.batch_execute(&format!("SELECT id FROM {table} FOR NO KEY UPDATE NOWAIT")).await;
            assert_eq!(free, Ok(()), "whoever waits for an account has none of its {table}: {what}");
        }
        conn.batch_execute("COMMIT").await.unwrap();
    };
    let (page, ()) = tokio::join!(done, holding);
    assert!(page.status < 400, "{what}: {} {}", page.status, page.text());
}

#[tokio::test]
async fn whoever_waits_for_an_account_has_no_record_of_it() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(one_of_many(&program, number).await);
    }
    let who = json!({ "kind": "email", "value": "ada@example.com" });
    let another = a_claim(9);
    let letter =
        json!({ "channel": "email", "direction": "inbound", "from": "a@b.example", "to": "c@d.example" });
    let report = json!({ "status": "delivered" });
    let reports = format!("{}/statuses", made[1].1);
    let wish = json!({ "kind": "email", "value": "other@example.com", "reason": "Asked for it." });
    let all: [(&str, LocalBoxFuture<'_, Page>); 8] = [
        ("store a claim", program.post("/claims", &another).boxed_local()),
        ("store a communication", program.post("/communications", &letter).boxed_local()),
        ("import", import(&program, 50).boxed_local()),
        ("report a status", program.post(&reports, &report).boxed_local()),
        ("delete a communication", program.delete(&made[0].1).boxed_local()),
        ("delete a claim", program.delete(&made[0].0).boxed_local()),
        ("restrict", program.post("/end-users/restrictions", &wish).boxed_local()),
        ("delete somebody", program.post("/end-users/deletion", &who).boxed_local()),
    ];
    for (what, done) in all {
        while_the_account_is_held(&app, what, "claims communications", done).await;
    }
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_orders_a_copy_of_an_account_waits_for_it_before_they_have_its_owner() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let (browser, account) = (app.sign_in_as(&owner).await, owner.account().await);
    let what = "order a copy";
    while_the_account_is_held(&app, what, "people", copy::order(&browser, &account.to_string())).await;
    app.run_jobs().await;
    app.mailbox().await;
}

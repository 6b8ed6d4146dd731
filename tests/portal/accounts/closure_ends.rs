//! How closures end: who goes with an account, what is signed and said on the way, and who joins no more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use portal::accounts::closure::advance::advance;
use portal::platform::ids::AccountId;
use portal::privacy::erasure::{self, Cause, Of};
use serde_json::{Value, json};

use crate::support::{Browser, Page, TestApp, TestPerson, count, eventually, run};

async fn close(browser: &Browser, account: AccountId, name: &str) -> Page {
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    let closed = page.submit_to("/closure", &[("understood", "on"), ("confirmation", name)]).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    closed
}

/// Ada with a claim in her account.
async fn ada(app: &TestApp) -> (TestPerson<'_>, Browser, AccountId) {
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let claim = json!({ "claim_number": "1", "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31", "parties": [{ "role": "claimant", "name": "Grace Hopper" }] });
    assert_eq!(program.post("/claims", &claim).await.status, 201);
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    app.mailbox().await;
    // Notes of the log are written on the side, and lock the account as what follows does.
    eventually("the note of the request", async || (count(app, "api_requests").await == 1).then_some(()))
        .await;
    (ada, browser, account)
}

async fn hold(app: &TestApp, account: AccountId, silent: &str) {
    run(app, &format!(
        "INSERT INTO holds (id, scope, account_id, matter, reason, silent_because, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         VALUES (gen_random_uuid(), 'account', '{}', 'litigation', 'Lawsuit 12 of 2026.', {silent}, gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01')",
        account.0
    ))
    .await;
}

/// What the newest receipt of this kind says.
async fn receipt(app: &TestApp, kind: &str) -> Value {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use portal::platform::db::schema::receipts;
    let of_kind = receipts::table.filter(receipts::kind.eq(kind)).order(receipts::id.desc());
    let document: String = of_kind.select(receipts::document).first(&mut app.conn().await).await.unwrap();
    let part = URL_SAFE_NO_PAD.decode(document.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[tokio::test]
async fn whoever_closes_two_accounts_in_one_sitting_goes_with_the_second() {
    let app = TestApp::start().await;
    let (ada, browser, first) = ada(&app).await;
    let second = app.account_of(&ada, "Second account").await;
    close(&browser, first, "First account").await;
    close(&browser, second, "Second account").await;
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!((count(&app, "people").await, count(&app, "accounts").await), (0, 0));
    assert_eq!(count(&app, "erasures WHERE finished_at IS NULL").await, 0);
    assert!(app.dead_jobs().await.is_empty());
    assert!(app.mailbox().await.iter().any(|mail| mail.name == "data_erased"));
}

#[tokio::test]
async fn two_servers_that_look_at_the_two_accounts_at_once_agree_on_the_second() {
    for _ in 0..3 {
        let app = TestApp::start().await;
        let (ada, browser, first) = ada(&app).await;
        let second = app.account_of(&ada, "Second account").await;
        close(&browser, first, "First account").await;
        close(&browser, second, "Second account").await;
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
        app.travel(Duration::days(30)).await;
        let (one, other) = tokio::join!(advance((*app).clone()), advance(app.twin()));
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        app.run_jobs().await;
        assert_eq!((count(&app, "people").await, count(&app, "accounts").await), (0, 0));
        assert_eq!(count(&app, "erasures WHERE finished_at IS NULL").await, 0);
        app.mailbox().await;
    }
}

#[tokio::test]
async fn an_erasure_whose_account_went_with_its_owner_comes_to_its_end() {
    let app = TestApp::start().await;
    let (ada, _, account) = ada(&app).await;
    let mut conn = app.conn().await;
    let now = app.clock.now();
    erasure::order(&mut conn, Of::Content(account), Cause::Closure, now).await.unwrap();
    erasure::order(&mut conn, Of::Account(account), Cause::Closure, now).await.unwrap();
    run(&app, &format!("DELETE FROM people WHERE id = '{}'", ada.id.0)).await;
    app.run_jobs().await;
    assert_eq!(count(&app, "erasures WHERE finished_at IS NULL").await, 0);
    assert!(app.dead_jobs().await.is_empty());
}

#[tokio::test]
async fn the_receipt_of_the_thirtieth_day_counts_what_went_and_names_what_goes_later() {
    let app = TestApp::start().await;
    let (_, browser, account) = ada(&app).await;
    close(&browser, account, "First account").await;
    let (asked, rest) = (receipt(&app, "account_closed").await, app.clock.now() + Duration::days(60));
    assert_eq!(asked["done"], "The closure of an account was asked for");
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    let document = receipt(&app, "account_content_erased").await;
    let counts = document["counts"].as_array().unwrap();
    assert_eq!(counts.len(), 1, "account data did not go: {document}");
    assert_eq!((&counts[0]["class"], &counts[0]["deleted"]), (&"Customer content".into(), &1.into()));
    let stays = document["stays"].as_array().unwrap();
    let later =
        stays.iter().find(|stays| stays["what"] == "Everything else about the account").expect("named");
    let until: DateTime<Utc> = later["until"].as_str().unwrap().parse().unwrap();
    assert!((until - rest).abs() < Duration::minutes(10), "{later}");
    app.mailbox().await;
}

#[tokio::test]
async fn receipts_stay_with_an_owner_whose_account_is_gone() {
    let app = TestApp::start().await;
    let (ada, browser, account) = ada(&app).await;
    app.account_of(&ada, "Second account").await;
    close(&browser, account, "First account").await;
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!(count(&app, &format!("accounts WHERE id = '{}'", account.0)).await, 0);
    let page = app.sign_in_as(&ada).await.get("/privacy/receipts").await.words();
    for label in ["was asked for", "The claims and communications in an account", "An account was deleted"] {
        assert!(page.contains(label), "{label}: {page}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn taking_a_closure_back_leaves_a_receipt_too() {
    let app = TestApp::start().await;
    let (_, browser, account) = ada(&app).await;
    close(&browser, account, "First account").await;
    browser.get(&format!("/accounts/{account}/closure")).await.submit_to("/undo", &[]).await;
    assert_eq!(receipt(&app, "account_closure_undone").await["account"], account.to_string());
    assert!(browser.get("/privacy/receipts").await.words().contains("The closure of an account was undone"));
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_joins_an_account_that_is_on_its_way_out() {
    let app = TestApp::start().await;
    let (ada, browser, account) = ada(&app).await;
    let bob = app.customer("bob@example.com").await;
    let invite = [("email", "bob@example.com"), ("role", "developer")];
    let path = format!("/accounts/{account}/members/invitations/new");
    let his = app.sign_in_as(&bob).await;
    let mut links = Vec::new();
    for _ in 0..2 {
        assert_eq!(browser.post(&path, &invite).await.status, 303);
        links.push(app.mail_to("bob@example.com").await.link("/accounts/invitations/"));
        if links.len() == 1 {
            close(&browser, account, "First account").await;
            let refused = his.post(&format!("{}/acceptance", links[0]), &[]).await;
            assert_eq!((refused.status, count(&app, "account_members").await), (410, 0));
            browser.get(&format!("/accounts/{account}/closure")).await.submit_to("/undo", &[]).await;
            app.mailbox().await;
        }
    }
    // What is open when its owner goes ends with that.
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    let refused = his.post(&format!("{}/acceptance", links[1]), &[]).await;
    assert_eq!((refused.status, count(&app, "account_members").await), (410, 0));
    app.run_jobs().await;
    assert_eq!((count(&app, "people").await, app.dead_jobs().await.len()), (1, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn the_page_and_the_mail_say_how_far_it_is_and_name_the_day_that_was_promised() {
    let app = TestApp::start().await;
    let (ada, browser, account) = ada(&app).await;
    close(&browser, account, "First account").await;
    app.mailbox().await;
    let promised = (app.clock.now() + Duration::days(60)).format("%-d %B %Y").to_string();
    hold(&app, account, "NULL").await;
    app.travel(Duration::days(40)).await;
    app.run_timetable().await;
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.text.contains(&promised), "{promised} in {}", mail.text);
    let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("are deleted now, unless we have to keep some of them for longer."), "{text}");
    let page = async || app.sign_in_as(&ada).await.get(&format!("/accounts/{account}/closure")).await.words();
    assert!(page().await.contains("What was in it is kept for now. The rest goes by"), "{}", page().await);
    run(&app, "UPDATE holds SET silent_because = 'Order of a court of 2026.'").await;
    assert!(page().await.contains("What was in it is being deleted."), "{}", page().await);
    app.travel(Duration::days(30)).await;
    assert!(page().await.contains("is being deleted. The rest is being deleted."), "{}", page().await);
    assert!(!page().await.contains("What was in it is gone"));
    app.mailbox().await;
}

#[tokio::test]
async fn what_outlives_a_closure_is_named_with_the_day_on_which_the_sweep_takes_it() {
    let app = TestApp::start().await;
    let (_, browser, account) = ada(&app).await;
    run(&app, "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES (gen_random_uuid(), 'ada@example.com', 'How much?', false, sha256('x'), now())").await;
    run(&app, &format!(
        "INSERT INTO mail_suppressions (id, email_digest, reason, detail, since) VALUES (gen_random_uuid(), decode('{}', 'hex'), 'complaint', 'x', now())",
        hex::encode(app.keys.email_digest("ada@example.com"))
    ))
    .await;
    close(&browser, account, "First account").await;
    let asked = app.clock.now();
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    let document = receipt(&app, "person_erased").await;
    let until = |what: &str| {
        let stays = document["stays"]
            .as_array()
            .unwrap()
            .iter()
            .find(|stays| stays["what"].as_str().unwrap().starts_with(what));
        stays.unwrap_or_else(|| panic!("{what} in {document}")).clone()
    };
    for (what, months) in [("That somebody was a customer", 84), ("What somebody wrote to the sales", 36)] {
        let day = (asked + chrono::Months::new(months)).format("%Y-%m-%d").to_string();
        let named = until(what)["until"].as_str().unwrap().to_owned();
        assert!(named.starts_with(&day), "{what}: {named} and not {day}");
    }
    let mailbox = until("A mailbox that gets no mailings");
    assert!(
        mailbox["until"].is_null() && !mailbox["why"].as_str().unwrap().contains("anonymous"),
        "{mailbox}"
    );
    assert_eq!(until("Something that was done")["for_good"], true);
    app.mailbox().await;
}

#[tokio::test]
async fn while_there_is_another_account_no_day_is_named_for_what_was_written() {
    let app = TestApp::start().await;
    let (ada, browser, account) = ada(&app).await;
    let support = (app.clock.now() + chrono::Months::new(36)).format("%-d %B %Y").to_string();
    let page = async || browser.get(&format!("/accounts/{account}/closure")).await.words();
    assert!(page().await.contains(&support));
    app.account_of(&ada, "Second account").await;
    assert!(!page().await.contains(&support) && page().await.contains("as long as you have another account"));
    close(&browser, account, "First account").await;
    let document = receipt(&app, "account_closed").await;
    let written =
        document["stays"].as_array().unwrap().iter().find(|stays| stays["what"] == "What you wrote to us");
    assert!(written.unwrap()["until"].is_null());
    app.mailbox().await;
}

#[tokio::test]
async fn what_somebody_still_waits_for_ends_when_they_go() {
    let app = TestApp::start().await;
    let (_, browser, account) = ada(&app).await;
    close(&browser, account, "First account").await;
    let asked = [("kind", "correction"), ("home", "us"), ("details", "Number 7 is wrong.")];
    assert_eq!(browser.post("/privacy/requests/new", &asked).await.status, 303);
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!((count(&app, "people").await, app.dead_jobs().await.len()), (0, 0));
    assert_eq!(count(&app, "data_requests WHERE state = 'expired' AND person_id IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_also_asks_to_be_deleted_is_deleted_wholly_when_that_can_no_longer_be_undone() {
    let app = TestApp::start().await;
    let (ada, browser, account) = ada(&app).await;
    close(&browser, account, "First account").await;
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    app.travel(Duration::days(28)).await;
    let browser = app.sign_in_as(&ada).await;
    let asked = browser.post("/privacy/requests/new", &[("kind", "deletion"), ("home", "us")]).await;
    let question = asked.follow().await.link("Go on to confirm");
    assert_eq!(browser.get(&question).await.submit(&[]).await.status, 303);
    app.travel(Duration::days(2)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 1, "it can still be undone");
    app.travel(Duration::days(5)).await;
    app.run_timetable().await;
    assert_eq!((count(&app, "people").await, app.dead_jobs().await.len()), (0, 0));
    assert_eq!(count(&app, "former_customers").await, 0, "nothing outlives what was asked for");
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled'").await, 1);
    app.mailbox().await;
}

//! Closing an account: what is said before, what can be done meanwhile, and what is gone when.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::AccountId;
use portal::staff::permissions::Role;
use reqwest::Method;
use serde_json::json;

use crate::privacy::found;
use crate::support::{Browser, Page, Program, TestApp, TestPerson, count, run};

async fn close(browser: &Browser, account: AccountId, name: &str) -> Page {
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    assert_eq!(page.status, 200, "{}", page.words());
    page.submit_to("/closure", &[("understood", "on"), ("confirmation", name)]).await
}

async fn claim(program: &Program, number: &str) -> Page {
    let party = json!({ "role": "claimant", "name": "Grace Hopper", "emails": ["grace@example.net"] });
    let claim = json!({
        "claim_number": number, "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31", "parties": [party],
    });
    program.post("/claims", &claim).await
}

/// Ada with an account that has a claim in it and is being closed.
async fn closing(app: &TestApp) -> (TestPerson<'_>, Browser, Program, AccountId) {
    let ada = app.customer("ada.lovelace@example.com").await;
    let (browser, program, account) =
        (app.sign_in_as(&ada).await, app.program(&ada).await, ada.account().await);
    assert_eq!(claim(&program, "1").await.status, 201);
    assert_eq!(close(&browser, account, "First account").await.status, 303);
    app.mailbox().await;
    (ada, browser, program, account)
}

#[tokio::test]
async fn what_goes_and_stays_is_said_with_its_date_before_two_confirmations() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    assert!(browser.get(&format!("/accounts/{account}")).await.text().contains("Close this account"));
    let page = browser.get(&format!("/accounts/{account}/closure")).await;
    let day = (app.clock.now() + Duration::days(30)).format("%-d %B %Y").to_string();
    let seven = (app.clock.now() + Duration::days(5 * 365)).format("%Y").to_string();
    assert!(page.words().contains(&day), "{day} in {}", page.words());
    assert!(page.words().contains("That you were a customer") && seven.len() == 4);
    assert!(page.text().contains("Order a copy"), "a copy is offered first");
    let form = browser.get(&page.link("Go on to close")).await;
    let refused = form.submit_to("/closure", &[("confirmation", "Another")]).await;
    let fields: Vec<String> = refused.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!((refused.status, fields), (422, vec!["understood".into(), "confirmation".into()]));
    assert_eq!(count(&app, "account_closures").await, 0);
    let closed =
        refused.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    assert!(closed.follow().await.words().contains("30 days are left"));
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(mail.subject, "First account is being closed");
    assert!(mail.text.contains("undo the closure"));
    assert!(
        browser.get("/privacy/receipts").await.words().contains("The closure of an account was asked for")
    );
}

#[tokio::test]
async fn while_it_is_closing_programs_read_and_do_not_write_and_a_copy_can_be_made() {
    let app = TestApp::start().await;
    let (ada, browser, program, _) = closing(&app).await;
    app.travel(Duration::days(29)).await;
    app.run_timetable().await;
    assert!(app.mail_to(&ada.email).await.subject.ends_with("goes soon"), "a reminder");
    assert_eq!(program.get("/claims").await.json()["data"].as_array().unwrap().len(), 1);
    let refused = claim(&program, "2").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.json()["detail"].as_str().unwrap().contains("closing"));
    let browser = {
        drop(browser);
        app.sign_in_as(&ada).await
    };
    let ordered =
        browser.get("/privacy/exports/new").await.submit_to("/privacy/exports", &[("of", "person")]).await;
    assert_eq!(ordered.status, 303);
    app.run_jobs().await;
    assert!(app.mailbox().await.iter().any(|mail| mail.name == "export_ready"));
}

#[tokio::test]
async fn content_is_there_on_the_twenty_ninth_day_and_gone_after_the_thirtieth() {
    let app = TestApp::start().await;
    let (ada, _, program, _) = closing(&app).await;
    app.travel(Duration::days(30) - Duration::minutes(5)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "claims").await, 1);
    app.travel(Duration::minutes(5)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "claims").await, 0);
    assert_eq!(count(&app, "erasure_ledger WHERE kind = 'content'").await, 1);
    assert_eq!(program.get("/claims").await.status, 403, "closed");
    let subjects: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.subject).collect();
    assert!(subjects.contains(&"First account is closed".to_owned()), "{subjects:?}");
    assert!(found(&app, "grace@example.net").await.is_empty());
    assert_eq!(count(&app, &format!("people WHERE id = '{}'", ada.id.0)).await, 1, "until the sixtieth day");
}

#[tokio::test]
async fn on_the_sixtieth_day_the_last_account_goes_with_its_owner_but_for_what_outlives_it() {
    let app = TestApp::start().await;
    let (ada, ..) = closing(&app).await;
    run(&app, &format!(
        "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES (gen_random_uuid(), '{}', 'How much?', false, sha256('x'), now())",
        ada.email
    )).await;
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    app.travel(Duration::days(30) - Duration::minutes(5)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 1);
    app.travel(Duration::minutes(5)).await;
    app.run_timetable().await;
    assert_eq!((count(&app, "people").await, count(&app, "accounts").await), (0, 0));
    let mail =
        app.mailbox().await.into_iter().find(|mail| mail.name == "data_erased").expect("the last mail");
    // S73: seven years from the request to close it, which was sixty days ago.
    let asked = app.clock.now() - Duration::days(60);
    let seven = portal::retention::rules::FORMER_CUSTOMERS.goes_at(asked).expect("a fixed length");
    let seven = seven.format("%-d %B %Y").to_string();
    assert!(
        mail.text.contains("That somebody was a customer: ") && mail.text.contains(&seven),
        "{}",
        mail.text
    );
    app.travel(Duration::days(1)).await;
    app.run_timetable().await;
    assert_eq!(
        found(&app, "lovelace").await,
        ["sales_enquiries", "former_customers"].into_iter().rev().collect::<Vec<_>>()
    );
    // S76: three years after the closure; S73: seven.
    let since = Duration::days(61);
    app.travel(Duration::days(3 * 365) - since).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "sales_enquiries").await, 1);
    app.travel(Duration::days(2)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "sales_enquiries").await, 0);
    app.travel(Duration::days(4 * 365 - 3)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "former_customers").await, 1);
    app.travel(Duration::days(4)).await;
    app.run_timetable().await;
    assert!(found(&app, "lovelace").await.is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_has_another_account_stays_and_so_do_members() {
    let app = TestApp::start().await;
    let (ada, _, _, account) = closing(&app).await;
    app.account_of(&ada, "Second account").await;
    let bob = app.customer("bob@example.com").await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!((count(&app, "people").await, count(&app, "accounts").await), (2, 2));
    assert_eq!(count(&app, &format!("accounts WHERE id = '{}'", account.0)).await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn one_click_undoes_it_until_the_content_goes_and_not_after() {
    let app = TestApp::start().await;
    let (ada, browser, program, account) = closing(&app).await;
    let page = browser.get(&format!("/accounts/{account}/closure")).await.submit_to("/undo", &[]).await;
    assert!(page.follow().await.notices().join(" ").contains("The closure is undone"));
    assert_eq!(app.mail_to(&ada.email).await.subject, "First account stays");
    assert_eq!(claim(&program, "2").await.status, 201, "programs write again");
    app.travel(Duration::days(31)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "claims").await, 2);
    let browser = app.sign_in_as(&ada).await;
    assert_eq!(close(&browser, account, "First account").await.status, 303);
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    let browser = app.sign_in_as(&ada).await;
    let late = browser.post(&format!("/accounts/{account}/closure/undo"), &[]).await.follow().await;
    assert!(late.notices().join(" ").contains("can no longer be undone"), "{}", late.words());
    app.mailbox().await;
}

#[tokio::test]
async fn undoing_and_the_thirtieth_day_at_once_end_in_one_of_the_two() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let (ada, _, _, account) = closing(&app).await;
        app.travel(Duration::days(30)).await;
        let browser = app.sign_in_as(&ada).await;
        let undo = format!("/accounts/{account}/closure/undo");
        let (page, advanced) = tokio::join!(
            browser.post(&undo, &[]),
            portal::accounts::closure::advance::advance((*app).clone())
        );
        advanced.unwrap();
        app.run_jobs().await;
        let undone = count(&app, "account_closures WHERE undone_at IS NOT NULL").await;
        assert_eq!(count(&app, "claims").await, undone, "{}", page.status);
        let state = if undone == 1 { "trial" } else { "closed" };
        assert_eq!(
            count(&app, &format!("account_states WHERE ended_at IS NULL AND state = '{state}'")).await,
            1
        );
        app.mailbox().await;
    }
}

#[tokio::test]
async fn a_hold_keeps_what_is_in_a_closed_account_until_it_is_released() {
    let app = TestApp::start().await;
    let (_, browser, _, account) = closing(&app).await;
    run(&app, &format!(
        "INSERT INTO holds (id, scope, account_id, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         VALUES (gen_random_uuid(), 'account', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01')",
        account.0
    )).await;
    let page = browser.get(&format!("/accounts/{account}/closure")).await;
    let held = format!("What is in First account ({account}). Matter: litigation. Since ");
    assert!(page.words().contains(&held), "{}", page.words());
    app.travel(Duration::days(31)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "claims").await, 1);
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    let names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.subject).collect();
    assert!(
        !names.iter().any(|subject| subject.ends_with("goes soon")),
        "nothing is announced that is over: {names:?}"
    );
    assert_eq!(count(&app, "people WHERE password_hash IS NOT NULL").await, 1, "they can still sign in");
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    app.run_timetable().await;
    assert_eq!(count(&app, "claims").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn an_import_under_way_stops_when_the_closure_begins() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, program, account) =
        (app.sign_in_as(&ada).await, app.program(&ada).await, ada.account().await);
    let line = |number: u32| {
        format!(
            "{{\"claim_number\":\"{number}\",\"insurer\":\"Acme\",\"state\":\"reported\",\"lost_on\":\"2026-01-31\"}}\n"
        )
    };
    let body: String = (0..20_000).map(line).collect();
    let send = program
        .request(Method::POST, "/claims/import?mode=best_effort")
        .header("content-type", "application/x-ndjson")
        .body(body);
    let (imported, closed) = tokio::join!(program.send(send), close(&browser, account, "First account"));
    assert_eq!(closed.status, 303);
    let before = count(&app, "claims").await;
    assert!([200, 201, 403].contains(&imported.status), "{} {}", imported.status, imported.text());
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(count(&app, "claims").await, before, "nothing arrives after the closure began");
    app.mailbox().await;
}

#[tokio::test]
async fn only_the_owner_closes_and_staff_on_behalf_of_an_owner_who_asks_by_mail() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    let member = app.sign_in_as(&bob).await;
    run(&app, &format!(
        "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), 'person', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')",
        ada.id.0
    )).await;
    let seen = member.get(&format!("/accounts/{account}/closure")).await;
    assert!(seen.status == 200 && seen.words().contains("Its owner, if it is their last account"));
    assert!(!seen.words().contains("legal matter"), "a hold on the owner is not for members to know");
    run(&app, "DELETE FROM holds").await;
    assert_eq!(member.get(&format!("/accounts/{account}/closure/new")).await.status, 404);
    let fields = [("understood", "on"), ("confirmation", "First account")];
    assert_eq!(member.post(&format!("/accounts/{account}/closure"), &fields).await.status, 404);
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let form = desk.get("/staff/closures/new").await;
    let wrong = form.submit(&[("account", "AC1"), ("note", "Short")]).await;
    assert_eq!((wrong.status, wrong.errors().len()), (422, 2));
    let sid = account.to_string();
    let note = [
        ("account", sid.as_str()),
        ("note", "Wrote from the address of the owner, and named the last claim."),
    ];
    let page = form.submit(&note).await.follow().await;
    assert!(page.words().contains("Asked by mail") && page.words().contains(&sid), "{}", page.words());
    assert!(!page.words().contains("named the last claim"), "what they wrote is not in the list");
    let masked = desk.get(&page.link(&sid)).await;
    assert!(!masked.words().contains("named the last claim"), "{}", masked.words());
    let log = desk.get("/staff/audit?action=account.closure").await.words();
    assert!(log.contains("account.closure.requested") && !log.contains("named the last claim"), "{log}");
    let short = masked.submit_to("/looks", &[("reason", "because")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "reason"));
    let why = "They asked on the telephone what we noted.";
    let open = short.submit_to("/looks", &[("reason", why)]).await.follow().await;
    assert!(open.words().contains("named the last claim"), "{}", open.words());
    let told = member.get(&format!("/accounts/{account}/activity")).await.words();
    assert!(told.contains("closing the account was opened by our staff") && told.contains(why), "{told}");
    let other = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(other.get(&masked.path).await.status, 404);
    assert_eq!(other.post(&format!("{}/looks", masked.path), &[("reason", why)]).await.status, 404);
    assert_eq!(app.mail_to("ada@example.com").await.subject, "First account is being closed");
    let again = desk.get("/staff/closures/new").await.submit(&note).await;
    assert!(
        again.error().contains("being closed already")
            || again.errors()[0].1.contains("being closed already")
    );
    app.travel(Duration::minutes(15)).await;
    assert!(!desk.get(&masked.path).await.words().contains("named the last claim"), "it is over");
    app.mailbox().await;
}

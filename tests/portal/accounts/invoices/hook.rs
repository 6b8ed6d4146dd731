//! What the billing system tells: believed only with its signature, counted once, and in any order to the same end.

use chrono::{Days, NaiveDate};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::AccountId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Page, TestApp, count, run, signature};

const NAME: &str = "PORTAL_BILLING_HOOK_SECRET";
const SECRET: &str = "a secret of the billing system that is long enough";

/// Posts this text, signed for another one if need be.
async fn send(app: &TestApp, secret: &str, signed: &str, body: &str, at: i64) -> Page {
    app.call_hook("/hooks/billing", signature(secret, signed, at), body).await
}

/// Tells of an event as the billing system does.
pub async fn tell(app: &TestApp, event: &Value) -> Page {
    let body = event.to_string();
    send(app, SECRET, &body, &body, app.clock.now().timestamp()).await
}

/// A portal that the billing system may tell.
pub async fn open() -> TestApp {
    TestApp::with(&[(NAME, SECRET)]).await
}

/// The event of an invoice that is issued today.
pub fn issued(app: &TestApp, account: AccountId, number: &str) -> Value {
    let today = app.today();
    json!({
        "event": "invoice.issued", "account": account, "number": number,
        "issued_on": today, "due_on": today + Days::new(14), "currency": "EUR",
        "total_minor": 119_000, "tax_minor": 19_000,
        "billing": { "name": "Analytical Engines GmbH", "lines": ["Hauptstraße 1"], "postal_code": "10115", "city": "Berlin", "country": "DE" },
    })
}

fn with(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}

fn ended(app: &TestApp, what: &str, number: &str) -> Value {
    json!({ "event": what, "number": number, "on": app.today(), "reason": "It was issued twice." })
}

fn assert_problem(page: &Page, status: u16) {
    let found = (page.status, page.header("content-type"));
    assert_eq!(found, (status, "application/problem+json"), "{}", page.text());
}

#[tokio::test]
async fn without_its_key_the_hook_is_closed() {
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    assert_problem(&tell(&app, &issued(&app, account, "1")).await, 404);
    assert_eq!(count(&app, "invoices").await, 0);
}

#[tokio::test]
async fn what_is_not_signed_for_this_moment_and_these_words_changes_nothing() {
    let app = open().await;
    let account = app.customer("ada@example.com").await.account().await;
    let (now, body) = (app.clock.now().timestamp(), issued(&app, account, "1").to_string());
    let other = issued(&app, account, "2").to_string();
    for page in [
        send(&app, "another key that is also long enough", &body, &body, now).await,
        send(&app, SECRET, &other, &body, now).await,
        send(&app, SECRET, &body, &body, now - 360).await,
        send(&app, SECRET, &body, &body, now + 360).await,
    ] {
        assert_problem(&page, 400);
    }
    let bare = app.browser();
    assert_problem(&bare.answer(bare.request(Method::POST, "/hooks/billing").body(body.clone())).await, 400);
    let long = " ".repeat(17 * 1024) + &body;
    assert_problem(&send(&app, SECRET, &long, &long, now).await, 413);
    assert_problem(&send(&app, SECRET, "{", "{", now).await, 400);
    assert_eq!(count(&app, "invoices").await, 0);
    assert_eq!(send(&app, SECRET, &body, &body, now).await.status, 204);
    assert_eq!(count(&app, "invoices").await, 1);
}

#[tokio::test]
async fn a_key_is_believed_while_it_is_listed_and_not_after() {
    const NEXT: &str = "the next secret of the billing system";
    let both = format!("{SECRET}, {NEXT}");
    for (listed, of_old, of_next) in [(both.as_str(), 204, 204), (NEXT, 400, 204), (SECRET, 204, 400)] {
        let app = TestApp::with(&[(NAME, listed)]).await;
        let account = app.customer("ada@example.com").await.account().await;
        let (now, body) = (app.clock.now().timestamp(), issued(&app, account, "1").to_string());
        assert_eq!(send(&app, SECRET, &body, &body, now).await.status, of_old, "{listed}");
        assert_eq!(send(&app, NEXT, &body, &body, now).await.status, of_next, "{listed}");
        assert_eq!(send(&app, &both, &body, &body, now).await.status, 400, "the list is no key");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_event_is_named_at_once() {
    let app = open().await;
    let account = app.customer("ada@example.com").await.account().await;
    let event = with(with(issued(&app, account, " "), "currency", json!("XXX")), "tax_minor", json!(200_000));
    let page = tell(&app, &event).await;
    assert_problem(&page, 422);
    let answer = page.json();
    let errors = answer["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/number", "/currency", "/tax_minor"]);
    assert!(errors.iter().all(|error| error["detail"].as_str().unwrap().ends_with('.')));
    let unknown = tell(&app, &issued(&app, AccountId::new(app.clock.now()), "1")).await;
    assert_problem(&unknown, 422);
    assert_eq!(unknown.json()["errors"][0]["pointer"], "/account");
    let other = tell(&app, &json!({ "event": "customer.updated", "number": 5 })).await;
    assert_eq!((other.status, count(&app, "invoices").await), (204, 0), "nothing of it is kept here");
}

#[tokio::test]
async fn what_is_told_twice_counts_once_and_another_invoice_with_its_number_is_refused() {
    let app = open().await;
    let account = app.customer("ada@example.com").await.account().await;
    let event = issued(&app, account, "2026-0001");
    for _ in 0..2 {
        assert_eq!(tell(&app, &event).await.status, 204);
    }
    for (name, value) in [
        ("total_minor", json!(119_001)),
        ("currency", json!("USD")),
        ("due_on", json!(app.today() + Days::new(15))),
        ("account", json!(app.customer("bob@example.com").await.account().await)),
    ] {
        let page = tell(&app, &with(event.clone(), name, value)).await;
        assert_problem(&page, 409);
        assert!(page.text().contains("What was issued is not changed"), "{name}: {}", page.text());
    }
    assert_eq!(count(&app, "invoices WHERE total_minor = 119000 AND currency = 'EUR'").await, 1);
    assert_eq!(count(&app, "audit_events WHERE action = 'account.invoice.issued'").await, 1);
}

#[tokio::test]
async fn of_equal_deliveries_at_once_one_is_stored_and_each_is_answered() {
    let app = open().await;
    let account = app.customer("ada@example.com").await.account().await;
    let (event, paid) = (issued(&app, account, "1"), ended(&app, "invoice.paid", "1"));
    for told in [&event, &paid] {
        let pages = tokio::join!(tell(&app, told), tell(&app, told), tell(&app, told), tell(&app, told));
        for page in [pages.0, pages.1, pages.2, pages.3] {
            assert_eq!(page.status, 204, "{}", page.text());
        }
    }
    assert_eq!(count(&app, "invoices WHERE settled_on IS NOT NULL").await, 1);
    for action in ["account.invoice.issued", "account.invoice.paid"] {
        assert_eq!(count(&app, &format!("audit_events WHERE action = '{action}'")).await, 1, "{action}");
    }
}

#[tokio::test]
async fn an_end_that_comes_before_the_issue_is_asked_for_again_and_any_order_comes_to_the_same() {
    let app = open().await;
    let account = app.customer("ada@example.com").await.account().await;
    for (number, order) in
        [("1", ["invoice.paid", "invoice.voided"]), ("2", ["invoice.voided", "invoice.paid"])]
    {
        let early = tell(&app, &ended(&app, order[0], number)).await;
        assert_problem(&early, 409);
        assert!(early.text().contains("Tell of its issue first"), "{}", early.text());
        assert_eq!(tell(&app, &issued(&app, account, number)).await.status, 204);
        for what in order {
            assert_eq!(tell(&app, &ended(&app, what, number)).await.status, 204);
        }
    }
    let same = "invoices WHERE settled_on = voided_on AND voided_because = 'It was issued twice.'";
    assert_eq!(count(&app, same).await, 2);
    let on = |day: NaiveDate| with(ended(&app, "invoice.paid", "1"), "on", json!(day));
    assert_eq!(tell(&app, &on(app.today() - Days::new(3))).await.status, 204, "told again");
    assert_eq!(count(&app, same).await, 2, "and the first day stands");
    assert_problem(&tell(&app, &on(app.today() + Days::new(3))).await, 422);
    assert_problem(
        &tell(&app, &json!({ "event": "invoice.voided", "number": "1", "on": app.today() })).await,
        422,
    );
}

#[tokio::test]
async fn what_stands_on_an_invoice_is_changed_by_no_statement() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    app.invoice(ada.account().await, "1", 0).await;
    app.pay("1").await;
    let theirs = format!("account_id = '{}'", bob.account().await.0);
    for change in
        ["total_minor = 1", "billing_name = 'X'", "settled_on = NULL", "settled_on = '2020-01-01'", &theirs]
    {
        let update = diesel::sql_query(format!("UPDATE invoices SET {change}"));
        let refused = update.execute(&mut app.conn().await).await.expect_err(change);
        assert!(refused.to_string().contains("not changed once it is issued"), "{change}: {refused}");
    }
    // A law that changes: a migration counts again.
    run(&app, "UPDATE invoices SET kept_until = kept_until + interval '2 years'").await;
}

#[tokio::test]
async fn an_invoice_over_nothing_waits_for_no_payment_and_stands_against_no_deletion() {
    let app = open().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let nothing =
        with(with(issued(&app, account, "2026-0001"), "total_minor", json!(0)), "tax_minor", json!(0));
    assert_eq!(tell(&app, &nothing).await.status, 204);
    app.travel(chrono::Duration::days(20)).await;
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get(&format!("/accounts/{account}/invoices")).await.words().contains("Nothing to pay"));
    super::standing::confirmed(&app, &browser).await;
    app.travel(chrono::Duration::days(8)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 0, "by itself");
    app.mailbox().await;
}

//! How long an invoice stays: beyond its account and its owner, and no longer than the law asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::receipts;
use portal::privacy::erasure::{self, Cause, Of};
use portal::retention::{invoice_laws, sweep};
use serde_json::{Value, json};

use super::hook::{issued, open, tell};
use super::standing::confirmed;
use crate::privacy::exports::{fetch, order};
use crate::privacy::found;
use crate::support::{Page, TestApp, TestPerson, count, lock_waits, run};

/// The moment at which an invoice of today goes.
fn end(app: &TestApp) -> DateTime<Utc> {
    invoice_laws::of("DE").kept_until(app.today())
}

async fn travel_to(app: &TestApp, at: DateTime<Utc>) {
    app.travel(at - app.clock.now()).await;
}

async fn sweep(app: &TestApp) -> i64 {
    sweep::nightly((**app).clone()).await.unwrap();
    count(app, "invoices").await
}

async fn closed(app: &TestApp, person: &TestPerson<'_>) {
    let browser = app.sign_in_as(person).await;
    let page = browser.get(&format!("/accounts/{}/closure/new", person.account().await)).await;
    let closed = page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
}

/// What the receipt of the erasure says.
async fn receipt(app: &TestApp) -> Value {
    let of_kind = receipts::table.filter(receipts::kind.eq("person_erased"));
    let document: String = of_kind.select(receipts::document).first(&mut app.conn().await).await.unwrap();
    let part = URL_SAFE_NO_PAD.decode(document.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[tokio::test]
async fn an_invoice_outlives_closure_and_the_record_of_a_customer_and_goes_on_its_day() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    app.invoice(ada.account().await, "2026-0001", 0).await;
    let end = end(&app);
    closed(&app, &ada).await;
    assert_eq!((count(&app, "people").await, count(&app, "accounts").await), (0, 0), "the sixtieth day");
    let stays = "invoices WHERE account_id IS NULL AND number = '2026-0001' AND billing_name = 'Analytical Engines GmbH'";
    assert_eq!(count(&app, stays).await, 1, "in identifying form");
    let mail =
        app.mailbox().await.into_iter().find(|mail| mail.name == "data_erased").expect("the last mail");
    let words = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let until = end.format("%-d %B %Y");
    assert!(
        words.contains(&format!("by the law of the country that it was billed to, until {until}.")),
        "{words}"
    );
    app.travel(Duration::days(7 * 366)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "former_customers").await, 0, "S73");
    assert_eq!(count(&app, stays).await, 1, "S74");
    travel_to(&app, end - Duration::minutes(1)).await;
    assert_eq!(sweep(&app).await, 1);
    travel_to(&app, end).await;
    assert_eq!(sweep(&app).await, 0);
    assert!(found(&app, "Analytical Engines").await.is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_keeps_it_beyond_its_day_until_it_is_released() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    app.invoice(ada.account().await, "1", 0).await;
    app.invoice(bob.account().await, "2", 0).await;
    let hold = "INSERT INTO holds (id, scope, account_id, table_name, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) VALUES \
        (gen_random_uuid(), $what, 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01')";
    travel_to(&app, end(&app)).await;
    let account = format!("'account', '{}', NULL", ada.account().await.0);
    run(&app, &hold.replace("$what", &account)).await;
    assert_eq!(sweep(&app).await, 1, "hers stays");
    assert_eq!(count(&app, "invoices WHERE number = '1'").await, 1);
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    run(&app, &hold.replace("$what", "'table', NULL, 'invoices'")).await;
    assert_eq!(sweep(&app).await, 1);
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.' WHERE ended_at IS NULL").await;
    assert_eq!(sweep(&app).await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn deleting_a_person_keeps_their_invoices_and_the_receipt_says_why() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    app.invoice(ada.account().await, "1", 0).await;
    app.pay("1").await;
    let end = end(&app);
    confirmed(&app, &app.sign_in_as(&ada).await).await;
    app.travel(Duration::days(7)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 0);
    assert_eq!(count(&app, "invoices WHERE account_id IS NULL").await, 1);
    let document = receipt(&app).await;
    let reason = &document["reasons"][0];
    assert_eq!((&reason["code"], &reason["items"]), (&json!("legal_duty"), &json!(1)), "S45, S70");
    assert_eq!(reason["look_again_on"], json!(end.date_naive()), "when it goes");
    let stays = document["stays"].as_array().unwrap();
    let invoice = stays.iter().find(|one| one["what"] == "An invoice to the owner of an account").unwrap();
    assert_eq!(invoice["until"], json!(end));
    assert_eq!(app.mail_to("ada@example.com").await.name, "data_erased");
}

#[tokio::test]
async fn an_invoice_that_comes_in_while_its_account_goes_leads_to_no_account() {
    for _ in 0..4 {
        let app = open().await;
        let ada = app.customer("ada@example.com").await;
        let event = issued(&app, ada.account().await, "1");
        let mut conn = app.conn().await;
        erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
        let (told, ()) = tokio::join!(tell(&app, &event), app.run_jobs());
        assert!([204, 422].contains(&told.status), "{} {}", told.status, told.text());
        app.run_timetable().await;
        assert_eq!(count(&app, "people").await, 0);
        assert_eq!(count(&app, "invoices WHERE account_id IS NOT NULL").await, 0);
        let stored = i64::from(told.status == 204);
        assert_eq!(count(&app, "invoices").await, stored);
        // Told again it is what it was: stored, or of no account.
        assert_eq!(tell(&app, &event).await.status, told.status);
        assert!(app.dead_jobs().await.is_empty());
        app.mailbox().await;
    }
}

/// Another invoice with the number 1.
const SAME_NUMBER: &str = "INSERT INTO invoices (id, source, number, issued_on, due_on, currency, total_minor, tax_minor, \
    billing_name, billing_lines, billing_city, billing_country, kept_until) VALUES (gen_random_uuid(), 'processor', '1', \
    '2026-01-01', '2026-01-01', 'EUR', 1, 0, 'X', '{X}', 'X', 'DE', '2035-01-01T12:00:00Z')";

#[tokio::test]
async fn what_is_noted_of_an_invoice_at_the_last_moment_goes_with_the_account() {
    let app = open().await;
    let ada = app.customer("ada@example.com").await;
    let event = issued(&app, ada.account().await, "1");
    erasure::order(&mut *app.conn().await, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    // The invoice has its account already and waits for whoever else has its number; the erasure comes to that account.
    let (mut other, done) = (app.db.client().await.unwrap(), tokio::sync::Notify::new());
    let taken = other.transaction().await.unwrap();
    taken.batch_execute(SAME_NUMBER).await.unwrap();
    let erase = async {
        lock_waits(&app, "the invoice to wait for its number", 1).await;
        app.run_jobs().await;
        done.notify_one();
    };
    let let_go = async {
        // An erasure that gave way in time waits no more.
        tokio::select! {
            () = lock_waits(&app, "the erasure to wait for the account", 2) => {}
            () = done.notified() => {}
        }
        taken.rollback().await.unwrap();
    };
    let (told, (), ()) = tokio::join!(tell(&app, &event), erase, let_go);
    assert_eq!(told.status, 204, "{}", told.text());
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 0);
    assert_eq!(count(&app, "invoices WHERE account_id IS NULL").await, 1);
    let noted = "audit_events WHERE action = 'account.invoice.issued'";
    assert_eq!(count(&app, noted).await, 1, "it was issued to the account");
    assert_eq!(
        count(&app, "audit_details WHERE note LIKE 'IV%'").await,
        0,
        "and nothing leads there any more"
    );
    assert!(app.dead_jobs().await.is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_of_an_account_has_its_invoices_and_of_another_none() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let id = app.invoice(ada.account().await, "2026-0001", 0).await;
    app.invoice(bob.account().await, "2026-0002", 0).await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, &ada.account().await.to_string()).await.location().to_owned();
    app.run_jobs().await;
    app.mailbox().await;
    let rows = fetch(&browser, &path).await.json("data/invoices.json");
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{rows:?}");
    for (column, value) in [
        ("id", json!(id)),
        ("number", json!("2026-0001")),
        ("total_minor", json!(119_000)),
        ("billing_lines", json!(["Hauptstraße 1", "Hinterhaus"])),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    let page = browser.get("/privacy/your-data").await;
    let held = Page::first(&page, "#table-invoices").expect("it is held");
    let until = end(&app).format("%-d %B %Y");
    assert!(
        held.contains(&format!("Goes on {until}.")) && held.contains("told by our payment processor"),
        "{held}"
    );
}

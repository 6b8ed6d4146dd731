//! How long a record stays: beyond its account and its owner, and no longer than the law of its country asks for.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::receipts;
use portal::platform::files::tending;
use portal::privacy::erasure::replay::{self, Line};
use portal::retention::ledger::{Kind, blinded};
use portal::retention::{subscriber_laws, sweep};
use portal::staff::permissions::Role;
use serde_json::{Value, json};

use crate::accounts::invoices::confirmed_deletion;
use crate::privacy::exports::{fetch, order};
use crate::support::subscriber_records::{NUMBER, at_desk};
use crate::support::{Browser, PDF, Page, TestApp, TestPerson, count, run, stored};

async fn travel_to(app: &TestApp, at: DateTime<Utc>) {
    app.travel(at - app.clock.now()).await;
}

/// Sweeps, and answers how many records and files are left.
pub(super) async fn swept(app: &TestApp) -> (i64, i64, usize) {
    sweep::nightly((**app).clone()).await.unwrap();
    tending::tend((**app).clone()).await.unwrap();
    (count(app, "subscriber_records").await, count(app, "files").await, stored(app).await)
}

/// An accepted record of an account, with a browser of its owner and its page.
pub(super) async fn accepted(app: &TestApp, person: &TestPerson<'_>, country: &str) -> (Browser, String) {
    let paul = app.staff(Role::Privacy).await;
    accepted_by(app, person, &paul, country).await
}

async fn accepted_by(
    app: &TestApp,
    person: &TestPerson<'_>,
    paul: &TestPerson<'_>,
    country: &str,
) -> (Browser, String) {
    let browser = app.sign_in_as(person).await;
    let record = app.subscriber_record(&browser, person.account().await, country, "Martha Keel").await;
    app.accept_record(&app.sign_in_as(paul).await, &record).await;
    app.mailbox().await;
    (browser, record)
}

fn end(country: &str, ended_on: NaiveDate) -> DateTime<Utc> {
    subscriber_laws::of(country).expect("a country with a rule").kept_until(ended_on)
}

fn named(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

async fn ask_to_close(app: &TestApp, person: &TestPerson<'_>) -> Page {
    let browser = app.sign_in_as(person).await;
    let page = browser.get(&format!("/accounts/{}/closure/new", person.account().await)).await;
    let fields = [("understood", "on"), ("confirmation", "First account")];
    let closed = page.submit_to("/closure", &fields).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    closed.follow().await
}

/// What the receipt of this kind says.
async fn receipt(app: &TestApp, kind: &str) -> Value {
    let of_kind = receipts::table.filter(receipts::kind.eq(kind));
    let document: String = of_kind.select(receipts::document).first(&mut app.conn().await).await.unwrap();
    let part = URL_SAFE_NO_PAD.decode(document.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[tokio::test]
async fn after_its_withdrawal_a_record_is_kept_to_the_day_of_its_country() {
    for country in ["CH", "DE"] {
        let app = TestApp::start().await;
        app.wait_for_noon().await;
        let ada = app.customer("ada@example.com").await;
        let (browser, record) = accepted(&app, &ada, country).await;
        let end = end(country, app.today());
        let question = browser.get(&format!("{record}/withdrawal")).await;
        assert!(question.words().contains(&format!("until {}", named(end))), "{}", question.words());
        let page = question.submit_to("/withdrawal", &[]).await.follow().await;
        assert!(page.words().contains(&format!("Until {}", named(end))), "{}", page.words());
        travel_to(&app, end - Duration::days(1)).await;
        assert_eq!(swept(&app).await, (1, 1, 1), "{country}: the day before");
        travel_to(&app, end - Duration::minutes(1)).await;
        assert_eq!(swept(&app).await, (1, 1, 1), "{country}: the minute before");
        travel_to(&app, end).await;
        assert_eq!(swept(&app).await, (0, 0, 0), "{country}: with its file");
    }
}

#[tokio::test]
async fn what_was_never_accepted_goes_the_night_after_and_what_is_in_force_does_not_go() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, _) = accepted(&app, &ada, "CH").await;
    let account = ada.account().await;
    let record = app.subscriber_record(&browser, account, "DE", "Nadia Verne").await;
    browser.post(&format!("{record}/withdrawal"), &[]).await;
    assert_eq!(swept(&app).await.0, 1);
    assert_eq!(count(&app, "subscriber_records WHERE country = 'CH'").await, 1);
    app.travel(Duration::days(3 * 366)).await;
    assert_eq!(swept(&app).await, (1, 1, 1), "its clock has not begun");
}

#[tokio::test]
async fn what_was_refused_goes_after_sixty_days_and_the_page_names_the_day() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let record = app.subscriber_record(&browser, ada.account().await, "CH", "Martha Keel").await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let why = "The copy of the passport cannot be read.";
    app.decide_record(&desk, &record, &[("outcome", "refused"), ("words", why)]).await;
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.text.contains("after 60 days"), "{}", mail.text);
    let end = subscriber_laws::refused_until(app.today());
    let words = browser.get(&record).await.words();
    assert!(words.contains(&format!("it goes on {}", named(end))), "{words}");
    travel_to(&app, end - Duration::minutes(1)).await;
    assert_eq!(swept(&app).await, (1, 1, 1), "the minute before");
    travel_to(&app, end).await;
    assert_eq!(swept(&app).await, (0, 0, 0), "with its file");
}

#[tokio::test]
async fn a_record_outlives_the_closure_of_its_account_from_the_day_of_the_request_and_leads_nowhere() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.staff(Role::Privacy).await);
    let (browser, record) = accepted_by(&app, &ada, &paul, "CH").await;
    let waiting = app.subscriber_record(&browser, ada.account().await, "DE", "Nadia Verne").await;
    let end = end("CH", app.today());
    let page = ask_to_close(&app, &ada).await;
    let stays = format!("by the law of their country, the last until {}", named(end));
    assert!(page.words().contains(&stays), "{}", page.words());
    let told = receipt(&app, "account_closed").await;
    let stays = told["stays"].as_array().unwrap();
    let records = stays.iter().find(|one| one["what"] == "Subscriber records").expect("they are named");
    assert_eq!(records["until"], json!(end));
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!(
        (count(&app, "people WHERE email = 'ada@example.com'").await, count(&app, "accounts").await),
        (0, 0)
    );
    let kept = "subscriber_records WHERE account_id IS NULL AND ended_because = 'account' AND country = 'CH'";
    assert_eq!(count(&app, kept).await, 1);
    let desk = app.sign_in_as(&paul).await;
    let path = app.open_record(&desk, &record).await;
    let words = desk.get(&path).await.words();
    assert!(words.contains("Martha Keel") && words.contains(NUMBER), "in identifying form: {words}");
    assert!(words.contains("gone: the record is kept by law alone"), "{words}");
    // An authority may ask then, too; the account is not there to be told.
    app.share_record(&desk, &record).await;
    assert_eq!(count(&app, "audit_events WHERE action = 'subscriber_record.shared'").await, 1);
    assert_eq!(desk.get(&at_desk(&waiting)).await.status, 404, "the one that waited went with the account");
    assert_eq!(swept(&app).await, (1, 1, 1));
    travel_to(&app, end - Duration::minutes(1)).await;
    assert_eq!(swept(&app).await, (1, 1, 1));
    travel_to(&app, end).await;
    assert_eq!(swept(&app).await, (0, 0, 0));
    assert_eq!(count(&app, "subscriber_record_shares").await, 0, "and whom it was shown to");
    app.mailbox().await;
}

#[tokio::test]
async fn deleting_a_person_keeps_their_records_and_the_receipt_says_why() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, _) = accepted(&app, &ada, "CH").await;
    app.subscriber_record(&browser, ada.account().await, "DE", "Nadia Verne").await;
    confirmed_deletion(&app, &browser).await;
    app.travel(Duration::days(7)).await;
    let end = end("CH", app.today());
    app.run_timetable().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
    assert_eq!(count(&app, "subscriber_records WHERE account_id IS NULL").await, 1);
    let told = receipt(&app, "person_erased").await;
    // The record and the entry of its file; the one that waited is deleted.
    assert_eq!(
        (&told["reasons"][0]["code"], &told["reasons"][0]["items"]),
        (&json!("legal_duty"), &json!(2))
    );
    assert_eq!(told["reasons"][0]["look_again_on"], json!(end.date_naive()));
    let counts = told["counts"].as_array().unwrap();
    let account = counts.iter().find(|count| count["class"] == "Account data").unwrap();
    assert!(account["kept"].as_i64().unwrap() >= 3, "with its file: {account}");
    let mail = app.mail_to("ada@example.com").await;
    let words = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("by the law of the country of the number") && words.contains(&named(end)),
        "{words}"
    );
    assert_eq!(swept(&app).await, (1, 1, 1));
    travel_to(&app, end).await;
    assert_eq!(swept(&app).await, (0, 0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_keeps_it_beyond_its_day_until_it_is_released() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, record) = accepted(&app, &ada, "CH").await;
    browser.post(&format!("{record}/withdrawal"), &[]).await;
    let hold = "INSERT INTO holds (id, scope, account_id, table_name, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) VALUES \
        (gen_random_uuid(), $what, 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01')";
    let release = "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.' WHERE ended_at IS NULL";
    travel_to(&app, end("CH", app.today()) + Duration::days(1)).await;
    for what in [
        format!("'account', '{}', NULL", ada.account().await.0),
        "'table', NULL, 'subscriber_records'".to_owned(),
        "'table', NULL, 'files'".to_owned(),
    ] {
        run(&app, &hold.replace("$what", &what)).await;
        assert_eq!(swept(&app).await, (1, 1, 1), "{what}");
        run(&app, release).await;
    }
    assert_eq!(swept(&app).await, (0, 0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_of_an_account_has_its_records_opened_with_their_files_and_of_another_none() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (browser, record) = accepted(&app, &ada, "CH").await;
    let theirs = app.sign_in_as(&bob).await;
    app.subscriber_record(&theirs, bob.account().await, "CH", "Nadia Verne").await;
    browser.post(&format!("{record}/withdrawal"), &[]).await;
    let path = order(&browser, &ada.account().await.to_string()).await.location().to_owned();
    app.run_jobs().await;
    app.mailbox().await;
    let mut copy = fetch(&browser, &path).await;
    let rows = copy.json("data/subscriber_records.json");
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    for (column, value) in [
        ("id", record.rsplit('/').next().unwrap()),
        ("name", "Martha Keel"),
        ("address", "Bahnhofgasse 1\n8001 Zürich"),
        ("birth", "1980-02-03"),
        ("identification", NUMBER),
    ] {
        assert_eq!(rows[0][column], json!(value), "{column}");
    }
    assert_eq!(copy.attached("proof-1.pdf"), PDF);
    let page = browser.get("/privacy/your-data").await;
    let held = Page::first(&page, "#table-subscriber_records").expect("it is held");
    assert!(held.contains(&format!("Goes on {}.", named(end("CH", app.today())))), "{held}");
    assert!(held.contains("the local carrier that connects a number"), "{held}");
}

#[tokio::test]
async fn in_a_restored_backup_the_record_of_somebody_who_was_erased_loses_its_account_again() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    accepted(&app, &ada, "CH").await;
    let line = |kind: Kind, id| Line { kind: kind.as_str().into(), blinded: blinded(&app.keys, kind, id) };
    let lines = HashSet::from([line(Kind::Person, ada.id.0)]);
    assert_eq!(replay::replay(&app, &lines).await.unwrap(), 1);
    app.run_jobs().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
    let kept = "subscriber_records WHERE account_id IS NULL AND ended_because = 'account'";
    assert_eq!((count(&app, kept).await, stored(&app).await), (1, 1));
    travel_to(&app, end("CH", app.today())).await;
    assert_eq!(swept(&app).await, (0, 0, 0));
    app.mailbox().await;
}

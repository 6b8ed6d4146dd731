//! Deletions that were asked for by mail: whoever staff made sure of is deleted, with or without an account, and nothing is
//! said to be done before it is.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::privacy::erasure;
use portal::privacy::erasure::replay::Line;
use portal::retention::ledger::{self, Kind};
use portal::staff::permissions::Role;
use tokio_postgres::error::SqlState;

use super::data_requests::step;
use super::found;
use crate::support::{Browser, Page, TestApp, count, lock_waits, run};

const EMAIL: &str = "ada.lovelace@example.com";

/// A deletion that was logged by staff and verified by them. Answers its page at the desk and the link of whoever asks.
async fn verified(app: &TestApp, desk: &Browser, email: &str) -> (String, String) {
    let day = app.clock.now().date_naive().to_string();
    let fields = [
        ("kind", "deletion"),
        ("email", email),
        ("received", day.as_str()),
        ("home", "us"),
        ("acknowledge", "on"),
    ];
    let path = desk.post("/staff/requests/new", &fields).await.location().to_owned();
    let mails = app.mailbox().await;
    let received = mails.iter().find(|mail| mail.name == "data_request_received").expect("a confirmation");
    let link = received.link("/privacy/requests/links/");
    assert_eq!(step(desk, &path, "verify", "Called back on the number that we know.").await.status, 303);
    (path, link)
}

/// Confirms it by the link, and waits until it can no longer be undone.
async fn confirmed(app: &TestApp, link: &str) {
    let question = app.browser().get(&format!("{link}/confirmation")).await;
    assert_eq!(question.submit(&[]).await.status, 303);
    app.mailbox().await;
    app.travel(Duration::days(7)).await;
}

/// A deletion of somebody with an account that can no longer be undone. Answers the desk where it waits, and its page there.
async fn past_grace(app: &TestApp) -> (Browser, String) {
    app.customer(EMAIL).await;
    let privacy = app.staff(Role::Privacy).await;
    let (path, link) = verified(app, &app.sign_in_as(&privacy).await, EMAIL).await;
    confirmed(app, &link).await;
    (app.sign_in_as(&privacy).await, path)
}

async fn decide(desk: &Browser, path: &str, outcome: &str, fields: &[(&str, &str)]) -> Page {
    desk.get(path).await.submit_to("/claim", &[]).await;
    let form = desk.get(&format!("{path}/decision?outcome={outcome}&reason=legal_duty")).await;
    form.submit(fields).await
}

async fn enquiry(app: &TestApp, email: &str) {
    run(app, &format!(
        "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES (gen_random_uuid(), '{email}', 'How much?', false, sha256(gen_random_uuid()::text::bytea), now())"
    ))
    .await;
}

#[tokio::test]
async fn a_deletion_that_staff_verify_deletes_the_person_and_is_done_when_they_are() {
    let app = TestApp::start().await;
    let (desk, path) = past_grace(&app).await;
    let decided = decide(&desk, &path, "fulfilled", &[]).await;
    assert_eq!(decided.status, 303, "{}", decided.words());
    assert_eq!(count(&app, "data_requests WHERE closed_at IS NULL").await, 1, "it is not done yet");
    assert_eq!((count(&app, "receipts").await, app.mailbox().await.len()), (0, 0), "and not said to be");
    app.run_jobs().await;
    assert_eq!(count(&app, &format!("people WHERE email = '{EMAIL}'")).await, 0);
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND email IS NULL").await, 1);
    assert_eq!(app.mail_to(EMAIL).await.name, "data_erased");
    assert_eq!(count(&app, "receipts WHERE kind = 'person_erased'").await, 1);
}

#[tokio::test]
async fn what_has_begun_is_not_decided_in_another_way() {
    let app = TestApp::start().await;
    let (desk, path) = past_grace(&app).await;
    let form = desk.get(&format!("{path}/decision?outcome=partly_fulfilled&reason=legal_duty")).await;
    let again = desk.get(&format!("{path}/decision?outcome=fulfilled")).await;
    assert_eq!(decide(&desk, &path, "fulfilled", &[]).await.status, 303);
    let version = format!("{}", count(&app, "data_request_steps").await);
    for refused in [
        form.submit(&[("items", "Invoices"), ("version", &version)]).await,
        again.submit(&[("version", &version)]).await,
    ] {
        assert!(refused.error().contains("has moved on"), "{} {}", refused.status, refused.words());
    }
    app.run_jobs().await;
    assert_eq!((count(&app, "people WHERE email LIKE 'ada%'").await, app.dead_jobs().await.len()), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn a_deletion_is_not_done_in_part() {
    let app = TestApp::start().await;
    let (desk, path) = past_grace(&app).await;
    desk.get(&path).await.submit_to("/claim", &[]).await;
    let form = desk.get(&format!("{path}/decision")).await;
    let offered = form.all("select[name=outcome] option");
    assert_eq!(offered, ["Done", "Not done"], "and says why: {}", form.words());
    assert!(form.words().contains("Done means: everything"));
    let typed = desk.get(&format!("{path}/decision?outcome=partly_fulfilled&reason=legal_duty")).await;
    let refused = typed.submit(&[("items", "Invoices")]).await;
    assert!(refused.error().contains("wholly or not at all"), "{} {}", refused.status, refused.words());
    let typed = Page::first(&refused, "textarea[name=items]");
    assert_eq!(typed.as_deref(), Some("Invoices"), "what was typed is kept");
    app.run_jobs().await;
    assert_eq!(count(&app, &format!("people WHERE email = '{EMAIL}'")).await, 1, "nothing is gone");
    assert_eq!(count(&app, "data_request_withheld").await, 0, "and nothing half written");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_has_no_account_is_deleted_by_the_address_and_stays_so_after_a_restore() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    for email in [EMAIL, "bob@example.com"] {
        enquiry(&app, email).await;
    }
    let (_, link) = verified(&app, &desk, EMAIL).await;
    confirmed(&app, &link).await;
    app.run_timetable().await;
    let mail = app.mail_to(EMAIL).await;
    assert_eq!(mail.name, "data_erased");
    assert!(mail.text.contains("Account data: ") && mail.text.contains("-----BEGIN"), "{}", mail.text);
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND email IS NULL").await, 1);
    assert_eq!(count(&app, "receipts WHERE kind = 'person_erased' AND request_id IS NULL").await, 1);
    app.travel(Duration::days(1) + Duration::minutes(1)).await;
    app.run_timetable().await;
    assert!(found(&app, "lovelace").await.is_empty(), "{:?}", found(&app, "lovelace").await);
    assert_eq!(count(&app, "sales_enquiries").await, 1, "Bob's");
    // As in a restored backup.
    enquiry(&app, EMAIL).await;
    assert_eq!(count(&app, "erasure_ledger WHERE kind = 'address'").await, 1);
    let line = Line { kind: "address".into(), blinded: ledger::blinded_address(&app.keys, EMAIL) };
    assert_eq!(erasure::replay::replay(&app, &[line].into()).await.unwrap(), 1);
    assert!(found(&app, "lovelace").await.is_empty());
    assert_eq!(count(&app, "sales_enquiries").await, 1, "Bob's");
    app.mailbox().await;
}

#[tokio::test]
async fn what_was_erased_by_one_spelling_of_an_address_does_not_come_back_in_the_other() {
    let app = TestApp::start().await;
    let (letters, read) = ("lovelace@bücher.example", "lovelace@xn--bcher-kva.example");
    for email in [letters, "bob@bücher.example"] {
        enquiry(&app, email).await;
    }
    let line = Line { kind: "address".into(), blinded: ledger::blinded_address(&app.keys, read) };
    assert_eq!(erasure::replay::replay(&app, &[line].into()).await.unwrap(), 1);
    assert_eq!(count(&app, &format!("sales_enquiries WHERE email = '{letters}'")).await, 0);
    assert_eq!(count(&app, "sales_enquiries").await, 1, "Bob's");
    app.mailbox().await;
}

#[tokio::test]
async fn two_deletions_of_one_address_are_both_done_and_neither_is_ordered_again() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    enquiry(&app, EMAIL).await;
    let (_, one) = verified(&app, &desk, EMAIL).await;
    let (_, two) = verified(&app, &desk, EMAIL).await;
    let question = app.browser().get(&format!("{one}/confirmation")).await;
    assert_eq!(question.submit(&[]).await.status, 303);
    confirmed(&app, &two).await;
    for _ in 0..3 {
        app.run_timetable().await;
        app.travel(Duration::minutes(10)).await;
    }
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND email IS NULL").await, 2);
    assert_eq!(
        (count(&app, "erasures").await, count(&app, "erasures WHERE finished_at IS NULL").await),
        (2, 0)
    );
    assert_eq!((count(&app, "sales_enquiries").await, app.dead_jobs().await.len()), (0, 0));
    let told = app.mailbox().await.into_iter().filter(|mail| mail.name == "data_erased");
    assert_eq!(told.count(), 1, "once, because the address is gone with the first");
}

#[tokio::test]
async fn a_deletion_that_a_restored_backup_has_again_in_its_grace_is_done_once() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let (_, link) = verified(&app, &desk, EMAIL).await;
    let question = app.browser().get(&format!("{link}/confirmation")).await;
    assert_eq!(question.submit(&[]).await.status, 303);
    app.mailbox().await;
    let line = Line { kind: "address".into(), blinded: ledger::blinded_address(&app.keys, EMAIL) };
    assert_eq!(erasure::replay::replay(&app, &[line].into()).await.unwrap(), 1);
    app.travel(Duration::days(7)).await;
    for _ in 0..3 {
        app.run_timetable().await;
        app.travel(Duration::minutes(10)).await;
    }
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND email IS NULL").await, 1);
    assert_eq!(
        (count(&app, "erasures").await, count(&app, "erasures WHERE finished_at IS NULL").await),
        (1, 0)
    );
    app.mailbox().await;
}

#[tokio::test]
async fn an_erasure_that_a_restored_backup_has_under_way_tells_nobody_a_second_time() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let privacy = app.staff(Role::Privacy).await;
    let (path, link) = verified(&app, &app.sign_in_as(&privacy).await, EMAIL).await;
    confirmed(&app, &link).await;
    assert_eq!(decide(&app.sign_in_as(&privacy).await, &path, "fulfilled", &[]).await.status, 303);
    app.mailbox().await;
    let blinded = ledger::blinded(&app.keys, Kind::Person, ada.id.0);
    let line = Line { kind: Kind::Person.as_str().into(), blinded };
    assert_eq!(erasure::replay::replay(&app, &[line].into()).await.unwrap(), 1);
    app.run_jobs().await;
    assert_eq!(count(&app, &format!("people WHERE email = '{EMAIL}'")).await, 0);
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND person_id IS NULL").await, 1);
    assert_eq!(count(&app, "receipts").await, 0);
    assert!(app.mailbox().await.iter().all(|mail| mail.name != "data_erased"), "they were told then");
}

#[tokio::test]
async fn an_account_that_came_later_and_a_hold_stand_against_a_deletion_by_address() {
    let app = TestApp::start().await;
    let privacy = app.staff(Role::Privacy).await;
    enquiry(&app, EMAIL).await;
    let (path, link) = verified(&app, &app.sign_in_as(&privacy).await, EMAIL).await;
    confirmed(&app, &link).await;
    run(&app, "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
        VALUES (gen_random_uuid(), 'table', 'sales_enquiries', 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '30 days', '2999-01-01')").await;
    let desk = app.sign_in_as(&privacy).await;
    for (words, next) in [
        ("Something of theirs is on hold", "DELETE FROM holds"),
        ("Somebody has an account with this address", "SELECT 1"),
    ] {
        app.run_timetable().await;
        let page = desk.get(&path).await;
        assert!(page.words().contains(words), "{}", page.words());
        let refused = decide(&desk, &path, "fulfilled", &[]).await;
        assert!(refused.error().contains("stands against the deletion"), "{}", refused.words());
        assert_eq!((count(&app, "erasures").await, count(&app, "sales_enquiries").await), (0, 1));
        if words.starts_with("Something") {
            app.customer(EMAIL).await;
        }
        run(&app, next).await;
    }
    app.mailbox().await;
}

#[tokio::test]
async fn the_last_mail_stays_until_it_has_left_however_long_that_takes() {
    let app = TestApp::start().await;
    run(&app, "INSERT INTO messages (id, kind, name, class, recipient, subject, message_id, created_at) \
        VALUES (gen_random_uuid(), 'mail', 'data_erased', 'transactional', 'ada@example.com', 's', 'x', now() - interval '2 days')").await;
    portal::identity::sign_up::forget_messages((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "messages").await, 1, "the only copy of a receipt");
    run(&app, "UPDATE messages SET sent_at = now() - interval '23 hours'").await;
    portal::identity::sign_up::forget_messages((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "messages").await, 1);
    run(&app, "UPDATE messages SET sent_at = now() - interval '25 hours'").await;
    portal::identity::sign_up::forget_messages((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "messages").await, 0);
}

#[tokio::test]
async fn an_account_that_somebody_was_taking_over_as_they_were_locked_is_locked_with_them() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = bob.account().await.0;
    let (mut taking, other) = (app.db.client().await.unwrap(), app.db.client().await.unwrap());
    let take_over = taking.transaction().await.unwrap();
    let to_ada = format!("UPDATE accounts SET owner_id = '{}' WHERE id = '{account}'", ada.id.0);
    take_over.batch_execute(&to_ada).await.unwrap();
    let mut deleting = app.db.connect().await.unwrap();
    diesel::sql_query("BEGIN").execute(&mut deleting).await.unwrap();
    let done = async {
        lock_waits(&app, "the deletion to wait for whoever takes over", 1).await;
        take_over.commit().await.unwrap();
    };
    let (locked, ()) = tokio::join!(erasure::lock_somebody(&mut deleting, ada.id), done);
    assert_eq!(locked.unwrap().id, ada.id);
    let join = format!("SELECT FROM accounts WHERE id = '{account}' FOR NO KEY UPDATE NOWAIT");
    let refused = other.batch_execute(&join).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::LOCK_NOT_AVAILABLE), "nobody joins it meanwhile");
    diesel::sql_query("ROLLBACK").execute(&mut deleting).await.unwrap();
    other.batch_execute(&join).await.unwrap();
}

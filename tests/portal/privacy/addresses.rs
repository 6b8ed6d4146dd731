//! What is somebody's by their address: requests that were made without signing in, and what was sent before the address
//! changed.

use diesel_async::RunQueryDsl as _;
use portal::privacy::data_map;
use portal::privacy::data_map::rows::Subject;
use portal::privacy::erasure::{self, Cause, Of};

use super::exports::{fetch, order};
use crate::support::{TestApp, TestPerson, count, dawdle, dawdling, lock_waits, run};

const OLD: &str = "ada.lovelace@example.com";
const NEW: &str = "ada@new.example.com";

/// Something in each of the forms, from this address.
async fn forms(app: &TestApp, email: &str) {
    let token = "sha256(gen_random_uuid()::text::bytea)";
    for statement in [
        format!(
            "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES (gen_random_uuid(), '{email}', 'How much?', false, {token}, now())"
        ),
        "INSERT INTO white_papers (id, title, summary, body, created_at) VALUES ('01900000-0000-7000-8000-000000000001', 'Paper', 's', 'b', now()) ON CONFLICT DO NOTHING".into(),
        format!(
            "INSERT INTO white_paper_requests (id, white_paper_id, email, token_hash, requested_at, expires_at) SELECT gen_random_uuid(), id, '{email}', {token}, now(), now() + interval '7 days' FROM white_papers"
        ),
        "INSERT INTO events (id, title, about, place, starts_at, ends_at, capacity, created_at) VALUES ('01900000-0000-7000-8000-000000000002', 'Event', 'a', 'p', now() + interval '9 days', now() + interval '10 days', 9, now()) ON CONFLICT DO NOTHING".into(),
        format!(
            "INSERT INTO event_registrations (id, event_id, email, email_key, name, token_hash, registered_at, confirmed_at) SELECT gen_random_uuid(), id, '{email}', '{email}', 'Ada', {token}, now(), now() FROM events"
        ),
    ] {
        run(app, &statement).await;
    }
}

async fn from(app: &TestApp, email: &str) -> i64 {
    let mut rows = 0;
    for table in ["sales_enquiries", "white_paper_requests", "event_registrations"] {
        rows += count(app, &format!("{table} WHERE email = '{email}'")).await;
    }
    rows
}

async fn erase(app: &TestApp, ada: &TestPerson<'_>) {
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn what_was_sent_under_an_earlier_address_goes_with_its_sender() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    forms(&app, OLD).await;
    app.change_address_from(&app.sign_in_as(&ada).await, OLD, NEW).await;
    assert_eq!((from(&app, OLD).await, from(&app, NEW).await), (0, 3));
    // What has no sender but its address, and came before the change.
    run(&app, &format!(
        "INSERT INTO newsletter_sign_ups (id, email, token_hash, wording, created_at, expires_at) VALUES (gen_random_uuid(), '{OLD}', sha256('n'), 'w', now(), now() + interval '7 days')"
    ))
    .await;
    erase(&app, &ada).await;
    assert_eq!((from(&app, NEW).await, count(&app, "newsletter_sign_ups").await), (0, 0));
}

#[tokio::test]
async fn what_was_kept_by_the_earlier_spelling_of_an_address_goes_with_whoever_has_it() {
    let app = TestApp::start().await;
    let (letters, read) = ("ada@bücher.example", "ada@xn--bcher-kva.example");
    let ada = app.customer(read).await;
    forms(&app, letters).await;
    forms(&app, "eve@bücher.example").await;
    erase(&app, &ada).await;
    assert_eq!((from(&app, letters).await, from(&app, "eve@bücher.example").await), (0, 3));
}

#[tokio::test]
async fn a_change_that_is_taken_back_gives_back_what_it_took_along_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    forms(&app, OLD).await;
    run(&app, &format!(
        "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES (gen_random_uuid(), '{NEW}', 'Not hers.', false, sha256('x'), now())"
    ))
    .await;
    let undo = app.change_address_from(&app.sign_in_as(&ada).await, OLD, NEW).await;
    assert_eq!((from(&app, OLD).await, from(&app, NEW).await), (0, 4));
    let page = app.browser().get(&undo).await.submit(&[]).await;
    assert_eq!(page.heading(), "The change was taken back");
    assert_eq!((from(&app, OLD).await, from(&app, NEW).await), (3, 1), "what was there before stays there");
    app.mailbox().await;
}

#[tokio::test]
async fn a_dispute_that_ended_moves_with_the_address_and_comes_back_with_it() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let fields = [("email", OLD), ("subject", "A newsletter"), ("words", "It came on Monday.")];
    for _ in 0..2 {
        app.send_form(&app.browser(), "/privacy/disputes/new", &fields).await;
    }
    let mails = app.mailbox().await;
    let proof = mails.iter().find(|mail| mail.name == "dispute_proof").expect("one of two");
    let link = proof.link("/privacy/disputes/links/");
    for step in ["proof", "withdrawal"] {
        assert_eq!(app.browser().post(&format!("{link}/{step}"), &[]).await.status, 303);
    }
    app.mailbox().await;
    let undo = app.change_address_from(&app.sign_in_as(&ada).await, OLD, NEW).await;
    let of = async |email: &str| count(&app, &format!("disputes WHERE email = '{email}'")).await;
    assert_eq!((of(OLD).await, of(NEW).await), (1, 1), "what is under way stays with its mailbox");
    assert_eq!(count(&app, &format!("disputes WHERE state = 'withdrawn' AND email = '{NEW}'")).await, 1);
    app.browser().get(&undo).await.submit(&[]).await;
    assert_eq!((of(OLD).await, of(NEW).await), (2, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn a_seat_moves_with_the_address_whatever_somebody_typed_with_the_new_one() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    forms(&app, OLD).await;
    run(&app, &format!(
        "INSERT INTO event_registrations (id, event_id, email, email_key, name, token_hash, registered_at) SELECT gen_random_uuid(), id, '{NEW}', '{NEW}', 'Eve', sha256('x'), now() FROM events"
    ))
    .await;
    let undo = app.change_address_from(&app.sign_in_as(&ada).await, OLD, NEW).await;
    let seat = async |email: &str| {
        let seats = "event_registrations WHERE confirmed_at IS NOT NULL";
        count(&app, &format!("{seats} AND email = '{email}' AND email_key = '{email}'")).await
    };
    assert_eq!((seat(OLD).await, seat(NEW).await), (0, 1));
    app.browser().get(&undo).await.submit(&[]).await;
    assert_eq!((seat(OLD).await, seat(NEW).await), (1, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn an_earlier_address_that_somebody_else_has_by_now_says_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    app.change_address_from(&app.sign_in_as(&ada).await, OLD, NEW).await;
    let addresses = async || match Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await {
        Ok(Subject::Person { addresses, .. }) => addresses,
        other => panic!("{other:?}"),
    };
    assert!(addresses().await.contains(&OLD.to_owned()));
    app.customer(OLD).await;
    assert!(!addresses().await.contains(&OLD.to_owned()));
    app.mailbox().await;
}

#[tokio::test]
async fn a_request_that_was_made_without_signing_in_is_in_the_copy_and_goes_with_the_person() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let fields = [("kind", "categories"), ("email", OLD), ("details", "Zanzibar, please."), ("home", "us")];
    app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
    app.mailbox().await;
    assert_eq!(count(&app, "data_requests WHERE person_id IS NULL").await, 1, "nobody was verified");
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    app.run_jobs().await;
    app.mailbox().await;
    assert!(fetch(&browser, &path).await.everything().contains("Zanzibar"));
    let subject = Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await.unwrap();
    assert!(subject.condition(data_map::table("data_request_steps").unwrap()).is_some());
    run(&app, "INSERT INTO data_request_steps (id, request_id, act, actor_kind, at) SELECT gen_random_uuid(), id, 'withdrawn', 'requester', now() FROM data_requests").await;
    erase(&app, &ada).await;
    assert_eq!(count(&app, "data_requests WHERE num_nonnulls(email, details, name) > 0").await, 0);
}

#[tokio::test]
async fn a_dispute_that_comes_in_while_its_address_is_erased_ends_with_it() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let now = app.clock.now();
    let id = erasure::order(&mut *app.conn().await, Of::Person(ada.id), Cause::Desk, now).await.unwrap();
    // The receipt comes after what is under way was ended, and before everything is emptied.
    let mut conn = app.conn().await;
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    diesel::sql_query("LOCK TABLE receipts IN SHARE MODE").execute(&mut conn).await.unwrap();
    let erasing = erasure::job::carry_out(&app, id);
    let disputing = async {
        lock_waits(&app, "the erasure waits", 1).await;
        let fields = [("email", OLD), ("subject", "A newsletter"), ("words", "It came on Monday.")];
        let page = app.send_form(&app.browser(), "/privacy/disputes/new", &fields).await;
        assert_eq!(page.status, 303, "{}", page.words());
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (erased, ()) = tokio::join!(erasing, disputing);
    erased.expect("nothing stands against it");
    assert_eq!(count(&app, "disputes WHERE state = 'lapsed' AND email IS NULL").await, 1);
    app.mailbox().await;
}

/// Asks from Ada's address, without signing in.
async fn ask_as_stranger(app: &TestApp) {
    let fields = [("kind", "categories"), ("email", OLD), ("details", "Zanzibar, please."), ("home", "us")];
    let page = app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
    assert_eq!(page.location(), "/privacy/requests/sent", "{}", page.words());
}

#[tokio::test]
async fn a_request_that_comes_in_while_its_address_is_erased_is_a_strangers_and_can_be_answered() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let now = app.clock.now();
    let id = erasure::order(&mut *app.conn().await, Of::Person(ada.id), Cause::Desk, now).await.unwrap();
    // After what is under way was ended, and before everything is emptied.
    dawdle(&app, "AFTER INSERT ON receipts", 1.0).await;
    let asking = async {
        dawdling(&app).await;
        ask_as_stranger(&app).await;
    };
    let (erased, ()) = tokio::join!(erasure::job::carry_out(&app, id), asking);
    erased.expect("nothing stands against it");
    assert_eq!(count(&app, "people").await, 0);
    let theirs = format!("data_requests WHERE closed_at IS NULL AND email = '{OLD}' AND details IS NOT NULL");
    assert_eq!(count(&app, &theirs).await, 1);
    let mails = app.mailbox().await;
    let named = |name: &str| mails.iter().find(|mail| mail.name == name).expect("it was mailed");
    let link = named("data_request_received").link("/privacy/requests/links/");
    let code = named("data_request_code").code();
    let page = app.browser().get(&link).await.submit_to("/code", &[("code", &code)]).await.follow().await;
    assert!(page.words().contains("by a code to the mailbox"), "{}", page.words());
}

#[tokio::test]
async fn an_erasure_that_comes_while_a_request_is_written_ends_it_with_the_others() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let now = app.clock.now();
    let id = erasure::order(&mut *app.conn().await, Of::Person(ada.id), Cause::Desk, now).await.unwrap();
    dawdle(&app, "AFTER INSERT ON data_request_codes", 1.0).await;
    let erasing = async {
        dawdling(&app).await;
        erasure::job::carry_out(&app, id).await.expect("it gives way to whoever writes, and comes back");
    };
    tokio::join!(ask_as_stranger(&app), erasing);
    assert_eq!(count(&app, "people").await, 0);
    assert_eq!(count(&app, "data_requests WHERE state = 'expired' AND email IS NULL").await, 1);
    assert_eq!(count(&app, "data_requests WHERE closed_at IS NULL").await, 0, "none waits without a name");
    app.mailbox().await;
}

//! Mail that is no mailing, which a server refuses because the mailbox is gone: no mailing goes there any more.

use chrono::Duration;
use portal::platform::ids::MessageId;
use portal::platform::messages;
use portal::preferences::campaigns;
use portal::preferences::suppressions::{self, Reason};
use portal::preferences::topics::Topic;
use portal::retention::{rules, sweep};
use portal::staff::permissions::Role;

use super::campaigns::{begun, desk};
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, count, run};

/// The server says of it that it is gone.
const GONE: &str = "unknown@example.com";
const REFUSED: &str = "Your mailbox refused our mail";

async fn forgot_password(app: &TestApp, email: &str) {
    assert!(app.browser().post("/password-reset", &[("email", email)]).await.status < 400);
    app.run_jobs().await;
    app.mail_to(email).await;
}

#[tokio::test]
async fn a_mailbox_that_needed_mail_finds_gone_gets_no_mailings_and_its_owner_sees_why() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let ada = app.customer(GONE).await;
    let subscriber = app.subscriber(GONE, &[Topic::Newsletter]).await;
    let campaign = begun(&app, &desk(&app).await).await;
    run(&app, "UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 day'").await;
    let browser = app.sign_in_as(&ada).await;
    assert!(!browser.get("/settings/preferences").await.text().contains(REFUSED));
    for tries in 1..=2 {
        forgot_password(&app, GONE).await;
        let refused = count(&app, "message_attempts WHERE outcome = 'permanent_failure'").await;
        assert_eq!(refused, tries, "needed mail is tried all the same");
        assert_eq!(count(&app, "mail_suppressions WHERE reason = 'hard_bounce'").await, 1);
        assert!(browser.get("/settings/preferences").await.words().contains(REFUSED));
        assert!(!subscriber.may_get(Topic::Newsletter).await);
    }
    // What waited for the mailbox is looked at before it begins.
    app.travel(chrono::Duration::days(1)).await;
    app.run_jobs().await;
    let counts = campaigns::counts(&app, campaign).await.unwrap();
    assert_eq!((counts.total, counts.suppressed, counts.refused), (1, 1, 0));
    assert_eq!(app.dead_jobs().await.len(), 2);
}

#[tokio::test]
async fn an_address_that_is_nobodys_is_suppressed_by_its_digest_until_a_mail_arrives_there() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let browser = app.browser();
    app.send_form(&browser, "/newsletter", &[("email", GONE)]).await;
    app.run_jobs().await;
    assert!(app.is_suppressed("UNKNOWN@example.com").await && !app.is_suppressed("ada@example.com").await);
    assert_eq!(count(&app, "contacts").await, 0);
    assert_eq!(
        count(&app, "mail_suppressions WHERE detail LIKE '%@%' OR detail NOT LIKE '%5.1.1%'").await,
        0
    );
    // Somebody sets the mailbox up again and finds the link in it.
    let link = app.mail_to(GONE).await.link("/newsletter/");
    browser.get(&link).await.submit(&[]).await;
    assert!(!app.is_suppressed(GONE).await);
    assert_eq!(app.dead_jobs().await.len(), 1);
}

#[tokio::test]
async fn needed_mail_that_is_refused_for_another_reason_says_nothing_of_the_mailbox() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    for name in ["full.", "policy.", "size.", "wordless.", "busy."] {
        let email = format!("{name}a@example.com");
        forgot_password(&app, &email).await;
        assert!(!app.is_suppressed(&email).await, "{email}");
    }
    assert_eq!(count(&app, "message_attempts WHERE outcome = 'permanent_failure'").await, 4);
    assert_eq!(app.dead_jobs().await.len(), 4);
}

#[tokio::test]
async fn two_workers_that_hand_over_the_same_mail_suppress_the_mailbox_once() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    app.browser().post("/password-reset", &[("email", GONE)]).await;
    let message = MessageId(app.mail_to(GONE).await.id);
    let twin = app.twin();
    let (one, two) = tokio::join!(messages::deliver(&app, message), messages::deliver(&twin, message));
    assert!(one.is_err() || two.is_err(), "{one:?} {two:?}");
    app.run_jobs().await;
    assert_eq!(count(&app, "mail_suppressions").await, 1);
}

#[tokio::test]
async fn of_a_message_that_was_forgotten_while_it_was_handed_over_nothing_is_kept() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    app.browser().post("/password-reset", &[("email", GONE)]).await;
    app.mail_to(GONE).await;
    run(
        &app,
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN DELETE FROM messages WHERE id = NEW.message_id; RETURN NULL; END $$",
    )
    .await;
    run(
        &app,
        "CREATE TRIGGER forget AFTER INSERT ON message_attempts FOR EACH ROW EXECUTE FUNCTION forget()",
    )
    .await;
    app.run_jobs().await;
    assert_eq!((count(&app, "messages").await, count(&app, "mail_suppressions").await), (0, 0));
    assert_eq!(app.dead_jobs().await.len(), 1);
}

async fn suppress(app: &TestApp, email: &str, reason: Reason) {
    let (mut conn, now) = (app.conn().await, app.clock.now());
    let said = Some("550 5.1.1 User unknown");
    suppressions::suppress(&mut conn, &app.keys, email, reason, said, now).await.unwrap();
}

/// Suppresses a mailbox at the desk of contacts.
async fn suppress_at_the_desk(app: &TestApp, email: &str) {
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let asked = [("email", email), ("reason", "They wrote us a letter.")];
    let page = desk.get("/staff/contacts").await.submit(&asked).await.follow().await;
    let done = page.submit_to("/suppression", &[("why", "They wrote that they want nothing.")]).await;
    assert_eq!(done.status, 303, "{}", done.words());
}

#[tokio::test]
async fn of_a_mailbox_that_is_nobodys_a_refusal_goes_after_two_years_and_a_wish_stays_as_a_digest() {
    let app = TestApp::start().await;
    app.subscriber("ada@example.com", &[Topic::Newsletter]).await;
    suppress(&app, GONE, Reason::HardBounce).await;
    suppress(&app, "ada@example.com", Reason::HardBounce).await;
    suppress(&app, "complained@example.com", Reason::Complaint).await;
    suppress_at_the_desk(&app, "wrote@example.com").await;
    let all = [GONE, "ada@example.com", "complained@example.com", "wrote@example.com"];
    let end = rules::MAIL_SUPPRESSIONS.goes_at(app.clock.now()).expect("it has a length");
    let words = "mail_suppressions WHERE detail IS NOT NULL OR made_by IS NOT NULL";
    for (at, suppressed, with_words) in
        [(end - Duration::minutes(1), &all[..], 4), (end + Duration::minutes(1), &all[1..], 1)]
    {
        app.travel(at - app.clock.now()).await;
        sweep::nightly((*app).clone()).await.unwrap();
        suppressions::forget_words((*app).clone()).await.unwrap();
        for email in all {
            assert_eq!(app.is_suppressed(email).await, suppressed.contains(&email), "{email} at {at}");
        }
        assert_eq!(count(&app, "mail_suppressions").await, suppressed.len() as i64);
        assert_eq!(count(&app, words).await, with_words, "those of a contact are still of use, at {at}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn words_about_a_mailbox_stay_as_long_as_a_hold_keeps_them() {
    let app = TestApp::start().await;
    suppress(&app, "complained@example.com", Reason::Complaint).await;
    run(
        &app,
        "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         VALUES (gen_random_uuid(), 'table', 'mail_suppressions', 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', \
            gen_random_uuid(), now(), '2999-01-01')",
    )
    .await;
    app.travel(Duration::days(3 * 366)).await;
    suppressions::forget_words((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "mail_suppressions WHERE detail IS NOT NULL").await, 1);
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    suppressions::forget_words((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "mail_suppressions WHERE detail IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn what_was_said_of_a_mailbox_in_an_earlier_spelling_of_its_address_holds_in_the_present_one() {
    let app = TestApp::start().await;
    let (earlier, present) = ("ada@bücher.example", "ada@xn--bcher-kva.example");
    suppress(&app, earlier, Reason::HardBounce).await;
    let anew = app.subscriber(present, &[Topic::Newsletter]).await;
    assert!(app.is_suppressed(present).await && !app.may_mail(anew.id, Topic::Newsletter).await);
    // And whoever is a contact by the earlier spelling is that contact, and no other.
    run(&app, "DELETE FROM mail_suppressions").await;
    let (old, typed) = ("bob@bücher.example", "bob@xn--bcher-kva.example");
    let first = app.subscriber(old, &[Topic::Newsletter]).await.id;
    suppress(&app, old, Reason::Complaint).await;
    let second = app.subscriber(typed, &[]).await.id;
    assert!(first == second && !app.may_mail(second, Topic::Newsletter).await);
    assert_eq!(count(&app, "contacts").await, 2);
    app.mailbox().await;
}

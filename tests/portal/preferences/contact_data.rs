//! What we hold about a contact, confirmed from the mailbox.

use std::collections::HashSet;

use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Binary, Text};
use diesel_async::RunQueryDsl as _;
use portal::preferences::contacts;
use portal::preferences::topics::Topic;
use portal::privacy::erasure::replay::{self, Line};
use reqwest::Method;

use crate::support::{Subscriber, TestApp, count, run};

async fn confirmation(app: &TestApp, reader: &Subscriber<'_>, wish: &str) -> String {
    let page = app.browser().post(&format!("/preferences/{}/{wish}", reader.token(None)), &[]).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Look into your mailbox"));
    assert!(!page.text().contains(&reader.email), "the address stays masked");
    app.mail_to(&reader.email).await.link("/contact-data/")
}

#[tokio::test]
async fn what_is_held_is_shown_to_whoever_has_the_mailbox() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada.lovelace@example.com", &[Topic::Events]).await;
    let page = app.browser().get(&confirmation(&app, &ada, "copy").await).await;
    assert_eq!(page.status, 200);
    for held in ["ada.lovelace@example.com", "newsletter", "Events: yes", "by a form"] {
        assert!(page.words().contains(held), "{held} in {}", page.words());
    }
    assert!(!page.text().contains("Delete it"));
}

#[tokio::test]
async fn a_link_to_see_does_not_delete() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = confirmation(&app, &ada, "copy").await;
    assert_eq!(app.browser().post(&path, &[]).await.status, 404);
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn deleting_asks_once_more_and_then_leaves_only_a_digest() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = confirmation(&app, &ada, "deletion").await;
    let browser = app.browser();
    let page = browser.get(&path).await;
    assert!(ada.may_get(Topic::Events).await, "opening the link deletes nothing");
    let page = page.submit(&[]).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "It is deleted"));
    let mut conn = app.conn().await;
    assert!(contacts::find(&mut conn, ada.id).await.unwrap().is_none());
    assert!(app.is_suppressed("Ada@example.com").await);
    assert_eq!(browser.post(&path, &[]).await.status, 410, "twice");
    assert_eq!(browser.get(&path).await.status, 410);
    let receipt = app.mail_to("ada@example.com").await;
    assert_eq!(receipt.name, "contact_deleted");
    assert!(receipt.text.contains("is kept for 90 days"), "{}", receipt.text);
}

#[tokio::test]
async fn what_is_no_part_of_a_contact_is_named_before_and_after_and_stays() {
    let app = TestApp::start().await;
    app.send_form(&app.browser(), "/newsletter", &[("email", "ada@example.com")]).await;
    app.mailbox().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let before = app.browser().get(&confirmation(&app, &ada, "deletion").await).await;
    let after = before.submit(&[]).await;
    for page in [&before, &after] {
        assert_eq!(page.link("the schedule"), "/privacy/retention");
        assert_eq!(page.first("main a[href='/privacy/requests/new']").unwrap(), "ask about your data");
    }
    let receipt = app.mail_to("ada@example.com").await;
    for link in ["/privacy/retention", "/privacy/requests/new"] {
        assert_eq!(receipt.link(link), link);
    }
    for form in [
        "Registrations for events: until 90 days after the event at the latest",
        "White papers: until 365 days after you asked for them",
        "Enquiries to sales: until 3 years after them, or after an account ends",
        "Disputes about data protection: until 2 years after their end",
        "Wishes for the newsletter: until 7 days after them",
    ] {
        for (place, words) in
            [("before", before.words()), ("after", after.words()), ("mail", receipt.text.clone())]
        {
            assert!(words.contains(form), "{form} {place}: {words}");
        }
    }
    assert_eq!(count(&app, "newsletter_sign_ups").await, 1, "as it is said");
    assert_eq!(count(&app, "contacts").await, 0);
}

#[tokio::test]
async fn two_deletions_at_once_are_one() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = confirmation(&app, &ada, "deletion").await;
    let (one, two) = (app.browser(), app.browser());
    let (one, two) = futures_util::future::join(one.post(&path, &[]), two.post(&path, &[])).await;
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [200, 410]);
    assert_eq!(app.mailbox().await.len(), 1, "one receipt");
}

#[tokio::test]
async fn a_confirmation_ends_after_a_day() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = confirmation(&app, &ada, "deletion").await;
    app.travel(Duration::hours(24) - Duration::minutes(1)).await;
    assert_eq!(app.browser().get(&path).await.status, 200);
    app.travel(Duration::minutes(1)).await;
    assert_eq!(app.browser().get(&path).await.status, 410);
    assert_eq!(app.browser().post(&path, &[]).await.status, 410);
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn nobody_fills_a_mailbox_with_links() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = format!("/preferences/{}/copy", ada.token(None));
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(app.browser().post(&path, &[]).await.status);
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429, 429]);
    assert_eq!(app.mailbox().await.len(), 5);
}

#[tokio::test]
async fn deleting_the_contact_of_a_customer_leaves_their_account() {
    let app = TestApp::start().await;
    let person = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&person).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    let path = confirmation(&app, &ada, "deletion").await;
    assert!(app.browser().get(&path).await.words().contains("There is an account with this address too"));
    app.browser().post(&path, &[]).await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "contact_deleted");
    let page = browser.get("/settings/preferences").await;
    assert_eq!(page.status, 200);
    assert!(page.words().contains("You had us delete this address"));
    page.submit(&[("offers", "on")]).await;
    let again = app.subscriber("ada@example.com", &[]).await;
    assert!(again.may_get(Topic::Offers).await && !again.may_get(Topic::Events).await);
}

#[tokio::test]
async fn of_a_deleted_address_only_a_wish_for_mailings_takes_the_deletion_back() {
    let app = TestApp::start().await;
    for way in ["signal", "withdrawal", "stop"] {
        let email = format!("{way}@example.com");
        let browser = app.sign_in_as(&app.customer(&email).await).await;
        let reader = app.subscriber(&email, &[Topic::Events]).await;
        let path = confirmation(&app, &reader, "deletion").await;
        assert_eq!(app.browser().post(&path, &[]).await.status, 200);
        let answer = match way {
            "signal" => {
                browser.answer(browser.request(Method::GET, "/settings").header("sec-gpc", "1")).await
            }
            "withdrawal" => {
                let asked = [("kind", "consent_withdrawal"), ("home", "us")];
                browser.post("/privacy/requests/new", &asked).await
            }
            _ => browser.post("/settings/preferences", &[("act", "stop")]).await,
        };
        assert!(answer.status < 400, "{way}: {}", answer.words());
        let again = contacts::find_by_email(&mut *app.conn().await, &email).await.unwrap();
        let again = again.expect("the 'no' is kept").id;
        assert!(app.is_suppressed(&email).await, "{way} is no wish for mailings");
        browser.post("/settings/preferences", &[("seen", "|"), ("events", "on")]).await;
        assert!(!app.is_suppressed(&email).await && app.may_mail(again, Topic::Events).await, "{way}");
        app.mailbox().await;
    }
}

/// What stands in the ledger of erasures.
async fn ledger(app: &TestApp) -> HashSet<Line> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Binary)]
        blinded: Vec<u8>,
    }
    let query = diesel::sql_query("SELECT kind, blinded FROM erasure_ledger");
    let rows: Vec<Row> = query.load(&mut app.conn().await).await.unwrap();
    rows.into_iter().map(|Row { kind, blinded }| Line { kind, blinded }).collect()
}

#[tokio::test]
async fn a_contact_that_was_deleted_does_not_come_back_with_a_backup() {
    let app = TestApp::start().await;
    app.subscriber("bob@example.com", &[Topic::Events]).await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let page = app.browser().get(&confirmation(&app, &ada, "deletion").await).await;
    run(&app, "CREATE TABLE as_backed_up AS SELECT * FROM contacts").await;
    let moved_since = "UPDATE as_backed_up SET email = 'countess@example.com', email_key = 'countess@example.com' WHERE email LIKE 'ada@%'";
    run(&app, moved_since).await;
    assert_eq!(page.submit(&[]).await.status, 200);
    assert_eq!(count(&app, "contacts").await, 1, "Bob's");
    let lines = ledger(&app).await;
    run(&app, "INSERT INTO contacts SELECT * FROM as_backed_up ON CONFLICT DO NOTHING").await;
    run(&app, "DELETE FROM mail_suppressions").await;
    assert_eq!(count(&app, "contacts").await, 2, "restored");
    assert_eq!(replay::replay(&app, &lines).await.unwrap(), 1);
    assert_eq!(count(&app, "contacts WHERE email = 'bob@example.com'").await, 1);
    assert_eq!(count(&app, "contacts").await, 1);
    assert_eq!(count(&app, "mail_suppressions WHERE reason = 'erased' AND lifted_at IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_contact_that_is_held_stays_until_the_hold_ends() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let page = app.browser().get(&confirmation(&app, &ada, "deletion").await).await;
    run(
        &app,
        "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), 'table', 'contacts', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')",
    )
    .await;
    let kept = page.submit(&[]).await;
    assert_eq!((kept.status, count(&app, "contacts").await), (303, 1), "{}", kept.words());
    let page = kept.follow().await;
    assert!(page.notices().join(" ").contains("It cannot be deleted at present"), "{}", page.words());
    run(&app, "UPDATE holds SET ended_at = now(), ended_because = 'Settled.'").await;
    assert_eq!((page.submit(&[]).await.status, count(&app, "contacts").await), (200, 0));
    app.mailbox().await;
}

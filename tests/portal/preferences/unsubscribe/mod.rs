//! Unsubscribing by the link under a mailing.

mod batch;

use diesel_async::RunQueryDsl as _;
use portal::preferences::topics::Topic;
use reqwest::Method;

use crate::support::{Page, TestApp};

/// What a mail program sends: from anywhere, without a cookie.
pub(super) async fn one_click(app: &TestApp, token: &str) -> Page {
    click(app, token, "*/*").await
}

/// The same from one that shows the answer.
pub(super) async fn one_click_shown(app: &TestApp, token: &str) -> Page {
    click(app, token, "application/xhtml+xml, TEXT/HTML;q=0.9, */*;q=0.8").await
}

async fn click(app: &TestApp, token: &str, accept: &str) -> Page {
    let browser = app.browser();
    let request = browser.request(Method::POST, &format!("/unsubscribe/{token}"));
    let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://mail.example");
    let request = request.header("accept", accept);
    browser.answer(request.form(&[("List-Unsubscribe", "One-Click")])).await
}

#[tokio::test]
async fn the_page_names_the_topic_and_asks_with_one_button() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada.lovelace@example.com", &[Topic::Events]).await;
    let page = app.browser().get(&format!("/unsubscribe/{}", ada.token(Some(Topic::Events)))).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Unsubscribe from Events?"));
    assert!(page.text().contains("a…e@example.com") && !page.text().contains("ada.lovelace"));
    let page = page.submit(&[]).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
    assert!(page.words().contains("No message was waiting to be sent to you."));
    assert!(!ada.may_get(Topic::Events).await);
    let row = &ada.decisions().await[0];
    assert_eq!((row.via.as_str(), row.wording.as_str()), ("link", "Unsubscribe from Events"));
}

#[tokio::test]
async fn one_click_works_without_a_cookie_from_anywhere_and_again() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events, Topic::Offers]).await;
    for _ in 0..3 {
        let page = one_click(&app, &ada.token(Some(Topic::Events))).await;
        assert_eq!((page.status, page.header("location"), page.header("set-cookie")), (200, "", ""));
        assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(page.text(), "You are unsubscribed: Events. No message was waiting to be sent to you.\n");
        assert!(!ada.may_get(Topic::Events).await && ada.may_get(Topic::Offers).await);
    }
    let rows = ada.decisions().await;
    assert_eq!(rows.len(), 3, "a repeated click decides nothing new");
    assert_eq!((rows[0].via.as_str(), rows[0].actor.as_str()), ("one_click", "person"));
    let page = one_click_shown(&app, &ada.token(None)).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
    assert!(!ada.may_get(Topic::Offers).await);
    assert_eq!(ada.decisions().await[0].via, "one_click");
    let said = one_click(&app, &ada.token(None)).await.text();
    assert_eq!(said, "You are unsubscribed: all mailings. No message was waiting to be sent to you.\n");
}

#[tokio::test]
async fn one_click_takes_a_multipart_form() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Newsletter]).await;
    let browser = app.browser();
    let body =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let request = browser
        .request(Method::POST, &format!("/unsubscribe/{}", ada.token(Some(Topic::Newsletter))))
        .header("content-type", "multipart/form-data; boundary=b")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(browser.answer(request.body(body)).await.status, 200);
    assert!(!ada.may_get(Topic::Newsletter).await);
    assert_eq!(ada.decisions().await[0].via, "one_click");
}

#[tokio::test]
async fn opening_every_link_of_a_mailing_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let token = ada.token(Some(Topic::Events));
    let browser = app.browser();
    for path in ["unsubscribe", "preferences"].map(|page| format!("/{page}/{token}")) {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(browser.answer(browser.request(method, &path)).await.status, 200, "{path}");
        }
        for below in ["/undo", "/reason", "/copy", "/deletion"] {
            let page = browser.get(&format!("{path}{below}")).await;
            assert!(matches!(page.status, 404 | 405), "{path}{below}: {}", page.status);
        }
    }
    assert!(ada.may_get(Topic::Events).await);
    assert_eq!(ada.decisions().await.len(), 1);
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn a_forged_token_is_not_found_whatever_it_is_sent_to() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let mut forged = ada.token(Some(Topic::Events));
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'E' } else { 'A' });
    let (browser, flipped) = (app.browser(), format!("x{}", &ada.token(None)[1..]));
    for token in [forged, flipped, "of-nothing".into(), ada.id.to_string()] {
        assert_eq!(one_click(&app, &token).await.status, 404, "{token}");
        for page in ["unsubscribe", "preferences", "contact-data"] {
            assert_eq!(browser.get(&format!("/{page}/{token}")).await.status, 404, "{page} {token}");
        }
        assert_eq!(browser.post(&format!("/preferences/{token}"), &[("act", "stop")]).await.status, 404);
    }
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn only_the_one_click_form_may_come_from_another_site() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let token = ada.token(Some(Topic::Events));
    let browser = app.browser();
    for path in [
        format!("/unsubscribe/{token}/undo"),
        format!("/unsubscribe/{token}/reason"),
        format!("/preferences/{token}"),
        format!("/preferences/{token}/deletion"),
    ] {
        let request = browser.request(Method::POST, &path).header("sec-fetch-site", "cross-site");
        assert_eq!(browser.answer(request.form(&[("act", "stop")])).await.status, 400, "{path}");
    }
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn undoing_brings_back_what_there_was_and_only_once() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events, Topic::Offers]).await;
    let path = format!("/unsubscribe/{}", ada.token(Some(Topic::Events)));
    let browser = app.browser();
    browser.post(&path, &[("from", "page"), ("all", "on")]).await;
    assert!(!ada.may_get(Topic::Events).await && !ada.may_get(Topic::Offers).await);
    let decision = ada.decisions().await[0].id.to_string();
    assert_eq!(browser.post(&format!("{path}/undo"), &[]).await.status, 400, "nothing was named");
    let about = [("decision", decision.as_str())];
    let page = browser.post(&format!("{path}/undo"), &about).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "You are subscribed again"));
    assert!(ada.may_get(Topic::Events).await && ada.may_get(Topic::Offers).await);
    assert!(!ada.may_get(Topic::Surveys).await, "they never had it");
    let page = browser.post(&format!("{path}/undo"), &about).await;
    assert_eq!(page.heading(), "There was nothing to undo");
}

#[tokio::test]
async fn of_two_clicks_at_once_the_page_that_is_left_can_undo() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    // Neither has seen the other, so both decide.
    for _ in 0..2 {
        ada.refuse(Topic::Events).await;
    }
    let rows = ada.decisions().await;
    let undo = format!("/unsubscribe/{}/undo", ada.token(Some(Topic::Events)));
    let page = app.browser().post(&undo, &[("decision", &rows[0].id.to_string())]).await;
    assert_eq!((rows.len(), page.heading().as_str()), (3, "You are subscribed again"));
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn an_old_undo_takes_nothing_back_that_was_decided_since_or_by_others() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let eve = app.subscriber("eve@example.com", &[Topic::Events]).await;
    let path = format!("/unsubscribe/{}", ada.token(Some(Topic::Events)));
    one_click(&app, &ada.token(Some(Topic::Events))).await;
    let decision = ada.decisions().await[0].id.to_string();
    let browser = app.browser();
    let eves = format!("/unsubscribe/{}", eve.token(Some(Topic::Events)));
    let page = browser.post(&format!("{eves}/undo"), &[("decision", &decision)]).await;
    assert_eq!(page.heading(), "There was nothing to undo");
    browser.post(&format!("{path}/undo"), &[("decision", &decision)]).await;
    one_click(&app, &ada.token(Some(Topic::Events))).await;
    let page = browser.post(&format!("{path}/undo"), &[("decision", &decision)]).await;
    assert_eq!(page.heading(), "There was nothing to undo");
    assert!(!ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn a_reason_is_kept_with_the_decision_if_one_is_told() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = format!("/unsubscribe/{}", ada.token(Some(Topic::Events)));
    let browser = app.browser();
    browser.post(&path, &[("from", "page")]).await;
    let decision = ada.decisions().await[0].id.to_string();
    for (reason, kept) in
        [("made up", None), ("too_many", Some("There are too many")), ("other", Some("There are too many"))]
    {
        let page =
            browser.post(&format!("{path}/reason"), &[("decision", &*decision), ("reason", reason)]).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "Thank you"));
        assert_eq!(ada.decisions().await[0].reason.as_deref(), kept);
    }
}

#[tokio::test]
async fn many_at_once_and_a_queue_that_fills_meanwhile_end_unsubscribed() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    // Stands in for a queue of mailings.
    for statement in [
        "CREATE TABLE queued (contact uuid, topic text)",
        "CREATE OR REPLACE FUNCTION suppress_queued_messages(contact uuid, about text, at timestamptz) RETURNS bigint LANGUAGE sql AS $$ \
            WITH gone AS (DELETE FROM queued q WHERE q.contact = $1 AND (about IS NULL OR q.topic = about) RETURNING 1) SELECT count(*) FROM gone $$",
        "INSERT INTO queued SELECT id, 'events' FROM contacts, generate_series(1, 3)",
    ] {
        diesel::sql_query(statement).execute(&mut *app.conn().await).await.unwrap();
    }
    let path = format!("/unsubscribe/{}", ada.token(Some(Topic::Events)));
    let browser = app.browser();
    let page = browser.post(&path, &[("from", "page")]).await;
    assert!(
        page.words().contains("3 messages that waited to be sent to you were cancelled."),
        "{}",
        page.words()
    );
    let again = browser.post(&path, &[("from", "page")]).await;
    assert!(again.words().contains("3 messages that waited"), "the same is said again");
    let said = one_click(&app, &ada.token(Some(Topic::Events))).await.text();
    assert!(said.contains("Events. 3 messages that waited"), "{said}");
    let undo = format!("{path}/undo");
    let decision = ada.decisions().await[0].id.to_string();
    browser.post(&undo, &[("decision", &decision)]).await;
    let queue = async {
        for _ in 0..20 {
            let queue = "INSERT INTO queued SELECT contact_id, 'events' FROM mailable_contacts('events', now() + interval '1 hour')";
            diesel::sql_query(queue).execute(&mut *app.conn().await).await.unwrap();
        }
    };
    let token = ada.token(Some(Topic::Events));
    let clicks = futures_util::future::join_all((0..8).map(|_| one_click(&app, &token)));
    let ((), pages) = futures_util::future::join(queue, clicks).await;
    assert!(pages.iter().all(|page| page.status == 200));
    assert!(!ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn a_contact_that_is_gone_is_answered_as_one_that_gets_nothing() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let token = ada.token(Some(Topic::Events));
    diesel::sql_query("DELETE FROM contacts").execute(&mut *app.conn().await).await.unwrap();
    assert_eq!(one_click(&app, &token).await.status, 200);
    let page = app.browser().get(&format!("/unsubscribe/{token}")).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Nothing is sent to you"));
    assert_eq!(app.browser().get(&format!("/preferences/{token}")).await.status, 410);
}

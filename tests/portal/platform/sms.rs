//! Text messages and calls over an HTTP API like Twilio's.

use chrono::Duration;
use diesel_async::AsyncConnection as _;
use portal::platform::ids::MessageId;
use portal::platform::{messages, sms};
use wiremock::matchers::{basic_auth, body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::TestApp;

const PHONE: &str = "+12025550123";

async fn provider(status: u16, resource: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/2010-04-01/Accounts/AC0123/{resource}.json")))
        .and(basic_auth("AC0123", "a token"))
        .respond_with(ResponseTemplate::new(status).set_body_json(serde_json::json!({ "sid": "SM42" })))
        .mount(&server)
        .await;
    server
}

async fn app_with(server: &MockServer) -> TestApp {
    let settings = [
        ("PORTAL_SMS_TRANSPORT", "twilio"),
        ("PORTAL_SMS_URL", &server.uri()),
        ("PORTAL_SMS_ACCOUNT_SID", "AC0123"),
        ("PORTAL_SMS_AUTH_TOKEN", "a token"),
        ("PORTAL_SMS_FROM", "+15550100"),
    ];
    TestApp::development_with(&settings).await
}

async fn text(app: &TestApp, voice: bool) -> MessageId {
    let (now, words) = (app.clock.now(), ("test", "Your code is 123456 & nothing <else>".to_owned()));
    let mut conn = app.conn().await;
    let id = conn
        .transaction(async |conn| sms::enqueue(conn, &app.keys, now, None, PHONE, words, voice).await)
        .await
        .unwrap();
    app.mail_to(PHONE).await;
    app.run_jobs().await;
    id
}

/// Outcome and detail of the last try.
async fn last_try(app: &TestApp, id: MessageId) -> (String, String) {
    let mut conn = app.conn().await;
    let attempt = messages::attempts(&mut conn, id.0).await.unwrap().pop().unwrap();
    (attempt.outcome.unwrap(), attempt.detail.unwrap())
}

async fn sent_form(server: &MockServer) -> Vec<(String, String)> {
    let requests = server.received_requests().await.unwrap();
    serde_urlencoded::from_bytes(&requests[0].body).unwrap()
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    &form.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name} in {form:?}")).1
}

#[tokio::test]
async fn a_text_message_is_a_form_with_sender_recipient_and_body() {
    let server = provider(201, "Messages").await;
    let app = app_with(&server).await;
    let id = text(&app, false).await;
    assert_eq!(last_try(&app, id).await, ("sent".into(), "201 SM42".into()));
    let form = sent_form(&server).await;
    assert_eq!((field(&form, "To"), field(&form, "From")), (PHONE, "+15550100"));
    assert_eq!(field(&form, "Body"), "Your code is 123456 & nothing <else>");
}

#[tokio::test]
async fn a_call_reads_the_code_digit_by_digit_and_twice() {
    let server = provider(201, "Calls").await;
    let app = app_with(&server).await;
    let id = text(&app, true).await;
    assert_eq!(last_try(&app, id).await.0, "sent");
    let form = sent_form(&server).await;
    let spoken = field(&form, "Twiml");
    assert_eq!(spoken.matches("1 2 3 4 5 6").count(), 2, "{spoken}");
    assert!(spoken.contains("&amp; nothing &lt;else") && spoken.starts_with("<Response><Say>"), "{spoken}");
}

#[tokio::test]
async fn a_provider_that_is_busy_or_broken_is_asked_again() {
    for status in [429, 500, 503] {
        let server = provider(status, "Messages").await;
        let app = app_with(&server).await;
        let id = text(&app, false).await;
        assert_eq!(last_try(&app, id).await.0, "temporary_failure", "{status}");
        app.travel(Duration::seconds(10)).await;
        app.run_jobs().await;
        assert_eq!(server.received_requests().await.unwrap().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_number_that_the_provider_refuses_is_given_up() {
    let server = provider(400, "Messages").await;
    let app = app_with(&server).await;
    let id = text(&app, false).await;
    assert_eq!(last_try(&app, id).await.0, "permanent_failure");
    assert_eq!(app.dead_jobs().await.len(), 1);
}

#[tokio::test]
async fn what_is_kept_of_a_failed_try_holds_neither_the_text_nor_the_token() {
    let server = MockServer::start().await;
    Mock::given(body_string_contains("Body=")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let app = app_with(&server).await;
    let id = text(&app, false).await;
    let (_, detail) = last_try(&app, id).await;
    assert!(detail.contains("401") && !detail.contains("123456") && !detail.contains("a token"), "{detail}");
    app.dead_jobs().await;
}

//! How communications went: reports of carriers that are late, doubled or wrong.

use reqwest::Method;
use serde_json::{Value, json};

use super::communications::{email, stored};
use crate::support::{Page, Program, TestApp};

async fn report(program: &Program, path: &str, status: &str) -> Page {
    program.post(&format!("{path}/statuses"), &json!({ "status": status })).await
}

async fn present(program: &Program, path: &str) -> Value {
    program.get(path).await.json()["status"].clone()
}

#[tokio::test]
async fn a_communication_gets_further_step_by_step() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = stored(&program, &email()).await;
    for (version, status) in [(2, "sent"), (3, "delivered"), (4, "complained")] {
        let page = report(&program, &path, status).await;
        assert_eq!((page.status, page.header("etag")), (201, format!("\"{version}\"").as_str()));
        assert_eq!(present(&program, &path).await, status);
    }
    let all = program.get(&format!("{path}/statuses")).await.json();
    let all: Vec<&str> =
        all["data"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(all, ["complained", "delivered", "sent", "queued"]);
}

#[tokio::test]
async fn what_comes_twice_or_late_changes_nothing_and_what_contradicts_is_refused() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = stored(&program, &email()).await;
    assert_eq!(report(&program, &path, "delivered").await.status, 201);
    let again = report(&program, &path, "delivered").await;
    assert_eq!((again.status, again.header("etag")), (200, "\"2\""));
    let late = report(&program, &path, "sent").await;
    assert_eq!((late.status, late.header("etag")), (201, "\"2\""));
    assert_eq!(report(&program, &path, "queued").await.status, 200);
    for status in ["bounced", "failed"] {
        let refused = report(&program, &path, status).await;
        assert_eq!((refused.status, refused.header("content-type")), (409, "application/problem+json"));
    }
    assert_eq!(present(&program, &path).await, "delivered");
    assert_eq!(program.get(&format!("{path}/statuses")).await.json()["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_moment_is_kept_as_reported_and_neither_in_the_future_nor_long_ago() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = format!("{}/statuses", stored(&program, &email()).await);
    let minutes = |minutes| (app.clock.now() + chrono::Duration::minutes(minutes)).to_rfc3339();
    for at in [minutes(6), minutes(-3651 * 24 * 60), "yesterday".to_owned()] {
        let page =
            program.post(&path, &json!({ "status": "sent", "at": at, "detail": "x".repeat(501) })).await;
        let errors = page.json()["errors"].clone();
        assert_eq!(
            (&errors[0]["pointer"], &errors[1]["pointer"]),
            (&json!("/detail"), &json!("/at")),
            "{at}"
        );
    }
    let sent = json!({ "status": "sent", "at": "2026-11-20T10:00:00.1234567+02:00", "detail": "250 OK" });
    let page = program.post(&path, &sent).await;
    assert_eq!(
        (page.status, &page.json()["at"]),
        (201, &json!("2026-11-20T08:00:00.123456Z")),
        "{}",
        page.text()
    );
    let ahead = json!({ "status": "delivered", "at": minutes(4) });
    assert_eq!(program.post(&path, &ahead).await.status, 201);
}

#[tokio::test]
async fn two_reports_at_once_leave_one_status_each_and_an_order() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = stored(&program, &email()).await;
    let (sent, delivered, bounced) = tokio::join!(
        report(&program, &path, "sent"),
        report(&program, &path, "delivered"),
        report(&program, &path, "bounced")
    );
    assert_eq!(sent.status, 201);
    let mut last = [delivered.status, bounced.status];
    last.sort_unstable();
    assert_eq!(last, [201, 409], "it cannot be both");
}

#[tokio::test]
async fn a_report_with_a_key_is_answered_the_same_again() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let path = format!("{}/statuses", stored(&program, &email()).await);
    let send = async || {
        let request = program.request(Method::POST, &path).header("idempotency-key", "k");
        program.send(request.json(&json!({ "status": "sent" }))).await
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
}

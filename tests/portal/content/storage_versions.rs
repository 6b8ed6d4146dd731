//! A storage choice has a version, and a decision of a program says which one it is about.

use reqwest::Method;
use serde_json::json;

use super::storage::decide_about;
use crate::support::TestApp;

#[tokio::test]
async fn a_decision_is_about_a_version_and_of_two_about_the_same_one_wins() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let wish = |days: i32| json!({ "stored": true, "days": days });
    let first = program.get("/storage/claims").await;
    assert_eq!((first.status, &first.json()["days"]), (200, &json!(365)), "{}", first.text());
    let etag = first.header("etag").to_owned();
    let answers = tokio::join!(
        decide_about(&program, "claims", &etag, wish(10)),
        decide_about(&program, "claims", &etag, wish(20))
    );
    let (won, lost) = if answers.0.status == 200 { (answers.0, answers.1) } else { (answers.1, answers.0) };
    assert_eq!((won.status, lost.status), (200, 412), "{}", lost.text());
    assert!(won.header("etag") != etag && lost.header("etag") == won.header("etag"));
    let now = program.get("/storage/claims").await;
    assert_eq!((now.json(), now.header("etag")), (won.json(), won.header("etag")));
    assert_eq!(decide_about(&program, "claims", &etag, wish(30)).await.status, 412);
    let again = decide_about(&program, "claims", won.header("etag"), wish(30)).await;
    assert_eq!((again.status, again.json()["days"].clone()), (200, json!(30)), "{}", again.text());
    let silent = program.request(Method::PUT, "/storage/claims").json(&wish(40));
    assert_eq!(program.send(silent).await.status, 428);
    assert_eq!(program.get("/storage/pigeons").await.status, 404);
    app.mailbox().await;
}

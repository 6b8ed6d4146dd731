//! The leak desk: whoever finds a secret kills it, and learns nothing (S61).

use std::time::{Duration as Span, Instant};

use chrono::Duration;
use portal::accounts::secrets::{Kind, Secret};
use portal::api::scopes::Scope;
use portal::platform::ids::AccountId;
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, Page, Program, TestApp, TestPerson, count, run};

const SENTENCE: &str = "If a secret in it was live, it no longer is";

async fn hand_in(stranger: &Browser, text: &str) -> Page {
    stranger.get("/leaked").await.submit(&[("found", text)]).await
}

async fn scan(stranger: &Browser, body: &serde_json::Value) -> Page {
    stranger.answer(stranger.request(Method::POST, "/v1/leaked-secrets").json(body)).await
}

async fn choose(app: &TestApp, owner: &TestPerson<'_>, response: &str) -> AccountId {
    let account = owner.account().await;
    let path = format!("/accounts/{account}/credentials/leak-response");
    let page = app.sign_in_as(owner).await.post(&path, &[("leak_response", response)]).await;
    assert_eq!(page.status, 303);
    account
}

#[tokio::test]
async fn a_live_key_that_a_stranger_hands_in_is_dead_and_its_owner_is_told() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (key, other) = (app.program_with(&ada, &Scope::ALL).await, app.program(&ada).await);
    let browser = app.sign_in_as(&ada).await;
    let page = hand_in(&app.browser(), &format!("export KEY='{}' # from a repository", key.secret)).await;
    assert!(page.status == 200 && page.words().contains(SENTENCE), "{}", page.words());
    assert!(!page.text().contains(&key.secret));
    assert_eq!((key.get("/storage").await.status, other.get("/storage").await.status), (401, 200));
    assert_eq!(browser.get("/settings").await.status, 200, "sessions stay: this was a program's");
    let letter = app.mail_to("ada@example.com").await;
    assert_eq!(letter.subject, "A leaked secret of First account was revoked");
    assert!(letter.text.contains(&key.user) && !letter.text.contains("203.0.113."), "{}", letter.text);
    let credentials = browser.get(&letter.link("/accounts/")).await;
    assert!(credentials.words().contains("was found in the open"), "{}", credentials.words());
    assert_eq!(
        count(&app, "leaked_secrets WHERE response = 'revoke' AND credential_kind = 'api_key'").await,
        1
    );
    assert_eq!(count(&app, "audit_events WHERE action = 'account.secret.leaked'").await, 1);
}

#[tokio::test]
async fn a_token_is_revoked_or_replaced_as_its_owner_chose() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = choose(&app, &ada, "replace").await;
    let (hers, his) = (app.program(&ada).await, app.program(&bob).await);
    let key = app.program_with(&ada, &Scope::ALL).await;
    let page = hand_in(&app.browser(), &format!("{}\n{}\n{}", hers.secret, his.secret, key.secret)).await;
    assert_eq!(page.status, 200);
    for program in [&hers, &his, &key] {
        assert_eq!(program.get("/storage").await.status, 401, "no overlap");
    }
    let fresh: Program = app.program_in(account).await;
    assert_eq!(fresh.get("/storage").await.status, 200, "a new one waits, sealed");
    assert_eq!(count(&app, "auth_tokens WHERE revoked_at IS NULL").await, 1, "his was only revoked");
    assert_eq!(count(&app, "api_keys WHERE revoked_at IS NULL").await, 0, "a key is never replaced");
    assert_eq!(count(&app, "leaked_secrets WHERE response = 'replace'").await, 1);
    let letters = app.mailbox().await;
    assert_eq!(letters.len(), 3);
    assert!(letters[0].text.contains("A new one waits in its place"), "{}", letters[0].text);
}

#[tokio::test]
async fn live_dead_and_made_up_secrets_get_the_same_answer() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let key = app.program_with(&ada, &Scope::ALL).await;
    let never = Secret::generate(&app.keys, Kind::ApiKey).expose().to_owned();
    let stranger = app.browser();
    let mut answers = Vec::new();
    for secret in [&key.secret, &key.secret, &never] {
        let began = Instant::now();
        let page = hand_in(&stranger, secret).await;
        assert!(began.elapsed() >= Span::from_millis(175), "the answer takes its time");
        let api = scan(&stranger, &json!({ "secrets": [secret] })).await;
        answers.push((page.status, page.text(), api.status, api.text()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((answers[0].0, answers[0].2), (200, 200));
    assert_eq!(app.mailbox().await.len(), 1);
}

#[tokio::test]
async fn a_text_without_a_secret_of_ours_is_told_so_and_is_not_shown_again() {
    let app = TestApp::start().await;
    let page = hand_in(&app.browser(), "password: hunter2, lx_kabcdefghijklmnopqrstuvwxyz0123456789").await;
    assert_eq!(page.status, 422);
    assert!(page.errors()[0].1.contains("shape or the checksum"), "{:?}", page.errors());
    assert!(!page.text().contains("hunter2"));
}

#[tokio::test]
async fn the_same_secret_handed_in_twice_at_once_is_one_leak_and_one_mail() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    choose(&app, &ada, "replace").await;
    let secret = app.program(&ada).await.secret;
    let (one, other, third) = (app.browser(), app.browser(), app.browser());
    let body = json!({ "secrets": [secret, secret] });
    let (a, b, c) = tokio::join!(scan(&one, &body), scan(&other, &body), hand_in(&third, &secret));
    assert_eq!((a.status, b.status, c.status), (200, 200, 200));
    assert_eq!(count(&app, "leaked_secrets").await, 1);
    assert_eq!(count(&app, "auth_tokens").await, 2, "one that died and one in its place");
    assert_eq!(app.mailbox().await.len(), 1);
}

#[tokio::test]
async fn a_leak_and_a_change_over_at_once_leave_no_leaked_token_alive() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let browser = app.sign_in_as(&ada).await;
    let leaked = app.program(&ada).await;
    browser.post(&format!("/accounts/{account}/credentials/auth-token/secondary"), &[]).await;
    let confirm =
        browser.get(&format!("/accounts/{account}/credentials/auth-token/secondary/promotion")).await;
    let stranger = app.browser();
    let (report, change) = tokio::join!(hand_in(&stranger, &leaked.secret), confirm.submit(&[]));
    assert_eq!((report.status, change.status), (200, 303));
    assert_eq!(leaked.get("/storage").await.status, 401);
    assert_eq!(count(&app, "auth_tokens WHERE revoked_at IS NULL AND slot = 'primary'").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn scanners_send_many_texts_or_one_and_hear_what_is_wrong_with_a_report() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (key, token) = (app.program_with(&ada, &Scope::ALL).await, app.program(&ada).await);
    let stranger = app.browser();
    let page = scan(&stranger, &json!({ "secrets": [format!("KEY={}", key.secret), "nothing"] })).await;
    assert_eq!((page.status, page.json()["well_formed"].as_i64()), (200, Some(1)));
    let text = format!("a log\n{} and so on", token.secret);
    let plain = stranger.request(Method::POST, "/v1/leaked-secrets").header("content-type", "text/plain");
    assert_eq!(stranger.answer(plain.body(text)).await.json()["well_formed"], 1);
    assert_eq!((key.get("/storage").await.status, token.get("/storage").await.status), (401, 401));
    for (body, status) in [
        (json!({ "secrets": [] }), 422),
        (json!({ "secrets": vec!["lx_k"; 101] }), 422),
        (json!({ "secret": "lx_k" }), 422),
        (json!({ "secrets": vec!["lx_k"; 100] }), 200),
    ] {
        let page = scan(&stranger, &body).await;
        assert_eq!(page.status, status, "{}", page.text());
        assert!(!page.text().contains(&key.secret));
    }
    let xml = stranger.request(Method::POST, "/v1/leaked-secrets").header("content-type", "text/xml");
    assert_eq!(stranger.answer(xml.body("<a/>")).await.status, 415);
    app.mailbox().await;
}

/// Asks until it is told to wait, and answers that and what came before it. One more comes free every ten seconds.
async fn held_up(mut ask: impl AsyncFnMut() -> Page) -> (Page, Vec<u16>) {
    let mut before = Vec::new();
    loop {
        let page = ask().await;
        if page.status == 429 || before.len() == 240 {
            return (page, before);
        }
        before.push(page.status);
    }
}

#[tokio::test]
async fn reports_of_one_network_are_limited() {
    let app = TestApp::start().await;
    let stranger = app.browser();
    let (page, before) = held_up(async || hand_in(&stranger, "nothing").await).await;
    assert_eq!(page.status, 429);
    assert!((60..240).contains(&before.len()) && before.iter().all(|status| *status == 422), "{before:?}");
    let report = json!({ "secrets": ["nothing"] });
    let (page, before) = held_up(async || scan(&stranger, &report).await).await;
    assert_eq!((page.status, page.header("content-type")), (429, "application/problem+json"));
    assert!(before.len() < 60, "it has no limit of its own");
    let (page, before) = held_up(async || hand_in(&stranger, "nothing").await).await;
    assert!(page.status == 429 && before.len() < 60, "nor has this");
    assert_eq!(hand_in(&app.browser(), "nothing").await.status, 422, "another network");
}

#[tokio::test]
async fn an_expired_key_is_no_leak_and_an_unseen_token_dies_with_its_seal() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (key, token) = (app.program_with(&ada, &Scope::ALL).await, app.program(&ada).await);
    run(&app, "UPDATE api_keys SET expires_at = created_at + interval '1 hour'").await;
    app.travel(Duration::hours(1)).await;
    assert_eq!(hand_in(&app.browser(), &key.secret).await.status, 200);
    assert_eq!((count(&app, "leaked_secrets").await, app.mailbox().await.len()), (0, 0));
    assert_eq!(hand_in(&app.browser(), &token.secret).await.status, 200);
    assert_eq!(
        count(&app, "auth_tokens WHERE revoked_because = 'leaked' AND sealed_secret IS NULL").await,
        1
    );
    app.mailbox().await;
}

#[tokio::test]
async fn the_choice_is_kept_and_nonsense_is_not() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = choose(&app, &ada, "replace").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&format!("/accounts/{account}/credentials")).await;
    assert_eq!(page.attr("[name=leak_response][checked]", "value").as_deref(), Some("replace"));
    let answer = page.submit_to("/leak-response", &[("leak_response", "keep")]).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_report_that_is_sent_twice_is_answered_the_same_with_a_key_or_without() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let key = app.program_with(&ada, &[Scope::ReadClaims]).await;
    let stranger = app.browser();
    let report = async |name: &str| {
        let request = stranger.request(Method::POST, "/v1/leaked-secrets").header("idempotency-key", name);
        stranger.answer(request.json(&json!({ "secrets": [key.secret] }))).await
    };
    let (first, again) = (report("one").await, report("one").await);
    assert_eq!((first.status, first.json()), (200, again.json()));
    assert_eq!(first.json(), scan(&stranger, &json!({ "secrets": [key.secret] })).await.json());
    assert_eq!(count(&app, "leaked_secrets").await, 1, "only the first changed something");
    assert_eq!(count(&app, "idempotent_requests").await, 0, "there is no account to keep a key for");
    assert_eq!(report(&"x".repeat(256)).await.status, 400);
    app.mailbox().await;
}

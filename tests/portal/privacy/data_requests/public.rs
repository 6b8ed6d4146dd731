//! Asking without an account, and showing who one is.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::data_requests;

use crate::support::{Browser, Page, TestApp};

const EMAIL: &str = "ada@example.com";

/// Asks with the public form; the link and the code that were mailed.
async fn ask(app: &TestApp, kind: &str, email: &str) -> (String, String) {
    let fields = [("kind", kind), ("email", email), ("details", "Everything."), ("home", "us")];
    let page = app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
    assert_eq!(page.location(), "/privacy/requests/sent", "{}", page.words());
    let mails = app.mailbox().await;
    assert!(mails.len() == 2 && mails.iter().all(|mail| mail.to == email), "{mails:?}");
    let named = |name: &str| mails.iter().find(|mail| mail.name == name).expect("two mails");
    (named("data_request_received").link("/privacy/requests/links/"), named("data_request_code").code())
}

async fn state(app: &TestApp) -> (String, String) {
    let row = data_requests::table.order(data_requests::id.desc());
    row.select((data_requests::kind, data_requests::state)).first(&mut app.conn().await).await.unwrap()
}

fn is(kind: &str, state: &str) -> (String, String) {
    (kind.into(), state.into())
}

/// With the code from the mailbox entered.
async fn in_mailbox(app: &TestApp, kind: &str, email: &str) -> (Browser, Page) {
    let (link, code) = ask(app, kind, email).await;
    let browser = app.browser();
    let page = browser.get(&link).await.submit_to("/code", &[("code", &code)]).await;
    (browser, page.follow().await)
}

#[tokio::test]
async fn a_question_for_categories_needs_only_the_mailbox() {
    let app = TestApp::start().await;
    let (link, code) = ask(&app, "categories", EMAIL).await;
    let page = app.browser().get(&link).await;
    assert!(!page.words().contains("Everything."), "nothing is told before the code");
    let page = page.submit_to("/code", &[("code", &code)]).await.follow().await;
    assert!(page.words().contains("by a code to the mailbox"), "{}", page.words());
    assert_eq!(state(&app).await, is("categories", "open"));
}

#[tokio::test]
async fn two_right_things_besides_the_code_verify_and_lead_into_the_account() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let (_, page) = in_mailbox(&app, "access", EMAIL).await;
    let told = [("name", "  ADA "), ("phone", ada.phone.as_str())];
    let page = page.submit_to("/data", &told).await.follow().await;
    assert!(page.words().contains("what we know besides"), "{}", page.words());
    assert_eq!(state(&app).await, is("access", "open"));
    let own = app.sign_in_as(&ada).await.get("/privacy/requests").await;
    assert!(own.words().contains("Get a copy of your data"));
}

#[tokio::test]
async fn whether_we_hold_anything_is_not_told_and_after_three_tries_only_categories_are() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let mut said = Vec::new();
    for email in [EMAIL, "nobody@example.com"] {
        let (_, mut page) = in_mailbox(&app, "access", email).await;
        for _ in 0..2 {
            page = page.submit_to("/data", &[("name", "Eve"), ("company", "Evil")]).await;
            assert_eq!(page.status, 422);
            said.push(page.error());
        }
        let page = page.submit_to("/data", &[("name", "Eve"), ("company", "Evil")]).await.follow().await;
        said.push(page.notices().join(" "));
        assert_eq!(state(&app).await, is("categories", "open"));
        assert_eq!(app.mail_to(email).await.subject, "We answer your request in general terms");
    }
    assert_eq!(said[..3], said[3..]);
}

#[tokio::test]
async fn a_deletion_that_cannot_be_verified_goes_nowhere_and_ends() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let (_, mut page) = in_mailbox(&app, "deletion", EMAIL).await;
    for _ in 0..4 {
        page = page.submit_to("/data", &[("name", "Eve")]).await;
        assert_eq!(page.status, 422);
    }
    assert!(page.error().contains("There were enough tries"));
    assert_eq!(state(&app).await, is("deletion", "verifying"));
}

#[tokio::test]
async fn five_wrong_codes_are_enough_and_the_right_one_no_longer_helps() {
    let app = TestApp::start().await;
    let (link, code) = ask(&app, "categories", EMAIL).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = app.browser().get(&link).await;
    for _ in 0..5 {
        let again = page.submit_to("/code", &[("code", wrong)]).await;
        assert!(again.errors()[0].1.contains("This is not the code"));
    }
    let last = page.submit_to("/code", &[("code", &code)]).await;
    assert!(last.errors()[0].1.contains("enough tries"), "{:?}", last.errors());
    assert_eq!(state(&app).await, is("categories", "verifying"));
}

#[tokio::test]
async fn a_code_works_for_a_day_and_only_the_newest() {
    let app = TestApp::start().await;
    let (link, older) = ask(&app, "categories", EMAIL).await;
    let page = app.browser().get(&link).await;
    assert_eq!(page.submit_to("/codes", &[]).await.status, 303);
    let newer = app.mail_to(EMAIL).await.code();
    assert!(older == newer || page.submit_to("/code", &[("code", &older)]).await.status == 422);
    app.travel(Duration::hours(24)).await;
    assert_eq!(page.submit_to("/code", &[("code", &newer)]).await.status, 422);
}

#[tokio::test]
async fn a_correction_is_not_verified_by_what_it_disputes() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let (_, page) = in_mailbox(&app, "correction", EMAIL).await;
    let told = [("name", "Ada"), ("phone", ada.phone.as_str()), ("disputed", "phone")];
    assert_eq!(page.submit_to("/data", &told).await.status, 422);
    assert_eq!(page.submit_to("/data", &[("name", "Ada"), ("phone", &ada.phone)]).await.status, 303);
}

#[tokio::test]
async fn whoever_did_not_ask_ends_it_without_the_code() {
    let app = TestApp::start().await;
    let (link, _) = ask(&app, "access", EMAIL).await;
    let page = app.browser().get(&link).await.submit_to("/withdrawal", &[]).await.follow().await;
    assert!(page.words().contains("Withdrawn"));
    assert_eq!(app.mail_to(EMAIL).await.subject, "Your request is withdrawn");
    app.travel(Duration::days(90)).await;
    assert_eq!(app.browser().get(&link).await.status, 410);
}

#[tokio::test]
async fn the_form_asks_for_the_least_and_says_what_is_wrong() {
    let app = TestApp::start().await;
    let page = app
        .send_form(&app.browser(), "/privacy/requests/new", &[("kind", "correction"), ("email", "x")])
        .await;
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((page.status, wrong), (422, vec!["email".to_owned(), "details".to_owned()]));
    let page = page.submit(&[("email", EMAIL), ("details", "My name."), ("website", "x")]).await;
    assert!(page.error().contains("a field on this form that people do not see"));
}

#[tokio::test]
async fn a_link_is_none_of_another_request_and_a_guessed_one_is_not_found() {
    let app = TestApp::start().await;
    let (link, _) = ask(&app, "access", EMAIL).await;
    let mut guessed = link.clone();
    guessed.pop();
    assert_eq!(app.browser().get(&guessed).await.status, 404);
    for act in ["messages", "data", "confirmation"] {
        let answer = app.browser().post(&format!("{link}/{act}"), &[("body", "Hello")]).await;
        assert_eq!(answer.status, 404, "{act} before the code");
    }
}

//! Numbers of payment cards are kept nowhere (S13): every field for words refuses one beside itself and keeps what was typed,
//! and numbers that people have to write down are let alone.

use portal::staff::permissions::Role;
use portal::trust::suspensions::Level;
use serde_json::{Value, json};

use super::claims::{a_claim, pointers, with};
use crate::support::subscriber_records::{proof, typed};
use crate::support::{Browser, Page, TestApp, count};

const CARD: &str = "4111 1111 1111 1111";
/// A telephone, a claim, a VIN and the number of a device, each of them with digits that might be a card's.
const OTHERS: &str = "+411111111111116, CLM4111111111111111, 1HGCM82633A004352, 356938035643809";

fn assert_refused(page: &Page, field: &str) {
    let errors = page.errors();
    let beside = errors.iter().find(|(wrong, _)| wrong == field).map(|(_, words)| words.as_str());
    assert!(
        page.status == 422 && beside.is_some_and(|words| words.contains("number of a payment card")),
        "{field}: {} {errors:?}",
        page.status
    );
}

fn assert_not_refused(page: &Page, field: &str) {
    let errors = page.errors();
    assert!(errors.iter().all(|(wrong, _)| wrong != field), "{field}: {errors:?}");
}

/// Sends a form with a card number in each of these fields.
async fn refuses(browser: &Browser, path: &str, fields: &[&str]) {
    let form = browser.get(path).await;
    assert_eq!(form.status, 200, "{path}: {}", form.words());
    for field in fields.iter().copied() {
        let typed = format!("It is {CARD}");
        // A name that looks like a telephone number is taken where somebody insists.
        let page = form.submit(&[(field, typed.as_str()), ("keep_name", "yes")]).await;
        assert_refused(&page, field);
        assert!(page.text().contains(&typed), "{path}: what was typed stays in {field}");
    }
}

#[tokio::test]
async fn no_form_of_the_public_takes_the_number_of_a_card() {
    let app = TestApp::start().await;
    let marketing = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let (event, paper) = (app.an_event(&marketing, 2).await, app.a_paper(&marketing).await);
    let visitor = app.browser();
    refuses(&visitor, "/sign-up", &["name", "company"]).await;
    refuses(&visitor, &event, &["name", "company"]).await;
    refuses(&visitor, &paper, &["company", "role", "use_case"]).await;
    refuses(&visitor, "/contact-sales", &["name", "company", "role", "use_case"]).await;
    refuses(&visitor, "/privacy/requests/new", &["details", "agent"]).await;
    refuses(&visitor, "/privacy/disputes/new", &["name", "subject", "words"]).await;
    let page = visitor.get("/privacy/disputes/new").await.submit(&[("words", OTHERS)]).await;
    assert_not_refused(&page, "words");
    app.mailbox().await;
}

#[tokio::test]
async fn no_form_of_a_customer_takes_the_number_of_a_card() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    refuses(&browser, "/settings/profile", &["name", "company", "role"]).await;
    refuses(&browser, "/accounts/new", &["name"]).await;
    refuses(&browser, &format!("/accounts/{account}/name"), &["name"]).await;
    refuses(&browser, &format!("/accounts/{account}/credentials/keys/new"), &["name"]).await;
    refuses(&browser, "/privacy/requests/new?kind=correction", &["details"]).await;
    refuses(&browser, "/privacy/disputes/new", &["subject", "words"]).await;
    let search = [("kind", "email"), ("value", "grace@example.net")];
    let end_users = format!("/accounts/{account}/end-users");
    let person = browser.post(&end_users, &search).await.follow().await;
    refuses(&browser, &person.link("Restrict"), &["reason"]).await;
    let form = browser.get("/privacy/disputes/new").await;
    let taken = form.submit(&[("subject", "My numbers"), ("words", OTHERS)]).await;
    assert!(taken.status == 303 && taken.follow().await.words().contains(OTHERS));
    app.run_jobs().await;
    app.mailbox().await;
}

/// A record that says this in one of its fields.
fn told<'a>(field: &str, text: &'a str) -> Vec<(&'static str, &'a str)> {
    let all = typed("CH", "Martha Keel").into_iter();
    all.map(|(name, value)| (name, if name == field { text } else { value })).collect()
}

#[tokio::test]
async fn a_subscriber_record_takes_no_card_and_any_number_of_a_paper() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let path = format!("/accounts/{account}/subscriber-records/new");
    for (field, text) in [("name", "Martha 4111111111111111"), ("address", "Gasse 1\n4111111111111111 Ort")] {
        let page = browser.post_with_files(&path, &told(field, text), "files", proof("CH")).await;
        assert_refused(&page, field);
    }
    assert_eq!(count(&app, "subscriber_records").await, 0);
    // The paper of somebody whose number has the check digit of a card.
    let number = told("number", "4111111111111111");
    let page = browser.post_with_files(&path, &number, "files", proof("CH")).await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mailbox().await;
}

#[tokio::test]
async fn an_appeal_takes_no_card_and_may_be_written_again_without_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let id = crate::trust::suspend(&app, account, Level::Suspended).await;
    let appeal = format!("/accounts/{account}/suspensions/{id}/appeal");
    let words = "The list was bought by an agency that we have left.";
    let page = browser.post(&appeal, &[("text", &format!("{words} Paid with {CARD}."))]).await;
    assert_refused(&page, "text");
    assert_eq!(count(&app, "appeals").await, 0);
    assert_eq!(browser.post(&appeal, &[("text", &format!("{words} {OTHERS}"))]).await.status, 303);
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn a_claim_takes_no_card_where_words_belong_and_any_number_where_numbers_do() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let typed = json!(format!("Visa {CARD}"));
    for field in [
        "/insurer",
        "/friendly_name",
        "/notes",
        "/parties/0/name",
        "/vehicle/make",
        "/vehicle/model",
        "/loan/lender",
    ] {
        let page = program.post("/claims", &with(a_claim(1), &[(field, typed.clone())])).await;
        assert_eq!((page.status, pointers(&page)), (422, [field.to_owned()].into()), "{}", page.text());
        assert!(!page.text().contains(CARD), "{field}: it is not repeated");
    }
    assert_eq!(count(&app, "claims").await, 0);
    let number: Value = json!("4111111111111111");
    let numbers = [("/claim_number", number.clone()), ("/policy_number", number), ("/notes", json!(OTHERS))];
    let page = program.post("/claims", &with(a_claim(1), &numbers)).await;
    assert_eq!(page.status, 201, "{}", page.text());
}

//! Making, naming and seeing accounts.

use portal::accounts::permissions::AccountRole;
use portal::accounts::states::{self, State};
use portal::platform::audit::Actor;

use crate::support::TestApp;

#[tokio::test]
async fn somebody_makes_a_second_account_and_sees_both() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let page = browser.get("/accounts/new").await.submit(&[("name", " Claims Europe ")]).await;
    let page = page.follow().await;
    assert_eq!(page.first("h1").unwrap(), "Claims Europe Trial");
    assert!(page.words().contains("Ada (ada@example.com)"));
    assert!(page.words().contains("The account was made · by a member"));
    let list = browser.get("/accounts").await;
    assert_eq!(list.all(".row-title"), ["Claims Europe Trial", "First account Trial"]);
    assert!(list.words().contains("Owner · only you"));
    assert_eq!(browser.get("/settings").await.link("Claims Europe"), page.path);
}

#[tokio::test]
async fn what_is_no_name_is_told_beside_the_field_and_nothing_is_made() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let long = "n".repeat(201);
    for name in ["", "  ", &long, "a\u{7}b", "https://example.com", "See WWW.example.com"] {
        let page = browser.post("/accounts/new", &[("name", name)]).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "name"), "{name:?}");
        assert_eq!(page.value("name"), name);
    }
    assert_eq!(browser.get("/accounts").await.all(".row-title").len(), 1);
    assert_eq!(browser.post("/accounts/new", &[("name", &"n".repeat(200))]).await.status, 303);
}

#[tokio::test]
async fn an_address_in_a_name_is_stored_only_after_somebody_decided() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = format!("/accounts/{}", ada.account().await);
    let named = async || browser.get(&path).await.first("h1").unwrap();
    let name = "Claims of bob@example.com";
    let page = browser.get(&format!("{path}/name")).await.submit(&[("name", name)]).await;
    assert_eq!(page.status, 422);
    assert!(page.errors()[0].1.contains("an e-mail address (bob@example.com)"));
    assert_eq!((page.value("name").as_str(), page.value("suggestion").as_str()), (name, "Claims of"));
    assert_eq!(named().await, "First account Trial");
    let taken = page.submit(&[("suggestion", "Claims of")]).await;
    assert_eq!((taken.status, named().await.as_str()), (303, "Claims of Trial"));
    let kept = page.submit(&[("keep_name", "yes")]).await;
    assert_eq!((kept.status, named().await.as_str()), (303, "Claims of bob@example.com Trial"));
}

#[tokio::test]
async fn only_the_owner_renames() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Privacy).await;
    let browser = app.sign_in_as(&bob).await;
    let page = browser.get(&format!("/accounts/{account}")).await;
    assert!(page.words().contains("Privacy: serves the people in the content"));
    assert!(!page.text().contains("Change the name"));
    assert_eq!(browser.get(&format!("/accounts/{account}/name")).await.status, 404);
    assert_eq!(browser.post(&format!("/accounts/{account}/name"), &[("name", "Mine")]).await.status, 404);
}

#[tokio::test]
async fn an_account_of_somebody_else_is_not_there() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let other = app.account_of(&app.customer("bob@example.com").await, "Of Bob").await;
    let browser = app.sign_in_as(&ada).await;
    for page in
        ["", "/members", "/activity", "/members/departure", "/members/contact", "/members/ownership", "/name"]
    {
        assert_eq!(browser.get(&format!("/accounts/{other}{page}")).await.status, 404, "{page}");
    }
    assert!(!browser.get("/accounts").await.words().contains("Of Bob"));
}

#[tokio::test]
async fn a_long_list_of_accounts_has_pages() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    for number in 1..=25 {
        app.account_of(&ada, &format!("Account {number}")).await;
    }
    let browser = app.sign_in_as(&ada).await;
    let first = browser.get("/accounts").await;
    assert_eq!(first.all(".row-title").len(), 25);
    let second = browser.get(&first.link("Older")).await;
    assert_eq!(second.all(".row-title"), ["First account Trial"]);
    assert_eq!(browser.get(&second.link("Newer")).await.all(".row-title").len(), 25);
}

#[tokio::test]
async fn the_history_says_what_the_account_was_in_and_a_closed_one_stays_as_it_is() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let mut conn = app.conn().await;
    for (state, why) in
        [(State::Active, "Paid"), (State::Closing, "Asked for"), (State::Closed, "30 days over")]
    {
        app.travel(chrono::Duration::hours(1)).await;
        let now = app.clock.now();
        assert!(states::change(&mut conn, account, state, Actor::System, why, now).await.unwrap());
    }
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&format!("/accounts/{account}")).await;
    assert_eq!(page.all(".timeline-title"), ["Closed", "Closing", "Active", "Trial"]);
    assert!(page.words().contains("30 days over · by the portal itself"));
    assert_eq!(browser.post(&format!("/accounts/{account}/name"), &[("name", "Late")]).await.status, 403);
    let invited = [("email", "bob@example.com"), ("role", "billing")];
    let page = browser.post(&format!("/accounts/{account}/members/invitations/new"), &invited).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn somebody_without_an_account_is_told_how_to_get_one() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    diesel_async::RunQueryDsl::execute(diesel::sql_query("DELETE FROM accounts"), &mut app.conn().await)
        .await
        .unwrap();
    let page = app.sign_in_as(&ada).await.get("/accounts").await;
    assert!(page.words().contains("You are in no account"));
    assert_eq!(page.link("New account"), "/accounts/new");
}

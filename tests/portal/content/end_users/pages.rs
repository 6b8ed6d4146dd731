//! The pages about people in the content, and the page for those people.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::account_members;

use super::{NewClaim, claim, communication, message_to, of_ada, of_ada_and_bob};
use crate::support::{Browser, Page, TestApp};

async fn search(browser: &Browser, path: &str, kind: &str, value: &str) -> Page {
    browser.get(path).await.submit_to("/end-users", &[("kind", kind), ("value", value)]).await
}

#[tokio::test]
async fn a_search_leads_to_all_that_is_kept_and_its_address_does_not_say_about_whom() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    let vin = Some("1HGCM82633A004352");
    claim(&app, account, &NewClaim { vin, notes: Some("Lives alone.".into()), ..of_ada_and_bob() }).await;
    communication(&app, account, &message_to("ada@example.com")).await;
    let browser = app.sign_in_as(&owner).await;
    let answer =
        search(&browser, &format!("/accounts/{account}/end-users"), "email", "ada@example.com").await;
    assert_eq!(answer.status, 303);
    // Three letters of the name alone may stand in an id by chance.
    for part in ["ada@", "ada%40", "example"] {
        assert!(!answer.location().contains(part), "{part} in {}", answer.location());
    }
    let words = answer.follow().await.words();
    for told in [
        "1 claim and 1 communication",
        "Claimant (this person)",
        "Lives alone.",
        "Customer Content",
        "Customer Usage Data",
        "Dear ada@example.com",
        "550 no mailbox",
        "The same person is also known as",
        "Ada Lovelace",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
}

#[tokio::test]
async fn a_search_ends_after_an_hour_and_opens_to_nobody_else() {
    let app = TestApp::start().await;
    let (owner, privacy) =
        (app.customer("owner@example.com").await, app.customer("privacy@example.com").await);
    let account = owner.account().await;
    diesel::insert_into(account_members::table)
        .values((
            account_members::account_id.eq(account),
            account_members::person_id.eq(privacy.id),
            account_members::role.eq("privacy"),
            account_members::joined_at.eq(app.clock.now()),
        ))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    let browser = app.sign_in_as(&owner).await;
    let path = format!("/accounts/{account}/end-users");
    let address = search(&browser, &path, "name", "Ada").await.location().to_owned();
    let colleague = app.sign_in_as(&privacy).await;
    assert_eq!((colleague.get(&path).await.status, colleague.get(&address).await.status), (200, 404));
    app.travel(Duration::hours(1) - Duration::seconds(60)).await;
    assert_eq!(browser.get(&address).await.status, 200);
    app.travel(Duration::seconds(60)).await;
    assert_eq!(browser.get(&address).await.status, 410);
}

#[tokio::test]
async fn what_cannot_be_looked_for_stays_in_the_form_with_what_is_wrong() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let browser = app.sign_in_as(&owner).await;
    let page =
        search(&browser, &format!("/accounts/{}/end-users", owner.account().await), "phone", "555").await;
    assert_eq!(
        (page.status, page.errors()[0].0.as_str(), page.value("value").as_str()),
        (422, "value", "555")
    );
}

#[tokio::test]
async fn a_long_list_goes_on_and_comes_back() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = owner.account().await;
    for _ in 0..27 {
        claim(&app, account, &of_ada()).await;
    }
    let browser = app.sign_in_as(&owner).await;
    let first =
        search(&browser, &format!("/accounts/{account}/end-users"), "name", "Ada").await.follow().await;
    let second = browser.get(&first.link("Older")).await;
    let sids = |page: &Page| page.all(".card code");
    assert_eq!((sids(&first).len(), sids(&second).len()), (25, 2));
    assert!(sids(&first).iter().all(|sid| !sids(&second).contains(sid)));
    assert_eq!(sids(&browser.get(&second.link("Newer")).await), sids(&first));
}

#[tokio::test]
async fn the_customer_is_told_what_they_answer_for_and_that_further_help_may_cost() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let browser = app.sign_in_as(&owner).await;
    let words = browser.get(&format!("/accounts/{}/end-users", owner.account().await)).await.words();
    assert!(words.contains("you are responsible for having complied with it"), "{words}");
    assert!(words.contains("may cost something") && words.contains("begin only when you agree"), "{words}");
}

#[tokio::test]
async fn people_in_the_content_are_pointed_to_whoever_keeps_it_and_told_nothing_else() {
    let app = TestApp::start().await;
    let page = app.browser().get("/end-users").await;
    let words = page.words();
    assert!(page.status == 200 && words.contains("the company can tell you which kinds of data"), "{words}");
    assert_eq!(page.all("main form, main input"), Vec::<String>::new());
}

#[tokio::test]
async fn a_customer_hands_out_a_sheet_that_names_it_and_shows_nothing_else_of_its_account() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let account = app.account_of(&owner, "Analytical Insurance").await;
    claim(&app, account, &of_ada()).await;
    let browser = app.sign_in_as(&owner).await;
    let index = format!("/accounts/{account}/end-users");
    let sheet = browser.get(&index).await.link("/end-users/");
    assert!(sheet.starts_with("/end-users/") && !sheet.contains(&account.to_string()), "{sheet}");
    let visitor = app.browser();
    let page = visitor.get(&sheet).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "About your data at Analytical Insurance"));
    for other in [account.to_string(), "owner@example.com".into(), "Lovelace".into(), "First account".into()]
    {
        assert!(!page.text().contains(&other), "{other}");
    }
    assert_eq!(page.all("main form, main input"), Vec::<String>::new());
    assert_eq!(
        visitor.get(&browser.get(&index).await.link("/end-users/")).await.status,
        200,
        "each one works"
    );
    assert_eq!(visitor.get(&sheet).await.status, 200, "also the first");
    let mut forged = sheet.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'E' } else { 'A' });
    for none in [forged, format!("/end-users/{account}"), "/end-users/x".into()] {
        assert_eq!(visitor.get(&none).await.status, 404, "{none}");
    }
    for (state, status) in [("suspended", 200), ("closing", 200), ("closed", 410)] {
        let set = format!("UPDATE account_states SET state = '{state}' WHERE account_id = '{}'", account.0);
        crate::support::run(&app, &set).await;
        assert_eq!(visitor.get(&sheet).await.status, status, "{state}");
    }
    crate::support::run(&app, &format!("DELETE FROM accounts WHERE id = '{}'", account.0)).await;
    let gone = visitor.get(&sheet).await;
    assert!(
        gone.status == 410 && gone.words().contains("keeps nothing with us any more"),
        "{}",
        gone.words()
    );
}

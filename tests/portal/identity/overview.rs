//! Home after sign-in.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{accounts, recovery_codes, sign_ins};
use portal::platform::ids::{AccountId, new_uuid};

use crate::support::TestApp;

#[tokio::test]
async fn the_overview_shows_who_you_are_and_your_accounts_with_their_sids() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account: AccountId = accounts::table
        .filter(accounts::owner_id.eq(ada.id))
        .select(accounts::id)
        .first(&mut app.conn().await)
        .await
        .unwrap();
    let page = app.sign_in_as(&ada).await.get("/settings").await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Hello, Ada"));
    assert!(account.to_string().starts_with("AC"));
    for shown in
        [account.to_string().as_str(), "ada@example.com", "First account", "Member since", &ada.phone]
    {
        assert!(page.words().contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn the_check_up_recommends_a_second_factor_until_there_is_one() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get("/settings").await.words().contains("Second factor Off"));
    let _ada = ada.with_totp().await;
    let page = browser.get("/settings").await;
    assert!(page.words().contains("Second factor On") && page.words().contains("Recovery codes None left"));
}

#[tokio::test]
async fn the_check_up_counts_the_recovery_codes_that_are_left() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let now = app.clock.now();
    for code in 0..5_u8 {
        let row = (
            recovery_codes::id.eq(new_uuid(now)),
            recovery_codes::person_id.eq(ada.id),
            recovery_codes::code_digest.eq(vec![code]),
            recovery_codes::created_at.eq(now),
            recovery_codes::used_at.eq((code == 0).then_some(now)),
        );
        diesel::insert_into(recovery_codes::table).values(row).execute(&mut app.conn().await).await.unwrap();
    }
    assert!(app.sign_in_as(&ada).await.get("/settings").await.words().contains("4 codes are left"));
}

#[tokio::test]
async fn a_visitor_is_sent_to_sign_in_and_back() {
    let app = TestApp::start().await;
    assert_eq!(app.browser().get("/settings").await.location(), "/sign-in?next=%2Fsettings");
}

#[tokio::test]
async fn an_address_written_in_another_way_leads_to_the_page_and_not_past_its_guard() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let page = app.sign_in_as(&ada).await.get("/%73ettings").await;
    assert_eq!((page.status, page.location()), (303, "/settings"));
    assert!(app.browser().get("/%73ettings").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn accounts_and_sign_ins_come_in_their_order_and_no_more_than_three_sign_ins() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let later = app.clock.now() + chrono::Duration::seconds(1);
    let account = (
        accounts::id.eq(AccountId::new(later)),
        accounts::owner_id.eq(ada.id),
        accounts::name.eq("Second account"),
        accounts::created_at.eq(later),
    );
    diesel::insert_into(accounts::table).values(account).execute(&mut app.conn().await).await.unwrap();
    for (second, country) in [(1, "FR"), (2, "DE"), (3, "IT"), (4, "ES")] {
        let at = later + chrono::Duration::seconds(second);
        let row = (
            sign_ins::id.eq(new_uuid(at)),
            sign_ins::person_id.eq(ada.id),
            sign_ins::at.eq(at),
            sign_ins::method.eq("password"),
            sign_ins::outcome.eq("signed_in"),
            sign_ins::country.eq(country),
        );
        diesel::insert_into(sign_ins::table).values(row).execute(&mut app.conn().await).await.unwrap();
    }
    let words = app.sign_in_as(&ada).await.get("/settings").await.words();
    let place = |text: &str| words.find(text).unwrap_or_else(|| panic!("{text}: {words}"));
    assert!(place("First account") < place("Second account"));
    assert!(place("ES ·") < place("IT ·") && place("IT ·") < place("DE ·"));
    assert!(!words.contains("FR ·"));
}

//! Where somebody is signed in.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::sign_ins;
use portal::platform::ids::{SessionId, new_uuid};

use crate::support::TestApp;

#[tokio::test]
async fn sessions_are_listed_with_this_one_marked_and_each_other_one_can_be_ended() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, other) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let page = browser.get("/settings/sessions").await;
    let rows = page.all(".rows li");
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("Firefox on Linux This session") && rows[1].contains("last used"));
    let page = page.submit_to("/end", &[]).await.follow().await;
    assert!(page.notices()[0].starts_with("The session is ended"));
    assert!(other.get("/settings").await.location().starts_with("/sign-in"));
    assert_eq!(browser.get("/settings").await.status, 200);
}

#[tokio::test]
async fn all_others_end_at_once_and_this_one_stays() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let others = [app.sign_in_as(&ada).await, app.sign_in_as(&ada).await];
    let page = browser.get("/settings/sessions").await.submit_to("/end-others", &[]).await.follow().await;
    assert_eq!(page.notices()[0], "2 other sessions are ended.");
    assert!(page.words().contains("You are signed in nowhere else."));
    for other in others {
        assert!(other.get("/settings").await.location().starts_with("/sign-in"));
    }
    let again = browser.post("/settings/sessions/end-others", &[]).await.follow().await;
    assert_eq!(again.notices()[0], "There was no other session to end.");
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_found_and_lives_on() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let (hers, browser) = (app.browser(), app.sign_in_as(&eve).await);
    let id = app.sign_in_with(&hers, &ada).await;
    let strangers =
        [id.to_string(), SessionId::new(app.clock.now()).to_string(), "nonsense".into(), id.0.to_string()];
    for id in strangers {
        assert_eq!(browser.post(&format!("/settings/sessions/{id}/end"), &[]).await.status, 404, "{id}");
    }
    assert_eq!(hers.get("/settings").await.status, 200);
}

#[tokio::test]
async fn ending_a_session_twice_says_that_it_had_ended() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, other) = (app.sign_in_as(&ada).await, app.browser());
    let id = app.sign_in_with(&other, &ada).await;
    let now = app.clock.now();
    let history = (
        sign_ins::id.eq(new_uuid(now)),
        sign_ins::person_id.eq(ada.id),
        sign_ins::at.eq(now),
        sign_ins::method.eq("password"),
        sign_ins::outcome.eq("signed_in"),
        sign_ins::session_id.eq(id.0),
    );
    diesel::insert_into(sign_ins::table).values(history).execute(&mut app.conn().await).await.unwrap();
    let path = format!("/settings/sessions/{id}/end");
    browser.post(&path, &[]).await;
    let page = browser.post(&path, &[]).await.follow().await;
    assert!(page.notices().contains(&"That session had ended already.".to_owned()), "{:?}", page.notices());
}

#[tokio::test]
async fn ending_the_present_session_signs_out() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.browser();
    let id = app.sign_in_with(&browser, &ada).await;
    assert_eq!(browser.post(&format!("/settings/sessions/{id}/end"), &[]).await.location(), "/sign-in");
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_session_past_its_idle_limit_is_not_listed() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let _idle = app.sign_in_as(&ada).await;
    app.travel(Duration::days(14)).await;
    let browser = app.sign_in_as(&ada).await;
    assert_eq!(browser.get("/settings/sessions").await.all(".rows li").len(), 1);
}

//! Answers of authenticators that are not accepted.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{people, sign_ins};

use super::*;

#[tokio::test]
async fn an_answer_is_accepted_once() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let browser = app.browser();
    let options = browser.post("/sign-in/passkey/options", &[]).await.json();
    let answer = authenticator.get(&options);
    // A thief who copied the browser and its traffic, a moment later.
    let thief = browser.copy();
    assert_eq!(browser.post("/sign-in/passkey", &[("credential", &answer)]).await.status, 303);
    let page = thief.post("/sign-in/passkey", &[("credential", &answer)]).await;
    assert_eq!((page.status, page.heading().as_str()), (422, "That passkey did not work"));
    assert_eq!(page.link("Go back"), "/sign-in");
    app.mailbox().await;
}

#[tokio::test]
async fn of_the_same_answer_twice_at_the_same_moment_one_is_accepted() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    // Without a counter only the challenge tells the two apart.
    authenticator.counts = false;
    authenticator.counter = 0;
    let one = app.browser();
    let options = one.post("/sign-in/passkey/options", &[]).await.json();
    let (two, answer) = (one.copy(), authenticator.get(&options));
    let fields = [("credential", answer.as_str())];
    let (first, second) =
        tokio::join!(one.post("/sign-in/passkey", &fields), two.post("/sign-in/passkey", &fields));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    app.mailbox().await;
}

#[tokio::test]
async fn a_passkey_that_was_never_added_signs_nobody_in_and_stands_in_no_history() {
    let app = TestApp::start().await;
    let (_ada, _, authenticator) = with_passkey(&app, "ada@example.com").await;
    // Another key that claims to be Ada's.
    let mut foreign = authenticator.with_another_key();
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut foreign).await.status, 422);
    let refused: Vec<Option<uuid::Uuid>> = sign_ins::table
        .filter(sign_ins::outcome.eq("refused"))
        .select(sign_ins::person_id)
        .load(&mut app.conn().await)
        .await
        .unwrap();
    assert_eq!(refused, [None]);
}

#[tokio::test]
async fn somebody_elses_passkey_is_no_second_step_and_confirms_nobody() {
    let app = TestApp::start().await;
    let (ada, _, _) = with_passkey(&app, "ada@example.com").await;
    let (_bob, bobs_browser, _) = with_passkey(&app, "bob@example.com").await;
    let (_eve, _, mut eves) = with_passkey(&app, "eve@example.com").await;
    let browser = app.browser();
    browser.enter_password(&ada.email).await;
    assert_eq!(answer(&browser, "/sign-in/code/passkey", &mut eves).await.status, 422);
    assert_eq!(browser.get("/settings").await.status, 303);
    assert_eq!(answer(&bobs_browser, "/reauthentication/passkey", &mut eves).await.status, 422);
}

#[tokio::test]
async fn somebody_elses_passkey_is_not_found() {
    let app = TestApp::start().await;
    let (_ada, adas_browser, _) = with_passkey(&app, "ada@example.com").await;
    let (_eve, eves_browser, _) = with_passkey(&app, "eve@example.com").await;
    let removal = adas_browser.get("/settings/passkeys").await.link("Remove");
    let edit = removal.trim_end_matches("/removal");
    assert_eq!(eves_browser.get(&removal).await.status, 404);
    assert_eq!(eves_browser.post(edit, &[("name", "Mine")]).await.status, 404);
    eves_browser.post(&removal, &[]).await;
    assert!(adas_browser.get("/settings/passkeys").await.words().contains("Phone Added"));
}

#[tokio::test]
async fn an_answer_without_a_challenge_is_refused() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let options = app.browser().post("/sign-in/passkey/options", &[]).await.json();
    let answer = authenticator.get(&options);
    assert_eq!(app.browser().post("/sign-in/passkey", &[("credential", &answer)]).await.status, 422);
    assert_eq!(app.browser().post("/sign-in/passkey", &[]).await.status, 422);
    assert_eq!(app.browser().post("/sign-in/code/passkey/options", &[]).await.location(), "/sign-in");
    assert_eq!(app.browser().post("/settings/passkeys/options", &[]).await.status, 303);
}

#[tokio::test]
async fn a_challenge_waits_for_five_minutes() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    for (seconds, status) in [(299, 303), (301, 422)] {
        let browser = app.browser();
        let options = browser.post("/sign-in/passkey/options", &[]).await.json();
        app.travel(Duration::seconds(seconds)).await;
        let page = browser.post("/sign-in/passkey", &[("credential", &authenticator.get(&options))]).await;
        assert_eq!(page.status, status, "after {seconds} s");
    }
    app.run_timetable().await;
    app.mailbox().await;
}

#[tokio::test]
async fn a_challenge_for_one_thing_is_no_challenge_for_another() {
    let app = TestApp::start().await;
    let (ada, browser, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let options = browser.post("/sign-in/passkey/options", &[]).await.json();
    let page =
        browser.post("/reauthentication/passkey", &[("credential", &authenticator.get(&options))]).await;
    assert_eq!(page.status, 422);
    let visitor = app.browser();
    visitor.enter_password(&ada.email).await;
    let options = visitor.post("/sign-in/code/passkey/options", &[]).await.json();
    assert_eq!(
        visitor.post("/sign-in/passkey", &[("credential", &authenticator.get(&options))]).await.status,
        422
    );
}

#[tokio::test]
async fn an_authenticator_whose_counter_went_back_is_taken_for_a_copy() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let mut copy = authenticator.clone();
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 303);
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut copy).await.status, 422);
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn an_authenticator_that_did_not_ask_for_its_owner_is_refused() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    authenticator.verifies = false;
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 422);
}

#[tokio::test]
async fn an_answer_given_to_another_site_is_refused() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = add(&browser, &mut Authenticator::at("https://portal.test.evil.example"), "Phone").await;
    assert_eq!(page.status, 422);
    assert!(page.error().contains("did not work here"), "{}", page.error());
    assert_eq!(page.value("name"), "Phone");
}

#[tokio::test]
async fn the_same_authenticator_is_not_added_twice_nor_for_two_people() {
    let app = TestApp::start().await;
    let (_ada, browser, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    assert_eq!(add(&browser, &mut authenticator, "Again").await.status, 422);
    let eve = app.customer("eve@example.com").await;
    let page = add(&app.sign_in_as(&eve).await, &mut authenticator, "Mine").await;
    assert!(page.error().contains("has been added before"), "{}", page.error());
}

#[tokio::test]
async fn a_passkey_alone_does_not_open_an_account_whose_password_is_void() {
    let app = TestApp::start().await;
    let (ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let void = diesel::update(people::table.find(ada.id)).set(people::password_hash.eq(None::<String>));
    void.execute(&mut app.conn().await).await.unwrap();
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 422);
}

#[tokio::test]
async fn a_session_that_is_not_recent_adds_and_removes_nothing() {
    let app = TestApp::start().await;
    let (_ada, browser, _) = with_passkey(&app, "ada@example.com").await;
    let removal = browser.get("/settings/passkeys").await.link("Remove");
    app.travel(Duration::minutes(6)).await;
    assert!(
        browser
            .post("/settings/passkeys", &[("name", "x")])
            .await
            .location()
            .starts_with("/reauthentication")
    );
    assert!(browser.post(&removal, &[]).await.location().starts_with("/reauthentication"));
}

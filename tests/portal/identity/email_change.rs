//! Another address, and the way back.

use chrono::Duration;

use crate::support::{PASSWORD, TestApp};

const OLD: &str = "ada@example.com";
const NEW: &str = "ada@new.example.com";

async fn signs_in(app: &TestApp, email: &str, password: &str) -> bool {
    let status = app.browser().post("/sign-in", &[("email", email), ("password", password)]).await.status;
    app.mailbox().await;
    status == 303
}

#[tokio::test]
async fn the_old_address_stays_in_use_until_the_new_one_is_confirmed_from_its_mail() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let link = app.ask_to_move(&browser, NEW).await;
    assert!(browser.get("/settings/email").await.words().contains("waits to be confirmed"));
    // A mail program that looks at the link changes nothing.
    assert_eq!(app.browser().get(&link).await.status, 200);
    assert!(signs_in(&app, OLD, PASSWORD).await);
    let page = app.browser().get(&link).await.submit(&[]).await.follow().await;
    assert!(page.notices()[0].contains(NEW));
    assert!(browser.get("/settings").await.words().contains(NEW));
    assert!(signs_in(&app, NEW, PASSWORD).await && !signs_in(&app, OLD, PASSWORD).await);
}

#[tokio::test]
async fn the_old_address_is_told_and_can_take_the_change_back() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let undo = app.change_address_from(&browser, OLD, NEW).await;
    let visitor = app.browser();
    let page = visitor.get(&undo).await;
    assert!(page.words().contains("What goes"));
    assert_eq!(browser.get("/settings").await.status, 200, "opening the link changes nothing");
    assert_eq!(page.submit(&[]).await.heading(), "The change was taken back");
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
    assert!(!signs_in_quietly(&app, OLD).await && !signs_in_quietly(&app, NEW).await);
    let reset = app.mail_to(OLD).await.link("/password-reset/");
    assert_eq!(app.mail_to(OLD).await.subject, "The change of your e-mail address was undone");
    assert_eq!(visitor.post(&reset, &[("password", "seven quiet harbours north")]).await.status, 303);
    assert!(signs_in(&app, OLD, "seven quiet harbours north").await);
}

async fn signs_in_quietly(app: &TestApp, email: &str) -> bool {
    app.browser().post("/sign-in", &[("email", email), ("password", PASSWORD)]).await.status == 303
}

#[tokio::test]
async fn the_link_to_confirm_works_for_just_under_a_day() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let link = app.ask_to_move(&browser, NEW).await;
    app.travel(Duration::hours(24) - Duration::minutes(1)).await;
    assert_eq!(app.browser().get(&link).await.status, 200);
    app.travel(Duration::minutes(2)).await;
    let page = app.browser().post(&link, &[]).await;
    assert!(page.status == 410 && page.words().contains("24 hours"));
    assert!(signs_in(&app, OLD, PASSWORD).await);
}

#[tokio::test]
async fn the_link_to_undo_works_for_just_under_seven_days() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let undo = app.change_address_from(&browser, OLD, NEW).await;
    app.travel(Duration::days(7) - Duration::hours(1)).await;
    assert_eq!(app.browser().get(&undo).await.status, 200);
    app.travel(Duration::hours(2)).await;
    let page = app.browser().post(&undo, &[]).await;
    assert!(page.status == 410 && page.words().contains("seven days"));
    assert!(signs_in(&app, NEW, PASSWORD).await);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_answered_alike_and_its_owner_is_told() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let _bob = app.customer("bob@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let free = browser.get("/settings/email").await.submit(&[("email", NEW)]).await.follow().await;
    let taken =
        browser.get("/settings/email").await.submit(&[("email", "Bob@Example.com")]).await.follow().await;
    // The end of the link's life may fall into another minute.
    let without_time = |words: String| words.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(without_time(free.words().replace(NEW, "Bob@Example.com")), without_time(taken.words()));
    let letters = app.mailbox().await;
    let told: Vec<_> = letters.iter().map(|letter| (letter.to.as_str(), letter.name.as_str())).collect();
    assert_eq!(told, [(NEW, "confirm_new_email"), ("bob@example.com", "address_wanted")]);
    assert!(!letters[1].text.contains("/settings/email/") && !letters[1].text.contains(OLD));
}

#[tokio::test]
async fn an_address_that_got_an_account_meanwhile_is_refused_with_a_page_that_says_why() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let link = app.ask_to_move(&browser, NEW).await;
    let _other = app.customer(&NEW.to_uppercase()).await;
    let page = app.browser().post(&link, &[]).await;
    assert!(page.status == 410 && page.words().contains("got an account of its own"));
    assert!(browser.get("/settings").await.words().contains(OLD));
}

#[tokio::test]
async fn of_two_that_confirm_at_the_same_moment_one_changes_the_address() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let link = app.ask_to_move(&browser, NEW).await;
    let (one, two) = (app.browser(), app.browser());
    let (one, two) = tokio::join!(one.post(&link, &[]), two.post(&link, &[]));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(app.mailbox().await.len(), 1);
    assert!(browser.get(&link).await.words().contains("did its work already"));
}

#[tokio::test]
async fn a_newer_wish_replaces_the_older_one() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let older = app.ask_to_move(&browser, "first@example.com").await;
    let newer = app.ask_to_move(&browser, NEW).await;
    assert_eq!(browser.post(&older, &[]).await.status, 410);
    assert_eq!(browser.post(&newer, &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn the_first_owner_gets_the_account_back_from_an_intruder_who_moved_on_twice() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let first = app.change_address_from(&browser, OLD, "mallory@example.com").await;
    let second = app.change_address_from(&browser, "mallory@example.com", "mallory@elsewhere.example").await;
    assert_eq!(app.browser().post(&first, &[]).await.status, 200);
    assert_eq!(app.browser().post(&second, &[]).await.status, 410, "the intruder cannot undo the undoing");
    let letters = app.mailbox().await;
    assert!(letters.iter().all(|letter| letter.to == OLD), "nothing goes to the intruder");
    assert_eq!(app.browser().post(&first, &[]).await.status, 410);
}

#[tokio::test]
async fn not_me_in_an_earlier_mail_takes_an_intruders_address_back_too() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let stranger = app.browser();
    stranger.post("/sign-in", &[("email", OLD), ("password", PASSWORD)]).await;
    let not_me = app.mail_to(OLD).await.link("/account-protection/");
    app.travel(Duration::minutes(1)).await;
    app.change_address_from(&stranger, OLD, "mallory@example.com").await;
    assert_eq!(app.browser().post(&not_me, &[]).await.status, 200);
    let letters = app.mailbox().await;
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.to == ada.email));
}

#[tokio::test]
async fn not_me_in_an_old_mail_does_nothing_once_the_address_left_that_mailbox_for_good() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.browser();
    browser.post("/sign-in", &[("email", OLD), ("password", PASSWORD)]).await;
    let not_me = app.mail_to(&ada.email).await.link("/account-protection/");
    app.travel(Duration::minutes(1)).await;
    app.change_address_from(&browser, OLD, NEW).await;
    app.travel(Duration::days(7) - Duration::minutes(1)).await;
    assert_eq!(app.browser().get(&not_me).await.status, 200, "as long as the change can be taken back");
    app.travel(Duration::minutes(1)).await;
    for page in [app.browser().get(&not_me).await, app.browser().post(&not_me, &[]).await] {
        assert_eq!(page.status, 410);
        assert!(page.words().contains("no longer the account's"), "{}", page.words());
    }
    assert_eq!(browser.get("/settings").await.status, 200);
    assert!(signs_in(&app, NEW, PASSWORD).await);
}

#[tokio::test]
async fn not_me_in_a_mail_to_an_intruder_does_nothing_once_their_address_was_taken_back() {
    let app = TestApp::start().await;
    app.customer(OLD).await;
    let intruder = app.browser();
    intruder.post("/sign-in", &[("email", OLD), ("password", PASSWORD)]).await;
    app.mailbox().await;
    let undo = app.change_address_from(&intruder, OLD, NEW).await;
    app.browser().post("/sign-in", &[("email", NEW), ("password", PASSWORD)]).await;
    let not_me = app.mail_to(NEW).await.link("/account-protection/");
    assert_eq!(app.browser().post(&undo, &[]).await.status, 200);
    let reset = app.mail_to(OLD).await.link("/password-reset/");
    assert_eq!(app.browser().post(&reset, &[("password", "seven quiet harbours north")]).await.status, 303);
    assert_eq!(app.browser().post(&not_me, &[]).await.status, 410);
    assert!(signs_in(&app, OLD, "seven quiet harbours north").await, "the owner is not locked out");
}

#[tokio::test]
async fn an_earlier_address_that_has_an_account_by_now_is_not_restored_but_nobody_stays_in() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    let undo = app.change_address_from(&browser, OLD, NEW).await;
    let _second = app.customer(OLD).await;
    let page = app.browser().post(&undo, &[]).await;
    assert!(page.words().contains("could not be restored"));
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
    assert!(!signs_in_quietly(&app, NEW).await);
}

#[tokio::test]
async fn ones_own_and_malformed_addresses_are_told_beside_the_field() {
    let app = TestApp::start().await;
    let ada = app.customer(OLD).await;
    let browser = app.sign_in_as(&ada).await;
    for typed in [OLD, "ada@", ""] {
        let page = browser.get("/settings/email").await.submit(&[("email", typed)]).await;
        assert_eq!(
            (page.status, page.errors()[0].0.as_str(), page.value("email").as_str()),
            (422, "email", typed)
        );
    }
}

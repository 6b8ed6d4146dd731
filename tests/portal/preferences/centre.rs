//! `/preferences/{token}`: the choices without signing in.

use portal::preferences::contacts;
use portal::preferences::decisions;
use portal::preferences::topics::Topic;

use crate::support::TestApp;

#[tokio::test]
async fn a_reader_without_an_account_chooses_and_no_cookie_is_set() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada.lovelace@example.com", &[Topic::Events]).await;
    let browser = app.browser();
    let page = browser.get(&format!("/preferences/{}", ada.token(None))).await;
    assert!(page.text().contains("a…e@example.com") && !page.text().contains("ada.lovelace"));
    assert!(!page.text().contains("A call to help you begin"), "that is for customers");
    let page = page.submit(&[("newsletter", "on")]).await;
    assert_eq!((page.status, page.header("set-cookie")), (200, ""));
    assert!(page.words().contains("Your choices are saved"));
    assert!(ada.may_get(Topic::Newsletter).await && ada.may_get(Topic::Events).await);
    let row = &ada.decisions().await[0];
    assert_eq!((row.via.as_str(), row.actor.as_str()), ("link", "person"));
    assert!(browser.cookies().is_empty());
}

#[tokio::test]
async fn everything_can_be_paused_or_stopped_by_the_link_and_again() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = format!("/preferences/{}", ada.token(None));
    let browser = app.browser();
    for act in ["pause_30", "stop", "stop"] {
        let page = browser.post(&path, &[("act", act)]).await;
        assert_eq!(page.status, 200, "{act}");
        assert!(!ada.may_get(Topic::Events).await, "{act}");
    }
    assert!(browser.get(&path).await.words().contains("Everything is stopped"));
    assert_eq!(
        ada.decisions().await[0].wording,
        "Stop all mailings",
        "nobody calls somebody without an account"
    );
    assert_eq!(browser.post(&path, &[("act", "nonsense")]).await.status, 400);
}

#[tokio::test]
async fn a_link_works_for_its_own_address_only_also_after_a_move() {
    let app = TestApp::start().await;
    let old = app.subscriber("old@example.com", &[Topic::Events]).await;
    let token = old.token(Some(Topic::Events));
    old.move_to("new@example.com").await;
    let browser = app.browser();
    assert_eq!(browser.get(&format!("/preferences/{token}")).await.status, 410);
    assert_eq!(browser.post(&format!("/preferences/{token}"), &[("act", "stop")]).await.status, 410);
    assert!(old.may_get(Topic::Events).await);
    let page = browser.post(&format!("/unsubscribe/{token}"), &[]).await;
    assert_eq!(page.status, 200, "an old link still unsubscribes");
    assert!(!old.may_get(Topic::Events).await);
}

#[tokio::test]
async fn after_a_move_the_longer_pause_and_the_smaller_limit_of_the_mailbox_hold() {
    let app = TestApp::start().await;
    let (more, less) = (("pause_30", "4"), ("pause_90", "2"));
    for (number, (here, there)) in [(more, less), (less, more)].into_iter().enumerate() {
        let person = app.customer(&format!("old{number}@example.com")).await;
        let browser = app.sign_in_as(&person).await;
        let other = app.subscriber(&format!("new{number}@example.com"), &[Topic::Events]).await;
        let link = format!("/preferences/{}", other.token(None));
        let now = app.clock.now();
        for (browser, path, (pause, limit)) in
            [(&browser, "/settings/preferences", here), (&app.browser(), link.as_str(), there)]
        {
            browser.post(path, &[("act", pause)]).await;
            let seen = browser.get(path).await.attr("input[name='seen']", "value").unwrap();
            let calls = if seen.contains("onboarding_calls") { "on" } else { "" };
            let chosen =
                [("seen", seen.as_str()), ("onboarding_calls", calls), ("events", "on"), ("limit", limit)];
            browser.post(path, &chosen).await;
        }
        app.change_address(&browser, &other.email).await;
        let mut conn = app.conn().await;
        let moved = contacts::find_by_email(&mut conn, &other.email).await.unwrap().unwrap();
        assert!(moved.person == Some(person.id) && moved.id != other.id);
        assert_eq!(moved.monthly_limit, Some(2), "{number}");
        assert!(moved.paused_until.unwrap() > now + chrono::Duration::days(89), "{number}");
        let carried = decisions::history(&mut conn, moved.id, 100).await.unwrap();
        let carried = carried.iter().filter(|row| row.via == "email_change").count();
        assert_eq!(carried, if number == 0 { 2 } else { 0 }, "only what holds more is written");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn links_do_not_end() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = format!("/preferences/{}", ada.token(None));
    app.travel(chrono::Duration::days(3650)).await;
    assert_eq!(app.browser().get(&path).await.status, 200);
}

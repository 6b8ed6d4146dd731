//! `/preferences/{token}`: the choices without signing in.

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
async fn links_do_not_end() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let path = format!("/preferences/{}", ada.token(None));
    app.travel(chrono::Duration::days(3650)).await;
    assert_eq!(app.browser().get(&path).await.status, 200);
}

//! The register of cookies and the choice.

use std::collections::BTreeSet;

use chrono::Duration;
use portal::preferences::cookies::REGISTER;

use crate::support::{Browser, PASSWORD, TestApp};

fn choice(browser: &Browser) -> Option<String> {
    browser.cookie("__Host-choice")
}

#[tokio::test]
async fn the_page_lists_every_cookie_and_each_of_them_is_really_set() {
    let app = TestApp::start().await;
    let browser = app.browser();
    app.customer("ada@example.com").await;
    browser.post("/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    browser.post("/cookies", &[("statistics", "no")]).await;
    let set: BTreeSet<String> = browser.cookies().into_iter().map(|(name, _)| name).collect();
    let registered: BTreeSet<String> =
        REGISTER.iter().map(|cookie| format!("__Host-{}", cookie.name)).collect();
    assert_eq!(set, registered);
    let page = browser.get("/cookies").await;
    assert_eq!(page.all("table th[scope=row]").into_iter().collect::<BTreeSet<_>>(), registered);
    app.mailbox().await;
}

#[tokio::test]
async fn a_visitor_who_only_looks_gets_no_cookie() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for path in ["/", "/privacy", "/cookies", "/terms", "/.well-known/gpc.json"] {
        assert_eq!(browser.get(path).await.status, 200);
    }
    assert_eq!(browser.cookies(), []);
}

#[tokio::test]
async fn refusing_takes_one_click_like_agreeing_and_the_question_is_gone() {
    let app = TestApp::start().await;
    for (answer, kept) in [("yes", "statistics-yes"), ("no", "statistics-no")] {
        let browser = app.browser();
        let page = browser.get("/terms").await;
        let buttons = page.all(".question button");
        assert_eq!(buttons, ["Yes, count", "No, do not count"]);
        let page = page.submit_to("/cookies", &[("statistics", answer)]).await;
        assert_eq!((page.status, page.location()), (303, "/terms"));
        assert_eq!(choice(&browser).as_deref(), Some(kept));
        assert_eq!(browser.cookies().len(), 1, "no session is made for it");
        assert!(page.follow().await.first(".question").is_none());
    }
}

#[tokio::test]
async fn a_choice_is_changed_on_the_page_and_said_to_be_saved() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.get("/cookies").await;
    assert!(page.words().contains("You have not chosen in this browser"));
    let page = browser.post("/cookies", &[("statistics", "yes")]).await.follow().await;
    assert!(page.words().contains("Your choice is saved") && page.words().contains("Page statistics On"));
    let page = browser.post("/cookies", &[("statistics", "no")]).await.follow().await;
    assert!(page.words().contains("Page statistics Off"), "{}", page.words());
}

#[tokio::test]
async fn a_choice_that_is_none_or_leads_elsewhere_is_not_followed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    assert_eq!(browser.post("/cookies", &[]).await.status, 400);
    assert_eq!(browser.post("/cookies", &[("statistics", "maybe")]).await.status, 400);
    let page = browser.post("/cookies", &[("statistics", "no"), ("next", "//evil.example")]).await;
    assert_eq!(page.location(), "/cookies?saved=1");
    let request = browser.request(reqwest::Method::POST, "/cookies").form(&[("statistics", "yes")]);
    let page = browser.answer(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!((page.status, choice(&browser).as_deref()), (400, Some("statistics-no")));
}

#[test]
fn a_choice_is_asked_for_again_after_half_a_year() {
    let choice = REGISTER.iter().find(|cookie| cookie.name == "choice").unwrap();
    assert_eq!(choice.lifetime, Duration::days(180));
}

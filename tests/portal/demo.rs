//! The people of the demo.

use portal::demo;

use crate::support::TestApp;

#[tokio::test]
async fn everybody_in_the_demo_can_sign_in_as_the_table_says() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    for person in demo::people() {
        let browser = app.browser();
        let page = browser.post("/sign-in", &[("email", person.email), ("password", person.password)]).await;
        if person.about.starts_with("not signed up yet") {
            assert_eq!(page.status, 422, "{}", person.email);
            continue;
        }
        let Some(secret) = person.totp_secret else {
            assert_eq!(page.location(), "/settings", "{}", person.email);
            continue;
        };
        assert_eq!(page.location(), "/sign-in/code", "{}", person.email);
        let page = browser.post("/sign-in/code", &[("code", &app.code(secret))]).await;
        let home = if person.role == "customer" { "/settings" } else { "/staff" };
        assert_eq!(page.location(), home, "{}", person.email);
    }
    app.mailbox().await;
}

#[tokio::test]
async fn a_second_start_restores_nothing_that_somebody_changed() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let ada = demo::people().into_iter().find(|person| person.email == "ada@example.com").unwrap();
    let browser = app.browser();
    browser.post("/sign-in", &[("email", ada.email), ("password", ada.password)]).await;
    browser.post("/settings/profile", &[("name", "Ada King"), ("company", ""), ("role", "")]).await;
    let before = app.mailbox().await.len();
    demo::populate(&app).await.unwrap();
    assert!(before > 0);
    assert_eq!(app.mailbox().await.len(), 0, "no mail goes out a second time");
    assert_eq!(browser.get("/settings/profile").await.value("name"), "Ada King");
}

#[tokio::test]
async fn outside_development_there_is_no_demo() {
    let app = TestApp::start().await;
    assert!(demo::populate(&app).await.is_err());
}

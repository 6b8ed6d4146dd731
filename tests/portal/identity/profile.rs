//! Correcting who one is (S11, S16, S82).

use crate::support::TestApp;

#[tokio::test]
async fn a_corrected_name_company_and_role_are_on_every_next_page_and_in_the_activity() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/profile").await;
    assert_eq!((page.value("name").as_str(), page.value("company").as_str()), ("Ada", ""));
    let typed = [("name", "Ada King"), ("company", "Analytical Engines"), ("role", "Owner")];
    let page = page.submit(&typed).await.follow().await;
    assert_eq!(page.notices()[0], "Your profile is saved.");
    assert!(browser.get("/settings").await.words().contains("Owner, Analytical Engines"));
    assert!(browser.get("/settings/activity").await.words().contains("Your profile was corrected"));
}

#[tokio::test]
async fn company_and_role_may_be_left_blank_but_not_the_name_and_what_was_typed_is_kept() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/profile").await;
    let refused =
        page.submit(&[("name", " "), ("company", "Engines & Söhne <1>"), ("role", &"x".repeat(201))]).await;
    assert_eq!(refused.status, 422);
    let fields: Vec<String> = refused.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "role"]);
    assert_eq!(refused.value("company"), "Engines & Söhne <1>");
    let saved = refused.submit(&[("name", "Ada"), ("company", ""), ("role", "Owner")]).await;
    assert_eq!(saved.follow().await.value("role"), "Owner");
}

#[tokio::test]
async fn saving_without_a_difference_writes_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/profile").await.submit(&[]).await.follow().await;
    assert_eq!(page.notices()[0], "Nothing was different, so nothing was changed.");
    assert!(!browser.get("/settings/activity").await.words().contains("corrected"));
}

#[tokio::test]
async fn a_name_leads_nowhere_and_does_not_turn_around_what_stands_beside_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let names = [
        "Prizes at https://evil.example",
        "WWW.evil.example",
        "Ada \u{202e}(moc.elpmaxe@eve)",
        "Ada\u{2028}King",
    ];
    for name in names {
        let page = browser.get("/settings/profile").await.submit(&[("name", name)]).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "name"), "{name:?}");
    }
    let page = browser.get("/settings/profile").await.submit(&[("name", "Ada d’Arc-O'Neil, Ph.D.")]).await;
    assert_eq!(page.follow().await.value("name"), "Ada d’Arc-O'Neil, Ph.D.");
}

//! `/settings/preferences`.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::preferences::contacts;
use portal::preferences::decisions;
use portal::preferences::suppressions::{self, Reason};
use portal::preferences::topics::Topic;

use crate::support::{TestApp, TestPerson};

async fn may(app: &TestApp, person: &TestPerson<'_>, topic: Topic) -> bool {
    let contact = contacts::find_of(&mut *app.conn().await, person.id).await.unwrap();
    let Some(contact) = contact else { return false };
    app.may_mail(contact.id, topic).await
}

async fn rows(app: &TestApp, person: &TestPerson<'_>) -> Vec<decisions::Row> {
    let mut conn = app.conn().await;
    let Some(contact) = contacts::find_of(&mut conn, person.id).await.unwrap() else { return Vec::new() };
    decisions::history(&mut conn, contact.id, 100).await.unwrap()
}

#[tokio::test]
async fn what_is_ticked_holds_at_once_with_the_words_that_were_shown() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/preferences").await;
    assert!(rows(&app, &ada).await.is_empty(), "opening the page decides nothing");
    let page = page.submit(&[("events", "on"), ("limit", "2")]).await;
    assert_eq!(page.status, 303);
    assert!(page.follow().await.text().contains("Your choices are saved"));
    assert!(may(&app, &ada, Topic::Events).await && !may(&app, &ada, Topic::Offers).await);
    let rows = rows(&app, &ada).await;
    let said: Vec<_> =
        rows.iter().map(|row| (row.choice.as_str(), row.via.as_str(), row.wording.clone())).collect();
    let words = ["At most 2 in 30 days".to_owned(), Topic::Events.wording()];
    let [limit, topic] = words;
    assert_eq!(said, [("limited", "page", limit), ("subscribed", "page", topic)]);
}

#[tokio::test]
async fn a_tab_left_open_takes_nothing_back_that_was_decided_in_another() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on"), ("offers", "on")]).await;
    let old = browser.get("/settings/preferences").await;
    browser.post("/settings/preferences", &[("act", "stop")]).await;
    assert!(!may(&app, &ada, Topic::Events).await);
    // It still shows both boxes ticked; one more is ticked there.
    old.submit(&[("surveys", "on")]).await;
    assert!(!may(&app, &ada, Topic::Events).await && !may(&app, &ada, Topic::Offers).await);
    assert!(may(&app, &ada, Topic::Surveys).await);
}

#[tokio::test]
async fn a_pause_waits_ends_by_itself_and_can_be_ended() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    for (act, days) in [("pause_30", 30), ("pause_90", 90)] {
        browser.post("/settings/preferences", &[("act", act)]).await;
        let until = rows(&app, &ada).await[0].paused_until.unwrap();
        assert!((until - app.clock.now() - Duration::days(days)).abs() < Duration::minutes(1));
    }
    assert!(!may(&app, &ada, Topic::Events).await);
    assert!(browser.get("/settings/preferences").await.text().contains("No mailing comes before"));
    browser.post("/settings/preferences", &[("act", "resume")]).await;
    assert!(may(&app, &ada, Topic::Events).await);
}

#[tokio::test]
async fn what_no_button_sends_is_refused_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    assert_eq!(browser.post("/settings/preferences", &[("act", "subscribe_all")]).await.status, 400);
    let page = browser.post("/settings/preferences", &[("events", "on"), ("limit", "99")]).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.errors(), [("limit".to_owned(), "Choose one of these.".to_owned())]);
    assert!(page.text().contains(r#"name="events" value="on" checked"#));
    assert!(rows(&app, &ada).await.is_empty());
}

#[tokio::test]
async fn saving_again_what_holds_decides_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    let before = rows(&app, &ada).await.len();
    let page = browser.get("/settings/preferences").await.submit(&[]).await;
    assert!(page.follow().await.text().contains("Nothing was different"));
    assert_eq!(rows(&app, &ada).await.len(), before);
}

#[tokio::test]
async fn a_mailbox_that_refuses_is_shown_to_its_owner_and_needed_mail_still_goes_there() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/preferences", &[("act", "stop")]).await;
    let now = app.clock.now();
    let mut conn = app.conn().await;
    let detail = Some("550 unknown");
    suppressions::suppress(&mut conn, &app.keys, &ada.email, Reason::HardBounce, detail, now).await.unwrap();
    let page = browser.get("/settings/preferences").await;
    assert!(page.text().contains("Your mailbox refused our mail"), "{}", page.words());
    app.browser().post("/password-reset", &[("email", &ada.email)]).await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "reset_password");
}

#[tokio::test]
async fn choosing_does_not_make_a_mailbox_work_that_refused() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let now = app.clock.now();
    let mut conn = app.conn().await;
    suppressions::suppress(&mut conn, &app.keys, &ada.email, Reason::HardBounce, None, now).await.unwrap();
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    assert!(!may(&app, &ada, Topic::Events).await);
    assert!(browser.get("/settings/preferences").await.text().contains("Your mailbox refused our mail"));
    contacts::mailbox_works(&mut conn, &app.keys, &ada.email, now).await.unwrap();
    assert!(may(&app, &ada, Topic::Events).await, "a link that was mailed there does");
}

#[tokio::test]
async fn the_boxes_of_sign_up_are_decisions() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let mut conn = app.conn().await;
    diesel::sql_query("UPDATE people SET marketing_consented_at = now(), onboarding_call_refused_at = now()")
        .execute(&mut *conn)
        .await
        .unwrap();
    let now = app.clock.now();
    portal::preferences::sign_up::take_over(&mut conn, &app.keys, ada.id, Some("DE"), now).await.unwrap();
    assert!(may(&app, &ada, Topic::Events).await && !may(&app, &ada, Topic::Newsletter).await);
    let rows = rows(&app, &ada).await;
    assert!(rows.iter().all(|row| row.via == "sign_up" && row.country.as_deref() == Some("DE")));
    assert_eq!(rows[0].wording, portal::preferences::sign_up::NO_CALL);
    assert_eq!(rows.len(), 4);
}

#[tokio::test]
async fn whoever_signs_up_finds_there_what_they_ticked() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let boxes = [("terms", "on"), ("old_enough", "on"), ("marketing", "on"), ("no_onboarding_call", "on")];
    let mut form = vec![
        ("name", "Ada Lovelace"),
        ("email", "ada@example.com"),
        ("phone", "+1 212 555 0100"),
        ("password", "copper lantern wide river"),
    ];
    form.extend(boxes);
    browser.post("/sign-up", &form).await;
    let link = app.mail_to("ada@example.com").await.link("/sign-up/email/");
    browser.get(&link).await.submit(&[]).await;
    let code = app.mail_to("+12125550100").await.code();
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.location(), "/settings");
    let page = browser.get("/settings/preferences").await;
    for (topic, ticked) in
        [("product_news", true), ("events", true), ("newsletter", false), ("onboarding_calls", false)]
    {
        let is = page.text().contains(&format!(r#"name="{topic}" value="on" checked"#));
        assert_eq!(is, ticked, "{topic}");
    }
    let contact = contacts::find_by_email(&mut *app.conn().await, "ada@example.com").await.unwrap().unwrap();
    assert!(contact.person.is_some() && contact.confirmed_at.is_some());
}

//! What staff undertake to keep confidential before anything of people opens (S157).

use portal::staff::permissions::Role;
use portal::staff::undertaking;

use super::desk::grant;
use crate::support::{TestApp, count, run};

#[tokio::test]
async fn a_desk_opens_once_its_reader_has_agreed_and_leads_there_and_back() {
    let app = TestApp::start().await;
    let person = app.staff(Role::Support).await;
    run(&app, "DELETE FROM staff_undertakings").await;
    let browser = app.sign_in_as(&person).await;
    let refused = browser.get("/staff/sales?all=1").await;
    assert_eq!((refused.status, refused.heading().as_str()), (403, undertaking::FIRST));
    assert!(browser.get("/staff").await.notices().join(" ").contains("once you have agreed"));
    let text = browser.get(&refused.link("Read it and agree")).await;
    let page = text.submit(&[]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "agree"));
    assert_eq!(browser.get("/staff/sales").await.status, 403, "nothing was agreed to yet");
    let agreed = page.submit(&[("agree", "on")]).await;
    assert_eq!(agreed.location(), "/staff/sales?all=1");
    assert_eq!(agreed.follow().await.status, 200);
    assert_eq!(page.submit(&[("agree", "on")]).await.status, 303, "a second tab");
    assert!(browser.get(undertaking::PATH).await.words().contains("You agreed on"));
    let noted = "audit_events WHERE action = 'staff.undertaking.agreed' AND actor_kind = 'staff' AND actor_id = subject_id";
    assert_eq!((count(&app, "staff_undertakings").await, count(&app, noted).await), (1, 1));
    assert!(browser.get("/settings/activity").await.words().contains("You agreed to keep confidential"));
}

#[tokio::test]
async fn another_version_is_agreed_to_again_by_everybody() {
    let app = TestApp::start().await;
    let admin = app.desk_of(Role::Admin).await;
    let browser = app.desk_of(Role::Support).await;
    assert_eq!(browser.get("/staff/people").await.status, 200);
    run(&app, "UPDATE staff_undertakings SET version = version - 1").await;
    assert_eq!(browser.get("/staff/people").await.status, 403);
    let form = browser.get(undertaking::PATH).await;
    let late = form.submit(&[("agree", "on"), ("version", "2020-01-01")]).await;
    assert!(
        late.status == 422 && late.words().contains("has changed since you opened it"),
        "{}",
        late.words()
    );
    let team = admin.get("/staff/team").await;
    assert_eq!(team.all("td[data-label='Bound to confidentiality']"), ["Not yet", "Not yet"]);
    assert_eq!(form.submit(&[("agree", "on")]).await.location(), "/staff");
    assert_eq!(browser.get("/staff/people").await.status, 200);
    let bound = admin.get("/staff/team").await.all("td[data-label='Bound to confidentiality']");
    assert_eq!(bound.iter().filter(|cell| *cell == "Not yet").count(), 1, "{bound:?}");
    assert_eq!(count(&app, "staff_undertakings").await, 3, "what was agreed to before stays");
}

#[tokio::test]
async fn after_the_second_factor_staff_read_the_undertaking_and_customers_do_not() {
    let app = TestApp::start().await;
    let (ada, sara) = (app.customer("ada@example.com").await, app.customer("sara@lossexpress.test").await);
    grant(&app, &sara, Role::Support).await;
    for (person, onward) in [(ada, "/settings"), (sara, undertaking::PATH)] {
        let browser = app.sign_in_as(&person).await;
        let page = browser.get("/settings/two-factor").await;
        let secret = page.first("#totp-secret").expect("the secret is shown").replace(' ', "");
        let page = page.submit_to("/settings/two-factor", &[("code", &app.code(&secret))]).await;
        assert_eq!(page.link("I have kept them"), onward, "{}", page.words());
        assert_eq!(browser.get(onward).await.status, 200);
    }
    app.mailbox().await;
}

//! How somebody becomes staff.

use chrono::Duration;
use portal::staff::invitations;
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp};

const NEW_PASSWORD: &str = "orchard tunnel velvet nine";

async fn invited(app: &TestApp, email: &str) -> String {
    invitations::invite_from_command_line(app, email, Role::Support).await.unwrap();
    app.mail_to(email).await.link("/staff/invitations/")
}

async fn accept(browser: &Browser, link: &str) -> crate::support::Page {
    browser.post(link, &[("name", "Sara Support"), ("password", NEW_PASSWORD)]).await
}

#[tokio::test]
async fn somebody_new_chooses_name_and_password_and_sets_up_a_factor_before_the_console_opens() {
    let app = TestApp::start().await;
    let link = invited(&app, "sara@lossexpress.test").await;
    let browser = app.browser();
    assert!(browser.get(&link).await.words().contains("role support"));
    let page = accept(&browser, &link).await;
    assert_eq!(page.location(), "/sign-in");
    assert!(page.follow().await.notices().join(" ").contains("Welcome to the team"));
    browser.post("/sign-in", &[("email", "sara@lossexpress.test"), ("password", NEW_PASSWORD)]).await;
    assert_eq!(browser.get("/staff").await.location(), "/settings/two-factor");
    assert_eq!(app.mail_to("sara@lossexpress.test").await.name, "staff_role_granted");
    app.mailbox().await;
}

#[tokio::test]
async fn what_was_typed_stays_and_a_bad_password_is_told_apart() {
    let app = TestApp::start().await;
    let link = invited(&app, "sara@lossexpress.test").await;
    let page = app.browser().post(&link, &[("name", "Sara"), ("password", "short")]).await;
    assert_eq!(page.status, 422);
    assert_eq!(
        (page.errors()[0].0.as_str(), page.value("name").as_str(), page.value("password").as_str()),
        ("password", "Sara", "")
    );
}

#[tokio::test]
async fn a_link_works_for_seven_days_and_once() {
    let app = TestApp::start().await;
    let (early, late) =
        (invited(&app, "early@lossexpress.test").await, invited(&app, "late@lossexpress.test").await);
    app.travel(Duration::days(7) - Duration::seconds(60)).await;
    assert_eq!(accept(&app.browser(), &early).await.status, 303);
    assert_eq!(accept(&app.browser(), &early).await.status, 410);
    app.travel(Duration::seconds(60)).await;
    assert_eq!(accept(&app.browser(), &late).await.status, 410);
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_who_post_one_link_at_once_one_becomes_staff() {
    let app = TestApp::start().await;
    let link = invited(&app, "sara@lossexpress.test").await;
    let (one, two) = (app.browser(), app.browser());
    let (one, two) = tokio::join!(accept(&one, &link), accept(&two, &link));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [303, 410]);
    app.mailbox().await;
}

#[tokio::test]
async fn a_newer_invitation_takes_the_place_of_the_older() {
    let app = TestApp::start().await;
    let older = invited(&app, "sara@lossexpress.test").await;
    let newer = invited(&app, "Sara@lossexpress.test").await;
    assert_eq!(app.browser().get(&older).await.status, 410);
    assert_eq!(app.browser().get(&newer).await.status, 200);
}

#[tokio::test]
async fn a_customer_accepts_only_while_signed_in_as_themselves() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let link = invited(&app, "ada@example.com").await;
    let stranger = app.browser();
    assert!(stranger.get(&link).await.words().contains("has an account already"));
    assert_eq!(accept(&stranger, &link).await.location(), link);
    let other = app.sign_in_as(&app.customer("other@example.com").await).await;
    assert!(other.get(&link).await.words().contains("Somebody else is signed in"));
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&link).await.submit(&[]).await;
    assert_eq!(page.location(), "/sign-in");
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"), "her sessions have ended");
    app.mailbox().await;
}

#[tokio::test]
async fn an_admin_invites_withdraws_and_is_told_what_is_there_already() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    app.staff(Role::Support).await;
    let form = browser.get("/staff/team/invitations/new").await;
    let page = form.submit(&[("email", "support@lossexpress.test"), ("role", "support")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "role"));
    let page = form.submit(&[("email", "nonsense"), ("role", "king")]).await;
    assert_eq!(page.errors().len(), 2);
    let page = form.submit(&[("email", "new@lossexpress.test"), ("role", "privacy")]).await.follow().await;
    assert!(page.words().contains("new@lossexpress.test"));
    let link = app.mail_to("new@lossexpress.test").await.link("/staff/invitations/");
    let page = page.submit_to("/withdrawal", &[]).await;
    assert!(page.follow().await.words().contains("No invitation is open"));
    assert_eq!(app.browser().get(&link).await.status, 410);
}

#[tokio::test]
async fn who_was_away_shows_who_they_are_before_rights_change() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    app.travel(Duration::seconds(301)).await;
    let page = browser.get("/staff/team/invitations/new").await;
    assert!(page.location().starts_with("/reauthentication?next=%2Fstaff%2Fteam%2Finvitations%2Fnew"));
    let page = browser
        .post("/staff/team/invitations/new", &[("email", "new@lossexpress.test"), ("role", "admin")])
        .await;
    assert!(page.location().starts_with("/reauthentication"));
}

//! The slow lane back in: 72 hours, told everywhere, stopped in one tap, shortened by nobody.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{account_recoveries, recovery_optins};
use portal::staff::permissions::Role;

use crate::support::{Letter, PASSWORD, TestApp, TestPerson};

const NEW_PASSWORD: &str = "violet engine quiet harbour";

/// A customer with an authenticator app who opened the lane beforehand.
async fn opted_in<'a>(app: &'a TestApp, email: &str) -> TestPerson<'a> {
    let person = app.customer(email).await.with_totp().await;
    let browser = app.sign_in_as(&person).await;
    let page = browser.get("/settings/account-recovery").await.submit(&[]).await.follow().await;
    assert!(
        page.notices().iter().any(|notice| notice.contains("Account recovery is on")),
        "{:?}",
        page.notices()
    );
    assert_eq!(app.mail_to(email).await.subject, "Account recovery is on");
    browser.post("/sign-out", &[]).await;
    person
}

/// Asks for the recovery; answers the mail and the text about it.
async fn ask(app: &TestApp, person: &TestPerson<'_>) -> (Letter, Letter) {
    let browser = app.in_second_step(&person.email).await;
    let page = browser.get("/sign-in/code").await.link("I have lost my device");
    let page = browser.get(&page).await.submit(&[]).await.follow().await;
    assert!(page.words().contains("The 72 hours are running"), "{}", page.words());
    (app.mail_to(&person.email).await, app.mail_to(&person.phone).await)
}

/// Asks, waits, and answers the link to finish.
async fn ready(app: &TestApp, person: &TestPerson<'_>) -> String {
    ask(app, person).await;
    app.travel(Duration::hours(72)).await;
    app.run_timetable().await;
    app.mail_to(&person.phone).await;
    app.mail_to(&person.email).await.link("/account-recovery/")
}

async fn rows(app: &TestApp) -> Vec<(Option<String>, bool)> {
    account_recoveries::table
        .order(account_recoveries::id)
        .select((account_recoveries::cancelled_because, account_recoveries::completed_at.is_not_null()))
        .load(&mut app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn after_72_hours_link_and_password_remove_the_second_factor() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    let open = app.sign_in_as(&ada).await;
    let browser = app.browser();
    let page = browser.get(&link).await.submit(&[("password", "not the password at all")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "password"));
    let page = page.submit(&[("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/sign-in");
    assert!(page.follow().await.words().contains("Your second factor was removed"));
    assert_eq!(open.get("/settings").await.status, 303);
    let page = browser.post("/sign-in", &[("email", &ada.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/settings");
    assert_eq!(app.mail_to(&ada.email).await.subject, "Your account was recovered");
    assert_eq!(rows(&app).await, [(None, true)]);
    app.mailbox().await;
}

#[tokio::test]
async fn the_link_goes_out_after_72_hours_and_not_a_minute_before() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    ask(&app, &ada).await;
    app.travel(Duration::minutes(71 * 60 + 59)).await;
    app.run_timetable().await;
    assert!(app.mailbox().await.is_empty());
    app.travel(Duration::minutes(3)).await;
    app.run_timetable().await;
    assert_eq!(app.mail_to(&ada.email).await.subject, "You can now finish the recovery of your account");
    assert_eq!(app.mail_to(&ada.phone).await.name, "recovery_ready");
    app.run_timetable().await;
    assert!(app.mailbox().await.is_empty(), "told twice");
}

#[tokio::test]
async fn the_link_works_for_seven_days() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    app.travel(Duration::hours(6 * 24 + 23)).await;
    assert_eq!(app.browser().get(&link).await.status, 200);
    app.travel(Duration::hours(2)).await;
    let page = app.browser().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!(page.status, 410);
    app.run_timetable().await;
    assert_eq!(app.mail_to(&ada.email).await.name, "recovery_closed");
    assert_eq!(rows(&app).await, [(Some("expired".into()), false)]);
    ask(&app, &ada).await;
}

#[tokio::test]
async fn the_link_is_dead_once_its_mailbox_is_no_longer_the_accounts() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/email", &[("email", "ada@new.example.com")]).await;
    let confirmation = app.mail_to("ada@new.example.com").await.link("/settings/email/");
    assert_eq!(browser.post(&confirmation, &[]).await.status, 303);
    let page = app.browser().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!(page.status, 410, "{}", page.words());
    assert_eq!(rows(&app).await, [(Some("credentials_changed".into()), false)]);
    let told = app.mail_to("ada@new.example.com").await;
    assert_eq!(told.subject, "The account recovery was cancelled");
    app.mailbox().await;
}

#[tokio::test]
async fn every_message_stops_it_in_one_tap_and_without_signing_in() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let (mail, text) = ask(&app, &ada).await;
    assert_eq!((mail.kind.as_str(), text.kind.as_str()), ("mail", "sms"));
    assert_eq!(mail.link("/account-recovery/"), text.link("/account-recovery/"));
    let link = text.link("/account-recovery/");
    let page = app.browser().get(&link).await;
    assert_eq!(rows(&app).await, [(None, false)], "looking changes nothing");
    assert_eq!(page.submit(&[]).await.heading(), "The account recovery is stopped");
    assert_eq!(app.browser().get(&link).await.status, 410);
    assert_eq!(app.mail_to(&ada.email).await.subject, "The account recovery was cancelled");
    app.travel(Duration::hours(73)).await;
    app.run_timetable().await;
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn an_open_session_shows_it_on_every_page_and_stops_it() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    ask(&app, &ada).await;
    app.travel(Duration::hours(1)).await;
    let page = browser.get("/settings/profile").await;
    let page = browser.get(&page.link("Look at the recovery")).await;
    page.submit_to("/cancellation", &[]).await;
    assert_eq!(rows(&app).await, [(Some("session".into()), false)]);
    assert!(!browser.get("/settings/profile").await.text().contains("Look at the recovery"));
    app.mail_to(&ada.email).await;
}

#[tokio::test]
async fn signing_in_with_the_old_factor_stops_it() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    ask(&app, &ada).await;
    let page = app.in_second_step(&ada.email).await.post("/sign-in/code", &[("code", &ada.code())]).await;
    assert_eq!(page.location(), "/settings");
    assert_eq!(rows(&app).await, [(Some("signed_in".into()), false)]);
    assert!(app.mailbox().await.iter().any(|letter| letter.subject == "The account recovery was cancelled"));
}

#[tokio::test]
async fn closing_the_lane_stops_it() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    ask(&app, &ada).await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/account-recovery").await.submit_to("/removal", &[]).await;
    assert_eq!(rows(&app).await, [(Some("opted_out".into()), false)]);
    let subjects: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(subjects, ["The account recovery was cancelled", "Account recovery is off"]);
}

#[tokio::test]
async fn a_change_of_password_stops_it_even_after_the_link_went_out() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/password").await.submit(&[("password", NEW_PASSWORD)]).await;
    assert_eq!(app.browser().post(&link, &[("password", NEW_PASSWORD)]).await.status, 410);
    assert_eq!(rows(&app).await, [(Some("credentials_changed".into()), false)]);
    app.mailbox().await;
}

#[tokio::test]
async fn a_change_of_factors_makes_it_void_at_once_and_the_timetable_says_so() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    app.sign_in_as(&ada).await.post("/settings/two-factor/removal", &[]).await;
    assert_eq!(app.browser().post(&link, &[("password", PASSWORD)]).await.status, 410);
    app.mail_to(&ada.email).await;
    app.run_timetable().await;
    assert_eq!(app.mail_to(&ada.email).await.name, "recovery_closed");
}

#[tokio::test]
async fn asking_twice_is_asking_once() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let (one, two) = (app.in_second_step(&ada.email).await, app.in_second_step(&ada.email).await);
    let (first, second) =
        tokio::join!(one.post("/sign-in/recovery", &[]), two.post("/sign-in/recovery", &[]));
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(rows(&app).await.len(), 1);
    assert_eq!(app.mailbox().await.len(), 2, "one mail and one text");
}

#[tokio::test]
async fn of_stopping_and_finishing_at_the_same_moment_one_wins() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let link = ready(&app, &ada).await;
    let (finisher, owner, stop) = (app.browser(), app.browser(), format!("{link}/cancellation"));
    let (finished, stopped) =
        tokio::join!(finisher.post(&link, &[("password", PASSWORD)]), owner.post(&stop, &[]));
    let won = [finished.status == 303, stopped.status == 200];
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{} {}", finished.status, stopped.status);
    assert!([finished.status, stopped.status].contains(&410));
    assert_eq!(app.mailbox().await.len(), 1);
}

#[tokio::test]
async fn without_the_lane_the_page_says_so_and_nothing_begins() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let browser = app.in_second_step(&ada.email).await;
    let page = browser.get("/sign-in/recovery").await;
    assert!(page.words().contains("There is no recovery for this account"));
    browser.post("/sign-in/recovery", &[]).await;
    assert!(rows(&app).await.is_empty());
}

#[tokio::test]
async fn nobody_gets_to_the_page_without_the_password() {
    let app = TestApp::start().await;
    assert_eq!(app.browser().get("/sign-in/recovery").await.location(), "/sign-in?again=yes");
    assert_eq!(app.browser().post("/sign-in/recovery", &[]).await.location(), "/sign-in?again=yes");
    assert_eq!(app.browser().get("/account-recovery/nothing").await.status, 404);
    assert_eq!(app.browser().get("/account-recovery/nothing/cancellation").await.status, 404);
}

#[tokio::test]
async fn the_link_that_stops_does_not_finish() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    let (mail, _) = ask(&app, &ada).await;
    let stop = mail.link("/account-recovery/");
    app.travel(Duration::hours(80)).await;
    let finish = stop.trim_end_matches("/cancellation");
    assert_eq!(app.browser().post(finish, &[("password", PASSWORD)]).await.status, 404);
    app.run_timetable().await;
    app.mailbox().await;
}

#[tokio::test]
async fn staff_have_no_slow_lane() {
    let app = TestApp::start().await;
    let admin = app.staff(Role::Admin).await;
    let browser = app.sign_in_as(&admin).await;
    assert!(browser.get("/settings/account-recovery").await.words().contains("invited anew"));
    assert_eq!(browser.post("/settings/account-recovery", &[]).await.status, 404);
    // Not even one that was opened before they joined.
    let now = app.clock.now();
    let row = (recovery_optins::person_id.eq(admin.id), recovery_optins::opted_in_at.eq(now));
    diesel::insert_into(recovery_optins::table).values(row).execute(&mut app.conn().await).await.unwrap();
    let visitor = app.in_second_step(&admin.email).await;
    visitor.post("/sign-in/recovery", &[]).await;
    assert!(rows(&app).await.is_empty());
}

#[tokio::test]
async fn a_thief_cannot_keep_the_phone_ringing() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    for _ in 0..3 {
        let (mail, _) = ask(&app, &ada).await;
        app.browser().get(&mail.link("/account-recovery/")).await.submit(&[]).await;
        app.mail_to(&ada.email).await;
    }
    let page = app.in_second_step(&ada.email).await.post("/sign-in/recovery", &[]).await;
    assert_eq!(page.status, 429);
}

#[tokio::test]
async fn the_database_refuses_a_shorter_wait() {
    let app = TestApp::start().await;
    let ada = opted_in(&app, "ada@example.com").await;
    ask(&app, &ada).await;
    let mut conn = app.conn().await;
    let soon = app.clock.now() + Duration::hours(71);
    let shortened = diesel::update(account_recoveries::table)
        .set(account_recoveries::ready_at.eq(soon))
        .execute(&mut conn)
        .await;
    assert!(shortened.is_err());
    let finished = diesel::update(account_recoveries::table)
        .set(account_recoveries::completed_at.eq(soon))
        .execute(&mut conn)
        .await;
    assert!(finished.is_err());
}

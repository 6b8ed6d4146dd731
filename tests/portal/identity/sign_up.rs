//! Becoming a customer (S37, S39–S42, S46, S47, S144).

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{accounts, people, sign_ups, terms_acceptances};

use crate::support::{Browser, Page, TestApp};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "copper lantern wide river";

fn details(email: &str) -> Vec<(&str, &str)> {
    vec![
        ("name", "Ada Lovelace"),
        ("email", email),
        ("phone", "+1 212 555 0100"),
        ("password", PASSWORD),
        ("terms", "on"),
        ("old_enough", "on"),
    ]
}

fn with<'a>(mut fields: Vec<(&'a str, &'a str)>, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.retain(|(field, _)| *field != name);
    fields.push((name, value));
    fields
}

async fn people_count(app: &TestApp) -> i64 {
    people::table.count().get_result(&mut app.conn().await).await.unwrap()
}

async fn sign_up_count(app: &TestApp) -> i64 {
    sign_ups::table.count().get_result(&mut app.conn().await).await.unwrap()
}

/// Up to the page that asks for the code of the phone.
async fn up_to_phone(app: &TestApp, browser: &Browser, email: &str) -> Page {
    let answer = browser.post("/sign-up", &details(email)).await;
    assert_eq!((answer.status, answer.location()), (303, "/sign-up/email"));
    let link = app.mail_to(email).await.link("/sign-up/email/");
    let answer = browser.get(&link).await.submit(&[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/sign-up/phone"));
    answer.follow().await
}

#[tokio::test]
async fn somebody_who_confirms_mail_and_phone_is_signed_in_with_a_first_account() {
    let app = TestApp::start().await;
    let browser = app.browser();
    up_to_phone(&app, &browser, EMAIL).await;
    let code = app.mail_to("+12125550100").await.code();
    let answer = browser.post("/sign-up/phone", &[("code", &code)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/settings"));
    let mut conn = app.conn().await;
    let (company, refused, wanted): (
        Option<String>,
        Option<chrono::DateTime<chrono::Utc>>,
        Option<chrono::DateTime<chrono::Utc>>,
    ) = people::table
        .select((people::company, people::onboarding_call_refused_at, people::marketing_consented_at))
        .first(&mut conn)
        .await
        .unwrap();
    assert_eq!((company, refused, wanted), (None, None, None));
    assert_eq!(accounts::table.count().get_result::<i64>(&mut conn).await, Ok(1));
    let version: String =
        terms_acceptances::table.select(terms_acceptances::version).first(&mut conn).await.unwrap();
    assert_eq!(version, portal::public::TERMS_VERSION);
    assert_eq!(sign_up_count(&app).await, 0);
}

#[tokio::test]
async fn what_was_ticked_is_kept_with_its_time() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let fields = with(with(details(EMAIL), "no_onboarding_call", "on"), "marketing", "on");
    browser.post("/sign-up", &fields).await;
    let kept: (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>) =
        sign_ups::table
            .select((sign_ups::onboarding_call_refused_at, sign_ups::marketing_consented_at))
            .first(&mut app.conn().await)
            .await
            .unwrap();
    assert!(kept.0.is_some() && kept.1.is_some());
    app.mailbox().await;
}

#[tokio::test]
async fn each_mistake_is_told_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let fields = [
        ("name", "Ada"),
        ("email", "ada@nowhere"),
        ("phone", "12"),
        ("password", "short"),
        ("company", "Engines Ltd"),
    ];
    let page = browser.post("/sign-up", &fields).await;
    assert_eq!(page.status, 422);
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(wrong, ["email", "phone", "password", "terms", "old_enough"]);
    assert_eq!(
        (page.value("email").as_str(), page.value("company").as_str()),
        ("ada@nowhere", "Engines Ltd")
    );
    assert_eq!(page.value("password"), "");
}

#[tokio::test]
async fn a_child_is_refused_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let page = app.browser().post("/sign-up", &with(details(EMAIL), "old_enough", "")).await;
    assert_eq!(page.status, 422);
    assert_eq!((sign_up_count(&app).await, people_count(&app).await), (0, 0));
}

#[tokio::test]
async fn terms_that_are_not_accepted_make_no_account() {
    let app = TestApp::start().await;
    let page = app.browser().post("/sign-up", &with(details(EMAIL), "terms", "")).await;
    assert_eq!(page.status, 422);
    assert_eq!(sign_up_count(&app).await, 0);
}

#[tokio::test]
async fn an_address_with_an_account_gets_the_same_answer_and_its_owner_a_mail() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let taken = app.browser().post("/sign-up", &details("ADA@example.com")).await;
    let free = app.browser().post("/sign-up", &details("free@example.com")).await;
    assert_eq!((taken.status, taken.location()), (free.status, free.location()));
    assert_eq!(app.mail_to(EMAIL).await.subject, "You already have an account");
    assert_eq!(app.mail_to("free@example.com").await.subject, "Confirm your e-mail address");
    assert_eq!(people_count(&app).await, 1);
}

#[tokio::test]
async fn looking_at_the_link_confirms_nothing() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.post("/sign-up", &details(EMAIL)).await;
    let link = app.mail_to(EMAIL).await.link("/sign-up/email/");
    browser.get(&link).await;
    browser.answer(browser.request(reqwest::Method::HEAD, &link)).await;
    let confirmed: i64 = sign_ups::table
        .filter(sign_ups::email_confirmed_at.is_not_null())
        .count()
        .get_result(&mut app.conn().await)
        .await
        .unwrap();
    assert_eq!(confirmed, 0);
}

#[tokio::test]
async fn a_link_works_for_a_day_and_then_nothing_is_left() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.post("/sign-up", &details(EMAIL)).await;
    let link = app.mail_to(EMAIL).await.link("/sign-up/email/");
    app.travel(Duration::hours(24) - Duration::minutes(1)).await;
    assert_eq!(browser.get(&link).await.status, 200);
    app.travel(Duration::minutes(2)).await;
    assert_eq!(browser.get(&link).await.status, 410);
    app.run_timetable().await;
    assert_eq!(sign_up_count(&app).await, 0);
}

#[tokio::test]
async fn only_the_browser_that_confirmed_the_address_goes_on() {
    let app = TestApp::start().await;
    let (stranger, owner) = (app.browser(), app.browser());
    stranger.post("/sign-up", &details(EMAIL)).await;
    let link = app.mail_to(EMAIL).await.link("/sign-up/email/");
    let page = owner.get(&link).await;
    assert_eq!(
        page.submit(&[("password", "not what was chosen")]).await.status,
        422,
        "an owner who did not sign up"
    );
    assert_eq!(page.submit(&[("password", PASSWORD)]).await.location(), "/sign-up/phone");
    let code = app.mail_to("+12125550100").await.code();
    let answer = stranger.post("/sign-up/phone", &[("code", &code)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/sign-up?again=yes"));
    assert_eq!(people_count(&app).await, 0);
}

#[tokio::test]
async fn a_wrong_code_may_be_tried_five_times_and_then_a_new_one_is_needed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    up_to_phone(&app, &browser, EMAIL).await;
    let right = app.mail_to("+12125550100").await.code();
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for left in (1..5).rev() {
        let page = browser.post("/sign-up/phone", &[("code", wrong)]).await;
        assert!(
            page.errors()[0].1.contains(if left == 1 { "One try" } else { "tries are left" }),
            "{:?}",
            page.errors()
        );
    }
    browser.post("/sign-up/phone", &[("code", wrong)]).await;
    let page = browser.post("/sign-up/phone", &[("code", &right)]).await;
    assert_eq!(page.status, 422);
    assert!(page.errors()[0].1.contains("one try too many"));
    browser.post("/sign-up/phone/code", &[]).await;
    let code = app.mail_to("+12125550100").await.code();
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn a_code_works_for_ten_minutes() {
    let app = TestApp::start().await;
    let browser = app.browser();
    up_to_phone(&app, &browser, EMAIL).await;
    let code = app.mail_to("+12125550100").await.code();
    app.travel(Duration::minutes(10)).await;
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.status, 422);
    browser.post("/sign-up/phone/code", &[]).await;
    let code = app.mail_to("+12125550100").await.code();
    app.travel(Duration::seconds(540)).await;
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.status, 303);
}

#[tokio::test]
async fn a_number_gets_at_most_five_codes_in_ten_minutes() {
    let app = TestApp::start().await;
    let browser = app.browser();
    up_to_phone(&app, &browser, EMAIL).await;
    for _ in 0..4 {
        assert_eq!(browser.post("/sign-up/phone/code", &[]).await.status, 303);
    }
    let refused = browser.post("/sign-up/phone/code", &[]).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 120);
    assert_eq!(app.mailbox().await.len(), 5);
}

#[tokio::test]
async fn a_wrong_number_can_be_corrected_and_called() {
    let app = TestApp::start().await;
    let browser = app.browser();
    up_to_phone(&app, &browser, EMAIL).await;
    app.mailbox().await;
    let answer =
        browser.post("/sign-up/phone/code", &[("phone", "+1 212 555 0199"), ("channel", "voice")]).await;
    assert_eq!(answer.status, 303);
    let call = app.mail_to("+12125550199").await;
    assert_eq!(call.kind, "voice");
    assert_eq!(browser.post("/sign-up/phone", &[("code", &call.code())]).await.status, 303);
    let phone: Option<String> =
        people::table.select(people::phone).first(&mut app.conn().await).await.unwrap();
    assert_eq!(phone.as_deref(), Some("+12125550199"));
}

#[tokio::test]
async fn two_sign_ups_of_one_address_at_the_same_moment_make_one_person() {
    let app = TestApp::start().await;
    let (one, two) = (app.browser(), app.browser());
    up_to_phone(&app, &one, EMAIL).await;
    let code_one = app.mail_to("+12125550100").await.code();
    up_to_phone(&app, &two, EMAIL).await;
    let code_two = app.mail_to("+12125550100").await.code();
    let (form_one, form_two) = ([("code", code_one.as_str())], [("code", code_two.as_str())]);
    let (a, b) = tokio::join!(one.post("/sign-up/phone", &form_one), two.post("/sign-up/phone", &form_two));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(people_count(&app).await, 1);
}

#[tokio::test]
async fn confirming_twice_sends_one_code_and_finishing_twice_makes_one_person() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.post("/sign-up", &details(EMAIL)).await;
    let link = app.mail_to(EMAIL).await.link("/sign-up/email/");
    let (a, b) = tokio::join!(browser.post(&link, &[]), browser.post(&link, &[]));
    assert_eq!((a.status, b.status), (303, 303));
    let code = app.mail_to("+12125550100").await.code();
    assert!(app.mailbox().await.is_empty());
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.status, 303);
    assert_eq!(browser.post("/sign-up/phone", &[("code", &code)]).await.location(), "/settings");
    assert_eq!(people_count(&app).await, 1);
    assert_eq!(browser.get(&link).await.status, 410);
}

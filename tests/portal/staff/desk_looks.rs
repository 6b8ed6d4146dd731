//! Staff see what is about people only where they work on it or say why (S105), and whoever it is about reads of it.

use chrono::Duration;
use portal::staff::permissions::Role;

use super::desk::{asked, team};
use crate::support::{Browser, Page, TestApp, TestPerson};

const WORDS: &str = "Number 7 of Analytical Lane is wrong.";
const REASON: &str = "To compare it with a request of last week.";

async fn a_request<'a>(app: &'a TestApp) -> (TestPerson<'a>, String) {
    let ada = app.customer("ada.lovelace@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = asked(&browser, app, WORDS).await;
    let letter = [("body", "Please call me at the office.")];
    browser.post(&format!("{}/messages", path.replace("/staff/", "/privacy/")), &letter).await;
    (ada, path)
}

fn tells_all(page: &Page) -> bool {
    let words = page.words();
    let told = ["ada.lovelace@example.com", WORDS, "Please call me", "Ada Lovelace"]
        .map(|secret| words.contains(secret));
    assert!(told.iter().all(|one| *one == told[0]), "{told:?} in {words}");
    told[0]
}

async fn activity(app: &TestApp, person: &TestPerson<'_>) -> Vec<String> {
    app.sign_in_as(person).await.get("/settings/activity").await.all(".timeline-item")
}

#[tokio::test]
async fn an_unclaimed_request_shows_nobody_and_no_words_and_a_claimed_one_all() {
    let app = TestApp::start().await;
    let (_, path) = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    let page = one.get(&path).await;
    assert!(!tells_all(&page), "{}", page.words());
    assert!(
        page.words().contains("Ada L., a…@example.com") && page.words().contains("Hidden until you claim")
    );
    assert!(!page.text().contains("/staff/people/"), "no way to the record");
    one.post(&format!("{path}/claim"), &[]).await;
    assert!(tells_all(&one.get(&path).await));
    assert!(!tells_all(&two.get(&path).await), "to nobody else");
    app.travel(Duration::minutes(30)).await;
    assert!(!tells_all(&one.get(&path).await), "the claim is over");
}

#[tokio::test]
async fn what_is_over_is_claimed_by_nobody_and_opens_by_a_reason_alone() {
    let app = TestApp::start().await;
    let (ada, path) = a_request(&app).await;
    let withdrawal = format!("{}/withdrawal", path.replace("/staff/", "/privacy/"));
    assert_eq!(app.sign_in_as(&ada).await.post(&withdrawal, &[]).await.status, 303);
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let told = desk.post(&format!("{path}/claim"), &[]).await.follow().await;
    assert!(told.notices().join(" ").contains("There is nothing to claim"), "{:?}", told.notices());
    assert!(!tells_all(&told));
    let open = told.submit_to("/looks", &[("reason", REASON)]).await.follow().await;
    assert!(tells_all(&open), "{}", open.words());
    app.mailbox().await;
}

#[tokio::test]
async fn a_form_that_comes_back_tells_no_more_than_the_page() {
    let app = TestApp::start().await;
    let (_, path) = a_request(&app).await;
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let page = desk.get(&path).await.submit_to("/messages", &[("body", "")]).await;
    assert_eq!(page.status, 422);
    assert!(!tells_all(&page));
}

#[tokio::test]
async fn a_typed_reason_opens_it_for_a_quarter_of_an_hour_without_a_claim() {
    let app = TestApp::start().await;
    let (_, path) = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    let short = one.get(&path).await.submit_to("/looks", &[("reason", "because")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "reason"));
    assert!(short.text().contains("because</textarea>") && !tells_all(&short));
    assert_eq!(one.get(&path).await.submit_to("/looks", &[("reason", REASON)]).await.location(), path);
    let open = one.get(&path).await;
    assert!(tells_all(&open) && open.words().contains("for the reason that you gave"));
    assert!(open.words().contains("Nobody yet."), "it is not claimed by that");
    assert!(!tells_all(&two.get(&path).await));
    app.travel(Duration::minutes(15)).await;
    assert!(!tells_all(&one.get(&path).await));
}

#[tokio::test]
async fn each_view_stands_in_the_audit_log_and_in_the_activity_of_its_owner() {
    let app = TestApp::start().await;
    let (ada, path) = a_request(&app).await;
    let (paul, _) = team(&app).await;
    let desk = app.sign_in_as(&paul).await;
    let number = path.rsplit('/').next().unwrap().to_owned();
    desk.get(&path).await;
    desk.get(&path).await.submit_to("/looks", &[("reason", REASON)]).await;
    desk.get(&path).await;
    desk.post(&format!("{path}/claim"), &[]).await;
    desk.get(&path).await;
    let seen: Vec<String> = activity(&app, &ada)
        .await
        .into_iter()
        .filter(|entry| entry.contains("request about your data"))
        .collect();
    let masked = seen.iter().filter(|entry| entry.contains("without your words")).count();
    assert_eq!((seen.len(), masked), (4, 2), "{seen:#?}");
    assert!(seen.iter().any(|entry| entry.contains(&format!("Because: {REASON} ({number})"))), "{seen:#?}");
    assert!(seen.iter().any(|entry| entry.contains(&format!("Because: To work on {number}"))), "{seen:#?}");
    assert!(
        seen.iter().all(|entry| !entry.contains("Privacy@") && entry.contains("Done by LossExpress staff"))
    );
    let log = desk.get("/staff/audit?action=data_request.viewed").await.words();
    assert!(log.contains(REASON) && log.contains(&ada.id.to_string()), "{log}");
    app.mailbox().await;
}

#[tokio::test]
async fn a_view_of_a_request_without_an_account_is_noted_about_the_request() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let day = app.clock.now().date_naive().to_string();
    let fields =
        [("kind", "access"), ("email", "stranger@example.com"), ("received", day.as_str()), ("home", "us")];
    let path = desk.post("/staff/requests/new", &fields).await.location().to_owned();
    let page = desk.get(&path).await;
    assert!(
        page.words().contains("s…@example.com") && !page.words().contains("stranger@"),
        "{}",
        page.words()
    );
    let log = desk.get("/staff/audit?action=data_request.viewed").await.words();
    assert!(
        log.contains("data_request.viewed_masked") && log.contains(path.rsplit('/').next().unwrap()),
        "{log}"
    );
}

/// What staff without the right of a desk get there.
async fn nothing(browser: &Browser, path: &str) {
    for (method, answer) in [
        ("GET", browser.get(path).await),
        ("looks", browser.post(&format!("{path}/looks"), &[("reason", REASON)]).await),
        ("claim", browser.post(&format!("{path}/claim"), &[]).await),
        ("file", browser.get("/staff/requests.csv").await),
    ] {
        assert_eq!(answer.status, 404, "{method}");
    }
}

#[tokio::test]
async fn other_teams_find_nothing_there_whatever_reason_they_type() {
    let app = TestApp::start().await;
    let (_, path) = a_request(&app).await;
    for role in [Role::Support, Role::Reviewer, Role::Marketing, Role::Admin] {
        nothing(&app.sign_in_as(&app.staff(role).await).await, &path).await;
    }
}

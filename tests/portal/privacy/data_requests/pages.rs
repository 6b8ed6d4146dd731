//! Somebody who is signed in asks, and sees what becomes of it.

use chrono::Duration;
use portal::platform::web::pagination::Window;
use portal::preferences::onboarding;
use portal::preferences::topics::Topic;

use crate::support::{Browser, Page, TestApp};

/// Asks for something with the portal's own form.
pub(in crate::privacy) async fn ask(browser: &Browser, kind: &str, details: &str) -> Page {
    let page = browser.get(&format!("/privacy/requests/new?kind={kind}")).await;
    assert_eq!(page.status, 200, "{} {}", page.status, page.words());
    page.submit(&[("details", details), ("home", "us")]).await
}

#[tokio::test]
async fn a_request_is_confirmed_at_once_and_counts_its_days() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get("/privacy/requests").await.words().contains("You have asked for nothing yet"));
    let page = ask(&browser, "correction", "My name is Ada.").await.follow().await;
    assert!(page.notices().join(" ").contains("We have your request"), "{}", page.words());
    for said in ["Have something corrected", "day 1 of 45", "signed in", "Costs nothing"] {
        assert!(page.words().contains(said), "{said} in {}", page.words());
    }
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(mail.name, "data_request_received");
    assert!(mail.text.contains("free of charge"));
    assert_eq!(browser.get(&mail.link("/privacy/requests/DR")).await.status, 200);
    app.travel(Duration::days(11)).await;
    assert!(browser.get("/privacy/requests").await.words().contains("day 12 of 45"));
}

#[tokio::test]
async fn what_discloses_corrects_or_deletes_wants_a_recent_sign_in_and_the_rest_does_not() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    app.travel(Duration::minutes(6)).await;
    for kind in ["access", "portability", "correction", "deletion", "item_deletion"] {
        let path = format!("/privacy/requests/new?kind={kind}");
        assert!(browser.get(&path).await.location().starts_with("/reauthentication?next="), "{kind}");
        let fields = [("kind", kind), ("details", "All of it."), ("home", "us")];
        let answer = browser.post("/privacy/requests/new", &fields).await;
        assert!(answer.location().starts_with("/reauthentication?next="), "{kind}");
    }
    assert_eq!(ask(&browser, "categories", "").await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn the_same_is_asked_for_once_while_it_is_under_way() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let first = ask(&browser, "deletion", "").await;
    let again = ask(&browser, "deletion", "").await;
    assert_eq!(again.location(), first.location());
    assert!(again.follow().await.notices().join(" ").contains("You asked for this before"));
    assert_eq!(app.mailbox().await.len(), 1);
    let withdrawn = browser.get(first.location()).await.submit_to("/withdrawal", &[]).await;
    assert!(withdrawn.follow().await.words().contains("Withdrawn"));
    assert_ne!(ask(&browser, "deletion", "").await.location(), first.location());
    app.mailbox().await;
}

#[tokio::test]
async fn a_form_says_what_is_missing_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let page = ask(&browser, "correction", "  ").await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "details"));
    let fields = [("kind", "correction"), ("details", "My name is Ada."), ("home", "the moon")];
    let page = browser.post("/privacy/requests/new", &fields).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "home"));
    assert!(page.text().contains("My name is Ada."));
    assert_eq!(browser.post("/privacy/requests/new", &[("kind", "everything")]).await.status, 400);
}

#[tokio::test]
async fn a_question_for_categories_is_answered_at_once_by_a_report() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let page = ask(&browser, "categories", "").await.follow().await;
    assert!(page.words().contains("Your report is ready"), "{}", page.words());
    assert!(page.words().contains("Done") && page.words().contains("By the portal."));
    let report = browser.get(&page.link("Open the report")).await;
    assert_eq!((report.status, report.title().as_str()), (200, "Your data by category"));
    let mails: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    assert_eq!(mails, ["data_request_received", "data_request_answered"]);
    assert!(page.words().contains("The receipt"));
    // It can be asked for again at once: nothing of it is under way.
    assert_ne!(ask(&browser, "categories", "").await.location(), page.path);
    app.mailbox().await;
}

#[tokio::test]
async fn a_restriction_holds_at_once_and_ends_on_request() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    let contact = app.subscriber("ada@example.com", &[]).await;
    let called = async || {
        let rows = onboarding::callable(&mut *app.conn().await, Window::newest(9), app.clock.now()).await;
        rows.unwrap().len()
    };
    assert!(contact.may_get(Topic::Events).await);
    assert_eq!(called().await, 1);
    let page = ask(&browser, "restriction", "").await.follow().await;
    assert!(page.words().contains("Done") && page.words().contains("do nothing else with it"));
    assert!(!contact.may_get(Topic::Events).await);
    assert_eq!(called().await, 0);
    assert!(!browser.get("/privacy/requests/new").await.words().contains("Restrict how we use"));
    ask(&browser, "restriction_lifting", "").await;
    assert!(contact.may_get(Topic::Events).await);
    assert_eq!(called().await, 1);
    let names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    assert_eq!(names.iter().filter(|name| *name == "data_request_answered").count(), 2, "{names:?}");
}

#[tokio::test]
async fn withdrawing_consent_ends_mailings_and_calls() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    browser.get("/settings/preferences").await.submit(&[("events", "on"), ("offers", "on")]).await;
    let contact = app.subscriber("ada@example.com", &[]).await;
    ask(&browser, "consent_withdrawal", "").await;
    for topic in [Topic::Events, Topic::Offers, Topic::OnboardingCalls] {
        assert!(!contact.may_get(topic).await);
    }
    assert!(contact.decisions().await.iter().any(|row| row.topic.as_deref() == Some("onboarding_calls")));
    app.mailbox().await;
}

#[tokio::test]
async fn a_deletion_is_asked_for_twice_and_undone_with_one_click() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = ask(&browser, "deletion", "").await.location().to_owned();
    let page = browser.get(&path).await;
    assert!(page.words().contains("Confirm the deletion"));
    let question = browser.get(&page.link("Go on to confirm")).await;
    assert!(question.words().contains("Delete everything about you?"));
    let page = question.submit(&[]).await.follow().await;
    assert!(page.words().contains("You can undo it until"));
    let undone = page.submit_to("/withdrawal", &[]).await.follow().await;
    assert!(undone.notices().join(" ").contains("The deletion is undone"));
    let mails: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mails[1..], ["Your deletion is confirmed", "Your request is withdrawn"], "{mails:?}");
    assert_eq!(browser.post(&format!("{path}/confirmation"), &[]).await.status, 303);
    assert!(browser.get(&path).await.words().contains("Withdrawn"), "it stays undone");
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn whoever_has_something_deleted_that_is_needed_is_told_first_which_service_ends() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/privacy/requests/new?kind=deletion").await.words();
    assert!(page.contains("Without your data there is no service"), "{page}");
    let question = async |details: &str| {
        let path = ask(&browser, "item_deletion", details).await.location().to_owned();
        let words = browser.get(&browser.get(&path).await.link("Go on to confirm")).await.words();
        assert_eq!(browser.post(&format!("{path}/withdrawal"), &[]).await.status, 303);
        words
    };
    let warned = question("My e-mail address and my mobile number, please.").await;
    assert!(warned.contains("Something ends with it"), "{warned}");
    assert!(warned.contains("Your e-mail address is needed for signing in and every message"), "{warned}");
    assert!(warned.contains("codes and warnings by text message"), "{warned}");
    assert!(!warned.contains("Your password"), "only what they named: {warned}");
    let plain = question("What I wrote to you on 3 May.").await;
    assert!(plain.contains("Delete this?") && !plain.contains("Something ends with it"), "{plain}");
    app.mailbox().await;
}

#[tokio::test]
async fn the_point_of_contact_is_told_to_hand_that_over_first() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let grace = app.customer("grace@example.com").await;
    let account = ada.account().await;
    let browser = app.sign_in_as(&ada).await;
    let path = "/privacy/requests/new?kind=deletion";
    assert!(!browser.get(path).await.words().contains("point of contact"), "nobody depends on them");
    app.add_member(account, &grace, portal::accounts::permissions::AccountRole::Billing).await;
    assert!(browser.get(path).await.words().contains("You are a point of contact"));
}

#[tokio::test]
async fn messages_go_both_ways_and_an_empty_one_goes_nowhere() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let path = ask(&browser, "correction", "Number 7 is wrong.").await.location().to_owned();
    let page = browser.get(&path).await.submit_to("/messages", &[("body", " ")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "body"));
    let page = page.submit_to("/messages", &[("body", "First line.\r\nSecond line.")]).await.follow().await;
    assert!(page.text().contains("First line.\nSecond line."));
    app.mailbox().await;
}

#[tokio::test]
async fn a_request_of_somebody_else_is_not_found() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let path = ask(&ada, "correction", "Number 7 is wrong.").await.location().to_owned();
    let eve = app.sign_in_as(&app.customer("eve@example.com").await).await;
    assert_eq!(eve.get(&path).await.status, 404);
    for act in ["messages", "withdrawal", "confirmation"] {
        assert_eq!(eve.post(&format!("{path}/{act}"), &[("body", "Hello")]).await.status, 404, "{act}");
    }
    assert_eq!(
        app.browser().get(&path).await.location(),
        format!("/sign-in?next={}", path.replace('/', "%2F"))
    );
    app.mailbox().await;
}

#[tokio::test]
async fn a_long_list_goes_on_on_the_next_page() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    for number in 0..26 {
        assert_eq!(ask(&browser, "correction", &format!("Number {number} is wrong.")).await.status, 303);
    }
    let page = browser.get("/privacy/requests").await;
    assert_eq!(page.all(".rows li").len(), 25);
    assert_eq!(browser.get(&page.link("Older")).await.all(".rows li").len(), 1);
    app.mailbox().await;
}

//! Disclosures: no legal demand without a ground (S120), nothing without a second person, and whoever it is about is told at
//! once or on the day on which no law forbids it any more (S121).

mod refusals;
mod sharing;
mod silence;
mod transfers;

use chrono::Datelike as _;
use portal::staff::permissions::Role;

use crate::staff::desk::team;
use crate::support::{Browser, Page, TestApp, TestPerson, count};

const WORDS: &str = "Name and address of whoever owns the account.";

/// Sends the form of a legal demand, with these fields instead of its own.
async fn send(desk: &Browser, fields: &[(&str, &str)]) -> Page {
    let mut all = vec![
        ("kind", "legal"),
        ("recipient", "District Court"),
        ("ground", "law"),
        ("classes", "account"),
        ("categories", "identifiers"),
        ("order_reference", "12 CV 2026"),
        ("words", WORDS),
    ];
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    all.extend(fields);
    desk.get("/staff/disclosures/new").await.submit(&all).await
}

/// Records one, and answers its page.
async fn recorded(desk: &Browser, fields: &[(&str, &str)]) -> String {
    let page = send(desk, fields).await;
    assert_eq!(page.status, 303, "{}", page.words());
    page.location().to_owned()
}

/// Does something on the page of one, and answers what is said.
async fn act(desk: &Browser, path: &str, what: &str, fields: &[(&str, &str)]) -> String {
    let done = desk.get(path).await.submit_to(&format!("/{what}"), fields).await;
    assert_eq!(done.status, 303, "{}", done.words());
    done.follow().await.notices().join(" ")
}

async fn desks(app: &TestApp) -> (Browser, Browser) {
    let (paul, rosa) = team(app).await;
    (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await)
}

async fn ada(app: &TestApp) -> (TestPerson<'_>, String) {
    let ada = app.customer("ada@example.com").await;
    let sid = ada.id.to_string();
    (ada, sid)
}

#[tokio::test]
async fn a_second_person_approves_and_whoever_it_is_about_is_told_in_that_moment() {
    let app = TestApp::start().await;
    let ((ada, sid), (paul, rosa)) = (ada(&app).await, desks(&app).await);
    let browser = app.sign_in_as(&ada).await;
    let path = recorded(&paul, &[("sid", &sid)]).await;
    let own = paul.get(&path).await;
    assert!(
        own.words().contains("somebody else approves it") && own.all("form[action$='/approval']").is_empty()
    );
    let forced = paul.post(&format!("{path}/approval"), &[("version", "1")]).await.follow().await;
    assert!(forced.notices().join(" ").contains("You recorded this"));
    assert!(app.mailbox().await.is_empty(), "nobody is told of what may not come about");
    assert!(!browser.get("/privacy/disclosures").await.words().contains("District Court"));

    assert!(act(&rosa, &path, "approval", &[]).await.contains("approved"));
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(mail.name, "disclosure_told");
    assert!(mail.text.contains("District Court") && !mail.text.contains("not allowed"), "{}", mail.text);
    act(&paul, &path, "handover", &[("handed", "A list with the name and the address.")]).await;
    let page = browser.get(&mail.link("/privacy/disclosures")).await.words();
    for said in ["District Court Handed over", WORDS, "12 CV 2026", "A list with the name and the address."] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(browser.get("/settings/activity").await.words().contains("You were told that data of yours"));
    let grace = app.sign_in_as(&app.customer("grace@example.com").await).await;
    assert!(!grace.get("/privacy/disclosures").await.words().contains("District Court"), "of others nothing");
    let support = app.desk_of(Role::Support).await;
    assert_eq!(support.get(&path).await.status, 404);
}

#[tokio::test]
async fn of_two_who_decide_at_once_the_second_is_told_that_it_has_moved_on() {
    let app = TestApp::start().await;
    let ((_ada, sid), (paul, rosa)) = (ada(&app).await, desks(&app).await);
    let path = recorded(&paul, &[("sid", &sid)]).await;
    let seen = paul.get(&path).await;
    act(&rosa, &path, "approval", &[]).await;
    let refused = seen.submit_to("/refusal", &[("refusal", "It asks for too much.")]).await.follow().await;
    assert!(refused.notices().join(" ").contains("moved on meanwhile"), "{}", refused.words());
    assert_eq!(count(&app, "disclosures WHERE state = 'approved'").await, 1);
    act(&paul, &path, "refusal", &[("refusal", "The order was lifted today.")]).await;
    assert_eq!(count(&app, "disclosures WHERE state = 'refused' AND closed_at IS NOT NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn objections_and_what_came_of_them_are_counted_by_year() {
    let app = TestApp::start().await;
    let ((_ada, sid), (paul, rosa)) = (ada(&app).await, desks(&app).await);
    let year = app.clock.now().year();
    let first = recorded(&paul, &[("sid", &sid)]).await;
    let second = recorded(&paul, &[("sid", &sid), ("ground", "emergency"), ("order_reference", "")]).await;
    for path in [&first, &second] {
        act(&paul, path, "objection", &[("objection", "It names no judge and no case.")]).await;
    }
    let early = rosa.post(&format!("{first}/approval"), &[("version", "2")]).await.follow().await;
    assert!(early.notices().join(" ").contains("moved on"), "an objection is answered first");
    act(&rosa, &first, "answer", &[("outcome", "narrowed"), ("answer", "The judge struck a line.")]).await;
    act(&rosa, &second, "answer", &[("outcome", "upheld"), ("answer", "They took it back.")]).await;
    act(&rosa, &first, "approval", &[]).await;
    act(&rosa, &first, "handover", &[("handed", "The name alone.")]).await;
    let csv = rosa.get(&format!("/staff/reports.csv?year={year}")).await.text();
    for line in [
        "disclosures,law,disclosed,1",
        "disclosures,emergency,withdrawn,1",
        "disclosures,all,came,2",
        "objections,law,narrowed,1",
        "objections,emergency,upheld,1",
        "objections,all,came,2",
    ] {
        assert!(csv.contains(&format!("{year},{line}\r\n")), "{line} in {csv}");
    }
    let page = rosa.get(&format!("/staff/reports?year={year}")).await;
    let rows = page.all("section[aria-labelledby=objections-title] tbody tr");
    assert!(rows[0].starts_with("An emergency") && rows[2].starts_with("All 2 1 1 0 0"), "{rows:?}");
    assert_eq!(app.mailbox().await.len(), 1, "what was dropped is told to nobody");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_records_one() {
    let app = TestApp::start().await;
    let (paul, rosa) = desks(&app).await;
    let (one, again) = tokio::join!(recorded(&paul, &[]), recorded(&paul, &[]));
    assert_eq!((one == again, count(&app, "disclosures").await), (true, 1));
    assert_ne!(recorded(&paul, &[("order_reference", "13 CV 2026")]).await, one);
    assert_ne!(recorded(&rosa, &[]).await, one, "a colleague got another");
    act(&rosa, &one, "refusal", &[("refusal", "The court has no jurisdiction.")]).await;
    assert_ne!(recorded(&paul, &[]).await, one, "it came again later");
    assert_eq!(count(&app, "disclosures").await, 4);
}

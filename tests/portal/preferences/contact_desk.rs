//! The desk for one address: with a reason, seen by its owner, and no further than staff may go.

use chrono::Duration;
use portal::preferences::contacts;
use portal::preferences::decisions::{self, By, Choice, Decision, Via};
use portal::preferences::suppressions::{self, Reason};
use portal::preferences::topics::{Channel, Topic};
use portal::staff::permissions::Role;

use crate::support::{Browser, Page, TestApp};

const REASON: &str = "They asked by telephone why nothing comes.";
const BOUNCED: &str = "550 5.1.1 User unknown";

/// Opens an address and answers its page.
async fn open(desk: &Browser, email: &str) -> Page {
    let page = desk.get("/staff/contacts").await.submit(&[("email", email), ("reason", REASON)]).await;
    assert_eq!(page.status, 303, "{}", page.words());
    page.follow().await
}

async fn suppress(app: &TestApp, email: &str, reason: Reason) {
    let (mut conn, now) = (app.conn().await, app.clock.now());
    suppressions::suppress(&mut conn, &app.keys, email, reason, Some(BOUNCED), now).await.unwrap();
}

/// The newest notes of the audit log, as privacy staff read them.
async fn log(app: &TestApp) -> String {
    app.sign_in_as(&app.staff(Role::Privacy).await).await.get("/staff/audit").await.words()
}

#[tokio::test]
async fn an_address_opens_whole_and_with_a_reason_and_stands_in_no_url() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events, Topic::Offers]).await;
    ada.refuse(Topic::Offers).await;
    let desk = app.desk_of(Role::Support).await;
    let page = desk.post("/staff/contacts", &[("email", "ada"), ("reason", "short")]).await;
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((page.status, wrong), (422, vec!["email".to_owned(), "reason".to_owned()]));
    assert_eq!(
        (page.value("email").as_str(), page.first("#field-reason").as_deref()),
        ("ada", Some("short"))
    );
    let page = open(&desk, "Ada@Example.com").await;
    let words = page.words();
    assert!(words.contains("Events Wanted") && words.contains("Offers Not wanted"), "{words}");
    assert!(words.contains("Offers: no") && words.contains("Events: yes"), "{words}");
    assert!(words.contains("Nobody signs in with it.") && !page.path.contains("example"), "{words}");
    app.travel(Duration::minutes(15)).await;
    assert_eq!(desk.get(&page.path).await.status, 410);
}

#[tokio::test]
async fn a_link_that_is_passed_on_opens_nothing() {
    let app = TestApp::start().await;
    app.subscriber("ada@example.com", &[Topic::Events]).await;
    let page = open(&app.desk_of(Role::Support).await, "ada@example.com").await;
    let other = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    for path in [page.path.clone(), "/staff/contacts/of-nothing".into()] {
        assert_eq!(other.get(&path).await.status, 410, "{path}");
        let told = [("why", "Somebody else wants it so.")];
        assert_eq!(other.post(&format!("{path}/suppression"), &told).await.status, 410, "{path}");
    }
    assert!(!app.is_suppressed("ada@example.com").await);
}

#[tokio::test]
async fn a_customer_sees_in_their_activity_that_somebody_looked_and_what_was_done() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    suppress(&app, "ada@example.com", Reason::HardBounce).await;
    let desk = app.desk_of(Role::Support).await;
    let page = open(&desk, "ada@example.com").await;
    assert!(page.words().contains("It belongs to a customer"), "{}", page.words());
    let why = [("why_bounce", "They have the mailbox again and wrote from it.")];
    let page = page.submit_to("/lifting", &why).await.follow().await;
    assert!(page.words().contains("Nothing. Mailings go there"), "{}", page.words());
    let words = app.sign_in_as(&ada).await.get("/settings/activity").await.words();
    assert!(words.contains("What we may send you was viewed by Support"), "{words}");
    assert!(words.contains(&format!("Because: {REASON}")), "{words}");
    assert!(words.contains("Mailings to your address are possible again"), "{words}");
    assert!(!words.contains("support@lossexpress.test"), "the team, not the person");
}

#[tokio::test]
async fn a_contact_without_an_account_sees_it_with_what_we_hold_and_takes_it_along() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    open(&app.desk_of(Role::Support).await, "ada@example.com").await;
    let browser = app.browser();
    browser.post(&format!("/preferences/{}/deletion", ada.token(None)), &[]).await;
    let link = app.mail_to("ada@example.com").await.link("/contact-data/");
    let page = browser.get(&link).await;
    assert!(page.words().contains("Viewed by Support") && page.words().contains(REASON), "{}", page.words());
    assert_eq!(page.submit(&[]).await.status, 200);
    let left = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM contact_views");
    let left: i64 = diesel_async::RunQueryDsl::get_result(left, &mut app.conn().await).await.unwrap();
    assert_eq!(left, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn what_a_server_or_staff_made_is_lifted_with_a_reason_once() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    suppress(&app, "ada@example.com", Reason::HardBounce).await;
    let desk = app.desk_of(Role::Support).await;
    let page = open(&desk, "ada@example.com").await;
    assert!(page.words().contains("The mailbox refused our mail") && page.words().contains(BOUNCED));
    let refused = page.submit_to("/lifting", &[("why_bounce", "so")]).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "why_bounce"));
    assert_eq!(refused.first("#field-why_bounce").as_deref(), Some("so"), "what was typed stays");
    assert!(app.is_suppressed("ada@example.com").await);
    let why = [("why_bounce", "Their provider mended it, ticket 12.")];
    let done = page.submit_to("/lifting", &why).await;
    assert_eq!(done.status, 303);
    assert!(ada.may_get(Topic::Events).await);
    // The page of another tab still shows it. Meanwhile it refused again: that one stays.
    suppress(&app, "ada@example.com", Reason::HardBounce).await;
    let late = page.submit_to("/lifting", &why).await.follow().await;
    assert!(late.words().contains("It was lifted already."), "{}", late.words());
    assert!(app.is_suppressed("ada@example.com").await);
    let log = log(&app).await;
    assert!(log.contains("contact.mailings.allowed") && log.contains("contact.viewed"), "{log}");
}

#[tokio::test]
async fn a_complaint_and_an_erasure_are_lifted_by_their_owner_alone() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let desk = app.desk_of(Role::Support).await;
    for reason in [Reason::Complaint, Reason::Erased] {
        suppress(&app, "ada@example.com", reason).await;
        let page = open(&desk, "ada@example.com").await;
        assert!(page.words().contains("Only the owner of the mailbox takes this back"), "{}", page.words());
        assert!(page.first("form[action$='/lifting']").is_none());
        let id = format!(
            "SELECT id FROM mail_suppressions WHERE reason = '{}' AND lifted_at IS NULL",
            reason.as_str()
        );
        let id = diesel::dsl::sql::<diesel::sql_types::Uuid>(&id);
        let id: uuid::Uuid = diesel_async::RunQueryDsl::get_result(id, &mut app.conn().await).await.unwrap();
        let why = "They said on the telephone that they want it.";
        let forged = [("suppression", id.to_string()), ("why_staff", why.into()), ("why_bounce", why.into())];
        let forged = forged.each_ref().map(|(name, value)| (*name, value.as_str()));
        let refused = desk.post(&format!("{}/lifting", page.path), &forged).await;
        assert_eq!(refused.status, 422);
        assert!(refused.error().contains("Only the owner of the mailbox"), "{}", refused.error());
    }
    assert!(!ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn staff_suppress_an_address_that_nobody_knows_yet_and_no_form_brings_it_back() {
    let app = TestApp::start().await;
    let desk = app.desk_of(Role::Support).await;
    let page = open(&desk, "letter@example.com").await;
    assert!(page.words().contains("This address is no contact of ours"), "{}", page.words());
    let short = page.submit_to("/suppression", &[("why", "")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "why"));
    let why = [("why", "They wrote a letter: never any mailing.")];
    let page = page.submit_to("/suppression", &why).await.follow().await;
    assert!(page.words().contains("Suppressed by staff"), "{}", page.words());
    assert!(page.first("form[action$='/suppression']").is_none());
    let again = desk.post(&format!("{}/suppression", page.path), &why).await.follow().await;
    assert!(again.words().contains("It was suppressed already."), "{}", again.words());
    let ada = app.subscriber("letter@example.com", &[Topic::Newsletter]).await;
    assert!(!ada.may_get(Topic::Newsletter).await);
    let why = [("why_staff", "They wrote again and want the newsletter.")];
    assert_eq!(page.submit_to("/lifting", &why).await.status, 303);
    assert!(ada.may_get(Topic::Newsletter).await);
}

#[tokio::test]
async fn many_decisions_go_on_from_page_to_page() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    let mut conn = app.conn().await;
    for number in 0..27 {
        let wording = format!("Wording {number}.");
        let decision = Decision {
            contact: ada.id,
            topic: Some(Topic::Events),
            channel: Channel::Email,
            choice: Choice::Subscribed,
            by: By::Person(None),
            via: Via::Form,
            wording: &wording,
            country: None,
            campaign: None,
        };
        decisions::record(&mut conn, &decision, app.clock.now()).await.unwrap();
    }
    drop(conn);
    let desk = app.desk_of(Role::Support).await;
    let first = open(&desk, "ada@example.com").await;
    assert!(first.words().contains("Wording 26.") && !first.words().contains("Wording 1."));
    let second = desk.get(&first.link("Older")).await;
    assert!(second.words().contains("Wording 1.") && !second.words().contains("Wording 26."));
}

#[tokio::test]
async fn of_two_who_lift_at_once_one_does_and_the_log_says_so_once() {
    let app = TestApp::start().await;
    app.subscriber("ada@example.com", &[Topic::Events]).await;
    suppress(&app, "ada@example.com", Reason::HardBounce).await;
    let desks = [app.desk_of(Role::Support).await, app.sign_in_as(&app.staff(Role::Privacy).await).await];
    let pages = [open(&desks[0], "ada@example.com").await, open(&desks[1], "ada@example.com").await];
    let why = [("why_bounce", "Their provider mended it, ticket 12.")];
    let (one, two) = tokio::join!(pages[0].submit_to("/lifting", &why), pages[1].submit_to("/lifting", &why));
    assert_eq!((one.status, two.status), (303, 303));
    let log = desks[1].get("/staff/audit").await.words();
    assert_eq!(log.matches("contact.mailings.allowed").count(), 1, "{log}");
    assert!(contacts::find_by_email(&mut *app.conn().await, "ada@example.com").await.unwrap().is_some());
}

//! The desk: proposing, publishing, handing over, telling the partner to stop.

use portal::platform::ids::ShareId;
use portal::preferences::partners::{self, shares};
use portal::preferences::suppressions::{self, Reason};
use portal::staff::permissions::Role;

use super::{answer, file, marketing, published, share, somebody};
use crate::support::{TestApp, count, run};

const WORDS: &[(&str, &str)] = &[
    ("name", "Tool Shed"),
    ("sends", "Offers for repair tools, at most once a month."),
    ("policy_url", "https://toolshed.example/privacy"),
    ("contact_email", "privacy@toolshed.example"),
];

#[tokio::test]
async fn a_yes_that_is_taken_back_after_the_list_was_made_is_not_in_its_file() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let (ada, eve) =
        (app.subscriber("ada@example.com", &[]).await, app.subscriber("eve@example.com", &[]).await);
    answer(&app, &ada, partner, true).await;
    answer(&app, &eve, partner, true).await;
    assert_eq!(share(&app, partner).await, Some(2));
    answer(&app, &ada, partner, false).await;
    let browser = marketing(&app).await;
    let list = file(&browser, partner).await;
    assert!(list.contains("eve@example.com") && !list.contains("ada@example.com"), "{list}");
    answer(&app, &ada, partner, true).await;
    let list = file(&browser, partner).await;
    assert!(!list.contains("ada@example.com"), "a new yes is for the next list: {list}");
    assert_eq!(share(&app, partner).await, Some(2));
}

#[tokio::test]
async fn a_partner_is_published_by_a_second_person_and_kept_as_it_was_proposed() {
    let app = TestApp::start().await;
    let browser = marketing(&app).await;
    assert!(browser.get("/staff/partners").await.words().contains("No partner yet"));
    let typed = [("name", "Kept"), ("policy_url", "http://toolshed.example"), ("contact_email", "nobody")];
    let page = browser.post("/staff/partners/new", &typed).await;
    let fields: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (page.status, fields),
        (422, vec!["sends".into(), "policy_url".into(), "contact_email".into()])
    );
    assert_eq!(page.value("name"), "Kept");
    let path = browser.post("/staff/partners/new", WORDS).await.location().to_owned();
    assert!(browser.get(&path).await.words().contains("a colleague publishes it"));
    let own = browser.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(own.words().contains("You proposed this partner yourself"), "{}", own.words());
    assert_eq!(count(&app, "partners WHERE approved_at IS NOT NULL").await, 0);
    let person = app.customer("colleague@lossexpress.test").await.with_totp().await.bound().await;
    let role = "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('$', 'marketing', now())";
    run(&app, &role.replace('$', &person.id.0.to_string())).await;
    let colleague = app.sign_in_as(&person).await;
    let page = colleague.get(&path).await.submit_to(&format!("{path}/approval"), &[]).await;
    assert!(page.follow().await.words().contains("The partner is published"));
    assert_eq!(colleague.post(&format!("{path}/approval"), &[]).await.status, 410, "once");
    assert_eq!(colleague.post(&format!("{path}/end"), &[]).await.status, 303);
    let share = ShareId::new(app.clock.now()).to_string();
    let late = colleague.post(&format!("{path}/shares"), &[("share", share.as_str())]).await;
    assert_eq!(late.status, 410, "it has ended");
    assert!(colleague.get("/staff/partners").await.words().contains("Tool Shed Ended"));
}

#[tokio::test]
async fn a_partner_that_waits_for_a_colleague_is_on_the_overview_of_those_who_publish_it() {
    let app = TestApp::start().await;
    let browser = marketing(&app).await;
    assert!(browser.get("/staff").await.words().contains("No partner waits for approval."));
    let path = browser.post("/staff/partners/new", WORDS).await.location().to_owned();
    let page = browser.get("/staff").await;
    let card = page.first("article[aria-labelledby=queue-partners]").expect("a card");
    assert!(card.contains("1 partner waits.") && card.contains("Waiting 1"), "{card}");
    let other = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert!(other.get("/staff").await.first("article[aria-labelledby=queue-partners]").is_none());
    let partner = path.trim_start_matches("/staff/partners/").parse().expect("the id of a partner");
    assert!(partners::approve(&app, &somebody(&app), partner).await.unwrap());
    assert!(browser.get("/staff").await.words().contains("No partner waits for approval."));
}

#[tokio::test]
async fn a_list_that_is_asked_for_twice_is_made_once() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    let (desk, share) = (somebody(&app), ShareId::new(app.clock.now()));
    let (one, two) =
        tokio::join!(shares::make(&app, &desk, partner, share), shares::make(&app, &desk, partner, share));
    let mut made = [one.unwrap(), two.unwrap()];
    made.sort_unstable();
    assert_eq!(made, [None, Some(1)]);
    assert_eq!(count(&app, "partner_share_contacts").await, 1);
}

#[tokio::test]
async fn a_partner_is_told_of_each_yes_that_ended_once_and_without_an_address() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let (ada, eve) =
        (app.subscriber("ada@example.com", &[]).await, app.subscriber("eve@example.com", &[]).await);
    answer(&app, &ada, partner, true).await;
    answer(&app, &eve, partner, true).await;
    share(&app, partner).await;
    let browser = marketing(&app).await;
    let path = format!("/staff/partners/{partner}");
    let nothing = browser.post(&format!("{path}/notices"), &[]).await.follow().await;
    assert!(nothing.words().contains("There is nothing to tell"), "{}", nothing.words());
    let list = file(&browser, partner).await;
    answer(&app, &ada, partner, false).await;
    // Eve has her address deleted: what is left of her in the share is the reference alone.
    run(&app, &format!("DELETE FROM contacts WHERE id = '{}'", eve.id.0)).await;
    let ended = browser.get(&format!("{path}/ended-consents")).await.text();
    let page = browser.post(&format!("{path}/notices"), &[]).await.follow().await;
    assert!(page.words().contains("named in it: 2"), "{}", page.words());
    let letter = app.mail_to("privacy@toolshed.example").await;
    assert_eq!(letter.name, "partner_told_to_stop");
    for line in list.lines().skip(1) {
        let reference = line.split(',').next().unwrap();
        assert!(letter.text.contains(reference) && ended.contains(reference), "{}", letter.text);
    }
    assert!(!letter.text.contains("ada@example.com") && !letter.text.contains("eve@example.com"));
    browser.post(&format!("{path}/notices"), &[]).await;
    assert!(browser.get(&path).await.words().contains("Nothing to tell"));
    assert_eq!(count(&app, "partner_share_contacts WHERE told_at IS NOT NULL").await, 2);
}

#[tokio::test]
async fn a_reference_that_the_partner_was_told_to_forget_is_in_no_file_again() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    share(&app, partner).await;
    let now = app.clock.now();
    suppressions::suppress(&mut *app.conn().await, &app.keys, &ada.email, Reason::HardBounce, None, now)
        .await
        .unwrap();
    let browser = marketing(&app).await;
    browser.post(&format!("/staff/partners/{partner}/notices"), &[]).await;
    app.mail_to("privacy@toolshed.example").await;
    run(&app, "UPDATE mail_suppressions SET lifted_at = now()").await;
    let list = file(&browser, partner).await;
    assert!(!list.contains('@'), "nobody would tell the partner again: {list}");
    app.travel(chrono::Duration::seconds(1)).await;
    assert_eq!(share(&app, partner).await, Some(1));
    let list = file(&browser, partner).await;
    assert!(list.contains("ada@example.com"), "her yes stands, and goes by a new reference: {list}");
}

#[tokio::test]
async fn an_address_that_a_spreadsheet_would_run_stays_what_it_is_in_the_file() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("+ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    share(&app, partner).await;
    let list = file(&marketing(&app).await, partner).await;
    assert!(list.ends_with(",<+ada@example.com>\r\n"), "{list}");
}

//! Writing to the sales team.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::secrets::{Kind, Secret};
use portal::platform::db::schema::sales_enquiries;
use portal::staff::permissions::Role;

use crate::support::{Page, TestApp};

const EMAIL: (&str, &str) = ("email", "ada@example.com");
const MESSAGE: (&str, &str) = ("message", "What does it cost?");

#[tokio::test]
async fn a_number_is_needed_for_a_call_and_otherwise_not_kept() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = app.send_form(&browser, "/contact-sales", &[EMAIL, MESSAGE, ("answer_by", "phone")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "phone"));
    assert_eq!(page.submit(&[("phone", "+12025550123")]).await.status, 303);
    let by_mail = [EMAIL, MESSAGE, ("answer_by", "email"), ("phone", "+12025550123")];
    assert_eq!(app.send_form(&browser, "/contact-sales", &by_mail).await.status, 303);
    let kept: Vec<Option<String>> = sales_enquiries::table
        .order(sales_enquiries::id)
        .select(sales_enquiries::phone)
        .load(&mut app.conn().await)
        .await
        .unwrap();
    assert_eq!(kept, [Some("+12025550123".into()), None]);
    app.mailbox().await;
}

#[tokio::test]
async fn card_numbers_and_secrets_are_taken_out_before_anything_is_stored() {
    let app = TestApp::start().await;
    let secret = Secret::generate(&app.keys, Kind::ApiKey);
    let message = format!("My card 4111-1111-1111-1111 and {}", secret.expose());
    let fields = [EMAIL, ("message", message.as_str()), ("answer_by", "email")];
    let page = app.send_form(&app.browser(), "/contact-sales", &fields).await;
    assert_eq!(page.location(), "/contact-sales/sent?removed=1");
    assert!(page.follow().await.words().contains("We took something out"));
    let kept: String =
        sales_enquiries::table.select(sales_enquiries::message).first(&mut app.conn().await).await.unwrap();
    assert_eq!(kept, "My card [card number removed] and [secret removed]");
    app.mailbox().await;
}

#[tokio::test]
async fn staff_see_whether_the_address_is_confirmed_and_note_the_answer() {
    let app = TestApp::start().await;
    app.send_form(&app.browser(), "/contact-sales", &[EMAIL, MESSAGE, ("answer_by", "email")]).await;
    let link = app.mail_to("ada@example.com").await.link("/contact-sales/");
    let staff = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert!(staff.get("/staff/sales").await.words().contains("Address not confirmed"));
    assert!(staff.get("/staff").await.words().contains("1 enquiry waits."));
    let page = app.browser().get(&link).await.submit(&[]).await.follow().await;
    assert!(page.words().contains("Your address is confirmed"), "{}", page.words());
    let list = staff.get("/staff/sales").await;
    assert!(!list.words().contains("Address not confirmed"));
    let path = list.link("a…@example.com");
    let page = staff.get(&path).await.submit_to("/claim", &[]).await.follow().await;
    let page = page.submit_to("/answer", &[]).await;
    assert!(page.follow().await.words().contains("No enquiry waits"));
    assert!(staff.get("/staff").await.words().contains("Nobody waits for an answer."));
    assert!(staff.get("/staff/sales?all=1").await.words().contains("Answered"));
}

#[tokio::test]
async fn whoever_has_not_seen_an_enquiry_does_not_note_it_as_answered() {
    let app = TestApp::start().await;
    app.send_form(&app.browser(), "/contact-sales", &[EMAIL, MESSAGE, ("answer_by", "email")]).await;
    let one = app.sign_in_as(&app.staff(Role::Support).await).await;
    let two = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let path = one.get("/staff/sales").await.link("a…@example.com");
    one.post(&format!("{path}/claim"), &[]).await;
    let blind = two.post(&format!("{path}/answer"), &[]).await;
    assert_eq!((blind.status, blind.location()), (303, path.as_str()));
    assert!(blind.follow().await.notices().join(" ").contains("Claim the enquiry, or say why you look"));
    assert!(one.get(&path).await.words().contains(MESSAGE.1), "it is still theirs to answer");
    let form = one.get(&path).await;
    assert!(form.submit_to("/answer", &[]).await.follow().await.words().contains("No enquiry waits"));
    // A second tab.
    let again = form.submit_to("/answer", &[]).await.follow().await;
    assert!(again.notices().join(" ").contains("before you note it"), "the claim ended with it");
    let claimed = two.post(&format!("{path}/claim"), &[]).await.follow().await;
    assert!(claimed.notices().join(" ").contains("There is nothing to claim"), "{:?}", claimed.notices());
    app.mailbox().await;
}

/// Whether a page tells who wrote and what: all of it or none.
fn tells_all(page: &Page) -> bool {
    let words = page.words();
    let told = ["ada@example.com", MESSAGE.1, "Ada Lovelace", "Engines Ltd.", "+12025550123"]
        .map(|secret| words.contains(secret));
    assert!(told.iter().all(|one| *one == told[0]), "{told:?} in {words}");
    told[0]
}

#[tokio::test]
async fn who_wrote_and_what_is_hidden_until_somebody_claims_it_or_says_why() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let all = [
        EMAIL,
        MESSAGE,
        ("answer_by", "phone"),
        ("phone", "+12025550123"),
        ("name", "Ada Lovelace"),
        ("company", "Engines Ltd."),
    ];
    app.send_form(&app.browser(), "/contact-sales", &all).await;
    let link = app.mail_to("ada@example.com").await.link("/contact-sales/");
    app.browser().get(&link).await.submit(&[]).await;
    let one = app.sign_in_as(&app.staff(Role::Support).await).await;
    let two = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let list = one.get("/staff/sales").await;
    assert!(!tells_all(&list));
    let path = list.link("a…@example.com");
    let masked = one.get(&path).await;
    assert!(!tells_all(&masked) && masked.words().contains("by telephone"), "{}", masked.words());
    let short = masked.submit_to("/looks", &[("reason", "because")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "reason"));
    assert!(!tells_all(&short));
    let why = [("reason", "They asked on the telephone what we noted.")];
    assert!(tells_all(&short.submit_to("/looks", &why).await.follow().await));
    two.post(&format!("{path}/claim"), &[]).await;
    assert!(tells_all(&two.get(&path).await));
    let late = one.post(&format!("{path}/claim"), &[]).await.follow().await;
    assert!(late.notices().join(" ").contains("works on this enquiry"), "{:?}", late.notices());
    app.travel(Duration::minutes(30)).await;
    assert!(!tells_all(&one.get(&path).await) && !tells_all(&two.get(&path).await), "both are over");
    let told = app.sign_in_as(&ada).await.get("/settings/activity").await.words();
    assert!(told.contains("sales team was opened by our staff") && told.contains(why[0].1), "{told}");
    assert!(told.contains("without your name and your words"), "{told}");
    let other = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let (seen, looked) = (other.get(&path).await, other.post(&format!("{path}/looks"), &why).await);
    assert_eq!((seen.status, looked.status), (404, 404));
    app.mailbox().await;
}

#[tokio::test]
async fn a_look_at_an_enquiry_whose_address_nobody_confirmed_is_told_to_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    app.send_form(&app.browser(), "/contact-sales", &[EMAIL, MESSAGE, ("answer_by", "email")]).await;
    let staff = app.sign_in_as(&app.staff(Role::Support).await).await;
    staff.get(&staff.get("/staff/sales").await.link("a…@example.com")).await;
    assert!(!app.sign_in_as(&ada).await.get("/settings/activity").await.words().contains("sales team"));
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    assert!(desk.get("/staff/audit").await.words().contains("sales_enquiry.viewed_masked"));
    app.mailbox().await;
}

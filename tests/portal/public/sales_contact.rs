//! Writing to the sales team.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::secrets::{Kind, Secret};
use portal::platform::db::schema::sales_enquiries;
use portal::staff::permissions::Role;

use crate::support::TestApp;

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
    let page = staff.get(&list.link("ada@example.com")).await.submit_to("/answer", &[]).await;
    assert!(page.follow().await.words().contains("No enquiry waits"));
    assert!(staff.get("/staff").await.words().contains("Nobody waits for an answer."));
    assert!(staff.get("/staff/sales?all=1").await.words().contains("Answered"));
}

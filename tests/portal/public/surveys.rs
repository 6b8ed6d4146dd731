//! Surveys.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::survey_answers;
use portal::platform::ids::PersonId;
use portal::staff::permissions::Role;

use crate::support::TestApp;

#[tokio::test]
async fn answers_are_nobodys_and_whoever_has_the_link_deletes_them() {
    let app = TestApp::start().await;
    let staff = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let survey = app.a_survey(&staff).await;
    let fields = [("answer1", "Well. 4111 1111 1111 1111")];
    let page = app.send_form(&app.browser(), &survey, &fields).await.follow().await;
    assert!(page.words().contains("Well. [card number removed]"), "{}", page.words());
    assert!(staff.get(&format!("/staff{survey}")).await.words().contains("Well. [card number removed]"));
    let deleted = page.submit_to("/deletion", &[]).await;
    assert_eq!(deleted.location(), "/surveys/answers/deleted");
    assert_eq!(page.submit_to("/deletion", &[]).await.status, 410);
    assert!(staff.get(&format!("/staff{survey}")).await.words().contains("Nobody has answered yet"));
}

#[tokio::test]
async fn a_customer_may_wish_to_have_the_answers_with_their_data() {
    let app = TestApp::start().await;
    let staff = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let survey = app.a_survey(&staff).await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    app.send_form(&browser, &survey, &[("answer1", "x"), ("keep", "on")]).await;
    app.send_form(&browser, &survey, &[("answer2", "y")]).await;
    let owners = survey_answers::table.order(survey_answers::id).select(survey_answers::person_id);
    let owners: Vec<Option<PersonId>> = owners.load(&mut app.conn().await).await.unwrap();
    assert_eq!(owners, [Some(ada.id), None]);
}

#[tokio::test]
async fn an_empty_sheet_and_a_closed_survey_take_nothing() {
    let app = TestApp::start().await;
    let staff = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let survey = app.a_survey(&staff).await;
    let browser = app.browser();
    let page = app.send_form(&browser, &survey, &[]).await;
    assert!(page.status == 422 && page.error().contains("at least one"), "{}", page.error());
    assert_eq!(staff.post(&format!("/staff{survey}/closing"), &[]).await.status, 303);
    assert_eq!(page.submit(&[("answer1", "late")]).await.status, 410);
    assert!(browser.get(&survey).await.words().contains("This survey is closed"));
}

//! White papers.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::contacts;
use portal::staff::permissions::Role;

use crate::support::TestApp;

#[tokio::test]
async fn a_paper_comes_by_mail_for_an_address_alone_and_subscribes_to_nothing() {
    let app = TestApp::start().await;
    let staff = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let paper = app.a_paper(&staff).await;
    let page = app.send_form(&app.browser(), &paper, &[("email", "ada@example.com")]).await;
    assert_eq!(page.status, 303);
    let link = app.mail_to("ada@example.com").await.link("/white-papers/documents/");
    assert_eq!(app.browser().get(&link).await.all("main .stack p"), ["First.", "Second."]);
    assert_eq!(contacts::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(0));
    assert!(staff.get(&format!("/staff{paper}")).await.words().contains("ada@example.com"));
    app.travel(Duration::days(30)).await;
    assert_eq!(app.browser().get(&link).await.status, 410);
}

#[tokio::test]
async fn a_paper_that_left_the_list_is_not_found_and_its_links_go_on() {
    let app = TestApp::start().await;
    let staff = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let paper = app.a_paper(&staff).await;
    app.send_form(&app.browser(), &paper, &[("email", "ada@example.com")]).await;
    let link = app.mail_to("ada@example.com").await.link("/white-papers/documents/");
    let withdrawal = format!("/staff{paper}/withdrawal");
    assert_eq!(staff.post(&withdrawal, &[]).await.status, 303);
    assert_eq!(staff.post(&withdrawal, &[]).await.status, 410);
    assert_eq!(app.browser().get(&paper).await.status, 404);
    assert_eq!(app.browser().get(&link).await.status, 200);
}

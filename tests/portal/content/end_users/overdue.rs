//! Deletions that have not arrived everywhere in 30 days: our privacy team is told, once for each place (S110).

use chrono::Duration;
use portal::content::end_users::finish;
use portal::staff::permissions::Role;
use serde_json::json;

use super::{number, run};
use crate::support::{Letter, Program, TestApp};

/// Deletes somebody, and lets the search of that not be done.
async fn delete_but_for_the_search(app: &TestApp, program: &Program, email: &str) -> String {
    let page = program.post("/end-users/deletion", &json!({ "kind": "email", "value": email })).await;
    assert_eq!(page.status, 201, "{}", page.text());
    run(&mut *app.conn().await, "UPDATE content_deletion_steps SET done_at = NULL WHERE step = 'search'")
        .await;
    page.json()["sid"].as_str().unwrap().to_owned()
}

async fn alerts(app: &TestApp) -> Vec<Letter> {
    let all = app.mailbox().await;
    all.into_iter().filter(|letter| letter.name == "deletions_overdue").collect()
}

#[tokio::test]
async fn the_privacy_team_is_told_once_of_each_place_also_by_two_workers() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    let program = app.program(&owner).await;
    app.staff(Role::Support).await;
    let privacy = app.staff(Role::Privacy).await;
    let first = delete_but_for_the_search(&app, &program, "ada@example.com").await;
    app.travel(Duration::days(30) - Duration::seconds(60)).await;
    finish((*app).clone()).await.unwrap();
    assert!(alerts(&app).await.is_empty());
    app.travel(Duration::seconds(60)).await;
    let (one, other) = tokio::join!(finish((*app).clone()), finish(app.twin()));
    one.and(other).unwrap();
    let told = alerts(&app).await;
    assert_eq!(told.iter().map(|letter| &letter.to).collect::<Vec<_>>(), [&privacy.email]);
    assert!(told[0].text.contains(&format!("- {first}: Search, due on ")), "{}", told[0].text);
    let activity = app.sign_in_as(&owner).await.get(&format!("/accounts/{}/activity", program.account)).await;
    assert_eq!(activity.all(".timeline-title")[0], "A deletion has not arrived everywhere in time");

    let second = delete_but_for_the_search(&app, &program, "eve@example.com").await;
    app.travel(Duration::days(30)).await;
    for _ in 0..2 {
        finish((*app).clone()).await.unwrap();
    }
    let told = alerts(&app).await;
    assert!(told.len() == 1 && told[0].text.contains(&second) && !told[0].text.contains(&first));
    let link = told[0].link("/staff/audit");
    let audit = app.sign_in_as(&privacy).await.get(&link).await;
    assert!(audit.words().contains("end_user.deletion.overdue"), "{}", audit.words());
}

#[tokio::test]
async fn what_nobody_could_be_told_of_waits_for_somebody() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("owner@example.com").await).await;
    delete_but_for_the_search(&app, &program, "ada@example.com").await;
    app.travel(Duration::days(31)).await;
    finish((*app).clone()).await.unwrap();
    assert_eq!(
        number(&app, "SELECT count(*) FROM content_deletion_steps WHERE alerted_at IS NOT NULL").await,
        0
    );
    app.staff(Role::Privacy).await;
    finish((*app).clone()).await.unwrap();
    assert_eq!(alerts(&app).await.len(), 1);
}

#[tokio::test]
async fn a_mail_about_many_places_lists_some_and_counts_the_rest() {
    let app = TestApp::start().await;
    let owner = app.customer("owner@example.com").await;
    app.staff(Role::Privacy).await;
    let many = format!(
        "WITH made AS (INSERT INTO content_deletions SELECT gen_random_uuid(), '{}', 'email', '', 0, 0, 0, 0, 'program', gen_random_uuid(), now() \
         FROM generate_series(1, 23) RETURNING id) \
         INSERT INTO content_deletion_steps SELECT id, 'answers', '2026-01-01', NULL FROM made",
        owner.account().await.0
    );
    run(&mut *app.conn().await, &many).await;
    finish((*app).clone()).await.unwrap();
    let told = alerts(&app).await;
    assert_eq!(told[0].text.matches("Answers kept to be given again").count(), 20);
    assert!(told[0].text.contains("- and 3 more"), "{}", told[0].text);
}

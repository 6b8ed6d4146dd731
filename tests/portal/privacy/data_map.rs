//! The data map at the privacy desk.

use diesel_async::RunQueryDsl as _;
use portal::privacy::data_map::{self, Class};
use portal::staff::permissions::Role;

use crate::support::TestApp;

#[tokio::test]
async fn every_table_is_listed_with_its_rows_and_filters_narrow_the_list() {
    let app = TestApp::start().await;
    app.customer("ada@example.com").await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let page = desk.get("/staff/data-map").await;
    assert_eq!(page.all("tbody tr").len(), data_map::tables().count());
    let rows = |name: &str| {
        let lines = page.all("tbody tr");
        lines.into_iter().find(|line| line.starts_with(&format!("{name} "))).unwrap()
    };
    assert!(rows("people").ends_with(" 2"), "{}", rows("people"));
    let content = desk.get("/staff/data-map?class=content&rule=content").await.all("tbody tr");
    let fit = |table: &&data_map::Table| table.class() == Class::Content && table.rule.id == "content";
    assert_eq!(content.len(), data_map::tables().filter(fit).count());
    assert!(content.len() >= 2);
    let nobodys = desk.get("/staff/data-map?owner=nobody").await.all("tbody tr");
    assert!(
        nobodys.iter().any(|row| row.starts_with("rate_limits"))
            && !nobodys.iter().any(|row| row.starts_with("people"))
    );
    let early = desk.get("/staff/data-map?rule=message_bodies").await.all("tbody tr");
    assert_eq!(early.len(), 1, "also what goes before its row");
    assert!(desk.get("/staff/data-map?class=content&owner=nobody").await.words().contains("No such table"));
}

#[tokio::test]
async fn a_table_shows_all_that_the_map_says_and_a_long_one_is_estimated() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let page = desk.get("/staff/data-map/messages").await;
    let table = data_map::table("messages").unwrap();
    assert_eq!(page.all("tbody tr").len(), table.columns.len());
    let words = page.words();
    for part in ["recipient: 24 hours", "sealed_body: 7 days", "held, never handed out", "0, counted"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    for statement in [
        "INSERT INTO sign_ins (id, at, method, outcome) SELECT gen_random_uuid(), now(), 'password', 'refused' FROM generate_series(1, 20000)",
        "ANALYZE sign_ins",
    ] {
        diesel::sql_query(statement).execute(&mut app.conn().await).await.unwrap();
    }
    let words = desk.get("/staff/data-map/sign_ins").await.words();
    assert!(words.contains("about 20000, estimated by the planner"), "{words}");
    assert_eq!(desk.get("/staff/data-map/nothing").await.status, 404);
}

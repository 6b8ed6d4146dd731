//! Saved views: for whoever saved them, of filters alone, and not without end.

use portal::staff::permissions::Role;

use super::desk::team;
use crate::support::{Browser, Page, TestApp, count, run};

async fn save(desk: &Browser, query: &str, name: &str) -> Page {
    desk.post("/staff/views/new", &[("queue", "requests"), ("query", query), ("name", name)]).await
}

#[tokio::test]
async fn a_view_is_saved_from_the_queue_shown_above_it_and_removed() {
    let app = TestApp::start().await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    let queue = one.get("/staff/requests?view=late&kind=access&more=x&before=").await;
    assert_eq!(queue.status, 400, "no place");
    let queue = one.get("/staff/requests?view=late&kind=access&more=x").await;
    let form = one.get(&queue.link("Save this view")).await;
    let saved = form.submit(&[("name", "Late copies")]).await;
    assert_eq!(saved.location(), "/staff/requests?view=late&kind=access");
    let page = saved.follow().await;
    assert_eq!(page.attr(".queue-views a", "aria-current").as_deref(), Some("true"));
    let elsewhere = one.get("/staff/requests").await;
    assert_eq!(elsewhere.link("Late copies"), "/staff/requests?view=late&kind=access");
    assert_eq!(elsewhere.attr(".queue-views a", "aria-current"), None);
    assert!(two.get("/staff/requests").await.all(".queue-views a").is_empty(), "nobody else sees it");
    let removal = page.attr(".queue-views form", "action").unwrap();
    two.post(&removal, &[]).await;
    assert_eq!(count(&app, "saved_views").await, 1, "nobody else removes it");
    assert_eq!(one.post(&removal, &[]).await.location(), "/staff/requests");
    assert_eq!(count(&app, "saved_views").await, 0);
}

#[tokio::test]
async fn a_name_is_needed_used_once_and_not_endless() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&team(&app).await.0).await;
    for (name, why) in
        [("", "Give it a name"), (&"x".repeat(61), "up to 60"), ("a\u{7}", "control character")]
    {
        let page = save(&desk, "view=late", name).await;
        assert!(page.status == 422 && page.errors()[0].1.contains(why), "{name}: {:?}", page.errors());
    }
    assert_eq!(save(&desk, "view=late", &"ä".repeat(60)).await.status, 303);
    let twice = save(&desk, "", &"ä".repeat(60)).await;
    assert!(twice.errors()[0].1.contains("You have a view of this name"));
    assert_eq!(twice.value("name"), "ä".repeat(60));
}

#[tokio::test]
async fn there_are_twenty_of_a_queue_and_two_tabs_do_not_make_more() {
    let app = TestApp::start().await;
    let (paul, _) = team(&app).await;
    let desk = app.sign_in_as(&paul).await;
    run(&app, &format!(
        "INSERT INTO saved_views SELECT gen_random_uuid(), '{}', 'requests', 'View ' || n, '', now() FROM generate_series(1, 19) n",
        paul.id.0
    ))
    .await;
    let (one, two) = tokio::join!(save(&desk, "view=late", "One"), save(&desk, "view=late", "Two"));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [303, 422]);
    assert!(save(&desk, "", "Three").await.error().contains("You have 20 views"));
}

#[tokio::test]
async fn a_view_of_a_queue_of_others_is_not_saved() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(save(&desk, "", "Mine").await.status, 400);
    assert_eq!(desk.get("/staff/views/new?queue=nonsense").await.status, 400);
}

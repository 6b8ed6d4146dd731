//! The overview, jobs and messages.

use portal::staff::permissions::Role;

use crate::support::{TestApp, run};

async fn add_dead_job(app: &TestApp) {
    let add = "SELECT graphile_worker.add_job('deliver_message', '{\"message\": \"nonsense for ada@example.com\"}'::json, max_attempts := 1)";
    run(app, add).await;
    app.run_jobs().await;
    app.dead_jobs().await;
}

#[tokio::test]
async fn the_overview_says_that_queues_are_empty_and_shows_figures_to_operations_only() {
    let app = TestApp::start().await;
    let admin = app.sign_in_as(&app.staff(Role::Admin).await).await.get("/staff").await.words();
    let support = app.sign_in_as(&app.staff(Role::Support).await).await.get("/staff").await.words();
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await.get("/staff").await.words();
    assert!(reviewer.contains("No appeal waits."), "{reviewer}");
    assert!(admin.contains("No hold waits for approval."), "{admin}");
    assert!(support.contains("Nobody waits for an answer."), "{support}");
    assert!(admin.contains("Dead jobs 0") && admin.contains("Worker lag 0 s"), "{admin}");
    assert!(!support.contains("Dead jobs"));
}

#[tokio::test]
async fn a_dead_job_is_seen_and_tried_again_once() {
    let app = TestApp::start().await;
    add_dead_job(&app).await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    assert!(browser.get("/staff").await.words().contains("Dead jobs 1"));
    let page = browser.get("/staff/jobs").await;
    assert!(
        page.words().contains("deliver_message") && !page.words().contains("ada@example.com"),
        "{}",
        page.words()
    );
    let again = page.submit_to("/retry", &[]).await;
    assert_eq!(again.location(), "/staff/jobs");
    assert!(again.follow().await.words().contains("No job was given up"));
    assert_eq!(page.submit_to("/retry", &[]).await.status, 410);
    app.run_jobs().await;
    app.dead_jobs().await;
}

#[tokio::test]
async fn of_what_is_not_known_once_it_is_over_no_past_is_drawn() {
    let app = TestApp::start().await;
    add_dead_job(&app).await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let page = browser.get("/staff").await;
    let card = "article[aria-labelledby=queue-jobs]";
    assert!(page.first(card).unwrap().contains("Waiting 1"), "{}", page.words());
    assert!(
        page.all(&format!("{card} svg, {card} tbody tr")).is_empty(),
        "jobs that were done are not known any more"
    );
}

#[tokio::test]
async fn dead_jobs_longer_than_a_page_go_on_and_back() {
    let app = TestApp::start().await;
    let add = "SELECT graphile_worker.add_job('timetable_entry', '{\"name\": \"nothing\"}'::json, max_attempts := 1) FROM generate_series(1, 27)";
    run(&app, add).await;
    app.run_jobs().await;
    app.dead_jobs().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let first = browser.get("/staff/jobs").await;
    let second = browser.get(&first.link("Older")).await;
    let rows = |page: &crate::support::Page| page.all("li .row-title");
    assert_eq!((rows(&first).len(), rows(&second).len()), (25, 2));
    assert_eq!(rows(&browser.get(&second.link("Newer")).await), rows(&first));
}

#[tokio::test]
async fn messages_show_their_state_and_tries_and_hide_whom_they_go_to() {
    let app = TestApp::start().await;
    app.browser().post("/password-reset", &[("email", "nobody.here@example.com")]).await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let waiting = browser.get("/staff/messages?state=waiting").await.words();
    assert!(waiting.contains("n…@example.com") && waiting.contains("Waiting"), "{waiting}");
    app.run_jobs().await;
    let all = browser.get("/staff/messages").await.words();
    assert!(all.contains("1 try") && all.contains("Sent") && !all.contains("nobody.here"), "{all}");
    assert!(browser.get("/staff/messages?state=failed").await.words().contains("No messages"));
    app.mailbox().await;
}

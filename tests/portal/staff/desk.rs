//! What every queue shares: the overview, counts, files; and people for the tests beside this one.

use chrono::Duration;
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp, TestPerson, run};

/// Gives somebody a further role.
pub async fn grant(app: &TestApp, person: &TestPerson<'_>, role: Role) {
    let grant = format!(
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', '{}', now())",
        person.id.0,
        role.as_str()
    );
    run(app, &grant).await;
}

/// Two members of the privacy team: Privacy and Reviewer.
pub async fn team(app: &TestApp) -> (TestPerson<'_>, TestPerson<'_>) {
    let (paul, rosa) = (app.staff(Role::Privacy).await, app.staff(Role::Reviewer).await);
    grant(app, &rosa, Role::Privacy).await;
    (paul, rosa)
}

/// A correction that somebody asks for; its path at the desk.
pub async fn asked(browser: &Browser, app: &TestApp, words: &str) -> String {
    let fields = [("kind", "correction"), ("details", words), ("home", "us")];
    let answer = browser.get("/privacy/requests/new?kind=correction").await.submit(&fields).await;
    app.mailbox().await;
    answer.location().replace("/privacy/", "/staff/")
}

#[tokio::test]
async fn the_overview_shows_what_waits_who_is_on_it_and_thirty_days() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    asked(&ada, &app, "Number 7 is wrong.").await;
    app.travel(Duration::days(2)).await;
    let ada = app.sign_in_as(&app.customer("grace@example.com").await).await;
    let path = asked(&ada, &app, "Number 8 is wrong.").await;
    let desk = app.sign_in_as(&team(&app).await.0).await;
    desk.post(&format!("{path}/claim"), &[]).await;
    let page = desk.get("/staff").await;
    let words = page.words();
    for said in ["2 requests wait.", "Oldest 2 days", "Due today 0", "Overdue 0", "On it now Privacy (1)"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    let days = page.all("article[aria-labelledby=queue-requests] tbody tr");
    assert_eq!(days.len(), 30);
    assert!(
        days[29].ends_with(" 2 0") && days[28].ends_with(" 1 0") && days[26].ends_with(" 0 0"),
        "{days:?}"
    );
    assert_eq!(page.all("article[aria-labelledby=queue-requests] svg.chart-drawing rect").len(), 3);
}

#[tokio::test]
async fn what_is_due_today_and_overdue_is_told_apart_and_drawn() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    for words in ["One.", "Two."] {
        asked(&ada, &app, words).await;
    }
    let noon = app.clock.now().date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    app.travel(noon + Duration::days(1) - app.clock.now()).await;
    let now = app.clock.now();
    run(&app, "ALTER TABLE data_requests DISABLE TRIGGER data_requests_keep").await;
    for (column, hours) in [("ASC", -30), ("DESC", 6)] {
        let due = now + Duration::hours(hours);
        run(&app, &format!(
            "UPDATE data_requests SET received_at = '{0}'::timestamptz - interval '40 days', due_at = '{0}', longest_due_at = '{0}' \
             WHERE id = (SELECT id FROM data_requests ORDER BY id {column} LIMIT 1)",
            due.to_rfc3339()
        ))
        .await;
    }
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let page = desk.get("/staff").await;
    let words = page.words();
    assert!(words.contains("Due today 1") && words.contains("Overdue 1"), "{words}");
    let days = page.all("article[aria-labelledby=queue-requests] tbody tr");
    assert!(
        days[29].ends_with(" 2 1") && days[28].ends_with(" 2 1") && days[27].ends_with(" 2 0"),
        "{days:?}"
    );
    let counts = desk.get("/staff/counts.json").await.json();
    assert_eq!(counts["requests"], serde_json::json!({ "waiting": 2, "overdue": 1 }));
}

#[tokio::test]
async fn counts_are_of_the_queues_that_somebody_works_on() {
    let app = TestApp::start().await;
    let admin = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let counts = admin.get("/staff/counts.json").await;
    assert_eq!(counts.header("cache-control"), "no-store");
    let counts = counts.json();
    assert!(counts["jobs"].is_object() && counts["holds"].is_object(), "{counts}");
    assert!(counts["requests"].is_null() && counts["enquiries"].is_null(), "{counts}");
}

#[tokio::test]
async fn a_file_holds_all_that_the_filters_show_and_nothing_about_people() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    for number in 0..27 {
        asked(&ada, &app, &format!("=cmd {number}")).await;
    }
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let page = desk.get("/staff/requests?kind=correction").await;
    let file = desk.get(&page.link("As a file")).await;
    let text = file.text();
    assert_eq!((file.header("content-type"), text.lines().count()), ("text/csv; charset=utf-8", 28));
    assert!(
        text.starts_with("number,kind,state,") && !text.contains("ada@") && !text.contains("cmd"),
        "{text}"
    );
    assert_eq!(desk.get("/staff/requests.csv?kind=access").await.text().lines().count(), 1);
    let log = desk.get("/staff/audit").await.words();
    assert!(log.contains("desk.exported") && log.contains("requests kind=correction"), "{log}");
}

#[tokio::test]
async fn ticked_jobs_are_tried_again_together_and_a_claimed_one_says_whose_it_is() {
    let app = TestApp::start().await;
    let add = "SELECT graphile_worker.add_job('timetable_entry', '{\"name\": \"nothing\"}'::json, max_attempts := 1) FROM generate_series(1, 3)";
    run(&app, add).await;
    app.run_jobs().await;
    app.dead_jobs().await;
    let browser = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let page = browser.get("/staff/jobs").await;
    let claimed = page.submit_to("/claim", &[]).await.follow().await;
    assert!(claimed.notices().join(" ").contains("The job is yours for half an hour"));
    assert_eq!(claimed.all(".row-title .is-info"), ["Admin"]);
    assert_eq!(browser.get("/staff/jobs?view=mine").await.all(".rows li").len(), 1);
    assert_eq!(browser.get("/staff/jobs.csv").await.text().lines().count(), 4);
    let ids = page.all(".row-title .badge");
    let ids: Vec<&str> = ids.iter().map(|id| id.trim_start_matches('#')).collect();
    let done = browser.post("/staff/jobs/retries", &[("job", ids[0]), ("job", ids[1]), ("job", "x")]).await;
    let done = done.follow().await;
    assert!(done.notices().join(" ").contains("2 jobs will be tried again"), "{}", done.words());
    assert_eq!(done.all(".rows li").len(), 1);
    assert!(browser.get("/staff/jobs?view=mine").await.words().contains("No job was given up"));
    app.run_jobs().await;
    app.dead_jobs().await;
}

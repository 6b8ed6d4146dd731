//! The figures of data requests: those of the yearly report, and what is overdue for whoever watches the portal.

use chrono::{Datelike as _, Duration};
use portal::platform::ids::new_uuid;
use portal::staff::permissions::Role;

use super::desk::{asked, decide};
use crate::support::process::{self, Folder, ask, free_address};
use crate::support::{TestApp, eventually, run};

#[tokio::test]
async fn days_to_an_answer_are_told_for_each_kind_by_middle_and_mean_and_its_outcomes_are_drawn() {
    let app = TestApp::start().await;
    let year = app.clock.now().year();
    let mut paths = Vec::new();
    for name in ["one", "two", "three"] {
        paths.push(asked(&app, &format!("{name}@example.com"), "correction").await.1);
    }
    asked(&app, "four@example.com", "deletion").await;
    // Answered after one day, after three and after eight.
    let answers = [(1, "fulfilled", ""), (2, "fulfilled", ""), (5, "denied", "excessive")];
    let staff = app.staff(Role::Privacy).await;
    for (path, (days, outcome, reason)) in paths.iter().zip(answers) {
        app.travel(Duration::days(days)).await;
        let desk = app.sign_in_as(&staff).await;
        desk.claim(path).await;
        assert_eq!(decide(&desk, path, outcome, reason, &[]).await.status, 303);
    }
    let desk = app.sign_in_as(&staff).await;
    let page = desk.get(&format!("/staff/requests/metrics?year={year}")).await;
    let rows = page.all("tbody tr");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].ends_with("3 2 0 1 0 3.0 4.0"), "{rows:?}");
    assert!(rows[1].ends_with("1 0 0 0 0 – –"), "nobody waits for what is still open: {rows:?}");
    let bar = |of: &str, what: &str| page.attr(&format!("svg.kind-bar rect.kind-bar-{of}"), what);
    for (of, what, length) in [
        ("received", "width", "100"),
        ("complied", "width", "66"),
        ("denied", "x", "66"),
        ("denied", "width", "33"),
    ] {
        assert_eq!(bar(of, what).as_deref(), Some(length), "{of}");
    }
    let few = desk.get(&format!("/staff/requests/metrics.csv?year={year}")).await;
    assert!(few.text().ends_with("\r\nfewer than 10 each,<10,<10,0,<10,0,,\r\n"), "{}", few.text());
    app.mailbox().await;
}

/// A request that came so many days ago and whose sender staff know.
async fn old_request(app: &TestApp, days: i64) {
    let (id, at) = (new_uuid(app.clock.now()), format!("now() - interval '{days} days'"));
    run(app, &format!(
        "INSERT INTO data_requests (id, kind, asked_kind, channel, email, ccpa, gdpr, received_at, due_at, longest_due_at) \
         SELECT '{id}', 'correction', 'correction', 'email', 'ada@example.com', true, false, at, at + interval '45 days', at + interval '90 days' \
         FROM (SELECT {at} AS at) came"
    ))
    .await;
    run(app, &format!(
        "INSERT INTO data_request_steps (id, request_id, act, at, actor_kind) VALUES (gen_random_uuid(), '{id}', 'received', {at}, 'system')"
    ))
    .await;
    run(app, &format!(
        "INSERT INTO data_request_steps (id, request_id, act, at, actor_kind, actor_id, how, note) \
         VALUES (gen_random_uuid(), '{id}', 'verified', {at}, 'staff', gen_random_uuid(), 'staff', 'Called back.')"
    ))
    .await;
}

#[tokio::test]
async fn what_is_overdue_stands_among_the_figures_of_the_program() {
    let (app, folder) = (TestApp::start().await, Folder::new("overdue-figures"));
    for days in [44, 46, 50] {
        old_request(&app, days).await;
    }
    // A hold that should have been reviewed yesterday, and one that is not due.
    for review in ["current_date - 1", "current_date + 90"] {
        run(&app, &format!(
            "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
             VALUES (gen_random_uuid(), 'table', 'sign_ins', 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', \
                gen_random_uuid(), now(), {review})"
        ))
        .await;
    }
    let metrics = free_address();
    let worker = process::worker(&app, &folder, &[("PORTAL_METRICS_BIND", &metrics)]);
    worker.says("Working on jobs.");
    for entry in ["tend_data_requests", "tend_holds"] {
        let due = format!(
            "SELECT graphile_worker.add_job('timetable_entry', json_build_object('name', '{entry}'))"
        );
        run(&app, &due).await;
    }
    for figure in ["portal_data_requests_overdue 2", "portal_holds_overdue_for_review 1"] {
        eventually(figure, async || {
            ask(&metrics, "/metrics").contains(&format!("\n{figure}\n")).then_some(())
        })
        .await;
    }
    drop(worker);
    app.mailbox().await;
}

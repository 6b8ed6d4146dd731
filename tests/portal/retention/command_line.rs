//! `portal retention`, as whoever runs the portal calls it.

use diesel_async::RunQueryDsl as _;

use crate::support::process::{Folder, beside, portal};
use crate::support::{SECRET_KEY, TestApp};

async fn sign_ins(app: &TestApp, days: i32, rows: i32) {
    diesel::sql_query(format!(
        "INSERT INTO sign_ins (id, at, method, outcome) SELECT gen_random_uuid(), now() - interval '{days} days', \
         'password', 'refused' FROM generate_series(1, {rows})"
    ))
    .execute(&mut app.conn().await)
    .await
    .unwrap();
}

fn run(app: &TestApp, folder: &Folder, arguments: &[&str]) -> String {
    let output = portal(&folder.0, arguments, &beside(app)).output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_plan_counts_what_a_run_then_deletes_and_changes_nothing() {
    let (app, folder) = (TestApp::start().await, Folder::new("retention"));
    sign_ins(&app, 400, 3).await;
    sign_ins(&app, 200, 2).await;
    let now = run(&app, &folder, &["retention", "plan"]);
    assert!(now.contains("3 rows would go, 0 stay"), "{now}");
    let later = (app.clock.now() + chrono::Duration::days(200)).format("%Y-%m-%d").to_string();
    let later = run(&app, &folder, &["retention", "plan", "--at", &later]);
    assert!(later.contains("5 rows would go, 0 stay"), "{later}");
    let done = run(&app, &folder, &["retention", "run"]);
    assert!(done.contains("sign_ins") && done.contains("3 rows are gone."), "{done}");
    let after = run(&app, &folder, &["retention", "plan"]);
    assert!(after.contains("0 rows would go, 0 stay"), "{after}");
}

#[tokio::test]
async fn a_moment_that_is_none_is_refused_with_an_example() {
    let (app, folder) = (TestApp::start().await, Folder::new("retention_at"));
    let settings = [("DATABASE_URL", app.database_url()), ("PORTAL_SECRET_KEY", SECRET_KEY)];
    let output =
        portal(&folder.0, &["retention", "plan", "--at", "soon"], &settings).output().expect("the program");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("a day as 2027-03-31"));
}

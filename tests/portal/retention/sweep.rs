//! A sweep: in batches, whole or not at all, and around what somebody is changing.

use diesel_async::RunQueryDsl as _;
use portal::platform::db::Connection;
use portal::retention::sweep;

use crate::support::{TestApp, count, run};

/// So many sign-ins whose time was over a year ago.
async fn old_sign_ins(app: &TestApp, many: u32) {
    let insert = "INSERT INTO sign_ins (id, at, method, outcome) \
        SELECT gen_random_uuid(), now() - interval '2 years', 'password', 'refused' FROM generate_series(1, ";
    run(app, &format!("{insert}{many})")).await;
}

#[tokio::test]
async fn more_rows_than_one_statement_takes_go_in_one_sweep() {
    let app = TestApp::start().await;
    old_sign_ins(&app, 20_001).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "sign_ins").await, 0);
}

#[tokio::test]
async fn what_a_sweep_cannot_count_it_does_not_delete() {
    let app = TestApp::start().await;
    old_sign_ins(&app, 1).await;
    for statement in [
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as if killed here'; END $$",
        "CREATE TRIGGER stop BEFORE UPDATE ON retention_runs FOR EACH ROW EXECUTE FUNCTION stop()",
    ] {
        run(&app, statement).await;
    }
    sweep::nightly((*app).clone()).await.expect_err("it stops between deleting and counting");
    assert_eq!((count(&app, "sign_ins").await, count(&app, "retention_runs").await), (1, 0));
    run(&app, "DROP TRIGGER stop ON retention_runs").await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!((count(&app, "sign_ins").await, count(&app, "retention_runs").await), (0, 1));
}

/// Somebody who makes an old sign-in a fresh one, and is not done before they [commit](done).
async fn somebody_who_changes_one(app: &TestApp) -> Connection {
    let mut conn = app.conn().await;
    let change = "UPDATE sign_ins SET at = now() WHERE id = (SELECT id FROM sign_ins WHERE at < now() - interval '1 year' LIMIT 1)";
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    assert_eq!(diesel::sql_query(change).execute(&mut conn).await, Ok(1));
    conn
}

async fn done(mut somebody: Connection) {
    diesel::sql_query("COMMIT").execute(&mut somebody).await.expect("nobody is ended for a sweep");
}

#[tokio::test]
async fn a_sweep_goes_around_what_somebody_is_changing() {
    let app = TestApp::start().await;
    old_sign_ins(&app, 3).await;
    let somebody = somebody_who_changes_one(&app).await;
    sweep::nightly((*app).clone()).await.expect("a sweep that waits for nobody");
    assert_eq!(count(&app, "sign_ins").await, 1, "the others are gone");
    done(somebody).await;
    old_sign_ins(&app, 3).await;
    let somebody = somebody_who_changes_one(&app).await;
    let sweeping = tokio::spawn(sweep::nightly((*app).clone()));
    // A tenth of a second at most: on a slow machine that may be over before anybody has looked.
    let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while count(&app, waiting).await == 0 && !sweeping.is_finished() {
        tokio::task::yield_now().await;
    }
    done(somebody).await;
    sweeping.await.unwrap().expect("a sweep that was met by a change");
    assert_eq!(count(&app, "sign_ins").await, 2, "what is fresh by now stays, however late that was");
}

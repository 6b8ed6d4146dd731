//! A worker that is killed while it erases somebody: afterwards everything is gone, and it was said once.

use nix::sys::signal::Signal;
use portal::privacy::erasure::{self, Cause, Of};

use crate::support::process::{Folder, worker};
use crate::support::{TestApp, count, eventually, let_go, run};

/// Enough that it takes a while: 25 batches.
const ROWS: i64 = 250_000;

#[tokio::test]
async fn a_worker_that_is_killed_ten_times_leaves_nothing_and_says_so_once() {
    let (app, folder) = (TestApp::start().await, Folder::new("killed_erasure"));
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    run(&app, &format!(
        "INSERT INTO api_requests (id, account_id, at, method, route, status, ip, duration_micros) \
         SELECT gen_random_uuid(), '{}', now(), 'GET', '/v1/accounts/{{account}}/claims', 200, '192.0.2.1', n % 90 \
         FROM generate_series(1, {ROWS}) n", account.0
    )).await;
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    drop(conn);
    for kill in 1..=10 {
        let process = worker(&app, &folder, &[]);
        let tried = format!("erasures WHERE tries >= {kill}");
        eventually("a try", async || (count(&app, &tried).await == 1).then_some(())).await;
        tokio::time::sleep(std::time::Duration::from_millis(17 * kill)).await;
        process.signal(Signal::SIGKILL);
        process.end();
        // At one look, as the database still ends what it was doing.
        let half = "erasures WHERE (finished_at IS NULL) <> EXISTS (SELECT FROM people WHERE email = 'ada@example.com')";
        assert_eq!(count(&app, half).await, 0, "never half");
        if count(&app, "erasures WHERE finished_at IS NULL").await == 0 {
            break;
        }
        let_go(&app).await;
    }
    let process = worker(&app, &folder, &[]);
    let done = "erasures WHERE finished_at IS NOT NULL";
    eventually("the end", async || (count(&app, done).await == 1).then_some(())).await;
    process.signal(Signal::SIGTERM);
    process.end();
    assert_eq!((count(&app, "people").await, count(&app, "api_requests").await), (0, 0));
    assert_eq!(count(&app, "erasure_ledger").await, 1);
    assert_eq!(app.mailbox().await.iter().filter(|mail| mail.name == "data_erased").count(), 1);
}

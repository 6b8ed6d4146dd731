//! Workers that are killed while a rule suspends hundreds of accounts: each is suspended once, and its people are told once.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Desk, many};
use crate::support::process::{Folder, worker};
use crate::support::{RECEIPT_KEY, TestApp, count, dawdle, eventually, let_go, run};

/// So many that none of the workers comes to the end before it is killed.
const ACCOUNTS: i32 = 400;

/// After how many further suspensions a worker is killed: ten points that have nothing to do with each other.
const POINTS: [i64; 10] = [1, 17, 5, 29, 11, 23, 3, 19, 13, 7];
/// Receipts are signed as the test signs them.
const RECEIPTS: &[(&str, &str)] = &[("PORTAL_RECEIPT_KEY", RECEIPT_KEY)];

/// Has a worker look at everybody, unless that waits already. The timetable does so each minute.
async fn ask(app: &TestApp) {
    let waits = "graphile_worker.jobs WHERE task_identifier = 'timetable_entry'";
    if count(app, waits).await == 0 {
        let add = "SELECT graphile_worker.add_job('timetable_entry', '{\"name\": \"watch_accounts\"}'::json, max_attempts := 25)";
        run(app, add).await;
    }
}

/// Nobody is suspended twice, and no suspension is without its notice, its mail or its state.
async fn assert_whole(app: &TestApp) {
    for (what, wrong) in [
        ("twice", "(SELECT account_id FROM suspensions GROUP BY account_id HAVING count(*) > 1) AS twice"),
        (
            "a notice",
            "suspensions s WHERE (SELECT count(*) FROM suspension_notices n WHERE n.suspension_id = s.id) <> 1",
        ),
        (
            "a mail",
            "suspension_notices n WHERE (SELECT count(*) FROM messages m WHERE m.id = n.message_id AND m.name = 'suspension_notice') <> 1",
        ),
        (
            "a state",
            "suspensions s WHERE NOT EXISTS (SELECT FROM account_states a WHERE a.account_id = s.account_id AND a.state = 'suspended')",
        ),
        (
            "an evaluation",
            "suspensions s WHERE NOT EXISTS (SELECT FROM rule_evaluations e WHERE e.id = s.evaluation_id AND e.led_to = 'restriction')",
        ),
    ] {
        assert_eq!(count(app, wrong).await, 0, "{what}");
    }
}

#[tokio::test]
async fn a_worker_that_is_killed_ten_times_suspends_everybody_once_and_tells_them_once() {
    let (app, folder) = (TestApp::start().await, Folder::new("killed_evaluation"));
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("level", "suspended")]).await;
    desk.move_on(&app, &path, "review").await;
    desk.move_on(&app, &path, "enforce").await;
    app.mailbox().await;
    let owner = app.customer("ada@example.com").await.id.0;
    many(&app, owner, ACCOUNTS, 500).await;
    // So that there is time to kill in between.
    dawdle(&app, "AFTER INSERT ON suspensions", 0.02).await;
    let all = i64::from(ACCOUNTS);
    for (kill, further) in (1..).zip(POINTS) {
        let point = count(&app, "suspensions").await + further;
        ask(&app).await;
        let process = worker(&app, &folder, RECEIPTS);
        eventually("a suspension more", async || (count(&app, "suspensions").await >= point).then_some(()))
            .await;
        // Somewhere between the first statement about the next account and the last.
        tokio::time::sleep(Duration::from_millis(3 * kill)).await;
        process.signal(Signal::SIGKILL);
        process.end();
        assert!(count(&app, "suspensions").await < all, "killed in the middle");
        assert_whole(&app).await;
        let_go(&app).await;
    }
    let process = worker(&app, &folder, RECEIPTS);
    eventually("the end", async || {
        // An account that the last one held when it was killed is left for the next look.
        ask(&app).await;
        (count(&app, "suspensions").await == all).then_some(())
    })
    .await;
    process.signal(Signal::SIGTERM);
    process.end();
    assert_whole(&app).await;
    for told in [
        "suspensions WHERE ended_at IS NULL AND automated",
        "suspension_notices",
        "messages WHERE name = 'suspension_notice'",
        "audit_events WHERE action = 'account.suspension.began'",
        "receipts WHERE kind = 'suspension_began'",
        "rule_evaluations WHERE led_to = 'restriction'",
    ] {
        assert_eq!(count(&app, told).await, all, "{told}");
    }
    app.mailbox().await;
}

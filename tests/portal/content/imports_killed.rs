//! `portal content import` that is killed half-way, again and again: the same command goes on where it was.

use nix::sys::signal::Signal;

use super::claims::count;
use super::imports::large;
use crate::support::process::{self, Folder, Running, beside, portal};
use crate::support::{Program, TestApp, dawdle, eventually, run, unlocked};

/// Claims of the file: six batches of it, or so.
const CLAIMS: u32 = 600;

fn command<'a>(account: &'a str, mode: &'a str) -> [&'a str; 7] {
    ["content", "import", "claims.ndjson", "--account", account, "--mode", mode]
}

fn begin(app: &TestApp, folder: &Folder, program: &Program, mode: &str) -> Running {
    let account = program.account.to_string();
    Running::start(portal(&folder.0, &command(&account, mode), &beside(app)))
}

/// Runs the command to its end: everything is imported.
fn finish(app: &TestApp, folder: &Folder, program: &Program, mode: &str) {
    let account = program.account.to_string();
    let (output, said) = process::run(&folder.0, &command(&account, mode), &beside(app));
    let all = format!("{CLAIMS} of {CLAIMS} claims were imported, 0 were refused.");
    assert!(output.status.success() && said.contains(&all), "{said}");
}

/// Lines that are done, as the database knows of them.
async fn lines_done(app: &TestApp) -> i64 {
    count(app, "SELECT coalesce(max(lines_done), 0) FROM imports").await
}

async fn kill(app: &TestApp, process: Running) {
    process.signal(Signal::SIGKILL);
    process.end();
    // The database notices a moment later, and lets go of the account.
    unlocked(app).await;
}

#[tokio::test]
async fn best_effort_that_is_killed_goes_on_and_nothing_is_lost_or_double() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let folder = Folder::new("killed_command");
    std::fs::write(folder.0.join("claims.ndjson"), large(0..CLAIMS)).unwrap();
    // So that there is time to kill in between.
    dawdle(&app, "BEFORE INSERT ON claims", 0.5).await;
    let mut done = 0;
    for _ in 0..3 {
        let process = begin(&app, &folder, &program, "best_effort");
        eventually("a batch more", async || (lines_done(&app).await > done).then_some(())).await;
        kill(&app, process).await;
        let after = lines_done(&app).await;
        assert!(after > done && after < i64::from(CLAIMS), "killed half-way: {after}");
        done = after;
        assert_eq!(count(&app, "SELECT count(*) FROM claims").await, done, "what is noted is what is stored");
    }
    // Later claims are told from those that were there.
    run(&app, "UPDATE claims SET state = 'withdrawn'").await;
    finish(&app, &folder, &program, "best_effort");
    let of = |what: &str| format!("SELECT count(*) FROM claims WHERE state {what} 'withdrawn'");
    assert_eq!(count(&app, &of("=")).await, done, "it went on where it was");
    assert_eq!(count(&app, &of("<>")).await, i64::from(CLAIMS) - done);
    assert_eq!(count(&app, "SELECT count(DISTINCT claim_number) FROM claims").await, i64::from(CLAIMS));
    assert_eq!(count(&app, "SELECT count(*) FROM imports").await, 1);
    finish(&app, &folder, &program, "best_effort");
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, i64::from(CLAIMS), "it is done already");
}

#[tokio::test]
async fn all_or_nothing_that_is_killed_leaves_nothing_and_can_be_begun_again() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let folder = Folder::new("killed_command_whole");
    std::fs::write(folder.0.join("claims.ndjson"), large(0..CLAIMS)).unwrap();
    // So that there is time to kill in between.
    dawdle(&app, "BEFORE INSERT ON claims", 0.5).await;
    let process = begin(&app, &folder, &program, "all_or_nothing");
    let storing = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event = 'PgSleep' AND query_start >= xact_start + interval '0.5 seconds'";
    eventually("a second batch", async || (count(&app, storing).await > 0).then_some(())).await;
    kill(&app, process).await;
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 0);
    assert_eq!(count(&app, "SELECT count(*) FROM imports").await, 0);
    run(&app, "DROP TRIGGER dawdle ON claims").await;
    finish(&app, &folder, &program, "all_or_nothing");
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, i64::from(CLAIMS));
}

//! A worker that is killed while it makes a copy: afterwards the copy is there, whole and once.

use diesel::QueryDsl as _;
use diesel_async::RunQueryDsl as _;
use nix::sys::signal::Signal;
use portal::platform::db::schema::exports;

use super::exports::{fetch, order};
use crate::support::process::{Folder, worker};
use crate::support::{TestApp, eventually, let_go, run};

/// Enough that a copy takes a while.
const REQUESTS: i64 = 120_000;

/// How many tries there were.
async fn attempts(app: &TestApp) -> i32 {
    exports::table.select(exports::attempts).first(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn a_worker_that_is_killed_ten_times_leaves_one_copy_that_is_whole() {
    let folder = Folder::new("killed_export");
    let storage = folder.0.join("storage");
    let storage = storage.to_str().unwrap();
    let app = TestApp::with(&[("PORTAL_STORAGE", storage)]).await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    run(&app, &format!(
        "INSERT INTO api_requests (id, account_id, at, method, route, status, ip, duration_micros) \
         SELECT gen_random_uuid(), '{}', now(), 'GET', '/v1/accounts/{{account}}/claims', 200, '192.0.2.1', n % 90 \
         FROM generate_series(1, {REQUESTS}) n", account.0
    )).await;
    let browser = app.sign_in_as(&ada).await;
    let path = order(&browser, "person").await.location().to_owned();
    let file = format!("exports/{}/copy.zip", path.rsplit('/').next().unwrap());
    for kill in 1..=10 {
        let process = worker(&app, &folder, &[("PORTAL_STORAGE", storage)]);
        eventually("a try", async || (attempts(&app).await >= kill).then_some(())).await;
        // Somewhere between the first table and the last.
        tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(kill).unwrap() * 23)).await;
        process.signal(Signal::SIGKILL);
        process.end();
        let made = app.storage.open(&file).await.unwrap().is_some();
        assert!(!made, "it was made before kill {kill}, so that this shows nothing: it takes more rows");
        if kill < 10 {
            let_go(&app).await;
        }
    }
    // The last one is found by another worker, as it is in earnest: line and job are free again.
    let process = worker(&app, &folder, &[("PORTAL_STORAGE", storage)]);
    eventually("the copy", async || app.storage.open(&file).await.unwrap().map(drop)).await;
    eventually("its end", async || browser.get(&path).await.words().contains("Fetch the copy").then_some(()))
        .await;
    process.signal(Signal::SIGTERM);
    process.end();
    let mut copy = fetch(&browser, &path).await;
    assert_eq!(
        copy.json("data/api_requests.json").as_array().unwrap().len(),
        usize::try_from(REQUESTS).unwrap()
    );
    assert_eq!(app.storage.folders("exports").await.unwrap().len(), 1);
    assert_eq!(app.mailbox().await.iter().filter(|letter| letter.name == "export_ready").count(), 1);
}

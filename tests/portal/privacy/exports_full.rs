//! A copy that finds no room: the worker's file system takes files up to a size and no more, as the kernel enforces it.

use portal::platform::db::schema::exports;
use portal::platform::ids::ExportId;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::exports::{fetch, order};
use crate::support::process::{Folder, Running, beside, portal, with_little_room};
use crate::support::{TestApp, count, eventually, run};

#[derive(Queryable, Debug)]
struct State {
    attempts: i32,
    stumbled: bool,
    is_there: bool,
    given_up: bool,
}

async fn state(app: &TestApp, path: &str) -> State {
    let id: ExportId = path.rsplit_once('/').unwrap().1.parse().unwrap();
    let columns = (
        exports::attempts,
        exports::stumbled_at.is_not_null(),
        exports::file.is_not_null(),
        exports::given_up_at.is_not_null(),
    );
    exports::table.find(id).select(columns).first(&mut app.conn().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_copy_alone_and_the_next_try_makes_it() {
    let folder = Folder::new("full");
    let storage = folder.0.join("storage");
    let app = TestApp::with(&[("PORTAL_STORAGE", storage.to_str().unwrap())]).await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    // What hardly gets smaller, so that the copy is far longer than there is room for.
    let claims = format!(
        "INSERT INTO claims (id, account_id, claim_number, insurer, state, lost_on, parties, notes, person_keys, created_at, updated_at) \
         SELECT gen_random_uuid(), '{}', n::text, 'Acme', 'open', '2026-01-01', '[]', \
         (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 300) WHERE n > 0), '{{}}', now(), now() FROM generate_series(1, 800) n",
        ada.account().await.0
    );
    run(&app, &claims).await;
    let (hers, his) = (app.sign_in_as(&ada).await, app.sign_in_as(&bob).await);
    let long = order(&hers, "person").await.location().to_owned();
    let short = order(&his, "person").await.location().to_owned();
    app.browser().post("/password-reset", &[("email", "bob@example.com")]).await;
    let settings = [&beside(&app)[..], &[("PORTAL_STORAGE", storage.to_str().unwrap())]].concat();
    let worker = Running::start(with_little_room(&portal(&folder.0, &["work"], &settings), 2_000));
    worker.says("Working on jobs.");
    let stumbled = eventually("a try that fails", async || {
        let state = state(&app, &long).await;
        state.stumbled.then_some(state)
    })
    .await;
    assert!(!stumbled.is_there && !stumbled.given_up && stumbled.attempts >= 1, "{stumbled:?}");
    let page = hers.get(&long).await;
    let words = page.words();
    assert!(words.contains("Being tried again") && words.contains("Our storage is full"), "{words}");
    assert!(!page.text().contains("/file\""), "there is nothing to fetch");
    // Nothing else is hurt: the same worker sends mail and makes the copy of somebody else, behind the long one.
    eventually("the short copy", async || state(&app, &short).await.is_there.then_some(())).await;
    eventually("his mails", async || {
        (count(&app, "messages WHERE recipient = 'bob@example.com' AND sent_at IS NULL").await == 0)
            .then_some(())
    })
    .await;
    assert!(fetch(&his, &short).await.everything().contains("bob@example.com"));
    assert_eq!(hers.get("/settings").await.status, 200);
    drop(worker);
    // The disk has room again.
    let worker = Running::start(portal(&folder.0, &["work"], &settings));
    worker.says("Working on jobs.");
    app.travel(chrono::Duration::hours(7)).await;
    let made = eventually("the long copy", async || {
        let state = state(&app, &long).await;
        state.is_there.then_some(state)
    })
    .await;
    assert!(made.attempts > stumbled.attempts, "{made:?}");
    let hers = app.sign_in_as(&ada).await;
    let mut copy = fetch(&hers, &long).await;
    let manifest = copy.json("manifest.json");
    let claims =
        manifest["tables"].as_array().unwrap().iter().find(|table| table["table"] == "claims").unwrap();
    assert_eq!(claims["rows"], 800, "whole, and once");
    let left = app.storage.folders("exports").await.unwrap();
    assert_eq!(left.len(), 2, "of the tries that failed nothing is left: {left:?}");
    app.mailbox().await;
}

//! What a hold keeps in an account that is closed is there for that alone: neither its owner nor their programs read it, and
//! no copy has it (S166).

use chrono::Duration;
use serde_json::json;

use crate::privacy::exports::{fetch, order};
use crate::support::{Browser, TestApp, count, run};

/// A copy of everything that this browser's person has.
async fn copied(app: &TestApp, browser: &Browser) -> String {
    let path = order(browser, "person").await.location().to_owned();
    app.run_jobs().await;
    let everything = fetch(browser, &path).await.everything();
    app.mailbox().await;
    everything
}

#[tokio::test]
async fn what_is_still_kept_in_a_closed_account_is_read_by_nobody_and_in_no_copy() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (account, program) = (ada.account().await, app.program(&ada).await);
    app.account_of(&ada, "Second account").await;
    let party = json!({ "role": "claimant", "name": "Grace Hopper", "emails": ["grace@example.net"] });
    let claim = json!({ "claim_number": "1", "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31", "parties": [party] });
    assert_eq!(program.post("/claims", &claim).await.status, 201);
    let sent = json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "grace@example.net" });
    assert_eq!(program.post("/communications", &sent).await.status, 201);
    run(&app, &format!(
        "INSERT INTO holds (id, scope, account_id, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         VALUES (gen_random_uuid(), 'account', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', \
            gen_random_uuid(), now(), '2999-01-01')",
        account.0
    ))
    .await;
    let browser = app.sign_in_as(&ada).await;
    let form = browser.get(&format!("/accounts/{account}/closure/new")).await;
    form.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    app.mailbox().await;
    let search = format!("/accounts/{account}/end-users");
    let whom = [("kind", "email"), ("value", "grace@example.net")];
    let found = browser.post(&search, &whom).await;
    assert!(
        browser.get(found.location()).await.words().contains("Grace Hopper"),
        "as long as it can be fetched"
    );
    let everything = copied(&app, &browser).await;
    assert!(everything.contains("Grace Hopper") && everything.contains("grace@example.net"));
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    assert_eq!((count(&app, "claims").await, count(&app, "communications").await), (1, 1), "both are held");
    let browser = app.sign_in_as(&ada).await;
    let refused = browser.post(&search, &whom).await;
    assert_eq!(refused.status, 410);
    assert!(refused.words().contains("This account is closed"), "{}", refused.words());
    assert_eq!(program.get("/claims").await.status, 403);
    let everything = copied(&app, &browser).await;
    assert!(!everything.contains("Grace Hopper") && !everything.contains("grace@example.net"));
    assert!(everything.contains("Second account"), "all else is there");
    app.mailbox().await;
}

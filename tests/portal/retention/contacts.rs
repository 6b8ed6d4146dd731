//! The end of a contact: so long after whichever of its decisions came last.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::preferences::topics::Topic;
use portal::retention::sweep;

use crate::support::{TestApp, count, run};

async fn contacts_after_a_sweep(app: &TestApp) -> i64 {
    sweep::nightly((**app).clone()).await.unwrap();
    count(app, "contacts").await
}

#[tokio::test]
async fn a_contact_goes_two_years_after_its_last_decision_however_long_ago_it_was_made() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    app.travel(Duration::days(400)).await;
    ada.refuse(Topic::Events).await;
    // Two years have 730 or 731 days.
    app.travel(Duration::days(729)).await;
    assert_eq!(contacts_after_a_sweep(&app).await, 1);
    // About a partner is about mailings too.
    let no = format!(
        "WITH partner AS (INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at) \
           VALUES (gen_random_uuid(), 'x', 'x', 'https://example.com', 'a@example.com', gen_random_uuid(), now()) RETURNING id) \
         INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
           SELECT gen_random_uuid(), '{}', id, 'refused', '{}', 'person', 'page', 'No' FROM partner",
        ada.id.0,
        app.clock.now().to_rfc3339()
    );
    run(&app, &no).await;
    app.travel(Duration::days(729)).await;
    assert_eq!(contacts_after_a_sweep(&app).await, 1);
    app.travel(Duration::days(3)).await;
    assert_eq!(contacts_after_a_sweep(&app).await, 0);
}

#[tokio::test]
async fn whoever_subscribes_while_their_contact_is_swept_keeps_it() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    ada.refuse(Topic::Events).await;
    app.travel(Duration::days(800)).await;
    let mut conn = app.conn().await;
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    let yes = format!(
        "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording) \
         VALUES (gen_random_uuid(), '{}', 'events', 'email', 'subscribed', '{}', 'person', 'form', 'Yes')",
        ada.id.0,
        app.clock.now().to_rfc3339()
    );
    diesel::sql_query(yes).execute(&mut conn).await.unwrap();
    let sweeping = tokio::spawn(sweep::nightly((*app).clone()));
    // A tenth of a second at most: on a slow machine that may be over before anybody has looked.
    let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while count(&app, waiting).await == 0 && !sweeping.is_finished() {
        tokio::task::yield_now().await;
    }
    diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    sweeping.await.unwrap().unwrap();
    assert!(ada.may_get(Topic::Events).await);
    assert_eq!(contacts_after_a_sweep(&app).await, 1);
}

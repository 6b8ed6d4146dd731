//! The end of a contact: so long after whichever of its decisions came last.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::preferences::topics::Topic;
use portal::retention::sweep;

use crate::support::{TestApp, count, run};

const PARTNER: &str = "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at) \
    VALUES (gen_random_uuid(), 'x', 'x', 'https://example.com', 'a@example.com', gen_random_uuid(), now())";

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
    run(&app, PARTNER).await;
    let no = DECISIONS[2].replace("{contact}", &ada.id.0.to_string());
    let no = no.replace("{now}", &app.clock.now().to_rfc3339());
    run(&app, &no).await;
    app.travel(Duration::days(729)).await;
    assert_eq!(contacts_after_a_sweep(&app).await, 1);
    app.travel(Duration::days(3)).await;
    assert_eq!(contacts_after_a_sweep(&app).await, 0);
}

/// What somebody decides about a contact that is due, and is not done with when a sweep comes to it.
const DECISIONS: [&str; 3] = [
    "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording) \
     VALUES (gen_random_uuid(), '{contact}', 'events', 'email', 'subscribed', '{now}', 'person', 'form', 'Yes')",
    "INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording) \
     VALUES (gen_random_uuid(), '{contact}', 'offers', 'email', 'unsubscribed', '{now}', 'person', 'link', 'No')",
    "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
     SELECT gen_random_uuid(), '{contact}', id, 'refused', '{now}', 'person', 'page', 'No' FROM partners",
];

#[tokio::test]
async fn whoever_decides_while_their_contact_is_swept_keeps_it_with_the_decision() {
    let app = TestApp::start().await;
    run(&app, PARTNER).await;
    for (number, decision) in DECISIONS.into_iter().enumerate() {
        let ada = app.subscriber(&format!("ada{number}@example.com"), &[Topic::Events]).await;
        ada.refuse(Topic::Events).await;
        app.travel(Duration::days(800)).await;
        let mut somebody = app.conn().await;
        let decision = decision.replace("{contact}", &ada.id.0.to_string());
        for statement in ["BEGIN", &decision.replace("{now}", &app.clock.now().to_rfc3339())] {
            diesel::sql_query(statement).execute(&mut somebody).await.unwrap();
        }
        let sweeping = tokio::spawn(sweep::nightly((*app).clone()));
        // A tenth of a second at most: on a slow machine that may be over before anybody has looked.
        let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while count(&app, waiting).await == 0 && !sweeping.is_finished() {
            tokio::task::yield_now().await;
        }
        diesel::sql_query("COMMIT").execute(&mut somebody).await.unwrap();
        sweeping.await.unwrap().unwrap();
        assert_eq!(contacts_after_a_sweep(&app).await, 1, "{decision}");
        let made = count(&app, "preference_decisions").await + count(&app, "partner_decisions").await;
        assert_eq!(made, 3, "{decision}");
        run(&app, "DELETE FROM contacts").await;
    }
}

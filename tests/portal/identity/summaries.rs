//! What stands beside a person about factors, roles and a recovery is like the tables of each, whoever writes to them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::identity::summaries;
use portal::platform::app::App;
use portal::platform::db::schema::people;
use portal::platform::ids::PersonId;

use crate::support::{TestApp, TestPerson, count, lock_waits, run};

/// Whether there is an app, whether there is a passkey, the roles, and whether a recovery is under way.
async fn summary(app: &TestApp, id: PersonId) -> (bool, bool, Vec<String>, bool) {
    let columns = (people::has_totp, people::has_passkey, people::held_roles, people::recovery_version);
    let (totp, passkey, roles, recovery): (bool, bool, Vec<Option<String>>, Option<i32>) =
        people::table.find(id).select(columns).first(&mut app.conn().await).await.unwrap();
    (totp, passkey, roles.into_iter().flatten().collect(), recovery.is_some())
}

fn none() -> (bool, bool, Vec<String>, bool) {
    (false, false, Vec::new(), false)
}

fn add_passkey(person: &TestPerson<'_>, credential: &str) -> String {
    format!(
        "INSERT INTO passkeys (id, person_id, credential_id, credential, name, created_at) \
         VALUES (gen_random_uuid(), '{}', '{credential}', '{{}}', 'Key', now())",
        person.id.0
    )
}

#[tokio::test]
async fn a_summary_follows_each_change_of_factors_and_roles_and_of_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let grace = app.customer("grace@example.com").await;
    assert_eq!(summary(&app, ada.id).await, (true, false, vec![], false));
    run(&app, &add_passkey(&ada, "one")).await;
    run(&app, &add_passkey(&ada, "two")).await;
    run(&app, "DELETE FROM passkeys WHERE credential_id = 'one'").await;
    assert_eq!(summary(&app, ada.id).await, (true, true, vec![], false), "one is left");
    run(&app, "DELETE FROM passkeys").await;
    run(&app, "DELETE FROM totp_factors").await;
    assert_eq!(summary(&app, ada.id).await, none());
    for role in ["reviewer", "admin"] {
        let grant = format!(
            "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', '{role}', now())",
            ada.id.0
        );
        run(&app, &grant).await;
    }
    assert_eq!(summary(&app, ada.id).await.2, ["admin", "reviewer"]);
    run(&app, "DELETE FROM staff_roles WHERE role = 'reviewer'").await;
    assert_eq!(summary(&app, ada.id).await.2, ["admin"]);
    for version in ["2026-11-30", "2026-01-01"] {
        let agree = format!(
            "INSERT INTO staff_undertakings (person_id, version, agreed_at) VALUES ('{}', '{version}', now())",
            ada.id.0
        );
        run(&app, &agree).await;
        assert_eq!(count(&app, "people WHERE undertaking_version = '2026-11-30'").await, 1, "the latest");
    }
    assert_eq!(summaries::differing(&mut *app.conn().await).await, Ok(vec![]));
    assert_eq!(summary(&app, grace.id).await, none());
}

#[tokio::test]
async fn a_summary_follows_a_recovery_until_it_ends_in_any_way() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let ask = format!(
        "INSERT INTO account_recoveries (id, person_id, credential_version, cancel_token_hash, requested_at, ready_at, expires_at) \
         VALUES (gen_random_uuid(), '{}', 1, sha256(gen_random_uuid()::text::bytea), now() - interval '80 hours', now() - interval '1 hour', now() + interval '1 day')",
        ada.id.0
    );
    let until = "people WHERE recovery_until > now() + interval '3 days'";
    for end in [
        "UPDATE account_recoveries SET cancelled_at = now(), cancelled_because = 'link' WHERE completed_at IS NULL",
        "UPDATE account_recoveries SET completed_at = now() WHERE cancelled_at IS NULL",
        "DELETE FROM account_recoveries WHERE cancelled_at IS NULL AND completed_at IS NULL",
    ] {
        run(&app, &ask).await;
        assert_eq!(summary(&app, ada.id).await, (false, false, vec![], true));
        assert_eq!(count(&app, until).await, 0);
        run(&app, "UPDATE account_recoveries SET expires_at = now() + interval '7 days'").await;
        assert_eq!(count(&app, until).await, 1, "the time moves along");
        run(&app, end).await;
        assert_eq!(summary(&app, ada.id).await, none(), "{end}");
    }
    assert_eq!(summaries::differing(&mut *app.conn().await).await, Ok(vec![]));
}

#[tokio::test]
async fn of_two_changes_at_the_same_moment_neither_is_lost() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    run(&app, &add_passkey(&ada, "old")).await;
    let (mut adding, removing) = (app.db.client().await.unwrap(), app.db.client().await.unwrap());
    let added = adding.transaction().await.unwrap();
    added.batch_execute(&add_passkey(&ada, "new")).await.unwrap();
    let removed = tokio::spawn(async move {
        removing.batch_execute("DELETE FROM passkeys WHERE credential_id = 'old'").await
    });
    lock_waits(&app, "the second to wait for the first", 1).await;
    added.commit().await.unwrap();
    removed.await.unwrap().unwrap();
    assert_eq!(summary(&app, ada.id).await, (false, true, vec![], false));
}

#[tokio::test]
async fn a_person_who_goes_takes_factors_roles_and_recoveries_along() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    run(&app, &add_passkey(&ada, "one")).await;
    run(&app, &format!("DELETE FROM accounts WHERE owner_id = '{}'", ada.id.0)).await;
    run(&app, &format!("DELETE FROM people WHERE id = '{}'", ada.id.0)).await;
    assert_eq!(
        count(&app, "totp_factors").await + count(&app, "passkeys").await + count(&app, "people").await,
        0
    );
}

#[tokio::test]
async fn the_next_page_knows_what_was_committed_a_moment_before() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    assert!(browser.get("/settings").await.words().contains("protected by a password alone"));
    run(&app, &add_passkey(&ada, "one")).await;
    assert!(browser.get("/settings").await.words().contains("A passkey protects your account."));
    assert_eq!(browser.get("/staff").await.status, 404);
    let grant =
        "INSERT INTO staff_roles (person_id, role, granted_at) SELECT id, 'support', now() FROM people";
    run(&app, grant).await;
    assert_eq!(browser.get("/staff").await.status, 200);
    run(&app, "DELETE FROM staff_roles").await;
    assert_eq!(browser.get("/staff").await.status, 404);
}

#[tokio::test]
async fn what_differs_all_the_same_is_found_and_mended() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let grace = app.customer("grace@example.com").await;
    run(
        &app,
        &format!("UPDATE people SET has_totp = false, held_roles = '{{admin}}' WHERE id = '{}'", ada.id.0),
    )
    .await;
    assert_eq!(summaries::differing(&mut *app.conn().await).await, Ok(vec![ada.id]));
    summaries::compare(App::clone(&app)).await.unwrap();
    assert_eq!(summaries::differing(&mut *app.conn().await).await, Ok(vec![]));
    assert_eq!(summary(&app, ada.id).await, (true, false, vec![], false));
    assert_eq!(summary(&app, grace.id).await, none());
}

#[tokio::test]
async fn what_people_do_on_a_page_is_in_the_summary_too() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let browser = app.sign_in_as(&ada).await;
    let removed = browser.post("/settings/two-factor/removal", &[]).await;
    assert_eq!(removed.status, 303, "{}", removed.words());
    app.mail_to(&ada.email).await;
    assert_eq!(summary(&app, ada.id).await, none());
    assert_eq!(summaries::differing(&mut *app.conn().await).await, Ok(vec![]));
}

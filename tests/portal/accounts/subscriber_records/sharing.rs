//! Whom a record was shown to outside (S50): with its ground, in the log of the account, and not changed or deleted.

use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use super::desk::{desk, submitted};
use crate::support::subscriber_records::at_desk;
use crate::support::{Browser, Page, TestApp, count, lock_waits, run};

#[tokio::test]
async fn whom_it_was_shown_to_is_noted_with_its_ground_and_stands_in_the_log_of_the_account() {
    let app = TestApp::start().await;
    let (ada, account, record) = submitted(&app).await;
    let bob = app.customer("bob@example.com").await;
    let log = format!("{account}/subscriber-records/shares");
    assert!(ada.get(&log).await.words().contains("Nobody outside saw a record"));
    let desk = desk(&app).await;
    let path = app.open_record(&desk, &record).await;
    let (today, tomorrow) = (app.today().to_string(), (app.today() + chrono::Days::new(1)).to_string());
    let share = |ground: &'static str, on: &str| {
        let mut fields = vec![("recipient_kind", "authority"), ("recipient", "Stadtpolizei Zürich")];
        fields.extend([("ground", ground), ("purpose", "Order 12 of 2026, about a fraud.")]);
        let mut fields: Vec<(&str, String)> =
            fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        fields.push(("shared_on", on.to_owned()));
        fields
    };
    for (ground, on, wrong) in
        [("", &today, "ground"), ("because", &today, "ground"), ("order", &tomorrow, "shared_on")]
    {
        let fields = share(ground, on);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = desk.post(&format!("{path}/shares"), &fields).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, wrong));
        assert_eq!(page.value("recipient"), "Stadtpolizei Zürich", "what was typed stays");
    }
    assert_eq!(count(&app, "subscriber_record_shares").await, 0);
    let fields = share("order", &today);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(desk.post(&format!("{path}/shares"), &fields).await.status, 303);
    for page in [&log, &record] {
        let words = ada.get(page).await.words();
        for part in ["Stadtpolizei Zürich", "An order of a court or an authority", "Order 12 of 2026"] {
            assert!(words.contains(part), "{page} {part}: {words}");
        }
    }
    assert_eq!(count(&app, "audit_events WHERE action = 'account.subscriber_record.shared'").await, 1);
    let others = format!("/accounts/{}/subscriber-records/shares", bob.account().await);
    assert!(app.sign_in_as(&bob).await.get(&others).await.words().contains("Nobody outside saw a record"));
}

#[tokio::test]
async fn a_share_that_is_sent_twice_is_noted_once() {
    let app = TestApp::start().await;
    let (_, _, record) = submitted(&app).await;
    let desk = desk(&app).await;
    app.open_record(&desk, &record).await;
    tokio::join!(app.share_record(&desk, &record), app.share_record(&desk, &record));
    assert_eq!(count(&app, "subscriber_record_shares").await, 1);
    assert_eq!(count(&app, "audit_events WHERE action = 'account.subscriber_record.shared'").await, 1);
    let later = app.share_record(&desk, &record).await.follow().await.words();
    assert!(later.contains("The same is noted already"), "{later}");
}

#[tokio::test]
async fn a_share_that_two_colleagues_note_at_once_is_noted_once() {
    let app = TestApp::start().await;
    let (_, _, record) = submitted(&app).await;
    let paul = desk(&app).await;
    let rita = app.staff(Role::Marketing).await;
    let grant = format!(
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'privacy', now())",
        rita.id.0
    );
    run(&app, &grant).await;
    let rita = app.sign_in_as(&rita).await;
    for desk in [&paul, &rita] {
        app.open_record(desk, &record).await;
    }
    let holder = app.db.client().await.unwrap();
    holder.batch_execute("BEGIN; SELECT FROM subscriber_records FOR UPDATE").await.unwrap();
    let let_go = async {
        lock_waits(&app, "both wait for the record", 2).await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(app.share_record(&paul, &record), app.share_record(&rita, &record), let_go);
    assert_eq!(count(&app, "subscriber_record_shares").await, 1);
    assert_eq!(count(&app, "audit_events WHERE action = 'account.subscriber_record.shared'").await, 1);
}

#[tokio::test]
async fn the_database_takes_no_share_without_a_ground_and_changes_none() {
    let app = TestApp::start().await;
    let (_, _, record) = submitted(&app).await;
    let desk = desk(&app).await;
    app.open_record(&desk, &record).await;
    app.share_record(&desk, &record).await;
    for ground in ["NULL", "'because'"] {
        let row = format!(
            "INSERT INTO subscriber_record_shares SELECT gen_random_uuid(), record_id, recipient_kind, recipient, {ground}, purpose, shared_on FROM subscriber_record_shares"
        );
        let refused = diesel::sql_query(row).execute(&mut app.conn().await).await.expect_err(ground);
        assert!(refused.to_string().contains("ground"), "{refused}");
    }
    for statement in
        ["UPDATE subscriber_record_shares SET recipient = 'Nobody'", "DELETE FROM subscriber_record_shares"]
    {
        assert!(diesel::sql_query(statement).execute(&mut app.conn().await).await.is_err(), "{statement}");
    }
    // With its record it goes.
    crate::support::run(&app, "DELETE FROM subscriber_records").await;
    assert_eq!(count(&app, "subscriber_record_shares").await, 0);
}

/// A share to connect the number, of today and with what is named instead.
async fn connect(app: &TestApp, desk: &Browser, record: &str, instead: &[(&str, &str)]) -> Page {
    let today = app.today().to_string();
    let mut fields = vec![
        ("recipient_kind", "carrier"),
        ("recipient", "Alpenfunk AG"),
        ("ground", "connectivity"),
        ("purpose", "To connect the number in Zürich."),
        ("shared_on", today.as_str()),
    ];
    for (name, value) in &mut fields {
        if let Some((_, other)) = instead.iter().find(|(field, _)| field == name) {
            *value = *other;
        }
    }
    desk.post(&format!("{}/shares", at_desk(record)), &fields).await
}

#[tokio::test]
async fn a_number_is_connected_by_a_record_that_is_accepted_and_in_force_and_by_no_other() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let (ada, _, record) = submitted(&app).await;
    let paul = app.staff(Role::Privacy).await;
    let desk = app.sign_in_as(&paul).await;
    app.open_record(&desk, &record).await;
    let refused = |page: &Page, words: &str| {
        let errors = page.errors();
        assert_eq!((page.status, errors[0].0.as_str()), (422, "ground"), "{errors:?}");
        assert!(errors[0].1.contains(words), "{errors:?}");
    };
    refused(&connect(&app, &desk, &record, &[]).await, "it was not accepted");
    app.accept_record(&desk, &record).await;
    app.mailbox().await;
    refused(
        &connect(&app, &desk, &record, &[("recipient_kind", "authority")]).await,
        "An authority connects no number",
    );
    assert_eq!(connect(&app, &desk, &record, &[]).await.status, 303);
    ada.post(&format!("{record}/withdrawal"), &[]).await;
    let last = app.today().to_string();
    app.travel(chrono::Duration::days(1)).await;
    let desk = app.sign_in_as(&paul).await;
    app.open_record(&desk, &record).await;
    refused(&connect(&app, &desk, &record, &[]).await, "or ended");
    let other = [("shared_on", last.as_str()), ("recipient", "Talfunk AG")];
    let noted = connect(&app, &desk, &record, &other).await;
    assert_eq!(noted.status, 303, "what was shown on its last day is noted later");
    app.share_record(&desk, &record).await;
    assert_eq!(count(&app, "subscriber_record_shares").await, 3, "an authority may ask for it still");
    for (column, value, rule) in [
        ("recipient_kind", "'authority'", "subscriber_record_shares_carrier"),
        ("shared_on", "shared_on + 1", "subscriber_record_shares_connected"),
        ("shared_on", "shared_on - 1", "subscriber_record_shares_in_time"),
    ] {
        let columns = "record_id, recipient_kind, recipient, ground, purpose, shared_on";
        let row = format!(
            "INSERT INTO subscriber_record_shares (id, {columns}) SELECT gen_random_uuid(), {} \
             FROM subscriber_record_shares WHERE ground = 'connectivity' LIMIT 1",
            columns.replace(column, value)
        );
        let refused = diesel::sql_query(row).execute(&mut app.conn().await).await.expect_err(rule);
        assert!(refused.to_string().contains(rule) || of_rule(&refused) == Some(rule), "{rule}: {refused}");
    }
}

/// The constraint that refused a statement.
fn of_rule(error: &diesel::result::Error) -> Option<&str> {
    match error {
        diesel::result::Error::DatabaseError(_, told) => told.constraint_name(),
        _ => None,
    }
}

#[tokio::test]
async fn a_record_that_is_accepted_is_deleted_by_no_statement_while_it_is_in_force() {
    let app = TestApp::start().await;
    let (ada, _, record) = submitted(&app).await;
    let desk = desk(&app).await;
    app.accept_record(&desk, &record).await;
    let delete = diesel::sql_query("DELETE FROM subscriber_records").execute(&mut app.conn().await).await;
    assert_eq!(of_rule(&delete.expect_err("a law asks for it")), Some("subscriber_records_stay"));
    ada.post(&format!("{record}/withdrawal"), &[]).await;
    crate::support::run(&app, "DELETE FROM subscriber_records").await;
    app.mailbox().await;
}

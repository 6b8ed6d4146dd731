//! What is learnt from enquiries to the sales team, and from whose not (S33, S87).

use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp, TestPerson, count, run};

/// Enquiries from these addresses, answered after five hours, and the desk.
async fn answered(app: &TestApp, emails: &[&str]) -> Browser {
    for email in emails {
        let message = format!("Words of {email}, number 4711");
        let fields = [("email", *email), ("message", message.as_str()), ("answer_by", "email")];
        app.send_form(&app.browser(), "/contact-sales", &fields).await;
    }
    app.mailbox().await;
    let desk = app.desk_of(Role::Support).await;
    assert_eq!(lessons(&desk).await.lines().count(), 1, "nothing was answered yet");
    run(app, "UPDATE sales_enquiries SET answered_at = received_at + interval '5 hours', answered_by = id")
        .await;
    desk
}

/// The file for training: its head, and a line for each.
async fn lessons(desk: &Browser) -> String {
    let file = desk.get("/staff/sales/training.csv").await;
    assert_eq!((file.status, file.header("cache-control")), (200, "no-store"));
    file.text()
}

/// Puts a limit on what may be done with somebody's data, as a request that was granted does.
async fn limit(app: &TestApp, person: &TestPerson<'_>, what: &str) {
    let limit = format!(
        "INSERT INTO processing_limits (id, person_id, what, began_at) VALUES (gen_random_uuid(), '{}', '{what}', now())",
        person.id.0
    );
    run(app, &limit).await;
}

#[tokio::test]
async fn a_restricted_contact_is_absent_and_so_is_one_who_objected() {
    let app = TestApp::start().await;
    let restricted = app.customer("restricted@example.com").await;
    let objected = app.customer("objected@example.com").await;
    // As it was kept before one mailbox was one address.
    let spelled = app.customer("spelled@example.com").await;
    run(&app, "UPDATE people SET email = 'spelled@bücher.example' WHERE email = 'spelled@example.com'").await;
    let emails =
        ["Restricted@example.com", "objected@example.com", "spelled@bücher.example", "ada@example.com"];
    let desk = answered(&app, &emails).await;
    assert_eq!(lessons(&desk).await.lines().count(), 5);
    limit(&app, &restricted, "restriction").await;
    limit(&app, &spelled, "restriction").await;
    limit(&app, &objected, "enrichment").await;
    let file = lessons(&desk).await;
    assert_eq!(file.lines().count(), 2, "{file}");
    assert!(file.contains(",5,,\"Words of a…@example.com, number ####\""), "{file}");
    run(&app, "UPDATE processing_limits SET lifted_at = now() WHERE what = 'restriction'").await;
    let file = lessons(&desk).await;
    assert!(file.contains("r…@example.com") || file.contains("R…@example.com"), "it has ended: {file}");
    assert!(!file.contains("o…@example.com"), "{file}");
    let noted = "audit_events WHERE action = 'desk.exported'";
    assert_eq!(count(&app, noted).await, 4, "each taking is noted");
}

#[tokio::test]
async fn whoever_asks_without_an_account_or_left_is_absent_and_whoever_was_denied_is_not() {
    let app = TestApp::start().await;
    let emails = ["asks@example.com", "granted@example.com", "denied@example.com", "left@example.com"];
    let desk = answered(&app, &emails).await;
    let left = "INSERT INTO former_customers (id, email, name, opened_at, closed_at, account_digest) \
         VALUES (gen_random_uuid(), 'Left@example.com', 'Left', now(), now(), sha256('x'))";
    run(&app, left).await;
    // How a request comes to its state is the business of other tests.
    run(&app, "ALTER TABLE data_requests DISABLE TRIGGER USER").await;
    for (email, state, closed_at) in
        [(emails[0], "open", "NULL"), (emails[1], "fulfilled", "now()"), (emails[2], "denied", "now()")]
    {
        let asked = format!(
            "INSERT INTO data_requests (id, kind, asked_kind, channel, state, email, ccpa, gdpr, received_at, due_at, longest_due_at, closed_at) \
             VALUES (gen_random_uuid(), 'objection', 'objection', 'email', '{state}', '{email}', true, false, now(), now() + interval '45 days', now() + interval '90 days', {closed_at})"
        );
        run(&app, &asked).await;
    }
    let file = lessons(&desk).await;
    assert_eq!(file.lines().count(), 2, "{file}");
    assert!(file.contains("d…@example.com"), "{file}");
}

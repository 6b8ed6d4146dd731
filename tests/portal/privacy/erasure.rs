//! Deleting a person: when, by whom, what stands against it, and what is left.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::identity::people;
use portal::privacy::data_requests::kinds::Kind;
use portal::privacy::data_requests::tending;
use portal::privacy::erasure::{self, Cause, Of};
use portal::staff::permissions::Role;
use serde_json::json;

use super::data_requests::ask;
use crate::support::{Browser, TestApp, TestPerson, count, run};

/// Erases whoever has this address, as the desk does where nothing stands against it; the mail about it is left.
pub async fn erase(app: &TestApp, email: &str) {
    let person = people::find_by_email(&mut *app.conn().await, email).await.unwrap().expect("a person");
    let (of, now) = (Of::Person(person.id), app.clock.now());
    let id = erasure::order(&mut *app.conn().await, of, Cause::Desk, now).await.unwrap();
    erasure::job::carry_out(app, id).await.expect("nothing stands against it");
}

/// Asks for the deletion of everything and confirms it. Answers the page of the request.
async fn confirmed(app: &TestApp, browser: &Browser) -> String {
    let path = ask(browser, "deletion", "").await.location().to_owned();
    let question = browser.get(&path).await.link("Go on to confirm");
    assert_eq!(browser.get(&question).await.submit(&[]).await.status, 303);
    app.mailbox().await;
    path
}

/// A claim and a communication in the account of somebody.
async fn content(app: &TestApp, person: &TestPerson<'_>) {
    let program = app.program(person).await;
    let party = json!({ "role": "claimant", "name": "Grace Hopper", "emails": ["grace@example.net"] });
    let claim = json!({ "claim_number": "1", "insurer": "Acme", "policy_number": "P", "state": "reported", "lost_on": "2026-01-31", "parties": [party] });
    assert_eq!(program.post("/claims", &claim).await.status, 201);
    let sent = json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "x@example.net" });
    assert_eq!(program.post("/communications", &sent).await.status, 201);
}

/// Tables in which a text stands anywhere.
pub async fn found(app: &TestApp, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in portal::privacy::data_map::tables() {
        let rows = format!("{0} WHERE {0}::text ILIKE '%{text}%'", table.name);
        let rows = if table.name.contains('.') {
            format!("{} AS row WHERE row::text ILIKE '%{text}%'", table.name)
        } else {
            rows
        };
        if count(app, &rows).await > 0 {
            found.push(table.name.to_owned());
        }
    }
    found
}

#[tokio::test]
async fn after_its_grace_a_deletion_is_done_and_nothing_is_left_of_the_person() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada.lovelace@example.com").await, app.customer("bob@example.com").await);
    content(&app, &ada).await;
    content(&app, &bob).await;
    let browser = app.sign_in_as(&ada).await;
    confirmed(&app, &browser).await;
    app.travel(Duration::days(7) - Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 2, "it can still be undone");
    app.travel(Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 1);
    let mail = app.mail_to("ada.lovelace@example.com").await;
    assert_eq!(mail.name, "data_erased");
    assert!(
        mail.text.contains("Customer content: ") && mail.text.contains("Copies in backups"),
        "{}",
        mail.text
    );
    let keys = app.browser().get("/.well-known/receipt-keys.json").await;
    assert!(mail.text.contains("-----BEGIN") && keys.status == 200);
    assert_eq!(count(&app, "receipts WHERE kind = 'person_erased' AND person_id IS NULL").await, 1);
    assert_eq!(count(&app, "claims").await, 1, "Bob's");
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled' AND person_id IS NULL").await, 1);
    assert_eq!(count(&app, "erasure_ledger WHERE kind = 'person'").await, 1);
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
    app.travel(Duration::days(1)).await;
    app.run_timetable().await;
    for text in ["lovelace", &ada.phone[1..], "grace@example.net"] {
        let left = found(&app, text).await;
        let left: Vec<_> =
            left.into_iter().filter(|table| text != "grace@example.net" || table != "claims").collect();
        assert!(left.is_empty(), "{text} stands in {left:?}");
    }
    let again = app.customer("ada.lovelace@example.com").await;
    assert_eq!(app.sign_in_as(&again).await.get("/settings").await.status, 200, "they may come back");
}

#[tokio::test]
async fn undoing_and_beginning_at_once_end_in_one_of_the_two() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
        let path = confirmed(&app, &browser).await;
        app.travel(Duration::days(7)).await;
        let withdrawal = format!("{path}/withdrawal");
        let (undone, tended) = tokio::join!(browser.post(&withdrawal, &[]), tending::tend((*app).clone()));
        tended.unwrap();
        app.run_jobs().await;
        let withdrawn = count(&app, "data_requests WHERE state = 'withdrawn'").await;
        assert_eq!(count(&app, "people").await, withdrawn, "{} {}", undone.status, undone.words());
        assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled'").await, 1 - withdrawn);
        let names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
        assert_eq!(names, [if withdrawn == 1 { "data_request_news" } else { "data_erased" }]);
    }
}

#[tokio::test]
async fn what_has_begun_to_be_deleted_is_not_undone() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    confirmed(&app, &browser).await;
    app.travel(Duration::days(7)).await;
    tending::tend((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "sessions WHERE person_id IS NOT NULL").await, 0, "nobody is signed in any more");
    let step = "INSERT INTO data_request_steps (id, request_id, act, actor_kind, at) SELECT gen_random_uuid(), id, 'withdrawn', 'requester', now() FROM data_requests";
    let refused = diesel_async::RunQueryDsl::execute(diesel::sql_query(step), &mut app.conn().await).await;
    assert!(refused.unwrap_err().to_string().contains("the deletion has begun"));
    app.run_jobs().await;
    assert_eq!(count(&app, "people").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_stands_against_a_deletion_until_it_is_released() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    confirmed(&app, &browser).await;
    let privacy = app.staff(Role::Privacy).await;
    let hold = format!(
        "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, approved_by, approved_at, review_on) \
         VALUES (gen_random_uuid(), 'person', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', gen_random_uuid(), now(), '2999-01-01')",
        ada.id.0
    );
    run(&app, &hold).await;
    app.travel(Duration::days(8)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 1);
    let desk = app.sign_in_as(&privacy).await;
    let desk_page = desk.get("/staff/requests").await.link(Kind::Deletion.label());
    assert!(
        desk.get(&desk_page).await.words().contains("Something of theirs is on hold"),
        "staff see why it waits"
    );
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0, "it goes with the next look");
    assert!(app.mailbox().await.iter().any(|mail| mail.name == "data_erased"));
}

#[tokio::test]
async fn a_hold_on_a_table_stands_only_against_those_with_rows_in_it() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    run(&app, "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
        VALUES (gen_random_uuid(), 'table', 'sign_ins', 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')").await;
    run(&app, &format!(
        "INSERT INTO sign_ins (id, person_id, at, method, outcome) VALUES (gen_random_uuid(), '{}', now(), 'password', 'refused')",
        bob.id.0
    )).await;
    let mut conn = app.conn().await;
    assert_eq!(erasure::obstacle(&mut conn, &app.keys, ada.id).await.unwrap(), None);
    assert_eq!(erasure::obstacle(&mut conn, &app.keys, bob.id).await.unwrap(), Some(erasure::Obstacle::Hold));
    let hers = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    assert!(!hers.words().contains("legal matter"));
    assert!(app.sign_in_as(&bob).await.get("/privacy/your-data").await.words().contains("Matter: audit"));
}

#[tokio::test]
async fn a_lost_job_is_enqueued_again_once_and_one_that_waits_is_not() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    let jobs = "graphile_worker.jobs WHERE task_identifier = 'erase'";
    app.travel(Duration::hours(3)).await;
    erasure::resume((*app).clone()).await.unwrap();
    assert_eq!(count(&app, jobs).await, 1, "it waits already");
    run(&app, "DELETE FROM graphile_worker._private_jobs").await;
    for _ in 0..2 {
        erasure::resume((*app).clone()).await.unwrap();
    }
    assert_eq!(count(&app, jobs).await, 1);
    app.run_jobs().await;
    assert_eq!(count(&app, "people").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_that_comes_while_it_is_done_stops_it_before_the_end() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    content(&app, &ada).await;
    let mut conn = app.conn().await;
    let id = erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    run(&app, &format!(
        "INSERT INTO holds (id, scope, account_id, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), 'account', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')",
        ada.account().await.0
    )).await;
    app.run_jobs().await;
    assert_eq!(count(&app, "claims").await, 1);
    assert_eq!(count(&app, "erasures WHERE held_since IS NOT NULL AND finished_at IS NULL").await, 1, "{id}");
    run(&app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
    app.run_timetable().await;
    assert_eq!((count(&app, "claims").await, count(&app, "people").await), (0, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn whom_others_depend_on_is_left_to_staff_who_read_why() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.customer("ada@example.com").await, app.customer("grace@example.com").await);
    let browser = app.sign_in_as(&ada).await;
    let path = confirmed(&app, &browser).await;
    app.add_member(ada.account().await, &grace, AccountRole::Developer).await;
    app.travel(Duration::days(8)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "people").await, 2);
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let page = desk.get(&path.replace("/privacy/", "/staff/")).await;
    assert!(page.words().contains("They own an account that others use"), "{}", page.words());
    app.mailbox().await;
}

#[tokio::test]
async fn somebody_who_is_being_invited_to_an_account_is_deleted_with_the_invitation() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let owner = app.sign_in_as(&bob).await;
    let account = bob.account().await;
    let invite = [("email", "ada@example.com"), ("role", "developer")];
    let sent = owner.post(&format!("/accounts/{account}/members/invitations/new"), &invite).await;
    assert_eq!(sent.status, 303, "{}", sent.words());
    let browser = app.sign_in_as(&ada).await;
    let link = app.mail_to("ada@example.com").await.link("/accounts/invitations/");
    let acceptance = format!("{link}/acceptance");
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    let (accepted, ()) = tokio::join!(browser.post(&acceptance, &[]), app.run_jobs());
    assert!(accepted.status < 500, "{}", accepted.words());
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
    assert_eq!(count(&app, "account_members").await, 0, "nobody is a member who is not there");
    assert_eq!(count(&app, "account_invitations WHERE email = 'ada@example.com'").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_that_was_asked_for_is_made_and_answers_the_request_within_minutes() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let path = ask(&browser, "access", "").await.location().to_owned();
    assert!(app.mail_to("ada@example.com").await.text.contains("being made"));
    app.run_jobs().await;
    let names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    assert_eq!(names, ["export_ready", "data_request_answered"]);
    assert!(browser.get(&path).await.words().contains("Your copy is ready"));
    let second = ask(&browser, "portability", "").await.location().to_owned();
    assert!(browser.get(&second).await.words().contains("Your copy is ready"), "there is one of today");
    assert_eq!(count(&app, "exports").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_copy_that_is_being_made_already_is_the_answer_when_it_is_there() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    super::exports::order(&browser, "person").await;
    app.travel(Duration::minutes(1)).await;
    ask(&browser, "access", "").await;
    // It shows a moment before the request, as one does whose job was faster.
    run(&app, "UPDATE exports SET began_at = requested_at, attempts = 1, finished_at = requested_at, as_of = requested_at, file = 'x', bytes = 1, sha256 = sha256('x'), expires_at = now() + interval '7 days'").await;
    tending::tend((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled'").await, 1);
    assert_eq!(count(&app, "exports").await, 1, "one of today is enough");
    app.mailbox().await;
}

#[tokio::test]
async fn what_a_restored_backup_has_again_is_erased_again() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let keys = &app.keys;
    let line = |kind: portal::retention::ledger::Kind, id| erasure::replay::Line {
        kind: kind.as_str().into(),
        blinded: portal::retention::ledger::blinded(keys, kind, id),
    };
    use portal::retention::ledger::Kind;
    content(&app, &bob).await;
    // It ended before Ada was erased, and the backup is from before that.
    run(&app, &format!(
        "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), 'person', '{}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')",
        ada.id.0
    )).await;
    let lines = [line(Kind::Person, ada.id.0), line(Kind::Content, bob.account().await.0)];
    let erased = erasure::replay::replay(&app, &lines.into()).await.unwrap();
    assert_eq!(erased, 2);
    assert_eq!(count(&app, "people").await, 1, "Bob stays");
    assert_eq!((count(&app, "claims").await, count(&app, "accounts").await), (0, 1), "without his content");
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_on_a_whole_table_survives_a_replay_and_does_not_stand_against_it() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    for person in [&ada, &bob] {
        run(&app, &format!(
            "INSERT INTO sign_ins (id, person_id, at, method, outcome) VALUES (gen_random_uuid(), '{}', now(), 'password', 'refused')",
            person.id.0
        ))
        .await;
    }
    run(&app, "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
        VALUES (gen_random_uuid(), 'table', 'sign_ins', 'audit', 'Audit 3 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')").await;
    let kind = portal::retention::ledger::Kind::Person;
    let blinded = portal::retention::ledger::blinded(&app.keys, kind, ada.id.0);
    let line = erasure::replay::Line { kind: kind.as_str().into(), blinded };
    assert_eq!(erasure::replay::replay(&app, &[line].into()).await.unwrap(), 1);
    assert_eq!((count(&app, "people").await, count(&app, "holds WHERE ended_at IS NULL").await), (1, 1));
    app.mailbox().await;
}

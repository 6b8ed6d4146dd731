//! Disputes about data protection (S131, S132): raised in the portal or by anybody with a mailbox, and how they end without a
//! decision.

mod desk;
mod files;
mod files_kept;

use chrono::{Datelike as _, Duration};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{disputes, people};
use portal::platform::ids::PersonId;
use portal::privacy::disputes::POSTAL_ADDRESS;
use portal::privacy::erasure::replay::{self, Line};
use portal::privacy::erasure::{self, Cause, Of};
use portal::retention::ledger;
use portal::staff::permissions::Role;

use crate::staff::desk::team;
use crate::support::{Browser, TestApp, count};

const SUBJECT: &str = "A newsletter after I unsubscribed";
const WORDS: &str = "It came on Monday, and I had stopped it on Friday.";
const EMAIL: &str = "stranger@example.com";

/// A dispute of somebody who is signed in: their browser, and its path.
async fn raised(app: &TestApp) -> (Browser, String) {
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let form = ada.get("/privacy/disputes/new").await;
    let answer = form.submit(&[("subject", SUBJECT), ("words", WORDS)]).await;
    (ada, answer.location().to_owned())
}

async fn desk(app: &TestApp) -> Browser {
    app.sign_in_as(&team(app).await.0).await
}

fn at_desk(path: &str) -> String {
    path.replace("/privacy/", "/staff/")
}

async fn state(app: &TestApp) -> String {
    let latest = disputes::table.order(disputes::id.desc());
    latest.select(disputes::state).first(&mut app.conn().await).await.unwrap()
}

/// Raises one on the public form; the link that was mailed.
async fn by_form(app: &TestApp) -> String {
    let fields = [("email", EMAIL), ("subject", SUBJECT), ("words", WORDS)];
    let page = app.send_form(&app.browser(), "/privacy/disputes/new", &fields).await;
    assert_eq!(page.location(), "/privacy/disputes/sent", "{}", page.words());
    let mail = app.mail_to(EMAIL).await;
    assert_eq!(mail.name, "dispute_proof");
    assert!(!mail.text.contains("Monday"), "what was typed does not go to an address that nobody confirmed");
    mail.link("/privacy/disputes/links/")
}

#[tokio::test]
async fn a_dispute_has_a_number_a_page_and_a_day() {
    let app = TestApp::start().await;
    let (ada, path) = raised(&app).await;
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!((mail.name.as_str(), mail.link("/privacy/disputes/")), ("dispute_received", path.clone()));
    let page = ada.get(&path).await;
    let number = path.rsplit('/').next().unwrap();
    assert!(number.starts_with("DI") && page.words().contains(number) && page.words().contains(WORDS));
    assert!(page.words().contains(POSTAL_ADDRESS), "{}", page.words());
    assert!(ada.get("/privacy/disputes").await.words().contains(SUBJECT));
    let stranger = app.sign_in_as(&app.customer("grace@example.com").await).await;
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.post(&format!("{path}/withdrawal"), &[]).await.status, 404);
}

#[tokio::test]
async fn what_was_typed_stays_and_what_is_wrong_stands_beside_it() {
    let app = TestApp::start().await;
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let long = "x".repeat(201);
    let page = ada.get("/privacy/disputes/new").await.submit(&[("subject", &long), ("words", "")]).await;
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((page.status, wrong), (422, vec!["subject".into(), "words".into()]));
    assert_eq!(page.value("subject"), long);
    let public =
        app.send_form(&app.browser(), "/privacy/disputes/new", &[("email", "x"), ("words", "Hm.")]).await;
    let wrong: Vec<String> = public.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((public.status, wrong), (422, vec!["email".into(), "subject".into()]));
    let caught = public.submit(&[("email", EMAIL), ("subject", "x"), ("website", "x")]).await;
    assert!(caught.error().contains("a field on this form that people do not see"));
    assert_eq!(count(&app, "disputes").await, 0);
}

#[tokio::test]
async fn a_stranger_shows_that_the_mailbox_is_theirs_before_anybody_works_on_it() {
    let app = TestApp::start().await;
    let link = by_form(&app).await;
    let visitor = app.browser();
    let page = visitor.get(&link).await;
    assert!(!page.words().contains(WORDS) && !page.words().contains(SUBJECT), "{}", page.words());
    assert_eq!(state(&app).await, "unproven", "a look changes nothing");
    let desk = desk(&app).await;
    assert!(desk.get("/staff/disputes").await.words().contains("No such dispute"));
    assert!(desk.get("/staff/disputes?view=unproven").await.words().contains("Mailbox not confirmed"));
    assert_eq!(visitor.post(&format!("{link}/messages"), &[("body", "Hello")]).await.status, 404);
    let shown = page.submit_to("/proof", &[]).await.follow().await;
    assert!(shown.words().contains(WORDS), "{}", shown.words());
    assert_eq!(
        (state(&app).await.as_str(), app.mail_to(EMAIL).await.name.as_str()),
        ("open", "dispute_received")
    );
    assert_eq!(desk.get("/staff/disputes").await.all(".rows li").len(), 1);
    let again = page.submit_to("/proof", &[]).await.follow().await;
    assert!(again.notices().join(" ").contains("nothing to confirm any more"));
    let mut guessed = link.clone();
    guessed.pop();
    assert_eq!(visitor.get(&guessed).await.status, 404);
}

#[tokio::test]
async fn one_that_nobody_confirms_ends_after_two_weeks_and_not_before() {
    let app = TestApp::start().await;
    let link = by_form(&app).await;
    app.travel(Duration::days(14) - Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(state(&app).await, "unproven");
    app.travel(Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(state(&app).await, "lapsed");
    let page = app.browser().get(&link).await;
    assert_eq!(page.status, 410, "{}", page.words());
    assert!(page.words().contains("nobody confirmed") && !page.words().contains(WORDS), "{}", page.words());
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_did_not_write_it_ends_it_with_one_click() {
    let app = TestApp::start().await;
    let link = by_form(&app).await;
    let visitor = app.browser();
    let page = visitor.get(&link).await.submit_to("/withdrawal", &[]).await.follow().await;
    assert!(page.notices().join(" ").contains("is withdrawn"), "{}", page.words());
    assert_eq!(state(&app).await, "lapsed", "it never was a dispute");
    let page = visitor.get(&link).await;
    assert_eq!(page.status, 410);
    assert!(!page.words().contains(WORDS) && !page.words().contains(SUBJECT), "{}", page.words());
    assert_eq!(visitor.post(&format!("{link}/messages"), &[("body", "Hello")]).await.status, 410);
    assert_eq!(count(&app, "dispute_messages").await, 0);
    let desk = desk(&app).await;
    assert!(desk.get("/staff/disputes?view=closed").await.words().contains("Ended: not confirmed"));
    let year = app.clock.now().year();
    let json = desk.get(&format!("/staff/reports.json?year={year}")).await.json();
    assert!(json["matters"]["disputes"].as_array().unwrap().is_empty(), "it is not counted: {json}");
}

#[tokio::test]
async fn whoever_withdraws_what_another_tab_confirmed_meanwhile_is_shown_it_first() {
    let app = TestApp::start().await;
    let link = by_form(&app).await;
    let visitor = app.browser();
    let unconfirmed = visitor.get(&link).await;
    assert_eq!(visitor.post(&format!("{link}/proof"), &[]).await.status, 303);
    app.mail_to(EMAIL).await;
    let shown = unconfirmed.submit_to("/withdrawal", &[]).await.follow().await;
    let told = shown.notices().join(" ");
    assert!(told.contains("This is how it stands now") && shown.words().contains(WORDS), "{}", shown.words());
    assert_eq!(state(&app).await, "open", "it was not what they had seen");
    let page = shown.submit_to("/withdrawal", &[]).await.follow().await;
    assert!(page.notices().join(" ").contains("is withdrawn"), "{}", page.words());
    assert_eq!(state(&app).await, "withdrawn");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_is_erased_leaves_neither_notes_nor_a_dispute_that_waits() {
    let app = TestApp::start().await;
    let (_, path) = raised(&app).await;
    let desk = desk(&app).await;
    let page = desk.claim(&at_desk(&path)).await;
    assert_eq!(page.submit_to("/notes", &[("note", "Ada called about it.")]).await.status, 303);
    let ada = people::table.filter(people::email.eq("ada@example.com")).select(people::id);
    let ada: PersonId = ada.first(&mut app.conn().await).await.unwrap();
    erasure::order(&mut *app.conn().await, Of::Person(ada), Cause::Desk, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
    assert!(app.dead_jobs().await.is_empty());
    assert_eq!(state(&app).await, "withdrawn", "nobody is there to be answered");
    assert_eq!(count(&app, "disputes WHERE num_nonnulls(person_id, subject, words) > 0").await, 0);
    assert_eq!(count(&app, "dispute_steps WHERE act = 'noted' AND note IS NULL").await, 1);
    assert_eq!(count(&app, "desk_claims").await, 0);
    assert!(desk.get("/staff/disputes").await.words().contains("No such dispute"));
    app.mailbox().await;
}

#[tokio::test]
async fn a_note_says_something_when_it_is_written() {
    let app = TestApp::start().await;
    raised(&app).await;
    let step = "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, actor_id, at) SELECT gen_random_uuid(), id, 'noted', 'staff', gen_random_uuid(), now() FROM disputes";
    let refused = diesel::sql_query(step).execute(&mut app.conn().await).await;
    let Err(diesel::result::Error::DatabaseError(_, info)) = refused else { panic!("{refused:?}") };
    assert_eq!(info.constraint_name(), Some("dispute_steps_note"));
    app.mailbox().await;
}

#[tokio::test]
async fn a_dispute_of_an_address_that_a_restored_backup_has_again_ends_with_it() {
    let app = TestApp::start().await;
    let link = by_form(&app).await;
    assert_eq!(app.browser().post(&format!("{link}/proof"), &[]).await.status, 303);
    app.mail_to(EMAIL).await;
    by_form(&app).await;
    let line = Line { kind: "address".into(), blinded: ledger::blinded_address(&app.keys, EMAIL) };
    assert_eq!(replay::replay(&app, &[line].into()).await.unwrap(), 1);
    assert_eq!(count(&app, "disputes WHERE email IS NOT NULL OR closed_at IS NULL").await, 0);
    for state in ["withdrawn", "lapsed"] {
        assert_eq!(count(&app, &format!("disputes WHERE state = '{state}'")).await, 1, "{state}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn the_database_refuses_what_the_rules_do_not_allow() {
    let app = TestApp::start().await;
    raised(&app).await;
    let person = app.staff(Role::Privacy).await.id.0;
    let step = |act: &str, more: &str, values: &str| {
        format!(
            "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, actor_id, at{more}) SELECT gen_random_uuid(), id, '{act}', 'staff', '{person}', now(){values} FROM disputes"
        )
    };
    for (rule, statement) in [
        ("disputes_claim", step("resolved", ", words", ", 'Agreed.'")),
        ("disputes_transition", step("proven", "", "")),
        ("disputes_transition", step("received", "", "")),
        ("disputes_stale", step("noted", ", note, seen_version", ", 'x', 7")),
        ("disputes_by_step", "UPDATE disputes SET state = 'resolved', closed_at = now()".to_owned()),
        ("disputes_kept", "DELETE FROM disputes".to_owned()),
        ("dispute_steps_kept", "UPDATE dispute_steps SET words = 'Other words.'".to_owned()),
        ("dispute_steps_kept", "DELETE FROM dispute_steps".to_owned()),
    ] {
        let refused = diesel::sql_query(&statement).execute(&mut app.conn().await).await;
        let Err(diesel::result::Error::DatabaseError(_, info)) = refused else {
            panic!("{statement}: {refused:?}")
        };
        assert_eq!(info.constraint_name(), Some(rule), "{statement}");
    }
    app.mailbox().await;
}

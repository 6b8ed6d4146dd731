//! Disputes about data protection (S131, S132): raised in the portal, by anybody with a mailbox, by letter; decided by whoever
//! claimed them.

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

use crate::retention::holds::count;
use crate::staff::desk::{run, team};
use crate::support::{Browser, Page, TestApp};

pub(super) const SUBJECT: &str = "A newsletter after I unsubscribed";
pub(super) const WORDS: &str = "It came on Monday, and I had stopped it on Friday.";
pub(super) const EMAIL: &str = "stranger@example.com";

/// A dispute of somebody who is signed in: their browser, and its path.
pub(super) async fn raised(app: &TestApp) -> (Browser, String) {
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let form = ada.get("/privacy/disputes/new").await;
    let answer = form.submit(&[("subject", SUBJECT), ("words", WORDS)]).await;
    (ada, answer.location().to_owned())
}

pub(super) async fn desk(app: &TestApp) -> Browser {
    app.sign_in_as(&team(app).await.0).await
}

pub(super) fn at_desk(path: &str) -> String {
    path.replace("/privacy/", "/staff/")
}

pub(super) async fn claim(desk: &Browser, path: &str) -> Page {
    desk.get(path).await.submit_to("/claim", &[]).await.follow().await
}

async fn decide(desk: &Browser, path: &str, outcome: &str, words: &str) -> Page {
    desk.get(path).await.submit_to("/decision", &[("outcome", outcome), ("words", words)]).await
}

async fn state(app: &TestApp) -> String {
    let latest = disputes::table.order(disputes::id.desc());
    latest.select(disputes::state).first(&mut app.conn().await).await.unwrap()
}

/// Raises one on the public form; the link that was mailed.
pub(super) async fn by_form(app: &TestApp) -> String {
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
    let page = claim(&desk, &at_desk(&path)).await;
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
async fn a_letter_is_logged_and_its_deadline_counts_from_the_day_on_which_it_came() {
    let app = TestApp::start().await;
    let desk = desk(&app).await;
    let day = (app.clock.now() - Duration::days(10)).date_naive().to_string();
    let mut fields =
        vec![("channel", "post"), ("received", day.as_str()), ("subject", SUBJECT), ("words", WORDS)];
    let nowhere = desk.get("/staff/disputes/new").await.submit(&fields).await;
    assert_eq!(nowhere.errors()[0].0, "email", "an answer has to reach them");
    fields.push(("postal_address", "1 Analytical Lane\r\nLondon"));
    let path = desk.get("/staff/disputes/new").await.submit(&fields).await.location().to_owned();
    let page = claim(&desk, &path).await;
    assert!(
        page.words().contains("Only a letter reaches them")
            && page.words().contains("1 Analytical Lane London")
    );
    assert!(!page.text().contains("/messages\""), "nobody would read what is written on a page of theirs");
    let due = (app.clock.now() - Duration::days(10)).date_naive() + Duration::days(30);
    assert!(page.words().contains(&due.format("%-d %B %Y").to_string()), "{}", page.words());
    assert_eq!(decide(&desk, &path, "unresolved", "We see it otherwise.").await.status, 303);
    assert!(app.mailbox().await.is_empty(), "there is no address that mail could go to");
    let old = (app.clock.now() - Duration::days(31)).date_naive().to_string();
    fields[1] = ("received", old.as_str());
    assert_eq!(desk.get("/staff/disputes/new").await.submit(&fields).await.errors()[0].0, "received");
}

#[tokio::test]
async fn what_came_by_mail_is_answered_there_with_a_link_to_its_page() {
    let app = TestApp::start().await;
    let desk = desk(&app).await;
    let day = app.clock.now().date_naive().to_string();
    let fields = [
        ("channel", "email"),
        ("received", day.as_str()),
        ("email", EMAIL),
        ("subject", SUBJECT),
        ("words", WORDS),
    ];
    desk.get("/staff/disputes/new").await.submit(&fields).await;
    let link = app.mail_to(EMAIL).await.link("/privacy/disputes/links/");
    let page = app.browser().get(&link).await;
    assert!(page.words().contains(WORDS) && page.words().contains("by mail"));
}

#[tokio::test]
async fn closing_unresolved_names_section_18_and_the_association() {
    let app = TestApp::start().await;
    let (ada, path) = raised(&app).await;
    app.mailbox().await;
    let desk = desk(&app).await;
    let path = at_desk(&path);
    claim(&desk, &path).await;
    let without = decide(&desk, &path, "unresolved", "").await;
    assert_eq!((without.status, without.errors()[0].0.as_str()), (422, "words"));
    assert_eq!(decide(&desk, &path, "unresolved", "The mail left before you stopped it.").await.status, 303);
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(
        (mail.name.as_str(), mail.subject.as_str()),
        ("dispute_closed", "We could not resolve your dispute")
    );
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("/terms#section-18") && part.contains("https://www.adr.org"), "{part}");
        assert!(
            part.contains("American Arbitration Association")
                && part.contains("The mail left before you stopped it.")
        );
    }
    let page = ada.get(&path.replace("/staff/", "/privacy/")).await;
    assert!(page.words().contains("Not resolved") && page.link("Section 18").ends_with("/terms#section-18"));
    let terms = app.browser().get("/terms").await;
    assert_eq!(terms.all("#section-18"), ["18. Agreement to arbitrate"]);
}

#[tokio::test]
async fn a_resolved_one_says_so_and_names_no_court() {
    let app = TestApp::start().await;
    let (_, path) = raised(&app).await;
    app.mailbox().await;
    let desk = desk(&app).await;
    claim(&desk, &at_desk(&path)).await;
    assert_eq!(
        decide(&desk, &at_desk(&path), "resolved", "We mended it, and we are sorry.").await.status,
        303
    );
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.subject == "Your dispute is resolved" && !mail.text.contains("adr.org"), "{}", mail.text);
}

#[tokio::test]
async fn both_sides_write_and_mail_repeats_nothing_of_it() {
    let app = TestApp::start().await;
    let (ada, path) = raised(&app).await;
    app.mailbox().await;
    let desk = desk(&app).await;
    let sent = desk.post(&format!("{}/messages", at_desk(&path)), &[("body", "Which list was it?")]).await;
    assert_eq!(sent.status, 303);
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.name == "dispute_news" && !mail.text.contains("Which list"));
    let page = ada.get(&path).await;
    assert!(page.words().contains("Which list was it?"));
    page.submit_to("/messages", &[("body", "The one about events.")]).await;
    assert!(desk.get("/staff/disputes").await.words().contains("Wrote to us"));
    claim(&desk, &at_desk(&path)).await;
    let page = desk.get(&at_desk(&path)).await;
    assert!(page.words().contains("The one about events."));
    assert_eq!(page.submit_to("/notes", &[("note", "Asked the team.")]).await.status, 303);
    assert!(desk.get(&at_desk(&path)).await.words().contains("Note: Asked the team."));
    assert!(!ada.get(&path).await.words().contains("Asked the team"), "notes are for staff");
}

#[tokio::test]
async fn only_the_holder_decides_and_a_form_that_is_stale_is_refused() {
    let app = TestApp::start().await;
    let (_, path) = raised(&app).await;
    let path = at_desk(&path);
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    claim(&one, &path).await;
    let open = one.get(&path).await;
    let words = [("outcome", "resolved"), ("words", "Agreed."), ("version", "1")];
    let not_theirs = two.post(&format!("{path}/decision"), &words).await;
    assert!(not_theirs.error().contains("Only whoever has claimed"), "{}", not_theirs.words());
    one.post(&format!("{path}/notes"), &[("note", "Looked at it.")]).await;
    let stale = open.submit_to("/decision", &words[..2]).await;
    assert!(stale.error().contains("Somebody acted on this dispute"), "{}", stale.words());
    assert!(stale.text().contains("Agreed.</textarea>"), "what was typed stays");
    assert_eq!(decide(&one, &path, "resolved", "Agreed.").await.status, 303);
    assert_eq!(count(&app, "desk_claims").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn of_a_decision_and_a_withdrawal_at_once_one_counts() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let (ada, path) = raised(&app).await;
        app.mailbox().await;
        let desk = desk(&app).await;
        claim(&desk, &at_desk(&path)).await;
        let form = desk.get(&at_desk(&path)).await;
        let (withdrawal, words) =
            (format!("{path}/withdrawal"), [("outcome", "resolved"), ("words", "Agreed.")]);
        let (decided, _) = tokio::join!(form.submit_to("/decision", &words), ada.post(&withdrawal, &[]));
        let ended = state(&app).await;
        assert_eq!(ended, if decided.status == 303 { "resolved" } else { "withdrawn" });
        assert_eq!(app.mailbox().await.len(), 1, "one mail, of what counts");
    }
}

#[tokio::test]
async fn unclaimed_it_is_masked_and_each_view_stands_in_the_activity() {
    let app = TestApp::start().await;
    let (ada, path) = raised(&app).await;
    let desk = desk(&app).await;
    let page = desk.get(&at_desk(&path)).await;
    for secret in ["ada@example.com", SUBJECT, WORDS] {
        assert!(!page.words().contains(secret), "{secret}");
    }
    assert!(!desk.get("/staff/disputes").await.words().contains(SUBJECT));
    page.submit_to("/looks", &[("reason", "To compare it with another one.")]).await;
    assert!(desk.get(&at_desk(&path)).await.words().contains(WORDS));
    let activity = ada.get("/settings/activity").await.words();
    assert!(activity.contains("Your dispute was seen by our staff, without your words"), "{activity}");
    assert!(activity.contains("Because: To compare it with another one."), "{activity}");
    app.mailbox().await;
}

#[tokio::test]
async fn staff_are_reminded_at_three_quarters_and_at_the_end_once_each() {
    let app = TestApp::start().await;
    raised(&app).await;
    app.staff(Role::Privacy).await;
    let mut subjects = Vec::new();
    for hours in [539, 1, 179, 1] {
        app.travel(Duration::hours(hours)).await;
        app.run_timetable().await;
        app.run_timetable().await;
        let mails = app.mailbox().await.into_iter().filter(|mail| mail.name == "disputes_waiting");
        subjects.push(mails.map(|mail| mail.subject).collect::<Vec<_>>());
    }
    let (wait, late) = ("Disputes wait for an answer".to_owned(), "Disputes are overdue".to_owned());
    assert_eq!(subjects, [vec![], vec![wait], vec![], vec![late]]);
}

#[tokio::test]
async fn a_long_queue_goes_on_and_back_and_is_filtered() {
    let app = TestApp::start().await;
    let person = app.customer("ada@example.com").await.id.0;
    for number in 0..27 {
        let id = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number);
        run(&app, &format!(
            "INSERT INTO disputes (id, channel, person_id, subject, words, received_at, due_at) VALUES ('{id}', '{}', '{person}', 'x', 'x', now(), now() + interval '1 day' * {})",
            if number == 0 { "post" } else { "portal" }, number / 2 + 1
        ))
        .await;
        run(&app, &format!(
            "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, at) VALUES (gen_random_uuid(), '{id}', 'received', 'system', now())"
        ))
        .await;
    }
    let desk = desk(&app).await;
    let rows = |page: &Page| page.all(".row-title a");
    let first = desk.get("/staff/disputes").await;
    let second = desk.get(&first.link("Due later")).await;
    assert_eq!((rows(&first).len(), rows(&second).len()), (25, 2));
    assert!(rows(&second).iter().all(|row| !rows(&first).contains(row)));
    assert_eq!(rows(&desk.get(&second.link("Due earlier")).await), rows(&first));
    assert_eq!(desk.get("/staff/disputes?channel=post").await.all(".row-title a").len(), 1);
    assert_eq!(desk.get("/staff/disputes.csv").await.text().lines().count(), 28);
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

//! Disputes at the desk: logged where they come by mail or letter, masked until they are claimed, decided by whoever claimed
//! them.

use chrono::Duration;
use portal::staff::permissions::Role;

use super::{EMAIL, SUBJECT, WORDS, at_desk, desk, raised, state};
use crate::staff::desk::team;
use crate::support::{Browser, Page, TestApp, count, run};

async fn decide(desk: &Browser, path: &str, outcome: &str, words: &str) -> Page {
    desk.get(path).await.submit_to("/decision", &[("outcome", outcome), ("words", words)]).await
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
    let page = desk.claim(&path).await;
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
    desk.claim(&path).await;
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
    desk.claim(&at_desk(&path)).await;
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
    desk.claim(&at_desk(&path)).await;
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
    one.claim(&path).await;
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
        desk.claim(&at_desk(&path)).await;
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

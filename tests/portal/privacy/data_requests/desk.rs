//! The desk of the privacy team.

use chrono::{Datelike as _, Duration};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{data_requests, staff_roles};
use portal::platform::ids::RequestId;
use portal::privacy::data_requests::kinds::Kind;
use portal::staff::permissions::Role;

use super::pages::ask;
use crate::support::{Browser, Page, TestApp, lock_waits};

/// A request of somebody, as its path at the desk.
pub(super) async fn asked(app: &TestApp, email: &str, kind: &str) -> (Browser, String) {
    let browser = app.sign_in_as(&app.customer(email).await).await;
    let answer = ask(&browser, kind, "Number 7 is wrong.").await;
    let path = answer.location().replace("/privacy/requests", "/staff/requests");
    app.mailbox().await;
    (browser, path)
}

/// A second member of the privacy team.
async fn rosa(app: &TestApp) -> Browser {
    let rosa = app.staff(Role::Reviewer).await;
    diesel::insert_into(staff_roles::table)
        .values((
            staff_roles::person_id.eq(rosa.id),
            staff_roles::role.eq(Role::Privacy.as_str()),
            staff_roles::granted_at.eq(app.clock.now()),
        ))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    app.sign_in_as(&rosa).await
}

/// Opens the form with a template, and sends it as it stands.
pub(super) async fn decide(
    desk: &Browser,
    path: &str,
    outcome: &str,
    reason: &str,
    fields: &[(&str, &str)],
) -> Page {
    let form = desk.get(&format!("{path}/decision?outcome={outcome}&reason={reason}")).await;
    form.submit(fields).await
}

/// Takes a step at the desk.
pub async fn step(desk: &Browser, path: &str, act: &str, text: &str) -> Page {
    desk.get(path).await.submit_to("/steps", &[("act", act), ("text", text)]).await
}

async fn state(app: &TestApp) -> String {
    let latest = data_requests::table.order(data_requests::id.desc());
    latest.select(data_requests::state).first(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn the_earliest_due_date_stands_first_and_the_filter_in_the_address() {
    let app = TestApp::start().await;
    asked(&app, "late@example.com", "deletion").await;
    app.travel(Duration::days(2)).await;
    asked(&app, "later@example.com", "correction").await;
    let desk = app.desk_of(Role::Privacy).await;
    let page = desk.get("/staff/requests").await;
    let titles = page.all(".row-title a");
    assert_eq!(titles, [Kind::Deletion.label(), "Have something corrected"]);
    assert!(page.words().contains("2 under way, 0 overdue"));
    let filtered = desk.get("/staff/requests?view=&kind=correction").await;
    assert_eq!(filtered.all(".row-title a"), ["Have something corrected"]);
    assert!(desk.get("/staff/requests?view=mine").await.words().contains("No such request"));
    assert!(desk.get("/staff").await.words().contains("2 requests wait."));
}

#[tokio::test]
async fn a_long_queue_goes_on_on_the_next_page_and_back() {
    let app = TestApp::start().await;
    let (browser, _) = asked(&app, "ada@example.com", "correction").await;
    for _ in 0..25 {
        ask(&browser, "correction", "Something.").await;
    }
    app.mailbox().await;
    let desk = app.desk_of(Role::Privacy).await;
    let first = desk.get("/staff/requests?kind=correction").await;
    assert_eq!(first.all(".rows li").len(), 25);
    let second = desk.get(&first.link("Due later")).await;
    assert_eq!(second.all(".rows li").len(), 1);
    assert_eq!(desk.get(&second.link("Due earlier")).await.all(".rows li").len(), 25);
}

#[tokio::test]
async fn a_second_person_is_told_who_has_it_until_the_claim_ends() {
    let app = TestApp::start().await;
    let (_, path) = asked(&app, "ada@example.com", "correction").await;
    let (paul, rosa) = (app.desk_of(Role::Privacy).await, rosa(&app).await);
    assert!(paul.claim(&path).await.words().contains("You, until"));
    assert!(rosa.claim(&path).await.notices().join(" ").contains("Privacy works on this request until"));
    app.travel(Duration::minutes(30)).await;
    assert!(rosa.claim(&path).await.words().contains("You, until"));
    assert!(
        paul.get(&path)
            .await
            .submit_to("/claim", &[])
            .await
            .follow()
            .await
            .words()
            .contains("Reviewer works")
    );
    rosa.get(&path).await.submit_to("/release", &[]).await;
    assert!(paul.claim(&path).await.words().contains("You, until"));
}

#[tokio::test]
async fn a_request_is_done_with_words_that_its_owner_reads() {
    let app = TestApp::start().await;
    let (ada, path) = asked(&app, "ada@example.com", "correction").await;
    let desk = app.desk_of(Role::Privacy).await;
    let refused = decide(&desk, &path, "fulfilled", "", &[]).await;
    assert!(refused.error().contains("Only whoever has claimed"), "{}", refused.words());
    desk.claim(&path).await;
    let decided = decide(&desk, &path, "fulfilled", "", &[("words", "Number 7 is right now.")]).await;
    assert_eq!(decided.location(), path, "{}", decided.words());
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(
        (mail.name.as_str(), mail.subject.as_str()),
        ("data_request_answered", "Your request is done")
    );
    let page = ada.get(&path.replace("/staff/", "/privacy/")).await;
    assert!(page.words().contains("Number 7 is right now.") && page.words().contains("Done"));
}

#[tokio::test]
async fn a_denial_takes_a_reason_and_gives_ground_words_and_a_day() {
    let app = TestApp::start().await;
    let (ada, path) = asked(&app, "ada@example.com", "correction").await;
    let privacy = app.staff(Role::Privacy).await;
    let desk = app.sign_in_as(&privacy).await;
    desk.claim(&path).await;
    let without = decide(&desk, &path, "denied", "", &[("why", "No."), ("again", "2036-01-01")]).await;
    assert!(without.error().contains("Choose a reason first"));
    let soon = [("again", "2020-01-01")];
    assert_eq!(decide(&desk, &path, "denied", "accurate", &soon).await.errors()[0].0, "again");
    assert_eq!(decide(&desk, &path, "denied", "accurate", &[]).await.status, 303);
    let mail = app.mail_to("ada@example.com").await;
    for said in ["was not done", "11 CCR 7023", "what we hold is correct", "look at it again on"] {
        assert!(mail.text.replace('\n', " ").contains(said), "{said} in {}", mail.text);
    }
    assert!(ada.get(&path.replace("/staff/", "/privacy/")).await.words().contains("Legal ground"));
    assert!(desk.get("/staff/requests?view=again").await.words().contains("No such request"));
    app.travel(Duration::days(181)).await;
    let desk = app.sign_in_as(&privacy).await;
    assert_eq!(desk.get("/staff/requests?view=again").await.all(".row-title a").len(), 1);
    assert_eq!(step(&desk, &path, "look_again", "Still right.").await.status, 303);
    assert!(desk.get("/staff/requests?view=again").await.words().contains("No such request"));
}

#[tokio::test]
async fn what_is_done_in_part_names_what_is_withheld() {
    let app = TestApp::start().await;
    let (_, path) = asked(&app, "ada@example.com", "correction").await;
    let desk = app.desk_of(Role::Privacy).await;
    desk.claim(&path).await;
    let nameless = decide(&desk, &path, "partly_fulfilled", "secret", &[]).await;
    assert_eq!(nameless.errors()[0].0, "items");
    let items = [("items", "Password hash\r\n\r\nSecret of the app")];
    assert_eq!(decide(&desk, &path, "partly_fulfilled", "secret", &items).await.status, 303);
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.text.contains("Password hash: ") && mail.text.contains("Secret of the app: "));
    assert_eq!(state(&app).await, "partly_fulfilled");
}

#[tokio::test]
async fn a_form_that_was_open_while_somebody_acted_is_refused() {
    let app = TestApp::start().await;
    let (_, path) = asked(&app, "ada@example.com", "correction").await;
    let desk = app.desk_of(Role::Privacy).await;
    desk.claim(&path).await;
    let open = desk.get(&format!("{path}/decision?outcome=fulfilled")).await;
    assert_eq!(step(&desk, &path, "suspect", "The address is new.").await.status, 303);
    assert!(open.submit(&[]).await.error().contains("Somebody acted on this request"));
    let refused = decide(&desk, &path, "fulfilled", "", &[]).await;
    assert!(refused.error().contains("Somebody else may be asking"));
    step(&desk, &path, "clear", "Called them back.").await;
    assert_eq!(decide(&desk, &path, "fulfilled", "", &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_who_decide_at_once_only_the_holder_does() {
    let app = TestApp::start().await;
    let (_, path) = asked(&app, "ada@example.com", "correction").await;
    let (paul, rosa) = (app.desk_of(Role::Privacy).await, rosa(&app).await);
    paul.claim(&path).await;
    let one = paul.get(&format!("{path}/decision?outcome=fulfilled")).await;
    let two = rosa.get(&format!("{path}/decision?outcome=denied&reason=excessive")).await;
    let (one, two) = tokio::join!(one.submit(&[]), two.submit(&[]));
    assert_eq!((one.status, two.status), (303, 422), "{} {}", one.words(), two.words());
    assert_eq!(state(&app).await, "fulfilled");
    assert_eq!(app.mailbox().await.len(), 1, "one answer");
}

#[tokio::test]
async fn withdrawing_and_fulfilling_at_once_end_in_one_of_the_two() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let (ada, path) = asked(&app, "ada@example.com", "correction").await;
        let desk = app.desk_of(Role::Privacy).await;
        desk.claim(&path).await;
        let withdrawal = format!("{}/withdrawal", path.replace("/staff/", "/privacy/"));
        let form = desk.get(&format!("{path}/decision?outcome=fulfilled")).await;
        let (fulfilled, _) = tokio::join!(form.submit(&[]), ada.post(&withdrawal, &[]));
        let ended = state(&app).await;
        assert_eq!(ended, if fulfilled.status == 303 { "fulfilled" } else { "withdrawn" });
        let mails: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.subject).collect();
        let told = if ended == "fulfilled" { "Your request is done" } else { "Your request is withdrawn" };
        assert_eq!(mails, [told]);
    }
}

#[tokio::test]
async fn a_request_is_extended_once_and_its_owner_is_told_why() {
    let app = TestApp::start().await;
    let (ada, path) = asked(&app, "ada@example.com", "correction").await;
    let desk = app.desk_of(Role::Privacy).await;
    let unclaimed = step(&desk, &path, "extend", "There is much of it.").await;
    assert!(unclaimed.error().contains("Only whoever has claimed"));
    desk.claim(&path).await;
    assert_eq!(step(&desk, &path, "extend", "There is much of it.").await.status, 303);
    assert!(app.mail_to("ada@example.com").await.text.contains("There is much of it."));
    let page = ada.get(&path.replace("/staff/", "/privacy/")).await;
    assert!(page.words().contains("day 1 of 90"), "{}", page.words());
    assert!(!desk.get(&path).await.text().contains("value=\"extend\""));
}

#[tokio::test]
async fn what_came_by_mail_counts_from_its_day_and_receipts_are_confirmed_together() {
    let app = TestApp::start().await;
    let desk = app.desk_of(Role::Privacy).await;
    let day = (app.clock.now() - Duration::days(11)).date_naive().to_string();
    for (email, now) in [("one@example.com", "on"), ("two@example.com", ""), ("three@example.com", "")] {
        let fields = [
            ("kind", "access"),
            ("email", email),
            ("received", day.as_str()),
            ("home", "us"),
            ("acknowledge", now),
        ];
        assert_eq!(desk.post("/staff/requests/new", &fields).await.status, 303);
    }
    assert!(desk.get("/staff/requests").await.words().contains("day 12 of 45"));
    let mut names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    names.sort();
    assert_eq!(names, ["data_request_code", "data_request_received"]);
    let list = desk.get("/staff/requests?view=unacknowledged").await;
    assert_eq!(list.all(".rows .is-checkbox").len(), 2);
    let ids: Vec<RequestId> =
        data_requests::table.select(data_requests::id).load(&mut app.conn().await).await.unwrap();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let ticked: Vec<(&str, &str)> = ids.iter().map(|id| ("request", id.as_str())).collect();
    let done = desk.post("/staff/requests/acknowledgements", &ticked).await.follow().await;
    assert!(done.notices().join(" ").contains("2 receipts are confirmed"));
    assert_eq!(app.mailbox().await.len(), 4);
    let future = [("kind", "access"), ("email", "a@example.com"), ("received", "2999-01-01"), ("home", "us")];
    assert_eq!(desk.post("/staff/requests/new", &future).await.errors()[0].0, "received");
}

#[tokio::test]
async fn of_two_who_confirm_a_receipt_at_once_one_does() {
    let app = TestApp::start().await;
    let desk = app.desk_of(Role::Privacy).await;
    let day = app.clock.now().date_naive().to_string();
    let fields =
        [("kind", "access"), ("email", "one@example.com"), ("received", day.as_str()), ("home", "us")];
    assert_eq!(desk.post("/staff/requests/new", &fields).await.status, 303);
    let mut conn = app.conn().await;
    let id: RequestId = data_requests::table.select(data_requests::id).first(&mut conn).await.unwrap();
    for statement in ["BEGIN", "SELECT FROM data_requests FOR UPDATE"] {
        diesel::sql_query(statement).execute(&mut conn).await.unwrap();
    }
    let (sid, twin, to) = (id.to_string(), desk.clone(), "/staff/requests/acknowledgements");
    let ticked = [("request", sid.as_str())];
    let both_wait = async {
        lock_waits(&app, "both wait", 2).await;
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (one, other, ()) = tokio::join!(desk.post(to, &ticked), twin.post(to, &ticked), both_wait);
    assert_eq!((one.status, other.status), (303, 303));
    let mut names: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    names.sort();
    assert_eq!(names, ["data_request_code", "data_request_received"], "one receipt and one code");
}

#[tokio::test]
async fn an_agent_is_verified_by_a_signed_permission() {
    let app = TestApp::start().await;
    let desk = app.desk_of(Role::Privacy).await;
    let day = app.clock.now().date_naive().to_string();
    let fields = [
        ("kind", "access"),
        ("email", "ada@example.com"),
        ("agent", "Rights & Co, agent@example.org"),
        ("received", day.as_str()),
        ("home", "us"),
    ];
    let path = desk.post("/staff/requests/new", &fields).await.location().to_owned();
    desk.claim(&path).await;
    let early = decide(&desk, &path, "fulfilled", "", &[]).await;
    assert!(early.error().contains("Nobody has shown yet who asks"));
    assert_eq!(step(&desk, &path, "verify_agent", "Signed on paper, in folder 12.").await.status, 303);
    assert!(desk.get(&path).await.words().contains("by a signed permission for the agent"));
    assert_eq!(decide(&desk, &path, "fulfilled", "", &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn an_end_users_request_is_passed_on_and_not_answered_without_consent() {
    let app = TestApp::start().await;
    let customer = app.customer("grace@example.com").await;
    let account = customer.account().await.to_string();
    let desk = app.desk_of(Role::Privacy).await;
    let day = app.clock.now().date_naive().to_string();
    let fields = [
        ("kind", "end_user"),
        ("email", "end.user@example.com"),
        ("details", "What does my insurer keep?"),
        ("received", day.as_str()),
        ("home", "us"),
    ];
    let path = desk.post("/staff/requests/new", &fields).await.location().to_owned();
    step(&desk, &path, "verify", "Wrote from the address that our customer named.").await;
    app.mailbox().await;
    let locked = desk.get(&path).await.submit_to("/messages", &[("body", "They keep this.")]).await;
    assert!(locked.error().contains("data of a customer of ours"));
    assert_eq!(step(&desk, &path, "inform", "AC1").await.errors()[0].0, "text");
    let nobody = format!("AC{}", "0".repeat(32));
    assert!(step(&desk, &path, "inform", &nobody).await.errors()[0].1.contains("no such account"));
    assert_eq!(step(&desk, &path, "inform", &account).await.status, 303);
    let mail = app.mail_to("grace@example.com").await;
    assert_eq!(mail.name, "end_user_request_passed_on");
    assert!(mail.text.contains("What does my insurer keep?") && mail.text.contains("end.user@example.com"));
    assert_eq!(step(&desk, &path, "agree", "Grace wrote on the 3rd.").await.status, 303);
    let sent = desk.get(&path).await.submit_to("/messages", &[("body", "They keep this.")]).await;
    assert_eq!(sent.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn staff_are_reminded_at_each_share_once_and_loudly_at_the_end() {
    let app = TestApp::start().await;
    asked(&app, "ada@example.com", "correction").await;
    app.staff(Role::Privacy).await;
    let mut subjects = Vec::new();
    for hours in [539, 1, 269, 1, 161, 1, 107, 1] {
        app.travel(Duration::hours(hours)).await;
        app.run_timetable().await;
        app.run_timetable().await;
        let mails = app.mailbox().await.into_iter().filter(|mail| mail.name == "data_requests_waiting");
        subjects.push(mails.map(|mail| mail.subject).collect::<Vec<_>>());
    }
    let wait = || vec!["Data requests wait for an answer".to_owned()];
    let none = Vec::new;
    let late = vec!["Data requests are overdue".to_owned()];
    assert_eq!(subjects, [none(), wait(), none(), wait(), none(), wait(), none(), late]);
}

#[tokio::test]
async fn an_overdue_request_is_loud_in_the_queue() {
    let app = TestApp::start().await;
    asked(&app, "ada@example.com", "correction").await;
    app.travel(Duration::days(45)).await;
    let desk = app.desk_of(Role::Privacy).await;
    let page = desk.get("/staff/requests?view=late").await;
    assert!(page.words().contains("1 under way, 1 overdue") && page.words().contains("overdue, 45 days"));
    assert!(desk.get("/staff").await.words().contains("Data requests, some overdue"));
}

#[tokio::test]
async fn a_deletion_that_nobody_confirms_ends_after_two_weeks_and_not_before() {
    let app = TestApp::start().await;
    asked(&app, "ada@example.com", "deletion").await;
    app.travel(Duration::days(14) - Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(state(&app).await, "open");
    app.travel(Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(state(&app).await, "expired");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Your request ended");
    app.mailbox().await;
}

#[tokio::test]
async fn figures_of_the_year_stand_in_a_table_and_in_a_file() {
    let app = TestApp::start().await;
    let (browser, path) = asked(&app, "ada@example.com", "deletion").await;
    ask(&browser, "correction", "Something.").await;
    app.travel(Duration::days(3)).await;
    let desk = app.desk_of(Role::Privacy).await;
    desk.claim(&path).await;
    decide(&desk, &path, "denied", "excessive", &[]).await;
    let page = desk.get("/staff/requests/metrics").await;
    assert!(page.words().contains("2 received, 0 complied with, 1 denied"), "{}", page.words());
    let file = desk.get("/staff/requests/metrics.csv").await;
    assert!(file.text().ends_with("\r\nfewer than 10 each,<10,0,0,<10,0,,\r\n"), "{}", file.text());
    let more = format!(
        "INSERT INTO data_requests (id, kind, asked_kind, channel, email, ccpa, gdpr, received_at, due_at, longest_due_at) \
         SELECT gen_random_uuid(), 'access', 'access', 'email', 'x@example.com', true, false, '{0}', timestamptz '{0}' + interval '45 days', \
         timestamptz '{0}' + interval '90 days' FROM generate_series(1, 12)",
        app.clock.now().to_rfc3339()
    );
    diesel::sql_query(more).execute(&mut app.conn().await).await.unwrap();
    let file = desk.get("/staff/requests/metrics.csv").await;
    assert!(file.text().contains("\r\naccess,12,0,0,0,0,,\r\nfewer than 10 each,<10"), "{}", file.text());
    let before = app.clock.now().year() - 1;
    assert!(
        desk.get(&format!("/staff/requests/metrics?year={before}"))
            .await
            .words()
            .contains("No requests in this year")
    );
    assert_eq!(desk.get("/staff/requests/metrics?year=1999").await.status, 404);
    app.mailbox().await;
}

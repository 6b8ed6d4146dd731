//! Holds: who places, approves and ends them, and that nothing deletes what is held.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::staff_roles;
use portal::retention::{holds, sweep};
use portal::staff::permissions::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, Page, TestApp, TestPerson, count, run};

async fn send(desk: &Browser, app: &TestApp, fields: &[(&str, &str)]) -> Page {
    let review = (app.clock.now() + Duration::days(90)).format("%Y-%m-%d").to_string();
    let mut all = vec![
        ("matter", "litigation"),
        ("reason", "Lawsuit 12 of 2026, file in the legal archive."),
        ("review_on", review.as_str()),
    ];
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    all.extend(fields);
    desk.get("/staff/holds/new").await.submit(&all).await
}

/// Places a hold, and answers its page.
pub(crate) async fn place(desk: &Browser, app: &TestApp, fields: &[(&str, &str)]) -> String {
    let page = send(desk, app, fields).await;
    assert_eq!(page.status, 303, "{}", page.words());
    page.location().to_owned()
}

async fn on_person(desk: &Browser, app: &TestApp, person: &TestPerson<'_>) -> String {
    place(desk, app, &[("scope", "person"), ("sid", &person.id.to_string())]).await
}

async fn old_sign_in(app: &TestApp, person: &TestPerson<'_>) {
    run(app, &format!(
        "INSERT INTO sign_ins (id, person_id, at, method, outcome) VALUES (gen_random_uuid(), '{}', now() - interval '400 days', 'password', 'refused')",
        person.id.0
    ))
    .await;
}

#[tokio::test]
async fn a_second_person_approves_a_hold_and_the_first_cannot() {
    let app = TestApp::start().await;
    let (ada, paul, rosa) = (
        app.customer("ada@example.com").await,
        app.desk_of(Role::Privacy).await,
        app.desk_of(Role::Admin).await,
    );
    let path = on_person(&paul, &app, &ada).await;
    assert!(paul.get(&path).await.words().contains("lapses unless somebody else approves it"));
    let hers = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    assert!(hers.words().contains("All that is yours. Matter: litigation."), "{}", hers.words());
    run(&app, "UPDATE holds SET silent_because = 'Order of a court of 2026.'").await;
    let hers = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    assert!(!hers.words().contains("legal matter"), "a hold that may not be told of is not");
    let refused = paul.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(refused.notices().join(" ").contains("somebody else approves it"));
    assert!(rosa.get("/staff").await.words().contains("1 hold waits"));
    let page = rosa.get(&path).await.submit_to("/approval", &[]).await.follow().await;
    assert!(page.words().contains("In force") && page.words().contains("by Privacy"), "{}", page.words());
    let again = rosa.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(again.notices().join(" ").contains("moved on"));
}

#[tokio::test]
async fn a_hold_that_nobody_approved_lapses_after_three_days_and_not_before() {
    let app = TestApp::start().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.desk_of(Role::Privacy).await);
    let path = on_person(&paul, &app, &ada).await;
    app.travel(Duration::hours(72) - Duration::minutes(1)).await;
    app.run_timetable().await;
    let state = async || app.sign_in_as(&app.staff(Role::Admin).await).await.get(&path).await.words();
    assert_eq!(count(&app, "holds WHERE ended_at IS NULL").await, 1);
    app.travel(Duration::minutes(1)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "holds WHERE ended_at IS NULL").await, 0);
    assert!(state().await.contains("Lapsed"));
}

#[tokio::test]
async fn what_is_held_survives_the_sweep_and_goes_with_the_next_after_the_release() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (paul, rosa) = (app.desk_of(Role::Privacy).await, app.desk_of(Role::Admin).await);
    let path = on_person(&paul, &app, &ada).await;
    rosa.get(&path).await.submit_to("/approval", &[]).await;
    old_sign_in(&app, &ada).await;
    old_sign_in(&app, &bob).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "sign_ins WHERE at < now() - interval '365 days'").await, 1, "Ada's is held");
    let short = rosa.get(&path).await.submit_to("/release", &[("because", "Done.")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "because"));
    let released = short.submit_to("/release", &[("because", "The lawsuit was settled.")]).await;
    assert!(released.follow().await.words().contains("Released"));
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "sign_ins WHERE at < now() - interval '365 days'").await, 0);
}

#[tokio::test]
async fn a_whole_table_can_be_held() {
    let app = TestApp::start().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.desk_of(Role::Privacy).await);
    place(&paul, &app, &[("scope", "table"), ("table", "sign_ins")]).await;
    old_sign_in(&app, &ada).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "sign_ins WHERE at < now() - interval '365 days'").await, 1);
}

#[tokio::test]
async fn the_form_says_what_is_wrong_beside_each_field_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let paul = app.desk_of(Role::Privacy).await;
    let page = send(
        &paul,
        &app,
        &[("scope", "person"), ("sid", "Ada"), ("reason", "Short"), ("review_on", "2026-01-01")],
    )
    .await;
    let fields: Vec<String> = page.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!((page.status, fields), (422, vec!["sid".into(), "reason".into(), "review_on".into()]));
    assert!(page.text().contains("Short"));
    let nobody = format!("US{}", "0".repeat(32));
    let page = send(&paul, &app, &[("scope", "person"), ("sid", &nobody)]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "sid"));
    let whom = [("scope", "end_user"), ("sid", "AC1"), ("identifier_kind", "email"), ("identifier", "x")];
    let page = send(&paul, &app, &whom).await;
    let fields: Vec<String> = page.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["sid", "identifier"]);
}

#[tokio::test]
async fn whoever_answers_for_a_hold_is_reminded_a_week_before_its_review_once() {
    let app = TestApp::start().await;
    let (ada, paul, rosa) = (
        app.customer("ada@example.com").await,
        app.desk_of(Role::Privacy).await,
        app.desk_of(Role::Admin).await,
    );
    let path = on_person(&paul, &app, &ada).await;
    rosa.get(&path).await.submit_to("/approval", &[]).await;
    app.travel(Duration::days(82)).await;
    holds::tending::tend((*app).clone()).await.unwrap();
    assert!(app.mailbox().await.is_empty());
    app.travel(Duration::days(1)).await;
    for _ in 0..2 {
        holds::tending::tend((*app).clone()).await.unwrap();
    }
    let mails: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.name).collect();
    assert_eq!(mails, ["hold_review", "hold_review"], "one for each of the two");
    let desk = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    assert_eq!(desk.get(&path).await.status, 404, "other roles do not see holds");
}

/// A claim about Grace Hopper and one about Mary Jackson.
async fn claims(app: &TestApp, ada: &TestPerson<'_>) -> (crate::support::Program, Vec<String>) {
    let program = app.program(ada).await;
    let mut sids = Vec::new();
    for (number, name, email) in
        [("1", "Grace Hopper", "grace@example.net"), ("2", "Mary Jackson", "mary@example.net")]
    {
        let party = json!({ "role": "claimant", "name": name, "emails": [email] });
        let claim = json!({ "claim_number": number, "insurer": "Acme", "policy_number": "P", "state": "reported", "lost_on": "2026-01-31", "parties": [party] });
        let answer = program.post("/claims", &claim).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        sids.push(answer.json()["sid"].as_str().unwrap().to_owned());
    }
    (program, sids)
}

#[tokio::test]
async fn records_of_a_held_end_user_are_not_deleted_by_anybody_and_others_are() {
    let app = TestApp::start().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.desk_of(Role::Privacy).await);
    let (program, sids) = claims(&app, &ada).await;
    let account = ada.account().await;
    let sid = account.to_string();
    let fields = [
        ("scope", "end_user"),
        ("sid", sid.as_str()),
        ("identifier_kind", "email"),
        ("identifier", "grace@example.net"),
    ];
    let path = place(&paul, &app, &fields).await;
    assert!(paul.get(&path).await.words().contains("grace@example.net (email)"));
    let refused = program.send(program.request(Method::DELETE, &format!("/claims/{}", sids[0]))).await;
    assert_eq!(refused.status, 423, "{}", refused.text());
    assert!(refused.json()["type"].as_str().unwrap().ends_with("on-hold"));
    let whom = json!({ "kind": "email", "value": "grace@example.net" });
    assert_eq!(program.post("/end-users/deletion", &whom).await.status, 423);
    let browser = app.sign_in_as(&ada).await;
    let found = browser
        .post(&format!("/accounts/{account}/end-users"), &[("kind", "email"), ("value", "grace@example.net")])
        .await;
    let page = browser.get(&format!("{}/deletion", found.location())).await;
    let refused = page.submit(&[("word", "delete")]).await;
    assert!(refused.status == 422 && refused.error().contains("cannot be deleted at present"));
    let other = program.send(program.request(Method::DELETE, &format!("/claims/{}", sids[1]))).await;
    assert_eq!(other.status, 204);
    run(&app, "UPDATE claims SET updated_at = updated_at - interval '40 years'").await;
    portal::content::storage::sweep((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "claims").await, 1, "the nightly sweep leaves it too");
    app.mailbox().await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_delete_a_held_person_or_account() {
    let app = TestApp::start().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.desk_of(Role::Privacy).await);
    let account = ada.account().await;
    let path = place(&paul, &app, &[("scope", "account"), ("sid", &account.to_string())]).await;
    for statement in [
        format!("DELETE FROM people WHERE id = '{}'", ada.id.0),
        format!("DELETE FROM accounts WHERE id = '{}'", account.0),
    ] {
        let refused = diesel::sql_query(&statement).execute(&mut app.conn().await).await.unwrap_err();
        assert!(holds::is_refused(&refused), "{statement}: {refused}");
    }
    paul.get(&path).await.submit_to("/release", &[("because", "The lawsuit was settled.")]).await;
    run(&app, &format!("DELETE FROM people WHERE id = '{}'", ada.id.0)).await;
}

#[tokio::test]
async fn a_hold_waits_for_a_deletion_under_way_and_stands_against_the_next() {
    let app = TestApp::start().await;
    let (ada, paul) = (app.customer("ada@example.com").await, app.staff(Role::Privacy).await);
    run(&app, &format!(
        "INSERT INTO sign_ins (id, person_id, at, method, outcome) SELECT gen_random_uuid(), '{}', now() - interval '400 days', 'password', 'refused' FROM generate_series(1, 30000)",
        ada.id.0
    )).await;
    let desk = app.sign_in_as(&paul).await;
    let sid = ada.id.to_string();
    let fields = [("scope", "person"), ("sid", sid.as_str())];
    let (swept, placed) = tokio::join!(sweep::nightly((*app).clone()), send(&desk, &app, &fields));
    swept.unwrap();
    assert_eq!(placed.status, 303);
    let left = count(&app, "sign_ins WHERE at < now() - interval '365 days'").await;
    assert_eq!(left % 10_000, 0, "a batch is whole or did not happen: {left}");
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(
        count(&app, "sign_ins WHERE at < now() - interval '365 days'").await,
        left,
        "held from then on"
    );
}

#[tokio::test]
async fn two_staff_who_approve_and_release_at_once_end_in_one_order() {
    let app = TestApp::start().await;
    let (ada, paul, rosa) = (
        app.customer("ada@example.com").await,
        app.desk_of(Role::Privacy).await,
        app.desk_of(Role::Admin).await,
    );
    for _ in 0..5 {
        let path = on_person(&paul, &app, &ada).await;
        let (approval, release) = (format!("{path}/approval"), format!("{path}/release"));
        let because = [("because", "Placed by mistake.")];
        tokio::join!(rosa.post(&approval, &[]), paul.post(&release, &because));
        let both = "holds h WHERE h.ended_at IS NULL OR (h.approved_at > h.ended_at)";
        assert_eq!(count(&app, both).await, 0, "released for good, approved before that or not at all");
    }
    assert_eq!(
        staff_roles::table.count().get_result::<i64>(&mut app.conn().await).await.unwrap(),
        2,
        "both are still staff"
    );
}

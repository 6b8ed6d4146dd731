//! One story from end to end: a program sends until a rule in `enforce` stops it, the owner takes their data along and
//! appeals, whoever stands behind the rule cannot decide, somebody else can, and everything is as it was.

use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;
use portal::platform::db::schema::rule_evaluations;
use portal::platform::ids::EvaluationId;
use portal::staff::permissions::Role;
use portal::trust::rules::{evaluation, explain};
use serde_json::json;

use super::Desk;
use crate::privacy::exports::{fetch, order};
use crate::support::{Browser, Page, Program, TestApp, TestPerson, count, run};

const WHY: &str = "The campaign was asked for by every one of its readers, and it is over.";
const REASONS: &str = "The readers had asked for it, as the lists that you sent us show.";

/// Two people let a rule restrict by itself.
pub async fn a_rule_in_enforce(app: &TestApp) -> Desk {
    let desk = Desk::of(app).await;
    let path = desk.write(&[("parameters", "most = 20"), ("level", "suspended")]).await;
    desk.move_on(app, &path, "review").await;
    desk.move_on(app, &path, "enforce").await;
    desk
}

async fn send(program: &Program, number: usize) -> Page {
    let message =
        json!({ "channel": "email", "direction": "outbound", "to": format!("reader{number}@example.net") });
    program.post("/communications", &message).await
}

/// Sends until the rule has seen enough, and lets the minute pass. Answers the path of the statement.
pub async fn stopped(app: &TestApp, program: &Program) -> String {
    for number in 0..20 {
        assert_eq!(send(program, number).await.status, 201);
    }
    app.run_timetable().await;
    assert_eq!(send(program, 20).await.status, 201, "twenty are allowed");
    app.run_timetable().await;
    let refused = send(program, 21).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    refused.json()["instance"].as_str().expect("the way to the statement").to_owned()
}

async fn takes_a_copy(app: &TestApp, owner: &Browser) {
    let path = order(owner, "person").await.location().to_owned();
    app.run_jobs().await;
    let copy = fetch(owner, &path).await.everything();
    assert!(copy.contains("reader7@example.net"), "what was sent is in the copy");
}

/// Whoever let the rule act is a reviewer too, and still cannot decide: neither on the page nor in the database.
async fn the_rule_maker_is_refused(app: &TestApp, maker: &Browser) {
    run(app, "INSERT INTO staff_roles (person_id, role, granted_at) SELECT DISTINCT decided_by, 'reviewer', now() FROM rule_proposals").await;
    let path = maker.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal");
    maker.post(&format!("{path}/claim"), &[]).await;
    let fields = [("outcome", "lifted"), ("words", REASONS), ("version", "0")];
    let refused = maker.post(&format!("{path}/decision"), &fields).await;
    assert_ne!(refused.status, 303, "{}", refused.words());
    let raw = diesel::sql_query(format!(
        "UPDATE appeals SET outcome = 'lifted', decided_at = now(), decided_by = (SELECT decided_by FROM rule_proposals LIMIT 1), decision_words = '{REASONS}'"
    ));
    assert!(raw.execute(&mut app.conn().await).await.is_err());
    assert_eq!(count(app, "appeals WHERE outcome IS NULL").await, 1);
    maker.post(&format!("{path}/release"), &[]).await;
}

async fn another_lifts_it(app: &TestApp) {
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = reviewer.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal");
    reviewer.post(&format!("{path}/claim"), &[]).await;
    let fields = [("outcome", "lifted"), ("words", REASONS)];
    let page = reviewer.get(&path).await.submit_to("/decision", &fields).await;
    assert_eq!(page.status, 303, "{}", page.words());
}

/// What was computed comes to the same once more, and does not stop the account again.
async fn the_decision_is_computed_again(app: &TestApp) {
    let kept: Vec<EvaluationId> = rule_evaluations::table
        .filter(rule_evaluations::led_to.eq("restriction"))
        .select(rule_evaluations::id)
        .load(&mut app.conn().await)
        .await
        .expect("evaluations");
    assert_eq!(kept.len(), 1);
    let mut conn = app.conn().await;
    let evaluation = explain::find(&mut conn, kept[0]).await.expect("the evaluation");
    let again = explain::recompute(&mut conn, &evaluation).await.expect("the same");
    assert!(again.same && again.values.get("outbound_day") > 20.0);
    evaluation::run(app).await.expect("a look at everybody");
    assert_eq!(count(app, "suspensions").await, 1, "what was lifted does not count again");
}

async fn it_is_told(owner: &Browser, ada: &TestPerson<'_>) {
    let account = ada.account().await;
    let receipts = owner.get("/privacy/receipts").await.words();
    assert!(
        receipts.contains("An account was suspended or warned") && receipts.contains("An appeal was decided")
    );
    let activity = owner.get(&format!("/accounts/{account}/activity")).await.words();
    assert!(activity.contains("An appeal was decided"), "{activity}");
}

#[tokio::test]
async fn a_rule_stops_a_program_and_a_person_gives_everything_back() {
    let app = TestApp::start().await;
    let desk = a_rule_in_enforce(&app).await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let (program, owner) = (app.program(&ada).await, app.sign_in_as(&ada).await);
    app.mailbox().await;
    let path = stopped(&app, &program).await;
    assert!(app.mail_to("ada@example.com").await.text.contains(&path), "the notice leads to the statement");
    let statement = owner.get(&path).await;
    let words = statement.words();
    assert!(
        words.contains("more messages than we can let pass")
            && words.contains("without a person")
            && words.contains("Many messages, version 1"),
        "{words}"
    );
    assert!(
        statement.text().contains("<svg") && statement.text().contains("<table"),
        "drawn, and as a table"
    );
    takes_a_copy(&app, &owner).await;
    let filed = owner.post(&format!("{path}/appeal"), &[("text", WHY)]).await;
    assert_eq!(filed.status, 303, "{}", filed.words());
    the_rule_maker_is_refused(&app, &desk.other).await;
    another_lifts_it(&app).await;
    assert_eq!(send(&program, 22).await.status, 201);
    it_is_told(&owner, &ada).await;
    for action in [
        "account.suspension.began",
        "account.appeal.filed",
        "account.appeal.decided",
        "account.suspension.lifted",
    ] {
        assert_eq!(count(&app, &format!("audit_events WHERE action = '{action}'")).await, 1, "{action}");
    }
    the_decision_is_computed_again(&app).await;
    app.mailbox().await;
}

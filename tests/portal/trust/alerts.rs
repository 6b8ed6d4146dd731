//! A rule asks, a person decides; and a rule in enforce decides by itself.

use std::time::Duration as Span;

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::retention::sweep;
use portal::staff::permissions::Role;
use portal::trust::rules::evaluation;
use serde_json::json;

use super::{Desk, count, many};
use crate::support::{Browser, TestApp, count as rows, lock_waits, run};

/// The path of the alert that waits.
pub(super) async fn waiting(desk: &Browser) -> String {
    let page = desk.get("/staff/alerts").await;
    let at = page.text().find("/staff/alerts/AL").unwrap_or_else(|| panic!("no alert: {}", page.words()));
    page.text()[at..at + "/staff/alerts/".len() + 34].to_owned()
}

#[tokio::test]
async fn a_rule_in_review_asks_once_and_whoever_agrees_restricts_the_account() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("level", "suspended")]).await;
    desk.move_on(&app, &path, "review").await;
    let ada = app.customer("ada@example.com").await;
    let (account, program) = (ada.account().await, app.program(&ada).await);
    for sent in [101, 150] {
        count(&app, account, 0, &[("outbound", sent)]).await;
        evaluation::run(&app).await.unwrap();
    }
    assert_eq!(rows(&app, "rule_alerts").await, 1, "asked once");
    assert_eq!((rows(&app, "suspensions").await, program.get("/claims").await.status), (0, 200));
    let rosa = app.desk_of(Role::Reviewer).await;
    let alert = waiting(&rosa).await;
    let page = rosa.get(&alert).await;
    assert!(
        page.words().contains("Claim it to decide") && !page.words().contains("First account"),
        "{}",
        page.words()
    );
    let answer = [("answer", "agree"), ("reason", "The figures leave no doubt.")];
    let early = rosa.post(&format!("{alert}/decision"), &answer).await.follow().await;
    assert!(early.notices().join(" ").contains("Claim the alert first"));
    rosa.post(&format!("{alert}/claim"), &[]).await;
    let page = rosa.get(&alert).await;
    assert!(
        page.words().contains("First account") && page.words().contains("compared with 100"),
        "{}",
        page.words()
    );
    let wrong = page.submit_to("/decision", &[("answer", ""), ("reason", "short")]).await;
    let fields: Vec<String> = wrong.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!((wrong.status, fields), (422, vec!["answer".into(), "reason".into()]));
    let done = wrong.submit_to("/decision", &answer).await.follow().await;
    assert!(
        done.words().contains("Agreed") && done.notices().join(" ").contains("restricted"),
        "{}",
        done.words()
    );
    assert_eq!(
        rows(&app, "suspensions WHERE NOT automated AND decided_by IS NOT NULL AND rule_id IS NOT NULL")
            .await,
        1
    );
    assert_eq!(program.get("/claims").await.status, 403);
    let letter = app.mail_to("ada@example.com").await;
    assert!(letter.text.contains("more messages than we can let pass"), "{}", letter.text);
    let statement = done.attr("a[href^='/staff/suspensions/']", "href").expect("what it led to");
    let told = async || rosa.get(&statement).await.words().contains("more messages than we can let pass");
    assert!(!told().await, "the claim ended with the decision");
    rosa.post(&format!("{alert}/claim"), &[]).await;
    assert!(!told().await, "nobody claims what is decided");
    rosa.post(&format!("{statement}/looks"), &[("reason", "To see what my decision led to.")]).await;
    assert!(told().await);
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_alerts").await, 1, "the rule restricts the account already");
}

#[tokio::test]
async fn what_was_dismissed_does_not_count_again_and_what_comes_after_does() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "review").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    let rosa = app.desk_of(Role::Reviewer).await;
    let alert = waiting(&rosa).await;
    rosa.post(&format!("{alert}/claim"), &[]).await;
    let answer = [("answer", "dismiss"), ("reason", "They told us about this mailing before.")];
    let page = rosa.post(&format!("{alert}/decision"), &answer).await.follow().await;
    assert!(page.words().contains("Dismissed"), "{}", page.words());
    for (later, sent, alerts) in [(1, 90, 1), (0, 50, 2)] {
        if later > 0 {
            app.travel(Duration::hours(2)).await;
        }
        count(&app, account, later, &[("outbound", sent)]).await;
        evaluation::run(&app).await.unwrap();
        assert_eq!(rows(&app, "rule_alerts").await, alerts, "after {sent} more");
    }
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does_and_an_alert_of_a_retired_rule_is_moot() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "review").await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    count(&app, ada.account().await, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    let rosa = app.desk_of(Role::Reviewer).await;
    let alert = waiting(&rosa).await;
    rosa.post(&format!("{alert}/claim"), &[]).await;
    let other = desk.one.post(&format!("{alert}/claim"), &[]).await.follow().await;
    assert!(other.notices().join(" ").contains("works on this alert"));
    let decision = format!("{alert}/decision");
    let (agree, dismiss) = (
        [("answer", "agree"), ("reason", "The figures leave no doubt.")],
        [("answer", "dismiss"), ("reason", "They told us about this before.")],
    );
    let twin = rosa.clone();
    let both = tokio::join!(rosa.post(&decision, &agree), twin.post(&decision, &dismiss));
    assert_eq!((both.0.status, both.1.status), (303, 303));
    let agreed = rows(&app, "rule_alerts WHERE outcome = 'agreed'").await;
    assert_eq!(agreed + rows(&app, "rule_alerts WHERE outcome = 'dismissed'").await, 1);
    assert_eq!(rows(&app, "suspensions").await, agreed);
    count(&app, bob.account().await, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    desk.one
        .post(&format!("{path}/return"), &[("to", "retired"), ("because", "It asks far too often.")])
        .await;
    assert_eq!(rows(&app, "rule_alerts WHERE outcome IS NULL").await, 0);
    assert_eq!(rows(&app, "rule_alerts WHERE outcome = 'moot'").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_rule_in_enforce_restricts_and_what_it_saw_can_be_computed_again() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("parameters", "most = 3"), ("lasts", "24")]).await;
    desk.move_on(&app, &path, "enforce").await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let message = json!({ "channel": "email", "direction": "outbound", "to": "a@example.com" });
    for _ in 0..4 {
        assert_eq!(program.post("/communications", &message).await.status, 201);
    }
    evaluation::watch((*app).clone()).await.unwrap();
    let refused = program.post("/communications", &message).await;
    assert_eq!((refused.status, refused.header("content-type")), (403, "application/problem+json"));
    assert_eq!(program.get("/communications").await.status, 200, "only sending is paused");
    assert_eq!(rows(&app, "suspensions WHERE automated AND level = 'sending_paused' AND expires_at = began_at + interval '24 hours'").await, 1);
    let letter = app.mail_to("ada@example.com").await;
    assert!(letter.text.contains("far more messages"), "{}", letter.text);
    let line = desk.one.get(&path).await;
    let at = line.text().find("/staff/evaluations/EN").expect("an evaluation");
    let page = desk.one.get(&line.text()[at..at + "/staff/evaluations/".len() + 34]).await;
    assert!(
        page.words().contains("Computed again, it comes to the same") && page.words().contains("Restricted"),
        "{}",
        page.words()
    );
    desk.one.post(&format!("{path}/replay"), &[]).await;
    app.run_jobs().await;
    let replay = desk.one.get(&format!("{path}/replay")).await;
    assert!(replay.words().contains(&ada.account().await.to_string()), "the replay names whom it restricted");
}

#[tokio::test]
async fn a_mass_evaluation_that_is_stopped_anywhere_restricts_everybody_once_and_tells_them_once() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let ada = app.customer("ada@example.com").await;
    many(&app, ada.id.0, 40, 500).await;
    many(&app, ada.id.0, 40, 5).await;
    for stop in 1..=10 {
        let pass = async {
            let mut after = uuid::Uuid::nil();
            while let Some(last) = evaluation::batch(&app, after, 9).await.unwrap() {
                after = last;
            }
        };
        let _ = tokio::time::timeout(Span::from_millis(stop * 23), pass).await;
    }
    let twin = app.twin();
    let (one, other) = tokio::join!(evaluation::run(&app), evaluation::run(&twin));
    one.unwrap();
    other.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 40);
    assert_eq!(rows(&app, "(SELECT DISTINCT account_id FROM suspensions) AS once").await, 40);
    assert_eq!(rows(&app, "rule_evaluations WHERE led_to = 'restriction'").await, 40);
    assert_eq!(rows(&app, "signal_accounts WHERE looked_at IS NULL OR looked_at < changed_at").await, 0);
    assert_eq!(app.mailbox().await.len(), 40, "one notice each");
}

#[tokio::test]
async fn a_rule_that_is_taken_back_while_it_looks_does_not_act() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    // The account is locked, so the evaluation has read its versions and waits; meanwhile the rule is taken back.
    let mut conn = app.conn().await;
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    diesel::sql_query(format!("SELECT FROM accounts WHERE id = '{}' FOR UPDATE", account.0))
        .execute(&mut conn)
        .await
        .unwrap();
    let looking = evaluation::run(&app);
    let taking = async {
        lock_waits(&app, "the evaluation waits", 1).await;
        desk.one
            .post(&format!("{path}/return"), &[("to", "shadow"), ("because", "It caught the wrong ones.")])
            .await;
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (looked, ()) = tokio::join!(looking, taking);
    looked.unwrap();
    assert_eq!((rows(&app, "suspensions").await, rows(&app, "rule_evaluations").await), (0, 0));
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 0);
    assert_eq!(
        rows(&app, "rule_evaluations WHERE mode = 'shadow' AND led_to = 'noted'").await,
        1,
        "it is looked at again"
    );
}

#[tokio::test]
async fn after_a_lift_the_same_evidence_does_not_count_again() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 1);
    let now = app.clock.now();
    run(&app, &format!(
        "INSERT INTO suspension_steps (id, suspension_id, seq, step, at, actor_kind, actor_id, words) \
         SELECT gen_random_uuid(), id, 0, 'lifted', '{now}', 'staff', gen_random_uuid(), 'It was a mistake of ours.' FROM suspensions"
    ))
    .await;
    count(&app, account, 0, &[("outbound", 600)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 1, "the hour of the lift counts no more");
    app.travel(Duration::hours(1)).await;
    count(&app, account, 0, &[("outbound", 101)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 2);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_is_restricted_for_what_is_past_its_time() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("level", "suspended")]).await;
    desk.move_on(&app, &path, "review").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 101)]).await;
    evaluation::run(&app).await.unwrap();
    app.travel(Duration::days(217)).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(rows(&app, "rule_evaluations").await, 0);
    let rosa = app.desk_of(Role::Reviewer).await;
    let alert = waiting(&rosa).await;
    rosa.post(&format!("{alert}/claim"), &[]).await;
    let answer = |answer: &'static str| [("answer", answer), ("reason", "Nobody looked at it for months.")];
    let told = rosa.get(&alert).await.submit_to("/decision", &answer("agree")).await.follow().await;
    assert!(told.notices().join(" ").contains("Dismiss the alert"), "{}", told.words());
    assert_eq!(rows(&app, "suspensions").await, 0);
    let done = rosa.get(&alert).await.submit_to("/decision", &answer("dismiss")).await.follow().await;
    assert!(done.words().contains("Dismissed"), "{}", done.words());
    app.mailbox().await;
}

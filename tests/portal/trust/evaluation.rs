//! What rules say of accounts, and that it can be explained.

use std::time::Duration as Span;

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::rule_evaluations;
use portal::platform::ids::EvaluationId;
use portal::trust::rules::{evaluation, explain};
use serde_json::json;

use super::{Desk, count, many};
use crate::support::{TestApp, count as rows, lock_waits, run};

async fn evaluations(app: &TestApp) -> Vec<EvaluationId> {
    rule_evaluations::table
        .order(rule_evaluations::id)
        .select(rule_evaluations::id)
        .load(&mut app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn in_shadow_it_is_noted_once_a_day_what_a_rule_would_have_done() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("parameters", "most = 2")]).await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let message = json!({ "channel": "email", "direction": "outbound", "to": "a@example.com" });
    for sent in 1..=4 {
        program.post("/communications", &message).await;
        evaluation::watch((*app).clone()).await.unwrap();
        assert_eq!(rows(&app, "rule_evaluations").await, i64::from(sent > 2), "after {sent}");
    }
    let page = desk.one.get(&path).await;
    assert!(page.words().contains(&ada.account().await.to_string()), "{}", page.words());
    app.travel(Duration::hours(20)).await;
    program.post("/communications", &message).await;
    evaluation::watch((*app).clone()).await.unwrap();
    let days = rows(&app, "(SELECT DISTINCT day FROM rule_evaluations) AS days").await;
    assert_eq!(rows(&app, "rule_evaluations").await, days, "once a day");
    assert_eq!(program.post("/communications", &message).await.status, 201, "nobody is touched");
}

#[tokio::test]
async fn whom_a_version_noted_today_it_acts_on_as_soon_as_it_may() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_evaluations WHERE led_to = 'noted'").await, 1);
    desk.move_on(&app, &path, "review").await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_alerts WHERE outcome IS NULL").await, 1, "asked on the same day");
    desk.move_on(&app, &path, "enforce").await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions WHERE automated").await, 1, "and restricted");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_is_being_looked_at_while_a_version_moves_on_is_looked_at_again() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    let ada = app.customer("ada@example.com").await.account().await;
    let bob = app.customer("bob@example.com").await.account().await;
    count(&app, bob, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    desk.propose(&app, &path, "review").await;
    for account in [ada, bob] {
        count(&app, account, 0, &[("outbound", 600)]).await;
    }
    // One account is locked, so the evaluation knows that the other was noted today, and waits; meanwhile it is approved.
    let mut conn = app.conn().await;
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    diesel::sql_query(format!("SELECT FROM accounts WHERE id = '{}' FOR UPDATE", ada.0))
        .execute(&mut conn)
        .await
        .unwrap();
    let approving = async {
        lock_waits(&app, "the evaluation waits", 1).await;
        let page = Desk::decide(&desk.other, &path, "approved").await;
        assert_eq!(page.status, 303, "{}", page.words());
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (looked, ()) = tokio::join!(evaluation::run(&app), approving);
    looked.unwrap();
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_alerts").await, 2, "both are asked about");
}

#[tokio::test]
async fn an_evaluation_is_explained_and_comes_to_the_same_once_more() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    desk.write(&[
        ("expression", "outbound_day > most && bounced_percent >= 10"),
        ("parameters", "most = 100"),
    ])
    .await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 3, &[("outbound", 90), ("bounced", 9)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_evaluations").await, 0);
    count(&app, account, 0, &[("outbound", 20), ("bounced", 2)]).await;
    evaluation::run(&app).await.unwrap();
    let id = evaluations(&app).await[0];
    let mut conn = app.conn().await;
    let kept = explain::find(&mut conn, id).await.unwrap();
    let again = explain::recompute(&mut conn, &kept).await.unwrap();
    assert!(again.same);
    assert_eq!(
        (again.score, again.values.get("outbound_day"), again.values.get("bounced_percent")),
        (100, 110.0, 10.0)
    );
    let evidence = kept.evidence();
    assert_eq!((evidence.measures.len(), evidence.measures[0].threshold), (2, Some(100.0)));
    assert_eq!((evidence.series[0].points.len(), evidence.events.len()), (24, 2));
    let page = desk.one.get(&format!("/staff/evaluations/{id}")).await;
    assert!(
        page.words().contains("Computed again, it comes to the same")
            && page.words().contains("messages sent: 90"),
        "{}",
        page.words()
    );
    // Whatever becomes of the counts later, the evaluation stands on what was read.
    run(&app, "DELETE FROM signal_hours").await;
    assert!(explain::recompute(&mut conn, &kept).await.unwrap().same);
}

#[tokio::test]
async fn a_share_that_has_no_end_comes_to_the_same_once_more() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    desk.write(&[("expression", "bounced_percent > most"), ("parameters", "most = 50")]).await;
    // Of numbers with 17 digits many are read back as a neighbour, unless they are read exactly.
    for (bounced, sent) in [(11, 12), (2, 3), (14, 15), (26, 27)] {
        let account = app.customer(&format!("of{sent}@example.com")).await.account().await;
        count(&app, account, 0, &[("outbound", sent), ("bounced", bounced)]).await;
    }
    evaluation::run(&app).await.unwrap();
    let all = evaluations(&app).await;
    assert_eq!(all.len(), 4);
    for id in all {
        let page = desk.one.get(&format!("/staff/evaluations/{id}")).await;
        assert!(page.words().contains("Computed again, it comes to the same"), "{}", page.words());
    }
}

#[tokio::test]
async fn weak_signs_act_only_together() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let heavy = desk.write(&[("name", "Heavy"), ("weight", "60")]).await;
    let light = [
        ("name", "Light"),
        ("expression", "complained_day >= some"),
        ("parameters", "some = 3"),
        ("weight", "40"),
    ];
    let light = desk.write(&light).await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500), ("complained", 3)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_evaluations").await, 0, "another in shadow does not count");
    desk.move_on(&app, &light, "review").await;
    evaluation::run(&app).await.unwrap();
    let first = evaluations(&app).await;
    assert_eq!(first.len(), 1);
    let kept = explain::find(&mut *app.conn().await, first[0]).await.unwrap();
    assert_eq!((kept.score, kept.combined().len()), (100, 2));
    assert!(desk.one.get(&heavy).await.words().contains("score 100"));
    assert!(explain::recompute(&mut *app.conn().await, &kept).await.unwrap().same);
}

#[tokio::test]
async fn the_replay_comes_to_what_was_noted() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk
        .write(&[
            ("expression", "outbound_times_usual > times && new_recipients_day > many"),
            ("parameters", "times = 5\nmany = 10"),
        ])
        .await;
    let mut expected = 0;
    for number in 0..6 {
        let account = app.customer(&format!("person{number}@example.com")).await.account().await;
        for day in 2..20 {
            count(&app, account, day * 24, &[("outbound", 20 * (number + 1))]).await;
        }
        count(&app, account, 0, &[("outbound", 301), ("new_recipients", 11)]).await;
        // Five times their usual 20, 40, 60 … a day, less where the first days were quiet.
        expected += i64::from(number < 4);
    }
    evaluation::run(&app).await.unwrap();
    let noted = rows(&app, "rule_evaluations").await;
    assert!(noted > 0 && noted < 6, "{noted}, and about {expected}");
    desk.one.post(&format!("{path}/replay"), &[]).await;
    app.run_jobs().await;
    let same = "rule_replay_hits h JOIN rule_evaluations e USING (account_id)";
    assert_eq!((rows(&app, same).await, rows(&app, "rule_replay_hits").await), (noted, noted));
}

#[tokio::test]
async fn stopped_at_any_point_and_begun_again_everybody_is_noted_once() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    desk.write(&[]).await;
    let owner = app.customer("ada@example.com").await.id.0;
    many(&app, owner, 60, 500).await;
    many(&app, owner, 60, 5).await;
    for attempt in 1..=10 {
        let pass = async {
            let mut after = uuid::Uuid::nil();
            while let Some(last) = evaluation::batch(&app, after, 7).await.unwrap() {
                after = last;
            }
        };
        let _ = tokio::time::timeout(Span::from_millis(attempt * 7), pass).await;
    }
    let twin = app.twin();
    let (one, other) = tokio::join!(evaluation::run(&app), evaluation::run(&twin));
    one.unwrap();
    other.unwrap();
    assert_eq!(rows(&app, "rule_evaluations").await, 60);
    assert_eq!(rows(&app, "(SELECT DISTINCT account_id FROM rule_evaluations) AS once").await, 60);
    assert_eq!(rows(&app, "signal_accounts WHERE looked_at IS NULL OR looked_at < changed_at").await, 0);
}

#[tokio::test]
async fn a_retired_version_says_nothing_more() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.one.post(&format!("{path}/return"), &[("to", "retired"), ("because", "It was only a try.")]).await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "rule_evaluations").await, 0);
}

#[tokio::test]
async fn nobody_is_restricted_twice_for_the_same_day() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[("lasts", "1")]).await;
    desk.move_on(&app, &path, "review").await;
    desk.move_on(&app, &path, "enforce").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(&app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 1);
    app.travel(Duration::hours(2)).await;
    portal::trust::suspensions::tending::tend((*app).clone()).await.unwrap();
    assert_eq!(rows(&app, "suspensions WHERE ended_how = 'expired'").await, 1);
    count(&app, account, 0, &[("requests", 1)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 1, "what was sent before it began counted once");
    count(&app, account, 0, &[("outbound", 101)]).await;
    evaluation::run(&app).await.unwrap();
    assert_eq!(rows(&app, "suspensions").await, 2, "what comes after it does count");
    app.mailbox().await;
}

//! A rule whose decisions do not stand goes back to asking.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{AccountId, RuleId};
use portal::trust::rules::bound;

use super::Desk;
use crate::support::{TestApp, count as rows};

/// So many restrictions by the one rule there is, each with an appeal that was decided so, as if by way of the pages.
pub async fn decided(app: &TestApp, account: AccountId, outcome: &str, times: i64) {
    let mut conn = app.conn().await;
    let now = app.clock.now();
    // Who takes an appeal back decides nothing.
    let (by, words) = match outcome {
        "withdrawn" => ("NULL", "NULL"),
        _ => ("gen_random_uuid()", "'Looked at again.'"),
    };
    for statement in [
        // What is checked step by step elsewhere is written at once here.
        "SET session_replication_role = replica".to_owned(),
        format!(
            "WITH made AS (INSERT INTO suspensions (id, account_id, level, decided_by_kind, rule_id, rule_version_id, evaluation_id, reason_code, words, automated, began_at, appeal_until, ended_at, ended_how, version) \
             SELECT gen_random_uuid(), '{account}', 'warned', 'rule', rule_id, id, gen_random_uuid(), 'spam', 'Words for the customer.', true, '{now}'::timestamptz - interval '1 day', '{now}'::timestamptz + interval '7 months', '{now}', 'lifted', 2 \
             FROM rule_versions, generate_series(1, {times}) RETURNING id) \
             INSERT INTO appeals (id, suspension_id, account_id, round, words, filed_at, due_at, outcome, decided_by, decided_at, decision_words, version) \
             SELECT gen_random_uuid(), id, '{account}', 1, 'It was wrong.', '{now}', '{now}'::timestamptz + interval '2 days', '{outcome}', {by}, '{now}', {words}, 1 FROM made",
            account = account.0
        ),
        "SET session_replication_role = origin".to_owned(),
    ] {
        diesel::sql_query(&statement)
            .execute(&mut conn)
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
}

async fn in_mode(app: &TestApp, mode: &str) -> i64 {
    rows(app, &format!("rule_versions WHERE mode = '{mode}'")).await
}

#[tokio::test]
async fn at_the_twentieth_appeal_a_rule_beyond_the_bound_goes_back_and_the_desk_is_told_once() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let account = app.customer("ada@example.com").await.account().await;
    decided(&app, account, "lifted", 13).await;
    decided(&app, account, "shortened", 6).await;
    bound::tend(&app).await.unwrap();
    assert_eq!(in_mode(&app, "enforce").await, 1, "nineteen show nothing yet");
    decided(&app, account, "upheld", 1).await;
    let twin = app.twin();
    let rule: RuleId = path.split('/').nth(3).unwrap().parse().unwrap();
    let now = app.clock.now();
    let mut conn = app.conn().await;
    let (one, other) = tokio::join!(bound::look(&mut conn, &app, rule, now), bound::tend(&twin));
    one.unwrap();
    other.unwrap();
    assert_eq!((in_mode(&app, "enforce").await, in_mode(&app, "review").await), (0, 1));
    let mut mails: Vec<String> =
        app.mailbox().await.into_iter().map(|mail| format!("{} {}", mail.to, mail.name)).collect();
    mails.sort();
    assert_eq!(mails, ["admin@lossexpress.test rule_sent_back", "support@lossexpress.test rule_sent_back"]);
    assert_eq!(rows(&app, "audit_events WHERE action = 'rule.sent_back' AND actor_kind = 'system'").await, 1);
    let words = desk.one.get(&path).await.words();
    assert!(words.contains("It asks a person") && words.contains("· the portal"), "{words}");
    // Two people let it act again: what was decided before does not count twice.
    app.travel(Duration::seconds(1)).await;
    desk.move_on(&app, &path, "enforce").await;
    bound::tend(&app).await.unwrap();
    assert_eq!(in_mode(&app, "enforce").await, 1);
}

#[tokio::test]
async fn a_quarter_of_twenty_is_within_the_bound() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let account = app.customer("ada@example.com").await.account().await;
    decided(&app, account, "upheld", 15).await;
    app.travel(Duration::minutes(1)).await;
    decided(&app, account, "lifted", 5).await;
    decided(&app, account, "withdrawn", 9).await;
    bound::tend(&app).await.unwrap();
    assert_eq!(in_mode(&app, "enforce").await, 1);
    decided(&app, account, "lifted", 1).await;
    bound::tend(&app).await.unwrap();
    assert_eq!(in_mode(&app, "review").await, 1, "six of the last twenty");
    app.mailbox().await;
}

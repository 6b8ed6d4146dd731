//! What is counted, from what is really asked, sent and tried.

use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::AccountId;
use portal::trust::signals::inputs::{Inputs, compute};
use portal::trust::signals::{SIGNALS, Values, collect, hour_of, queries};
use serde_json::json;

use super::{Desk, count as put, put as put_at};
use crate::support::{Program, TestApp, count, run};

async fn values(app: &TestApp, account: AccountId) -> Values {
    let hour = hour_of(app.clock.now());
    let all = queries::at(&mut *app.conn().await, hour, None).await.unwrap();
    let one = queries::at(&mut *app.conn().await, hour, Some(&[account])).await.unwrap();
    assert_eq!(all.get(&account), one.get(&account));
    all.get(&account).cloned().unwrap_or_default()
}

async fn send(program: &Program, to: &str, body: &str) -> String {
    let message = json!({ "channel": "email", "direction": "outbound", "from": "desk@insurer.example", "to": to, "body": body });
    let answer = program.post("/communications", &message).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_program_sends_is_counted_and_neither_words_nor_recipients_are_kept() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    for (to, body) in [
        ("a@example.com", "Buy now"),
        ("b@example.com", "Buy now"),
        ("A@example.com", "Hello"),
        ("c@example.com", "Buy now "),
    ] {
        send(&program, to, body).await;
    }
    let sid = send(&program, "d@example.com", "").await;
    for status in ["sent", "bounced"] {
        let answer =
            program.post(&format!("/communications/{sid}/statuses"), &json!({ "status": status })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    collect::run(&app).await.unwrap();
    let seen = values(&app, ada.account().await).await;
    assert_eq!((seen.get("outbound_day"), seen.get("outbound_hour")), (5.0, 5.0));
    assert_eq!((seen.get("recipients_hour"), seen.get("new_recipients_day")), (4.0, 4.0));
    assert_eq!((seen.get("bounced_day"), seen.get("bounced_percent")), (1.0, 20.0));
    assert_eq!(seen.get("same_words_percent"), 75.0, "three of four that said something");
    assert_eq!(seen.get("outbound_times_usual"), 0.5);
    assert_eq!(count(&app, "communication_bodies").await, 0, "the account stores no bodies");
    assert_eq!(count(&app, "communications WHERE body_key IS NOT NULL").await, 4);
}

#[tokio::test]
async fn requests_networks_and_sign_ins_are_counted() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    for _ in 0..2 {
        let another = Program { client: app.browser(), ..program.clone() };
        another.get("/claims").await;
    }
    program.get("/claims/none").await;
    app.browser().post("/sign-in", &[("email", "ada@example.com"), ("password", "wrong wrong wrong")]).await;
    // The log is written behind the answers.
    app.sign_in_as(&ada).await.get(&format!("/accounts/{}/requests", ada.account().await)).await;
    run(&app, "UPDATE api_requests SET ip = '198.51.100.7' WHERE status >= 400").await;
    collect::run(&app).await.unwrap();
    let seen = values(&app, ada.account().await).await;
    assert_eq!((seen.get("requests_day"), seen.get("requests_hour")), (3.0, 3.0));
    assert!((seen.get("errors_percent") - 100.0 / 3.0).abs() < 1e-9);
    assert_eq!((seen.get("networks"), seen.get("networks_per_credential")), (2.0, 2.0));
    assert_eq!(seen.get("sign_in_failures"), 1.0);
}

#[tokio::test]
async fn counting_twice_or_on_two_servers_changes_nothing_and_nothing_is_lowered() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let sid = send(&program, "a@example.com", "Hello").await;
    send(&program, "b@example.com", "Hello").await;
    // The log is written behind the answers.
    app.sign_in_as(&ada).await.get(&format!("/accounts/{}/requests", ada.account().await)).await;
    let twin = app.twin();
    let (one, other) = tokio::join!(collect::run(&app), collect::run(&twin));
    one.unwrap();
    other.unwrap();
    let before = values(&app, ada.account().await).await;
    run(&app, "UPDATE signal_accounts SET looked_at = changed_at").await;
    collect::run(&app).await.unwrap();
    assert_eq!(values(&app, ada.account().await).await, before);
    assert_eq!(count(&app, "signal_accounts WHERE looked_at < changed_at").await, 0, "nothing is new");
    assert_eq!(program.delete(&format!("/communications/{sid}")).await.status, 204);
    send(&program, "c@example.com", "Hello").await;
    collect::run(&app).await.unwrap();
    let after = values(&app, ada.account().await).await;
    assert_eq!(after.get("outbound_day"), 2.0, "what was deleted still counts");
    assert_eq!(after.get("new_recipients_day"), 3.0);
    assert_eq!(count(&app, "signal_accounts WHERE looked_at < changed_at").await, 1);
}

#[tokio::test]
async fn who_was_stopped_for_long_catches_up_piece_by_piece() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    send(&program, "a@example.com", "Hello").await;
    collect::run(&app).await.unwrap();
    for _ in 0..3 {
        app.travel(Duration::hours(30)).await;
        send(&program, "a@example.com", "Hello").await;
        send(&program, "b@example.com", "Hello").await;
    }
    collect::run(&app).await.unwrap();
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        outbound: i32,
        #[diesel(sql_type = Integer)]
        new_recipients: i32,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT outbound, new_recipients FROM signal_hours WHERE outbound > 0 ORDER BY hour",
    )
    .load(&mut app.conn().await)
    .await
    .unwrap();
    let rows: Vec<(i32, i32)> = rows.iter().map(|row| (row.outbound, row.new_recipients)).collect();
    assert_eq!(rows, [(1, 1), (2, 1), (2, 0), (2, 0)]);
}

#[tokio::test]
async fn windows_end_where_they_say() {
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    for (ago, outbound) in
        [(24 + 28 * 24, 1_000_000), (24 + 28 * 24 - 1, 2_800), (24, 0), (23, 50), (2, 30), (1, 20), (0, 10)]
    {
        put(&app, account, ago, &[("outbound", outbound)]).await;
    }
    let seen = values(&app, account).await;
    assert_eq!((seen.get("outbound_day"), seen.get("outbound_hour")), (110.0, 20.0));
    assert_eq!(seen.get("outbound_times_usual"), 1.1, "2,800 in 28 days are 100 a day");
}

/// The statement over all accounts and the reckoning of one come to the same, whatever was counted.
#[tokio::test]
async fn both_ways_of_computing_come_to_the_same() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let now = hour_of(app.clock.now());
    let mut seed: u64 = 7;
    let mut next = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % most).unwrap()
    };
    let mut accounts = Vec::new();
    for number in 0..12 {
        let account = app.account_of(&ada, &format!("Account {number}")).await;
        for _ in 0..40 {
            let hour = now - Duration::hours(if next(2) == 0 { next(30) } else { next(29 * 24) });
            let names = [
                "requests",
                "errors",
                "outbound",
                "recipients",
                "new_recipients",
                "bounced",
                "complained",
                "bodies",
                "same_body",
                "sign_in_failures",
                "leaks",
                "mail_reports",
            ];
            let counts: Vec<(&str, i64)> = names.iter().map(|name| (*name, next(60))).collect();
            put_at(&app, account, hour, &counts).await;
            let pairs: Vec<i64> = (0..next(5)).map(|_| next(3) << 32 | next(4)).collect();
            let countries: Vec<i64> = (0..next(3)).map(|_| next(4)).collect();
            diesel::sql_query("UPDATE signal_hours SET key_networks = ARRAY(SELECT DISTINCT unnest($1)), countries = ARRAY(SELECT DISTINCT unnest($2)) WHERE account_id = $3 AND hour = $4")
                .bind::<Array<BigInt>, _>(pairs)
                .bind::<Array<BigInt>, _>(countries)
                .bind::<diesel::sql_types::Uuid, _>(account)
                .bind::<diesel::sql_types::Timestamptz, _>(hour)
                .execute(&mut app.conn().await)
                .await
                .unwrap();
        }
        accounts.push(account);
    }
    for account in accounts {
        let hours =
            queries::hours(&mut *app.conn().await, account, now - Duration::days(40), now).await.unwrap();
        let alone = compute(&Inputs::at(&hours, now, None));
        let together = values(&app, account).await;
        for signal in SIGNALS {
            assert_eq!(alone.get(signal.name), together.get(signal.name), "{} of {account}", signal.name);
        }
        assert!(alone.get("networks_per_credential") > 0.0);
    }
}

#[tokio::test]
async fn every_signal_is_on_the_page_with_what_it_means() {
    let app = TestApp::start().await;
    let page = Desk::of(&app).await.one.get("/staff/rules/signals").await;
    for signal in SIGNALS {
        assert!(page.words().contains(signal.name) && page.words().contains(signal.about), "{}", signal.name);
    }
}

#[tokio::test]
async fn whoever_only_knows_a_sid_does_nothing_to_its_account_and_our_failures_are_nobodys_errors() {
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    for (status, signed) in
        [(429, false), (401, false), (200, true), (404, true), (500, true), (403, true), (429, true)]
    {
        let (kind, credential) = if signed { ("'api_key'", "gen_random_uuid()") } else { ("NULL", "NULL") };
        let now = app.clock.now();
        run(&app, &format!(
            "INSERT INTO api_requests (id, account_id, at, method, route, status, credential_kind, credential, duration_micros) \
             VALUES ('{}', '{}', '{}', 'GET', '/v1/claims', {status}, {kind}, {credential}, 1)",
            portal::platform::ids::new_uuid(now), account.0, now.to_rfc3339()
        ))
        .await;
    }
    collect::run(&app).await.unwrap();
    assert_eq!(count(&app, "signal_hours WHERE requests = 5 AND errors = 1").await, 1);
}

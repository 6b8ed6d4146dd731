//! Suspensions: what is stopped in which level, who is told, and that all is as it was when they end.

use chrono::Duration;
use diesel_async::{AsyncConnection as _, RunQueryDsl as _};
use portal::accounts::permissions::AccountRole;
use portal::accounts::states::{self, State};
use portal::platform::ids::{AccountId, PersonId};
use portal::trust::suspensions::{self, Change, Level, Refusal, Ruling};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{a_rule, carry_out, decision, seen, somebody, suspend};
use crate::support::{Page, Program, TestApp, count, eventually, run};

async fn state(app: &TestApp, account: AccountId) -> State {
    states::present(&mut *app.conn().await, account).await.expect("a state")
}

async fn send(program: &Program) -> Page {
    let message = json!({ "channel": "email", "direction": "outbound", "to": "grace@example.net" });
    program.post("/communications", &message).await
}

pub(super) async fn report(program: &Program, message: &Page, status: &str) -> Page {
    let sid = message.json()["sid"].as_str().expect("a SID").to_owned();
    program.post(&format!("/communications/{sid}/statuses"), &json!({ "status": status })).await
}

pub(super) fn refused(page: &Page) -> bool {
    page.status == 403 && page.json()["type"] == "/docs/api#problem-account-suspended"
}

pub(super) async fn lift(app: &TestApp, id: portal::platform::ids::SuspensionId) -> Result<(), Refusal> {
    let (now, mut conn) = (app.clock.now(), app.conn().await);
    let ruling = Ruling {
        suspension: id,
        change: Change::Lifted,
        by: PersonId(Uuid::from_u128(5)),
        words: "The list was bought from somebody else and is gone.",
        appeal: None,
        seen: None,
    };
    let outcome = conn.transaction(async |conn| suspensions::rule_on(conn, &ruling, now).await).await;
    match outcome {
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::of(&error).unwrap_or_else(|| panic!("{error}"))),
    }
}

#[tokio::test]
async fn the_owner_and_every_member_are_told_once_with_all_that_a_notice_says() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Billing).await;
    let now = app.clock.now();
    let automated = portal::trust::suspensions::Decision {
        evidence: seen(now),
        expires_at: Some(now + Duration::days(3)),
        ..decision(account, Level::Suspended, a_rule(1))
    };
    let id = carry_out(&app, &automated).await.expect("the first");
    let mut letters = app.mailbox().await;
    // Both are of one moment, so which stands first is a matter of chance.
    letters.sort_by(|a, b| a.to.cmp(&b.to));
    let readers: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(readers, ["ada@example.com", "bob@example.com"]);
    let text = letters[0].text.replace('\n', " ");
    assert_eq!(letters[0].subject, "First account is suspended");
    for part in [
        "46 of 100 messages came back within one day.",
        "Unwanted messages",
        "by itself and without a person",
        "Since: ",
        "UTC",
        "Reading what was decided and why",
        "Programs that read",
        "can appeal until",
        &format!("/accounts/{account}/suspensions/{id}/appeal"),
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert_eq!(count(&app, "suspension_notices").await, 2);
    assert_eq!(carry_out(&app, &automated).await, None, "the rule has one in force");
    assert!(app.mailbox().await.is_empty());
    assert!(
        carry_out(&app, &decision(account, Level::Warned, a_rule(2))).await.is_some(),
        "another rule has not"
    );
    assert_eq!(count(&app, "receipts WHERE kind = 'suspension_began'").await, 2);
    assert_eq!(count(&app, "audit_events WHERE action = 'account.suspension.began'").await, 2);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_is_suspended_without_a_notice_and_no_row_is_changed_but_by_a_step() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let insert = format!(
        "INSERT INTO suspensions (id, account_id, level, decided_by_kind, decided_by, reason_code, words, automated, began_at, appeal_until) \
         VALUES (gen_random_uuid(), '{}', 'warned', 'staff', gen_random_uuid(), 'spam', 'Ten letters at least.', false, now(), now() + interval '7 months')",
        account.0
    );
    let error = diesel::sql_query(&insert).execute(&mut app.conn().await).await.unwrap_err();
    assert!(error.to_string().contains("without a notice"), "{error}");
    let id = suspend(&app, account, Level::Suspended).await.0;
    for statement in [
        "UPDATE suspensions SET level = 'warned'".to_owned(),
        "UPDATE suspensions SET ended_at = now(), ended_how = 'lifted'".to_owned(),
        "UPDATE suspensions SET evidence = '{}', evidence_emptied_at = now()".to_owned(),
        "DELETE FROM suspensions".to_owned(),
        "DELETE FROM suspension_steps".to_owned(),
        "UPDATE suspension_steps SET words = NULL".to_owned(),
        format!(
            "INSERT INTO suspension_steps (id, suspension_id, seq, step, at, actor_kind) VALUES (gen_random_uuid(), '{id}', 0, 'expired', now(), 'system')"
        ),
        format!(
            "INSERT INTO suspension_steps (id, suspension_id, seq, step, at, actor_kind) VALUES (gen_random_uuid(), '{id}', 0, 'lifted', now(), 'rule')"
        ),
    ] {
        assert!(diesel::sql_query(&statement).execute(&mut app.conn().await).await.is_err(), "{statement}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn programs_may_do_what_the_level_says_and_are_led_to_the_statement() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let claim = |number: &str| json!({ "claim_number": number, "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31" });
    for (index, level) in Level::ALL.into_iter().enumerate() {
        let id = suspend(&app, account, level).await;
        let (read, write) =
            (program.get("/claims").await, program.post("/claims", &claim(&index.to_string())).await);
        let sent = send(&program).await;
        let allowed = [!refused(&read), !refused(&write), !refused(&sent)];
        let should = [level < Level::Suspended, level < Level::ApiReadOnly, level < Level::SendingPaused];
        assert_eq!(allowed, should, "{level:?}: {} {}", write.text(), sent.text());
        if level > Level::Warned {
            assert_eq!(sent.header("content-type"), "application/problem+json");
            assert_eq!(sent.json()["instance"], format!("/accounts/{account}/suspensions/{id}"));
        }
    }
    assert_eq!(state(&app, account).await, State::Suspended);
    app.mailbox().await;
}

#[tokio::test]
async fn while_sending_is_paused_queued_messages_stay_queued_and_what_is_under_way_is_still_reported() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let (queued, under_way) = (send(&program).await, send(&program).await);
    assert_eq!(report(&program, &under_way, "sent").await.status, 201);
    let id = suspend(&app, account, Level::SendingPaused).await;
    for status in ["sent", "delivered"] {
        let page = report(&program, &queued, status).await;
        assert!(refused(&page), "{status}: {}", page.text());
    }
    assert_eq!(report(&program, &under_way, "delivered").await.status, 201);
    let inbound =
        json!({ "channel": "email", "direction": "inbound", "from": "g@example.net", "to": "a@example.net" });
    assert_eq!(program.post("/communications", &inbound).await.status, 201);
    lift(&app, id).await.expect("it is in force");
    assert_eq!(report(&program, &queued, "sent").await.status, 201);
    assert_eq!(send(&program).await.status, 201);
    app.mailbox().await;
}

#[tokio::test]
async fn after_a_suspension_everything_is_as_it_was_before() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let key = app.program_with(&ada, &portal::api::scopes::Scope::ALL).await;
    assert_eq!(send(&program).await.status, 201);
    let tables =
        ["auth_tokens", "api_keys", "communications", "communication_statuses", "claims", "account_members"];
    let copy = tables.map(|table| format!("CREATE TABLE before_{table} AS SELECT * FROM {table}"));
    for statement in copy {
        run(&app, &statement).await;
    }
    let id = suspend(&app, account, Level::Suspended).await;
    assert!(refused(&key.get("/claims").await) && refused(&program.get("").await));
    app.travel(Duration::days(2)).await;
    lift(&app, id).await.expect("it is in force");
    // When a credential was last used is written behind the answers, and a refusal is a use, too.
    let all = |table: &str| {
        format!(
            "SELECT to_jsonb(t) - '{{last_used_at,last_used_ip,last_used_country,last_used_agent}}'::text[] FROM {table} t"
        )
    };
    for table in tables {
        let (now, before) = (all(table), all(&format!("before_{table}")));
        for other in [format!("({now} EXCEPT {before}) a"), format!("({before} EXCEPT {now}) a")] {
            assert_eq!(count(&app, &other).await, 0, "{table} was changed");
        }
    }
    assert_eq!((key.get("/claims").await.status, send(&program).await.status), (200, 201));
    assert_eq!(state(&app, account).await, State::Trial);
    assert_eq!(lift(&app, id).await, Err(Refusal::Over));
    app.mailbox().await;
}

#[tokio::test]
async fn a_suspension_ends_at_its_moment_and_whoever_was_told_is_told_again() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let until = app.clock.now() + Duration::hours(2);
    let short = portal::trust::suspensions::Decision {
        expires_at: Some(until),
        ..decision(account, Level::Suspended, a_rule(1))
    };
    carry_out(&app, &short).await.expect("the first");
    suspend(&app, account, Level::SendingPaused).await;
    app.mailbox().await;
    app.travel(Duration::hours(2) - Duration::minutes(1)).await;
    assert!(refused(&program.get("/claims").await));
    app.travel(Duration::minutes(1)).await;
    assert_eq!(
        program.get("/claims").await.status,
        200,
        "at once, and not with the next look at the timetable"
    );
    assert!(refused(&send(&program).await), "the other one goes on");
    app.run_timetable().await;
    assert_eq!(state(&app, account).await, State::Trial);
    let letter = app.mail_to(&ada.email).await;
    assert_eq!(letter.subject, "A suspension of First account has expired");
    assert!(app.mailbox().await.is_empty(), "one mail");
    app.run_timetable().await;
    assert!(app.mailbox().await.is_empty());
    assert!(carry_out(&app, &short_again(&app, account)).await.is_some(), "the rule may decide again");
    app.mailbox().await;
}

fn short_again(app: &TestApp, account: AccountId) -> portal::trust::suspensions::Decision {
    let expires_at = Some(app.clock.now() + Duration::hours(1));
    portal::trust::suspensions::Decision { expires_at, ..decision(account, Level::Warned, a_rule(1)) }
}

#[tokio::test]
async fn an_expired_suspension_of_a_rule_makes_way_for_the_next_before_anybody_looked() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    carry_out(&app, &short_again(&app, account)).await.expect("the first");
    app.travel(Duration::hours(1)).await;
    carry_out(&app, &short_again(&app, account)).await.expect("the second");
    let subjects: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
    assert_eq!(count(&app, "audit_events WHERE action = 'account.suspension.expired'").await, 1);
}

#[tokio::test]
async fn of_several_the_highest_counts_and_the_state_follows_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    run(&app, "UPDATE account_states SET state = 'active'").await;
    let (first, second) =
        (suspend(&app, account, Level::Suspended).await, suspend(&app, account, Level::Suspended).await);
    suspend(&app, account, Level::Warned).await;
    lift(&app, second).await.expect("in force");
    assert_eq!(state(&app, account).await, State::Suspended);
    assert!(program.get("/claims").await.json()["instance"].as_str().unwrap().ends_with(&first.to_string()));
    lift(&app, first).await.expect("in force");
    assert_eq!(state(&app, account).await, State::Active);
    assert_eq!(send(&program).await.status, 201);
    app.mailbox().await;
}

#[tokio::test]
async fn a_closing_account_stays_closing_and_its_closure_is_undone_into_what_is_true_then() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let browser = app.sign_in_as(&ada).await;
    let close = async || {
        let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
        let fields = [("understood", "on"), ("confirmation", "First account")];
        assert_eq!(page.submit_to("/closure", &fields).await.status, 303);
    };
    let undo = async || browser.post(&format!("/accounts/{account}/closure/undo"), &[]).await;
    // Suspended while it closes, undone while it is suspended.
    close().await;
    let id = suspend(&app, account, Level::Suspended).await;
    assert_eq!(state(&app, account).await, State::Closing);
    assert!(refused(&program.get("/claims").await));
    undo().await;
    assert_eq!(state(&app, account).await, State::Suspended);
    // Closed while it is suspended, lifted while it closes, undone after that.
    close().await;
    assert_eq!(state(&app, account).await, State::Closing);
    lift(&app, id).await.expect("in force");
    assert_eq!((state(&app, account).await, program.get("/claims").await.status), (State::Closing, 200));
    undo().await;
    assert_eq!((state(&app, account).await, send(&program).await.status), (State::Trial, 201));
    app.mailbox().await;
}

#[tokio::test]
async fn an_import_under_way_stops_when_the_suspension_begins() {
    const LINES: u32 = 20_000;
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let line = |number: u32| {
        format!(
            "{{\"claim_number\":\"{number}\",\"insurer\":\"Acme\",\"state\":\"reported\",\"lost_on\":\"2026-01-31\",\"parties\":[{{\"role\":\"claimant\",\"name\":\"Grace Hopper\"}}]}}\n"
        )
    };
    let import = program
        .request(Method::POST, "/claims/import?mode=best_effort")
        .header("content-type", "application/x-ndjson")
        .body((0..LINES).map(line).collect::<String>());
    let suspending = async {
        eventually("a batch to be stored", async || (count(&app, "claims").await > 0).then_some(())).await;
        suspend(&app, account, Level::ApiReadOnly).await;
        count(&app, "claims").await
    };
    let (imported, then) = tokio::join!(program.send(import), suspending);
    assert!(refused(&imported), "{} {}", imported.status, imported.text());
    assert!(then > 0 && then < i64::from(LINES), "it began while the import was under way: {then}");
    assert_eq!(count(&app, "claims").await, then, "nothing arrives after the suspension began");
    app.mailbox().await;
}

#[tokio::test]
async fn two_who_suspend_by_one_rule_at_once_make_one_suspension_and_one_mail() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let decided = decision(account, Level::Suspended, a_rule(1));
    let (first, second) = tokio::join!(carry_out(&app, &decided), carry_out(&app, &decided));
    assert!(first.is_some() != second.is_some());
    assert_eq!(app.mailbox().await.len(), 1);
    let by_staff = decision(account, Level::Warned, somebody());
    let (first, second) = tokio::join!(carry_out(&app, &by_staff), carry_out(&app, &by_staff));
    assert!(first.is_some() && second.is_some(), "each of staff is a decision of its own");
    app.mailbox().await;
}

#[tokio::test]
async fn what_a_suspension_was_shown_by_goes_a_month_after_the_time_to_appeal_and_the_statement_stays() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let now = app.clock.now();
    let shown = portal::trust::suspensions::Decision {
        evidence: seen(now),
        ..decision(ada.account().await, Level::Warned, a_rule(1))
    };
    carry_out(&app, &shown).await.expect("the first");
    app.mailbox().await;
    let end = now.checked_add_months(chrono::Months::new(7)).expect("a moment");
    app.travel(end - now - Duration::hours(1)).await;
    suspensions::tending::tend((*app).clone()).await.expect("the timetable");
    assert_eq!(count(&app, "suspensions WHERE evidence = '{}'").await, 0);
    app.travel(Duration::days(1)).await;
    suspensions::tending::tend((*app).clone()).await.expect("the timetable");
    assert_eq!(count(&app, "suspensions WHERE evidence = '{}' AND words <> ''").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_signs_in_and_opens_the_account_reads_that_it_is_suspended() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Billing).await;
    suspend(&app, account, Level::Warned).await;
    let id = suspend(&app, account, Level::SendingPaused).await;
    for person in [&ada, &bob] {
        let browser = app.sign_in_as(person).await;
        for path in ["/settings".to_owned(), format!("/accounts/{account}")] {
            let page = browser.get(&path).await;
            assert!(
                page.words().contains("Sending from First account is paused"),
                "{path}: {}",
                page.words()
            );
            assert_eq!(page.link("how to appeal"), format!("/accounts/{account}/suspensions/{id}"));
        }
    }
    let stranger = app.customer("eve@example.com").await;
    assert!(!app.sign_in_as(&stranger).await.get("/settings").await.words().contains("paused"));
    app.mailbox().await;
}

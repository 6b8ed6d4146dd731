//! What comes of appeals: where a suspension ends meanwhile or at a new end, a second appeal, and what is told of their pace.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{AccountId, SuspensionId};
use portal::staff::permissions::Role;
use portal::trust::suspensions::{Decision, Level, tending};

use super::appeals::{REASONS, another_reviewer, claimed, decide, file, page_of, suspended};
use super::{a_rule, carry_out, decision};
use crate::support::{TestApp, TestPerson, count, run};

/// Suspended by a rule for twenty minutes, with an appeal that a reviewer has claimed; its page at the desk.
async fn short<'a>(app: &'a TestApp) -> (TestPerson<'a>, AccountId, SuspensionId) {
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let expires_at = Some(app.clock.now() + Duration::minutes(20));
    let decided = Decision { expires_at, ..decision(account, Level::Suspended, a_rule(1)) };
    let id = carry_out(app, &decided).await.expect("the first");
    (ada, account, id)
}

#[tokio::test]
async fn what_expires_while_it_is_decided_is_decided_all_the_same() {
    let app = TestApp::start().await;
    let (ada, account, id) = short(&app).await;
    file(&app.sign_in_as(&ada).await, account, id).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    let form = reviewer.get(&path).await;
    app.mailbox().await;
    app.travel(Duration::minutes(20)).await;
    let fields = [("outcome", "upheld"), ("words", REASONS)];
    let (decided, tended) = tokio::join!(form.submit_to("/decision", &fields), tending::tend((*app).clone()));
    tended.expect("the timetable");
    assert_eq!(decided.status, 303, "{}", decided.words());
    tending::tend((*app).clone()).await.expect("the timetable");
    assert_eq!(count(&app, "appeals WHERE outcome = 'upheld'").await, 1);
    assert_eq!(count(&app, "suspensions WHERE ended_how = 'expired'").await, 1);
    let mails: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(mails.len(), 2, "one says that it ended, one what was decided: {mails:?}");
}

#[tokio::test]
async fn a_person_looks_at_a_short_suspension_too_long_after_it_has_expired() {
    let app = TestApp::start().await;
    let (ada, account, id) = short(&app).await;
    app.travel(Duration::days(30)).await;
    app.run_timetable().await;
    app.mailbox().await;
    let browser = app.sign_in_as(&ada).await;
    let filed = file(&browser, account, id).await;
    assert_eq!(filed.status, 303, "{}", filed.error());
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    app.mailbox().await;
    let later = (app.clock.now() + Duration::days(1)).format("%Y-%m-%dT%H:%M").to_string();
    let shorten = [("outcome", "shortened"), ("until", later.as_str()), ("words", REASONS)];
    let refused = reviewer.get(&path).await.submit_to("/decision", &shorten).await;
    assert!(refused.status == 422 && refused.error().contains("not shortened"), "{}", refused.words());
    assert_eq!(decide(&reviewer, &path, "lifted").await.status, 303);
    let letter = app.mail_to(&ada.email).await;
    assert!(
        letter.subject.contains("should not have been") && letter.text.contains("expired on"),
        "{}",
        letter.text
    );
    assert_eq!(
        count(&app, "suspensions WHERE ended_how = 'lifted' AND ended_at <= expires_at + interval '31 days'")
            .await,
        1
    );
    let again = file(&browser, account, id).await;
    assert!(again.status == 422 && again.error().contains("over"), "{}", again.words());
    app.mailbox().await;
}

#[tokio::test]
async fn a_second_appeal_goes_to_another_person_is_final_and_names_the_other_routes() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::SendingPaused).await;
    let rosa = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    file(&browser, account, id).await;
    let first = claimed(&rosa).await;
    assert_eq!(decide(&rosa, &first, "upheld").await.status, 303);
    app.mail_to(&ada.email).await;
    assert!(app.mail_to(&ada.email).await.text.replace('\n', " ").contains("appeal a second time until"));
    assert_eq!(file(&browser, account, id).await.status, 303);
    let second =
        rosa.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal waits");
    assert!(rosa.get(&second).await.words().contains("You decided the first appeal"));
    let raw = "INSERT INTO desk_claims (queue, item_id, staff_id, claimed_at, expires_at) SELECT 'appeals', id, (SELECT decided_by FROM appeals WHERE round = 1), now() - interval '1 hour', now() + interval '1 day' FROM appeals WHERE round = 2";
    run(&app, raw).await;
    let decide_raw = "UPDATE appeals SET outcome = 'lifted', decided_by = (SELECT decided_by FROM appeals WHERE round = 1), decided_at = now(), decision_words = 'Ten letters at least.', version = version + 1 WHERE round = 2";
    let error = diesel::sql_query(decide_raw).execute(&mut app.conn().await).await.unwrap_err();
    assert!(error.to_string().contains("another person"), "{error}");
    run(&app, "DELETE FROM desk_claims").await;
    let rita = another_reviewer(&app).await;
    let path = claimed(&rita).await;
    assert!(rita.get(&path).await.words().contains("The first appeal"));
    assert_eq!(decide(&rita, &path, "upheld").await.status, 303);
    let letters = app.mailbox().await;
    let text = letters.last().expect("a mail").text.replace('\n', " ");
    for route in
        ["decision is final", "info@lossexpress.com", "American Arbitration Association", "Section 18"]
    {
        assert!(text.contains(route), "{route}: {text}");
    }
    let third = file(&browser, account, id).await;
    assert!(third.status == 422 && third.error().contains("final"), "{}", third.error());
    app.mailbox().await;
}

#[tokio::test]
async fn a_suspension_that_is_shortened_ends_at_its_new_end() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Suspended).await;
    let program = app.program(&ada).await;
    file(&browser, account, id).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    let at = |hours| (app.clock.now() + Duration::hours(hours)).format("%Y-%m-%dT%H:%M").to_string();
    let shorten = async |until: &str| {
        let fields = [("outcome", "shortened"), ("until", until), ("words", REASONS)];
        reviewer.get(&path).await.submit_to("/decision", &fields).await
    };
    let missing = shorten("").await;
    assert_eq!((missing.status, missing.errors()[0].0.as_str()), (422, "until"));
    assert!(shorten(&at(-1)).await.error().contains("lie ahead"));
    assert_eq!(shorten(&at(2)).await.status, 303);
    assert!(browser.get(&page_of(account, id)).await.words().contains("Granted in part: shortened"));
    assert_eq!(program.get("/claims").await.status, 403);
    app.travel(Duration::hours(2)).await;
    assert_eq!(program.get("/claims").await.status, 200);
    app.run_timetable().await;
    assert_eq!(count(&app, "suspensions WHERE ended_how = 'expired'").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn customers_are_told_how_long_answers_really_took() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Warned).await;
    file(&browser, account, id).await;
    app.travel(Duration::hours(5)).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    decide(&reviewer, &path, "upheld").await;
    let browser = app.sign_in_as(&ada).await;
    let words = browser.get(&format!("/accounts/{account}/suspensions/{id}")).await.words();
    assert!(
        words.contains("of 1 appeal, half were answered within 6 hours") || words.contains("within 5 hours"),
        "{words}"
    );
    app.travel(Duration::days(91)).await;
    let browser = app.sign_in_as(&ada).await;
    let words = browser.get(&format!("/accounts/{account}/suspensions/{id}")).await.words();
    assert!(words.contains("cannot say yet"), "{words}");
    app.mailbox().await;
}

#[tokio::test]
async fn an_appeal_goes_with_its_account_and_stays_as_long_as_that() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    file(&browser, account, id).await;
    for statement in [
        "DELETE FROM appeals",
        "UPDATE appeals SET words = 'Something else.'",
        "UPDATE appeals SET outcome = 'withdrawn', decided_at = now()",
        "DELETE FROM appeal_messages",
    ] {
        let outcome = diesel::sql_query(statement).execute(&mut app.conn().await).await;
        assert!(outcome.is_err() || outcome == Ok(0), "{statement}");
    }
    run(&app, &format!("DELETE FROM accounts WHERE id = '{}'", account.0)).await;
    assert_eq!(count(&app, "appeals").await + count(&app, "suspensions").await, 0);
    app.mailbox().await;
}

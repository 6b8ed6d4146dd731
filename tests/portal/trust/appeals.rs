//! Appeals: filing and what stands against it, the reviewer and who may not be one, and races.

use chrono::{Duration, Months};
use diesel_async::RunQueryDsl as _;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::{AccountId, SuspensionId};
use portal::staff::permissions::Role;
use portal::trust::suspensions::Level;

use super::{by, carry_out, decision, suspend};
use crate::support::{Browser, Page, TestApp, TestPerson, count, run};

pub(super) const WHY: &str =
    "The list was bought by an agency that we have left. Everybody on it was removed.";
pub(super) const REASONS: &str =
    "The log shows that the list is gone, and the last thousand messages arrived.";

/// Ada with a suspended account.
pub(super) async fn suspended(
    app: &TestApp,
    level: Level,
) -> (TestPerson<'_>, Browser, AccountId, SuspensionId) {
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let account = ada.account().await;
    let id = suspend(app, account, level).await;
    app.mailbox().await;
    (ada.clone(), app.sign_in_as(&ada).await, account, id)
}

pub(super) fn page_of(account: AccountId, id: SuspensionId) -> String {
    format!("/accounts/{account}/suspensions/{id}/appeal")
}

pub(super) async fn file(browser: &Browser, account: AccountId, id: SuspensionId) -> Page {
    browser.post(&page_of(account, id), &[("text", WHY)]).await
}

/// Claims the newest open appeal, and answers its address at the desk.
pub(super) async fn claimed(reviewer: &Browser) -> String {
    let path =
        reviewer.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal waits");
    reviewer.post(&format!("{path}/claim"), &[]).await;
    path
}

pub(super) async fn decide(reviewer: &Browser, path: &str, outcome: &str) -> Page {
    let fields = [("outcome", outcome), ("words", REASONS)];
    reviewer.get(path).await.submit_to("/decision", &fields).await
}

/// A second reviewer.
pub(super) async fn another_reviewer(app: &TestApp) -> Browser {
    let person = app.customer("rita@lossexpress.test").await.with_totp().await.bound().await;
    run(app, &format!("DELETE FROM accounts WHERE owner_id = '{}'", person.id.0)).await;
    let grant = "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'reviewer', now())";
    run(app, &grant.replace("{}", &person.id.0.to_string())).await;
    app.sign_in_as(&person).await
}

#[tokio::test]
async fn an_owner_appeals_another_person_lifts_it_and_everything_works_again() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Suspended).await;
    let program = app.program(&ada).await;
    assert_eq!(program.get("/claims").await.status, 403);
    let statement = browser.get(&format!("/accounts/{account}/suspensions/{id}")).await;
    let form = browser.get(&statement.link("Appeal")).await.follow().await;
    for part in
        ["answers by", "had no part in the suspension", "cannot say yet how long it takes", "2 business days"]
    {
        assert!(form.words().contains(part), "{part}: {}", form.words());
    }
    let shown = form.submit(&[("text", WHY)]).await.follow().await;
    assert!(shown.words().contains(WHY) && shown.words().contains("First answer due"), "{}", shown.words());
    let letter = app.mail_to(&ada.email).await;
    assert!(letter.subject == "We have your appeal" && letter.text.contains("UTC"), "{}", letter.text);
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    let desk = reviewer.get(&path).await.words();
    for part in [WHY, "46 of 100 messages came back", "None like it was decided yet", "No other suspension"] {
        assert!(desk.contains(part), "{part}: {desk}");
    }
    let asked = reviewer.get(&path).await.submit_to("/messages", &[("text", "Which agency was it?")]).await;
    assert_eq!(asked.status, 303, "{}", asked.words());
    assert_eq!(app.mail_to(&ada.email).await.subject, "There is a message about your appeal");
    let answer =
        browser.get(&page_of(account, id)).await.submit_to("/messages", &[("text", "Mailers Ltd.")]).await;
    assert!(answer.follow().await.words().contains("Mailers Ltd."));
    assert_eq!(decide(&reviewer, &path, "lifted").await.status, 303);
    let letter = app.mail_to(&ada.email).await;
    assert!(
        letter.subject.starts_with("Your appeal is granted")
            && letter.text.replace('\n', " ").contains(REASONS)
    );
    assert_eq!(program.get("/claims").await.status, 200);
    assert!(browser.get(&page_of(account, id)).await.words().contains(REASONS));
    let receipts = browser.get("/privacy/receipts").await.words();
    assert!(
        receipts.contains("An appeal was decided") && receipts.contains("An account was suspended or warned")
    );
    assert!(
        browser.get(&format!("/accounts/{account}/activity")).await.words().contains("An appeal was decided")
    );
    assert!(browser.get("/settings/activity").await.words().contains("Your appeal was opened by our staff"));
    assert!(app.mailbox().await.is_empty(), "one mail to each");
}

#[tokio::test]
async fn before_it_is_claimed_the_desk_shows_nothing_that_somebody_wrote_and_each_look_is_told() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::SendingPaused).await;
    file(&browser, account, id).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let list = reviewer.get("/staff/appeals").await;
    let path = list.attr("[data-queue-title]", "href").expect("an appeal waits");
    let masked = reviewer.get(&path).await;
    for hidden in [WHY, "46 of 100", "ada@example.com"] {
        assert!(!masked.words().contains(hidden) && !list.words().contains(hidden), "{hidden}");
    }
    let short = masked.submit_to("/looks", &[("reason", "Short")]).await;
    assert_eq!(short.status, 422);
    let reason = [("reason", "A colleague asked me about the dates in it.")];
    assert!(masked.submit_to("/looks", &reason).await.follow().await.words().contains(WHY));
    let told = browser.get("/settings/activity").await.words();
    assert!(told.contains("A colleague asked me about the dates in it."), "{told}");
    app.mailbox().await;
}

#[tokio::test]
async fn reasons_of_a_decision_are_read_by_who_wrote_them_and_by_others_only_with_the_appeal_open() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    file(&browser, account, id).await;
    let one = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&one).await;
    assert_eq!(decide(&one, &path, "upheld").await.status, 303);
    let own = one.get(&path).await;
    assert!(own.words().contains(REASONS) && !own.words().contains(WHY), "{}", own.words());
    let two = another_reviewer(&app).await;
    let masked = two.get(&path).await;
    assert!(
        masked.words().contains("Not granted") && !masked.words().contains(REASONS),
        "{}",
        masked.words()
    );
    let late = [("outcome", "lifted"), ("words", "All of it looks right to me."), ("version", "0")];
    let decision = two.post(&format!("{path}/decision"), &late).await;
    assert!(decision.status == 422 && decision.error().contains("What happened: "), "{}", decision.words());
    let message = two.post(&format!("{path}/messages"), &[("text", "")]).await;
    let look = two.post(&format!("{path}/looks"), &[("reason", "Short")]).await;
    for refused in [decision, message, look] {
        assert!(refused.status == 422 && !refused.text().contains(REASONS), "{}", refused.words());
    }
    let reason = [("reason", "A colleague asked me how this was decided.")];
    assert!(masked.submit_to("/looks", &reason).await.follow().await.words().contains(REASONS));
    app.mailbox().await;
}

#[tokio::test]
async fn an_appeal_can_be_filed_until_the_last_second_of_six_months_and_not_after() {
    let app = TestApp::start().await;
    let (ada, _, account, id) = suspended(&app, Level::Warned).await;
    let now = app.clock.now();
    let until = now.checked_add_months(Months::new(6)).expect("a moment");
    app.travel(until - now).await;
    let browser = app.sign_in_as(&ada).await;
    let page = file(&browser, account, id).await;
    assert!(page.status == 422 && page.error().contains("six months"), "{} {}", page.status, page.error());
    assert!(
        browser.get(&format!("/accounts/{account}/suspensions/{id}")).await.words().contains("six months")
    );
    let raw = format!(
        "INSERT INTO appeals (id, suspension_id, account_id, round, words, filed_at, due_at) SELECT gen_random_uuid(), id, account_id, 1, 'x', appeal_until, appeal_until + interval '1 day' FROM suspensions WHERE id = '{}'",
        id.0
    );
    let error = diesel::sql_query(&raw).execute(&mut app.conn().await).await.unwrap_err();
    assert!(error.to_string().contains("time to appeal"), "{error}");
    let last_moment = raw
        .replace("appeal_until, appeal_until +", "appeal_until - interval '1 microsecond', appeal_until +");
    run(&app, &last_moment).await;
    run(&app, "ALTER TABLE appeals DISABLE TRIGGER appeals_keep").await;
    run(&app, "DELETE FROM appeals").await;
    app.clock.advance(-Duration::minutes(5));
    let browser = app.sign_in_as(&ada).await;
    assert_eq!(file(&browser, account, id).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn one_is_open_at_a_time_and_one_that_is_withdrawn_makes_way() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    let (first, second) = tokio::join!(file(&browser, account, id), file(&browser, account, id));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{} {}", first.error(), second.error());
    assert_eq!((count(&app, "appeals").await, app.mailbox().await.len()), (1, 1));
    let page = browser.get(&page_of(account, id)).await.submit_to("/withdrawal", &[]).await;
    assert!(page.follow().await.words().contains("Withdrawn"));
    let again = browser.post(&format!("{}/withdrawal", page_of(account, id)), &[]).await.follow().await;
    assert!(again.notices().join(" ").contains("closed"), "{:?}", again.notices());
    let late =
        browser.post(&format!("{}/messages", page_of(account, id)), &[("text", "One more thing.")]).await;
    assert!(late.status == 422 && late.error().contains("closed"));
    assert_eq!(file(&browser, account, id).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn what_was_typed_is_kept_when_it_is_too_long_or_its_writer_was_away() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Warned).await;
    let long = "ä".repeat(2001);
    let page = browser.post(&page_of(account, id), &[("text", &long)]).await;
    assert_eq!((page.status, page.errors().len()), (422, 1));
    assert!(page.text().contains(&long));
    app.travel(Duration::minutes(6)).await;
    let page = browser.post(&page_of(account, id), &[("text", WHY)]).await;
    assert!(page.location().starts_with("/reauthentication?next="), "{}", page.location());
    let code = ada.code();
    let fields = [("password", crate::support::PASSWORD), ("code", code.as_str())];
    let form = page.follow().await.submit(&fields).await.follow().await;
    assert!(form.text().contains(WHY), "{}", form.words());
    assert_eq!(form.submit(&[]).await.status, 303);
    assert_eq!(count(&app, "appeals").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn members_read_along_and_only_the_owner_appeals() {
    let app = TestApp::start().await;
    let (ada, browser, account, id) = suspended(&app, Level::Warned).await;
    let bob = app.customer("bob@example.com").await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    let member = app.sign_in_as(&bob).await;
    assert!(
        member.get(&format!("/accounts/{account}/suspensions/{id}")).await.words().contains("ask its owner")
    );
    assert_eq!(file(&member, account, id).await.status, 404);
    assert_eq!(file(&browser, account, id).await.status, 303);
    assert!(member.get(&page_of(account, id)).await.words().contains(WHY));
    for act in ["messages", "withdrawal"] {
        let page = member.post(&format!("{}/{act}", page_of(account, id)), &[("text", "Hello.")]).await;
        assert_eq!(page.status, 404, "{act}");
    }
    let eve = app.sign_in_as(&app.customer("eve@example.com").await).await;
    assert_eq!(eve.get(&page_of(account, id)).await.status, 404);
    let second = app.account_of(&ada, "Second account").await;
    assert_eq!(browser.get(&page_of(second, id)).await.status, 404, "a suspension of another account");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_suspended_the_account_cannot_decide_on_the_page_nor_in_the_database() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let rosa = app.staff(Role::Reviewer).await;
    let id = carry_out(&app, &decision(account, Level::Suspended, by(&rosa))).await.expect("not closed");
    let browser = app.sign_in_as(&ada).await;
    file(&browser, account, id).await;
    let reviewer = app.sign_in_as(&rosa).await;
    let path =
        reviewer.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal waits");
    let page = reviewer.get(&path).await;
    assert!(page.words().contains("You have a part in this suspension"), "{}", page.words());
    let claimed = reviewer.post(&format!("{path}/claim"), &[]).await.follow().await;
    assert!(claimed.notices().join(" ").contains("somebody else decides"), "{:?}", claimed.notices());
    run(&app, &format!(
        "INSERT INTO desk_claims (queue, item_id, staff_id, claimed_at, expires_at) SELECT 'appeals', id, '{}', now() - interval '1 hour', now() + interval '30 days' FROM appeals",
        rosa.id.0
    )).await;
    let fields = [("outcome", "lifted"), ("words", REASONS), ("version", "0")];
    let refused = reviewer.post(&format!("{path}/decision"), &fields).await;
    assert!(refused.status == 422 && refused.error().contains("You have a part"), "{}", refused.error());
    let raw = format!(
        "UPDATE appeals SET outcome = 'lifted', decided_by = '{}', decided_at = now(), decision_words = 'Ten letters at least.', version = version + 1",
        rosa.id.0
    );
    let error = diesel::sql_query(&raw).execute(&mut app.conn().await).await.unwrap_err();
    assert!(error.to_string().contains("has a part in it"), "{error}");
    assert_eq!(count(&app, "appeals WHERE outcome IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_decides_without_a_claim_and_nobody_of_the_account_does() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    file(&browser, account, id).await;
    let rosa = app.staff(Role::Reviewer).await;
    let reviewer = app.sign_in_as(&rosa).await;
    let path = claimed(&reviewer).await;
    let form = reviewer.get(&path).await;
    app.travel(Duration::minutes(31)).await;
    let late = form.submit_to("/decision", &[("outcome", "lifted"), ("words", REASONS)]).await;
    assert!(late.status == 422 && late.error().contains("Claim the appeal first"), "{}", late.error());
    app.add_member(account, &rosa, AccountRole::Billing).await;
    assert!(reviewer.get(&path).await.words().contains("You have a part in this suspension"));
    reviewer.post(&format!("{path}/claim"), &[]).await;
    assert_eq!(count(&app, "desk_claims WHERE expires_at > now() + interval '31 minutes'").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_reviewers_at_once_one_decides_and_the_other_reads_what_happened() {
    for _ in 0..3 {
        let app = TestApp::start().await;
        let (_, browser, account, id) = suspended(&app, Level::Suspended).await;
        file(&browser, account, id).await;
        app.mailbox().await;
        let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
        let path = claimed(&reviewer).await;
        // Two tabs of one reviewer hold the same claim.
        let form = reviewer.get(&path).await;
        let (lift, uphold) =
            ([("outcome", "lifted"), ("words", REASONS)], [("outcome", "upheld"), ("words", REASONS)]);
        let (first, second) =
            tokio::join!(form.submit_to("/decision", &lift), form.submit_to("/decision", &uphold));
        let refused = if first.status == 422 { &first } else { &second };
        assert_eq!((first.status + second.status, refused.status), (303 + 422, 422));
        assert!(refused.error().contains("What happened: "), "{}", refused.error());
        assert_eq!(app.mailbox().await.len(), 1, "one decision, one mail");
        let lifted = count(&app, "suspensions WHERE ended_how = 'lifted'").await;
        assert_eq!(lifted, count(&app, "appeals WHERE outcome = 'lifted'").await);
    }
}

#[tokio::test]
async fn a_message_that_came_meanwhile_is_read_before_anybody_decides() {
    let app = TestApp::start().await;
    let (_, browser, account, id) = suspended(&app, Level::Warned).await;
    file(&browser, account, id).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let path = claimed(&reviewer).await;
    let form = reviewer.get(&path).await;
    let news = [("text", "The agency has confirmed it in writing.")];
    browser.get(&page_of(account, id)).await.submit_to("/messages", &news).await;
    let fields = [("outcome", "upheld"), ("words", REASONS)];
    let stale = form.submit_to("/decision", &fields).await;
    assert!(stale.status == 422 && stale.error().contains("Something happened"), "{}", stale.error());
    assert!(stale.words().contains("confirmed it in writing") && stale.text().contains(REASONS));
    assert_eq!(stale.submit_to("/decision", &fields).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn filing_while_staff_lift_ends_in_a_settled_appeal_or_in_none() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let (_, browser, account, id) = suspended(&app, Level::Suspended).await;
        let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
        let path = format!("/staff/suspensions/{id}");
        reviewer.post(&format!("{path}/looks"), &[("reason", "The bank took its report back.")]).await;
        let desk = reviewer.get(&path).await;
        let words = [("words", REASONS)];
        let (filed, lifted) = tokio::join!(file(&browser, account, id), desk.submit_to("/lifting", &words));
        assert_eq!(lifted.status, 303, "{}", lifted.words());
        assert_eq!(count(&app, "appeals WHERE outcome IS NULL").await, 0);
        assert_eq!(count(&app, "appeals WHERE outcome = 'moot'").await, i64::from(filed.status == 303));
        assert!(filed.status == 303 || filed.error().contains("over"), "{} {}", filed.status, filed.error());
        app.mailbox().await;
    }
}

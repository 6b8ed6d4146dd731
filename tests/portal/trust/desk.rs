//! Suspending and lifting by staff.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::staff::permissions::Role;
use portal::trust::suspensions::{Decision, Level};

use super::{a_rule, carry_out, decision, seen, suspend};
use crate::support::{Browser, Page, TestApp, count};

const WHY: &str = "A bank asked us what became of its report.";
const FACTS: &str = "Two banks report that the account sends letters in their names.";

async fn type_in(desk: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
    let mut all = vec![("level", "suspended"), ("reason", "fraud"), ("words", FACTS)];
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    all.extend(fields);
    desk.get(path).await.submit(&all).await
}

#[tokio::test]
async fn staff_read_what_will_stop_and_who_is_told_before_anything_happens() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, portal::accounts::permissions::AccountRole::Billing).await;
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let path = format!("/staff/accounts/{account}/suspension");
    let wrong = type_in(
        &desk,
        &path,
        &[("words", "Short"), ("level", ""), ("until", "2001-01-01T00:00"), ("events", "yesterday")],
    )
    .await;
    let fields: Vec<String> = wrong.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        (wrong.status, fields),
        (422, ["level", "words", "until", "events"].map(String::from).to_vec())
    );
    let confirm = type_in(&desk, &path, &[("events", "2026-11-29T09:41 The first bank reported it.")]).await;
    assert_eq!(confirm.status, 200, "{}", confirm.words());
    for part in ["Nothing has happened yet", "its owner and 1 more are told", "Programs that read", FACTS] {
        assert!(confirm.words().contains(part), "{part}: {}", confirm.words());
    }
    assert_eq!(count(&app, "suspensions").await, 0);
    let again = confirm.submit(&[("stage", "again")]).await;
    assert!(again.status == 200 && again.text().contains(FACTS), "what was typed is there again");
    let done = confirm.submit(&[("stage", "confirmed")]).await;
    let twice = confirm.submit(&[("stage", "confirmed")]).await;
    assert_eq!((done.status, done.location(), count(&app, "suspensions").await), (303, twice.location(), 1));
    let masked = done.follow().await;
    for part in ["2 people", "A person of our staff", "Fraud"] {
        assert!(masked.words().contains(part), "{part}: {}", masked.words());
    }
    let page = masked.submit_to("/looks", &[("reason", WHY)]).await.follow().await.words();
    for part in ["2 people", "A person of our staff", "The first bank reported it."] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let letters = app.mailbox().await;
    assert_eq!(letters.len(), 2);
    assert!(letters[0].text.contains("A person of our staff"));
    assert!(
        app.sign_in_as(&ada)
            .await
            .get(&format!("/accounts/{account}/activity"))
            .await
            .words()
            .contains("opened by our staff")
    );
}

#[tokio::test]
async fn several_accounts_at_once_are_single_decisions() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (first, second) = (ada.account().await, bob.account().await);
    let desk = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let path = "/staff/suspensions/new";
    let odd = type_in(&desk, path, &[("accounts", "AC1")]).await;
    assert_eq!((odd.status, odd.errors()[0].0.as_str()), (422, "accounts"));
    let absent = format!("{first}\nAC{}", "0".repeat(32));
    assert!(type_in(&desk, path, &[("accounts", &absent)]).await.errors()[0].1.contains("no account"));
    let sids = format!("{first}\n{second}\n{first}");
    let confirm = type_in(&desk, path, &[("accounts", &sids)]).await;
    assert!(confirm.words().contains("2 accounts, each a decision of its own"), "{}", confirm.words());
    let list = confirm.submit(&[("stage", "confirmed")]).await.follow().await;
    assert_eq!(list.all(".rows > li").len(), 2, "{}", list.words());
    assert_eq!((count(&app, "suspensions").await, app.mailbox().await.len()), (2, 2));
}

#[tokio::test]
async fn a_reviewer_lifts_without_an_appeal_and_support_cannot() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (account, program) = (ada.account().await, app.program(&ada).await);
    let id = suspend(&app, account, Level::Suspended).await;
    app.mailbox().await;
    let path = format!("/staff/suspensions/{id}");
    let words = [("words", "The report of the bank was about another account.")];
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert!(!support.get(&path).await.words().contains("Lift it without an appeal"));
    assert_eq!(support.post(&format!("{path}/lifting"), &words).await.status, 404);
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    assert_eq!(reviewer.get(&format!("/staff/accounts/{account}/suspension")).await.status, 404);
    assert!(!reviewer.get(&path).await.words().contains("Lift it without an appeal"), "not unseen");
    let unseen = reviewer.post(&format!("{path}/lifting"), &words).await;
    assert!(unseen.status == 422 && unseen.error().contains("not seen"), "{}", unseen.error());
    assert!(unseen.text().contains(words[0].1) && !unseen.words().contains("46 of 100"), "kept as typed");
    let form = unseen.submit_to("/looks", &[("reason", WHY)]).await.follow().await;
    let short = form.submit_to("/lifting", &[("words", "No.")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "words"));
    assert_eq!(form.submit_to("/lifting", &words).await.status, 303);
    let late = form.submit_to("/lifting", &words).await;
    assert!(late.status == 422 && late.error().contains("over"), "{}", late.error());
    let letter = app.mail_to(&ada.email).await;
    assert!(
        letter.subject == "A suspension of First account was lifted"
            && letter.text.contains("another account")
    );
    assert_eq!(program.get("/claims").await.status, 200);
}

#[tokio::test]
async fn whoever_is_in_an_account_does_not_lift_what_it_was_suspended_by() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let id = suspend(&app, account, Level::Suspended).await;
    let rosa = app.staff(Role::Reviewer).await;
    app.add_member(account, &rosa, AccountRole::Developer).await;
    app.mailbox().await;
    let reviewer = app.sign_in_as(&rosa).await;
    let page = reviewer.get(&format!("/staff/suspensions/{id}")).await;
    let form = page.submit_to("/looks", &[("reason", WHY)]).await.follow().await;
    let words = [("words", "The report of the bank was about another account.")];
    let refused = form.submit_to("/lifting", &words).await;
    assert!(
        refused.status == 422 && refused.error().contains("You are in this account"),
        "{}",
        refused.error()
    );
    assert!(refused.text().contains(words[0].1), "kept as typed");
    assert_eq!(count(&app, "suspensions WHERE ended_at IS NOT NULL").await, 0);
}

/// Whether a page tells what was found: all of it or none.
fn tells_all(page: &Page) -> bool {
    let words = page.words();
    let told = ["46 of 100 messages came back", "Messages that came back", "A recipient complained."]
        .map(|secret| words.contains(secret));
    assert!(told.iter().all(|one| *one == told[0]), "{told:?} in {words}");
    told[0]
}

#[tokio::test]
async fn whoever_says_why_sees_the_statement_for_a_quarter_of_an_hour_and_the_account_reads_of_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let shown =
        Decision { evidence: seen(app.clock.now()), ..decision(account, Level::SendingPaused, a_rule(1)) };
    let path = format!("/staff/suspensions/{}", carry_out(&app, &shown).await.expect("the first"));
    let one = app.sign_in_as(&app.staff(Role::Support).await).await;
    let two = app.sign_in_as(&app.staff(Role::Admin).await).await;
    let masked = one.get(&path).await;
    assert!(!tells_all(&masked), "{}", masked.words());
    for fact in ["In force", "A rule of ours, by itself", "By the rule Rule ", "Can be appealed until"] {
        assert!(masked.words().contains(fact), "{fact}: {}", masked.words());
    }
    let short = masked.submit_to("/looks", &[("reason", "because")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "reason"));
    assert!(short.text().contains("because</textarea>") && !tells_all(&short));
    let open = short.submit_to("/looks", &[("reason", WHY)]).await.follow().await;
    assert!(tells_all(&open) && open.words().contains("for the reason that you gave"), "{}", open.words());
    assert!(!tells_all(&two.get(&path).await), "to nobody else");
    app.travel(Duration::minutes(15)).await;
    assert!(!tells_all(&one.get(&path).await), "the quarter of an hour is over");
    let told = app.sign_in_as(&ada).await.get(&format!("/accounts/{account}/activity")).await.words();
    assert!(told.contains("opened by our staff") && told.contains(WHY), "{told}");
    assert!(told.contains("seen by our staff, without its statement"), "{told}");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_has_claimed_the_appeal_sees_the_statement_and_other_teams_find_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let shown = Decision { evidence: seen(app.clock.now()), ..decision(account, Level::Warned, a_rule(1)) };
    let id = carry_out(&app, &shown).await.expect("the first");
    let (path, appeal) =
        (format!("/staff/suspensions/{id}"), format!("/accounts/{account}/suspensions/{id}/appeal"));
    let filed =
        app.sign_in_as(&ada).await.post(&appeal, &[("text", "It was not us, but somebody else.")]).await;
    assert_eq!(filed.status, 303, "{}", filed.words());
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let appeal = reviewer.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("it waits");
    assert!(!tells_all(&reviewer.get(&path).await));
    reviewer.post(&format!("{appeal}/claim"), &[]).await;
    assert!(tells_all(&reviewer.get(&path).await), "they work on it");
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert!(!tells_all(&support.get(&path).await), "somebody else does");
    reviewer.post(&format!("{appeal}/release"), &[]).await;
    assert!(!tells_all(&reviewer.get(&path).await), "they gave it back");
    for role in [Role::Privacy, Role::Marketing] {
        let other = app.sign_in_as(&app.staff(role).await).await;
        let look = other.post(&format!("{path}/looks"), &[("reason", WHY)]).await;
        assert_eq!((other.get(&path).await.status, look.status), (404, 404), "{role:?}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn the_list_has_filters_pages_and_an_empty_state() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    assert!(desk.get("/staff/suspensions").await.words().contains("No such suspension"));
    let ada = app.customer("ada@example.com").await;
    for _ in 0..26 {
        suspend(&app, ada.account().await, Level::Warned).await;
        app.clock.advance(Duration::milliseconds(2));
    }
    suspend(&app, ada.account().await, Level::Suspended).await;
    let page = desk.get("/staff/suspensions").await;
    assert_eq!(page.all(".rows > li").len(), 25);
    assert_eq!(desk.get(&page.link("Older")).await.all(".rows > li").len(), 2);
    assert_eq!(desk.get("/staff/suspensions?level=suspended").await.all(".rows > li").len(), 1);
    for (query, rows) in [
        ("?by=rule", 0),
        ("?reason=spam&level=warned", 25),
        ("?view=ended", 0),
        ("?view=all&reason=fraud", 0),
    ] {
        assert_eq!(
            desk.get(&format!("/staff/suspensions{query}")).await.all(".rows > li").len(),
            rows,
            "{query}"
        );
    }
    app.mailbox().await;
}

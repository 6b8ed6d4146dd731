//! Where a law forbids to tell: nothing is seen before the day, and everything is told on it, once.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use portal::privacy::disclosures::{self, RecipientKind};
use portal::privacy::erasure::{self, Cause, Of};
use portal::retention::sweep;

use super::{act, ada, recorded};
use crate::privacy::erasure::erase;
use crate::privacy::exports::{fetch, order};
use crate::staff::desk::team;
use crate::support::{Browser, TestApp, TestPerson, count, run};

const BECAUSE: &str = "Order of the court of 30 November 2026.";

/// A demand about somebody that was approved and handed over, and of which nobody may be told for thirty days; the moment at
/// which that ends.
async fn silent(app: &TestApp, staff: &(TestPerson<'_>, TestPerson<'_>), sid: &str) -> DateTime<Utc> {
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let until = (app.clock.now() + Duration::days(30)).date_naive();
    let day = until.to_string();
    let path = recorded(&paul, &[("sid", sid), ("silent_until", &day), ("silent_because", BECAUSE)]).await;
    act(&rosa, &path, "approval", &[]).await;
    act(&rosa, &path, "handover", &[("handed", "A list with the name.")]).await;
    until.and_time(NaiveTime::MIN).and_utc()
}

async fn tend(app: &TestApp) {
    disclosures::tend((**app).clone()).await.unwrap();
}

/// What of it somebody finds on the pages that are theirs.
async fn seen(browser: &Browser) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for path in ["/privacy/disclosures", "/privacy/your-data", "/privacy/your-data/categories"] {
        let words = browser.get(path).await.words();
        if words.contains("District Court") || words.contains("What somebody outside asked for or got of") {
            seen.push(path);
        }
    }
    seen
}

/// Their copy of everything.
async fn copy(app: &TestApp, browser: &Browser) -> String {
    let path = order(browser, "person").await.location().to_owned();
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    fetch(browser, &path).await.everything()
}

#[tokio::test]
async fn nothing_is_seen_a_minute_before_the_day_and_on_it_they_are_told_once() {
    let app = TestApp::start().await;
    let (ada, sid) = ada(&app).await;
    let midnight = silent(&app, &team(&app).await, &sid).await;
    assert!(app.mailbox().await.is_empty(), "the law forbids it");
    let browser = app.sign_in_as(&ada).await;
    assert!(seen(&browser).await.is_empty());
    assert!(!copy(&app, &browser).await.contains("District Court"));
    app.travel(midnight - Duration::minutes(1) - app.clock.now()).await;
    tend(&app).await;
    assert!(app.mailbox().await.is_empty(), "a minute before");

    app.travel(Duration::minutes(1)).await;
    let ((), ()) = tokio::join!(tend(&app), tend(&app));
    tend(&app).await;
    let mails = app.mailbox().await;
    assert_eq!(mails.len(), 1, "once, however often it is looked at");
    assert!(mails[0].text.contains("not allowed to tell you before"), "{}", mails[0].text);
    let browser = app.sign_in_as(&ada).await;
    assert_eq!(seen(&browser).await.len(), 3);
    let copied = copy(&app, &browser).await;
    assert!(copied.contains("District Court") && copied.contains("A list with the name."), "and in the copy");
}

#[tokio::test]
async fn the_day_is_moved_later_by_two_people_alone_and_to_today_by_one() {
    let app = TestApp::start().await;
    let ((_ada, sid), staff) = (ada(&app).await, team(&app).await);
    let midnight = silent(&app, &staff, &sid).await;
    app.travel(midnight - Duration::days(1) - app.clock.now()).await;
    let desk = app.sign_in_as(&staff.0).await;
    let path = desk.get("/staff/disclosures?all=1").await.link("District Court");
    let later = (midnight + Duration::days(60)).date_naive().to_string();
    let far = (app.clock.now() + Duration::days(367)).date_naive().to_string();
    let why = ("silence", "Order of the court, a second one.");
    let refused = desk.get(&path).await.submit_to("/silence", &[("silent_until", &far), why]).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "silent_until"));
    let moved = format!("disclosures WHERE silent_until = '{later}'");
    for _ in 0..2 {
        let said = act(&desk, &path, "silence", &[("silent_until", &later), why]).await;
        assert!(said.contains("proposed"), "{said}");
        assert_eq!(count(&app, &moved).await, 0, "one person alone, also where they set it twice");
    }
    let words = desk.get(&path).await.words();
    assert!(words.contains("once a colleague has set the same day"), "{words}");
    let colleague = app.sign_in_as(&staff.1).await;
    let said = act(&colleague, &path, "silence", &[("silent_until", &later), why]).await;
    assert!(said.contains("The day is changed"), "{said}");
    assert_eq!(count(&app, &moved).await, 1);
    app.travel(Duration::days(2)).await;
    tend(&app).await;
    assert!(app.mailbox().await.is_empty(), "it holds for longer now");

    let desk = app.sign_in_as(&staff.0).await;
    let today = app.clock.now().date_naive().to_string();
    act(&desk, &path, "silence", &[("silent_until", &today), ("silence", "The court lifted it.")]).await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "disclosure_told");
}

#[tokio::test]
async fn the_owner_of_an_account_that_was_closed_meanwhile_is_told() {
    let app = TestApp::start().await;
    let (ada, _) = ada(&app).await;
    let account = ada.account().await;
    let midnight = silent(&app, &team(&app).await, &account.to_string()).await;
    let browser = app.sign_in_as(&ada).await;
    let activity = browser.get(&format!("/accounts/{account}/activity")).await.words();
    assert!(!activity.contains("handed over"), "{activity}");
    let page = browser.get(&format!("/accounts/{account}/closure/new")).await;
    let closed = page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    app.travel(midnight - app.clock.now()).await;
    app.mailbox().await;
    tend(&app).await;
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.name == "disclosure_told" && mail.text.contains(&account.to_string()), "{}", mail.text);
    let activity = app.sign_in_as(&ada).await.get(&format!("/accounts/{account}/activity")).await.words();
    assert!(activity.contains("Its owner was told that data of it"), "{activity}");
}

#[tokio::test]
async fn where_one_cannot_be_told_the_others_are() {
    let app = TestApp::start().await;
    let ((_ada, sid), staff) = (ada(&app).await, team(&app).await);
    let grace = app.customer("grace@example.com").await.id.to_string();
    silent(&app, &staff, &sid).await;
    let midnight = silent(&app, &staff, &grace).await;
    run(&app, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'full'; END $$")
        .await;
    let broken = "CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW \
         WHEN (NEW.recipient = 'ada@example.com') EXECUTE FUNCTION refuse()";
    run(&app, broken).await;
    app.travel(midnight - app.clock.now()).await;
    assert!(disclosures::tend((*app).clone()).await.is_err(), "and it is not hidden");
    assert_eq!(app.mail_to("grace@example.com").await.name, "disclosure_told");
    run(&app, "DROP TRIGGER refuse ON messages").await;
    tend(&app).await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "disclosure_told");
}

#[tokio::test]
async fn whoever_owned_an_account_that_is_gone_by_then_is_told() {
    let app = TestApp::start().await;
    let ((ada, _), staff) = (ada(&app).await, team(&app).await);
    let account = app.account_of(&ada, "Second account").await;
    let midnight = silent(&app, &staff, &account.to_string()).await;
    let now = app.clock.now();
    let id = erasure::order(&mut *app.conn().await, Of::Account(account), Cause::Closure, now).await.unwrap();
    erasure::job::carry_out(&app, id).await.expect("nothing stands against it");
    assert_eq!(count(&app, "accounts WHERE name = 'Second account'").await, 0);
    app.travel(midnight - app.clock.now()).await;
    app.mailbox().await;
    tend(&app).await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "disclosure_told");
    let words = app.sign_in_as(&ada).await.get("/privacy/disclosures").await.words();
    assert!(words.contains("A list with the name."), "{words}");
}

#[tokio::test]
async fn whoever_is_erased_meanwhile_is_forgotten_by_the_log_and_reads_nothing_of_it_in_the_last_mail() {
    let app = TestApp::start().await;
    let (_ada, sid) = ada(&app).await;
    let midnight = silent(&app, &team(&app).await, &sid).await;
    erase(&app, "ada@example.com").await;
    let mail = app.mail_to("ada@example.com").await;
    assert!(mail.name == "data_erased" && !mail.text.contains("somebody outside"), "{}", mail.text);
    let rows =
        app.browser().get("/privacy/sharing").await.all("section[aria-labelledby=recipients-title] tbody tr");
    let is_quiet = |row: &String| row.starts_with(RecipientKind::Legal.label()) && row.ends_with("nothing");
    assert!(rows.iter().any(is_quiet), "that they are gone ends no prohibition: {rows:?}");
    app.travel(midnight - app.clock.now()).await;
    tend(&app).await;
    assert!(app.mailbox().await.is_empty());
    let left =
        "disclosures WHERE num_nonnulls(person_id, account_id, order_reference, words, silent_because) = 0";
    assert_eq!(count(&app, left).await, 1, "that there was one stays, without whom it was about");
    assert_eq!(count(&app, "disclosure_steps WHERE words = 'Removed.' AND note IS NULL").await, 1);
    app.travel(Duration::days(750)).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "disclosures").await, 0, "and goes like every other");
    app.mailbox().await;
}

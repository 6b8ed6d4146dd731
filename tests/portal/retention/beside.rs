//! What lies beside the backups of wishes that came after one: a restored database keeps to them.

use age::x25519::Identity;
use portal::platform::app::App;
use portal::platform::backups::{self, Backup, restore};
use portal::platform::db;
use portal::platform::web::pagination::Window;
use portal::preferences::onboarding;
use portal::privacy::erasure::replay::{self, Replayed};
use portal::retention::{beside, ledger};
use reqwest::Method;

use crate::support::{Browser, Database, TestApp, TestPerson};

/// The portal after the loss of its database: one that was restored from a backup, and what the replay did.
async fn restored(app: &TestApp, backup: &Backup, key: Identity, into: &Database) -> (App, Replayed) {
    ledger::mirror(app).await.unwrap();
    beside::mirror(app).await.unwrap();
    restore::restore(&into.url, &app.storage, &backup.name, vec![key], app.clock.now()).await.unwrap();
    db::migrate(&into.url).await.unwrap();
    let there = app.on(&into.url);
    let done = replay::after_restore(&there, backup.taken_at).await.unwrap();
    (there, done)
}

/// Chooses, on the page of somebody's own settings, whether to be called.
async fn choose_calls(browser: &Browser, wanted: bool) {
    let seen = if wanted { "|" } else { "onboarding_calls|" };
    let calls = if wanted { "on" } else { "" };
    let page = browser.post("/settings/preferences", &[("seen", seen), ("onboarding_calls", calls)]).await;
    assert_eq!(page.status, 303, "{}", page.words());
}

/// Has the contact of an address deleted, as its owner does.
async fn delete_contact(app: &TestApp, email: &str) {
    let token = app.subscriber(email, &[]).await.token(None);
    app.browser().post(&format!("/preferences/{token}/deletion"), &[]).await;
    let link = app.mail_to(email).await.link("/contact-data/");
    assert_eq!(app.browser().post(&link, &[]).await.heading(), "It is deleted");
    assert_eq!(app.mail_to(email).await.name, "contact_deleted");
}

/// Whom staff may call.
async fn callable(app: &App) -> Vec<String> {
    let mut conn = app.db.get().await.unwrap();
    let found = onboarding::callable(&mut conn, Window::newest(100), app.clock.now()).await.unwrap();
    let mut names: Vec<String> = found.into_iter().map(|one| one.name).collect();
    names.sort();
    names
}

/// How often somebody's refusal of tracking holds in a database.
async fn untracked(url: &str, person: &TestPerson<'_>) -> i64 {
    let query = format!(
        "SELECT count(*) FROM contact_topics t JOIN contacts c ON c.id = t.contact_id \
         WHERE c.person_id = '{}' AND t.topic = 'tracking' AND NOT t.subscribed",
        person.id.0
    );
    db::client(url).await.unwrap().query_one(&query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn whoever_refused_calls_or_tracking_since_a_backup_refuses_them_after_its_restore() {
    let (app, key) = TestApp::with_backups().await;
    let ada = app.customer("ada.lovelace@example.com").await;
    let bob = app.customer("bob.noyce@example.com").await;
    let carol = app.customer("carol.shaw@example.com").await;
    let eve = app.customer("eve.adams@example.com").await;
    app.customer("grace.hopper@example.com").await;
    let mut browsers = Vec::new();
    for person in [&ada, &carol, &eve] {
        let browser = app.sign_in_as(person).await;
        choose_calls(&browser, true).await;
        browsers.push(browser);
    }
    let backup = backups::create(&app).await.unwrap();
    for browser in &browsers {
        choose_calls(browser, false).await;
    }
    // Eve wants to be called after all, and Carol has her contact deleted, which only her own row then knows of.
    choose_calls(&browsers[2], true).await;
    delete_contact(&app, "carol.shaw@example.com").await;
    // Bob's browser has a signal, and he had no contact.
    let signalling = app.sign_in_as(&bob).await;
    signalling.answer(signalling.request(Method::GET, "/settings").header("sec-gpc", "1")).await;
    let elsewhere = Database::empty().await;
    let (there, done) = restored(&app, &backup, key, &elsewhere).await;
    assert_eq!(callable(&there).await, ["Bob Noyce", "Eve Adams", "Grace Hopper"]);
    assert_eq!(callable(&there).await, callable(&app).await, "as it was before the loss");
    for person in [&ada, &bob, &carol, &eve] {
        assert_eq!(untracked(&elsewhere.url, person).await, i64::from(person.id == bob.id));
    }
    assert_eq!(done.brought_in.refusals, 3, "{:?}", done.brought_in);
    // What the portal knows already is not said twice.
    assert_eq!(beside::bring_in(&there).await.unwrap().refusals, 0);
    assert_eq!(beside::bring_in(&app).await.unwrap().refusals, 0);
    // An older program kept none: then there is none to be brought in, and nothing fails.
    there.storage.clear("refusals").await.unwrap();
    assert_eq!(beside::bring_in(&there).await.unwrap().refusals, 0);
}

#[tokio::test]
async fn a_refusal_does_not_hide_an_opt_out_that_came_before_it() {
    let (app, key) = TestApp::with_backups().await;
    let ada = app.customer("ada.lovelace@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let chosen = [("seen", "onboarding_calls|"), ("events", "on"), ("onboarding_calls", "on")];
    browser.post("/settings/preferences", &chosen).await;
    let backup = backups::create(&app).await.unwrap();
    browser
        .post("/settings/preferences", &[("seen", "events,onboarding_calls|"), ("onboarding_calls", "on")])
        .await;
    choose_calls(&browser, false).await;
    let elsewhere = Database::empty().await;
    let (_, done) = restored(&app, &backup, key, &elsewhere).await;
    assert_eq!((done.brought_in.opted_out, done.brought_in.refusals), (1, 1));
}

#[tokio::test]
async fn what_is_beside_the_backups_names_nobody_and_is_opened_by_the_portal_alone() {
    use futures_util::TryStreamExt as _;
    let (app, _) = TestApp::with_backups().await;
    let ada = app.customer("ada.lovelace@example.com").await;
    choose_calls(&app.sign_in_as(&ada).await, false).await;
    beside::mirror(&app).await.unwrap();
    let files = app.storage.files("refusals").await.unwrap();
    assert_eq!(files.len(), 1);
    let path = format!("refusals/{}", files[0].0);
    let found = app.storage.open(&path).await.unwrap().unwrap();
    let sealed = found.bytes.try_collect::<Vec<_>>().await.unwrap().concat();
    let plain = String::from_utf8(app.keys.open("refusals", &sealed).unwrap()).unwrap();
    assert!(plain.contains("onboarding_calls"), "{plain}");
    for word in [ada.id.0.to_string(), "ada.lovelace".into()] {
        assert!(!plain.contains(&word), "{plain}");
    }
    assert!(!sealed.windows(16).any(|window| window == b"onboarding_calls"));
    // A damaged one is not passed over: the database would be served without it.
    let mut upload = app.storage.create(&path).unwrap();
    upload.write(sealed[..sealed.len() - 1].to_vec().into()).await.unwrap();
    upload.finish().await.unwrap();
    let refused = beside::bring_in(&app).await.unwrap_err();
    assert!(format!("{refused:#}").contains("damaged"), "{refused:#}");
}

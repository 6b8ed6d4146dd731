//! A campaign that is cancelled or paused while a worker that died has messages of it in its hands: they come to an end that
//! says what is known of them. And messages of one that goes on, whose reader restricts what is done with their data.

use chrono::Duration;
use nix::sys::signal::Signal;
use portal::platform::audit::Circumstances;
use portal::platform::ids::CampaignId;
use portal::preferences::campaigns::{self, Desk};
use portal::preferences::links::Link;
use portal::preferences::topics::Topic;
use portal::staff::permissions::Role;

use super::{ADDRESS, begun, desk, reader, readers, state};
use crate::preferences::unsubscribe::one_click;
use crate::support::process::{self, Folder};
use crate::support::smtp::SmtpServer;
use crate::support::{Browser, TestApp, count, run, unlocked};

/// A campaign that is being sent, and a browser at its desk.
async fn being_sent(app: &TestApp) -> (CampaignId, Browser) {
    let person = app.staff(Role::Marketing).await;
    let id = begun(app, &Desk { person: person.id, from: Circumstances::default() }).await;
    (id, app.sign_in_as(&person).await)
}

async fn turn(browser: &Browser, id: CampaignId, turn: &str) {
    let done = browser.post(&format!("/staff/campaigns/{id}/turn"), &[("turn", turn)]).await;
    assert_eq!(done.status, 303, "{turn}: {}", done.words());
}

async fn results(browser: &Browser, id: CampaignId) -> String {
    browser.get(&format!("/staff/campaigns/{id}")).await.words()
}

/// A worker took a message of this campaign and died.
async fn taken_by_a_dead_worker(app: &TestApp, whose: &str) {
    run(
        app,
        &format!(
            "UPDATE campaign_recipients SET state = 'sending', worker = 7, began_at = now(), attempts = 1 \
             WHERE contact_id = (SELECT id FROM contacts WHERE email = '{whose}')"
        ),
    )
    .await;
}

#[tokio::test]
async fn what_a_killed_worker_had_of_a_cancelled_campaign_is_not_sent_again_and_counted_as_unknown() {
    let (app, folder) = (TestApp::start().await, Folder::new("cancelled-campaign"));
    let server = SmtpServer::start();
    reader(&app, "silent.one@example.com").await;
    reader(&app, "silent.other@example.com").await;
    let (id, browser) = being_sent(&app).await;
    let mut settings = server.settings();
    settings.extend([("PORTAL_MAIL_TRANSPORT", "smtp"), ("PORTAL_CAMPAIGN_CONNECTIONS", "1")]);
    let worker = process::worker(&app, &folder, &settings);
    server.next();
    turn(&browser, id, "cancel").await;
    campaigns::advance(app.clone()).await.unwrap();
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.cancelled, counts.waiting), (1, 1), "its worker lives and may still tell");
    worker.signal(Signal::SIGKILL);
    worker.end();
    unlocked(&app).await;
    for _ in 0..2 {
        campaigns::advance(app.clone()).await.unwrap();
        let counts = campaigns::counts(&app, id).await.unwrap();
        assert_eq!((counts.cancelled, counts.unknown, counts.doubtful, counts.waiting), (1, 1, 0, 0));
        assert_eq!(count(&app, "campaigns WHERE at_rest_since IS NOT NULL").await, 1);
    }
    let words = results(&browser, id).await;
    assert!(words.contains("Some messages may have arrived all the same"), "{words}");
    assert!(
        words.contains("1 were being handed over when a worker stopped. They are not sent again"),
        "{words}"
    );
    assert!(words.contains("1 not sent because the campaign was cancelled"), "{words}");
    assert!(server.so_far().is_empty(), "once is all that came");
}

#[tokio::test]
async fn what_stopped_long_ago_is_at_rest_while_another_campaign_is_being_sent() {
    let (app, folder) = (TestApp::start().await, Folder::new("another-campaign"));
    let server = SmtpServer::start();
    reader(&app, "silent.one@example.com").await;
    let person = app.staff(Role::Marketing).await;
    let desk = Desk { person: person.id, from: Circumstances::default() };
    let browser = app.sign_in_as(&person).await;
    let old = begun(&app, &desk).await;
    turn(&browser, old, "cancel").await;
    let other = begun(&app, &desk).await;
    let mut settings = server.settings();
    settings.extend([("PORTAL_MAIL_TRANSPORT", "smtp"), ("PORTAL_CAMPAIGN_CONNECTIONS", "1")]);
    let worker = process::worker(&app, &folder, &settings);
    server.next();
    turn(&browser, other, "pause").await;
    campaigns::advance(app.clone()).await.unwrap();
    let at_rest = |id: CampaignId| format!("campaigns WHERE at_rest_since IS NOT NULL AND id = '{}'", id.0);
    assert_eq!(count(&app, &at_rest(old)).await, 1, "whoever works at another is not waited for");
    assert_eq!(count(&app, &at_rest(other)).await, 0, "its own worker is");
    worker.signal(Signal::SIGKILL);
    worker.end();
    unlocked(&app).await;
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(count(&app, &at_rest(other)).await, 1);
    turn(&browser, other, "cancel").await;
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(campaigns::counts(&app, other).await.unwrap().waiting, 0);
}

#[tokio::test]
async fn what_a_dead_worker_had_of_a_paused_campaign_waits_again_and_goes_out_when_it_is_resumed() {
    let app = TestApp::with(ADDRESS).await;
    readers(&app, 3).await;
    let (id, browser) = being_sent(&app).await;
    taken_by_a_dead_worker(&app, "reader1@example.com").await;
    turn(&browser, id, "pause").await;
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(count(&app, "campaign_recipients WHERE state = 'sending'").await, 0);
    assert_eq!(count(&app, "campaigns WHERE at_rest_since IS NOT NULL").await, 1);
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty(), "it is paused");
    turn(&browser, id, "resume").await;
    assert_eq!(count(&app, "campaigns WHERE at_rest_since IS NOT NULL").await, 0);
    app.run_jobs().await;
    assert_eq!((app.mailbox().await.len(), state(&app, id).await.as_str()), (3, "finished"));
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.doubtful, counts.unknown), (3, 1, 0));
}

#[tokio::test]
async fn whoever_unsubscribes_from_a_message_that_may_have_arrived_is_not_counted_as_spared() {
    let app = TestApp::with(ADDRESS).await;
    let ada = reader(&app, "ada@example.com").await;
    let (id, browser) = being_sent(&app).await;
    taken_by_a_dead_worker(&app, "ada@example.com").await;
    turn(&browser, id, "pause").await;
    campaigns::advance(app.clone()).await.unwrap();
    let link = Link::new(&app.keys, ada, "ada@example.com", Some(Topic::Newsletter), Some(id.0));
    assert_eq!(one_click(&app, &link.token(&app.keys)).await.status, 200);
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.suppressed, counts.unknown, counts.unsubscribed), (0, 1, 1));
    let words = results(&browser, id).await;
    assert!(words.contains("0 not sent because they were no longer wanted"), "{words}");
}

#[tokio::test]
async fn what_a_worker_gave_back_just_as_the_campaign_was_cancelled_is_cancelled_too() {
    let app = TestApp::with(ADDRESS).await;
    readers(&app, 2).await;
    let (id, browser) = being_sent(&app).await;
    turn(&browser, id, "cancel").await;
    run(&app, "UPDATE campaign_recipients SET state = 'queued', settled_at = NULL").await;
    campaigns::advance(app.clone()).await.unwrap();
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.cancelled, counts.waiting, counts.unknown), (2, 0, 0));
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn a_mailing_that_waits_for_somebody_who_restricts_their_data_is_cancelled_at_that_moment() {
    let app = TestApp::with(ADDRESS).await;
    let ada = app.customer("ada@example.com").await;
    app.sign_in_as(&ada).await.get("/settings/preferences").await.submit(&[("newsletter", "on")]).await;
    let campaign = begun(&app, &desk(&app).await).await;
    app.travel(Duration::days(3)).await;
    let browser = app.sign_in_as(&ada).await;
    let form = browser.get("/privacy/requests/new?kind=restriction").await;
    assert_eq!(form.submit(&[("home", "us")]).await.status, 303);
    let counts = campaigns::counts(&app, campaign).await.unwrap();
    assert_eq!((counts.suppressed, counts.waiting), (1, 0));
    let settled = format!(
        "campaign_recipients WHERE settled_at >= '{}'",
        (app.clock.now() - Duration::hours(1)).to_rfc3339()
    );
    assert_eq!(count(&app, &settled).await, 1, "not when they last decided something");
    app.mailbox().await;
}

//! Whoever locks contacts and messages does so in one order: nobody waits for somebody who waits for them.

use std::time::Duration;

use portal::preferences::campaigns::{self, sending};
use portal::preferences::links::Link;
use portal::preferences::suppressions;
use portal::preferences::topics::Topic;

use super::reports::{SECRET, message_id, post};
use super::{ADDRESS, begun, desk, draft, reader, state};
use crate::preferences::unsubscribe::one_click;
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, dawdle, dawdling, run};

/// Each row takes a while that is put in, as in `AFTER INSERT ON campaign_recipients`: then by its name behind the keys to
/// other tables, so that what these lock of the row is locked.
async fn row_by_row(app: &TestApp, rows: &str, seconds: f64) {
    let function = format!(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$"
    );
    run(app, &function).await;
    run(app, &format!("CREATE TRIGGER slowly {rows} FOR EACH ROW EXECUTE FUNCTION slowly()")).await;
}

#[tokio::test]
async fn a_campaign_that_begins_and_an_address_that_changes_never_wait_for_each_other() {
    // Whichever of the two contacts was there first.
    for own_first in [true, false] {
        let app = TestApp::with(ADDRESS).await;
        let desk = desk(&app).await;
        let ada = app.customer("old@example.com").await;
        let order = if own_first {
            ["old@example.com", "new@example.com"]
        } else {
            ["new@example.com", "old@example.com"]
        };
        for email in order {
            reader(&app, email).await;
        }
        run(&app, &format!("UPDATE contacts SET person_id = '{}' WHERE email LIKE 'old@%'", ada.id.0)).await;
        let browser = app.sign_in_as(&ada).await;
        let link = app.ask_to_move(&browser, "new@example.com").await;
        let page = app.browser().get(&link).await;
        let id = campaigns::create(&app, &desk, &draft()).await.unwrap();
        campaigns::schedule(&app, &desk, id, app.clock.now()).await.unwrap();
        row_by_row(&app, "AFTER INSERT ON campaign_recipients", 0.3).await;
        let (begun, changed) = tokio::join!(campaigns::begin(&app, id), async {
            dawdling(&app).await;
            page.submit(&[]).await
        });
        assert_eq!((begun.unwrap(), changed.status), (2, 303), "{}", changed.words());
        app.run_jobs().await;
        let mails = app.mailbox().await;
        let mailed: Vec<&str> =
            mails.iter().filter(|mail| mail.name == "campaign").map(|mail| mail.to.as_str()).collect();
        assert_eq!((mailed, state(&app, id).await.as_str()), (vec!["new@example.com"], "finished"));
    }
}

#[tokio::test]
async fn a_complaint_and_an_unsubscription_at_the_same_moment_both_count() {
    let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET), ADDRESS[0]]).await;
    let ada = reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk(&app).await).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    let cites = message_id(&app).await;
    let report = format!(r#"{{"id":"1","event":"complaint","message_id":"<{cites}>"}}"#);
    let link = Link::new(&app.keys, ada, "ada@example.com", Some(Topic::Newsletter), Some(id.0));
    dawdle(&app, "AFTER UPDATE ON campaign_recipients", 0.3).await;
    let now = app.clock.now().timestamp();
    let (reported, unsubscribed) = tokio::join!(post(&app, SECRET, &report, now), async {
        dawdling(&app).await;
        one_click(&app, &link.token(&app.keys)).await
    });
    assert_eq!((reported, unsubscribed.status), (204, 200), "{}", unsubscribed.words());
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!(counts.complained, 1);
    assert!(app.is_suppressed("ada@example.com").await && !app.may_mail(ada, Topic::Newsletter).await);
}

#[tokio::test]
async fn two_campaigns_that_suppress_the_same_mailboxes_wait_in_one_order() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let emails: Vec<String> = (0..40).map(|number| format!("unknown{number}@example.com")).collect();
    for email in &emails {
        reader(&app, email).await;
    }
    let (one, other) = (begun(&app, &desk).await, begun(&app, &desk).await);
    // Each of the two meets them in an order of its own, and has what it suppressed in its hands for a while.
    run(&app, "UPDATE campaign_recipients SET id = gen_random_uuid()").await;
    row_by_row(&app, "BEFORE INSERT ON mail_suppressions", 0.002).await;
    let (twin, slice) = (app.twin(), Duration::from_secs(20));
    let (first, second) = tokio::join!(sending::send(&app, one, slice), sending::send(&twin, other, slice));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    app.run_jobs().await;
    for id in [one, other] {
        let counts = campaigns::counts(&app, id).await.unwrap();
        assert_eq!((counts.refused + counts.suppressed, counts.waiting, counts.doubtful), (40, 0, 0));
    }
    for email in &emails {
        let held = suppressions::of(&mut *app.conn().await, &app.keys, email).await.unwrap();
        assert_eq!(held.len(), 1, "{email}");
    }
}

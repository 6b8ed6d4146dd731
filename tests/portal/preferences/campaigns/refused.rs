//! What a server says as it refuses a message: that the mailbox is gone, or something else.

use std::time::Duration;

use portal::platform::ids::ContactId;
use portal::preferences::campaigns::{self, sending};
use portal::preferences::links::Link;
use portal::preferences::suppressions;

use super::{begun, desk, reader, state};
use crate::support::TestApp;
use crate::support::smtp::SmtpServer;

/// What stands on the page of choices of a contact.
async fn choices(app: &TestApp, contact: ContactId, email: &str) -> String {
    let token = Link::new(&app.keys, contact, email, None, None).token(&app.keys);
    let page = app.browser().get(&format!("/preferences/{token}")).await;
    assert_eq!(page.status, 200, "{email}");
    page.words()
}

#[tokio::test]
async fn a_mailbox_that_is_gone_is_tried_once_and_by_no_later_campaign() {
    for server in [SmtpServer::start(), SmtpServer::pipelining()] {
        let app = TestApp::with(&server.settings_of_campaigns()).await;
        let desk = desk(&app).await;
        let ada = reader(&app, "ada@example.com").await;
        let gone = reader(&app, "unknown@example.com").await;
        let first = begun(&app, &desk).await;
        app.run_jobs().await;
        let counts = campaigns::counts(&app, first).await.unwrap();
        assert_eq!((counts.sent, counts.refused, counts.bounced), (1, 1, 0));
        let held = suppressions::of(&mut *app.conn().await, &app.keys, "unknown@example.com").await.unwrap();
        assert_eq!((held.len(), held[0].reason.as_str()), (1, "hard_bounce"));
        assert!(held[0].detail.as_ref().unwrap().contains("5.1.1 no such mailbox"));
        let page = choices(&app, gone, "unknown@example.com").await;
        assert!(page.contains("Your mailbox refused our mail"), "{page}");
        assert!(!choices(&app, ada, "ada@example.com").await.contains("Your mailbox refused"));
        let second = begun(&app, &desk).await;
        app.run_jobs().await;
        let counts = campaigns::counts(&app, second).await.unwrap();
        assert_eq!((counts.total, counts.sent, counts.refused), (1, 1, 0));
    }
}

#[tokio::test]
async fn a_refusal_for_another_reason_says_nothing_of_the_mailbox() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let names =
        ["full.", "policy.", "size.", "wordless.", "busy."].map(|name| format!("{name}a@example.com"));
    let mut readers = Vec::new();
    for email in &names {
        readers.push(reader(&app, email).await);
    }
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.refused, counts.waiting, counts.sent), (4, 1, 0));
    for (email, contact) in names.iter().zip(readers) {
        assert!(!app.is_suppressed(email).await, "{email}");
        assert!(!choices(&app, contact, email).await.contains("Your mailbox refused"), "{email}");
    }
}

#[tokio::test]
async fn two_campaigns_that_find_the_same_mailboxes_gone_suppress_each_once() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let emails: Vec<String> = (0..40).map(|number| format!("unknown{number}@example.com")).collect();
    for email in &emails {
        reader(&app, email).await;
    }
    let (one, other) = (begun(&app, &desk).await, begun(&app, &desk).await);
    let slice = Duration::from_secs(20);
    let twin = app.twin();
    let (first, second) = tokio::join!(sending::send(&app, one, slice), sending::send(&twin, other, slice));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    for id in [one, other] {
        let counts = campaigns::counts(&app, id).await.unwrap();
        assert_eq!((counts.refused + counts.suppressed, counts.waiting, counts.doubtful), (40, 0, 0));
        assert_eq!(state(&app, id).await, "finished");
    }
    for email in &emails {
        let held = suppressions::of(&mut *app.conn().await, &app.keys, email).await.unwrap();
        assert_eq!(held.len(), 1, "{email}");
    }
}

//! A server that takes commands in groups gets them so, and what it refuses keeps nothing else from being sent.

use std::collections::BTreeMap;
use std::time::Duration;

use portal::preferences::campaigns::{self, Draft, sending};

use super::{desk, draft, reader};
use crate::support::TestApp;
use crate::support::smtp::SmtpServer;

#[tokio::test]
async fn on_one_connection_the_messages_between_refused_ones_arrive_whole() {
    let server = SmtpServer::pipelining();
    let mut settings = server.settings_of_campaigns();
    settings.push(("PORTAL_CAMPAIGN_CONNECTIONS", "1"));
    let app = TestApp::with(&settings).await;
    let desk = desk(&app).await;
    for name in ["ada", "unknown1", "bob", "busy1", "unknown2", "busy2", "eve"] {
        reader(&app, &format!("{name}@example.com")).await;
    }
    // A line that would end the mail, were it not marked.
    let draft = Draft { body: "Before\n\n.\n\n.a dot\n\nafter".into(), ..draft() };
    let id = campaigns::create(&app, &desk, &draft).await.unwrap();
    campaigns::schedule(&app, &desk, id, app.clock.now()).await.unwrap();
    campaigns::begin(&app, id).await.unwrap();
    sending::send(&app, id, Duration::from_secs(20)).await.unwrap();
    let mut arrived = BTreeMap::new();
    for _ in 0..3 {
        let mut one = server.next();
        arrived.insert(one.to.remove(0), one);
    }
    let to: Vec<&str> = arrived.keys().map(String::as_str).collect();
    assert_eq!(to, ["ada@example.com", "bob@example.com", "eve@example.com"]);
    for one in arrived.values() {
        assert!(one.grouped, "in one packet");
        let mail = mail_parser::MessageParser::new().parse(&one.data).unwrap();
        let text = mail.body_text(0).unwrap();
        assert!(
            text.contains("\n.a dot") && text.contains("after") && text.contains("1 Example Street"),
            "{text}"
        );
    }
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.refused, counts.waiting), (3, 2, 2));
    campaigns::turn(&app, &desk, id, campaigns::Turn::Cancel).await.unwrap();
    app.run_jobs().await;
    assert!(server.so_far().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_offer_groups_gets_one_command_at_a_time() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    super::begun(&app, &desk).await;
    app.run_jobs().await;
    assert!(!server.next().grouped);
}

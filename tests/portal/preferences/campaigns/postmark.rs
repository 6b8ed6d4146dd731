//! Reports of Postmark: our Message-ID goes along and comes back, so they count among the results of a campaign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::MessageParser;
use portal::preferences::campaigns;
use portal::preferences::topics::Topic;
use serde_json::{Value, json};

use super::{begun, desk, reader};
use crate::support::TestApp;
use crate::support::smtp::SmtpServer;

const PAIR: &str = "postmark:a password that is long";

async fn post(app: &TestApp, pair: &str, report: &Value) -> u16 {
    let browser = app.browser();
    let request = browser.request("POST".parse().unwrap(), "/hooks/mail/postmark");
    let request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
    browser.answer(request.header("content-type", "application/json").body(report.to_string())).await.status
}

/// A bounce of a transactional stream, with every field that Postmark sends.
fn bounce(kind: &str, code: i32, to: &str, metadata: &Value) -> Value {
    json!({
        "RecordType": "Bounce", "MessageStream": "outbound", "ID": 4_323_372_036_854_775_807_i64, "Type": kind, "TypeCode": code,
        "Name": "Hard bounce", "Tag": "", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Metadata": metadata,
        "ServerID": 23, "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.", "Email": to,
        "From": "no-reply@lossexpress.com", "BouncedAt": "2026-11-29T16:33:54.9070259Z", "DumpAvailable": true, "Inactive": true,
        "CanActivate": true, "Subject": "What is new in November", "Content": ""
    })
}

/// A change of the list of a broadcast stream, of this moment.
fn change(app: &TestApp, reason: &str, to: &str, metadata: &Value) -> Value {
    json!({
        "RecordType": "SubscriptionChange", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79484", "ServerID": 23,
        "MessageStream": "broadcasts", "ChangedAt": app.clock.now().to_rfc3339(), "Recipient": to, "Origin": "Recipient",
        "SuppressSending": true, "SuppressionReason": reason, "Tag": null, "Metadata": metadata
    })
}

/// What Postmark makes of the headers of a mail of ours: the metadata, without their prefix.
fn metadata_of(mail: &str) -> Value {
    let mail = MessageParser::new().parse(mail).unwrap();
    let marked = mail.headers_raw().filter_map(|(name, value)| {
        let name = name.to_lowercase().strip_prefix("x-pm-metadata-")?.to_owned();
        Some((name, value.trim().to_owned()))
    });
    let marked: Vec<(String, String)> = marked.collect();
    // What Postmark takes at most.
    assert!(marked.iter().all(|(name, value)| name.len() <= 20 && value.len() <= 80), "{marked:?}");
    marked
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn bounces_and_complaints_count_among_the_results_of_the_campaign_they_are_about() {
    let server = SmtpServer::start();
    let mut settings = server.settings_of_campaigns();
    settings.push(("PORTAL_HOOK_POSTMARK", PAIR));
    let app = TestApp::with(&settings).await;
    let desk = desk(&app).await;
    for name in ["ada", "bob", "eve"] {
        reader(&app, &format!("{name}@example.com")).await;
    }
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    for _ in 0..3 {
        let arrived = server.next();
        let metadata = metadata_of(&arrived.data);
        let to = arrived.to[0].as_str();
        let report = match to {
            "ada@example.com" => bounce("HardBounce", 1, to, &metadata),
            "bob@example.com" => change(&app, "SpamComplaint", to, &metadata),
            _ => {
                let mut another = change(&app, "ManualSuppression", to, &metadata);
                another["MessageID"] = json!("883953f4-6105-42a2-a16a-77a8eac79485");
                another
            }
        };
        assert_eq!(post(&app, "postmark:another password", &report).await, 400);
        assert_eq!(post(&app, PAIR, &report).await, 204);
        assert_eq!(post(&app, PAIR, &report).await, 204, "told twice");
    }
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.bounced, counts.complained, counts.unsubscribed), (3, 1, 1, 1));
    for (name, yes) in [("ada", true), ("bob", true), ("eve", false)] {
        assert_eq!(app.is_suppressed(&format!("{name}@example.com")).await, yes, "{name}");
    }
    let reports =
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(recipient_id) FROM mail_reports");
    let reports: i64 = diesel_async::RunQueryDsl::get_result(reports, &mut app.conn().await).await.unwrap();
    assert_eq!(reports, 3);
}

#[tokio::test]
async fn a_password_of_postmark_is_believed_while_it_is_listed_and_not_after() {
    const NEXT: &str = "postmark:the next long password";
    let report = bounce("HardBounce", 1, "ada@example.com", &json!({}));
    for (listed, of_old, of_next) in [(format!("{PAIR},{NEXT}"), 204, 204), (NEXT.to_owned(), 400, 204)] {
        let app = TestApp::with(&[("PORTAL_HOOK_POSTMARK", &listed)]).await;
        assert_eq!(post(&app, PAIR, &report).await, of_old, "{listed}");
        assert_eq!(post(&app, NEXT, &report).await, of_next, "{listed}");
    }
}

#[tokio::test]
async fn whoever_unsubscribes_with_postmark_gets_no_mailing_until_they_ask_for_one() {
    let app = TestApp::with(&[("PORTAL_HOOK_POSTMARK", PAIR)]).await;
    let eve = app.subscriber("eve@example.com", &[Topic::Newsletter, Topic::Events]).await;
    let told = change(&app, "ManualSuppression", "Eve@example.com", &json!({}));
    let mut lifted = told.clone();
    lifted["SuppressSending"] = json!(false);
    assert_eq!(post(&app, PAIR, &lifted).await, 204);
    let mut by_hand = told.clone();
    by_hand["Origin"] = json!("Admin");
    assert_eq!(post(&app, PAIR, &by_hand).await, 204);
    assert!(eve.may_get(Topic::Newsletter).await, "nobody unsubscribed");
    for _ in 0..2 {
        assert_eq!(post(&app, PAIR, &told).await, 204);
    }
    assert!(!eve.may_get(Topic::Newsletter).await && !eve.may_get(Topic::Events).await);
    let rows = eve.decisions().await;
    assert_eq!((rows.len(), rows[0].topic.as_deref(), rows[0].choice.as_str()), (3, None, "unsubscribed"));
    assert_eq!((rows[0].actor.as_str(), rows[0].via.as_str()), ("system", "link"));
    let path = format!("/preferences/{}", eve.token(None));
    let browser = app.browser();
    let page = browser.get(&path).await;
    assert!(page.words().contains("Everything is stopped"), "{}", page.words());
    let page = browser.post(&path, &[("act", "save"), ("newsletter", "on")]).await;
    assert!(page.words().contains("Your choices are saved"), "{}", page.words());
    assert!(eve.may_get(Topic::Newsletter).await && !eve.may_get(Topic::Events).await);
    assert_eq!(post(&app, PAIR, &told).await, 204);
    assert!(eve.may_get(Topic::Newsletter).await, "what was told before does not undo a later choice");
    let mut late = told.clone();
    late["MessageID"] = json!("883953f4-6105-42a2-a16a-77a8eac79486");
    assert_eq!(post(&app, PAIR, &late).await, 204);
    assert!(eve.may_get(Topic::Newsletter).await, "nor what happened before it and is told after it");
}

#[tokio::test]
async fn a_second_word_of_who_unsubscribed_with_postmark_decides_nothing_and_the_first_can_be_undone() {
    let app = TestApp::with(&[("PORTAL_HOOK_POSTMARK", PAIR)]).await;
    let eve = app.subscriber("eve@example.com", &[Topic::Events]).await;
    let told = change(&app, "ManualSuppression", "eve@example.com", &json!({}));
    let mut later = told.clone();
    later["ChangedAt"] = json!((app.clock.now() + chrono::Duration::minutes(1)).to_rfc3339());
    for report in [&told, &later] {
        assert_eq!(post(&app, PAIR, report).await, 204);
    }
    assert_eq!(eve.decisions().await.len(), 2);
    let stopped = eve.decisions().await[0].id.to_string();
    let path = format!("/preferences/{}", eve.token(None));
    assert!(app.browser().get(&path).await.text().contains(&stopped), "it can be undone");
    let unknown = change(&app, "ManualSuppression", "nobody@example.com", &json!({}));
    assert_eq!(post(&app, PAIR, &unknown).await, 204);
}

#[tokio::test]
async fn a_report_without_our_mark_is_about_the_mailbox_alone_and_others_are_marked_nothing() {
    let server = SmtpServer::start();
    let mut settings = server.settings_of_campaigns();
    let app = TestApp::with(&settings).await;
    let desk_of_it = desk(&app).await;
    reader(&app, "ada@example.com").await;
    begun(&app, &desk_of_it).await;
    app.run_jobs().await;
    assert_eq!(metadata_of(&server.next().data), json!({}), "no Postmark, no mark for it");
    settings.push(("PORTAL_HOOK_POSTMARK", PAIR));
    let app = TestApp::with(&settings).await;
    reader(&app, "ada@example.com").await;
    assert_eq!(post(&app, PAIR, &bounce("Transient", 2, "ada@example.com", &json!({}))).await, 204);
    assert!(!app.is_suppressed("ada@example.com").await, "it may be over tomorrow");
    let mut hard = bounce("BadEmailAddress", 100_000, "ada@example.com", &json!({}));
    hard["ID"] = json!(43);
    assert_eq!(post(&app, PAIR, &hard).await, 204);
    assert!(app.is_suppressed("ada@example.com").await);
}

//! Amazon SES by SNS, with a certificate and signatures that OpenSSL made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{begun, desk, reader};
use crate::support::TestApp;
use crate::support::process::{Folder, openssl};

const TOPIC: &str = "arn:aws:sns:eu-west-1:012345678901:bounces";
const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem";

/// What stands in for Amazon: a certificate, and who may be asked for it.
struct Amazon {
    folder: Folder,
    server: MockServer,
}

impl Amazon {
    async fn new(test: &str) -> Self {
        // None of the pool: a certificate is remembered by its address.
        let (folder, server) = (Folder::new(test), MockServer::builder().start().await);
        let made =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"];
        openssl(&folder.0, &[&made[..], &["-days", "2", "-subj", "/CN=sns.amazonaws.com"]].concat());
        openssl(&folder.0, &["genrsa", "-out", "other.pem", "2048"]);
        let certificate = std::fs::read(folder.0.join("cert.pem")).unwrap();
        Mock::given(method("GET"))
            .and(path("/SimpleNotificationService-0123.pem"))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(certificate))
            .expect(0..=1)
            .mount(&server)
            .await;
        Self { folder, server }
    }

    async fn app(&self) -> TestApp {
        TestApp::development_with(&[
            ("PORTAL_HOOK_SES_TOPIC", TOPIC),
            ("PORTAL_HOOK_SES_STAND_IN", &self.server.uri()),
        ])
        .await
    }

    /// Signs a message, in the version that it names, with a key of the folder.
    fn sign(&self, mut message: Value, key: &str) -> String {
        let names: &[&str] = match message["Type"].as_str().unwrap() {
            "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
            _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
        };
        let fields = names.iter().filter_map(|name| Some(format!("{name}\n{}\n", message[*name].as_str()?)));
        std::fs::write(self.folder.0.join("words"), fields.collect::<String>()).unwrap();
        let digest = if message["SignatureVersion"] == "1" { "-sha1" } else { "-sha256" };
        openssl(&self.folder.0, &["dgst", digest, "-sign", key, "-out", "signature", "words"]);
        message["Signature"] =
            STANDARD.encode(std::fs::read(self.folder.0.join("signature")).unwrap()).into();
        message.to_string()
    }
}

fn notification(id: &str, version: &str, told: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": id, "TopicArn": TOPIC, "Subject": "Amazon SES Email Event Notification",
        "Message": told.to_string(), "Timestamp": "2026-11-24T09:41:00.000Z", "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE, "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    })
}

fn bounce(kind: &str, email: &str) -> Value {
    json!({
        "notificationType": "Bounce",
        "bounce": { "bounceType": kind, "bounceSubType": "General", "feedbackId": "f", "timestamp": "2026-11-24T09:41:00.000Z",
            "bouncedRecipients": [{ "emailAddress": email, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown" }] },
        "mail": { "messageId": "0102", "headersTruncated": false, "headers": [{ "name": "From", "value": "a@lossexpress.com" }] },
    })
}

async fn post(app: &TestApp, body: String) -> u16 {
    let browser = app.browser();
    let request = browser.request("POST".parse().unwrap(), "/hooks/mail/ses");
    browser.answer(request.header("content-type", "text/plain; charset=UTF-8").body(body)).await.status
}

#[tokio::test]
async fn both_versions_of_signatures_are_believed() {
    let amazon = Amazon::new("sns-versions").await;
    let app = amazon.app().await;
    for (version, name) in [("1", "ada@example.com"), ("2", "eve@example.com")] {
        reader(&app, name).await;
        let message = amazon.sign(notification(version, version, &bounce("Permanent", name)), "key.pem");
        assert_eq!(post(&app, message.clone()).await, 204);
        assert_eq!(post(&app, message).await, 204, "told twice");
        assert!(app.is_suppressed(name).await, "version {version}");
    }
    reader(&app, "bob@example.com").await;
    let full = amazon.sign(notification("3", "2", &bounce("Transient", "bob@example.com")), "key.pem");
    assert_eq!(post(&app, full).await, 204);
    assert!(!app.is_suppressed("bob@example.com").await, "it may be emptied");
}

#[tokio::test]
async fn what_another_key_signed_or_another_host_vouches_for_changes_nothing() {
    let amazon = Amazon::new("sns-forged").await;
    let app = amazon.app().await;
    reader(&app, "ada@example.com").await;
    let told = notification("1", "2", &bounce("Permanent", "ada@example.com"));
    let with = |field: &str, value: &str| {
        let mut changed = told.clone();
        changed[field] = value.into();
        changed
    };
    let evil = "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123.pem";
    let good = amazon.sign(told.clone(), "key.pem");
    for (why, body) in [
        ("another key", amazon.sign(told.clone(), "other.pem")),
        ("another topic", amazon.sign(with("TopicArn", "arn:aws:sns:eu-west-1:666:bounces"), "key.pem")),
        ("another host", amazon.sign(with("SigningCertURL", evil), "key.pem")),
        ("a version that is none", amazon.sign(with("SignatureVersion", "3"), "key.pem")),
        ("words changed afterwards", good.replace("ada@example.com", "eve@example.com")),
        (
            "no certificate there",
            amazon.sign(with("SigningCertURL", &CERTIFICATE.replace("0123", "9")), "key.pem"),
        ),
    ] {
        assert_eq!(post(&app, body).await, 400, "{why}");
        assert!(
            !app.is_suppressed("ada@example.com").await && !app.is_suppressed("eve@example.com").await,
            "{why}"
        );
    }
    assert_eq!(post(&app, good).await, 204);
}

#[tokio::test]
async fn a_complaint_counts_for_its_campaign_and_a_subscription_is_confirmed() {
    let amazon = Amazon::new("sns-complaint").await;
    Mock::given(method("GET"))
        .and(path("/"))
        .and(wiremock::matchers::query_param("Token", "t"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&amazon.server)
        .await;
    let app = amazon.app().await;
    let mut hello = notification("0", "2", &json!("You have chosen to subscribe"));
    hello["Type"] = "SubscriptionConfirmation".into();
    hello["Token"] = "t".into();
    hello["SubscribeURL"] = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t".into();
    assert_eq!(post(&app, amazon.sign(hello, "key.pem")).await, 204);
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    let message_id = super::reports::message_id(&app).await;
    let told = json!({
        "eventType": "Complaint",
        "complaint": { "complaintFeedbackType": "abuse", "complainedRecipients": [{ "emailAddress": "ada@example.com" }] },
        "mail": { "headers": [{ "name": "Message-ID", "value": format!("<{message_id}>") }] },
    });
    assert_eq!(post(&app, amazon.sign(notification("1", "2", &told), "key.pem")).await, 204);
    assert!(app.is_suppressed("ada@example.com").await);
    assert_eq!(portal::preferences::campaigns::counts(&app, id).await.unwrap().complained, 1);
}

#[tokio::test]
async fn a_hook_that_is_not_set_up_is_not_there() {
    let app = TestApp::start().await;
    for provider in ["ses", "postmark", "generic", "nobody"] {
        let browser = app.browser();
        let request = browser.request("POST".parse().unwrap(), &format!("/hooks/mail/{provider}"));
        assert_eq!(browser.answer(request.body("{}")).await.status, 404, "{provider}");
    }
}

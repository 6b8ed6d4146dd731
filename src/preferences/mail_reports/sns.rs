//! Amazon SES tells by SNS. Each message is signed (version 1 or 2) with the key of a certificate that it names; the
//! certificate is believed only from Amazon's own host of SNS, and the message only of the topic that is set up.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use ring::signature;
use serde::Deserialize;
use x509_parser::pem::parse_x509_pem;

use super::hooks::{malformed, unsigned};
use super::{Kind, Report};
use crate::platform::app::App;
use crate::platform::config::SesHook;
use crate::platform::error::AppError;

/// Most bytes of a certificate.
const LONGEST: usize = 1 << 16;
/// Certificates that are remembered. Amazon has a few at a time.
const REMEMBERED: usize = 16;

/// Certificates by their address: one never changes.
static CERTIFICATES: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// What SNS sends around what SES tells.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

impl Envelope {
    /// What is signed: some fields, each name and value on lines of their own.
    fn signed(&self) -> String {
        let mut fields = vec![("Message", self.message.as_str()), ("MessageId", &self.message_id)];
        if self.r#type == "Notification" {
            fields.extend(self.subject.as_deref().map(|subject| ("Subject", subject)));
        } else {
            fields.extend(self.subscribe_url.as_deref().map(|url| ("SubscribeURL", url)));
        }
        fields.push(("Timestamp", &self.timestamp));
        if self.r#type != "Notification" {
            fields.extend(self.token.as_deref().map(|token| ("Token", token)));
        }
        fields.extend([("TopicArn", self.topic_arn.as_str()), ("Type", &self.r#type)]);
        fields.into_iter().map(|(name, value)| format!("{name}\n{value}\n")).collect()
    }

    /// Whether the owner of a certificate signed it.
    fn is_signed_by(&self, certificate: &[u8], now: i64) -> anyhow::Result<()> {
        let (_, pem) = parse_x509_pem(certificate)?;
        let certificate = pem.parse_x509()?;
        let validity = certificate.validity();
        ensure!(
            (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now),
            "the certificate is not valid now"
        );
        let algorithm = match self.signature_version.as_str() {
            "1" => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &signature::RSA_PKCS1_2048_8192_SHA256,
            _ => anyhow::bail!("an unknown version of signatures"),
        };
        let key = &certificate.public_key().subject_public_key.data;
        signature::UnparsedPublicKey::new(algorithm, key)
            .verify(self.signed().as_bytes(), &STANDARD.decode(&self.signature)?)
            .map_err(|_| anyhow::anyhow!("the signature is of another key or another message"))
    }
}

/// An address at Amazon's host of SNS, in any of its regions, and nowhere else.
fn amazon(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let region = url.host_str()?.strip_prefix("sns.")?;
    let region =
        region.strip_suffix(".amazonaws.com").or_else(|| region.strip_suffix(".amazonaws.com.cn"))?;
    let named =
        region.len() > 2 && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (named && plain).then_some(url)
}

/// Fetches from Amazon, or from what stands in for it.
async fn fetch(hook: &SesHook, url: &Url) -> anyhow::Result<Vec<u8>> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let address = match &hook.stand_in {
        Some(root) => format!("{root}{}?{}", url.path(), url.query().unwrap_or_default()),
        None => url.to_string(),
    };
    let mut answer = client.get(address).send().await.map_err(reqwest::Error::without_url)?;
    ensure!(answer.status().is_success(), "it answered {}", answer.status());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= LONGEST, "it answered without end");
    }
    Ok(body)
}

async fn certificate(hook: &SesHook, address: &str) -> anyhow::Result<Vec<u8>> {
    let url = amazon(address).context("the certificate is not at Amazon's")?;
    ensure!(url.path().ends_with(".pem"), "the certificate is not at Amazon's");
    let name = format!("{}{url}", hook.stand_in.as_deref().unwrap_or_default());
    if let Some(known) = CERTIFICATES.lock().ok().and_then(|known| known.get(&name).cloned()) {
        return Ok(known);
    }
    let fetched = fetch(hook, &url).await.context("fetching the certificate")?;
    if let Ok(mut known) = CERTIFICATES.lock() {
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name, fetched.clone());
    }
    Ok(fetched)
}

/// Reads what SNS posts: reports, or that we are to confirm the subscription, which is done here.
pub(super) async fn read(app: &App, body: &[u8]) -> Result<Vec<Report>, AppError> {
    let hook = app.config.mail_hooks.ses.as_ref().ok_or(AppError::NotFound)?;
    let told: Envelope = serde_json::from_slice(body).map_err(malformed)?;
    if told.topic_arn != hook.topic {
        return Err(unsigned());
    }
    let certificate = certificate(hook, &told.signing_cert_url).await;
    let now = app.clock.now().timestamp();
    if let Err(error) = certificate.and_then(|certificate| told.is_signed_by(&certificate, now)) {
        tracing::warn!(error = format!("{error:#}"), "a message of SNS was not believed");
        return Err(unsigned());
    }
    match told.r#type.as_str() {
        "Notification" => reports(&told),
        "SubscriptionConfirmation" => {
            let url = told.subscribe_url.as_deref().and_then(amazon).ok_or_else(unsigned)?;
            fetch(hook, &url).await.context("confirming the subscription")?;
            tracing::info!("the subscription to reports of SES is confirmed");
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

/// What SES tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(alias = "notificationType")]
    event_type: String,
    mail: Option<SentMail>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentMail {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
    diagnostic_code: Option<String>,
}

fn reports(told: &Envelope) -> Result<Vec<Report>, AppError> {
    // The message of a test by hand need not be JSON.
    let Ok(event) = serde_json::from_str::<Event>(&told.message) else { return Ok(Vec::new()) };
    let (kind, recipients, detail) = match (event.event_type.as_str(), event.bounce, event.complaint) {
        ("Bounce", Some(bounce), _) => {
            let kind = if bounce.bounce_type == "Permanent" { Kind::HardBounce } else { Kind::SoftBounce };
            (kind, bounce.bounced_recipients, bounce.bounce_type)
        }
        ("Complaint", _, Some(complaint)) => {
            let what = complaint.complaint_feedback_type.unwrap_or_else(|| "complaint".into());
            if what == "not-spam" {
                return Ok(Vec::new());
            }
            (Kind::Complaint, complaint.complained_recipients, what)
        }
        _ => return Ok(Vec::new()),
    };
    let headers = event.mail.map(|mail| mail.headers).unwrap_or_default();
    let message_id = headers.iter().find(|header| header.name.eq_ignore_ascii_case("Message-ID"));
    let message_id = message_id.map(|header| header.value.trim_matches(['<', '>']).to_owned());
    let report = |(index, recipient): (usize, Recipient)| Report {
        provider: "ses",
        external_id: format!("{}:{index}", told.message_id),
        kind,
        message_id: message_id.clone(),
        email: Some(recipient.email_address),
        detail: recipient.diagnostic_code.unwrap_or_else(|| detail.clone()),
    };
    Ok(recipients.into_iter().enumerate().map(report).collect())
}

#[cfg(test)]
mod tests {
    use super::amazon;

    #[test]
    fn only_the_hosts_of_sns_itself_are_believed() {
        for address in [
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0123.pem",
        ] {
            assert!(amazon(address).is_some(), "{address}");
        }
        for address in [
            "http://sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
            "https://user@sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
            "https://s3.amazonaws.com/sns/a.pem",
            "https://sns.evil.s3.amazonaws.com/a.pem",
            "https://sns.amazonaws.com/a.pem",
            "https://169.254.169.254/a.pem",
            "file:///etc/passwd",
        ] {
            assert!(amazon(address).is_none(), "{address}");
        }
    }
}

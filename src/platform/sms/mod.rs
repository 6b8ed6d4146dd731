//! Text messages and calls, over any Twilio-compatible HTTP API.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::config::{Config, SmsTransport};
use super::crypto::Keys;
use super::ids::MessageId;
use super::messages::{self, Body, Class, Kind, Outgoing, Refusal, StoredMessage};

/// The text message transport of this process.
pub struct Texter {
    transport: SmsTransport,
    /// Nothing where texts leave for nobody: a client reads every certificate that the system trusts.
    client: Option<reqwest::Client>,
}

impl Texter {
    /// Prepares the transport.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let client = match config.sms {
            SmsTransport::Mailbox => None,
            SmsTransport::Twilio { .. } => {
                Some(reqwest::Client::builder().timeout(std::time::Duration::from_secs(20)).build()?)
            }
        };
        Ok(Self { transport: config.sms.clone(), client })
    }

    /// Sends one text or makes one call. Answers the provider's id of it.
    pub(in crate::platform) async fn send(
        &self,
        kind: &str,
        message: &StoredMessage,
        body: &Body,
    ) -> Result<String, Refusal> {
        let (SmsTransport::Twilio { url, account_sid, auth_token, from }, Some(client)) =
            (&self.transport, &self.client)
        else {
            return Ok("kept in the development mailbox".into());
        };
        let (resource, content) = match kind {
            "voice" => ("Calls", ("Twiml", spoken(&body.text))),
            _ => ("Messages", ("Body", body.text.clone())),
        };
        let address = format!("{url}/2010-04-01/Accounts/{account_sid}/{resource}.json");
        let form = [("To", message.recipient.as_str()), ("From", from), (content.0, &content.1)];
        let request =
            client.post(address).basic_auth(account_sid, Some(auth_token.expose_secret())).form(&form);
        let answer =
            request.send().await.map_err(|error| Refusal::Temporary(error.without_url().to_string()))?;
        let status = answer.status();
        if status.is_success() {
            let answer: serde_json::Value = answer.json().await.unwrap_or_default();
            return Ok(format!("{} {}", status.as_u16(), answer["sid"].as_str().unwrap_or("")));
        }
        let said = format!("the provider answered {status}");
        // Too many requests and errors of the server pass; any other refusal stays.
        if status.as_u16() == 429 || status.is_server_error() {
            Err(Refusal::Temporary(said))
        } else {
            Err(Refusal::Permanent(said))
        }
    }
}

/// TwiML that reads a text twice, with digits one by one.
fn spoken(text: &str) -> String {
    let mut said = String::new();
    for c in text.chars() {
        match c {
            '&' => said.push_str("&amp;"),
            '<' => said.push_str("&lt;"),
            '0'..='9' => {
                said.push(c);
                said.push(' ');
            }
            _ => said.push(c),
        }
    }
    format!("<Response><Say>{said}</Say><Pause length=\"1\"/><Say>{said}</Say></Response>")
}

/// Puts a text message, or with `voice` a call that reads it aloud, into the outbox.
///
/// # Errors
/// What the database says.
#[allow(clippy::too_many_arguments)]
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    now: DateTime<Utc>,
    person: Option<Uuid>,
    to: &str,
    (name, text): (&'static str, String),
    voice: bool,
) -> QueryResult<MessageId> {
    let kind = if voice { Kind::Voice } else { Kind::Sms };
    let body = Body { text, ..Body::default() };
    let message =
        Outgoing { kind, name, class: Class::Transactional, person, to, subject: String::new(), body };
    messages::enqueue(conn, keys, now, message).await
}

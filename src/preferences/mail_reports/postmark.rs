//! What Postmark tells. It gives each mail a Message-ID of its own, so ours travels as metadata (see `platform::mail`) and comes
//! back with the report. A transactional stream tells of bounces and complaints; a broadcast stream of changes of
//! its list of suppressions.

use std::collections::HashMap;

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;

use super::hooks::{header, malformed, unsigned};
use super::{Kind, Report};
use crate::platform::app::App;
use crate::platform::error::AppError;

/// Our name for the metadata that holds the Message-ID.
const MESSAGE_ID: &str = "message-id";
/// Bounces after which a mailbox is not tried again.
const HARD: [&str; 3] = ["HardBounce", "BadEmailAddress", "ManuallyDeactivated"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    record_type: String,
    #[serde(rename = "ID")]
    id: Option<i64>,
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
    r#type: Option<String>,
    email: Option<String>,
    description: Option<String>,
    metadata: Option<HashMap<String, Value>>,
    /// With a change of the list: whose, since when, and why it is on it.
    recipient: Option<String>,
    changed_at: Option<String>,
    #[serde(default)]
    suppress_sending: bool,
    suppression_reason: Option<String>,
    /// Who put them there: `Recipient`, or one of us by hand at Postmark, which says nothing of what they want.
    origin: Option<String>,
}

impl Told {
    /// What it is about; nothing for what asks for nothing. Whoever unsubscribes with Postmark is kept from mail by
    /// Postmark alone, so we note it too: it holds wherever our mail goes out.
    fn kind(&self) -> Option<Kind> {
        match (self.record_type.as_str(), self.r#type.as_deref(), self.suppression_reason.as_deref()) {
            ("SpamComplaint", ..) | ("Bounce", Some("SpamComplaint"), _) => Some(Kind::Complaint),
            ("Bounce", Some(kind), _) if HARD.contains(&kind) => Some(Kind::HardBounce),
            ("Bounce", ..) => Some(Kind::SoftBounce),
            ("SubscriptionChange", _, Some("HardBounce")) if self.suppress_sending => Some(Kind::HardBounce),
            ("SubscriptionChange", _, Some("SpamComplaint")) if self.suppress_sending => {
                Some(Kind::Complaint)
            }
            ("SubscriptionChange", _, Some("ManualSuppression"))
                if self.suppress_sending && self.origin.as_deref() == Some("Recipient") =>
            {
                Some(Kind::Unsubscribed(self.changed_at.as_deref().and_then(|at| at.parse().ok())))
            }
            _ => None,
        }
    }

    /// Its own name: told twice, it counts once.
    fn external_id(&self) -> Result<String, AppError> {
        let change = self.message_id.as_ref().zip(self.changed_at.as_ref());
        match (self.id, change) {
            (Some(id), _) => Ok(id.to_string()),
            (None, Some((message, at))) => Ok(format!("{message} {at}")),
            (None, None) => Err(AppError::BadRequest("The report has no ID.".into())),
        }
    }

    /// The Message-ID that we had sent along.
    fn ours(&self) -> Option<String> {
        let metadata = self.metadata.as_ref()?;
        let (_, value) = metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(MESSAGE_ID))?;
        value.as_str().map(str::to_owned)
    }
}

/// Postmark signs nothing; it sends the name and password that were given to it, now or before they are changed there.
///
/// # Errors
/// `NotFound` where none were, `BadRequest` for others and for what Postmark does not send.
pub(super) fn read(app: &App, request: &HttpRequest, body: &[u8]) -> Result<Option<Report>, AppError> {
    let pairs = &app.config.mail_hooks.postmark;
    if pairs.is_empty() {
        return Err(AppError::NotFound);
    }
    let given = header(request, "Authorization").and_then(|value| value.strip_prefix("Basic "));
    let given = given.and_then(|value| STANDARD.decode(value.trim()).ok()).ok_or_else(unsigned)?;
    // By digests, and with every pair, so that comparing takes the same time whatever is wrong and whichever is right.
    let believed = pairs.iter().fold(false, |believed, pair| {
        let expected = app.keys.digest("hook.postmark", pair.expose_secret().as_bytes());
        app.keys.digest_matches("hook.postmark", &given, &expected) | believed
    });
    if !believed {
        return Err(unsigned());
    }
    let told: Told = serde_json::from_slice(body).map_err(malformed)?;
    let Some(kind) = told.kind() else { return Ok(None) };
    let (external_id, message_id) = (told.external_id()?, told.ours());
    let email = told.email.or(told.recipient);
    let detail = told.description.or(told.suppression_reason).unwrap_or_default();
    Ok(Some(Report { provider: "postmark", external_id, kind, message_id, email, detail }))
}

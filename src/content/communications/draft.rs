//! Reads what a program sends about a communication. Everything that is wrong is told at once, with a pointer to each
//! field; what a body says is in no message.

use std::fmt;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::addresses::{address, device_token};
use super::status::Status;
use super::{Channel, Direction};
use crate::api::problem::{FieldError, Problem};
use crate::content::forbidden;
use crate::platform::ids::ClaimId;

/// What a message says. It is not printed by mistake, and no error repeats it.
#[derive(Clone)]
pub struct Content(String);

impl Content {
    /// The text, for sealing it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a body is a text")),
        }
    }
}

/// A communication as a program sends it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewCommunication)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// How it travels.
    #[schema(value_type = Channel, required = true, extensions(("x-data" = json!("communications.channel"))))]
    channel: Option<String>,
    /// Which way it goes, seen from you.
    #[schema(value_type = Direction, required = true, extensions(("x-data" = json!("communications.direction"))))]
    direction: Option<String>,
    /// From whom: an e-mail address, or a telephone number in E.164; for a text message also a short code or a
    /// name of up to 11 letters and digits. Not for push.
    #[schema(example = "claims@insurer.example", extensions(("x-data" = json!("communications.sender"))))]
    from: Option<String>,
    /// To whom: an e-mail address, or a telephone number in E.164; for a text message also a short code. Needed,
    /// except for push, which has none.
    #[schema(example = "ada@example.com", extensions(("x-data" = json!("communications.recipient"))))]
    to: Option<String>,
    /// Token of the device, up to 512 printable characters. Needed for push, and only for push.
    #[schema(pattern = "^[!-~]{1,512}$", example = json!(null), extensions(("x-data" = json!("communications.device_token"))))]
    device_token: Option<String>,
    /// What you call it, up to 200 characters. It may hold a name: it is searched and deleted with the person.
    #[schema(max_length = 200, example = "Reminder to Ada", extensions(("x-data" = json!("communications.friendly_name"))))]
    friendly_name: Option<String>,
    /// SID of the claim that it belongs to.
    #[schema(pattern = "^CL[0-9a-f]{32}$", example = json!(null), extensions(("x-data" = json!("communications.claim_id"))))]
    claim: Option<String>,
    /// How it went so far; otherwise `queued`.
    #[schema(value_type = Option<Status>, extensions(("x-data" = json!("communications.status"))))]
    status: Option<String>,
    /// What it says. Stored, sealed, only where the account chose to store bodies; otherwise it is dropped, and
    /// `body_stored` in the answer is false. Either way a keyed digest of it stays with the communication, by which
    /// many messages with the same words are recognised as a sign of abuse.
    #[schema(value_type = Option<String>, example = "Your claim was approved.", extensions(("x-data" = json!("communication_bodies.sealed_body"))))]
    body: Option<Content>,
}

/// A communication that can be stored.
#[derive(Clone, Debug)]
pub struct New {
    /// How it travels.
    pub channel: Channel,
    /// Which way.
    pub direction: Direction,
    /// From whom.
    pub from: Option<String>,
    /// To whom.
    pub to: Option<String>,
    /// To which device.
    pub device_token: Option<String>,
    /// What the customer calls it.
    pub friendly_name: Option<String>,
    /// The claim that it belongs to.
    pub claim: Option<ClaimId>,
    /// How it went so far.
    pub status: Status,
    /// What it says; nothing unless it is to be stored.
    pub body: Option<Content>,
    /// What it says, whether it is stored or not: only a keyed digest is made of it (S127).
    pub words: Option<Content>,
}

/// What has to be known before a draft can be judged.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The claim that it names is one of the account.
    pub claim_is_there: bool,
    /// The account stores bodies.
    pub stores_bodies: bool,
}

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    pub(super) fn note(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.to_owned(), detail: detail.into() });
    }

    /// A value that was read, or a note of what is wrong with it.
    pub(super) fn take<T>(&mut self, pointer: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|detail| self.note(pointer, detail)).ok()
    }

    pub(super) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid().with_errors(self.0)) }
    }
}

/// A text without line breaks and control characters, of at most so many characters, that may be kept; nothing if
/// it is empty.
pub(super) fn line(text: Option<&str>, longest: usize) -> Result<Option<String>, String> {
    let text = text.unwrap_or_default().trim();
    if text.chars().count() > longest {
        return Err(format!("This is longer than {longest} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err("Line breaks and control characters do not belong here.".into());
    }
    match forbidden::why(text) {
        Some(why) => Err(why.into()),
        None => Ok((!text.is_empty()).then(|| text.to_owned())),
    }
}

/// As [`line`], for what a carrier said of a status.
pub(super) fn detail(text: Option<&str>) -> Result<Option<String>, String> {
    line(text, 500)
}

fn word<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>, all: &[&str]) -> Result<T, String> {
    text.and_then(parse).ok_or_else(|| format!("This is one of: {}.", all.join(", ")))
}

/// As [`word`], for a status.
pub(super) fn status(text: Option<&str>) -> Result<Status, String> {
    word(text, Status::parse, &Status::ALL.map(Status::as_str))
}

pub(super) fn claim_id(text: Option<&str>) -> Option<ClaimId> {
    text.and_then(|sid| sid.parse().ok())
}

pub(super) fn claim(text: Option<&str>, is_there: bool) -> Result<Option<ClaimId>, String> {
    if text.is_some() && !is_there {
        return Err("There is no such claim in this account.".into());
    }
    Ok(claim_id(text))
}

impl Draft {
    /// The claim that it names, if that is a SID of a claim at all.
    pub fn claim(&self) -> Option<ClaimId> {
        claim_id(self.claim.as_deref())
    }

    /// Whether it goes out, as far as it says so.
    pub fn is_sent(&self) -> bool {
        self.direction.as_deref() == Some(Direction::Outbound.as_str())
    }

    /// Reads it.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn check(&self, terms: Terms) -> Result<New, Problem> {
        let mut faults = Faults::default();
        let channel = word(self.channel.as_deref(), Channel::parse, &Channel::ALL.map(Channel::as_str));
        let channel = faults.take("/channel", channel);
        let direction =
            word(self.direction.as_deref(), Direction::parse, &Direction::ALL.map(Direction::as_str));
        let direction = faults.take("/direction", direction);
        let friendly_name = faults.take("/friendly_name", line(self.friendly_name.as_deref(), 200));
        let claim = faults.take("/claim", claim(self.claim.as_deref(), terms.claim_is_there));
        let status = self.status.as_deref().map_or(Ok(Status::Queued), |text| status(Some(text)));
        let status = faults.take("/status", status);
        let body = self.body.as_ref().filter(|body| terms.stores_bodies && !body.expose().is_empty());
        if let Some(why) = body.and_then(|body| forbidden::why(body.expose())) {
            faults.note("/body", why);
        }
        let reached = channel.map(|channel| self.addresses(channel, &mut faults));
        if (channel, direction) == (Some(Channel::Push), Some(Direction::Inbound)) {
            faults.note("/direction", "A push message is always outbound.");
        }
        faults.none()?;
        // Nothing was wrong, so everything was read.
        let read = || {
            let (from, to, device_token) = reached?;
            let (channel, direction, status) = (channel?, direction?, status?);
            let (friendly_name, claim, body) = (friendly_name?, claim?, body.cloned());
            let words = self.body.clone().filter(|body| !body.expose().is_empty());
            Some(New {
                channel,
                direction,
                from,
                to,
                device_token,
                friendly_name,
                claim,
                status,
                body,
                words,
            })
        };
        read().ok_or_else(Problem::invalid)
    }

    /// Sender, recipient and device, as the channel has them.
    fn addresses(
        &self,
        channel: Channel,
        faults: &mut Faults,
    ) -> (Option<String>, Option<String>, Option<String>) {
        let mut read = |pointer, text: &Option<String>, names| {
            let read = text.as_deref().map(|text| address(channel, text, names));
            read.and_then(|read| faults.take(pointer, read))
        };
        let (from, to) = (read("/from", &self.from, true), read("/to", &self.to, false));
        if channel != Channel::Push && self.to.is_none() {
            faults.note("/to", "Say to whom it goes.");
        }
        let token = faults.take("/device_token", device_token(channel, self.device_token.as_deref()));
        (from, to, token.flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(json: serde_json::Value) -> Draft {
        serde_json::from_value(json).expect("the shape of a draft")
    }

    const TERMS: Terms = Terms { claim_is_there: false, stores_bodies: true };

    #[test]
    fn a_body_is_never_printed() {
        let draft = draft(serde_json::json!({ "body": "nobody reads this" }));
        assert!(!format!("{draft:?}").contains("nobody"));
        for body in ["17", "[\"nobody\"]", "{\"nobody\": 1}"] {
            let error = serde_json::from_str::<Draft>(&format!("{{\"body\": {body}}}")).unwrap_err();
            assert!(error.to_string().starts_with("a body is a text"), "{error}");
        }
    }

    #[test]
    fn a_forbidden_body_counts_only_where_it_would_be_stored() {
        let draft = draft(serde_json::json!({
            "channel": "email", "direction": "inbound", "to": "a@example.com", "body": "4111 1111 1111 1111"
        }));
        assert_eq!(draft.check(TERMS).unwrap_err().errors()[0].pointer, "/body");
        let stored = draft.check(Terms { stores_bodies: false, ..TERMS }).unwrap();
        assert!(stored.body.is_none());
    }
}

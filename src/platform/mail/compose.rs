//! A mail as it travels: headers and two parts.

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart};
use lettre::{Address, Message};

use super::merge::Encoded;
use crate::platform::messages::Refusal;

/// A mail before it is put into its travelling form.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Address.
    pub to: &'a str,
    /// Subject line.
    pub subject: &'a str,
    /// Its text, twice.
    pub parts: Parts<'a>,
    /// Further headers, name and value.
    pub headers: &'a [(String, String)],
    /// Without angle brackets; the same at every attempt.
    pub message_id: &'a str,
    /// When it was written.
    pub date: DateTime<Utc>,
    /// Advertising: needs its ways out.
    pub marketing: bool,
}

/// What a mail says, as plain text and as HTML.
#[derive(Clone, Debug)]
pub enum Parts<'a> {
    /// To be encoded.
    Written {
        /// Plain text part.
        text: &'a str,
        /// HTML part.
        html: &'a str,
    },
    /// Encoded, of a mail to many.
    Encoded {
        /// Plain text part.
        text: Encoded,
        /// HTML part.
        html: Encoded,
    },
}

impl Parts<'_> {
    /// Whether both lead to the reader's preferences.
    fn lead_out(&self) -> bool {
        let (text, html) = match self {
            Self::Written { text, html } => (*text, *html),
            // The address is the reader's own.
            Self::Encoded { text, html } => (text.own.as_str(), html.own.as_str()),
        };
        text.contains(WAY_OUT) && html.contains(WAY_OUT)
    }

    fn into_alternatives(self) -> MultiPart {
        let encoded =
            |part: Encoded| Body::dangerous_pre_encoded(part.bytes, ContentTransferEncoding::QuotedPrintable);
        match self {
            Self::Written { text, html } => {
                MultiPart::alternative_plain_html(text.to_owned(), html.to_owned())
            }
            Self::Encoded { text, html } => MultiPart::alternative_plain_html(encoded(text), encoded(html)),
        }
    }
}

/// In the address of everybody's preferences.
const WAY_OUT: &str = "/preferences/";

/// The two headers that let a mail program unsubscribe by itself (RFC 8058).
pub fn one_click_headers(url: &str) -> Vec<(String, String)> {
    vec![
        ("List-Unsubscribe".into(), format!("<{url}>")),
        ("List-Unsubscribe-Post".into(), "List-Unsubscribe=One-Click".into()),
    ]
}

/// Whether advertising carries its ways out: both headers, and the preferences page in both parts (S30).
fn has_ways_out(letter: &Letter<'_>) -> bool {
    let header = |wanted: &str| {
        letter.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    header("List-Unsubscribe").is_some_and(|value| value.starts_with("<http"))
        && header("List-Unsubscribe-Post") == Some("List-Unsubscribe=One-Click")
        && letter.parts.lead_out()
}

/// Puts a mail together.
///
/// # Errors
/// `Permanent` for an address that is none, and for advertising without its ways out (S30).
pub(super) fn message(from: &Mailbox, letter: Letter<'_>) -> Result<Message, Refusal> {
    let permanent = |error: String| Refusal::Permanent(error);
    if letter.marketing && !has_ways_out(&letter) {
        return Err(permanent("advertising without a way to unsubscribe is not sent".into()));
    }
    let to: Address = letter.to.parse().map_err(|_| permanent("not a mail address".into()))?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .date(letter.date.into())
        .message_id(Some(format!("<{}>", letter.message_id)));
    for (name, value) in letter.headers {
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|error| permanent(error.to_string()))?;
        // Addresses stay whole: a folded or encoded one leads some programs nowhere.
        let value = match value.is_ascii() {
            true => HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value.clone()),
            false => HeaderValue::new(name, value.clone()),
        };
        builder = builder.raw_header(value);
    }
    builder.multipart(letter.parts.into_alternatives()).map_err(|error| permanent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::mail::Part;

    fn letter<'a>(headers: &'a [(String, String)], text: &'a str) -> Letter<'a> {
        Letter {
            to: "ada@example.com",
            subject: "News",
            parts: Parts::Written { text, html: "<a href=\"https://portal.test/preferences/x\">x</a>" },
            headers,
            message_id: "1@portal.test",
            date: DateTime::UNIX_EPOCH,
            marketing: true,
        }
    }

    #[test]
    fn advertising_without_any_of_its_ways_out_is_refused() {
        let from: Mailbox = "a@example.com".parse().expect("an address");
        let headers = one_click_headers("https://portal.test/unsubscribe/x");
        let text = "https://portal.test/preferences/x";
        assert!(message(&from, letter(&headers, text)).is_ok());
        assert!(message(&from, letter(&headers, "no link")).is_err());
        assert!(message(&from, letter(&headers[..1], text)).is_err());
        assert!(message(&from, letter(&headers[1..], text)).is_err());
        assert!(message(&from, Letter { marketing: false, ..letter(&[], "no link") }).is_ok());
    }

    #[test]
    fn a_long_address_of_one_click_stays_on_one_line() {
        let from: Mailbox = "a@example.com".parse().expect("an address");
        let url = format!("https://portal.test/unsubscribe/{}", "x".repeat(200));
        let made = message(&from, letter(&one_click_headers(&url), "/preferences/x")).expect("a mail");
        let made = String::from_utf8(made.formatted()).expect("ascii");
        assert!(made.contains(&format!("List-Unsubscribe: <{url}>\r\n")), "{made}");
    }

    #[test]
    fn a_mail_to_many_travels_as_one_that_is_encoded_for_its_reader_alone() {
        let from: Mailbox = "a@example.com".parse().expect("an address");
        let headers = one_click_headers("https://portal.test/unsubscribe/x");
        let value = |_: &str| "https://portal.test/preferences/Zoë";
        let (text, html) = (
            Part::new("Grüße,\n\nsee \u{1}PREFERENCES\u{1}\n".to_owned()),
            Part::new("<p>Grüße</p>\n<a href=\"\u{1}PREFERENCES\u{1}\">x</a>\n<p>Bye</p>".to_owned()),
        );
        let many = Parts::Encoded { text: text.encode(value), html: html.encode(value) };
        let many = message(&from, Letter { parts: many, ..letter(&headers, "") }).expect("a mail");
        let (text, html) = (text.write(value), html.write(value));
        let alone = Parts::Written { text: &text, html: &html };
        let alone = message(&from, Letter { parts: alone, ..letter(&headers, "") }).expect("a mail");
        assert_eq!(without_boundary(&many), without_boundary(&alone));
    }

    /// The line between the parts is drawn by lot.
    fn without_boundary(message: &Message) -> String {
        let made = String::from_utf8(message.formatted()).expect("ascii");
        let boundary = made.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let boundary = boundary.expect("two parts").to_owned();
        made.replace(&boundary, "BOUNDARY")
    }

    #[test]
    fn advertising_to_many_needs_its_ways_out_too() {
        let from: Mailbox = "a@example.com".parse().expect("an address");
        let headers = one_click_headers("https://portal.test/unsubscribe/x");
        let with = Part::new("see \u{1}PREFERENCES\u{1}".to_owned());
        // Of nobody in particular.
        let without = Part::new("see https://portal.test/preferences/".to_owned());
        let encoded = |part: &Part| part.encode(|_| "https://portal.test/preferences/x");
        for (text, html, goes) in [(&with, &with, true), (&with, &without, false), (&without, &with, false)] {
            let parts = Parts::Encoded { text: encoded(text), html: encoded(html) };
            let made = message(&from, Letter { parts, ..letter(&headers, "") });
            assert_eq!(made.is_ok(), goes, "{text:?} {html:?}");
        }
    }
}

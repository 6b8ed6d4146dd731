//! A mail as it travels: headers and two parts.

use chrono::{DateTime, Utc};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::platform::messages::Refusal;

/// A mail before it is put into its travelling form.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Address.
    pub to: &'a str,
    /// Subject line.
    pub subject: &'a str,
    /// Plain text part.
    pub text: &'a str,
    /// HTML part.
    pub html: &'a str,
    /// Further headers, name and value.
    pub headers: &'a [(String, String)],
    /// Without angle brackets; the same at every attempt.
    pub message_id: &'a str,
    /// When it was written.
    pub date: DateTime<Utc>,
    /// Advertising: needs its ways out.
    pub marketing: bool,
}

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
        && letter.text.contains("/preferences/")
        && letter.html.contains("/preferences/")
}

/// Puts a mail together.
///
/// # Errors
/// `Permanent` for an address that is none, and for advertising without its ways out (S30).
pub(super) fn message(from: &Mailbox, letter: &Letter<'_>) -> Result<Message, Refusal> {
    let permanent = |error: String| Refusal::Permanent(error);
    if letter.marketing && !has_ways_out(letter) {
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
    builder
        .multipart(MultiPart::alternative_plain_html(letter.text.to_owned(), letter.html.to_owned()))
        .map_err(|error| permanent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter<'a>(headers: &'a [(String, String)], text: &'a str) -> Letter<'a> {
        Letter {
            to: "ada@example.com",
            subject: "News",
            text,
            html: "<a href=\"https://portal.test/preferences/x\">x</a>",
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
        assert!(message(&from, &letter(&headers, text)).is_ok());
        assert!(message(&from, &letter(&headers, "no link")).is_err());
        assert!(message(&from, &letter(&headers[..1], text)).is_err());
        assert!(message(&from, &letter(&headers[1..], text)).is_err());
        assert!(message(&from, &Letter { marketing: false, ..letter(&[], "no link") }).is_ok());
    }

    #[test]
    fn a_long_address_of_one_click_stays_on_one_line() {
        let from: Mailbox = "a@example.com".parse().expect("an address");
        let url = format!("https://portal.test/unsubscribe/{}", "x".repeat(200));
        let made = message(&from, &letter(&one_click_headers(&url), "/preferences/x")).expect("a mail");
        let made = String::from_utf8(made.formatted()).expect("ascii");
        assert!(made.contains(&format!("List-Unsubscribe: <{url}>\r\n")), "{made}");
    }
}

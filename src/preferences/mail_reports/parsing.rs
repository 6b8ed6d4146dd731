//! Reports that come by mail: of servers that could not deliver (RFC 3464), and of readers (RFC 5965).

use mail_parser::{Message, MessageParser, MimeHeaders as _};

use super::{Kind, Report};
use crate::platform::crypto::hash_token;

/// Reads a mail; nothing where it is no report.
pub fn parse(mail: &[u8]) -> Option<Report> {
    let message = MessageParser::new().parse(mail)?;
    let external_id = match message.message_id() {
        Some(id) => id.to_owned(),
        None => hex::encode(hash_token(&String::from_utf8_lossy(mail))),
    };
    let (kind, email, detail) = if let Some(feedback) = part(&message, "feedback-report") {
        complaint(&fields(&feedback))?
    } else {
        bounce(&fields(&part(&message, "delivery-status")?))?
    };
    let (message_id, email) = (original(&message), email.map(|email| bare(&email)));
    Some(Report { provider: "mailbox", external_id, kind, message_id, email, detail })
}

type Fields = Vec<(String, String)>;
type What = (Kind, Option<String>, String);

fn complaint(fields: &Fields) -> Option<What> {
    let what = get(fields, "feedback-type")?.to_lowercase();
    // 'not-spam' and the like are no complaints.
    let bad = ["abuse", "fraud", "virus"].contains(&what.as_str());
    bad.then(|| (Kind::Complaint, get(fields, "original-rcpt-to"), what))
}

fn bounce(fields: &Fields) -> Option<What> {
    let (action, status) = (get(fields, "action")?.to_lowercase(), get(fields, "status")?);
    if !["failed", "delayed"].contains(&action.as_str()) {
        return None;
    }
    let said = get(fields, "diagnostic-code").unwrap_or_default();
    let hard = action == "failed" && is_about_the_mailbox(&status, &said);
    let kind = if hard { Kind::HardBounce } else { Kind::SoftBounce };
    Some((kind, get(fields, "final-recipient"), format!("{status} {said}").trim().to_owned()))
}

/// Whether a status (RFC 3463) says that the mailbox is gone for good. What is full may be emptied, and what was refused
/// for its size, its words or its sender says nothing of the mailbox.
fn is_about_the_mailbox(status: &str, said: &str) -> bool {
    // Some servers tell the status only in words.
    let status = if status.starts_with("5.0") { status_in(said).unwrap_or(status) } else { status };
    let mut digits = status.split('.').map(|part| part.trim().parse::<u16>().ok());
    match (digits.next().flatten(), digits.next().flatten(), digits.next().flatten()) {
        (Some(5), Some(0), _) => true,
        // 5.1.7 and 5.1.8 are about the sender.
        (Some(5), Some(1), Some(detail)) => !matches!(detail, 7 | 8),
        // 5.2.1 is also said of one that gets too much at once.
        (Some(5), Some(2), Some(detail)) => matches!(detail, 0 | 1) && !is_too_much(said),
        (Some(5), Some(4), Some(detail)) => matches!(detail, 1 | 4),
        _ => false,
    }
}

/// Whether a server speaks of how much a mailbox gets, as Gmail does: 'is receiving mail at a rate that prevents…'.
fn is_too_much(said: &str) -> bool {
    let said = said.to_lowercase();
    ["at a rate", "too quickly", "rate limit"].iter().any(|words| said.contains(words))
}

/// The first status in what a server said.
fn status_in(said: &str) -> Option<&str> {
    said.split([' ', '-']).find(|word| word.starts_with("5.") && word.matches('.').count() == 2)
}

/// Whether a server that refused a mail for good as it was handed over said that the mailbox is gone. Only a status that
/// names the very reason counts: `5.0.0` and `5.1.0` are said of a sender too, and that is us, whatever the mailbox. Where
/// the words speak of a sender, nothing is concluded: one wrong setting of ours would else keep mailings from everybody.
pub fn says_mailbox_is_gone(said: &str) -> bool {
    let of_sender = said.to_lowercase().contains("sender");
    let is_named = |status: &str| !status.ends_with(".0") && is_about_the_mailbox(status, said);
    !of_sender && status_in(said).is_some_and(is_named)
}

/// `rfc822; <ada@example.com>` without its kind and brackets.
fn bare(address: &str) -> String {
    let address = address.split_once(';').map_or(address, |(_, address)| address);
    address.trim().trim_matches(['<', '>']).to_owned()
}

/// The part `message/{subtype}`, as text.
fn part(message: &Message<'_>, subtype: &str) -> Option<String> {
    let is = |kind: &mail_parser::ContentType<'_>| {
        kind.ctype().eq_ignore_ascii_case("message")
            && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case(subtype))
    };
    let part = message.parts.iter().find(|part| part.content_type().is_some_and(is))?;
    Some(String::from_utf8_lossy(part.contents()).into_owned())
}

/// The Message-ID of the mail that is reported, out of its copy or the copy of its head.
fn original(message: &Message<'_>) -> Option<String> {
    message.parts.iter().skip(1).find_map(|part| {
        if let Some(nested) = part.message() {
            return nested.message_id().map(str::to_owned);
        }
        let head = String::from_utf8_lossy(part.contents()).into_owned();
        get(&fields(&head), "message-id").map(|id| bare(&id))
    })
}

/// Fields of all blocks of a head, folded lines joined.
fn fields(text: &str) -> Fields {
    let mut fields: Fields = Vec::new();
    for line in text.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.trim().to_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    fields
}

fn get(fields: &Fields, name: &str) -> Option<String> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTFIX: &str = "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <b1@mx.example>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
This is the mail system.\r\n\r\n--b\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; mx.example\r\nX-Postfix-Queue-ID: 3F2\r\n\r\nFinal-Recipient: rfc822; ada@example.com\r\n\
Original-Recipient: rfc822;ada@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n    <ada@example.com>: unknown\r\n\r\n\
--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nMessage-ID: <one@campaign.lossexpress.com>\r\n\r\nHello\r\n\r\n--b--\r\n";

    #[test]
    fn a_bounce_as_postfix_writes_it_is_read() {
        let report = parse(POSTFIX.as_bytes()).expect("a report");
        assert_eq!((report.kind, report.email.as_deref()), (Kind::HardBounce, Some("ada@example.com")));
        assert_eq!(report.message_id.as_deref(), Some("one@campaign.lossexpress.com"));
        assert!(report.external_id == "b1@mx.example" && report.detail.starts_with("5.1.1 smtp; 550"));
    }

    #[test]
    fn a_full_mailbox_and_a_delay_are_soft_and_a_delivery_is_nothing() {
        let full = POSTFIX.replace("Status: 5.1.1", "Status: 5.2.2");
        assert_eq!(parse(full.as_bytes()).expect("a report").kind, Kind::SoftBounce);
        let fast = POSTFIX.replace("Status: 5.1.1", "Status: 5.2.1");
        let fast = fast.replace("<ada@example.com>: unknown", "mail arrives at a rate that prevents more");
        assert_eq!(parse(fast.as_bytes()).expect("a report").kind, Kind::SoftBounce);
        let late =
            POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1");
        assert_eq!(parse(late.as_bytes()).expect("a report").kind, Kind::SoftBounce);
        assert_eq!(parse(POSTFIX.replace("Action: failed", "Action: delivered").as_bytes()), None);
    }

    #[test]
    fn of_what_is_refused_at_once_only_a_status_about_the_mailbox_says_that_it_is_gone() {
        for (said, gone) in [
            ("permanent error (550): 5.1.1 no such mailbox", true),
            ("permanent error (550): 5.1.10 RESOLVER.ADR.RecipientNotFound", true),
            ("permanent error (550): 5.2.1 disabled", true),
            ("permanent error (552): 5.2.2 full", false),
            ("permanent error (552): 5.3.4 too large", false),
            ("permanent error (550): 5.7.1 blocked", false),
            ("permanent error (550): 5.1.0 sender rejected", false),
            ("permanent error (553): 5.1.8 sender rejected", false),
            ("permanent error (550): 5.1.1 <us@example.com>: Sender address rejected: unknown", false),
            ("permanent error (550): 5.2.1 The user is receiving mail at a rate that prevents more", false),
            ("permanent error (554): 5.0.0 no", false),
            ("permanent error (550): no such user", false),
            ("not a mail address", false),
        ] {
            assert_eq!(says_mailbox_is_gone(said), gone, "{said}");
        }
    }

    #[test]
    fn a_complaint_is_read_and_an_ordinary_mail_is_none() {
        let complaint = POSTFIX
            .replace("message/delivery-status", "message/feedback-report")
            .replace("message/rfc822", "text/rfc822-headers")
            .replace("Action: failed", "Feedback-Type: abuse\r\nOriginal-Rcpt-To: <ada@example.com>");
        let report = parse(complaint.as_bytes()).expect("a report");
        assert_eq!((report.kind, report.email.as_deref()), (Kind::Complaint, Some("ada@example.com")));
        assert_eq!(report.message_id.as_deref(), Some("one@campaign.lossexpress.com"));
        assert_eq!(parse(b"From: a@b.example\r\nSubject: Hi\r\n\r\nMessage-ID: <x@y>\r\n"), None);
    }
}

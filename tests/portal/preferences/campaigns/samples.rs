//! Reports as mail servers write them. Those of Postfix 3.7 and Exim 4.96 are of servers that ran on one machine and could
//! not hand a mail of ours on; nothing in them was changed but ends of lines. Those of Exchange and of a feedback loop, which
//! nobody runs by themselves, are written as their makers describe them.

use portal::preferences::mail_reports::{Kind, parse};

pub const POSTFIX: &str = include_str!("samples/postfix.eml");
const POSTFIX_FULL: &str = include_str!("samples/postfix_full.eml");
const EXIM: &str = include_str!("samples/exim.eml");
const EXCHANGE: &str = include_str!("samples/exchange.eml");
const FEEDBACK: &str = include_str!("samples/feedback.eml");

#[test]
fn a_report_is_read_whoever_wrote_it() {
    for (server, mail, kind, said) in [
        (
            "Postfix",
            POSTFIX,
            Kind::HardBounce,
            "5.1.1 smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown",
        ),
        (
            "Postfix",
            POSTFIX_FULL,
            Kind::SoftBounce,
            "5.2.2 smtp; 552 5.2.2 <ada@example.com>: Quota exceeded",
        ),
        ("Exim", EXIM, Kind::HardBounce, "5.0.0 smtp; 550 No such user here"),
        ("Exchange", EXCHANGE, Kind::HardBounce, "5.1.10 smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        ("RFC 5965", FEEDBACK, Kind::Complaint, "abuse"),
    ] {
        // As it is stored, and as it travels.
        for mail in [mail.to_owned(), mail.replace('\n', "\r\n")] {
            let report = parse(mail.as_bytes()).unwrap_or_else(|| panic!("{server} wrote a report"));
            assert_eq!((report.kind, report.email.as_deref()), (kind, Some("ada@example.com")), "{server}");
            assert_eq!(report.message_id.as_deref(), Some("MESSAGE@campaign.lossexpress.com"), "{server}");
            assert!(report.detail.starts_with(said), "{server}: {}", report.detail);
        }
    }
}

#[test]
fn only_what_is_about_the_mailbox_itself_counts_as_hard() {
    for (status, said, kind) in [
        ("5.1.1", "550 unknown", Kind::HardBounce),
        ("5.2.1", "550 disabled", Kind::HardBounce),
        ("5.4.1", "550 Recipient address rejected: Access denied", Kind::HardBounce),
        ("5.0.0", "554 5.7.1 refused because of its words", Kind::SoftBounce),
        ("5.0.0", "552-5.2.2 The mailbox is full", Kind::SoftBounce),
        ("5.2.2", "552 mailbox full", Kind::SoftBounce),
        ("5.3.4", "552 too large", Kind::SoftBounce),
        ("5.7.1", "550 blocked", Kind::SoftBounce),
        ("5.1.8", "550 bad sender", Kind::SoftBounce),
        ("4.4.1", "no answer", Kind::SoftBounce),
    ] {
        let mail = EXIM.replace("Status: 5.0.0", &format!("Status: {status}"));
        let mail = mail.replace("smtp; 550 No such user here", &format!("smtp; {said}"));
        assert_eq!(parse(mail.as_bytes()).unwrap().kind, kind, "{status} {said}");
    }
    let later = EXIM.replace("Action: failed", "Action: delayed");
    assert_eq!(parse(later.as_bytes()).unwrap().kind, Kind::SoftBounce);
}

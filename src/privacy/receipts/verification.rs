//! Checking a receipt: a file, a mail that holds one, or the text itself, against published keys. It asks nobody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::TYPE;
use super::document::Document;
use crate::platform::jws::{self, PublicKey, Unverified};
use crate::platform::web::pages::moment;

const BEGIN: &str = "-----BEGIN RECEIPT-----";
const END: &str = "-----END RECEIPT-----";
/// Characters of a line, so that no mail program breaks it anew.
const WIDTH: usize = 64;

/// Why a receipt does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is none.
    #[error("there is no receipt in it")]
    Missing,
    /// It is not signed as it should be.
    #[error("{0}")]
    Unverified(#[from] Unverified),
    /// It is signed, and this program does not understand it.
    #[error("it is genuine, but of a form that this program does not know")]
    Unknown,
}

/// A receipt between two marks, in lines of a mail.
pub fn in_lines(signed: &str) -> String {
    let bytes = signed.as_bytes().chunks(WIDTH);
    let lines: Vec<&str> = bytes.filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("{BEGIN}\n{}\n{END}", lines.join("\n"))
}

/// The receipt in a text: between the marks, or else the whole of it.
fn find(text: &str) -> Option<String> {
    let inside = match text.split_once(BEGIN) {
        Some((_, rest)) => rest.split_once(END)?.0,
        None => text,
    };
    // Mail programs quote with >, and break lines as they like.
    let signed: String = inside.chars().filter(|c| !c.is_whitespace() && *c != '>').collect();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (signed.split('.').count() == 3 && signed.chars().all(fits)).then_some(signed)
}

/// The receipt in a text, if one of these keys signed it.
///
/// # Errors
/// [`Failure`], which says what is wrong.
pub fn check(text: &str, keys: &[PublicKey]) -> Result<Document, Failure> {
    let signed = find(text).ok_or(Failure::Missing)?;
    let bytes = jws::verify(&signed, TYPE, keys)?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::Unknown)
}

/// What a text says that is stored here, whoever signed it.
pub(super) fn read(signed: &str) -> Option<Document> {
    let document = signed.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(document).ok()?).ok()
}

/// What a receipt says, in lines.
pub fn lines(document: &Document) -> Vec<String> {
    let mut lines = vec![
        format!("{}: {}", document.receipt, document.done),
        format!("issued by {} on {}", document.issuer, moment(&document.issued_at)),
    ];
    for (what, id) in [("person", &document.person), ("account", &document.account)] {
        lines.extend(id.as_ref().map(|id| format!("{what} {id}")));
    }
    if let Some(request) = &document.request {
        let (number, asked_for) = (&request.number, &request.asked_for);
        lines.push(format!("request {number} ({asked_for}), received on {}", moment(&request.received_at)));
    }
    for count in &document.counts {
        let (class, deleted, anonymised, kept) = (&count.class, count.deleted, count.anonymised, count.kept);
        lines.push(format!("{class}: {deleted} deleted, {anonymised} made anonymous, {kept} kept"));
    }
    for rule in &document.rules {
        lines.push(format!(
            "rule {}: {}, {}, counted from {}",
            rule.rule, rule.about, rule.kept_for, rule.counted_from
        ));
    }
    for stays in &document.stays {
        lines.push(format!("stays: {}, {}: {}", stays.what, stays.how_long(), stays.why));
    }
    for reason in &document.reasons {
        let (code, ground, items) = (&reason.code, &reason.ground, reason.items);
        lines.push(format!(
            "not done, {items} times: {code} ({ground}); looked at again on {}",
            reason.look_again_on
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::jws::Signer;

    fn document() -> Document {
        serde_json::from_value(serde_json::json!({
            "receipt": "RC00", "issuer": "https://portal.test", "kind": "request_denied", "done": "A request was not done",
            "issued_at": "2026-11-29T12:00:00Z", "counts": [{ "class": "Account data", "deleted": 3, "anonymised": 1, "kept": 0 }],
            "rules": [], "stays": [{ "what": "The record", "why": "a duty", "until": "2028-11-29T12:00:00Z" }],
            "reasons": [{ "code": "secret", "ground": "law", "items": 2, "look_again_on": "2027-01-01" }],
        }))
        .unwrap()
    }

    fn signed(signer: &Signer) -> String {
        signer.sign(TYPE, &serde_json::to_vec(&document()).unwrap())
    }

    #[test]
    fn a_receipt_is_found_in_a_file_in_a_mail_and_in_an_answer_to_it() {
        let signer = Signer::from_seed(&[1; 32]);
        let (signed, keys) = (signed(&signer), [signer.public()]);
        let mail = format!("Dear Ada,\nyour data is gone.\n\n{}\n\nYours\n", in_lines(&signed));
        assert!(mail.lines().all(|line| line.len() <= 76));
        let answer: String = mail.lines().map(|line| format!("> {line}\r\n")).collect();
        for text in [&signed, &format!("{signed}\n"), &mail, &answer] {
            assert_eq!(check(text, &keys), Ok(document()), "{text}");
        }
    }

    #[test]
    fn what_is_none_or_was_changed_is_refused_with_its_reason() {
        let signer = Signer::from_seed(&[1; 32]);
        let keys = [signer.public()];
        for text in ["", "Dear Ada, nothing here.", "{\"receipt\": 1}", BEGIN] {
            assert_eq!(check(text, &keys), Err(Failure::Missing), "{text}");
        }
        let other = signer.sign(TYPE, b"[]");
        assert_eq!(check(&other, &keys), Err(Failure::Unknown));
        let signed = signed(&signer);
        let changed = in_lines(&signed).replace(&signed[100..110], "AAAAAAAAAA");
        assert!(matches!(check(&changed, &keys), Err(Failure::Unverified(_))));
    }

    #[test]
    fn every_part_of_it_is_read_out() {
        let said = lines(&document()).join("\n");
        for part in [
            "RC00: A request was not done",
            "Account data: 3 deleted, 1 made anonymous",
            "until 29 November 2028",
            "not done, 2 times: secret (law); looked at again on 2027-01-01",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

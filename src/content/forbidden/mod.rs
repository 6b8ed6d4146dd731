//! What is not kept in a text of any kind, because nobody should have it there: numbers of payment cards (S13), and the
//! secrets of our own credentials (S34). Every field for words of customers and of the public is read by this, and by
//! nothing else: a line, and a letter that can be written anew, is refused beside its field ([`why`]); a message of a
//! stranger, who may not come back, is kept without it ([`redact`]). What it was is not repeated.
//!
//! Numbers that customers have to write down are left alone: of telephones, claims, policies, loans, vehicles and papers. A
//! field that is for such a number is not read by this at all; elsewhere `card_numbers` tells which is one of a card.

mod card_numbers;

use crate::accounts::secrets::Secret;

/// What stands beside the field of a card number.
const CARD: &str = "There is a number of a payment card in it. Leave it out, or write its last four digits: we do not keep card numbers.";
const SECRET: &str = "There is the secret of a credential in it. Leave it out, and replace the credential.";

/// Why a text is refused, in a sentence; nothing if it may be kept.
pub fn why(text: &str) -> Option<&'static str> {
    if card_numbers::first(text).is_some() {
        return Some(CARD);
    }
    (!Secret::find_all(text).is_empty()).then_some(SECRET)
}

/// A text that may be kept.
///
/// # Errors
/// Why it is refused, in a sentence.
pub fn refuse(text: String) -> Result<String, String> {
    why(&text).map_or(Ok(text), |why| Err(why.into()))
}

/// The text without card numbers and secrets of ours, and whether there was one (S34). What a person typed to us is
/// kept all the same, because it was not meant for that.
pub fn redact(text: &str) -> (String, bool) {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(span) = card_numbers::first(rest) {
        kept.push_str(&rest[..span.start]);
        kept.push_str("[card number removed]");
        rest = &rest[span.end..];
        found = true;
    }
    kept.push_str(rest);
    for secret in Secret::find_all(&kept) {
        kept = kept.replace(secret.expose(), "[secret removed]");
        found = true;
    }
    (kept, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_refused_with_the_reason_or_comes_back_as_it_was() {
        assert_eq!(refuse("Keel & Sons, 8001 Zürich".into()), Ok("Keel & Sons, 8001 Zürich".into()));
        assert_eq!(refuse("4111 1111 1111 1111".into()), Err(CARD.into()));
    }

    #[test]
    fn a_secret_of_ours_is_noticed_in_a_text() {
        let keys = crate::platform::crypto::Keys::derive(&[7; 32]);
        let secret = Secret::generate(&keys, crate::accounts::secrets::Kind::ApiKey);
        assert!(why(&format!("key={}", secret.expose())).is_some());
        assert_eq!(why("lx_ is how they begin"), None);
    }

    #[test]
    fn card_numbers_and_secrets_are_taken_out_of_a_text_and_the_rest_stays() {
        let keys = crate::platform::crypto::Keys::derive(&[7; 32]);
        let secret = Secret::generate(&keys, crate::accounts::secrets::Kind::AuthToken);
        let text = format!("Ü 4111 1111-1111 1111, {} and 378282246310005.", secret.expose());
        let redacted = "Ü [card number removed], [secret removed] and [card number removed].";
        assert_eq!(redact(&text), (redacted.to_owned(), true));
        let wide = redact("番号４１１１ １１１１ １１１１ １１１１です");
        assert_eq!(wide, ("番号[card number removed]です".to_owned(), true));
        assert_eq!(redact("call +1 202 555 0100"), ("call +1 202 555 0100".to_owned(), false));
        assert_eq!(redact(""), (String::new(), false));
    }
}

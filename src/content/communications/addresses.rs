//! Addresses as each channel has them (S98): e-mail addresses, telephone numbers, tokens of devices.

use super::Channel;
use crate::content::parties::parse_email;
use crate::identity::phone_verification::parse_phone;

/// Longest token of a device, in characters.
const LONGEST_TOKEN: usize = 512;
/// Longest name of an SMS sender that is no number, in characters (GSM 03.40).
const LONGEST_SENDER_NAME: usize = 11;

/// An address that a channel takes. `names` allows the sender of a text message to be a name.
pub(super) fn address(channel: Channel, text: &str, names: bool) -> Result<String, String> {
    let is_code = |text: &str| (3..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let is_name = |text: &str| {
        (1..=LONGEST_SENDER_NAME).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
            && text.bytes().any(|b| b.is_ascii_alphabetic())
    };
    let text = text.trim();
    match channel {
        Channel::Email => parse_email(text),
        Channel::Sms if is_code(text) || (names && is_name(text)) => Ok(text.to_owned()),
        Channel::Sms | Channel::Voice => parse_phone(text)
            .map_err(|_| "This is not a telephone number with its country code, as in +12125550100.".into()),
        Channel::Push => Err("A push message has a device_token and no addresses.".into()),
    }
}

/// The token of a device, which a push message has and nothing else.
pub(super) fn device_token(channel: Channel, text: Option<&str>) -> Result<Option<String>, String> {
    match (channel, text) {
        (Channel::Push, Some(token)) => {
            let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
            if printable && (1..=LONGEST_TOKEN).contains(&token.len()) {
                Ok(Some(token.to_owned()))
            } else {
                Err(format!("A token has 1 to {LONGEST_TOKEN} printable characters of ASCII."))
            }
        }
        (Channel::Push, None) => Err("A push message needs the token of its device.".into()),
        (_, Some(_)) => Err("Only a push message has a device_token.".into()),
        (_, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_their_channel_has_them() {
        for (channel, text, stored) in [
            (Channel::Email, " b@example.com ", "b@example.com"),
            (Channel::Sms, "+1 (212) 555-0100", "+12125550100"),
            (Channel::Sms, "0044 20 7946 0958", "+442079460958"),
            (Channel::Sms, "72345", "72345"),
            (Channel::Voice, "+12125550101", "+12125550101"),
        ] {
            assert_eq!(address(channel, text, false).as_deref(), Ok(stored));
        }
        for (channel, text) in [
            (Channel::Email, "+12125550100"),
            (Channel::Sms, "ada"),
            (Channel::Voice, "72345"),
            (Channel::Voice, "212 555 0100"),
            (Channel::Push, "ada@example.com"),
        ] {
            assert!(address(channel, text, false).is_err(), "{channel:?} {text}");
        }
        assert_eq!(address(Channel::Sms, "LossExpress", true).as_deref(), Ok("LossExpress"));
        assert!(address(Channel::Sms, "LossExpress!", true).is_err());
    }

    #[test]
    fn only_push_has_a_device() {
        assert_eq!(device_token(Channel::Push, Some("f00:APA91b")), Ok(Some("f00:APA91b".into())));
        assert_eq!(device_token(Channel::Email, None), Ok(None));
        let long = "x".repeat(513);
        for token in [None, Some(""), Some("with space"), Some(long.as_str())] {
            assert!(device_token(Channel::Push, token).is_err(), "{token:?}");
        }
        assert!(device_token(Channel::Sms, Some("x")).is_err());
    }
}

//! How what identifies somebody is shown to staff who have not said why they look.

/// An e-mail address with all but its first letter hidden, as in `a…@example.com`.
pub fn email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().take(1).collect::<String>()),
        None => "…".into(),
    }
}

/// A name as its first word and the first letter of its last, as in `Ada L.` Where there is one word alone, which may be
/// all of a name in a script that writes none between, or an address, only its first letter is left.
pub fn name(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default();
    let last = words.next_back().and_then(|last| last.chars().next());
    match (last, first.chars().next()) {
        _ if first.contains('@') => email(first),
        (Some(initial), _) => format!("{first} {initial}."),
        (None, Some(initial)) => format!("{initial}…"),
        (None, None) => String::new(),
    }
}

/// An address or a telephone number, whichever it is.
pub fn recipient(recipient: &str) -> String {
    if recipient.contains('@') {
        email(recipient)
    } else {
        crate::identity::phone_verification::masked(recipient)
    }
}

/// A sentence of a mail server or a job with the addresses in it hidden.
pub fn sentence(text: &str) -> String {
    let hide = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.contains('@') { word.replace(bare, &email(bare)) } else { word.to_owned() }
    };
    text.split(' ').map(hide).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_left_to_tell_two_people_apart_and_no_more() {
        assert_eq!(email("ada.lovelace@example.com"), "a…@example.com");
        assert_eq!(email("nonsense"), "…");
        assert_eq!(name("Ada King Lovelace"), "Ada L.");
        assert_eq!(name("Ada"), "A…");
        assert_eq!(name("愛田花子"), "愛…");
        assert_eq!(name("ada.lovelace@example.com"), "a…@example.com");
        assert_eq!(name("ada@example.com Lovelace"), "a…@example.com");
        assert_eq!(name(" "), "");
    }

    #[test]
    fn the_answer_of_a_mail_server_does_not_give_the_address_away() {
        assert_eq!(
            sentence("550 5.1.1 <ada@example.com>: unknown user"),
            "550 5.1.1 <a…@example.com>: unknown user"
        );
    }
}

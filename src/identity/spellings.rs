//! How an address was kept before one mailbox was one address: with a domain in letters of its language. Rows of that time are
//! found by the address as it is read today, because their digests cannot be made anew where the address is not kept.

use super::people::parse_email;

/// The earlier spelling of an address that was read; nothing where it is no other.
pub fn earlier(email: &str) -> Option<String> {
    let (local, domain) = email.trim().rsplit_once('@')?;
    let (letters, read) = idna::domain_to_unicode(domain);
    (read.is_ok() && !letters.eq_ignore_ascii_case(domain)).then(|| format!("{local}@{letters}"))
}

/// An address as it is compared, then its earlier spelling, where it has one.
pub fn both(email: &str) -> Vec<String> {
    [Some(email.to_owned()), earlier(email)]
        .into_iter()
        .flatten()
        .map(|one| one.trim().to_lowercase())
        .collect()
}

/// Every spelling in which what is somebody's may be kept, the one that was given first.
pub fn all(email: &str) -> Vec<String> {
    let given = email.trim().to_lowercase();
    let read = parse_email(email).unwrap_or_else(|_| given.clone());
    let others = both(&read).into_iter().filter(|one| *one != given);
    [given.clone()].into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_whose_domain_has_other_letters_was_kept_with_them() {
        let read = parse_email("ada@bücher.example").unwrap();
        assert_eq!(earlier(&read).as_deref(), Some("ada@bücher.example"));
        assert_eq!(parse_email(&earlier(&read).unwrap()), Ok(read), "and is read as the same again");
        for same in ["Ada@Example.com", "ada@bücher.example", "ada", ""] {
            assert_eq!(earlier(same), None, "{same:?}");
        }
    }

    #[test]
    fn from_either_spelling_both_are_known_and_of_most_addresses_there_is_one() {
        let (letters, read) = ("ada@bücher.example", "ada@xn--bcher-kva.example");
        assert_eq!(all(letters), [letters, read]);
        assert_eq!(all(read), [read, letters]);
        assert_eq!(all(" Ada@Example.com"), ["ada@example.com"]);
        assert_eq!(all("no address"), ["no address"]);
    }
}

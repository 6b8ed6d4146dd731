//! The links under a mailing. Each is sealed, so that it can neither be guessed nor made by others, says nothing to
//! whoever sees it, and does not end. It is about one contact; whether it still is of the address that it was mailed
//! to can be asked, because an address may move.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::topics::Topic;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::ContactId;

/// What is sealed is bound to this use.
const PLACE: &str = "preferences.link";
/// The use of a link that confirms something by mail, and ends.
const CONFIRMATION_PLACE: &str = "preferences.confirmation";
/// So much of the digest of an address tells it from another.
const DIGEST: usize = 8;
/// The length of [`Keys::email_digest`] in bytes.
const WHOLE_DIGEST: usize = 32;

/// What a link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose.
    pub contact: ContactId,
    /// The topic of the mailing it stood under.
    pub topic: Option<Topic>,
    /// The campaign it stood under.
    pub campaign: Option<Uuid>,
    address: [u8; DIGEST],
}

impl Link {
    /// A link for a mail to this address of a contact.
    pub fn new(
        keys: &Keys,
        contact: ContactId,
        email: &str,
        topic: Option<Topic>,
        campaign: Option<Uuid>,
    ) -> Self {
        Self { contact, topic, campaign, address: short_digest(keys, email) }
    }

    /// The token of a link that somebody followed; nothing if it is none of ours.
    pub fn parse(keys: &Keys, token: &str) -> Option<Self> {
        Self::from_bytes(&keys.open(PLACE, &URL_SAFE_NO_PAD.decode(token).ok()?).ok()?)
    }

    /// Its token. Each time another one, and all of them work.
    pub fn token(&self, keys: &Keys) -> String {
        URL_SAFE_NO_PAD.encode(keys.seal(PLACE, &self.to_bytes()))
    }

    /// Whether it was mailed to this address.
    pub fn is_for(&self, keys: &Keys, email: &str) -> bool {
        self.address == short_digest(keys, email)
    }

    /// The same link for another contact, who has the address today that it was mailed to.
    pub fn leading_to(self, contact: ContactId) -> Self {
        Self { contact, ..self }
    }

    /// The first and the last digest that an address may have which it was mailed to, for a look into an index.
    pub fn digests(&self) -> (Vec<u8>, Vec<u8>) {
        let rest = |byte: u8| [&self.address[..], &[byte; WHOLE_DIGEST - DIGEST]].concat();
        (rest(u8::MIN), rest(u8::MAX))
    }

    fn to_bytes(self) -> Vec<u8> {
        let topic = self.topic.and_then(|topic| Topic::ALL.iter().position(|one| *one == topic));
        let topic = topic.map_or(0, |position| u8::try_from(position + 1).expect("a few topics"));
        let campaign = self.campaign.unwrap_or(Uuid::nil());
        [self.contact.0.as_bytes(), &[topic][..], campaign.as_bytes(), &self.address].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (contact, rest) = bytes.split_at_checked(16)?;
        let (topic, rest) = rest.split_first()?;
        let (campaign, address) = rest.split_at_checked(16)?;
        let topic = match usize::from(*topic).checked_sub(1) {
            Some(position) => Some(*Topic::ALL.get(position)?),
            None => None,
        };
        let campaign = Uuid::from_slice(campaign).ok().filter(|id| !id.is_nil());
        let contact = ContactId(Uuid::from_slice(contact).ok()?);
        Some(Self { contact, topic, campaign, address: address.try_into().ok()? })
    }
}

fn short_digest(keys: &Keys, email: &str) -> [u8; DIGEST] {
    keys.email_digest(email)[..DIGEST].try_into().expect("a digest of 32 bytes")
}

/// The preferences centre of a link.
pub fn preferences_url(app: &App, link: &Link) -> String {
    app.url(&format!("/preferences/{}", link.token(&app.keys)))
}

/// Where a mailing is unsubscribed from: for the visible link, where GET asks and changes nothing.
pub fn unsubscribe_url(app: &App, link: &Link) -> String {
    app.url(&format!("/unsubscribe/{}", link.token(&app.keys)))
}

/// What stands in `List-Unsubscribe`: the same page, which a mail program sends `List-Unsubscribe=One-Click` to.
pub fn one_click_url(app: &App, link: &Link) -> String {
    unsubscribe_url(app, link)
}

/// What a mailed link may confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// See what we hold.
    Copy,
    /// Have it deleted.
    Deletion,
}

/// A link that confirms a wish, from the mailbox, until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// What about.
    pub link: Link,
    /// What is wished.
    pub wish: Wish,
    /// Until when it works.
    pub until: DateTime<Utc>,
}

impl Confirmation {
    /// Its token.
    pub fn token(&self, keys: &Keys) -> String {
        let wish = if self.wish == Wish::Copy { 1 } else { 2 };
        let plain = [&[wish][..], &self.until.timestamp().to_be_bytes(), &self.link.to_bytes()].concat();
        URL_SAFE_NO_PAD.encode(keys.seal(CONFIRMATION_PLACE, &plain))
    }

    /// Reads a token; nothing if it is none of ours. Whether it ended is for the caller to say.
    pub fn parse(keys: &Keys, token: &str) -> Option<Self> {
        let plain = keys.open(CONFIRMATION_PLACE, &URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (wish, rest) = plain.split_first()?;
        let (until, link) = rest.split_at_checked(8)?;
        let wish = match wish {
            1 => Wish::Copy,
            2 => Wish::Deletion,
            _ => return None,
        };
        let until = DateTime::from_timestamp(i64::from_be_bytes(until.try_into().ok()?), 0)?;
        Some(Self { link: Link::from_bytes(link)?, wish, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(keys: &Keys) -> Link {
        let campaign = Some(Uuid::from_u128(7));
        Link::new(keys, ContactId(Uuid::from_u128(9)), "Ada@Example.com", Some(Topic::Events), campaign)
    }

    #[test]
    fn a_link_reads_back_and_knows_its_address() {
        let keys = Keys::derive(&[7; 32]);
        let token = link(&keys).token(&keys);
        let read = Link::parse(&keys, &token).unwrap();
        assert_eq!(read, link(&keys));
        assert!(read.is_for(&keys, "ada@example.com") && !read.is_for(&keys, "eve@example.com"));
        assert!(
            token.len() < 120 && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        );
        let bare = Link { topic: None, campaign: None, ..link(&keys) };
        assert_eq!(Link::parse(&keys, &bare.token(&keys)), Some(bare));
    }

    #[test]
    fn a_link_tells_between_which_digests_its_address_is_found() {
        let keys = Keys::derive(&[7; 32]);
        let (first, last) = link(&keys).digests();
        let between = first..=last;
        assert!(between.contains(&keys.email_digest(" ada@example.com")));
        assert!(!between.contains(&keys.email_digest("eve@example.com")));
    }

    #[test]
    fn no_changed_byte_and_no_other_key_opens_a_link() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = URL_SAFE_NO_PAD.decode(link(&keys).token(&keys)).unwrap();
        for position in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[position] ^= 1;
            assert_eq!(Link::parse(&keys, &URL_SAFE_NO_PAD.encode(forged)), None, "byte {position}");
        }
        assert_eq!(Link::parse(&Keys::derive(&[8; 32]), &link(&keys).token(&keys)), None);
        assert_eq!(Link::parse(&keys, ""), None);
    }

    #[test]
    fn a_link_of_one_use_is_none_of_another() {
        let keys = Keys::derive(&[7; 32]);
        let until = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let confirmation = Confirmation { link: link(&keys), wish: Wish::Deletion, until };
        let token = confirmation.token(&keys);
        assert_eq!(Confirmation::parse(&keys, &token), Some(confirmation));
        assert_eq!(Link::parse(&keys, &token), None);
        assert_eq!(Confirmation::parse(&keys, &link(&keys).token(&keys)), None);
    }
}

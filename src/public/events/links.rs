//! The link by which whoever has a seat comes back to it. It is sealed, so that another one can be mailed and those before go
//! on working: whoever types somebody else's address ends none of their links.

use uuid::Uuid;

use crate::platform::crypto::Keys;

/// What is sealed is bound to this use.
const PLACE: &str = "events.link";

/// The token of a link to a registration. Each time another one, and all of them work.
pub(super) fn token(keys: &Keys, registration: Uuid) -> String {
    keys.link(PLACE, registration)
}

/// The registration that a token leads to; nothing if it is none of ours.
pub(super) fn parse(keys: &Keys, token: &str) -> Option<Uuid> {
    keys.linked(PLACE, token)
}

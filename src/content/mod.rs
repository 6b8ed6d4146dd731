//! What customers keep with us, by API: claims, communications, and what is asked of them by the people in them
//! (policy: Customer Content and Customer Usage Data of end users). It is theirs; we keep it as they instruct.

pub mod claims;
pub mod communications;
pub mod end_users;
pub mod forbidden;
pub mod friendly_names;
pub mod ledger;
pub mod locks;
pub mod parties;
pub mod person_keys;
pub mod products;
pub mod restrictions;
pub mod storage;

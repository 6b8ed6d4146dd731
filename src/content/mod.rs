//! What customers keep with us, by API: claims, communications, and what is asked of them by the people in them
//! (policy: Customer Content and Customer Usage Data of end users). It is theirs; we keep it as they instruct.
//!
//! - [`claims`], [`communications`]: the records; [`parties`]: the people in a claim
//! - [`end_users`]: finding, copying, restricting and deleting somebody in them
//! - [`storage`], [`products`]: what is kept and how long, as the owner of the account instructs
//! - [`restrictions`], [`ledger`]: what is restricted, and what was deleted
//! - [`person_keys`]: finding somebody without plain text; [`forbidden`]: what nobody should have in a text
//! - [`friendly_names`]: names that customers give their own things
//! - [`locks`]: the one order in which locks are taken

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

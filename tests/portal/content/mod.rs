//! What customers keep with us.

mod bodies;
pub mod claims;
mod communications;
mod end_users;
mod imports;
mod statuses;
mod storage;
mod sweep;

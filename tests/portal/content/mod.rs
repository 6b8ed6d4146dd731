//! What customers keep with us.

mod bodies;
mod communications;
mod statuses;
mod storage;
mod sweep;
mod claims;
mod imports;
mod end_users;

//! What customers keep with us.

mod bodies;
pub mod claims;
mod claims_found;
mod communications;
pub mod end_users;
mod forbidden;
mod imports;
mod imports_killed;
mod imports_on_the_way;
mod ledger;
mod locks;
mod statuses;
pub mod storage;
mod storage_versions;
mod sweep;

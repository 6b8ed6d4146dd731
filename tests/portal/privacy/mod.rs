//! What people may ask of us.

mod addresses;
mod anonymity;
mod categories;
mod data_map;
mod data_requests;
mod deletion_at_the_desk;
mod disclosures;
mod disputes;
mod erasure;
mod erasure_killed;
pub mod exports;
mod exports_full;
mod exports_killed;
mod marked;
mod notice;
mod receipts;
mod rows;
mod schedule;
mod sub_processors;
mod your_data;

pub use erasure::{erase, found};

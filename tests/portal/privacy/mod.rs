//! What people may ask of us.

mod categories;
mod data_map;
mod data_requests;
mod disputes;
mod erasure;
mod erasure_killed;
mod exports;
mod exports_killed;
mod marked;
mod receipts;
mod rows;
mod schedule;
mod your_data;

pub use erasure::found;

//! What people may ask of us, and its heart, the map of everything that is stored.

pub mod categories;
pub mod cells;
pub mod data_map;
pub mod data_requests;
pub mod disputes;
pub mod erasure;
pub mod exports;
pub mod receipts;
pub mod schedule;
pub mod your_data;

//! What people may ask of us.

mod categories;
mod data_map;
mod data_requests;
mod exports;
mod exports_killed;
mod receipts;
mod rows;
mod schedule;
mod your_data;

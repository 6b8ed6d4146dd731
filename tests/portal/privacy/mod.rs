//! What people may ask of us.

mod data_requests;
mod exports;
mod exports_killed;
mod rows;

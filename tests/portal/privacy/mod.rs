//! What people may ask of us.

mod data_requests;
mod exports;
mod rows;

//! What people may ask of us.

mod data_requests;
mod erasure;
mod erasure_killed;
mod exports;
mod exports_killed;
mod marked;
mod rows;

//! What people may ask of us.

mod exports;
mod rows;

//! What people may ask of us.

mod data_requests;

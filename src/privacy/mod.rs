//! What people may ask of us: the map of everything that is stored, and requests about it.

pub mod data_map;
pub mod data_requests;

//! What people may ask of us. So far its heart: the map of everything that is stored.

pub mod data_map;

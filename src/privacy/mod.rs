//! The data map.

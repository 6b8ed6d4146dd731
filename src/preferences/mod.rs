//! What we may send and track: the person's decision, easy to see, easy to change, effective at once.

pub mod cookies;
pub mod signals;
pub mod statistics;

//! What we may send and track.

mod cookies;
mod signals;
mod statistics;

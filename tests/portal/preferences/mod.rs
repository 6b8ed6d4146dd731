//! What people want to hear from us, and what we may track.

mod cookies;
mod decisions;
mod newsletter;
mod signals;
mod statistics;

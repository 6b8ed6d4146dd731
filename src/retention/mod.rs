//! How long what is stored lives (S69): one table of rules, read by the data map, by the public
//! schedule and by the sweep that carries them out.

pub mod rules;
pub mod sweep;

//! How long what is stored lives (S69): one table of rules, read by the data map, by the public
//! schedule and by the sweep that carries them out.
//!
//! A hold beats every rule ([`holds`]). Without one the longest duty of a law counts, and after it the shortest promise.
//!
//! - [`rules`]: the table; [`invoice_laws`]: how long invoices are kept, country by country; [`subscriber_laws`]: where a
//!   record of a subscriber is asked for, and how long it is kept
//! - [`sweep`]: deletes what is due; [`plan`]: what it would delete, and when something is late
//! - [`ledger`]: that somebody was erased, so that a restored backup is brought up to date
//! - [`beside`]: holds, `restrictions`, opt-outs and refusals beside the backups
//! - [`command_line`]: `portal retention`

pub mod beside;
pub mod command_line;
pub mod holds;
pub mod invoice_laws;
pub mod ledger;
pub mod plan;
mod restrictions;
pub mod rules;
pub mod subscriber_laws;
pub mod sweep;

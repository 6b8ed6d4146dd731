//! When we must stop somebody: what is counted about an account, the rules that judge it, and who answers for them.
//!
//! - [`signals`]: what is counted, from what, and over which time
//! - [`rules`]: expressions over signals with versions, what each may do, and every evaluation that led somewhere
//! - [`evidence`], [`drawing`]: what a decision was made from, as it is kept and drawn

pub mod drawing;
pub mod evidence;
pub mod rules;
pub mod signals;

//! The desk of suspensions: what was decided, deciding it, and lifting it without an appeal.

mod access;
mod form;
pub mod index;
pub mod new;
pub mod show;

/// Where the list is.
const PATH: &str = "/staff/suspensions";

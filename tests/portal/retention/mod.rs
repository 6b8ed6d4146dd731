//! How long what is stored lives, and what keeps it.

mod command_line;
pub mod holds;

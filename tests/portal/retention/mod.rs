//! How long what is stored lives, and what keeps it.

mod beside;
mod command_line;
mod contacts;
pub mod holds;
mod holds_on_parts;
mod silent_holds;
mod sweep;

//! What holds for the whole program, read off its own tables.

mod mail;
mod readme;

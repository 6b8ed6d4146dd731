//! What holds for the whole program, read off its own tables.

mod data_map;
mod mail;
mod permissions;
mod read_only;
mod readme;
mod retention;

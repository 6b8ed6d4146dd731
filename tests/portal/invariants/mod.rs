//! What holds for the whole program, read off its own tables.

mod data_map;
mod mail;
mod permissions;
mod readme;
mod retention;

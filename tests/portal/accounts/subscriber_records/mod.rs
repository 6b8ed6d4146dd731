//! Who uses a number, where a local law asks for that.

mod access;
mod desk;
mod kept;
mod pages;
mod races;
mod sealed;
mod search;
mod sharing;
mod writing;

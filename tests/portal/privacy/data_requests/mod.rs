//! Requests about personal data.

mod desk;
mod pages;

pub(super) use pages::ask;
mod public;
mod rules;

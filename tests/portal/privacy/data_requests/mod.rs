//! Requests about personal data.

mod desk;
mod figures;
mod files;
mod files_kept;
mod pages;

pub(super) use desk::step;
pub(super) use pages::ask;
mod public;
mod rules;

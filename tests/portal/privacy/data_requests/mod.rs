//! Requests about personal data.

mod desk;
mod pages;
mod public;
mod rules;

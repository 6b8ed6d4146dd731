//! Every test over the whole program, in one binary. How to write one: `support/mod.rs`.

mod accounts;
mod api;
mod browser;
mod content;
mod demo;
mod identity;
mod invariants;
mod platform;
mod preferences;
mod privacy;
mod public;
mod retention;
mod staff;
mod support;
mod trust;

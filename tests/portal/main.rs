//! Every test over the whole program, in one binary. How to write one: `support/mod.rs`.

mod identity;
mod invariants;
mod platform;
mod support;

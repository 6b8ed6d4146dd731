//! What only a real browser shows: that the pages work in it, with scripts and without, for everybody.

mod pages;
mod passkeys;
mod queue;
mod sign_up;
mod visits;

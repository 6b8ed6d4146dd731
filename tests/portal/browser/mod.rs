//! What only a real browser shows: that the pages work in it, with scripts and without, for everybody.

mod appeal;
mod pages;
mod passkeys;
mod print;
mod queue;
mod sign_up;
mod visits;

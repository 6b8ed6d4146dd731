//! When we must stop someone (S127–S132): what is seen, the rules that it is judged by, what an account may not do then,
//! and the human review of it.

pub mod appeals;
pub mod suspensions;

//! When we must stop someone (S127–S132): what is counted about an account, the rules that judge it, what an account may
//! not do then, and the human review of it.
//!
//! - [`signals`]: what is counted, from what, and over which time
//! - [`rules`]: expressions over signals with versions, what each may do, and every evaluation that led somewhere
//! - [`alerts`]: a rule asks, and a person decides
//! - [`suspensions`]: what an account may not do, the statement, and what it is shown by
//! - [`appeals`]: what an owner says against one, and who decides about that
//! - [`drawing`]: evidence as staff see it

pub mod alerts;
pub mod appeals;
pub mod drawing;
pub mod rules;
pub mod signals;
pub mod suspensions;

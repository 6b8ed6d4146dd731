//! The staff console.

mod audit;
mod invitations;
mod lookup;
mod operations;
mod team;

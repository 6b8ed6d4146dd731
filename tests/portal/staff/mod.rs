//! The staff console.

mod audit;
pub mod desk;
mod desk_claims;
mod desk_looks;
mod desk_views;
mod invitations;
mod lookup;
mod operations;
mod reports;
mod team;
mod two_persons;
mod undertaking;

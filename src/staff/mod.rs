//! What every desk of the console shares: permissions, invitations, look-up, audit.

pub mod invitations;
pub mod permissions;

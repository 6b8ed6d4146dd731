//! What every desk of the console shares: who may enter, who is on the team, how a person is looked
//! up, and what keeps running behind it all.
//!
//! - [`permissions`]: the one table of what each role may do; [`menu`]: the desks that a role opens
//! - [`two_persons`]: what takes two people, in one place
//! - [`desk`]: the parts that every queue is built from: claims, filters, lists, files, saved views, the register
//! - [`overview`]: the first page: today's load of each queue
//! - [`lookup`]: people, masked until somebody says why they look; [`masks`]: how
//! - [`reports`]: how much came, how it was decided and how long that took
//! - [`team`], [`invitations`]: members of staff, their roles, and how they come to be
//! - [`undertaking`]: what each of them agrees to keep confidential, before anything of people opens
//! - [`operations`]: jobs and messages: what was given up and may be tried again
//! - [`audit`]: the audit log and what the last walk along its chain found

pub mod audit;
pub mod desk;
pub mod invitations;
pub mod lookup;
pub mod masks;
pub mod menu;
pub mod operations;
pub mod overview;
pub mod permissions;
pub mod reports;
pub mod team;
pub mod two_persons;
pub mod undertaking;

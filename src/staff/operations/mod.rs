//! What keeps running behind it all, for those who look after it.
//!
//! - [`jobs`]: jobs that were given up, and the timetable
//! - [`messages`]: mail and texts, with every attempt to deliver them

pub mod jobs;
pub mod messages;

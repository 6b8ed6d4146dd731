//! What people want to hear from us.

mod campaigns;
mod decisions;

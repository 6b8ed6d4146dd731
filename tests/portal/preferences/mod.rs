//! What people want to hear from us.

mod decisions;

//! Requests about personal data.

mod rules;

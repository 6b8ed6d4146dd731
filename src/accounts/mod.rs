//! What customers own.

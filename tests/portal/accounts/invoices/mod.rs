//! Invoices: how they come in, who reads them, and how long they stay.

mod hook;
mod kept;
mod pages;
mod staff;
mod standing;

pub use standing::confirmed as confirmed_deletion;

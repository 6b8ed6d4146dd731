//! When people need a person: writing to the sales team.

pub mod sales_contact;

//! What every resource of the API shares.

mod client;
mod document;
mod foreign_clients;
mod isolation;

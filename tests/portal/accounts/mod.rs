//! What customers own.

mod account;
mod activity;
mod api_keys;
mod auth_token;
mod closed_content;
mod closure;
mod closure_ends;
mod handovers;
mod invitations;
mod invoices;
mod leak_desk;
mod members;
mod read_only;
mod request_log;
mod subscriber_records;

//! What customers own.

mod api_keys;
mod auth_token;
mod leak_desk;
mod request_log;
mod account;
mod activity;
mod handovers;
mod invitations;
mod members;

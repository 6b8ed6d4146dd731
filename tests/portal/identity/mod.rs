//! Who is signing in.

mod account_recovery;
mod activity;
mod addresses;
mod breached_passwords;
mod countries;
mod email_change;
mod factors;
mod overview;
mod passkeys;
mod password_change;
mod password_reset;
mod phone_change;
mod profile;
mod security_events;
mod sessions;
mod sign_in;
mod sign_up;
mod summaries;

//! What people want to hear from us, and what we may track.

mod campaigns;
mod centre;
mod contact_data;
mod contact_desk;
mod cookies;
mod decisions;
mod gone_mailboxes;
mod moved_links;
mod moved_under_hold;
mod newsletter;
mod onboarding;
mod partners;
mod settings;
mod signals;
mod statistics;
mod unsubscribe;

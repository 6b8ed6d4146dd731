//! What people want to hear from us.

mod campaigns;
mod centre;
mod contact_data;
mod decisions;
mod onboarding;
mod settings;
mod unsubscribe;

//! Who is signing in: becoming a person, showing who you are, and managing it.
//!
//! - [`sign_up`]: details, e-mail, phone, and only then a person
//! - [`sign_in`]: password, second step, sign-out
//! - [`reauthentication`]: 'confirm it is you' before anything sensitive
//! - [`totp`], [`recovery_codes`]: the second factor and the way in without it
//! - [`passkeys`]: the factor that cannot be phished, which also signs in alone
//! - [`account_recovery`]: the slow lane back in, which only its owner opens beforehand
//! - [`security_events`]: every change to security mails its owner, with a link that shuts an intruder out
//! - [`overview`], [`profile`], [`email_change`], [`phone_change`], [`password_change`]: managing who you are
//! - [`password_reset`]: a new password by mail
//! - [`sessions`], [`activity`]: where you are signed in, and what happened
//! - [`people`], [`spellings`], [`summaries`], [`password_policy`], [`phone_verification`]: what several of these share

pub mod account_recovery;
pub mod activity;
pub mod email_change;
pub mod overview;
pub mod passkeys;
pub mod password_change;
pub mod password_policy;
pub mod password_reset;
pub mod people;
pub mod phone_change;
pub mod phone_verification;
pub mod profile;
pub mod reauthentication;
pub mod recovery_codes;
pub mod security_events;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod spellings;
pub mod summaries;
pub mod totp;

//! What any serious web product needs. It knows the features only where it joins them: configuration, clock,
//! ids, crypto, database, web, mail, text messages, files and jobs.

pub mod app;
pub mod archive;
pub mod audit;
pub mod background;
pub mod backups;
pub mod breached_passwords;
pub mod clock;
pub mod codes;
pub mod config;
pub mod countries;
pub mod crypto;
pub mod db;
pub mod development;
pub mod error;
pub mod files;
pub mod geo;
pub mod ids;
pub mod jobs;
pub mod jws;
pub mod mail;
pub mod messages;
pub mod passwords;
pub mod sms;
pub mod storage;
pub mod telemetry;
pub mod turns;
pub mod web;

//! What any serious web product needs. It knows the features only where it joins them.
//!
//! - [`app`]: what every handler and job is handed; [`config`]: the settings; [`clock`]: the time, which is passed in
//! - [`web`]: from a socket to a handler and back to a page; [`error`]: what goes wrong there, with its own page each
//! - [`db`]: the pool, the migrations, and the private cluster that is there where no server is named
//! - [`ids`], [`crypto`], [`jws`], [`passwords`], [`breached_passwords`]: ids, secrets, signed documents, passwords
//! - [`messages`]: the outbox, the only way out for [`mail`] and [`sms`]
//! - [`jobs`]: work in the background, and the only timetable; [`background`], [`turns`]: what computes long or is long open
//! - [`storage`]: files outside the database; [`files`]: those that people send along; [`archive`]: a ZIP while it is made
//! - [`backups`]: all of it, encrypted, for recovery after a loss
//! - [`audit`]: what was done to whom and by whom; [`telemetry`]: logs and figures
//! - [`geo`], [`countries`], [`codes`]: countries and currencies; [`text`]: what people type and read, in one line
//! - [`development`]: what only a development server has

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
pub mod text;
pub mod turns;
pub mod web;

//! The LossExpress account and privacy portal. A newcomer's map:
//!
//! - [`routes`]: the site map, every URL with its handler and its guard
//! - [`platform`]: configuration, clock, database, web, mail, texts, files, jobs; it knows the features only where it joins
//!   them: the registry and the timetable of jobs, what is added to a message that is delivered, the server, what every page
//!   shows around its content, and the retention rules and holds for what it keeps itself
//! - [`public`]: the start page, documents, events, white papers, surveys and what we publish, for anybody
//! - [`identity`]: who is signing in: sign-up, sign-in, factors, sessions, profile
//! - [`accounts`]: what customers own: accounts, members, credentials, invoices, subscriber records, the request log,
//!   and closing an account
//! - [`api`]: how programs talk to us: guard, scopes, limits, errors of `/v1`
//! - [`content`]: what customers keep with us by API: claims, communications, their end users
//! - [`preferences`]: what we may send to somebody and track, which they decide, with or without an account
//! - [`privacy`]: the data map, from which every promise about data is kept: what we hold, the schedule, requests,
//!   copies, erasure, receipts, disclosures, disputes, sub-processors
//! - [`retention`]: how long everything lives, what is on hold, and the sweep that keeps to both
//! - [`trust`]: when we must stop someone: signals, rules, alerts, suspensions, what still works then, and the human
//!   review of them
//! - [`support`]: when people need a person: writing to the sales team
//! - [`staff`]: the console: permissions, the undertaking to confidentiality, the parts of every desk, reports,
//!   invitations, look-up, audit
//! - [`demo`]: people to try everything with, in development only

pub mod accounts;
pub mod api;
pub mod content;
pub mod demo;
pub mod identity;
pub mod platform;
pub mod preferences;
pub mod privacy;
pub mod public;
pub mod retention;
pub mod routes;
pub mod staff;
pub mod support;
pub mod trust;

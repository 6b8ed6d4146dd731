//! The web edge: from a socket to a handler and back to a page.
//!
//! - [`server`]: middleware in its order, limits and time-outs; [`health`]: whether it is well
//! - [`headers`], [`cross_origin`], [`rate_limit`]: what protects every answer, every form, and what is tried often
//! - [`session`], [`caller`], [`guards`]: who asks, as far as a browser or the network tells, and who may
//! - [`signatures`]: other systems that call us
//! - [`pages`], [`error_pages`], [`flash`], [`assets`]: what comes back
//! - [`forms`], [`form_guard`]: what people type, and what robots do
//! - [`pagination`], [`day_chart`]: lists by their pages, and counts by the day

pub mod assets;
pub mod caller;
pub mod cross_origin;
pub mod day_chart;
pub mod error_pages;
pub mod flash;
pub mod form_guard;
pub mod forms;
pub mod guards;
pub mod headers;
pub mod health;
pub mod pages;
pub mod pagination;
pub mod rate_limit;
pub mod server;
pub mod session;
pub mod signatures;

//! The web edge: from a socket to a handler and back to a page.

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

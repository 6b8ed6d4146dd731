//! What people may ask of us, and its heart, the map of everything that is stored.
//!
//! - [`data_map`]: every table and column, once; all that follows is made from it
//! - [`your_data`], [`categories`], [`schedule`]: what we hold about somebody, of which kinds, and until when
//! - [`data_requests`]: what is asked, by whom, and how it is answered
//! - [`exports`]: a copy of everything; [`erasure`]: the end of it
//! - [`receipts`]: signed documents about what was done
//! - [`disclosures`]: what somebody outside asks for or gets
//! - [`disputes`]: somebody thinks that we broke a promise
//! - [`notice`]: the privacy notice; [`sub_processors`]: who works for us with data about people
//! - [`cells`]: how figures about few people are told

pub mod categories;
pub mod cells;
pub mod data_map;
pub mod data_requests;
pub mod disclosures;
pub mod disputes;
pub mod erasure;
pub mod exports;
pub mod notice;
pub mod receipts;
pub mod schedule;
pub mod sub_processors;
pub mod your_data;

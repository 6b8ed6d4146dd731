//! The ground that every feature stands on.

mod audit;
mod backup_bed;
mod backup_files;
mod backup_ledger;
mod backup_parts;
mod backups;
mod config;
mod jobs;
mod mail;
mod migrations;
mod private_cluster;
mod process;
mod rate_limits;
mod requests;
mod sessions;
mod sms;
mod static_files;
mod unavailable;

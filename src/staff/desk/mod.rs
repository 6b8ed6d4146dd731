//! What every queue of the console shares, so that one desk works like the next.
//!
//! A desk is built from these parts; `privacy/data_requests/staff/index.rs` and `staff/operations/jobs.rs` show how:
//!
//! - [`Queue`]: the queues whose items can be claimed, or opened with a reason. A new one is a variant here, its name in the
//!   checks `desk_looks_queue_check`, `saved_views_queue_check` and, where its items are claimed, `desk_claims_queue_check`,
//!   and an entry of the [`register`]. Suspensions, closures and invoices wait for nobody and have no entry; they and subscriber
//!   records, whose entry names no queue, are claimed by nobody.
//! - [`claims`]: who works on an item: half an hour, renewed by claiming again, given back, or over. In SQL a trigger asks
//!   `holds_desk_claim('requests', id, staff, at)` before a decision and calls `end_desk_claim('requests', id)` after it.
//! - [`looks`]: what a member of staff may see of an item (S105): all of it once they have claimed it or typed why they
//!   look, masked before. [`looks::Item::note`] writes each view into the audit log, where the person finds it.
//! - [`filters`]: filters in the address. A queue has a `const FILTERS: &[Filter]`; [`Asked`] reads the address, knows
//!   nothing that is not on that list, and writes it again for links, saved views and the CSV.
//! - [`list`]: lines and the [`List`] that `components/queue.html` draws: filters, saved views, lines with claim button,
//!   boxes to tick, the pager, the keyboard. The template needs nothing but a field `list`.
//! - [`views`]: filters that somebody saved, for themselves.
//! - [`csv`]: what is shown, as a file: streamed, and safe to open in a spreadsheet.
//! - [`register`]: the one list of queues that `/staff`, the counts of open pages and the reports read.
//! - [`web`]: handlers that are the same for each queue: claiming, giving back, looking with a reason, and who gets files.
//!
//! Paging is by keyset over [`Place`] (a moment and an id) or any other key of [`crate::platform::web::pagination`].

pub mod claims;
pub mod csv;
pub mod filters;
pub mod list;
pub mod looks;
pub mod register;
pub mod views;
pub mod web;

pub use filters::{Asked, Filter, Pairs, Place};
pub use list::{Bulk, Line, List};

use diesel_async::AsyncPgConnection;

use super::permissions::Permission;
use crate::platform::ids::PersonId;

/// A queue whose items are claimed, or opened by whoever says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Requests about personal data.
    Requests,
    /// Disputes about data protection.
    Disputes,
    /// Appeals against suspensions.
    Appeals,
    /// Suspensions that a rule asks for and a person decides.
    Alerts,
    /// Jobs that were given up.
    Jobs,
    /// What people write to the sales team.
    Enquiries,
    /// Suspensions; seen by whoever works on an appeal against one, or says why.
    Suspensions,
    /// Accounts on their way out; seen by whoever says why.
    Closures,
    /// Invoices whose account is gone; seen by whoever says why.
    Invoices,
    /// Who uses a number; seen by whoever says why.
    SubscriberRecords,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 10] = [
        Self::Requests,
        Self::Disputes,
        Self::Appeals,
        Self::Alerts,
        Self::Jobs,
        Self::Enquiries,
        Self::Suspensions,
        Self::Closures,
        Self::Invoices,
        Self::SubscriberRecords,
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Disputes => "disputes",
            Self::Appeals => "appeals",
            Self::Alerts => "alerts",
            Self::Jobs => "jobs",
            Self::Enquiries => "enquiries",
            Self::Suspensions => "suspensions",
            Self::Closures => "closures",
            Self::Invoices => "invoices",
            Self::SubscriberRecords => "subscriber_records",
        }
    }

    /// Reads a queue as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == text)
    }

    /// Where it is worked on.
    pub fn path(self) -> &'static str {
        match self {
            Self::Requests => "/staff/requests",
            Self::Disputes => "/staff/disputes",
            Self::Appeals => "/staff/appeals",
            Self::Alerts => "/staff/alerts",
            Self::Jobs => "/staff/jobs",
            Self::Enquiries => "/staff/sales",
            Self::Suspensions => "/staff/suspensions",
            Self::Closures => "/staff/closures",
            Self::Invoices => "/staff/invoices",
            Self::SubscriberRecords => "/staff/subscriber-records",
        }
    }

    /// What one of its items is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Requests => "request",
            Self::Disputes => "dispute",
            Self::Appeals => "appeal",
            Self::Alerts => "alert",
            Self::Jobs => "job",
            Self::Enquiries => "enquiry",
            Self::Suspensions => "suspension",
            Self::Closures => "closure",
            Self::Invoices => "invoice",
            Self::SubscriberRecords => "subscriber record",
        }
    }

    /// How the audit log names a view of an item: with everything, and with what is about people hidden.
    pub fn viewed(self) -> (&'static str, &'static str) {
        match self {
            Self::Requests => ("data_request.viewed", "data_request.viewed_masked"),
            Self::Disputes => ("dispute.viewed", "dispute.viewed_masked"),
            Self::Appeals => ("appeal.viewed", "appeal.viewed_masked"),
            Self::Alerts => ("alert.viewed", "alert.viewed_masked"),
            Self::Jobs => ("job.viewed", "job.viewed_masked"),
            Self::Enquiries => ("sales_enquiry.viewed", "sales_enquiry.viewed_masked"),
            Self::Suspensions => ("account.suspension.viewed", "account.suspension.viewed_masked"),
            Self::Closures => ("account.closure.viewed", "account.closure.viewed_masked"),
            Self::Invoices => ("invoice.viewed", "invoice.viewed_masked"),
            Self::SubscriberRecords => {
                ("account.subscriber_record.viewed", "account.subscriber_record.viewed_masked")
            }
        }
    }

    /// What an item is in the audit log.
    pub fn subject_kind(self) -> &'static str {
        match self {
            Self::Requests => "data_request",
            Self::Disputes => "dispute",
            Self::Appeals => "appeal",
            Self::Alerts => "alert",
            Self::Jobs => "job",
            Self::Enquiries => "sales_enquiry",
            Self::Suspensions => "suspension",
            Self::Closures => "closure",
            Self::Invoices => "invoice",
            Self::SubscriberRecords => "subscriber_record",
        }
    }

    /// The right that its desk takes; nothing where the queue is not there.
    pub fn permission(self) -> Option<Permission> {
        match self {
            Self::Suspensions => return Some(Permission::ReadSuspensions),
            Self::Closures | Self::Invoices => return Some(Permission::WorkOnRequests),
            Self::SubscriberRecords => return Some(Permission::SeeSubscriberRecords),
            _ => {}
        }
        register::ENTRIES.iter().find(|entry| entry.queue == Some(self)).map(|entry| entry.permission)
    }
}

/// Takes from somebody what they have at desks that their roles no longer open: claims, looks and saved views, inside the
/// transaction that takes the role away. With the last role everything goes.
///
/// # Errors
/// What the database says.
pub async fn leave(
    conn: &mut AsyncPgConnection,
    staff: PersonId,
    roles: &[String],
) -> diesel::QueryResult<()> {
    use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
    use diesel_async::RunQueryDsl as _;
    let stays = |queue: &Queue| queue.permission().is_some_and(|right| right.granted_to(roles));
    let kept: Vec<&str> = Queue::ALL.into_iter().filter(stays).map(Queue::as_str).collect();
    for table in ["desk_claims", "desk_looks", "saved_views"] {
        diesel::sql_query(format!("DELETE FROM {table} WHERE staff_id = $1 AND queue <> ALL ($2)"))
            .bind::<SqlUuid, _>(staff)
            .bind::<Array<Text>, _>(&kept)
            .execute(conn)
            .await?;
    }
    Ok(())
}

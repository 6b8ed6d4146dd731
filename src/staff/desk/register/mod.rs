//! The register of queues: one entry each, and from it the overview, the counts that open pages refresh, and the drawing
//! of the last 30 days. A new queue is one more entry.

mod days;

pub use days::{Load, load};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Queue;
use crate::staff::permissions::Permission;

/// A queue's own page counts no further: what waits beyond is 'more than'.
pub const COUNTED: i64 = 1000;

/// A queue of the console.
pub struct Entry {
    /// Names it in the counts that pages refresh.
    pub key: &'static str,
    /// The queue whose items are claimed, if they are.
    pub queue: Option<Queue>,
    /// What it is called.
    pub title: &'static str,
    /// Its desk.
    pub path: &'static str,
    /// The right that the desk takes.
    pub permission: Permission,
    /// What one item is called, and several.
    pub noun: (&'static str, &'static str),
    /// What is said while none waits.
    pub empty: &'static str,
    /// Its items, as SQL with `opened_at`, `due_at` (or NULL) and `closed_at` (NULL while it waits): a simple `SELECT`, so
    /// that the indexes of its table serve.
    pub items: &'static str,
    /// Which of them wait: where an index has only those, with the earliest due first, in its words.
    pub waits: &'static str,
    /// Whether its items are still known once they are over, so that the days before today can be told from them.
    pub has_past: bool,
}

/// Every queue, in the order of the overview.
pub const ENTRIES: &[Entry] = &[
    Entry {
        key: "enquiries",
        queue: Some(Queue::Enquiries),
        title: "Enquiries",
        path: "/staff/sales",
        permission: Permission::AnswerSales,
        noun: ("enquiry", "enquiries"),
        empty: "Nobody waits for an answer.",
        items: "SELECT received_at AS opened_at, NULL::timestamptz AS due_at, answered_at AS closed_at FROM sales_enquiries",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "campaigns",
        queue: None,
        title: "Campaigns",
        path: "/staff/campaigns",
        permission: Permission::PlanCampaigns,
        noun: ("campaign", "campaigns"),
        empty: "No campaign waits for approval.",
        items: "SELECT changed_at AS opened_at, scheduled_for AS due_at, NULL::timestamptz AS closed_at FROM campaigns WHERE state = 'waiting'",
        waits: "closed_at IS NULL",
        has_past: false,
    },
    Entry {
        key: "partners",
        queue: None,
        title: "Partners",
        path: "/staff/partners",
        permission: Permission::PlanCampaigns,
        noun: ("partner", "partners"),
        empty: "No partner waits for approval.",
        items: "SELECT proposed_at AS opened_at, NULL::timestamptz AS due_at, least(approved_at, ended_at) AS closed_at FROM partners",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "appeals",
        queue: Some(Queue::Appeals),
        title: "Appeals",
        path: "/staff/appeals",
        permission: Permission::DecideAppeals,
        noun: ("appeal", "appeals"),
        empty: "No appeal waits.",
        items: "SELECT filed_at AS opened_at, due_at, decided_at AS closed_at, outcome FROM appeals",
        waits: "outcome IS NULL",
        has_past: true,
    },
    Entry {
        key: "requests",
        queue: Some(Queue::Requests),
        title: "Data requests",
        path: "/staff/requests",
        permission: Permission::WorkOnRequests,
        noun: ("request", "requests"),
        empty: "No request about personal data waits.",
        items: "SELECT received_at AS opened_at, due_at, closed_at FROM data_requests",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "disputes",
        queue: Some(Queue::Disputes),
        title: "Disputes",
        path: "/staff/disputes",
        permission: Permission::WorkOnRequests,
        noun: ("dispute", "disputes"),
        empty: "No dispute about data protection waits.",
        // One whose mailbox nobody confirmed waits for them and not for us.
        items: "SELECT received_at AS opened_at, due_at, closed_at FROM disputes WHERE state NOT IN ('received', 'unproven', 'lapsed')",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "alerts",
        queue: Some(Queue::Alerts),
        title: "Alerts",
        path: "/staff/alerts",
        permission: Permission::AnswerAlerts,
        noun: ("alert", "alerts"),
        empty: "No rule asks anything.",
        items: "SELECT raised_at AS opened_at, due_at, decided_at AS closed_at, outcome FROM rule_alerts",
        waits: "outcome IS NULL",
        has_past: true,
    },
    Entry {
        key: "subscriber-records",
        queue: None,
        title: "Subscriber records",
        path: "/staff/subscriber-records",
        permission: Permission::SeeSubscriberRecords,
        noun: ("record", "records"),
        empty: "No subscriber record waits.",
        // By days: what hangs on an account that is gone must not lead back by a moment.
        items: "SELECT submitted_on::timestamptz AS opened_at, NULL::timestamptz AS due_at, least(decided_on, ended_on)::timestamptz AS closed_at, outcome, ended_on FROM subscriber_records",
        waits: "outcome IS NULL AND ended_on IS NULL",
        has_past: false,
    },
    Entry {
        key: "disclosures",
        queue: None,
        title: "Disclosures",
        path: "/staff/disclosures",
        permission: Permission::RecordDisclosures,
        noun: ("disclosure", "disclosures"),
        empty: "No disclosure is under way.",
        items: "SELECT recorded_at AS opened_at, NULL::timestamptz AS due_at, closed_at FROM disclosures",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "holds",
        queue: None,
        title: "Holds",
        path: "/staff/holds",
        permission: Permission::HoldData,
        noun: ("hold", "holds"),
        empty: "No hold waits for approval.",
        items: "SELECT requested_at AS opened_at, lapses_at AS due_at, least(approved_at, ended_at) AS closed_at FROM holds",
        waits: "closed_at IS NULL",
        has_past: true,
    },
    Entry {
        key: "jobs",
        queue: Some(Queue::Jobs),
        title: "Dead jobs",
        path: "/staff/jobs",
        permission: Permission::RunOperations,
        noun: ("job", "jobs"),
        empty: "No job was given up.",
        items: "SELECT updated_at AS opened_at, NULL::timestamptz AS due_at, NULL::timestamptz AS closed_at FROM graphile_worker._private_jobs \
                WHERE attempts >= max_attempts AND locked_at IS NULL",
        waits: "closed_at IS NULL",
        has_past: false,
    },
];

/// What waits in a queue and what of it is overdue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Counts {
    /// What waits.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// What is overdue.
    #[diesel(sql_type = BigInt)]
    pub overdue: i64,
}

impl Counts {
    /// What waits, as a queue's own page writes it.
    pub fn waiting_words(&self) -> String {
        words(self.waiting)
    }

    /// What is overdue, as a queue's own page writes it.
    pub fn overdue_words(&self) -> String {
        words(self.overdue)
    }
}

fn words(count: i64) -> String {
    if count > COUNTED { format!("more than {COUNTED}") } else { count.to_string() }
}

/// What waits in a queue, counted up to [`COUNTED`]: as fast where there are millions.
///
/// # Errors
/// What the database says.
pub async fn counts(conn: &mut AsyncPgConnection, queue: Queue, now: DateTime<Utc>) -> QueryResult<Counts> {
    match ENTRIES.iter().find(|entry| entry.queue == Some(queue)) {
        Some(entry) => count(conn, entry, COUNTED + 1, now).await,
        None => Ok(Counts::default()),
    }
}

/// What waits, counted up to so many from the earliest due on: what is overdue comes first.
///
/// # Errors
/// What the database says.
pub async fn count(
    conn: &mut AsyncPgConnection,
    entry: &Entry,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Counts> {
    let Entry { items, waits, .. } = entry;
    diesel::sql_query(format!(
        "SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= $1) AS overdue \
         FROM (SELECT due_at FROM ({items}) i WHERE {waits} ORDER BY due_at LIMIT $2) w"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .get_result(conn)
    .await
}

/// Who works on something now: the key of a queue, their name and how many items they have claimed.
#[derive(Clone, Debug, QueryableByName)]
pub struct OnIt {
    /// The queue, as it is stored.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Their name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How many items.
    #[diesel(sql_type = BigInt)]
    pub items: i64,
}

/// Who works on something now, in every queue.
///
/// # Errors
/// What the database says.
pub async fn on_it(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<OnIt>> {
    diesel::sql_query(
        "SELECT c.queue, p.name, count(*) AS items FROM desk_claims c JOIN people p ON p.id = c.staff_id \
         WHERE c.expires_at > $1 GROUP BY c.queue, p.id ORDER BY c.queue, p.name, p.id",
    )
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_name_of_its_own_and_every_desk_of_it_a_place_in_the_console() {
        for (index, entry) in ENTRIES.iter().enumerate() {
            assert!(ENTRIES[..index].iter().all(|other| other.key != entry.key), "{}", entry.key);
            let roles: Vec<String> =
                entry.permission.roles().iter().map(|role| role.as_str().to_owned()).collect();
            let desks = crate::staff::menu::desks(&roles);
            assert!(desks.iter().any(|(path, _)| *path == entry.path), "{} is not in the menu", entry.path);
            if let Some(queue) = entry.queue {
                assert_eq!((entry.key, entry.path), (queue.as_str(), queue.path()));
            }
        }
    }
}

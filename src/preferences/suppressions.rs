//! Mailboxes that get no marketing mail: they refuse it, their owner complained, staff or their owner said so.
//! Mail that is needed or asked for is sent all the same (S86).
//!
//! A mailbox is known by a keyed digest of its address and by nothing else. That lasts as long as it is to work, also for a
//! mailbox that is nobody's: what its owner or staff said holds until they say otherwise. What a server said of a mailbox
//! that is no contact's goes after a time by the retention rules (S69), and so do the words about any other.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::decisions::{self, Decision, Via};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::mail_suppressions;
use crate::platform::ids::new_uuid;
use crate::retention::holds::guard;
use crate::retention::rules;

/// What stands in the decision that follows from a complaint.
const COMPLAINED: &str = "The mailbox reported a mailing of ours as unwanted.";

/// Why a mailbox gets none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It refuses for good.
    HardBounce,
    /// Its owner complained to whoever runs it.
    Complaint,
    /// A member of staff said so.
    Staff,
    /// Its owner had us delete the contact.
    Erased,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::HardBounce, Self::Complaint, Self::Staff, Self::Erased];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Staff => "staff",
            Self::Erased => "erased",
        }
    }

    /// Reads a reason as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A suppression that holds.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mail_suppressions, check_for_backend(diesel::pg::Pg))]
pub struct Suppression {
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What the mail server said, for example.
    pub detail: Option<String>,
}

/// Notes by the digest of an address that its mailbox gets no mailings; what waits for it is looked at before it begins. A
/// second time for the same reason changes nothing; answers whether it was the first.
///
/// # Errors
/// What the database says.
pub async fn note(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
    reason: Reason,
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let detail: Option<String> = detail.map(|text| text.chars().filter(|c| *c != '\0').take(500).collect());
    let made = diesel::sql_query(
        "INSERT INTO mail_suppressions (id, email_digest, reason, since, detail) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (email_digest, reason) WHERE lifted_at IS NULL DO NOTHING",
    )
    .bind::<SqlUuid, _>(new_uuid(now))
    .bind::<Bytea, _>(digest)
    .bind::<Text, _>(reason.as_str())
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Text>, _>(detail)
    .execute(conn)
    .await?;
    Ok(made > 0)
}

/// Suppresses a mailbox inside the caller's transaction, takes what waits for it out of the queue, and for a complaint
/// writes the decision that stops everything. A second time for the same reason changes nothing; answers whether it was
/// the first.
///
/// # Errors
/// What the database says.
pub async fn suppress(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    email: &str,
    reason: Reason,
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let digest = keys.email_digest(email);
    // The messages first, as a worker takes them too, who then suppresses what it found gone.
    diesel::sql_query("SELECT suppress_queued_messages(id, NULL, $2) FROM contacts WHERE email_digest = $1")
        .bind::<Bytea, _>(&digest)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    if !note(conn, &digest, reason, detail, now).await? {
        return Ok(false);
    }
    if reason == Reason::Complaint
        && let Some(contact) = super::contacts::find_by_email(conn, email).await?
    {
        let stop = Decision::stop(contact.id, Via::Complaint, COMPLAINED);
        decisions::record(conn, &stop, now).await?;
    }
    Ok(true)
}

/// What holds against a mailbox, latest first; nothing if mailings may go there.
///
/// # Errors
/// What the database says.
pub async fn of(conn: &mut AsyncPgConnection, keys: &Keys, email: &str) -> QueryResult<Vec<Suppression>> {
    mail_suppressions::table
        .filter(mail_suppressions::email_digest.eq(keys.email_digest(email)))
        .filter(mail_suppressions::lifted_at.is_null())
        .order((mail_suppressions::since.desc(), mail_suppressions::id))
        .select(Suppression::as_select())
        .load(conn)
        .await
}

/// Lifts a suppression by the digest of the address; answers whether there was one.
///
/// # Errors
/// What the database says.
pub async fn lift(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
    reason: Reason,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = mail_suppressions::table
        .filter(mail_suppressions::email_digest.eq(digest).and(mail_suppressions::reason.eq(reason.as_str())))
        .filter(mail_suppressions::lifted_at.is_null());
    Ok(diesel::update(open).set(mail_suppressions::lifted_at.eq(now)).execute(conn).await? > 0)
}

/// Forgets what was said about mailboxes that are no contact's any more, and who of staff said it: the digest alone stays,
/// and suppresses as before. For the timetable.
///
/// # Errors
/// What the database says.
pub async fn forget_words(app: App) -> anyhow::Result<()> {
    let Some(cutoff) = rules::SUPPRESSION_WORDS.period.cutoff(app.clock.now()) else { return Ok(()) };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // What must not be deleted is not forgotten either.
        let unheld = guard::unheld(conn, "mail_suppressions").await?;
        diesel::sql_query(format!(
            "UPDATE mail_suppressions SET detail = NULL, made_by = NULL \
             WHERE since <= $1 AND lifted_at IS NULL AND (detail IS NOT NULL OR made_by IS NOT NULL) \
               AND NOT EXISTS (SELECT FROM contacts c WHERE c.email_digest = mail_suppressions.email_digest) AND {unheld}"
        ))
        .bind::<Timestamptz, _>(cutoff)
        .execute(conn)
        .await
    })
    .await?;
    Ok(())
}

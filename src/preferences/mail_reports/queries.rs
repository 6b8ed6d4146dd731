//! SQL of reports.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Kind, Report};
use crate::platform::db::schema::{contacts as table, preference_decisions as decided};
use crate::platform::ids::{ContactId, new_uuid};
use crate::preferences::campaigns::sending;
use crate::preferences::contacts;

/// What a report is about.
#[derive(Default, QueryableByName)]
pub(super) struct Target {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub contact: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub recipient: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub campaign: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub message: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub email: String,
    /// Whether the contact changed its address since the mail went out, so that the report is about another mailbox.
    #[diesel(sql_type = Bool)]
    pub moved: bool,
}

impl Target {
    /// What the server said. It often names the address, so nothing of it is kept where nothing else stands by that any more.
    pub(super) fn words<'a>(&self, report: &'a Report) -> &'a str {
        if self.contact.is_some() || self.message.is_some() { &report.detail } else { "" }
    }
}

/// What a report is about. A message that a server took from a worker that died waits again or was cancelled, so what counts
/// is that handing it over began. Where the report cites a mail of ours, it is about the mailbox that we wrote to, whatever
/// address it names: that is what the last server on the way said, which anybody may be. Where another contact of the mailbox
/// stands in the place of the one that was written to, it is about that.
pub(super) async fn find(conn: &mut AsyncPgConnection, report: &Report) -> QueryResult<Option<Target>> {
    let id = report.message_id.as_deref().unwrap_or_default();
    let found: Option<Target> = diesel::sql_query(
        "SELECT CASE WHEN k.replaced_at IS NULL THEN k.id ELSE n.id END AS contact, r.id AS recipient, \
             r.campaign_id AS campaign, NULL::uuid AS message, k.email, \
             coalesce(k.confirmed_at > r.began_at, false) AS moved FROM campaign_recipients r \
           JOIN contacts k ON k.id = r.contact_id \
           LEFT JOIN contacts n ON k.replaced_at IS NOT NULL AND n.email_key = k.email_key AND n.replaced_at IS NULL \
           WHERE r.id = $1 AND r.began_at IS NOT NULL \
         UNION ALL SELECT k.id, NULL, NULL, m.id, m.recipient, false FROM messages m \
           LEFT JOIN contacts k ON k.email_key = lower(m.recipient) AND k.replaced_at IS NULL \
           WHERE m.message_id = $2 AND m.kind = 'mail' LIMIT 1",
    )
    .bind::<Nullable<SqlUuid>, _>(sending::recipient_of(id))
    .bind::<Text, _>(id)
    .get_result(conn)
    .await
    .optional()?;
    match &report.email {
        Some(email) if found.is_none() && report.provider != "mailbox" && email.contains('@') => {
            let contact = contacts::find_by_email(conn, email).await?.map(|contact| contact.id.0);
            Ok(Some(Target { contact, email: email.clone(), ..Target::default() }))
        }
        _ => Ok(found),
    }
}

/// Locks the contact of a report, so that a decision of its owner comes wholly before or after.
pub(super) async fn lock(conn: &mut AsyncPgConnection, target: &Target) -> QueryResult<()> {
    let Some(contact) = target.contact.map(ContactId) else { return Ok(()) };
    let it = table::table.find(contact).select(table::id).for_no_key_update();
    it.first::<ContactId>(conn).await.optional().map(drop)
}

fn clean(text: &str, most: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(most).collect()
}

/// Answers whether the report is new.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    report: &Report,
    target: &Target,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let made = diesel::sql_query(
        "INSERT INTO mail_reports (id, provider, external_id, kind, contact_id, recipient_id, message_id, detail, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (provider, external_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(new_uuid(now))
    .bind::<Text, _>(report.provider)
    .bind::<Text, _>(clean(&report.external_id, 300))
    .bind::<Text, _>(report.kind.as_str())
    .bind::<Nullable<SqlUuid>, _>(target.contact)
    .bind::<Nullable<SqlUuid>, _>(target.recipient)
    .bind::<Nullable<SqlUuid>, _>(target.message)
    .bind::<Text, _>(clean(target.words(report), 500))
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(made > 0)
}

/// Notes at a campaign's message that it came back or was complained about.
pub(super) async fn mark(
    conn: &mut AsyncPgConnection,
    recipient: Uuid,
    kind: Kind,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let column = if kind == Kind::Complaint { "complained_at" } else { "bounced_at" };
    diesel::sql_query(format!(
        "UPDATE campaign_recipients SET {column} = coalesce({column}, $2) WHERE id = $1"
    ))
    .bind::<SqlUuid, _>(recipient)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a contact is there, gets mailings, and asked for none since this moment. It is locked, so that of two stops at once
/// the second finds the first.
pub(super) async fn lock_for_stop(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let row = table::table.find(contact).select(table::stopped_at).for_no_key_update();
    let stopped: Option<Option<DateTime<Utc>>> = row.first(conn).await.optional()?;
    let asked = decided::table
        .filter(decided::contact_id.eq(contact).and(decided::choice.eq("subscribed")))
        .filter(decided::channel.eq("email").and(decided::decided_at.gt(at)));
    Ok(stopped == Some(None) && !diesel::select(exists(asked)).get_result::<bool>(conn).await?)
}

//! SQL of reports.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{Kind, Report};
use crate::platform::ids::new_uuid;
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
}

/// What a report is about. A message that a server took from a worker that died waits again or was cancelled, so what counts
/// is that handing it over began.
pub(super) async fn find(conn: &mut AsyncPgConnection, report: &Report) -> QueryResult<Option<Target>> {
    let id = report.message_id.as_deref().unwrap_or_default();
    let mut found: Option<Target> = diesel::sql_query(
        "SELECT k.id AS contact, r.id AS recipient, r.campaign_id AS campaign, NULL::uuid AS message, k.email FROM campaign_recipients r \
           JOIN contacts k ON k.id = r.contact_id WHERE r.id = $1 AND r.began_at IS NOT NULL \
         UNION ALL SELECT k.id, NULL, NULL, m.id, m.recipient FROM messages m \
           LEFT JOIN contacts k ON k.email_key = lower(m.recipient) WHERE m.message_id = $2 AND m.kind = 'mail' LIMIT 1",
    )
    .bind::<Nullable<SqlUuid>, _>(sending::recipient_of(id))
    .bind::<Text, _>(id)
    .get_result(conn)
    .await
    .optional()?;
    let told = report.email.as_ref().filter(|email| report.provider != "mailbox" && email.contains('@'));
    let Some(email) = told else { return Ok(found) };
    if found.as_ref().is_some_and(|target| contacts::key_of(&target.email) == contacts::key_of(email)) {
        return Ok(found);
    }
    // No mail of ours, or one to a contact that has another address by now: it is about the one that the provider names.
    let contact = contacts::find_by_email(conn, email).await?.map(|contact| contact.id.0);
    let mut target = found.take().unwrap_or_default();
    (target.contact, target.email) = (contact, email.clone());
    Ok(Some(target))
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
    .bind::<Text, _>(clean(&report.detail, 500))
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

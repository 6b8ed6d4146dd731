//! Who opted out of mailings lately, by keyed digests of addresses: a restored backup may not know of it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

/// When the contact `c` last decided, as SQL. A no to a topic stands with the topic alone.
const LAST_DECIDED: &str =
    "greatest(c.last_decided_at, (SELECT max(t.decided_at) FROM contact_topics t WHERE t.contact_id = c.id))";

/// A mailbox that some mailing of ours is no longer to go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, QueryableByName)]
pub struct OptOut {
    /// The keyed digest of its address, in hex.
    #[diesel(sql_type = Text)]
    pub digest: String,
    /// When that was last decided, or the mailbox was suppressed.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// Everybody who decided since this moment and is not subscribed to everything, and every mailbox suppressed since. Of a
/// contact in whose place another of the mailbox stands, that other one speaks.
///
/// # Errors
/// What the database says.
pub async fn since(conn: &mut AsyncPgConnection, at: DateTime<Utc>) -> QueryResult<Vec<OptOut>> {
    diesel::sql_query(format!(
        "SELECT encode(digest, 'hex') AS digest, max(at) AS at FROM ( \
            SELECT c.email_digest AS digest, {LAST_DECIDED} AS at FROM contacts c \
               WHERE c.id IN (SELECT contact_id FROM preference_decisions WHERE decided_at >= $1) \
               AND (c.replaced_at IS NULL OR NOT EXISTS (SELECT FROM contacts n \
                    WHERE n.email_digest = c.email_digest AND n.replaced_at IS NULL)) \
               AND (c.stopped_at IS NOT NULL OR c.paused_until IS NOT NULL OR EXISTS (SELECT FROM contact_topics t \
                    WHERE t.contact_id = c.id AND t.channel = 'email' AND NOT t.subscribed)) \
            UNION ALL SELECT email_digest, since FROM mail_suppressions WHERE lifted_at IS NULL AND since >= $1) lately \
         GROUP BY digest ORDER BY digest",
    ))
    .bind::<Timestamptz, _>(at)
    .load(conn)
    .await
}

/// Suppresses the mailboxes about which the database knows nothing as late, so that none gets what its owner no longer
/// wants: about which topics that was is not known, so it is all of them until somebody looks. Answers how many.
///
/// # Errors
/// What the database says.
pub async fn bring_in(
    conn: &mut AsyncPgConnection,
    opted_out: &[OptOut],
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let digests: Vec<Vec<u8>> = opted_out.iter().filter_map(|one| hex::decode(&one.digest).ok()).collect();
    let times: Vec<DateTime<Utc>> = opted_out.iter().map(|one| one.at).collect();
    diesel::sql_query(format!(
        "INSERT INTO mail_suppressions (id, email_digest, reason, since, detail) \
         SELECT gen_random_uuid(), o.digest, 'staff', $3, 'Its owner decided something between a backup and its restore.' \
         FROM unnest($1, $2) o(digest, at) \
         WHERE EXISTS (SELECT FROM contacts c WHERE c.email_digest = o.digest AND c.replaced_at IS NULL AND {LAST_DECIDED} < o.at) \
           AND NOT EXISTS (SELECT FROM mail_suppressions s WHERE s.email_digest = o.digest AND s.lifted_at IS NULL) \
         ON CONFLICT DO NOTHING",
    ))
    .bind::<Array<Binary>, _>(digests)
    .bind::<Array<Timestamptz>, _>(times)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await
}

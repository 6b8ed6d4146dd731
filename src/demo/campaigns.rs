//! The mailings of the demo: one that was sent, with results; a draft; and one to so many readers that it waits for a
//! second person. Their readers exist nowhere.

use chrono::Duration;
use diesel::sql_types::{Array, Bytea, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::cast::{CAST, State};
use crate::platform::app::App;
use crate::platform::ids::CampaignId;
use crate::preferences::campaigns::APPROVAL_ABOVE;
use crate::preferences::topics::Topic;
use crate::staff::permissions::Role;

/// Enough for an approval.
const READERS: i64 = APPROVAL_ABOVE + 250;

const BODY: &str = "# Hello {name}\n\nthree things are new this month:\n\n- **Photos of a claim** load twice as fast.\n\
- The list of claims remembers how you sorted it.\n- [The API](https://www.lossexpress.com) tells which field was wrong.\n\n\
> Tell us what you miss: a reply reaches us.\n";

/// Always the same id, so that a campaign is recognised.
fn id(number: u8) -> CampaignId {
    CampaignId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0002_0000 | u128::from(number)))
}

/// Makes them once.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if made(conn, app).await? {
            readers(conn, app).await?;
            sent(conn, app).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// Writes the three campaigns; answers whether they were not there yet.
async fn made(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<bool> {
    let now = app.clock.now();
    let author =
        CAST.iter().find(|part| part.state == State::Staff(Role::Marketing)).expect("somebody of the desk");
    let mut fresh = 0;
    for (number, name, subject, state, at) in [
        (
            1,
            "October newsletter",
            "Three things that are new in October",
            "finished",
            now - Duration::days(2),
        ),
        (2, "November newsletter", "Three things that are new in November", "draft", now),
        (3, "Year in review", "A year of faster claims", "waiting", now + Duration::days(7)),
    ] {
        fresh = diesel::sql_query(
            "WITH made AS (INSERT INTO campaigns (id, name, topic, subject, body, state, scheduled_for, created_at, created_by, changed_at, changed_by) \
               VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $6 <> 'draft' THEN $7 END, least($7, $8), $9, least($7, $8), $9) \
               ON CONFLICT DO NOTHING RETURNING id, created_at) \
             INSERT INTO campaign_states (id, campaign_id, state, at, person_id) \
             SELECT gen_random_uuid(), id, state, created_at, $9 FROM made, \
               unnest(CASE $6 WHEN 'finished' THEN '{draft,scheduled,sending,finished}' WHEN 'waiting' THEN '{draft,waiting}' ELSE '{draft}' END::text[]) AS state",
        )
        .bind::<SqlUuid, _>(id(number))
        .bind::<Text, _>(name)
        .bind::<Text, _>(Topic::Newsletter.as_str())
        .bind::<Text, _>(subject)
        .bind::<Text, _>(BODY)
        .bind::<Text, _>(state)
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(author.id())
        .execute(conn)
        .await?;
    }
    Ok(fresh > 0)
}

/// Contacts that subscribed by a list that was read in.
async fn readers(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<()> {
    let emails: Vec<String> = (1..=READERS).map(|number| format!("reader{number:04}@example.net")).collect();
    let digests: Vec<Vec<u8>> = emails.iter().map(|email| app.keys.email_digest(email)).collect();
    diesel::sql_query(
        "WITH made AS (INSERT INTO contacts (id, email, email_key, email_digest, source, created_at, confirmed_at, last_decided_at) \
           SELECT gen_random_uuid(), email, email, digest, 'newsletter', $3, $3, $3 FROM unnest($1::text[], $2::bytea[]) AS r (email, digest) \
           ON CONFLICT DO NOTHING RETURNING id), \
         topics AS (INSERT INTO preference_decisions (id, contact_id, topic, channel, choice, decided_at, actor, via, wording) \
           SELECT gen_random_uuid(), id, 'newsletter', 'email', 'subscribed', $3, 'person', 'form', 'Made for the demo' FROM made) \
         SELECT 1",
    )
    .bind::<Array<Text>, _>(emails)
    .bind::<Array<Bytea>, _>(digests)
    .bind::<Timestamptz, _>(app.clock.now() - Duration::days(30))
    .execute(conn)
    .await?;
    Ok(())
}

/// What became of the campaign that was sent: most arrived, and then people answered for two days.
async fn sent(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO campaign_recipients (campaign_id, contact_id, state, attempts, began_at, settled_at, detail, bounced_at, complained_at, unsubscribed_at) \
         SELECT $1, id, state, 1, settled, settled, CASE state WHEN 'refused' THEN '550 5.1.1 no such mailbox' WHEN 'suppressed' THEN 'no longer wanted' END, \
           CASE WHEN state = 'sent' AND n % 61 = 7 THEN later END, CASE WHEN state = 'sent' AND n % 307 = 11 THEN later END, \
           CASE WHEN state = 'sent' AND n % 23 = 3 THEN later END \
         FROM (SELECT id, n, $2 - interval '2 days' + interval '8 seconds' * n AS settled, \
             least($2, $2 - interval '2 days' + interval '40 hours' * power((n * 37 % 100) / 100.0, 2)) AS later, \
             CASE WHEN n % 97 = 5 THEN 'refused' WHEN n % 89 = 4 THEN 'suppressed' ELSE 'sent' END AS state \
           FROM (SELECT id, row_number() OVER (ORDER BY email) AS n FROM contacts WHERE email LIKE 'reader____@example.net' LIMIT 900) numbered) shaped",
    )
    .bind::<SqlUuid, _>(id(1))
    .bind::<Timestamptz, _>(app.clock.now())
    .execute(conn)
    .await?;
    Ok(())
}

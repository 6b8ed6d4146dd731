//! The partners of the demo: one that some people said yes to and that has their addresses, and one that waits for a second
//! person. Neither company exists.

use chrono::Duration;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::cast::{CAST, Part, State};
use crate::platform::app::App;
use crate::staff::permissions::Role;

/// Always the same id, so that a partner and a share are recognised.
fn id(number: u8) -> Uuid {
    Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0003_0000 | u128::from(number))
}

fn staff(role: Role) -> &'static Part {
    CAST.iter().find(|part| part.state == State::Staff(role)).expect("somebody of the desk")
}

/// Makes them once.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if made(conn, app).await? {
            answered(conn, app).await?;
            shared(conn, app).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// Writes both; answers whether they were not there yet. Somebody who was at the desk before proposed them.
async fn made(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<bool> {
    let fresh = diesel::sql_query(
        "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at, approved_by, approved_at) VALUES \
         ($1, 'Tool Shed', 'Offers for repair tools, at most once a month.', 'https://toolshed.example/privacy', 'privacy@toolshed.example', $3, $5 - interval '40 days', $4, $5 - interval '39 days'), \
         ($2, 'Glass Works', 'News about windscreens, four times a year.', 'https://glassworks.example/privacy', 'privacy@glassworks.example', $3, $5 - interval '1 day', NULL, NULL) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(id(1))
    .bind::<SqlUuid, _>(id(2))
    .bind::<SqlUuid, _>(staff(Role::Admin).id())
    .bind::<SqlUuid, _>(staff(Role::Marketing).id())
    .bind::<Timestamptz, _>(app.clock.now())
    .execute(conn)
    .await?;
    Ok(fresh > 0)
}

/// The first people who may: they said yes.
async fn answered(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, actor_id, via, wording) \
         SELECT gen_random_uuid(), c.id, $1, 'consented', $2, 'person', c.person_id, 'page', 'Chosen for the demo' \
         FROM (SELECT id, person_id FROM contacts WHERE person_id IS NOT NULL AND confirmed_at IS NOT NULL ORDER BY email LIMIT 20) c \
         WHERE may_consent(c.id, $1)",
    )
    .bind::<SqlUuid, _>(id(1))
    .bind::<Timestamptz, _>(app.clock.now() - Duration::days(30))
    .execute(conn)
    .await
    .map(drop)
}

/// A list that was handed over, as the desk makes one; the first of them has taken it back since.
async fn shared(conn: &mut AsyncPgConnection, app: &App) -> diesel::QueryResult<()> {
    for statement in [
        "INSERT INTO partner_shares (id, partner_id, made_by, made_at, contacts) \
         SELECT $1, $2, $3, $4 - interval '20 days', count(*) FROM shareable_contacts($2)",
        "INSERT INTO partner_share_contacts (id, share_id, contact_id) \
         SELECT gen_random_uuid(), $1, contact_id FROM shareable_contacts($2) WHERE $3::uuid IS NOT NULL AND $4::timestamptz IS NOT NULL",
        "INSERT INTO partner_decisions (id, contact_id, partner_id, choice, decided_at, actor, via, wording) \
         SELECT gen_random_uuid(), contact_id, $2, 'refused', $4 - interval '3 days', 'person', 'page', 'Chosen for the demo' \
         FROM (SELECT contact_id FROM partner_share_contacts WHERE share_id = $1 AND $3::uuid IS NOT NULL ORDER BY contact_id LIMIT 1) first",
    ] {
        diesel::sql_query(statement)
            .bind::<SqlUuid, _>(id(3))
            .bind::<SqlUuid, _>(id(1))
            .bind::<SqlUuid, _>(staff(Role::Marketing).id())
            .bind::<Timestamptz, _>(app.clock.now())
            .execute(conn)
            .await?;
    }
    Ok(())
}

//! Factors, roles, a recovery under way and the undertaking of staff stand summed up beside each person, because every
//! signed-in page asks for them. The tables of each are what counts. The database itself writes both in one
//! transaction, so they never differ; this looks whether that holds, as nobody would see it on a page.

use diesel::prelude::*;
use diesel::sql_types::Uuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::telemetry;

/// Somebody whose summary differs.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: PersonId,
}

/// People whose summary is not what stands in the tables.
///
/// # Errors
/// What the database says.
pub async fn differing(conn: &mut AsyncPgConnection) -> QueryResult<Vec<PersonId>> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT p.id FROM people p, summed_up(p.id) s \
         WHERE (p.has_totp, p.has_passkey, p.held_roles, p.recovery_version, p.recovery_until, p.undertaking_version) \
         IS DISTINCT FROM (s.has_totp, s.has_passkey, s.held_roles, s.recovery_version, s.recovery_until, s.undertaking_version) ORDER BY p.id",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Sums up anew where a summary differs, and says so.
///
/// # Errors
/// What the database says; who was summed up before stays so.
pub async fn compare(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let differing = differing(&mut conn).await?;
    telemetry::gauge("portal_summaries_differing", i64::try_from(differing.len())?);
    if !differing.is_empty() {
        tracing::error!(
            people = differing.len(),
            "what stands beside people was not like their factors and roles"
        );
    }
    for person in differing {
        diesel::sql_query("SELECT sum_up_person($1)").bind::<Uuid, _>(person.0).execute(&mut conn).await?;
    }
    Ok(())
}

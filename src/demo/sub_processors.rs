//! Who works for us in the demo: one company that runs the machines, the one before it, and one of which the close look is
//! missing. None of them exists.

use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::cast::{CAST, State};
use crate::platform::app::App;
use crate::staff::permissions::Role;

/// Always the same id, so that each is recognised.
fn id(number: u8) -> Uuid {
    Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0004_0000 | u128::from(number))
}

fn staff(role: Role) -> Uuid {
    CAST.iter().find(|part| part.state == State::Staff(role)).expect("somebody of the desk").id().0
}

/// Makes them once.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    diesel::sql_query(
        "INSERT INTO sub_processors (id, name, country, function, does, assurance, contract_on, diligence_on, \
             proposed_by, proposed_at, approved_by, approved_at, ended_by, ended_at) VALUES \
         ($1, 'Harbour Machines', 'DE', 'hosting', 'Runs our machines in two data centres.', \
             'A data processing agreement, and an audit report each year.', ($6 - interval '402 days')::date, ($6 - interval '37 days')::date, \
             $4, $6 - interval '401 days', $5, $6 - interval '400 days', NULL, NULL), \
         ($2, 'Attic Servers', 'US', 'hosting', 'Ran our machines before.', 'A data processing agreement with standard contractual clauses.', \
             ($6 - interval '800 days')::date, ($6 - interval '460 days')::date, \
             $4, $6 - interval '799 days', $5, $6 - interval '798 days', $5, $6 - interval '395 days'), \
         ($3, 'Paper Plane Mail', 'IE', 'mail', 'Would carry our mail.', NULL, NULL, NULL, $4, $6 - interval '2 days', NULL, NULL, NULL, NULL) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(id(1))
    .bind::<SqlUuid, _>(id(2))
    .bind::<SqlUuid, _>(id(3))
    .bind::<SqlUuid, _>(staff(Role::Privacy))
    .bind::<SqlUuid, _>(staff(Role::Admin))
    .bind::<Timestamptz, _>(app.clock.now())
    .execute(&mut *app.db.get().await?)
    .await?;
    Ok(())
}

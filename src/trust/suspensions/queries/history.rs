//! What became of a suspension, step by step.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::suspension_steps;
use crate::platform::ids::{AppealId, PersonId, SuspensionId, new_uuid};
use crate::trust::suspensions::{Change, Decider, Ruling};

/// Something that became of a suspension.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = suspension_steps, check_for_backend(diesel::pg::Pg))]
pub struct Step {
    /// `began`, `upheld`, `shortened`, `lifted` or `expired`.
    pub step: String,
    /// When.
    pub at: DateTime<Utc>,
    /// `rule`, `staff` or `system`.
    pub actor_kind: String,
    /// Who, of our staff.
    pub actor_id: Option<Uuid>,
    /// Why, as the customer reads it.
    pub words: Option<String>,
    /// The new end of one that was shortened.
    pub until: Option<DateTime<Utc>>,
    /// The appeal that led to it.
    pub appeal_id: Option<Uuid>,
}

/// A step to be taken.
pub(in crate::trust::suspensions) struct NewStep<'a> {
    step: &'static str,
    actor_kind: &'static str,
    actor: Option<PersonId>,
    words: Option<&'a str>,
    until: Option<DateTime<Utc>>,
    appeal: Option<AppealId>,
    seen: Option<i32>,
}

impl<'a> NewStep<'a> {
    fn new(step: &'static str, actor_kind: &'static str, actor: Option<PersonId>) -> Self {
        Self { step, actor_kind, actor, words: None, until: None, appeal: None, seen: None }
    }

    pub fn began(by: Decider) -> Self {
        let actor = by.staff();
        Self::new("began", if actor.is_some() { "staff" } else { "rule" }, actor)
    }

    pub fn expired() -> Self {
        Self::new("expired", "system", None)
    }

    pub fn ruling(ruling: &Ruling<'a>) -> Self {
        let (step, until) = match ruling.change {
            Change::Upheld => ("upheld", None),
            Change::Shortened(until) => ("shortened", Some(until)),
            Change::Lifted => ("lifted", None),
        };
        let (words, appeal, seen) = (Some(ruling.words), ruling.appeal, ruling.seen);
        Self { words, until, appeal, seen, ..Self::new(step, "staff", Some(ruling.by)) }
    }
}

pub(in crate::trust::suspensions) async fn take(
    conn: &mut AsyncPgConnection,
    id: SuspensionId,
    step: &NewStep<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use suspension_steps as s;
    diesel::insert_into(s::table)
        .values((
            s::id.eq(new_uuid(now)),
            s::suspension_id.eq(id),
            // The database counts.
            s::seq.eq(0),
            s::step.eq(step.step),
            s::at.eq(now),
            s::actor_kind.eq(step.actor_kind),
            s::actor_id.eq(step.actor.map(|id| id.0)),
            s::words.eq(step.words),
            s::until.eq(step.until),
            s::appeal_id.eq(step.appeal.map(|id| id.0)),
            s::seen_version.eq(step.seen),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// What became of a suspension, the first step first.
///
/// # Errors
/// What the database says.
pub async fn steps(conn: &mut AsyncPgConnection, id: SuspensionId) -> QueryResult<Vec<Step>> {
    suspension_steps::table
        .filter(suspension_steps::suspension_id.eq(id))
        .order(suspension_steps::seq)
        .select(Step::as_select())
        .load(conn)
        .await
}

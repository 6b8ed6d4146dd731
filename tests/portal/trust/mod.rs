//! When we must stop someone.

mod alert_access;
mod alerts;
mod appeal_ends;
mod appeal_files;
mod appeals;
mod bed;
pub mod bound;
mod desk;
mod evaluation;
mod evaluation_killed;
mod in_the_middle;
mod lifeboat;
mod rules;
mod signals;
pub mod story;
mod suspensions;

pub use bed::{Desk, count, many, put};

use chrono::{DateTime, Duration, Utc};
use diesel_async::AsyncConnection as _;
use portal::platform::audit::Circumstances;
use portal::platform::ids::{AccountId, EvaluationId, PersonId, RuleId, RuleVersionId, SuspensionId};
use portal::trust::suspensions::{
    self as restrictions, Decider, Decision, EventLine, Evidence, Level, Measure, Reason, Series,
};
use uuid::Uuid;

use crate::support::{TestApp, TestPerson};

/// A rule that decides by itself.
pub(crate) fn a_rule(number: u128) -> Decider {
    let id = Uuid::from_u128(number);
    Decider::Rule { rule: RuleId(id), version: RuleVersionId(id), evaluation: EvaluationId(id) }
}

/// Somebody of the staff who is nobody of the test.
pub(crate) fn somebody() -> Decider {
    Decider::Staff(PersonId(Uuid::from_u128(77)))
}

/// Somebody of the staff.
pub(crate) fn by(person: &TestPerson<'_>) -> Decider {
    Decider::Staff(person.id)
}

/// What a rule has seen in the last day.
pub(crate) fn seen(now: DateTime<Utc>) -> Evidence {
    let label = "Messages that came back".to_owned();
    let hour = |hour: i64| (now - Duration::hours(24 - hour), (hour * 2) as f64);
    Evidence {
        measures: vec![Measure {
            signal: "bounce_rate".into(),
            label: label.clone(),
            unit: "%".into(),
            value: 46.0,
            threshold: Some(20.0),
            strict: false,
        }],
        series: vec![Series {
            signal: "bounce_rate".into(),
            label,
            unit: "%".into(),
            threshold: Some(20.0),
            strict: false,
            points: (0..24).map(hour).collect(),
        }],
        events: vec![EventLine { at: now - Duration::hours(1), what: "A recipient complained.".into() }],
    }
}

/// A decision about an account, for as long as nobody lifts it.
pub(crate) fn decision(account: AccountId, level: Level, decider: Decider) -> Decision {
    Decision {
        account,
        level,
        reason: Reason::Spam,
        words: "46 of 100 messages came back within one day.".into(),
        decider,
        expires_at: None,
        evidence: Evidence::default(),
    }
}

/// Carries it out, in a transaction of its own.
pub(crate) async fn carry_out(app: &TestApp, decision: &Decision) -> Option<SuspensionId> {
    if let Decider::Rule { rule, version, .. } | Decider::Alert { rule, version, .. } = decision.decider {
        bed::known(app, rule, version).await;
    }
    let (now, mut conn) = (app.clock.now(), app.conn().await);
    conn.transaction(async |conn| {
        restrictions::suspend(conn, app, decision, &Circumstances::default(), now).await
    })
    .await
    .expect("a suspension")
}

/// Suspends an account on the word of somebody of the staff.
pub(crate) async fn suspend(app: &TestApp, account: AccountId, level: Level) -> SuspensionId {
    carry_out(app, &decision(account, level, somebody())).await.expect("it is not closed")
}

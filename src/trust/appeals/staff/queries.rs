//! Rows of the desk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::ids::{AccountId, AppealId, PersonId, SuspensionId};
use crate::platform::web::pagination::Window;
use crate::staff::desk::Place;
use crate::trust::suspensions::Suspension;

/// What is looked for; `view` and `reason` come from the filters and hold nothing that somebody typed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Which of them.
    pub view: &'static str,
    /// Suspended for this reason; for any if empty.
    pub reason: &'static str,
    /// Who looks.
    pub staff: PersonId,
}

impl Filter {
    /// The condition as SQL, with `$1` for now and `$3` for whoever looks.
    fn condition(&self) -> &'static str {
        match self.view {
            "mine" => {
                "a.id IN (SELECT item_id FROM desk_claims WHERE queue = 'appeals' AND staff_id = $3 AND expires_at > $1)"
            }
            "late" => "a.outcome IS NULL AND a.due_at <= $1",
            "second" => "a.outcome IS NULL AND a.round = 2",
            "closed" => "a.outcome IS NOT NULL",
            "all" => "true",
            _ => "a.outcome IS NULL",
        }
    }
}

/// An appeal in the queue. Nothing in it is about a person.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: AppealId,
    /// Against which suspension.
    #[diesel(sql_type = SqlUuid)]
    pub suspension_id: SuspensionId,
    /// Of which account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: AccountId,
    /// 1 or 2.
    #[diesel(sql_type = Integer)]
    pub round: i32,
    /// What the suspension takes.
    #[diesel(sql_type = Text)]
    pub level: String,
    /// Why.
    #[diesel(sql_type = Text)]
    pub reason_code: String,
    /// Whether no person took part in it.
    #[diesel(sql_type = Bool)]
    pub automated: bool,
    /// When it came in.
    #[diesel(sql_type = Timestamptz)]
    pub filed_at: DateTime<Utc>,
    /// By when a first answer is due.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// When our staff wrote or decided first.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first_answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// What came of it.
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
    /// Who works on it now.
    #[diesel(sql_type = Nullable<Text>)]
    pub holder: Option<String>,
    /// Whether the last message came from the owner.
    #[diesel(sql_type = Bool)]
    pub wrote: bool,
}

impl Row {
    /// Its place in the queue.
    pub fn place(&self) -> Place {
        Place { at: self.due_at, id: self.id.0 }
    }
}

/// A window of the queue, the earliest due date first; with `after` the other way round. The page is cut out of an index
/// before anything else is read.
pub(super) async fn queue(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    window: Window<Place>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    let (comparison, order, place) = window.earliest_first();
    let reason = if filter.reason.is_empty() {
        ""
    } else {
        " AND a.suspension_id IN (SELECT id FROM suspensions WHERE reason_code = $2)"
    };
    let from =
        if place.is_some() { format!(" AND (a.due_at, a.id) {comparison} ($4, $5)") } else { String::new() };
    let condition = filter.condition();
    let statement = format!(
        "SELECT a.id, a.suspension_id, a.account_id, a.round, u.level, u.reason_code, u.automated, a.filed_at, a.due_at, \
            a.first_answered_at, a.decided_at, a.outcome, s.name AS holder, \
            coalesce((SELECT m.author_kind = 'customer' FROM appeal_messages m WHERE m.appeal_id = a.id ORDER BY m.id DESC LIMIT 1), false) AS wrote \
         FROM (SELECT * FROM appeals a WHERE {condition}{reason}{from} ORDER BY a.due_at {order}, a.id {order} LIMIT $6) a \
         JOIN suspensions u ON u.id = a.suspension_id \
         LEFT JOIN desk_claims c ON c.queue = 'appeals' AND c.item_id = a.id AND c.expires_at > $1 LEFT JOIN people s ON s.id = c.staff_id \
         ORDER BY a.due_at {order}, a.id {order}"
    );
    diesel::sql_query(statement)
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(filter.reason)
        .bind::<SqlUuid, _>(filter.staff)
        .bind::<Nullable<Timestamptz>, _>(place.map(|place| place.at))
        .bind::<Nullable<SqlUuid>, _>(place.map(|place| place.id))
        .bind::<BigInt, _>(window.limit)
        .load(conn)
        .await
}

/// How appeals like one were decided.
#[derive(Clone, Debug, QueryableByName)]
pub struct Similar {
    /// What came of them, as it is stored.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Another appeal like one, that was decided.
#[derive(Clone, Debug, QueryableByName)]
pub struct Precedent {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: AppealId,
    /// What came of it, as it is stored.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// What the suspension took.
    #[diesel(sql_type = Text)]
    pub level: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub decided_at: DateTime<Utc>,
}

/// By the same rule, or where staff decided, for the same reason.
const LIKE_IT: &str = "FROM appeals a JOIN suspensions u ON u.id = a.suspension_id \
     WHERE a.outcome IN ('upheld', 'shortened', 'lifted') AND a.id <> $1 \
       AND CASE WHEN $2::uuid IS NULL THEN u.rule_id IS NULL AND u.reason_code = $3 ELSE u.rule_id = $2 END";

/// How appeals like this one were decided, and the latest of them.
pub(super) async fn similar(
    conn: &mut AsyncPgConnection,
    appeal: AppealId,
    suspension: &Suspension,
) -> QueryResult<(Vec<Similar>, Vec<Precedent>)> {
    let rule = suspension.rule.map(|rule| rule.0);
    let counts =
        diesel::sql_query(format!("SELECT a.outcome, count(*) AS count {LIKE_IT} GROUP BY 1 ORDER BY 1"))
            .bind::<SqlUuid, _>(appeal)
            .bind::<Nullable<SqlUuid>, _>(rule)
            .bind::<Text, _>(suspension.reason().as_str())
            .load(conn)
            .await?;
    let latest = diesel::sql_query(format!(
        "SELECT a.id, a.outcome, u.level, a.decided_at {LIKE_IT} ORDER BY a.decided_at DESC LIMIT 5"
    ))
    .bind::<SqlUuid, _>(appeal)
    .bind::<Nullable<SqlUuid>, _>(rule)
    .bind::<Text, _>(suspension.reason().as_str())
    .load(conn)
    .await?;
    Ok((counts, latest))
}

//! Rows of the desk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::ids::{PersonId, RequestId};
use crate::platform::web::pagination::Window;
use crate::staff::desk::Place;

/// Which requests the queue shows: where it begins in the index, and what each has to fulfil.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Under way.
    #[default]
    Open,
    /// Claimed by whoever looks.
    Mine,
    /// Under way and late.
    Late,
    /// Without a confirmation of receipt.
    Unacknowledged,
    /// What was not done and is to be looked at again.
    Again,
    /// Ended.
    Ended,
    /// All of them.
    All,
}

impl View {
    /// As it stands in the address.
    pub fn parse(text: &str) -> Self {
        match text {
            "mine" => Self::Mine,
            "late" => Self::Late,
            "unacknowledged" => Self::Unacknowledged,
            "again" => Self::Again,
            "closed" => Self::Ended,
            "all" => Self::All,
            _ => Self::Open,
        }
    }

    /// The condition as SQL, with `$1` for now and `$3` for whoever looks.
    fn condition(self) -> &'static str {
        match self {
            Self::Open => "r.closed_at IS NULL",
            Self::Mine => {
                "r.id IN (SELECT item_id FROM desk_claims WHERE queue = 'requests' AND staff_id = $3 AND expires_at > $1)"
            }
            Self::Late => "r.closed_at IS NULL AND r.due_at <= $1",
            Self::Unacknowledged => "r.acknowledged_at IS NULL AND r.closed_at IS NULL",
            Self::Again => {
                "r.id IN (SELECT request_id FROM data_request_withheld WHERE look_again_on <= ($1 AT TIME ZONE 'UTC')::date \
                 UNION ALL SELECT request_id FROM data_request_steps WHERE act = 'denied' AND look_again_on <= ($1 AT TIME ZONE 'UTC')::date) \
                 AND NOT EXISTS (SELECT FROM data_request_steps l WHERE l.request_id = r.id AND l.act = 'looked_again')"
            }
            Self::Ended => "r.closed_at IS NOT NULL",
            Self::All => "true",
        }
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Which of them.
    pub view: View,
    /// Of this kind; of any if empty.
    pub kind: &'static str,
    /// Who looks.
    pub staff: PersonId,
}

/// A request in the queue.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: RequestId,
    /// What is asked for.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// On which way it came.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// Who asks: a name, if there is one.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// Their address.
    #[diesel(sql_type = Nullable<Text>)]
    pub email: Option<String>,
    /// When it came in.
    #[diesel(sql_type = Timestamptz)]
    pub received_at: DateTime<Utc>,
    /// When the answer is due.
    #[diesel(sql_type = Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// When it ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether receipt was confirmed.
    #[diesel(sql_type = Bool)]
    pub acknowledged: bool,
    /// Whether somebody else may be asking.
    #[diesel(sql_type = Bool)]
    pub suspected: bool,
    /// Until when a deletion can be undone.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub grace_until: Option<DateTime<Utc>>,
    /// Who works on it now.
    #[diesel(sql_type = Nullable<Text>)]
    pub holder: Option<String>,
    /// Whether the last message came from whoever asks.
    #[diesel(sql_type = Bool)]
    pub wrote: bool,
}

impl Row {
    /// Its place in the queue.
    pub fn place(&self) -> Place {
        Place { at: self.due_at, id: self.id.0 }
    }
}

/// What a line shows of each of the few requests on a page.
const SHOWN: &str = "SELECT r.id, r.kind, r.state, r.channel, coalesce(p.name, r.name) AS name, coalesce(r.email, p.email) AS email, \
     r.received_at, r.due_at, r.closed_at, r.acknowledged_at IS NOT NULL AS acknowledged, \
     r.fraud_suspected_at IS NOT NULL AS suspected, r.grace_until, s.name AS holder, \
     coalesce((SELECT m.author_kind = 'requester' FROM data_request_messages m WHERE m.request_id = r.id ORDER BY m.id DESC LIMIT 1), false) AS wrote";

/// A window of the queue, the earliest due date first; with `after` the other way round. The page is cut out of an index
/// before anything else is read, so that it costs the same however many requests there are.
///
/// # Errors
/// What the database says.
pub async fn queue(
    conn: &mut AsyncPgConnection,
    filter: &Filter,
    window: Window<Place>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    let (comparison, order, place) = window.earliest_first();
    let kind = if filter.kind.is_empty() { "" } else { " AND r.kind = $2" };
    let from =
        if place.is_some() { format!(" AND (r.due_at, r.id) {comparison} ($4, $5)") } else { String::new() };
    let condition = filter.view.condition();
    let statement = format!(
        "{SHOWN} FROM (SELECT * FROM data_requests r WHERE {condition}{kind}{from} ORDER BY r.due_at {order}, r.id {order} LIMIT $6) r \
         LEFT JOIN people p ON p.id = r.person_id \
         LEFT JOIN desk_claims c ON c.queue = 'requests' AND c.item_id = r.id AND c.expires_at > $1 LEFT JOIN people s ON s.id = c.staff_id \
         ORDER BY r.due_at {order}, r.id {order}"
    );
    diesel::sql_query(statement)
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(filter.kind)
        .bind::<SqlUuid, _>(filter.staff)
        .bind::<Nullable<Timestamptz>, _>(place.map(|place| place.at))
        .bind::<Nullable<SqlUuid>, _>(place.map(|place| place.id))
        .bind::<BigInt, _>(window.limit)
        .load(conn)
        .await
}

/// How many requests are under way, and how many of them are late.
///
/// # Errors
/// What the database says.
pub async fn waiting(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = BigInt)]
        late: i64,
    }
    let counts: Counts = diesel::sql_query(
        "SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= $1) AS late FROM data_requests WHERE closed_at IS NULL",
    )
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok((counts.waiting, counts.late))
}

/// The figures of one kind in a year.
#[derive(Clone, Debug, QueryableByName)]
pub struct Figures {
    /// What was asked for at first.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How many came in.
    #[diesel(sql_type = BigInt)]
    pub received: i64,
    /// How many of them were done, wholly or in part.
    #[diesel(sql_type = BigInt)]
    pub complied: i64,
    /// How many of those in part.
    #[diesel(sql_type = BigInt)]
    pub in_part: i64,
    /// How many were denied.
    #[diesel(sql_type = BigInt)]
    pub denied: i64,
    /// How many were withdrawn or ended by themselves.
    #[diesel(sql_type = BigInt)]
    pub ended: i64,
    /// Days to an answer: the one in the middle.
    #[diesel(sql_type = Nullable<Double>)]
    pub median_days: Option<f64>,
    /// Days to an answer: the mean.
    #[diesel(sql_type = Nullable<Double>)]
    pub mean_days: Option<f64>,
}

/// The figures of what came in between two moments, by kind (11 CCR 7102).
///
/// # Errors
/// What the database says.
pub async fn figures(
    conn: &mut AsyncPgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<Figures>> {
    diesel::sql_query(
        "SELECT asked_kind AS kind, count(*) AS received, \
             count(*) FILTER (WHERE state IN ('fulfilled', 'partly_fulfilled')) AS complied, \
             count(*) FILTER (WHERE state = 'partly_fulfilled') AS in_part, \
             count(*) FILTER (WHERE state = 'denied') AS denied, \
             count(*) FILTER (WHERE state IN ('withdrawn', 'expired')) AS ended, \
             percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median_days, avg(days) AS mean_days \
         FROM (SELECT *, CASE WHEN state IN ('fulfilled', 'partly_fulfilled', 'denied') \
             THEN extract(epoch FROM closed_at - received_at)::float8 / 86400 END AS days FROM data_requests \
             WHERE received_at >= $1 AND received_at < $2) r \
         GROUP BY asked_kind ORDER BY asked_kind",
    )
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(to)
    .load(conn)
    .await
}

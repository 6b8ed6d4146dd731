//! Rows of the desk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::ids::{DisputeId, PersonId};
use crate::platform::web::pagination::Window;
use crate::staff::desk::Place;

/// A dispute in the queue.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: DisputeId,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// On which way it came.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// Who raised it: a name, if there is one.
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
    /// Who works on it now.
    #[diesel(sql_type = Nullable<Text>)]
    pub holder: Option<String>,
    /// Whether the last message came from whoever raised it.
    #[diesel(sql_type = Bool)]
    pub wrote: bool,
}

impl Row {
    /// Its place in the queue.
    pub fn place(&self) -> Place {
        Place { at: self.due_at, id: self.id.0 }
    }
}

/// The condition of a view as SQL, with `$1` for now and `$2` for whoever looks.
fn condition(view: &str) -> &'static str {
    match view {
        "mine" => {
            "d.id IN (SELECT item_id FROM desk_claims WHERE queue = 'disputes' AND staff_id = $2 AND expires_at > $1)"
        }
        "late" => "d.closed_at IS NULL AND d.state = 'open' AND d.due_at <= $1",
        "unproven" => "d.closed_at IS NULL AND d.state = 'unproven'",
        "closed" => "d.closed_at IS NOT NULL",
        "all" => "true",
        _ => "d.closed_at IS NULL AND d.state = 'open'",
    }
}

/// The channel as a condition; it is one of ours, never what was typed.
fn of_channel(channel: &str) -> &'static str {
    match channel {
        "portal" => " AND d.channel = 'portal'",
        "form" => " AND d.channel = 'form'",
        "email" => " AND d.channel = 'email'",
        "post" => " AND d.channel = 'post'",
        _ => "",
    }
}

/// A window of the queue, the earliest due date first; with `after` the other way round. `view` and `channel` are as they
/// stand in the address.
///
/// # Errors
/// What the database says.
pub async fn queue(
    conn: &mut AsyncPgConnection,
    (view, channel): (&str, &str),
    staff: PersonId,
    window: Window<Place>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    let (comparison, order, place) = window.earliest_first();
    let from =
        if place.is_some() { format!(" AND (d.due_at, d.id) {comparison} ($3, $4)") } else { String::new() };
    let (condition, of_channel) = (condition(view), of_channel(channel));
    let statement = format!(
        "SELECT d.id, d.state, d.channel, coalesce(p.name, d.name) AS name, coalesce(d.email, p.email) AS email, d.received_at, d.due_at, \
             d.closed_at, s.name AS holder, \
             coalesce((SELECT m.author_kind = 'filer' FROM dispute_messages m WHERE m.dispute_id = d.id ORDER BY m.id DESC LIMIT 1), false) AS wrote \
         FROM (SELECT * FROM disputes d WHERE {condition}{of_channel}{from} ORDER BY d.due_at {order}, d.id {order} LIMIT $5) d \
         LEFT JOIN people p ON p.id = d.person_id \
         LEFT JOIN desk_claims c ON c.queue = 'disputes' AND c.item_id = d.id AND c.expires_at > $1 LEFT JOIN people s ON s.id = c.staff_id \
         ORDER BY d.due_at {order}, d.id {order}"
    );
    diesel::sql_query(statement)
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(staff)
        .bind::<Nullable<Timestamptz>, _>(place.map(|place| place.at))
        .bind::<Nullable<SqlUuid>, _>(place.map(|place| place.id))
        .bind::<BigInt, _>(window.limit)
        .load(conn)
        .await
}

//! `/staff/messages`: what is on its way, what was given up and what was sent, with every attempt.
//! Recipients are masked and bodies are never shown.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::db::schema::{message_attempts, messages};
use crate::platform::messages::{Attempt, StoredMessage};
use crate::platform::text::capitalised;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager, Window, windowed};
use crate::retention::rules;
use crate::staff::masks;
use crate::staff::permissions::RunsOperations;

/// Which messages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All, newest first.
    #[default]
    All,
    /// Not yet taken by a server, and not given up.
    Waiting,
    /// Given up.
    Failed,
}

/// What the address of the list says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: State,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

/// How many wait and how many were given up.
///
/// # Errors
/// What the database says.
pub(in crate::staff) async fn undelivered(conn: &mut AsyncPgConnection) -> QueryResult<(i64, i64)> {
    let waiting = messages::table
        .filter(messages::sent_at.is_null().and(messages::failed_at.is_null()))
        .count()
        .get_result(conn)
        .await?;
    let failed = messages::table.filter(messages::failed_at.is_not_null()).count().get_result(conn).await?;
    Ok((waiting, failed))
}

async fn load(conn: &mut AsyncPgConnection, state: State, window: Window) -> QueryResult<Vec<StoredMessage>> {
    let found = windowed!(messages::table.select(StoredMessage::as_select()), messages::id, window);
    let found = match state {
        State::All => found,
        State::Waiting => found.filter(messages::sent_at.is_null().and(messages::failed_at.is_null())),
        State::Failed => found.filter(messages::failed_at.is_not_null()),
    };
    found.load(conn).await
}

async fn attempts_of(
    conn: &mut AsyncPgConnection,
    ids: Vec<Uuid>,
) -> QueryResult<HashMap<Uuid, Vec<Attempt>>> {
    let rows: Vec<(Uuid, Attempt)> = message_attempts::table
        .filter(message_attempts::message_id.eq_any(ids))
        .order(message_attempts::id)
        .select((message_attempts::message_id, Attempt::as_select()))
        .load(conn)
        .await?;
    let mut by_message: HashMap<Uuid, Vec<Attempt>> = HashMap::new();
    for (message, attempt) in rows {
        by_message.entry(message).or_default().push(attempt);
    }
    Ok(by_message)
}

/// A try, as the page shows it.
struct Try {
    when: String,
    outcome: String,
    detail: String,
}

impl From<Attempt> for Try {
    fn from(attempt: Attempt) -> Self {
        let outcome = attempt.outcome.map_or_else(|| "under way".into(), |outcome| outcome.replace('_', " "));
        Self {
            when: moment(&attempt.started_at),
            outcome,
            detail: masks::sentence(&attempt.detail.unwrap_or_default()),
        }
    }
}

/// A message, as the page shows it.
struct Row {
    title: String,
    kind: &'static str,
    to: String,
    badge: (&'static str, &'static str),
    iso: String,
    when: String,
    tries: Vec<Try>,
}

/// The name of a message as a title: `security_notice` is "Security notice".
fn sentence(name: &str) -> String {
    capitalised(&name.replace('_', " "))
}

/// How a message travels, for people.
fn carrier(kind: &str) -> &'static str {
    match kind {
        "mail" => "Mail",
        "sms" => "Text message",
        _ => "Call",
    }
}

fn row(message: StoredMessage, attempts: Vec<Attempt>) -> Row {
    let badge = match (message.sent_at, message.failed_at) {
        (Some(_), _) => ("success", "Sent"),
        (_, Some(_)) => ("danger", "Given up"),
        _ => ("warning", "Waiting"),
    };
    let at: DateTime<Utc> = message.created_at;
    Row {
        title: sentence(&message.name),
        kind: carrier(&message.kind),
        to: masks::recipient(&message.recipient),
        badge,
        iso: at.to_rfc3339(),
        when: moment(&at),
        tries: attempts.into_iter().map(Try::from).collect(),
    }
}

#[derive(askama::Template)]
#[template(path = "staff/operations/messages.html")]
struct MessagesPage {
    page: Page,
    /// Address of the tab that is open.
    tab: &'static str,
    rows: Vec<Row>,
    pager: Pager,
    /// How far back messages are kept.
    kept: String,
}

/// `GET /staff/messages`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<RunsOperations>,
    asked: web::Query<Asked>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let keyset = Keyset { before: asked.before, after: asked.after };
    let found = load(&mut conn, asked.state, keyset.window()).await?;
    let (tab, extra) = match asked.state {
        State::All => ("/staff/messages", ""),
        State::Waiting => ("/staff/messages?state=waiting", "&state=waiting"),
        State::Failed => ("/staff/messages?state=failed", "&state=failed"),
    };
    let (found, pager) = keyset.page(found, |message| message.id, "/staff/messages", extra);
    let mut attempts = attempts_of(&mut conn, found.iter().map(|message| message.id).collect()).await?;
    let rows = found
        .into_iter()
        .map(|message| {
            let tries = attempts.remove(&message.id).unwrap_or_default();
            row(message, tries)
        })
        .collect();
    let kept = rules::MESSAGES.period.words();
    pages::ok(&MessagesPage { page: Page::of(&request, "Messages"), tab, rows, pager, kept })
}

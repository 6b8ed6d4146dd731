//! What a queue shows, as a file: page after page, with nothing held in the database between two of them, and safe to open
//! in a spreadsheet. That of a queue holds numbers and states, and nothing about people.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use super::Queue;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::web::guards::SignedIn;

/// Lines that are read at once.
pub const BATCH: i64 = 500;

/// Whether a spreadsheet would run it.
fn is_formula(value: &str) -> bool {
    value.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A value as a cell: quoted where it has to be, and never a formula. It is for people to read: what began like one has an
/// apostrophe before it.
pub fn cell(value: &str) -> String {
    let value = if is_formula(value) { format!("'{value}") } else { value.to_owned() };
    if value.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

/// The address of a mailbox for a cell, in a file from which somebody writes to it: in angle brackets, as in the header of a
/// mail (RFC 5322), where it would else be a formula. An apostrophe is a letter of addresses like any other, so that one more
/// would lead to somebody else's mailbox; who knows no brackets finds no address, and writes to nobody.
pub fn address(email: &str) -> String {
    if is_formula(email) { format!("<{email}>") } else { email.to_owned() }
}

/// A moment as a cell: RFC 3339 in UTC, to the second.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A line of the file.
pub fn line<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<String> = cells.iter().map(|value| cell(value.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// Notes in the audit log that a member of staff took the file of a queue, and by which filters.
///
/// # Errors
/// What the database says.
pub async fn note(app: &App, who: &SignedIn, queue: Queue, query: &str) -> Result<(), AppError> {
    let note = format!("{} {query}", queue.as_str());
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), "queue", None::<Uuid>, "desk.exported", &from).note(note.trim());
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await?;
    Ok(())
}

/// A file of this name. `next` reads up to [`BATCH`] lines after a key, each with its own key; fewer are the last.
pub fn stream<K, F, R>(name: &str, head: &[&str], next: F) -> HttpResponse
where
    K: Clone + 'static,
    F: Fn(Option<K>) -> R + 'static,
    R: Future<Output = anyhow::Result<Vec<(K, Vec<String>)>>>,
{
    let state = Some((next, None, line(head)));
    let body = futures_util::stream::try_unfold(state, |state| async move {
        let Some((next, after, mut text)) = state else { return Ok::<_, std::io::Error>(None) };
        // What breaks ends the answer in its middle, so that nobody takes the file for whole.
        let rows = next(after).await.map_err(std::io::Error::other)?;
        let more = i64::try_from(rows.len()).unwrap_or(0) >= BATCH;
        let last = rows.last().map(|(key, _)| key.clone());
        rows.iter().for_each(|(_, cells)| text.push_str(&line(cells)));
        let rest = if more { Some((next, last, String::new())) } else { None };
        Ok(Some((Bytes::from(text), rest)))
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}.csv\"")))
        .insert_header(("cache-control", "no-store"))
        .streaming(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text_and_quotes_are_doubled() {
        assert_eq!(
            line(&["=1+1", "-2", "plain", "a,b", "say \"no\""]),
            "'=1+1,'-2,plain,\"a,b\",\"say \"\"no\"\"\"\r\n"
        );
        assert_eq!(cell("\t=cmd"), "'\t=cmd");
        assert_eq!(cell("+1,2"), "\"'+1,2\"");
    }

    #[test]
    fn an_address_is_no_formula_and_never_another_address() {
        for email in ["+ada@example.com", "-ada@example.com", "=1+1@example.com"] {
            assert_eq!(cell(&address(email)), format!("<{email}>"));
        }
        assert_eq!(cell(&address("ada+news@example.com")), "ada+news@example.com");
    }
}

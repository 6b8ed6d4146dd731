//! Looking people up. What is found is shown masked; a record opens only to a member of staff who
//! says why, for a quarter of an hour. Each such view stands in the audit log and is shown to the
//! person it is about, and so does each list of the record that is looked at meanwhile, once.

pub mod lists;
mod queries;
pub mod record;
pub mod web;

pub use queries::{SentRow, SignInRow, Surroundings, View, ViewRow};

use chrono::Duration;
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use crate::identity::people::{self, Person, parse_email};
use crate::identity::phone_verification::parse_phone;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId, new_uuid};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pagination::Window;
use crate::platform::web::rate_limit::{self, Quota};
use crate::staff::permissions::{Permission, Role};

/// How long a record stays open to whoever gave a reason.
pub const VIEW_LASTS: Duration = Duration::minutes(15);
/// Shortest and longest reason, in characters.
pub const REASON: std::ops::RangeInclusive<usize> = 10..=500;
/// More than work needs, and too few to copy the list of customers.
const SEARCHES: Quota = Quota::per_minutes("staff_lookup", 120, 10);

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// A person by SID.
    Person(PersonId),
    /// The owner of an account by SID.
    Account(AccountId),
    /// Exactly this address.
    Email(String),
    /// Exactly this number, in E.164.
    Phone(String),
    /// Names that begin like this.
    Name(String),
}

impl Query {
    /// Tells by its shape what somebody typed.
    ///
    /// # Errors
    /// Why it cannot be looked for.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Ok(Self::Person(id));
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Account(id));
        }
        if text.contains('@') {
            return parse_email(text).map(Self::Email);
        }
        if text.starts_with('+') {
            return parse_phone(text).map(Self::Phone);
        }
        match text.chars().count() {
            _ if text.chars().any(char::is_control) => Err("No name has control characters in it.".into()),
            0 => Err("Type an address, a number, a SID or the beginning of a name.".into()),
            1 => Err("Type at least two letters of a name.".into()),
            2..=200 => Ok(Self::Name(text.to_owned())),
            _ => Err("This is longer than any name.".into()),
        }
    }

    /// What kind of search it is, for the audit log: never what was typed, which may be somebody's address.
    fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "by the SID of a person",
            Self::Account(_) => "by the SID of an account",
            Self::Email(_) => "by e-mail address",
            Self::Phone(_) => "by telephone number",
            Self::Name(_) => "by the beginning of a name",
        }
    }
}

/// Finds people and notes in the audit log that somebody looked.
///
/// # Errors
/// [`AppError::TooManyRequests`], or what the database says.
pub async fn search(
    app: &App,
    who: &SignedIn,
    query: &Query,
    window: Window,
) -> Result<Vec<Person>, AppError> {
    rate_limit::take(app, SEARCHES, &who.person.to_string()).await?;
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    let found = conn
        .transaction(async |conn| {
            let found = queries::search(conn, query, window).await?;
            let note = format!("Search {}", query.kind());
            let event =
                Event::new(who.actor(), "people", None::<Uuid>, "staff.people.searched", &from).note(&note);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(found)
        })
        .await?;
    Ok(found)
}

/// The person, and the view in which this member of staff may see the record; nothing if they may not now.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn peek(app: &App, who: &SignedIn, id: PersonId) -> Result<(Person, Option<View>), AppError> {
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, id).await?;
    let view = queries::current_view(&mut conn, who.person, id, app.clock.now()).await?;
    Ok((person, view))
}

/// Notes in the audit log that a list of an open record was looked at: once a view, however often its
/// pages are turned.
///
/// # Errors
/// What the database says.
pub async fn note_page(
    app: &App,
    who: &SignedIn,
    person: PersonId,
    view: &View,
    action: &'static str,
) -> Result<(), AppError> {
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if queries::was_noted(conn, who.person, person, view, action).await? {
            return Ok(());
        }
        let event = Event::new(who.actor(), "person", person.0, action, &from);
        audit::append(conn, app.clock.now(), event).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// Checks a reason.
///
/// # Errors
/// What is wrong with it.
pub fn parse_reason(text: &str) -> Result<String, String> {
    // Browsers send CR LF for a line break: the length counts what was typed.
    let reason = text.trim().replace("\r\n", "\n");
    match reason.chars().count() {
        _ if reason.contains('\0') => Err("Take the control character out.".into()),
        0 => Err("Say why you need to see it.".into()),
        length if length < *REASON.start() => {
            Err("Say it so that the person it is about understands: at least 10 characters.".into())
        }
        length if length > *REASON.end() => Err("Say it in up to 500 characters.".into()),
        _ => Ok(reason),
    }
}

/// Opens a record for a quarter of an hour.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn open(app: &App, who: &SignedIn, person: PersonId, reason: &str) -> Result<(), AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let role = Permission::LookUpPeople.role_among(&who.roles).map_or("staff", Role::as_str);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        people::find(conn, person).await?;
        let (id, expires_at) = (new_uuid(now), now + VIEW_LASTS);
        let view =
            queries::NewView { id, staff: who.person, person, role, reason, viewed_at: now, expires_at };
        queries::insert_view(conn, &view).await?;
        let event = Event::new(who.actor(), "person", person.0, "person.record.viewed", &from).note(reason);
        audit::append(conn, now, event).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_tells_by_its_shape_what_it_is() {
        let sid = "US019200000000700080000000000000ff";
        assert_eq!(Query::parse(sid), Ok(Query::Person(sid.parse().unwrap())));
        let account = sid.replace("US", "AC");
        assert_eq!(Query::parse(&account), Ok(Query::Account(account.parse().unwrap())));
        assert_eq!(Query::parse(" ada@example.com "), Ok(Query::Email("ada@example.com".into())));
        assert_eq!(Query::parse("+1 212 555 0100"), Ok(Query::Phone("+12125550100".into())));
        assert_eq!(Query::parse("Ada"), Ok(Query::Name("Ada".into())));
        assert!(Query::parse("").is_err());
        assert!(Query::parse("A").is_err());
    }

    #[test]
    fn a_reason_has_10_to_500_characters_however_line_breaks_are_sent() {
        assert!(parse_reason("too short").is_err());
        assert!(parse_reason("just enough").is_ok());
        assert!(parse_reason("          ").is_err());
        assert_eq!(parse_reason(&"a\r\n".repeat(250)).map(|reason| reason.chars().count()), Ok(499));
        assert!(parse_reason(&"a".repeat(501)).is_err());
    }
}

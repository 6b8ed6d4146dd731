//! Where somebody is signed in: each browser with its place and times, and a way to end it.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{sessions, sign_ins};
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SessionId};
use crate::platform::web::caller::describe_browser;
use crate::platform::web::flash;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};

/// One session as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct Row {
    id: SessionId,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    idle_seconds: i32,
    ip: Option<IpNet>,
    country: Option<String>,
    user_agent: Option<String>,
}

/// The living sessions of somebody, the one used last first. `version` is the present credential version.
async fn living(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    version: i32,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    let rows: Vec<Row> = sessions::table
        .filter(sessions::person_id.eq(person).and(sessions::credential_version.eq(version)))
        .filter(sessions::expires_at.gt(now))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .select(Row::as_select())
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .filter(|row| now < row.last_used_at + Duration::seconds(row.idle_seconds.into()))
        .collect())
}

/// What ending a session came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Now,
    /// It was theirs, and had ended before.
    Earlier,
}

/// Ends one session of the person who is signed in.
///
/// # Errors
/// `NotFound` for an id that never was theirs.
async fn end_one(app: &App, who: &SignedIn, id: SessionId) -> Result<Ended, AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let mine = sessions::table.find(id).filter(sessions::person_id.eq(who.person));
        if diesel::delete(mine).execute(conn).await? == 0 {
            let began =
                sign_ins::table.filter(sign_ins::person_id.eq(who.person).and(sign_ins::session_id.eq(id.0)));
            let was_mine = diesel::select(diesel::dsl::exists(began)).get_result::<bool>(conn).await?;
            return if was_mine { Ok(Ended::Earlier) } else { Err(AppError::NotFound) };
        }
        audit::append(conn, now, event(who, "person.session.ended", &from)).await?;
        Ok(Ended::Now)
    })
    .await
}

/// Ends every session of the person but the one that asks. Answers how many there were.
///
/// # Errors
/// What the database says.
async fn end_others(app: &App, who: &SignedIn) -> Result<usize, AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    let ended = conn
        .transaction(async |conn| {
            let ended = people::end_sessions(conn, who.person, Some(who.session)).await?;
            if ended > 0 {
                audit::append(conn, now, event(who, "person.sessions.others_ended", &from)).await?;
            }
            Ok::<_, diesel::result::Error>(ended)
        })
        .await?;
    Ok(ended)
}

fn event<'a>(who: &SignedIn, action: &'static str, from: &'a audit::Circumstances) -> Event<'a> {
    Event::new(who.actor(), "person", who.person.0, action, from)
}

/// A moment for machines and for people.
struct Moment {
    iso: String,
    words: String,
}

impl From<&DateTime<Utc>> for Moment {
    fn from(at: &DateTime<Utc>) -> Self {
        Self { iso: at.to_rfc3339_opts(SecondsFormat::Secs, true), words: moment(at) }
    }
}

struct Entry {
    id: SessionId,
    browser: String,
    place: String,
    began: Moment,
    last_used: Moment,
    is_this: bool,
}

impl Entry {
    fn of(row: &Row, this: SessionId) -> Self {
        let country = row.country.as_deref().unwrap_or("Unknown country");
        let place = row.ip.map_or_else(|| country.to_owned(), |ip| format!("{country} · {}", ip.addr()));
        Self {
            id: row.id,
            browser: describe_browser(row.user_agent.as_deref().unwrap_or_default()),
            place,
            began: Moment::from(&row.created_at),
            last_used: Moment::from(&row.last_used_at),
            is_this: row.id == this,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/sessions/index.html")]
struct IndexPage {
    page: Page,
    this: Vec<Entry>,
    others: Vec<Entry>,
}

/// `GET /settings/sessions`
pub async fn index(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = living(&mut conn, who.person, who.credential_version, app.clock.now()).await?;
    let (this, others) = rows.iter().map(|row| Entry::of(row, who.session)).partition(|entry| entry.is_this);
    pages::ok(&IndexPage { page: Page::of(&request, "Sessions"), this, others })
}

/// `POST /settings/sessions/{id}/end`
pub async fn end(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    id: web::Path<SessionId>,
) -> WebResult {
    let ended = end_one(&app, &who, *id).await?;
    if *id == who.session {
        request.get_session().purge();
        return Ok(see_other("/sign-in"));
    }
    match ended {
        Ended::Now => {
            flash::success(&request, "The session is ended. Whoever uses that browser must sign in again.")
        }
        Ended::Earlier => flash::info(&request, "That session had ended already."),
    }
    Ok(see_other("/settings/sessions"))
}

/// `POST /settings/sessions/end-others`
pub async fn end_all_others(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    match end_others(&app, &who).await? {
        0 => flash::info(&request, "There was no other session to end."),
        1 => flash::success(&request, "The other session is ended."),
        ended => flash::success(&request, format!("{ended} other sessions are ended.")),
    }
    Ok(see_other("/settings/sessions"))
}

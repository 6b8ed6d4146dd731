//! The lists of an open record: sign-ins, messages and views. Without a current view each of them is the door.

use actix_web::{HttpRequest, web};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::record::Head;
use super::{SentRow, SignInRow, ViewRow, queries, web as pages_of_lookup};
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::describe_browser;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager, Window};
use crate::preferences::decisions::{self, Row};
use crate::preferences::words::describe;
use crate::retention::rules;
use crate::staff::permissions::LooksUpPeople;

/// One line of a list of the record.
struct Line {
    id: uuid::Uuid,
    kind: &'static str,
    title: String,
    iso: String,
    when: String,
    detail: String,
}

fn sign_in_line(row: SignInRow) -> Line {
    let (kind, title) = match row.outcome.as_str() {
        "signed_in" => ("success", "Signed in"),
        "second_factor_asked" => ("", "Second factor asked for"),
        "refused" => ("danger", "Refused"),
        "throttled" => ("warning", "Refused: too many tries"),
        _ => ("warning", "Refused: country not served"),
    };
    let method = match row.method.as_str() {
        "totp" => "authenticator app".to_owned(),
        other => other.replace('_', " "),
    };
    let browser = describe_browser(&row.user_agent.unwrap_or_default());
    let country = row.country.unwrap_or_else(|| "unknown country".into());
    let ip = row.ip.map_or_else(|| "no address".into(), |ip| ip.addr().to_string());
    Line {
        id: row.id,
        kind,
        title: title.into(),
        iso: row.at.to_rfc3339(),
        when: moment(&row.at),
        detail: format!("{method} · {browser} · {country} · {ip}"),
    }
}

fn message_line(row: SentRow) -> Line {
    let (kind, state) = match (row.sent_at, row.failed_at) {
        (Some(_), _) => ("success", "sent"),
        (_, Some(_)) => ("danger", "given up"),
        _ => ("warning", "on its way"),
    };
    // A text message has no subject, and its text may be a code: its name is all that is shown.
    let title = if row.kind == "mail" { row.subject } else { row.name.replace('_', " ") };
    Line {
        id: row.id,
        kind,
        title,
        iso: row.created_at.to_rfc3339(),
        when: moment(&row.created_at),
        detail: format!("{} · {state}", row.kind),
    }
}

fn view_line(row: ViewRow) -> Line {
    let who = row.staff.unwrap_or_else(|| "a former member of staff".into());
    let title = format!("{who} ({})", row.role);
    Line {
        id: row.id,
        kind: "info",
        title,
        iso: row.viewed_at.to_rfc3339(),
        when: moment(&row.viewed_at),
        detail: format!("Because: {}", row.reason),
    }
}

fn decision_line(row: Row) -> Line {
    let (title, detail) = describe(&row);
    let kind = match row.choice.as_str() {
        "subscribed" => "success",
        "unsubscribed" => "warning",
        _ => "info",
    };
    Line { id: row.id, kind, title, iso: row.decided_at.to_rfc3339(), when: moment(&row.decided_at), detail }
}

/// A list of the record.
#[derive(Clone, Copy, Debug)]
enum List {
    SignIns,
    Messages,
    Views,
    Preferences,
}

impl List {
    /// Its address below the record, its heading, and what it says when it is empty.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::SignIns => ("sign-ins", "Sign-ins", "Nobody has tried to sign in"),
            Self::Messages => ("messages", "Messages", "Nothing was sent"),
            Self::Views => ("views", "Views", "Nobody has looked"),
            Self::Preferences => ("preferences", "Preferences", "Nothing was decided"),
        }
    }

    fn about(self) -> String {
        let kept = match self {
            Self::SignIns => rules::SIGN_INS,
            Self::Messages => rules::MESSAGES,
            Self::Views => rules::RECORD_VIEWS,
            Self::Preferences => rules::CONTACTS,
        };
        let kept = kept.period.words();
        match self {
            Self::SignIns => format!("Every try to sign in, with or without success, of the last {kept}."),
            Self::Messages => {
                format!("What was sent in the last {kept}: subjects only, never what stands in them.")
            }
            Self::Views => format!(
                "Who of staff has opened this record in the last {kept}, and why. Its owner sees the same, with roles instead of names."
            ),
            Self::Preferences => {
                "Every decision about mailings and calls, latest first, with the words that were shown. Only its owner changes them.".into()
            }
        }
    }

    /// The action in the audit log when somebody looks at it.
    fn action(self) -> &'static str {
        match self {
            Self::SignIns => "person.record.sign_ins_viewed",
            Self::Messages => "person.record.messages_viewed",
            Self::Views => "person.record.views_viewed",
            Self::Preferences => "person.record.preferences_viewed",
        }
    }

    async fn lines(
        self,
        conn: &mut AsyncPgConnection,
        id: PersonId,
        window: Window,
    ) -> QueryResult<Vec<Line>> {
        Ok(match self {
            Self::SignIns => {
                queries::sign_ins_of(conn, id, window).await?.into_iter().map(sign_in_line).collect()
            }
            Self::Messages => {
                queries::messages_to(conn, id, window).await?.into_iter().map(message_line).collect()
            }
            Self::Views => queries::views_of(conn, id, window).await?.into_iter().map(view_line).collect(),
            Self::Preferences => {
                decisions::of_person(conn, id, window).await?.into_iter().map(decision_line).collect()
            }
        })
    }
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/list.html")]
struct ListPage {
    page: Page,
    head: Head,
    heading: &'static str,
    about: String,
    nothing: &'static str,
    lines: Vec<Line>,
    pager: Pager,
}

async fn show(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    id: PersonId,
    keyset: &Keyset,
    list: List,
) -> WebResult {
    let (person, view) = super::peek(app, who, id).await?;
    let Some(view) = view else { return pages_of_lookup::closed(request, &person) };
    super::note_page(app, who, id, &view, list.action()).await?;
    let mut conn = app.db.get().await?;
    let lines = list.lines(&mut conn, id, keyset.window()).await?;
    let head = Head::new(&person, &view);
    let (below, heading, nothing) = list.words();
    let (lines, pager) = keyset.page(lines, |line| line.id, &head.path(below), "");
    let (page, about) = (Page::of(request, heading), list.about());
    pages::ok(&ListPage { page, head, heading, about, nothing, lines, pager })
}

/// `GET /staff/people/{person}/sign-ins`
pub async fn sign_ins(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    show(&app, &request, &who, *id, &keyset, List::SignIns).await
}

/// `GET /staff/people/{person}/messages`
pub async fn messages(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    show(&app, &request, &who, *id, &keyset, List::Messages).await
}

/// `GET /staff/people/{person}/views`
pub async fn views(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    show(&app, &request, &who, *id, &keyset, List::Views).await
}

/// `GET /staff/people/{person}/preferences`
pub async fn preferences(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    show(&app, &request, &who, *id, &keyset, List::Preferences).await
}

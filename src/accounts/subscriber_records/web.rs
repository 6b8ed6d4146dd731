//! The pages on which an account reads its subscriber records: the list, each of them masked, unmasked for whoever has just
//! shown who they are, and who outside saw one. They are for reading alone; [`super::writing`] changes something.

use actix_web::{HttpRequest, web};

use super::details::masked;
use super::shares::{self, Share};
use super::{Because, Record, State, queries, seen};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentMember};
use crate::accounts::permissions::KeepsSubscriberRecords;
use crate::accounts::states::State as AccountState;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::files::web::{Attached, answer};
use crate::platform::ids::{FileId, SubscriberRecordId};
use crate::platform::web::pages::{self, Page, WebResult, date, day};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::retention::subscriber_laws::Law;

/// A record, as the list shows it.
struct Line {
    path: String,
    name: String,
    state: State,
    detail: String,
}

impl Line {
    fn of(keys: &Keys, record: &Record, list: &str) -> anyhow::Result<Self> {
        let subject = record.subject().label();
        let submitted = date(record.submitted_on);
        Ok(Self {
            path: format!("{list}/{}", record.id),
            name: record.name(keys)?,
            state: record.state(),
            detail: format!("{} · {subject} · submitted on {submitted}{}", record.law().name, kept(record)),
        })
    }
}

/// Until when a record is kept that ended, as the rest of a line.
fn kept(record: &Record) -> String {
    match &record.kept_until {
        Some(until) if record.was_accepted() => format!(" · kept until {}", day(until)),
        Some(_) => " · goes tonight".into(),
        None => {
            record.refused_until().map_or_else(String::new, |until| format!(" · goes on {}", day(&until)))
        }
    }
}

/// The address of a record of an account.
pub(super) fn path(frame: &Frame, id: SubscriberRecordId) -> String {
    frame.path(&format!("/subscriber-records/{id}"))
}

/// The id in an address.
pub(super) fn parse(sid: &str) -> Result<SubscriberRecordId, AppError> {
    sid.parse().map_err(|_| AppError::NotFound)
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    /// Whether records can be made and changed.
    writes: bool,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /accounts/{account}/subscriber-records`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<KeepsSubscriberRecords>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let found = queries::list(&mut *app.db.get().await?, who.account.id, keyset.window()).await?;
    let list = who.account.path("/subscriber-records");
    let (found, pager) = keyset.page(found, |record| record.id.0, &list, "");
    let lines = found.iter().map(|record| Line::of(&app.keys, record, &list));
    let lines = lines.collect::<anyhow::Result<Vec<Line>>>()?;
    let frame = Frame::of(&request, &who.account);
    let writes = !frame.is_on_its_way_out();
    pages::ok(&IndexPage { page: frame.page(&request, "Subscriber records"), frame, writes, lines, pager })
}

/// A share, as pages list it.
pub(super) struct ShareLine {
    pub record: SubscriberRecordId,
    pub title: String,
    pub detail: String,
    pub purpose: String,
}

impl From<Share> for ShareLine {
    fn from(share: Share) -> Self {
        Self {
            record: share.record,
            title: format!("{}: {}", share.kind(), share.recipient),
            detail: format!("{} · {}", date(share.shared_on), share.ground()),
            purpose: share.purpose,
        }
    }
}

/// What is hidden until somebody has just shown who they are.
struct Values {
    address: Vec<String>,
    born: Option<String>,
    number: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    path: String,
    name: String,
    state: State,
    facts: Vec<(&'static str, String)>,
    refused_because: Option<String>,
    values: Option<Values>,
    /// Whether it says when somebody was born.
    has_birth: bool,
    /// The number of a document, masked.
    masked: Option<String>,
    files: Vec<Attached>,
    shares: Vec<ShareLine>,
    law: &'static Law,
    kept: String,
    /// Whether it can be withdrawn.
    withdraws: bool,
    /// Whether it can be corrected.
    corrects: bool,
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", record.id.to_string()),
        ("Country", record.law().name.to_owned()),
        ("Who uses the number", record.subject().label().to_owned()),
        ("Submitted on", date(record.submitted_on)),
    ];
    let decided = if record.was_accepted() { "Accepted on" } else { "Refused on" };
    facts.extend(record.decided_on.map(|on| (decided, date(on))));
    let why = record.ended_because.as_deref().map_or("", Because::label);
    facts.extend(record.ended_on.map(|on| ("Ended on", format!("{}: {why}", date(on)))));
    facts
}

/// How long a record is kept, in a sentence.
fn kept_words(record: &Record) -> String {
    let law = record.law();
    match (&record.kept_until, record.was_accepted()) {
        (Some(until), true) => format!("Until {}: then it goes by itself, with its files.", day(until)),
        (Some(_), false) => {
            "It was never accepted, so that no law asks for it: it goes in the night after its end.".into()
        }
        (None, true) => format!(
            "As long as you need it, and {}. It ends when you withdraw it, when the account is closed or when its owner is deleted, whichever is first.",
            law.kept.words()
        ),
        (None, false) if record.state() == State::Refused => format!(
            "It was refused, so that no law asks for it: it goes on {}, with its files, and sooner if you correct or withdraw it.",
            record.refused_until().as_ref().map_or_else(String::new, day)
        ),
        (None, false) => format!(
            "Until you withdraw it, or the account is closed. Once it was accepted, the law asks that it is kept {}.",
            law.kept.words()
        ),
    }
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Member<KeepsSubscriberRecords>,
    record: Record,
    unmasked: bool,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let files = queries::files_of(&mut conn, record.id).await?;
    let shares = shares::of_record(&mut conn, record.id).await?;
    drop(conn);
    let frame = Frame::of(request, &who.account);
    let path = path(&frame, record.id);
    let details = record.details(&app.keys).map_err(anyhow::Error::from)?;
    let mut files: Vec<Attached> = files.into_iter().map(|file| Attached::of(file, &path)).collect();
    if !unmasked {
        Attached::withhold(&mut files, "opens once you have shown who you are");
    }
    let number = details.identification.map(|(_, number)| number);
    let address = details.address.lines().map(str::to_owned).collect();
    let born = details.birth.map(|birth| birth.words());
    pages::ok(&ShowPage {
        page: frame.page(request, "Subscriber record"),
        frame,
        path,
        state: record.state(),
        facts: facts(&record),
        masked: number.as_deref().map(|number| {
            format!("{} {}", record.document().map_or("", |document| document.label()), masked(number))
        }),
        has_birth: born.is_some(),
        values: unmasked.then_some(Values { address, born, number }),
        files,
        shares: shares.into_iter().map(ShareLine::from).collect(),
        law: record.law(),
        kept: kept_words(&record),
        withdraws: who.account.state != AccountState::Closed && record.ended_on.is_none(),
        corrects: !who.account.state.is_on_its_way_out() && record.ended_on.is_none(),
        name: details.name,
        refused_because: record.refused_because,
    })
}

/// A record of the account, by its SID.
pub(super) async fn find(
    app: &App,
    who: &Member<KeepsSubscriberRecords>,
    sid: &str,
) -> Result<Record, AppError> {
    Ok(queries::find(&mut *app.db.get().await?, who.account.id, parse(sid)?).await?)
}

/// `GET /accounts/{account}/subscriber-records/{record}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    page(&app, &request, &who, record, false).await
}

/// `GET /accounts/{account}/subscriber-records/{record}/values`: everything it says, which the activity tells.
pub async fn values(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    seen::by_member(&app, &who, who.account.id, record.id, seen::SHOWN).await?;
    page(&app, &request, &who, record, true).await
}

/// `GET /accounts/{account}/subscriber-records/{record}/files/{file}`, which the activity tells too: its address works without
/// the page that leads to it.
pub async fn file(
    app: web::Data<App>,
    who: RecentMember<KeepsSubscriberRecords>,
    sids: web::Path<(String, String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    let id: FileId = sids.2.parse().map_err(|_| AppError::NotFound)?;
    let file = queries::file(&mut *app.db.get().await?, record.id, id).await?;
    seen::by_member(&app, &who, who.account.id, record.id, seen::FILE_OPENED).await?;
    answer(&app, &file).await
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/shares.html")]
struct SharesPage {
    page: Page,
    frame: Frame,
    shares: Vec<ShareLine>,
    pager: Pager,
}

/// `GET /accounts/{account}/subscriber-records/shares`: who outside saw records of the account (S50).
pub async fn shared(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<KeepsSubscriberRecords>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let found = shares::of_account(&mut *app.db.get().await?, who.account.id, keyset.window()).await?;
    let (found, pager) =
        keyset.page(found, |share| share.id, &who.account.path("/subscriber-records/shares"), "");
    let frame = Frame::of(&request, &who.account);
    let shares = found.into_iter().map(ShareLine::from).collect();
    pages::ok(&SharesPage { page: frame.page(&request, "Who saw records"), frame, shares, pager })
}

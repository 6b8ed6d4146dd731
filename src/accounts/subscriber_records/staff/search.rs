//! Finding the records that name somebody: whoever asks what we hold about them may be an end user of a customer, whom no
//! account leads to, and an authority asks by a name too. Names are sealed, and no digest of one is kept that would tell two
//! records of somebody apart from others: all of them are opened, one after the other, and nothing of them is shown but which
//! fit. Each search stands in the audit log with its reason, and each record that is found in the activity of its account.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;
use uuid::Uuid;

use super::{Line, PATH};
use crate::accounts::subscriber_records::{Record, queries, seen};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult};
use crate::platform::web::rate_limit::{self, Quota};
use crate::staff::desk::Queue;
use crate::staff::lookup;
use crate::staff::permissions::SeesSubscriberRecords;

/// Searches of one member of staff.
const SEARCHES: Quota = Quota::per_minutes("subscriber_record_search", 30, 60);
/// Names that are opened at a time.
const BATCH: i64 = 1_000;
/// Records that are shown; with a rarer word there are fewer.
const MOST: usize = 25;

/// What the form of a search sends. It is posted: a name belongs into no address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchForm {
    name: String,
    reason: String,
}

/// The words of a name, as they are compared.
fn words(name: &str) -> Vec<String> {
    name.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

impl SearchForm {
    /// The form, with what was typed.
    pub(super) fn draw(&self) -> Form {
        let name = Field::text("name", "Name in a record").value(&self.name).autocomplete("off");
        let name = name.hint("2 to 200 characters. Each word has to stand in the name, in any order.");
        let reason = Field::textarea("reason", "Why do you look for it?").value(&self.reason);
        let hint = "10 to 500 characters. Each account with a record that is found reads this sentence, so name nobody in it.";
        Form::new(vec![name, Field { maxlength: Some(500), ..reason.hint(hint) }])
    }

    /// The words of the name and the reason, or the form with what is wrong.
    fn parse(&self) -> Result<(Vec<String>, String), Form> {
        let mut form = self.draw();
        let length = self.name.trim().chars().count();
        if !(2..=200).contains(&length) || self.name.chars().any(char::is_control) {
            form.fail("name", "Enter a name of 2 to 200 characters.");
        }
        match lookup::parse_reason(&self.reason) {
            Ok(reason) if !form.has_errors() => return Ok((words(&self.name), reason)),
            Ok(_) => {}
            Err(message) => form.fail("reason", message),
        }
        Err(form)
    }
}

/// The newest records in whose name all words stand, and whether there are more than are shown.
async fn found(app: &App, wanted: &[String]) -> Result<(Vec<Record>, bool), AppError> {
    let mut conn = app.db.get().await?;
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let batch = queries::before(&mut conn, before, BATCH).await?;
        let Some(last) = batch.last() else { return Ok((found, false)) };
        before = Some(last.id);
        for record in batch {
            let named = words(&record.name(&app.keys).map_err(anyhow::Error::from)?);
            if !wanted.iter().all(|word| named.contains(word)) {
                continue;
            }
            if found.len() == MOST {
                return Ok((found, true));
            }
            found.push(record);
        }
    }
}

/// Writes a search down: itself, and beside each record that was found that it was seen, without what it says.
async fn note(app: &App, who: &SignedIn, found: &[Record], reason: &str) -> Result<(), AppError> {
    let (now, from) = (app.clock.now(), who.caller.circumstances());
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let kind = "subscriber_records";
        let event = Event::new(who.actor(), kind, None::<Uuid>, "subscriber_record.searched", &from);
        audit::append(conn, now, event.note(reason)).await.map(drop)
    })
    .await?;
    drop(conn);
    let (_, masked) = Queue::SubscriberRecords.viewed();
    for record in found {
        let note = format!("{reason} ({})", record.id);
        seen::by_staff(app, who, record, masked, &note).await?;
    }
    Ok(())
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/staff_search.html")]
struct FoundPage {
    page: Page,
    form: Form,
    /// The first lines of what was found; nothing where the form has to be mended.
    lines: Vec<Line>,
    searched: bool,
    has_more: bool,
    back: &'static str,
}

/// `POST /staff/subscriber-records`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<SeesSubscriberRecords>,
    typed: web::Form<SearchForm>,
) -> WebResult {
    let page = Page::of(&request, "Subscriber records by name");
    let (wanted, reason) = match typed.parse() {
        Ok(parsed) => parsed,
        Err(form) => {
            let (lines, searched, has_more) = (Vec::new(), false, false);
            return pages::unprocessable(&FoundPage { page, form, lines, searched, has_more, back: PATH });
        }
    };
    rate_limit::take(&app, SEARCHES, &who.person.to_string()).await?;
    let (found, has_more) = found(&app, &wanted).await?;
    note(&app, &who, &found, &reason).await?;
    let lines = found.into_iter().map(Line::from).collect();
    pages::ok(&FoundPage { page, form: typed.draw(), lines, searched: true, has_more, back: PATH })
}

//! The pages of deletions: what would go, the typed word, the receipt, and the list of receipts.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::{Person, Place, act, kind_words, wanted};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentMember};
use crate::accounts::permissions::ServesEndUsers;
use crate::content::end_users::deletion::receipts::{self, Receipt, Step};
use crate::content::end_users::deletion::{self, STAYS, Tally};
use crate::content::end_users::{self, Identifier};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, DeletionId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::retention::holds;

/// What has to be typed.
const WORD: &str = "delete";

#[derive(askama::Template)]
#[template(path = "content/end_users/deletion.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    person: Person,
    goes: Vec<String>,
    stays: Vec<String>,
    form: Form,
}

/// What the form of a deletion sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmForm {
    word: String,
}

impl ConfirmForm {
    fn draw(&self) -> Form {
        let hint = format!("Type the word {WORD}. It cannot be undone.");
        Form::new(vec![Field::text("word", "To be sure").value(&self.word).autocomplete("off").hint(hint)])
    }
}

fn many(count: i64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn goes(tally: Tally) -> Vec<String> {
    vec![
        many(tally.claims, "claim with nobody else in it", "claims with nobody else in them"),
        format!(
            "{}, with {} and how they went",
            many(
                tally.communications,
                "communication that they sent or received",
                "communications that they sent or received"
            ),
            many(tally.bodies, "body", "bodies"),
        ),
        format!(
            "Their entry and the texts that name them, in {}",
            many(tally.parties, "record of others", "records of others")
        ),
        "Restrictions about exactly this person, and answers that were kept to be given again".into(),
    ]
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    who: &Member<ServesEndUsers>,
    (wanted, person): (Identifier, Person),
    form: Form,
) -> Result<NewPage, AppError> {
    let mut conn = app.db.get().await?;
    let tally = deletion::preview(&mut conn, &app.keys, who.account.id, &wanted).await?;
    let frame = Frame::of(request, &who.account);
    let stays = STAYS.iter().map(|(what, why)| format!("{what}. {why}")).collect();
    let page = frame.page(request, "Delete what is kept");
    Ok(NewPage { page, frame, person, goes: goes(tally), stays, form })
}

/// `GET /accounts/{account}/end-users/{token}/deletion`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<ServesEndUsers>,
    place: Place,
) -> WebResult {
    let whom = wanted(&app, &who, &place.1)?;
    pages::ok(&new_page(&app, &request, &who, whom, ConfirmForm::default().draw()).await?)
}

/// `POST /accounts/{account}/end-users/{token}/deletion`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<ServesEndUsers>,
    place: Place,
    typed: web::Form<ConfirmForm>,
) -> WebResult {
    let whom = wanted(&app, &who, &place.1)?;
    if !typed.word.trim().eq_ignore_ascii_case(WORD) {
        let mut form = typed.draw();
        form.fail("word", format!("Type {WORD}, or go back."));
        return pages::unprocessable(&new_page(&app, &request, &who, whom, form).await?);
    }
    let act = act(&app, &who);
    let mut conn = app.db.get().await?;
    let receipt = conn.transaction(async |conn| end_users::delete(conn, &app, &act, &whom.0).await).await;
    let receipt = match receipt {
        Err(error) if holds::is_refused(&error) => {
            let mut form = typed.draw();
            form.fail_whole(holds::STANDS);
            return pages::unprocessable(&new_page(&app, &request, &who, whom, form).await?);
        }
        receipt => receipt?,
    };
    flash::success(&request, "Deleted. This is the receipt; it does not say who it was.");
    Ok(see_other(&who.account.path(&format!("/end-users/deletions/{receipt}"))))
}

/// What went, in words.
fn went(receipt: &Receipt) -> String {
    format!(
        "{}, {} with {}, and what named them in {}",
        many(receipt.claims, "claim", "claims"),
        many(receipt.communications, "communication", "communications"),
        many(receipt.bodies, "body", "bodies"),
        many(receipt.parties, "record of others", "records of others"),
    )
}

/// A receipt in a list.
struct Row {
    id: DeletionId,
    path: String,
    kind: &'static str,
    went: String,
    at: String,
    at_iso: String,
}

fn row(receipt: &Receipt, account: &crate::accounts::guard::Account) -> Row {
    Row {
        id: receipt.id,
        path: account.path(&format!("/end-users/deletions/{}", receipt.id)),
        kind: kind_words(receipt.kind()),
        went: went(receipt),
        at: moment(&receipt.instructed_at),
        at_iso: receipt.instructed_at.to_rfc3339(),
    }
}

#[derive(askama::Template)]
#[template(path = "content/end_users/deletions.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /accounts/{account}/end-users/deletions`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = receipts::list(&mut conn, who.account.id, keyset.window()).await?;
    let path = who.account.path("/end-users/deletions");
    let (found, pager) = keyset.page(found, |receipt| receipt.id.0, &path, "");
    let rows = found.iter().map(|receipt| row(receipt, &who.account)).collect();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&IndexPage { page: frame.page(&request, "Deletions"), frame, rows, pager })
}

/// A step, as the receipt shows it.
struct StepView {
    what: &'static str,
    due: String,
    /// When it was done; empty while it was not.
    done: String,
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        let what = receipts::place(&step.step);
        Self { what, due: moment(&step.due_at), done: step.done_at.as_ref().map(moment).unwrap_or_default() }
    }
}

#[derive(askama::Template)]
#[template(path = "content/end_users/receipt.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    row: Row,
    by: &'static str,
    receipt: Receipt,
    steps: Vec<StepView>,
    stays: [(&'static str, &'static str); 5],
}

/// `GET /accounts/{account}/end-users/deletions/{id}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: web::Path<(AccountId, DeletionId)>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let receipt = receipts::find(&mut conn, who.account.id, place.1).await?;
    let steps = receipts::steps(&mut conn, receipt.id).await?;
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ShowPage {
        page: frame.page(&request, "Receipt of a deletion"),
        frame,
        row: row(&receipt, &who.account),
        by: if receipt.instructed_by_kind == "program" { "A program" } else { "A member" },
        receipt,
        steps: steps.into_iter().map(StepView::from).collect(),
        stays: STAYS,
    })
}

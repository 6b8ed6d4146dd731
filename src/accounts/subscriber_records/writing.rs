//! The pages on which an account says who uses a number, corrects that, and withdraws it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::form::{self, Typed};
use super::web::{find, path};
use super::{Details, Record, Refusal, seen};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Changer, Member, RecentChanger};
use crate::accounts::permissions::KeepsSubscriberRecords;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::upload::{self, Upload};
use crate::platform::ids::SubscriberRecordId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::{self, Page, WebResult, date, day, see_other};
use crate::retention::subscriber_laws::{self, Law};

/// `?country=`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    country: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/countries.html")]
struct CountriesPage {
    page: Page,
    frame: Frame,
    form: Form,
    laws: &'static [Law],
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/form.html")]
struct FormPage {
    page: Page,
    frame: Frame,
    title: String,
    action: String,
    back: String,
    law: &'static Law,
    kept: String,
    /// Whether it takes the place of another.
    corrects: bool,
    form: Form,
}

/// The page of a form, new or for the place of a record.
fn form_page(
    request: &HttpRequest,
    account: &Account,
    law: &'static Law,
    of: Option<SubscriberRecordId>,
    form: Form,
) -> FormPage {
    let frame = Frame::of(request, account);
    let list = frame.path("/subscriber-records");
    let (title, action, back) = match of {
        None => (format!("A record for {}", law.name), format!("{list}/new"), list),
        Some(id) => {
            let record = path(&frame, id);
            ("Correct the record".to_owned(), format!("{record}/correction"), record)
        }
    };
    let page = frame.page(request, &title);
    FormPage { page, frame, title, action, back, law, kept: law.kept.words(), corrects: of.is_some(), form }
}

/// The country in an address or a form; one without a rule has no form (S49).
fn law(country: &str) -> Result<&'static Law, AppError> {
    subscriber_laws::of(country).ok_or(AppError::NotFound)
}

/// `GET /accounts/{account}/subscriber-records/new`: first which country, then what its law asks for.
pub async fn new(
    request: HttpRequest,
    who: Changer<KeepsSubscriberRecords>,
    asked: web::Query<Asked>,
) -> WebResult {
    if !asked.country.is_empty() {
        let law = law(&asked.country)?;
        return pages::ok(&form_page(&request, &who.account, law, None, Typed::default().draw(law)));
    }
    countries(&request, &who.account, form::countries(), StatusCode::OK)
}

fn countries(request: &HttpRequest, account: &Account, form: Form, status: StatusCode) -> WebResult {
    let frame = Frame::of(request, account);
    let page = frame.page(request, "New subscriber record");
    pages::with_status(status, &CountriesPage { page, frame, form, laws: subscriber_laws::LAWS })
}

/// Reads a form for a country. Inside: the form with what is wrong; then nothing of its files is left.
async fn read(app: &App, upload: &mut Upload, law: &'static Law) -> Result<(Details, Form), Form> {
    if law.proof.is_none() {
        // Nothing that nobody asked for is kept.
        upload.discard(app).await;
        upload.files.clear();
        upload.refused.clear();
    }
    let typed = Typed::of(upload);
    let mut form = typed.draw(law);
    let details = typed.parse(law, app.clock.now().date_naive(), &mut form);
    form::judge(law, upload, &mut form);
    match details {
        Some(details) if !form.has_errors() => Ok((details, form)),
        _ => {
            upload.give_up(app, &mut form).await;
            Err(form)
        }
    }
}

/// Reads a form and stores what it says. Inside: the form again, with what is wrong.
async fn store(
    app: &App,
    who: &Member<KeepsSubscriberRecords>,
    mut upload: Upload,
    law: &'static Law,
    instead_of: Option<SubscriberRecordId>,
) -> Result<Result<SubscriberRecordId, Form>, AppError> {
    let (details, mut form) = match read(app, &mut upload, law).await {
        Ok(read) => read,
        Err(form) => return Ok(Err(form)),
    };
    let new = (&details, upload.files.as_slice());
    match super::submit(app, who, who.account.id, new, instead_of).await? {
        Ok(id) => Ok(Ok(id)),
        Err(refusal) => {
            form.fail_whole(refusal.words());
            if !upload.files.is_empty() {
                form.fail(upload::FIELD, upload::AGAIN);
            }
            Ok(Err(form))
        }
    }
}

/// `POST /accounts/{account}/subscriber-records/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Changer<KeepsSubscriberRecords>,
    payload: web::Payload,
) -> WebResult {
    upload::admit(&app, &who.person.to_string()).await?;
    let upload = Upload::read_apart(&app, &request, payload, upload::FIELD).await?;
    let Some(law) = subscriber_laws::of(upload.text("country")) else {
        upload.discard(&app).await;
        let mut form = form::countries();
        form.fail("country", "Choose a country of the list. No other asks for a record.");
        return countries(&request, &who.account, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    match store(&app, &who, upload, law, None).await? {
        Ok(id) => {
            flash::success(
                &request,
                "The record is submitted. The owner of the account gets a mail when we have looked at it.",
            );
            Ok(see_other(&who.account.path(&format!("/subscriber-records/{id}"))))
        }
        Err(form) => pages::unprocessable(&form_page(&request, &who.account, law, None, form)),
    }
}

/// Where to go back to from what cannot be changed, after they are told why; nothing where it can.
fn back(request: &HttpRequest, who: &Member<KeepsSubscriberRecords>, record: &Record) -> Option<String> {
    record.ended_on?;
    flash::info(request, Refusal::Over.words());
    Some(who.account.path(&format!("/subscriber-records/{}", record.id)))
}

/// As [`back`], for a correction: of a country whose law no longer asks nothing is asked again.
fn uncorrected(
    request: &HttpRequest,
    who: &Member<KeepsSubscriberRecords>,
    record: &Record,
) -> Option<String> {
    if subscriber_laws::of(record.law().country).is_some() {
        return back(request, who, record);
    }
    flash::info(
        request,
        "The law of this country no longer asks for a record, so that none is corrected. You can withdraw it.",
    );
    Some(who.account.path(&format!("/subscriber-records/{}", record.id)))
}

/// `GET /accounts/{account}/subscriber-records/{record}/correction`: with everything that it says.
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    if let Some(back) = uncorrected(&request, &who, &record) {
        return Ok(see_other(&back));
    }
    let details = record.details(&app.keys).map_err(anyhow::Error::from)?;
    seen::by_member(&app, &who, who.account.id, record.id, seen::SHOWN).await?;
    let form = Typed::again(&details).draw(details.law);
    pages::ok(&form_page(&request, &who.account, details.law, Some(record.id), form))
}

/// `POST /accounts/{account}/subscriber-records/{record}/correction`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    who: Changer<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
    payload: web::Payload,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    if subscriber_laws::of(record.law().country).is_none() {
        return Err(AppError::NotFound);
    }
    upload::admit(&app, &who.person.to_string()).await?;
    let upload = Upload::read_apart(&app, &request, payload, upload::FIELD).await?;
    let law = record.law();
    match store(&app, &who, upload, law, Some(record.id)).await? {
        Ok(id) => {
            flash::success(&request, "The corrected record is submitted in place of the other.");
            Ok(see_other(&who.account.path(&format!("/subscriber-records/{id}"))))
        }
        Err(form) => pages::unprocessable(&form_page(&request, &who.account, law, Some(record.id), form)),
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/subscriber_records/withdrawal.html")]
struct WithdrawalPage {
    page: Page,
    frame: Frame,
    path: String,
    title: String,
    goes: Vec<String>,
    stays: Vec<String>,
}

/// `GET /accounts/{account}/subscriber-records/{record}/withdrawal`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    if let Some(back) = back(&request, &who, &record) {
        return Ok(see_other(&back));
    }
    let frame = Frame::of(&request, &who.account);
    let until = record.kept_if_ended(app.clock.now().date_naive());
    let (goes, stays) = if record.was_accepted() {
        let stays = format!(
            "The record with its files, until {}: {} asks for that ({})",
            day(&until),
            record.law().name,
            record.law().source
        );
        (vec!["The service that the record is for".to_owned()], vec![stays])
    } else {
        (
            vec![
                "The record with its files, tonight: it was not accepted, and no law asks for it".to_owned(),
            ],
            Vec::new(),
        )
    };
    let title = format!("Withdraw the record of {}?", date(record.submitted_on));
    let path = path(&frame, record.id);
    pages::ok(&WithdrawalPage { page: frame.page(&request, "Withdraw"), frame, path, title, goes, stays })
}

/// `POST /accounts/{account}/subscriber-records/{record}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<KeepsSubscriberRecords>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let record = find(&app, &who, &sids.1).await?;
    match super::withdraw(&app, &who, who.account.id, record.id).await? {
        // Somebody may have accepted it since it was looked up.
        Ok(until) if until > app.clock.now() => {
            flash::success(&request, format!("The record is withdrawn. It is kept until {}.", day(&until)));
        }
        Ok(_) => flash::success(&request, "The record is withdrawn, and goes tonight."),
        Err(refusal) => flash::info(&request, refusal.words()),
    }
    Ok(see_other(&who.account.path(&format!("/subscriber-records/{}", record.id))))
}

//! Another telephone number: a code goes to the new one, and only with it the number is changed.
//! The owner is told by mail, and the old number by a text.

use actix_web::{HttpRequest, web};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, RunQueryDsl};
use serde::Deserialize;

use crate::identity::people;
use crate::identity::phone_verification::{self, Checked, Target, parse_phone};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::platform::app::App;
use crate::platform::db::schema::people as people_table;
use crate::platform::error::AppError;
use crate::platform::sms;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, see_other};

const OLD_NUMBER_TOLD: &str = "The number of your LossExpress account was changed. If it was not you, use the link in the mail \
    we sent you.";

/// Sends a code to a number, by text or with `voice` by a call. A new code replaces the one before.
///
/// # Errors
/// [`AppError::TooManyRequests`].
pub async fn send_code(app: &App, who: &SignedIn, phone: &str, voice: bool) -> Result<(), AppError> {
    let target = Target::Person(who.person);
    phone_verification::count_send(app, &who.caller, target, phone, voice).await?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| phone_verification::send(conn, app, target, phone, voice).await).await?;
    Ok(())
}

/// Makes a number that was just verified the one in use.
///
/// # Errors
/// What the database says.
pub async fn change(app: &App, who: &SignedIn, phone: &str) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock_as(conn, who).await?;
        diesel::update(people_table::table.find(person.id))
            .set((people_table::phone.eq(phone), people_table::phone_verified_at.eq(now)))
            .execute(conn)
            .await?;
        if let Some(old) = person.phone.as_deref().filter(|old| *old != phone) {
            let text = ("phone_changed", OLD_NUMBER_TOLD.to_owned());
            sms::enqueue(conn, &app.keys, now, Some(person.id.0), old, text, false).await?;
        }
        let event = SecurityEvent::PhoneChanged;
        security_events::record(conn, app, Owner::from(&person), who.actor(), &event, &who.caller).await
    })
    .await?;
    Ok(())
}

async fn pending(app: &App, who: &SignedIn) -> Result<Option<String>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(phone_verification::pending_phone(&mut conn, Target::Person(who.person)).await?)
}

/// What the forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhoneForm {
    phone: String,
    code: String,
    channel: String,
}

#[derive(askama::Template)]
#[template(path = "identity/phone_change/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
    /// The number in use.
    present: Option<String>,
}

async fn present(app: &App, who: &SignedIn) -> Result<Option<String>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(people::find(&mut conn, who.person).await?.phone)
}

fn edit_page(request: &HttpRequest, present: Option<&str>, typed: &str) -> EditPage {
    let hint = "With country code, as in +1 212 555 0100. We send a code there.";
    let form = Form::new(vec![Field::tel("phone", "New mobile number").value(typed).hint(hint)]);
    EditPage { page: Page::of(request, "Phone"), form, present: present.map(str::to_owned) }
}

/// `GET /settings/phone`
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
) -> WebResult {
    let present = present(&app, &who).await?;
    pages::ok(&edit_page(&request, present.as_deref(), ""))
}

/// `POST /settings/phone`: sends a code to the new number.
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
    typed: web::Form<PhoneForm>,
) -> WebResult {
    let present = present(&app, &who).await?;
    let own = || "This is your number already. Enter another one.".to_owned();
    let parsed = parse_phone(&typed.phone);
    match parsed.and_then(|phone| if present.as_ref() == Some(&phone) { Err(own()) } else { Ok(phone) }) {
        Ok(phone) => {
            send_code(&app, &who, &phone, false).await?;
            Ok(see_other("/settings/phone/code"))
        }
        Err(message) => {
            let mut page = edit_page(&request, present.as_deref(), &typed.phone);
            page.form.fail("phone", message);
            pages::unprocessable(&page)
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/phone_change/code.html")]
struct CodePage {
    page: Page,
    form: Form,
    phone: String,
}

fn code_page(request: &HttpRequest, phone: String) -> CodePage {
    let form = Form::new(vec![phone_verification::code_field()]);
    CodePage { page: Page::of(request, "Confirm your new number"), form, phone }
}

/// For whoever comes here while no code is on its way.
fn no_code(request: &HttpRequest) -> WebResult {
    flash::info(
        request,
        "No code is on its way. If you still want to change your number, enter the new one here.",
    );
    Ok(see_other("/settings/phone"))
}

/// `GET /settings/phone/code`
pub async fn show_code(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
) -> WebResult {
    match pending(&app, &who).await? {
        Some(phone) => pages::ok(&code_page(&request, phone)),
        None => no_code(&request),
    }
}

/// `POST /settings/phone/code`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
    typed: web::Form<PhoneForm>,
) -> WebResult {
    let Some(phone) = pending(&app, &who).await? else { return no_code(&request) };
    let checked = phone_verification::check(&app, Target::Person(who.person), &typed.code).await?;
    if let Checked::Right { phone } = checked {
        change(&app, &who, &phone).await?;
        flash::success(&request, format!("Your number is now {phone}."));
        return Ok(see_other("/settings"));
    }
    let mut page = code_page(&request, phone);
    page.form.fail("code", phone_verification::refusal(&checked));
    pages::unprocessable(&page)
}

/// `POST /settings/phone/code/resend`: another code, by text or by a call.
pub async fn resend(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
    typed: web::Form<PhoneForm>,
) -> WebResult {
    let Some(phone) = pending(&app, &who).await? else { return no_code(&request) };
    let voice = typed.channel == "voice";
    send_code(&app, &who, &phone, voice).await?;
    let how = if voice { "We are calling" } else { "A new code is on its way to" };
    flash::success(&request, format!("{how} {phone}."));
    Ok(see_other("/settings/phone/code"))
}

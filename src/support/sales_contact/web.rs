//! The public form, and the page behind the link in the mail.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::NewEnquiry;
use crate::content::forbidden;
use crate::identity::people::{parse_email, parse_optional};
use crate::identity::phone_verification::parse_phone;
use crate::platform::app::App;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;

/// The name of the form, for its guard.
const FORM: &str = "contact_sales";
/// Longest message in characters.
const LONGEST: usize = 2000;

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnquiryForm {
    email: String,
    answer_by: String,
    phone: String,
    message: String,
    name: String,
    company: String,
    role: String,
    use_case: String,
    stamp: String,
    website: String,
}

impl EnquiryForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw(&self, stamp: &str) -> Form {
        let choice = |value: &str, label: &str| Choice {
            value: value.into(),
            label: label.into(),
            selected: self.answer_by == value,
        };
        let by = vec![choice("email", "By e-mail"), choice("phone", "By telephone")];
        Form::new(vec![
            Field::hidden("stamp", stamp),
            Field::email("email", "Your e-mail address").value(&self.email),
            Field::textarea("message", "What would you like to know?").value(&self.message).hint(
                "Please leave out what we do not need: no card numbers, no passwords or tokens, nothing about anybody's health. We take card numbers and our own API secrets out before we store a message.",
            ),
            Field::select("answer_by", "How may we answer?", by),
            Field::tel("phone", "Telephone number")
                .value(&self.phone)
                .optional()
                .hint("Needed only if we are to call you. Otherwise we do not keep it."),
            Field::text("name", "Your name").value(&self.name).optional().autocomplete("name"),
            Field::text("company", "Company").value(&self.company).optional().autocomplete("organization"),
            Field::text("role", "Your role there").value(&self.role).optional().autocomplete("organization-title"),
            Field::text("use_case", "What you have in mind").value(&self.use_case).optional().autocomplete("off"),
        ])
    }

    /// An enquiry without anything that should not be kept, and whether something was taken out.
    fn parse(&self, form: &mut Form) -> Option<(NewEnquiry, bool)> {
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let message = self.message.trim();
        if message.is_empty() {
            form.fail("message", "Write what you would like to know.");
        } else if message.chars().count() > LONGEST {
            form.fail("message", format!("This is longer than {LONGEST} characters."));
        }
        let by_phone = self.answer_by == "phone";
        if !by_phone && self.answer_by != "email" {
            form.fail("answer_by", "Choose how we may answer.");
        }
        let phone = match self.phone.trim() {
            _ if !by_phone => None,
            "" => {
                form.fail("phone", "Enter the number that we are to call, or choose an answer by e-mail.");
                None
            }
            typed => parse_phone(typed).map_err(|message| form.fail("phone", message)).ok(),
        };
        let line = |form: &mut Form, name, typed: &str| {
            parse_optional(typed).map_err(|message| form.fail(name, message)).ok().flatten()
        };
        let name = line(form, "name", &self.name);
        let company = line(form, "company", &self.company);
        let role = line(form, "role", &self.role);
        let use_case = line(form, "use_case", &self.use_case);
        let (message, removed) = forbidden::redact(message);
        let enquiry = NewEnquiry { email: email?, name, company, role, use_case, message, phone };
        (!form.has_errors()).then_some((enquiry, removed))
    }
}

#[derive(askama::Template)]
#[template(path = "support/sales_contact/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

fn page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Contact our sales team"), form }
}

/// `GET /contact-sales`
pub async fn new(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let auth = session::auth(&request);
    let typed = EnquiryForm {
        email: auth.as_ref().map(|auth| auth.email.clone()).unwrap_or_default(),
        name: auth.map(|auth| auth.name).unwrap_or_default(),
        ..EnquiryForm::default()
    };
    pages::ok(&page(&request, typed.draw(&form_guard::stamp(&app, FORM))))
}

/// `POST /contact-sales`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<EnquiryForm>,
) -> WebResult {
    let mut form = typed.draw(&form_guard::stamp_again(&app, typed.sent()));
    let Some((enquiry, removed)) = typed.parse(&mut form) else {
        return pages::unprocessable(&page(&request, form));
    };
    if let Err(message) = form_guard::admit(&app, &caller, typed.sent()).await? {
        form.fail_whole(message);
        return pages::unprocessable(&page(&request, form));
    }
    form_guard::admit_mail(&app, &enquiry.email).await?;
    super::receive(&app, &caller, &enquiry).await?;
    Ok(see_other(if removed { "/contact-sales/sent?removed=1" } else { "/contact-sales/sent" }))
}

#[derive(askama::Template)]
#[template(path = "support/sales_contact/sent.html")]
struct SentPage {
    page: Page,
    removed: bool,
}

/// Whether something was taken out of the message.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    removed: Option<String>,
}

/// `GET /contact-sales/sent`
pub async fn sent(request: HttpRequest, shown: web::Query<Shown>) -> WebResult {
    let page = Page::of(&request, "We have your message");
    pages::ok(&SentPage { page, removed: shown.removed.is_some() })
}

#[derive(askama::Template)]
#[template(path = "support/sales_contact/show.html")]
struct ShowPage {
    page: Page,
    token: String,
    confirmed: bool,
    message: String,
    received: String,
}

/// `GET /contact-sales/{token}`: what arrived, and the button that confirms it. Changes nothing.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let enquiry = super::find(&app, &token).await?;
    pages::ok(&ShowPage {
        page: Page::of(&request, "Your message to our sales team"),
        token: token.into_inner(),
        confirmed: enquiry.confirmed_at.is_some(),
        message: enquiry.message,
        received: pages::moment(&enquiry.received_at),
    })
}

/// `POST /contact-sales/{token}`
pub async fn confirm(app: web::Data<App>, token: web::Path<String>) -> WebResult {
    super::confirm(&app, &token).await?;
    Ok(see_other(&format!("/contact-sales/{token}")))
}

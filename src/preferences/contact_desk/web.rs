//! The door of the desk: a whole address, and why.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::staff::lookup::parse_reason;
use crate::staff::permissions::ServesContacts;

#[derive(askama::Template)]
#[template(path = "preferences/contact_desk/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
}

/// What the door's form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DoorForm {
    email: String,
    reason: String,
}

impl DoorForm {
    fn draw(&self) -> Form {
        let mut reason = Field::textarea("reason", "Why do you need to see it?")
            .value(&self.reason)
            .hint("10 to 500 characters. Whose address it is reads this sentence, so write it for them.");
        reason.maxlength = Some(500);
        let email = Field { autocomplete: "off", ..Field::email("email", "E-mail address") };
        Form::new(vec![email.value(&self.email).hint("The whole address, exactly."), reason])
    }

    fn parse(&self) -> Result<(String, String), Form> {
        match (parse_email(&self.email), parse_reason(&self.reason)) {
            (Ok(email), Ok(reason)) => Ok((email, reason)),
            (email, reason) => {
                let mut form = self.draw();
                for (field, answer) in [("email", email), ("reason", reason)] {
                    if let Err(message) = answer {
                        form.fail(field, message);
                    }
                }
                Err(form)
            }
        }
    }
}

fn page(request: &HttpRequest, form: Form) -> IndexPage {
    IndexPage { page: Page::of(request, "Contacts"), form }
}

/// `GET /staff/contacts`
pub async fn index(request: HttpRequest, _who: Staff<ServesContacts>) -> WebResult {
    pages::ok(&page(&request, DoorForm::default().draw()))
}

/// `POST /staff/contacts`: opens an address with a reason.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ServesContacts>,
    typed: web::Form<DoorForm>,
) -> WebResult {
    match typed.parse() {
        Ok((email, reason)) => {
            let token = super::open(&app, &who, &email, &reason).await?;
            Ok(see_other(&format!("/staff/contacts/{token}")))
        }
        Err(form) => pages::unprocessable(&page(&request, form)),
    }
}

//! Who somebody is, in their own words: name, company, role (S11, S16). They correct it here
//! themselves (S82), and each correction is in the audit log.

use actix_web::{HttpRequest, web};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, RunQueryDsl};
use serde::Deserialize;

use crate::identity::people::{self, parse_name, parse_optional};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::people as people_table;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

/// What somebody says of themselves, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Full name.
    pub name: String,
    /// Company, if told.
    pub company: Option<String>,
    /// Role there, if told.
    pub role: Option<String>,
}

/// Corrects a profile. Answers whether anything was different; if not, nothing is written.
///
/// # Errors
/// What the database says.
pub async fn correct(app: &App, who: &SignedIn, new: &Profile) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let from = who.caller.circumstances();
    let corrected = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            if *new == (Profile { name: person.name, company: person.company, role: person.role }) {
                return Ok(false);
            }
            diesel::update(people_table::table.find(who.person))
                .set((
                    people_table::name.eq(&new.name),
                    people_table::company.eq(&new.company),
                    people_table::role.eq(&new.role),
                ))
                .execute(conn)
                .await?;
            let event = Event::new(who.actor(), "person", who.person.0, "person.profile.corrected", &from);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(corrected)
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProfileForm {
    name: String,
    company: String,
    role: String,
}

impl ProfileForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("name", "Your name").value(&self.name).autocomplete("name"),
            Field::text("company", "Company").value(&self.company).autocomplete("organization").optional(),
            Field::text("role", "Your role there")
                .value(&self.role)
                .autocomplete("organization-title")
                .hint("As in developer, accountant, owner.")
                .optional(),
        ])
    }

    fn parse(&self) -> Result<Profile, Form> {
        let mut form = self.draw();
        let name = parse_name(&self.name).map_err(|message| form.fail("name", message));
        let company = parse_optional(&self.company).map_err(|message| form.fail("company", message));
        let role = parse_optional(&self.role).map_err(|message| form.fail("role", message));
        match (name, company, role) {
            (Ok(name), Ok(company), Ok(role)) => Ok(Profile { name, company, role }),
            _ => Err(form),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/profile/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
}

/// `GET /settings/profile`
pub async fn edit(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, who.person).await?;
    let typed = ProfileForm {
        name: person.name,
        company: person.company.unwrap_or_default(),
        role: person.role.unwrap_or_default(),
    };
    pages::ok(&EditPage { page: Page::of(&request, "Profile"), form: typed.draw() })
}

/// `POST /settings/profile`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    typed: web::Form<ProfileForm>,
) -> WebResult {
    let profile = match typed.parse() {
        Ok(profile) => profile,
        Err(form) => return pages::unprocessable(&EditPage { page: Page::of(&request, "Profile"), form }),
    };
    if correct(&app, &who, &profile).await? {
        flash::success(&request, "Your profile is saved.");
    } else {
        flash::info(&request, "Nothing was different, so nothing was changed.");
    }
    Ok(see_other("/settings/profile"))
}

//! The first page of an open record, and what stands above all of them. Without a current view it is the door.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use super::{Surroundings, View, queries, web as pages_of_lookup};
use crate::identity::people::Person;
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::staff::permissions::LooksUpPeople;

/// What every page of a record shows above its own part.
pub(super) struct Head {
    pub id: PersonId,
    pub name: String,
    pub until: String,
    pub tabs: Vec<(String, &'static str)>,
}

impl Head {
    pub fn new(person: &Person, view: &View) -> Self {
        let at = |below: &str| format!("/staff/people/{}{below}", person.id);
        let tabs = vec![
            (at(""), "Record"),
            (at("/sign-ins"), "Sign-ins"),
            (at("/messages"), "Messages"),
            (at("/preferences"), "Preferences"),
            (at("/views"), "Views"),
        ];
        Self { id: person.id, name: person.name.clone(), until: moment(&view.expires_at), tabs }
    }

    pub fn path(&self, below: &str) -> String {
        format!("/staff/people/{}/{below}", self.id)
    }
}

/// A line of a definition list.
struct Fact {
    term: &'static str,
    value: String,
    /// Kind and word of a badge behind it.
    badge: Option<(&'static str, &'static str)>,
}

fn fact(term: &'static str, value: impl Into<String>) -> Fact {
    Fact { term, value: value.into(), badge: None }
}

fn switch(term: &'static str, on: bool) -> Fact {
    Fact { term, value: String::new(), badge: Some(if on { ("success", "On") } else { ("", "Off") }) }
}

fn since(at: Option<&DateTime<Utc>>, absent: &str) -> String {
    at.map_or_else(|| absent.to_owned(), moment)
}

fn identity_facts(person: &Person, around: &Surroundings) -> Vec<Fact> {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".into());
    let mut facts = vec![
        fact("Name", &person.name),
        fact("E-mail", format!("{}, confirmed {}", person.email, moment(&around.email_verified_at))),
        fact(
            "Phone",
            match (&person.phone, &around.phone_verified_at) {
                (Some(phone), Some(at)) => format!("{phone}, confirmed {}", moment(at)),
                (Some(phone), None) => format!("{phone}, not confirmed"),
                (None, _) => "none".into(),
            },
        ),
        fact("Company", told(&person.company)),
        fact("Role there", told(&person.role)),
        fact("Here since", moment(&person.created_at)),
        fact("Onboarding call", since(around.onboarding_call_refused_at.as_ref(), "not refused")),
        fact("Marketing", since(around.marketing_consented_at.as_ref(), "not agreed to")),
    ];
    if !around.roles.is_empty() {
        facts.push(fact("Staff", around.roles.join(", ")));
    }
    facts
}

fn security_facts(person: &Person, around: &Surroundings) -> Vec<Fact> {
    vec![
        switch("Password", person.password_hash.is_some()),
        switch("Authenticator app", around.totp),
        fact("Passkeys", around.passkeys.to_string()),
        fact("Recovery codes left", around.recovery_codes.to_string()),
        switch("Account recovery", around.recovery_opted_in),
        fact("Sessions", around.sessions.to_string()),
    ]
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/show.html")]
struct ShowPage {
    page: Page,
    head: Head,
    identity: Vec<Fact>,
    security: Vec<Fact>,
    /// SID, name and age of each account.
    accounts: Vec<(String, String, String)>,
}

/// `GET /staff/people/{person}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
) -> WebResult {
    let (person, view) = super::peek(&app, &who, *id).await?;
    let Some(view) = view else { return pages_of_lookup::closed(&request, &person) };
    let mut conn = app.db.get().await?;
    let around = queries::surroundings(&mut conn, *id, app.clock.now()).await?;
    let accounts =
        around.accounts.iter().map(|(id, name, at)| (id.to_string(), name.clone(), moment(at))).collect();
    let (identity, security) = (identity_facts(&person, &around), security_facts(&person, &around));
    let head = Head::new(&person, &view);
    pages::ok(&ShowPage { page: Page::of(&request, "Record"), head, identity, security, accounts })
}

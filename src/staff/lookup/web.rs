//! Pages of look-up: the search, and the door of a record.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::Query;
use crate::identity::people::Person;
use crate::identity::phone_verification;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::masks;
use crate::staff::permissions::LooksUpPeople;

/// Where the browser keeps what was last looked for: an address must not stand in a URL.
const LAST_SEARCH: &str = "staff_search";

/// What the address of the list says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    q: Option<String>,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

/// A person, as the list shows them.
struct Hit {
    id: PersonId,
    name: String,
    email: String,
    phone: String,
    since: String,
}

impl From<Person> for Hit {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            name: masks::name(&person.name),
            email: masks::email(&person.email),
            phone: person.phone.as_deref().map_or_else(|| "none".into(), phone_verification::masked),
            since: day(&person.created_at),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    /// Somebody was looked for, so that no hit means that there is nobody.
    searched: bool,
    hits: Vec<Hit>,
    pager: Pager,
}

impl IndexPage {
    /// As long as nobody was looked for.
    fn bare(page: Page, form: Form) -> Self {
        Self { page, form, searched: false, hits: Vec::new(), pager: Pager::default() }
    }
}

fn search_form(typed: &str) -> Form {
    Form::new(vec![
        Field::search("q", "Look somebody up")
            .value(typed)
            .hint("A whole e-mail address, telephone number (+1…) or SID (US…, AC…), or the beginning of a name.")
            .autocomplete("off"),
    ])
}

/// `GET /staff/people`, with `?q=` or what was last looked for in this session.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    asked: web::Query<Asked>,
) -> WebResult {
    let remembered = || request.get_session().get::<String>(LAST_SEARCH).ok().flatten();
    let typed = asked.q.clone().or_else(remembered).unwrap_or_default();
    let page = Page::of(&request, "People");
    let mut form = search_form(&typed);
    if typed.trim().is_empty() {
        return pages::ok(&IndexPage::bare(page, form));
    }
    let query = match Query::parse(&typed) {
        Ok(query) => query,
        Err(message) => {
            form.fail("q", message);
            return pages::unprocessable(&IndexPage::bare(page, form));
        }
    };
    let keyset = Keyset { before: asked.before, after: asked.after };
    let found = super::search(&app, &who, &query, keyset.window()).await?;
    let extra = asked.q.as_ref().map(|q| serde_urlencoded::to_string([("q", q)]).unwrap_or_default());
    let extra = extra.map(|q| format!("&{q}")).unwrap_or_default();
    let (found, pager) = keyset.page(found, |person| person.id.0, "/staff/people", &extra);
    pages::ok(&IndexPage {
        page,
        form,
        searched: true,
        hits: found.into_iter().map(Hit::from).collect(),
        pager,
    })
}

/// What the search form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchForm {
    q: String,
}

/// `POST /staff/people/search`: remembers what is looked for and shows it under an address without it.
pub async fn search(
    request: HttpRequest,
    _who: Staff<LooksUpPeople>,
    typed: web::Form<SearchForm>,
) -> WebResult {
    let text: String = typed.q.trim().chars().take(254).collect();
    request.get_session().insert(LAST_SEARCH, text).map_err(|error| AppError::Internal(error.into()))?;
    Ok(see_other("/staff/people"))
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/door.html")]
pub(super) struct DoorPage {
    page: Page,
    id: PersonId,
    name: String,
    email: String,
    form: Form,
}

fn reason_form(typed: &str) -> Form {
    let mut field = Field::textarea("reason", "Why do you need to see this record?")
        .value(typed)
        .hint("10 to 500 characters. The person it is about reads this sentence in their activity, so write it for them.");
    field.maxlength = Some(500);
    Form::new(vec![field])
}

pub(super) fn door(request: &HttpRequest, person: &Person, form: Form) -> DoorPage {
    DoorPage {
        page: Page::of(request, "Open a record"),
        id: person.id,
        name: masks::name(&person.name),
        email: masks::email(&person.email),
        form,
    }
}

/// The door with an empty form.
pub(super) fn closed(request: &HttpRequest, person: &Person) -> WebResult {
    pages::ok(&door(request, person, reason_form("")))
}

/// What the door's form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReasonForm {
    reason: String,
}

/// `POST /staff/people/{person}/views`
pub async fn open(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: web::Path<PersonId>,
    typed: web::Form<ReasonForm>,
) -> WebResult {
    let reason = match super::parse_reason(&typed.reason) {
        Ok(reason) => reason,
        Err(message) => {
            let (person, _) = super::peek(&app, &who, *id).await?;
            let mut form = reason_form(&typed.reason);
            form.fail("reason", message);
            return pages::unprocessable(&door(&request, &person, form));
        }
    };
    super::open(&app, &who, *id, &reason).await?;
    Ok(see_other(&format!("/staff/people/{id}")))
}

//! Asking for the link, and what it shows.

use actix_web::{HttpRequest, web};

use super::Wish;
use crate::identity::activity::team;
use crate::platform::app::App;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::preferences::choices::web::find as find_centre;
use crate::preferences::contact_desk::queries::{self as desk, Look};
use crate::preferences::contacts::{self, Contact};
use crate::preferences::decisions::{self, Row};
use crate::preferences::partners::consents;
use crate::preferences::suppressions;
use crate::preferences::words::{describe, source_in_words};
use crate::retention::{holds, rules};

/// The page has no end that anybody would reach by choosing.
const MOST: i64 = 500;

#[derive(askama::Template)]
#[template(path = "preferences/contact_data/link_sent.html")]
struct SentPage {
    page: Page,
    address: String,
    back: String,
}

async fn send(app: &App, request: &HttpRequest, token: &str, wish: Wish) -> WebResult {
    let (link, contact) = find_centre(app, token).await?;
    super::request(app, &link, &contact, wish).await?;
    let (address, back) = (contacts::masked(&contact.email), format!("/preferences/{token}"));
    pages::ok(&SentPage { page: Page::of(request, "Look into your mailbox"), address, back })
}

/// `POST /preferences/{token}/copy`
pub async fn request_copy(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    send(&app, &request, &token, Wish::Copy).await
}

/// `POST /preferences/{token}/deletion`
pub async fn request_deletion(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> WebResult {
    send(&app, &request, &token, Wish::Deletion).await
}

/// A decision, as the page shows it.
struct Line {
    title: String,
    iso: String,
    when: String,
    detail: String,
}

fn line(row: &Row) -> Line {
    let (title, detail) = describe(row);
    Line { title, iso: row.decided_at.to_rfc3339(), when: moment(&row.decided_at), detail }
}

/// A look of staff, as its owner reads it.
fn look(look: &Look) -> Line {
    Line {
        title: format!("Viewed by {}", team(&look.role)),
        iso: look.viewed_at.to_rfc3339(),
        when: moment(&look.viewed_at),
        detail: format!("Because: {}", look.reason),
    }
}

#[derive(askama::Template)]
#[template(path = "preferences/contact_data/show.html")]
struct DataPage {
    page: Page,
    facts: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    /// Companies: what was decided about each, and what was shared, in sentences.
    partners: Vec<String>,
    /// Who of staff looked.
    looks: Vec<Line>,
    delete: bool,
    has_account: bool,
    kept: String,
    /// The record of messages outlives the contact.
    messages_stay: String,
    /// What is no part of the contact, form by form.
    forms: Vec<String>,
    token: String,
}

fn facts(contact: &Contact) -> Vec<(&'static str, String)> {
    let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "not told".into());
    vec![
        ("Address", contact.email.clone()),
        ("Name", told(&contact.name)),
        ("Company", told(&contact.company)),
        ("Country", contact.country.clone().unwrap_or_else(|| "not known".into())),
        ("Where it was given to us", source_in_words(&contact.source)),
        ("Held since", moment(&contact.created_at)),
        ("Address confirmed", contact.confirmed_at.as_ref().map_or_else(|| "no".into(), moment)),
    ]
}

/// What was decided about each company, and what was shared.
fn partner_lines(offer: &consents::Offer) -> Vec<String> {
    let decided = offer.asked.iter().filter(|one| one.decided_at.is_some());
    let decided = decided.map(|one| format!("{}: {}", one.name, one.stands()));
    decided.chain(offer.shared.iter().map(consents::Shared::sentence)).collect()
}

/// `GET /contact-data/{token}`: shows what is held; with a link to delete it asks once more and deletes nothing.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let (confirmation, contact) = super::find(&app, &token).await?;
    let mut conn = app.db.get().await?;
    let rows = decisions::history(&mut conn, contact.id, MOST).await?;
    let looks = desk::looks(&mut conn, &app.keys.email_digest(&contact.email), MOST).await?;
    let partners = partner_lines(&consents::offer(&mut conn, Some(&contact), contact.person, false).await?);
    let mut facts = facts(&contact);
    for suppression in suppressions::of(&mut conn, &app.keys, &contact.email).await? {
        let since = moment(&suppression.since);
        facts.push((
            "No mailings go there",
            format!("{}, since {since}", suppression.reason.replace('_', " ")),
        ));
    }
    pages::ok(&DataPage {
        page: Page::of(&request, "What we hold about your address"),
        facts,
        lines: rows.iter().map(line).collect(),
        partners,
        looks: looks.iter().map(look).collect(),
        delete: confirmation.wish == Wish::Deletion,
        has_account: contact.person.is_some(),
        kept: rules::CONTACTS.period.words(),
        messages_stay: format!(
            "The record that messages were sent to it, for {}",
            rules::MESSAGES.period.words()
        ),
        forms: super::forms_that_stay(),
        token: token.into_inner(),
    })
}

#[derive(askama::Template)]
#[template(path = "preferences/contact_data/deleted.html")]
struct DeletedPage {
    page: Page,
    messages_kept: String,
    /// As on the page before.
    forms: Vec<String>,
}

/// `POST /contact-data/{token}`: deletes it, unless a hold keeps it.
pub async fn destroy(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
) -> WebResult {
    if !super::delete(&app, &caller, &token).await? {
        flash::info(&request, holds::STANDS);
        return Ok(see_other(&format!("/contact-data/{token}")));
    }
    let messages_kept = rules::MESSAGES.period.words();
    let forms = super::forms_that_stay();
    pages::ok(&DeletedPage { page: Page::of(&request, "It is deleted"), messages_kept, forms })
}

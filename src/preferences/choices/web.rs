//! The two pages of choices.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use super::form::draw;
use super::{Act, ChoicesForm, Chooser, Present};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::preferences::contacts::{self, Contact, NewContact};
use crate::preferences::decisions::{By, Via};
use crate::preferences::links::Link;
use crate::preferences::partners::consents::{self, Offer};
use crate::preferences::signals;
use crate::preferences::suppressions::{self, Suppression};
use crate::preferences::topics::Topic;

/// What both pages draw.
struct Choices {
    /// Where its forms go.
    action: String,
    paused_until: Option<String>,
    stopped_at: Option<String>,
    /// What can be undone of it.
    stop_decision: Option<Uuid>,
    /// What stands against the mailbox, in a sentence.
    suppressed: Option<String>,
    /// The button that stops everything.
    stop: &'static str,
    /// Partners that may be allowed something.
    partners: Offer,
}

impl Choices {
    fn new(action: &str, present: &Present, suppressed: &[Suppression], partners: Offer) -> Self {
        Self {
            partners,
            action: action.to_owned(),
            paused_until: present.paused_until.as_ref().map(moment),
            stopped_at: present.stopped_at.as_ref().map(moment),
            stop_decision: present.stop,
            suppressed: suppressed.first().map(sentence),
            stop: super::stop_words(present.topics.contains_key(&Topic::OnboardingCalls)),
        }
    }
}

/// What a suppression means, for the owner of the mailbox (S86).
fn sentence(suppression: &Suppression) -> String {
    let since = day(&suppression.since);
    match suppression.reason.as_str() {
        "hard_bounce" => format!(
            "Your mailbox refused our mail on {since}, so no mailings go there, whatever is ticked below. Mail about your account is still tried. \
             If the address is wrong, change it; if it is right, write to info@lossexpress.com."
        ),
        "complaint" => format!(
            "Your mailbox reported a mailing of ours as unwanted on {since}, so no mailings go there. Tick a topic and save if you want them again."
        ),
        "erased" => format!(
            "You had us delete this address on {since}, so no mailings go there. Tick a topic and save if you want them again."
        ),
        _ => format!(
            "We stopped mailings to this address on {since}. Write to info@lossexpress.com if you want them again."
        ),
    }
}

#[derive(askama::Template)]
#[template(path = "preferences/choices/settings.html")]
struct SettingsPage {
    page: Page,
    choices: Choices,
    form: Form,
}

struct Own {
    contact: Option<Contact>,
    present: Present,
    suppressed: Vec<Suppression>,
    partners: Offer,
}

async fn own(app: &App, request: &HttpRequest, who: &SignedIn) -> Result<Own, AppError> {
    let mut conn = app.db.get().await?;
    let contact = contacts::find_of(&mut conn, who.person).await?;
    let present = super::present(&mut conn, contact.as_ref(), Some(who.person), app.clock.now()).await?;
    let suppressed = suppressions::of(&mut conn, &app.keys, &who.email).await?;
    let sent = signals::is_sent(request.headers());
    let partners = consents::offer(&mut conn, contact.as_ref(), Some(who.person), sent).await?;
    Ok(Own { contact, present, suppressed, partners })
}

fn settings_page(request: &HttpRequest, own: &Own, form: Form) -> SettingsPage {
    let choices = Choices::new("/settings/preferences", &own.present, &own.suppressed, own.partners.clone());
    SettingsPage { page: Page::of(request, "Mailings and calls"), choices, form }
}

/// `GET /settings/preferences`
pub async fn edit(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let own = own(&app, &request, &who).await?;
    pages::ok(&settings_page(&request, &own, draw(&own.present)))
}

/// `POST /settings/preferences`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    typed: web::Form<ChoicesForm>,
) -> WebResult {
    let own = own(&app, &request, &who).await?;
    let act = match typed.parse(&own.present)? {
        Ok(act) => act,
        Err(form) => return pages::unprocessable(&settings_page(&request, &own, form)),
    };
    let made = save_own(&app, &request, &who, &own, &act).await?;
    flash::success(&request, said(&act, made));
    Ok(see_other("/settings/preferences"))
}

async fn save_own(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    own: &Own,
    act: &Act,
) -> Result<usize, AppError> {
    let now = app.clock.now();
    let country = who.caller.country.as_deref();
    let signalled = signals::is_sent(request.headers());
    let chooser = Chooser { by: By::Person(Some(who.person)), via: Via::Page, country, signalled };
    let mut conn = app.db.get().await?;
    let made = conn
        .transaction(async |conn| {
            let person = people::lock_as(conn, who).await?;
            let contact = match &own.contact {
                Some(contact) => contact.id,
                None => {
                    let new = NewContact {
                        email: &person.email,
                        name: Some(&person.name),
                        company: person.company.as_deref(),
                        person: Some(person.id),
                        country,
                        source: "settings",
                        confirmed: true,
                    };
                    contacts::find_or_create(conn, &app.keys, &new, now).await?
                }
            };
            super::decide(conn, contact, chooser, act, now).await
        })
        .await?;
    Ok(made)
}

/// What was done, in a sentence.
fn said(act: &Act, made: usize) -> &'static str {
    match act {
        Act::Save(_) if made == 0 => "Nothing was different, so nothing was changed.",
        Act::Save(_) => "Your choices are saved and hold from now on.",
        Act::Pause(30) => "Mailings wait for 30 days.",
        Act::Pause(_) => "Mailings wait for 90 days.",
        Act::Resume => "The pause is over.",
        Act::Stop { .. } => {
            "Everything is stopped. Mail about your account or a request of yours still comes."
        }
        Act::Undo(_) if made == 0 => {
            "There was nothing to undo: it was undone already, or something else was chosen since."
        }
        Act::Undo(_) => "What you had before goes on.",
        Act::Partner { yes: true, .. } if made == 0 => {
            "Nothing was changed: you had said yes already, or it is not possible now. The page says why."
        }
        Act::Partner { yes: true, .. } => "You said yes. You can take it back here at any time.",
        Act::Partner { .. } if made == 0 => "Nothing was changed: this partner is not allowed anything.",
        Act::Partner { .. } => {
            "You took it back. The partner gets nothing any more, and if it has your address, we tell it to stop."
        }
    }
}

#[derive(askama::Template)]
#[template(path = "preferences/choices/centre.html")]
struct CentrePage {
    page: Page,
    choices: Choices,
    form: Form,
    /// The address with most of it hidden.
    address: String,
    token: String,
    has_account: bool,
    /// What was done, in a sentence.
    done: &'static str,
}

const MOVED: &str = "This link was sent to an address that is no longer the one we write to. Use the link in a newer mail, \
    or sign in and choose under “Mailings and calls”.";
const DELETED: &str =
    "This address is no contact of ours any more, so there is nothing to choose and no mailing will be sent.";

/// The contact of a link, which was mailed to its present address.
///
/// # Errors
/// `NotFound` for a token that is none of ours; `Gone` for a contact that was deleted or that moved.
pub async fn find(app: &App, token: &str) -> Result<(Link, Contact), AppError> {
    let link = Link::parse(&app.keys, token).ok_or(AppError::NotFound)?;
    let mut conn = app.db.get().await?;
    let contact = contacts::find(&mut conn, link.contact).await?;
    Ok((link, of_link(app, &link, contact)?))
}

fn of_link(app: &App, link: &Link, contact: Option<Contact>) -> Result<Contact, AppError> {
    let contact = contact.ok_or(AppError::Gone(DELETED))?;
    if link.is_for(&app.keys, &contact.email) { Ok(contact) } else { Err(AppError::Gone(MOVED)) }
}

async fn centre_page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    contact: &Contact,
    answer: Result<&'static str, Form>,
) -> Result<CentrePage, AppError> {
    let mut conn = app.db.get().await?;
    let has_account = contact.person.is_some();
    let present = super::present(&mut conn, Some(contact), contact.person, app.clock.now()).await?;
    let suppressed = suppressions::of(&mut conn, &app.keys, &contact.email).await?;
    let sent = signals::is_sent(request.headers());
    let partners = consents::offer(&mut conn, Some(contact), contact.person, sent).await?;
    let (done, form) = match answer {
        Ok(done) => (done, draw(&present)),
        Err(form) => ("", form),
    };
    let choices = Choices::new(&format!("/preferences/{token}"), &present, &suppressed, partners);
    let page = Page::of(request, "What we may send you");
    let (address, token) = (contacts::masked(&contact.email), token.to_owned());
    Ok(CentrePage { page, choices, form, address, token, has_account, done })
}

/// `GET /preferences/{token}`
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let (_, contact) = find(&app, &token).await?;
    pages::ok(&centre_page(&app, &request, &token, &contact, Ok("")).await?)
}

/// `POST /preferences/{token}`: answers with the page itself, so that no cookie is needed to say what was done.
pub async fn choose(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    typed: web::Form<ChoicesForm>,
) -> WebResult {
    let (link, contact) = find(&app, &token).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let present = super::present(&mut conn, Some(&contact), contact.person, now).await?;
    let act = match typed.parse(&present)? {
        Ok(act) => act,
        Err(form) => {
            drop(conn);
            return pages::unprocessable(&centre_page(&app, &request, &token, &contact, Err(form)).await?);
        }
    };
    // Whoever holds the link need not be the person with the account.
    let signalled = signals::is_sent(request.headers());
    let country = caller.country.as_deref();
    let chooser = Chooser { by: By::Person(None), via: Via::Link, country, signalled };
    let made = conn.transaction(async |conn| {
        // The address may have moved since, and is none that whoever has the link decides about.
        let contact = of_link(&app, &link, contacts::lock(conn, link.contact).await?)?;
        Ok::<_, AppError>(super::decide(conn, contact.id, chooser, &act, now).await?)
    });
    let made = made.await?;
    drop(conn);
    let (_, contact) = find(&app, &token).await?;
    pages::ok(&centre_page(&app, &request, &token, &contact, Ok(said(&act, made))).await?)
}

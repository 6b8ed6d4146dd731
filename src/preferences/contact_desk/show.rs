//! The page of one address: who it is, what keeps mailings away, and every decision.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::queries::Held;
use super::token::{self, Look};
use super::{Lifted, Owner, may_lift, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::preferences::decisions::{self, Row};
use crate::preferences::suppressions::Reason;
use crate::preferences::topics::Topic;
use crate::preferences::words::{describe, source_in_words};
use crate::staff::permissions::ServesContacts;

/// Why staff cannot lift a complaint or an erasure.
const OWNERS: &str = "Only the owner of the mailbox takes this back: by ticking a topic and saving, signed in or by the link under \
    one of our mails, or by subscribing to the newsletter anew. Tell them so.";

/// A suppression, as the page shows it.
struct Line {
    id: Uuid,
    title: &'static str,
    iso: String,
    since: String,
    detail: String,
    /// The field of the reason to lift it; nothing where only its owner may.
    field: Option<&'static str>,
}

/// The field in which staff say why they lift what was suppressed for this reason.
fn field_of(reason: Reason) -> &'static str {
    if reason == Reason::HardBounce { "why_bounce" } else { "why_staff" }
}

fn line(held: Held) -> Line {
    let reason = Reason::parse(&held.reason);
    let title = match reason {
        Some(Reason::HardBounce) => "The mailbox refused our mail",
        Some(Reason::Complaint) => "Its owner reported a mailing as unwanted",
        Some(Reason::Erased) => "Its owner had us delete the address",
        Some(Reason::Staff) | None => "Suppressed by staff",
    };
    Line {
        id: held.id,
        title,
        iso: held.since.to_rfc3339(),
        since: moment(&held.since),
        detail: held.detail.unwrap_or_default(),
        field: reason.filter(|reason| may_lift(*reason)).map(field_of),
    }
}

/// A decision, as the page shows it.
struct Decided {
    kind: &'static str,
    title: String,
    iso: String,
    when: String,
    detail: String,
}

fn decided(row: &Row) -> Decided {
    let (title, detail) = describe(row);
    let kind = match row.choice.as_str() {
        "subscribed" => "success",
        "unsubscribed" => "warning",
        _ => "info",
    };
    Decided { kind, title, iso: row.decided_at.to_rfc3339(), when: moment(&row.decided_at), detail }
}

#[derive(askama::Template)]
#[template(path = "preferences/contact_desk/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    email: String,
    until: String,
    facts: Vec<(&'static str, String)>,
    /// The SID of the person whose it is.
    person: Option<String>,
    /// What is wanted at present.
    topics: Vec<(&'static str, bool)>,
    held: Vec<Line>,
    /// Whether staff have suppressed it.
    by_staff: bool,
    owners: &'static str,
    decisions: Vec<Decided>,
    pager: Pager,
    form: Form,
}

fn facts(owner: &Owner) -> Vec<(&'static str, String)> {
    let Some(contact) = &owner.contact else { return Vec::new() };
    let mut facts = vec![
        ("Name", contact.name.clone().unwrap_or_else(|| "not told".into())),
        ("Company", contact.company.clone().unwrap_or_else(|| "not told".into())),
        ("Country", contact.country.clone().unwrap_or_else(|| "not known".into())),
        ("Where it was given to us", source_in_words(&contact.source)),
        ("Held since", moment(&contact.created_at)),
        ("Address confirmed", contact.confirmed_at.as_ref().map_or_else(|| "no".into(), moment)),
    ];
    facts.extend(contact.paused_until.as_ref().map(|until| ("Paused until", moment(until))));
    facts.extend(contact.monthly_limit.map(|most| ("At most in 30 days", most.to_string())));
    facts.extend(contact.stopped_at.as_ref().map(|since| ("Everything stopped", moment(since))));
    facts
}

/// What the forms of the page send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reasons {
    suppression: Option<Uuid>,
    why_bounce: String,
    why_staff: String,
    why: String,
}

impl Reasons {
    fn draw(&self) -> Form {
        let field = |name, label, typed: &str| {
            let mut field = Field::textarea(name, label).value(typed).hint("10 to 500 characters.");
            field.maxlength = Some(500);
            field
        };
        Form::new(vec![
            field("why_bounce", "Why may mailings go there again?", &self.why_bounce),
            field("why_staff", "Why is it lifted?", &self.why_staff),
            field("why", "Why may no mailings go there?", &self.why),
        ])
    }

    /// The reason in one of the fields.
    fn reason(&self, field: &'static str) -> Result<String, Form> {
        let typed = match field {
            "why_bounce" => &self.why_bounce,
            "why_staff" => &self.why_staff,
            _ => &self.why,
        };
        let text = typed.trim().replace("\r\n", "\n");
        let wrong = match text.chars().count() {
            _ if text.contains('\0') => "Take the control character out.",
            0..10 => "Say why, in at least 10 characters: it stands in the audit log.",
            501.. => "Say it in up to 500 characters.",
            _ => return Ok(text),
        };
        let mut form = self.draw();
        form.fail(field, wrong);
        Err(form)
    }
}

async fn page(
    app: &App,
    request: &HttpRequest,
    token: &str,
    look: &Look,
    keyset: &Keyset,
    form: Form,
) -> Result<ShowPage, AppError> {
    let mut conn = app.db.get().await?;
    let owner = super::owner(&mut conn, &look.email).await?;
    let held = queries::suppressions(&mut conn, &app.keys.email_digest(&look.email)).await?;
    let (mut topics, mut rows) = (Vec::new(), Vec::new());
    if let Some(contact) = &owner.contact {
        let present = decisions::present(&mut conn, contact.id).await?;
        topics.extend(present.into_iter().map(|(topic, yes)| (Topic::label(topic), yes)));
        rows = decisions::of_contact(&mut conn, contact.id, keyset.window()).await?;
    }
    let path = format!("/staff/contacts/{token}");
    let (rows, pager) = keyset.page(rows, |row| row.id, &path, "");
    Ok(ShowPage {
        page: Page::of(request, "Contact"),
        path,
        email: look.email.clone(),
        until: moment(&look.until),
        facts: facts(&owner),
        person: owner.person.map(|person| person.to_string()),
        topics,
        by_staff: held.iter().any(|held| held.reason == Reason::Staff.as_str()),
        held: held.into_iter().map(line).collect(),
        owners: OWNERS,
        decisions: rows.iter().map(decided).collect(),
        pager,
        form,
    })
}

/// `GET /staff/contacts/{token}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ServesContacts>,
    token: web::Path<String>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let look = token::open(&app.keys, who.person, &token, app.clock.now())?;
    pages::ok(&page(&app, &request, &token, &look, &keyset, Reasons::default().draw()).await?)
}

/// `POST /staff/contacts/{token}/lifting`
pub async fn lift(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ServesContacts>,
    token: web::Path<String>,
    typed: web::Form<Reasons>,
) -> WebResult {
    let look = token::open(&app.keys, who.person, &token, app.clock.now())?;
    let form = match lifted(&app, &who, &look, &typed).await? {
        Ok(said) => {
            flash::success(&request, said);
            return Ok(see_other(&format!("/staff/contacts/{token}")));
        }
        Err(form) => form,
    };
    pages::unprocessable(&page(&app, &request, &token, &look, &Keyset::default(), form).await?)
}

/// What was done, in a sentence; or the form with what is wrong.
async fn lifted(
    app: &App,
    who: &Staff<ServesContacts>,
    look: &Look,
    typed: &Reasons,
) -> Result<Result<&'static str, Form>, AppError> {
    let before = "It was lifted already.";
    let held = {
        let mut conn = app.db.get().await?;
        queries::suppressions(&mut conn, &app.keys.email_digest(&look.email)).await?
    };
    let Some(held) = held.iter().find(|held| Some(held.id) == typed.suppression) else {
        return Ok(Ok(before));
    };
    let owners = || {
        let mut form = typed.draw();
        form.fail_whole(OWNERS);
        Err(form)
    };
    let Some(reason) = Reason::parse(&held.reason).filter(|reason| may_lift(*reason)) else {
        return Ok(owners());
    };
    let why = match typed.reason(field_of(reason)) {
        Ok(why) => why,
        Err(form) => return Ok(Err(form)),
    };
    Ok(match super::lift(app, who, &look.email, held.id, &why).await? {
        Lifted::Done => {
            Ok("It is lifted. Mailings go there as far as they are wanted and nothing else holds.")
        }
        Lifted::Before => Ok(before),
        Lifted::Owners => owners(),
    })
}

/// `POST /staff/contacts/{token}/suppression`
pub async fn suppress(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ServesContacts>,
    token: web::Path<String>,
    typed: web::Form<Reasons>,
) -> WebResult {
    let look = token::open(&app.keys, who.person, &token, app.clock.now())?;
    match typed.reason("why") {
        Ok(why) => {
            let new = super::suppress(&app, &who, &look.email, &why).await?;
            let said = if new { "No mailing goes there from now on." } else { "It was suppressed already." };
            flash::success(&request, said);
            Ok(see_other(&format!("/staff/contacts/{token}")))
        }
        Err(form) => {
            pages::unprocessable(&page(&app, &request, &token, &look, &Keyset::default(), form).await?)
        }
    }
}

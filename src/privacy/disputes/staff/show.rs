//! One dispute at the desk, and claiming it. Before it is claimed, or somebody typed why they look, who raised it is masked
//! and what was written is hidden (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::forms::{DecisionForm, Forms, NoteForm};
use super::{find, path};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::web::{Attached, LetterView};
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::privacy::disputes::Dispute;
use crate::privacy::disputes::letter::SHEET;
use crate::privacy::disputes::queries::{self, Taken};
use crate::privacy::disputes::states::State;
use crate::privacy::disputes::view::{Line, written};
use crate::staff::desk::looks::{Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue, list};
use crate::staff::masks;
use crate::staff::permissions::WorksOnRequests;

/// What stands in place of words that are hidden.
const HIDDEN: &str = "Hidden until you claim the dispute, or say why you look.";

#[derive(askama::Template)]
#[template(path = "privacy/disputes/staff/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    due: (&'static str, String),
    facts: Vec<(&'static str, String)>,
    /// The page of the person who raised it, if they have an account.
    person: Option<String>,
    /// What was sent along with it.
    files: Vec<Attached>,
    lines: Vec<Line>,
    letters: Vec<LetterView>,
    holder: Option<(String, String)>,
    is_mine: bool,
    open: bool,
    /// Only a letter reaches them.
    by_letter: bool,
    decision: Option<Form>,
    message: Form,
    note: Form,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

/// Who raised it, in words; and their page. Masked unless the dispute is open to whoever looks.
async fn filer(app: &App, dispute: &Dispute, open: bool) -> Result<(String, Option<String>), AppError> {
    let (mut name, mut email) = (dispute.name.clone(), dispute.email.clone());
    if let Some(id) = dispute.person {
        let person = people::find(&mut *app.db.get().await?, id).await?;
        (name, email) = (Some(person.name), Some(person.email));
    }
    if !open {
        (name, email) = (name.as_deref().map(masks::name), email.as_deref().map(masks::email));
    }
    let words = [name, email].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let page = dispute.person.filter(|_| open).map(|id| format!("/staff/people/{id}"));
    Ok((if words.is_empty() { "no name or e-mail address".into() } else { words }, page))
}

fn facts(dispute: &Dispute, filer: String, open: bool) -> Vec<(&'static str, String)> {
    let words = |text: &String| if open { text.clone() } else { HIDDEN.to_owned() };
    let mut facts = vec![
        ("Number", dispute.id.to_string()),
        ("Who raised it", filer),
        ("Received", format!("{}, {}", moment(&dispute.received_at), dispute.channel_words())),
        ("Due", moment(&dispute.due_at)),
    ];
    facts.extend(dispute.postal_address.as_ref().map(|text| ("Postal address", words(text))));
    facts.extend(dispute.subject.as_ref().map(|text| ("About", words(text))));
    facts.extend(dispute.words.as_ref().map(|text| ("In their words", words(text))));
    facts.extend(dispute.closed_at.as_ref().map(|at| ("Ended", moment(at))));
    facts
}

/// A step, as staff see it; what was written with it only where the dispute is open to them.
fn line(step: &Taken, open: bool) -> Line {
    let (kind, title) = match step.act.as_str() {
        "received" => ("", "Came in"),
        "proven" => ("success", "Mailbox confirmed"),
        "noted" => ("", "Noted"),
        "resolved" => ("success", "Resolved"),
        "unresolved" => ("danger", "Not resolved"),
        "withdrawn" => ("", "Withdrawn"),
        _ => ("", "Ended: the mailbox was not confirmed"),
    };
    let by = match step.actor_kind.as_str() {
        "filer" => "By whoever raised it.",
        "staff" => "By staff.",
        _ => "By the portal.",
    };
    let told = step.words.as_ref().filter(|_| open).map(|words| format!("Told: {words}"));
    let note = step.note.as_ref().filter(|_| open).map(|note| format!("Note: {note}"));
    let detail = [Some(by.to_owned()), note, told].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Line { kind, title, iso: step.at.to_rfc3339(), when: moment(&step.at), detail }
}

/// What was sent along with it, and its messages with theirs; without words and names unless it is open to whoever looks.
async fn read(
    app: &App,
    dispute: &Dispute,
    open: bool,
) -> Result<(Vec<Attached>, Vec<LetterView>), AppError> {
    let mut conn = app.db.get().await?;
    let (mut files, mut letters) = written(&mut conn, dispute, &path(dispute.id)).await?;
    for letter in &mut letters {
        letter.turn("Whoever raised it");
        if !open {
            letter.body = HIDDEN.into();
            Attached::hide(&mut letter.files);
        }
    }
    if !open {
        Attached::hide(&mut files);
    }
    Ok((files, letters))
}

pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<WorksOnRequests>,
    found: &Dispute,
    forms: Forms,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let item = Item::new(Queue::Disputes, found.id.0, found.id).about(found.person);
    let (access, holder) = (item.access(&mut conn, who, now).await?, item.holder(&mut conn, now).await?);
    let steps = queries::steps(&mut conn, found.id).await?;
    drop(conn);
    item.note(app, who, &access).await?;
    let open = access.is_open();
    let (words, person) = filer(app, found, open).await?;
    let (files, letters) = read(app, found, open).await?;
    let (state, form) = (found.state(), forms.wrong());
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (is_mine, decidable) = (access == Access::Claimed, state == State::Open);
    let decision = forms.decision.unwrap_or_else(|| DecisionForm::default().draw(found));
    let page = ShowPage {
        page: Page::of(request, "Dispute"),
        path: path(found.id),
        badge: (
            state.badge(),
            if state == State::Unproven { "Mailbox not confirmed" } else { state.label() },
        ),
        due: if decidable { list::due(found.due_at, now) } else { ("", String::new()) },
        facts: facts(found, words, open),
        person,
        lines: steps.iter().map(|step| line(step, open)).collect(),
        files,
        letters,
        holder,
        is_mine,
        open: decidable,
        by_letter: found.person.is_none() && found.email.is_none() && found.postal_address.is_some(),
        // One that came back is shown again with what was typed, also where the claim is over.
        decision: (is_mine && decidable || decision.has_errors()).then_some(decision),
        message: forms.message.unwrap_or_else(|| SHEET.blank()),
        note: forms.note.unwrap_or_else(|| NoteForm::default().draw()),
        look: LookForm::door(&access, forms.look),
        open_until: access.until(),
        form,
    };
    pages::with_status(status, &page)
}

/// `GET /staff/disputes/{dispute}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    page(&app, &request, &who, &found, Forms::default()).await
}

/// `POST /staff/disputes/{dispute}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::claim(&app, &request, &who, (Queue::Disputes, found.id.0), &path(found.id)).await
}

/// `POST /staff/disputes/{dispute}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::release(&app, &request, &who, (Queue::Disputes, found.id.0), &path(found.id)).await
}

/// `POST /staff/disputes/{dispute}/looks`: sees it for a quarter of an hour, for a reason that its owner reads.
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = typed.open(&app, &who, Queue::Disputes, found.id.0).await? {
        return page(&app, &request, &who, &found, Forms { look: Some(form), ..Forms::default() }).await;
    }
    Ok(see_other(&path(found.id)))
}

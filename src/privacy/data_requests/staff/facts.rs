//! What the page of a request says. Before it is claimed, or somebody typed why they look, whom it is about is masked and
//! what was written is hidden (S105).

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::web::Attached;
use crate::platform::text::capitalised;
use crate::platform::web::pages::{date, moment};
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::queries::Taken;
use crate::privacy::data_requests::web::view::{Line, Shown, verified};
use crate::staff::masks;

/// What stands in place of words that are hidden.
const HIDDEN: &str = "Hidden until you claim the request, or say why you look.";

/// A step, as staff see it; what was written with it only where the request is open to them.
pub(super) fn line(step: &Taken, open: bool) -> Line {
    let title = match step.act.as_str() {
        "recast" => "looked at as a question for categories".to_owned(),
        act => act.replace('_', " "),
    };
    let words = step.words.as_ref().filter(|_| open).map(|words| format!("Told: {words}"));
    let note = step.note.as_ref().filter(|_| open).map(|note| format!("Note: {note}"));
    let ground = step.legal_ground.as_ref().map(|ground| format!("Legal ground: {ground}."));
    let again = step.look_again_on.map(|day| format!("To be looked at again on {}.", date(day)));
    let by = match step.actor_kind.as_str() {
        "requester" => "By whoever asked.",
        "staff" => "By staff.",
        _ => "By the portal.",
    };
    let by = by.to_owned();
    let detail = [Some(by), note, words, ground, again].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let kind = match step.act.as_str() {
        "fulfilled" | "partly_fulfilled" | "verified" => "success",
        "denied" | "fraud_suspected" => "danger",
        "extended" | "recast" | "confirmed" => "warning",
        _ => "",
    };
    Line { kind, title: capitalised(&title), iso: step.at.to_rfc3339(), when: moment(&step.at), detail }
}

/// Who asks, in words; and their page. Masked unless the request is open.
pub(super) async fn asker(
    app: &App,
    request: &DataRequest,
    open: bool,
) -> Result<(String, Option<String>), AppError> {
    let (mut names, mut emails, mut page) = (Vec::new(), Vec::new(), None);
    if let Some(id) = request.person {
        let person = people::find(&mut *app.db.get().await?, id).await?;
        names.push(person.name);
        emails.push(person.email);
        page = Some(format!("/staff/people/{id}"));
    }
    names.extend(request.name.clone());
    emails.extend(request.email.clone());
    if !open {
        names.iter_mut().for_each(|name| *name = masks::name(name));
        emails.iter_mut().for_each(|email| *email = masks::email(email));
    }
    let mut words: Vec<String> = names.into_iter().chain(emails).collect();
    words.dedup();
    let words = if words.is_empty() { "no longer known".into() } else { words.join(", ") };
    Ok((words, page.filter(|_| open)))
}

pub(super) fn facts(request: &DataRequest, asker: String, open: bool) -> Vec<(&'static str, String)> {
    let words = |text: &String| if open { text.clone() } else { HIDDEN.to_owned() };
    let mut facts = vec![
        ("Number", request.id.to_string()),
        ("Who asks", asker),
        ("Received", format!("{}, {}", moment(&request.received_at), Channel::label(&request.channel))),
        ("Due", moment(&request.due_at)),
        ("Under", request.regimes().words().to_owned()),
        ("Verified", verified(request)),
        ("Receipt confirmed", request.acknowledged_at.as_ref().map_or_else(|| "not yet".into(), moment)),
    ];
    if request.asked_kind != request.kind_name {
        facts.push(("Asked for at first", Kind::parse(&request.asked_kind).map_or("", Kind::label).into()));
    }
    facts.extend(request.agent.as_ref().map(|agent| ("Agent", words(agent))));
    facts.extend(request.details.as_ref().map(|details| ("In their words", words(details))));
    facts.extend(request.account.map(|account| ("Customer", words(&account.to_string()))));
    for (name, at) in [
        ("Confirmed", request.confirmed_at),
        ("Can be undone until", request.grace_until),
        ("Fraud suspected since", request.fraud_suspected_at),
        ("Customer informed", request.customer_informed_at),
        ("Informing barred", request.informing_barred_at),
        ("Customer agreed", request.customer_agreed_at),
        ("Ended", request.closed_at),
    ] {
        facts.extend(at.as_ref().map(|at| (name, moment(at))));
    }
    facts
}

/// What is said of a request without the words of anybody.
pub(super) fn hide(shown: &mut Shown) {
    for letter in &mut shown.letters {
        letter.body = HIDDEN.into();
        Attached::hide(&mut letter.files);
    }
    shown.not_done.iter_mut().for_each(|one| (one.item, one.words) = ("Something".into(), HIDDEN.into()));
    let named = !shown.contact_of.is_empty();
    shown.contact_of = if named { vec!["an account".into()] } else { Vec::new() };
}

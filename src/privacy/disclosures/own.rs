//! The page of whoever disclosures are about (S121): what they were told of, and nothing else.

use actix_web::{HttpRequest, web};

use super::kinds::{RecipientKind, State};
use super::queries;
use super::record::{Disclosure, Step};
use crate::platform::app::App;
use crate::platform::ids::DisclosureId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, date, day};
use crate::platform::web::pagination::{Keyset, Pager};

/// A disclosure, as whoever it is about reads it.
struct Entry {
    id: String,
    recipient: String,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    /// What was handed over, with the day.
    handed: Vec<(String, String)>,
}

impl Entry {
    fn of(disclosure: Disclosure, steps: &[Step]) -> Self {
        let taken = steps.iter().filter(|step| step.disclosure_id == disclosure.id);
        let handed = |step: &Step| Some((date(step.handed_on?), step.words.clone()?));
        Self {
            id: disclosure.id.to_string(),
            badge: (disclosure.state().badge(), disclosure.state().label()),
            facts: facts(&disclosure),
            handed: taken.filter_map(handed).collect(),
            recipient: disclosure.recipient,
        }
    }
}

fn facts(disclosure: &Disclosure) -> Vec<(&'static str, String)> {
    let categories: Vec<&str> = disclosure.categories().into_iter().map(|one| one.label()).collect();
    let mut facts = vec![("Who", disclosure.kind().label().to_owned())];
    facts.extend(disclosure.ground().map(|ground| ("Ground", ground.label().to_owned())));
    facts.extend(disclosure.order_reference.clone().map(|order| ("Reference", order)));
    facts.push(("About", about(disclosure)));
    facts.push(("Categories of data", categories.join(", ")));
    facts.extend(disclosure.words.clone().map(|words| ("Asked for", words)));
    facts.push(("Came", date(disclosure.received_on)));
    let goes = match disclosure.state() {
        State::Refused | State::Withdrawn => "Would have gone over on",
        State::Disclosed => "Day of the transfer",
        State::Received | State::Objected | State::Answered | State::Approved => "Goes over on",
    };
    facts.extend(disclosure.transfer_on.map(|on| (goes, date(on))));
    if disclosure.sale {
        facts.push(("Sale", "It may be one in the meaning of the law".to_owned()));
    }
    facts.extend(disclosure.told_at.map(|at| ("You were told", day(&at))));
    if let (Some(until), Some(because)) = (disclosure.silent_until, &disclosure.silent_because) {
        facts.push(("Before that day we were not allowed to", format!("{}: {because}", date(until))));
    }
    facts
}

fn about(disclosure: &Disclosure) -> String {
    match (disclosure.kind(), disclosure.account) {
        (RecipientKind::Transfer, _) => "everybody who owns an account".into(),
        (_, Some(account)) => format!("account {account}"),
        (_, None) => "you".into(),
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disclosures/own.html")]
struct OwnPage {
    page: Page,
    entries: Vec<Entry>,
    pager: Pager,
}

/// `GET /privacy/disclosures`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = queries::told_to(&mut conn, who.person, keyset.window()).await?;
    let (found, pager) = keyset.page(found, |one| one.id.0, "/privacy/disclosures", "");
    let ids: Vec<DisclosureId> = found.iter().map(|one| one.id).collect();
    let steps = queries::steps(&mut conn, &ids).await?;
    drop(conn);
    let entries = found.into_iter().map(|one| Entry::of(one, &steps)).collect();
    pages::ok(&OwnPage { page: Page::of(&request, "What we handed over about you"), entries, pager })
}

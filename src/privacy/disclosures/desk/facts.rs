//! What the desk says of a disclosure: everything about it, and each step.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::platform::codes;
use crate::platform::ids::PersonId;
use crate::platform::web::pages::{date, moment};
use crate::privacy::disclosures::kinds::{RecipientKind, State};
use crate::privacy::disclosures::record::{Disclosure, Step};
use crate::privacy::disclosures::steps::{Act, POSTPONED};
use crate::privacy::disclosures::{queries, transfer_queries};

/// A step, as the page shows it.
pub(super) struct Line {
    pub act: &'static str,
    pub at: String,
    pub iso: String,
    pub by: String,
    /// What came of it, why, or what was handed over.
    pub said: Vec<String>,
}

async fn by(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<String> {
    Ok(queries::name_of(conn, id).await?.unwrap_or_else(|| "somebody who left".into()))
}

pub(super) async fn line(conn: &mut AsyncPgConnection, step: Step) -> QueryResult<Line> {
    let outcome = step.outcome().map(|outcome| format!("{}.", outcome.label()));
    let silent = step.silent_until.map(|day| match step.act.as_str() {
        POSTPONED => format!("They are told on {}, once a colleague has set the same day.", date(day)),
        _ => format!("They are told on {}.", date(day)),
    });
    let handed = step.handed_on.map(|day| format!("On {}:", date(day)));
    Ok(Line {
        act: Act::label(&step.act),
        at: moment(&step.at),
        iso: step.at.to_rfc3339(),
        by: by(conn, step.actor_id).await?,
        said: [outcome, silent, handed, step.words, step.note].into_iter().flatten().collect(),
    })
}

/// Everything about a disclosure, by names.
pub(super) async fn facts(
    conn: &mut AsyncPgConnection,
    disclosure: &Disclosure,
) -> QueryResult<Vec<(&'static str, String)>> {
    let mut facts = vec![("Kind", disclosure.kind().label().to_owned())];
    if let Some(ground) = disclosure.ground() {
        facts.push(("Ground", ground.label().to_owned()));
    }
    if disclosure.sale {
        facts.push(("Sale", "It may be one in the meaning of the law".to_owned()));
    }
    let about = disclosure.person.map(|id| id.to_string());
    let about = about.or_else(|| disclosure.account.map(|id| id.to_string()));
    let nobody = match disclosure.kind() {
        RecipientKind::Transfer => "everybody who owns an account",
        RecipientKind::Deidentified => "nobody",
        _ => "nobody by name, or somebody who was erased",
    };
    facts.push(("About", about.unwrap_or_else(|| nobody.into())));
    facts.extend(data(disclosure));
    facts.extend(disclosure.order_reference.clone().map(|order| ("Reference of the order", order)));
    facts.extend(disclosure.method.clone().map(|method| ("Leads to nobody because", method)));
    facts.push(("Came", date(disclosure.received_on)));
    facts.extend(disclosure.transfer_on.map(|day| ("Day of the transfer", date(day))));
    if disclosure.kind() == RecipientKind::Transfer && disclosure.approved_at.is_some() {
        let progress = transfer_queries::progress(conn, disclosure.id).await?;
        let of = |some, all| format!("{} of {}", codes::count(some), codes::count(all));
        facts.push(("Owners who are told", of(progress.told, progress.owners)));
        if matches!(disclosure.state(), State::Refused | State::Withdrawn) {
            let it_ended = "Told that it does not come about";
            facts.push((it_ended, of(progress.told_of_its_end, progress.told)));
        }
    }
    facts.extend(told(disclosure));
    let recorded = by(conn, disclosure.recorded_by).await?;
    facts.push(("Recorded", format!("{}, by {recorded}", moment(&disclosure.recorded_at))));
    if let (Some(who), Some(at)) = (disclosure.approved_by, &disclosure.approved_at) {
        facts.push(("Approved", format!("{}, by {}", moment(at), by(conn, who).await?)));
    }
    if let Some(at) = &disclosure.closed_at {
        facts.push(("Ended", moment(at)));
    }
    Ok(facts)
}

fn data(disclosure: &Disclosure) -> [(&'static str, String); 2] {
    let classes: Vec<&str> = disclosure.classes().into_iter().map(|class| class.label()).collect();
    let categories: Vec<&str> = disclosure.categories().into_iter().map(|one| one.label()).collect();
    [("Classes of data", classes.join(", ")), ("Categories of data", categories.join(", "))]
}

/// Whether whoever it is about knows.
fn told(disclosure: &Disclosure) -> Option<(&'static str, String)> {
    if let Some(at) = &disclosure.told_at {
        return Some(("Told to them", moment(at)));
    }
    if !disclosure.is_of_somebody() {
        return None;
    }
    Some(match (disclosure.silent_until, &disclosure.silent_because) {
        (Some(until), Some(because)) => ("Not told to them before", format!("{}: {because}", date(until))),
        _ => ("Told to them", "With the approval".to_owned()),
    })
}

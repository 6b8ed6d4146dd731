//! What the desk says of a hold: its line in the list, and everything about it on its page.

use diesel_async::AsyncPgConnection;

use super::queries::{self, Hold};
use super::scopes;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::pages::{date, moment};
use crate::privacy::data_map;

/// What a hold is about, in a line.
pub(super) fn title(hold: &Hold) -> String {
    let sid = |sid: Option<String>| sid.unwrap_or_else(|| "somebody who was erased".into());
    match hold.scope.as_str() {
        "person" => format!("Person {}", sid(hold.person.map(|id| id.to_string()))),
        "account" => format!("Account {}", sid(hold.account.map(|id| id.to_string()))),
        "end_user" => format!("An end user in account {}", sid(hold.account.map(|id| id.to_string()))),
        _ => {
            let name = hold.table_name.as_deref().unwrap_or_default();
            data_map::table(name).map_or_else(|| name.to_owned(), |table| table.about.to_owned())
        }
    }
}

pub(super) async fn facts(
    conn: &mut AsyncPgConnection,
    app: &App,
    hold: &Hold,
) -> Result<Vec<(&'static str, String)>, AppError> {
    let mut facts = vec![("Matter", hold.matter().label().to_owned())];
    if let (Some(kind), Some(sealed)) = (&hold.identifier_kind, &hold.sealed_identifier) {
        let open = app.keys.open(scopes::PLACE, sealed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        facts.push((
            "End user",
            format!("{} ({kind})", open.unwrap_or_else(|| "sealed by another key".into())),
        ));
    }
    facts.push(match &hold.silent_because {
        Some(law) => ("Not told to them", law.clone()),
        None => ("Told to them", "They read on their own pages that it is kept, and why.".to_owned()),
    });
    let by = |name: Option<String>| name.unwrap_or_else(|| "somebody who left".into());
    let requested = by(queries::name_of(conn, hold.requested_by).await?);
    facts.push(("Asked for", format!("{}, by {requested}", moment(&hold.requested_at))));
    if let (Some(who), Some(at)) = (hold.approved_by, &hold.approved_at) {
        facts.push(("Approved", format!("{}, by {}", moment(at), by(queries::name_of(conn, who).await?))));
    } else if hold.ended_at.is_none() {
        facts.push(("Lapses unless approved", moment(&hold.lapses_at)));
    }
    facts.push(("To be looked at again", date(hold.review_on)));
    if let (Some(at), Some(because)) = (&hold.ended_at, &hold.ended_because) {
        facts.push(("Ended", format!("{}: {because}", moment(at))));
    }
    Ok(facts)
}

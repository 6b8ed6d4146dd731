//! The page of what we hold about somebody.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use super::queries::{self, Found};
use super::{amount, goes};
use crate::platform::app::App;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::preferences::contacts;
use crate::preferences::partners::consents;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{Class, Column, Export, Table, purposes};
use crate::retention::holds;

/// A column, as the page explains it.
struct Part {
    why: String,
    category: &'static str,
    source: &'static str,
    shared: Vec<&'static str>,
    export: &'static str,
}

impl Part {
    fn of(column: &Column) -> Self {
        Self {
            why: column.why(),
            category: column.category.label(),
            source: column.source.label(),
            shared: column.shared.iter().map(|recipient| recipient.label()).collect(),
            export: match column.export {
                Export::HeldNeverExported => "held, never handed out",
                Export::Yes | Export::Opened | Export::No => "",
            },
        }
    }
}

/// A table with something of theirs.
struct Line {
    id: &'static str,
    about: &'static str,
    amount: String,
    categories: Vec<&'static str>,
    purposes: Vec<&'static str>,
    sources: Vec<&'static str>,
    shared: Vec<&'static str>,
    kept: String,
    goes: String,
    sooner: Vec<String>,
    parts: Vec<Part>,
}

/// Each once, in the order in which they come first.
pub(crate) fn each_once<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

impl Line {
    fn of(table: &'static Table, found: &Found, now: DateTime<Utc>) -> Self {
        let columns = || table.columns.iter();
        let sooner = |(name, rule): &(&str, &'static crate::retention::rules::Rule)| {
            let column = columns().find(|column| column.name == *name)?;
            Some(format!("{} This goes earlier: {}.", column.why(), rule.kept()))
        };
        Self {
            id: table.name,
            about: table.about.trim_end_matches('.'),
            amount: amount(found),
            categories: table.categories().iter().map(|category| category.label()).collect(),
            purposes: purposes::of(table).iter().map(|purpose| purpose.label()).collect(),
            sources: each_once(columns().map(|column| column.source.label())),
            shared: each_once(columns().flat_map(|column| column.shared).map(|one| one.label())),
            kept: table.rule.kept(),
            goes: goes(table.rule, found, now),
            sooner: table.sooner.iter().filter_map(sooner).collect(),
            parts: columns().filter(|column| column.export != Export::No).map(Part::of).collect(),
        }
    }
}

/// A class of data with its tables.
struct Section {
    class: Class,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "privacy/your_data/show.html")]
struct ShowPage {
    page: Page,
    as_of: String,
    /// What is kept beyond its rule because of a legal matter that they may know of (S72).
    held: Vec<String>,
    /// What was shared with partners, in sentences.
    shared: Vec<String>,
    sections: Vec<Section>,
    purposes: [purposes::Purpose; 12],
}

/// `GET /privacy/your-data`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let subject = Subject::find_person(&mut conn, &app.keys, who.person).await?;
    let found = queries::of(&mut conn, &subject).await?;
    let held = holds::queries::told_to(&mut conn, who.person, &subject).await?;
    let shared = match contacts::find_of(&mut conn, who.person).await? {
        Some(contact) => consents::shared(&mut conn, contact.id).await?,
        None => Vec::new(),
    };
    drop(conn);
    let section = |class: Class| Section {
        class,
        lines: found
            .iter()
            .filter(|(table, _)| table.class() == class)
            .map(|(table, found)| Line::of(table, found, now))
            .collect(),
    };
    let sections = Class::ALL.map(section).into_iter().filter(|section| !section.lines.is_empty()).collect();
    pages::ok(&ShowPage {
        page: Page::of(&request, "What we hold about you"),
        as_of: moment(&now),
        held: held.iter().map(|(hold, name)| hold.told(name.as_deref())).collect(),
        shared: shared.iter().map(consents::Shared::sentence).collect(),
        sections,
        purposes: purposes::Purpose::ALL,
    })
}

//! The category report (S89): for each category of the statute what is collected, where it comes from, what for, with
//! whom it is shared and how long it is kept; for everybody, and for somebody who is signed in of what there is of
//! theirs. It is made from the data map and prints as it stands.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day};
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Category, Class, Column, Owner, Table, purposes};
use crate::privacy::your_data::queries;
use crate::privacy::your_data::web::each_once;

/// What is in a category, of one class of data.
struct Part {
    class: Class,
    /// What it is, how much of it there is for somebody, and how long it is kept.
    what: Vec<(&'static str, String, String)>,
    sources: Vec<&'static str>,
    purposes: Vec<&'static str>,
    shared: Vec<&'static str>,
}

/// A table, and how much of somebody there is in it; nothing for everybody.
type Counted = (&'static Table, String);

impl Part {
    fn of(category: Category, class: Class, tables: &[Counted]) -> Option<Self> {
        let columns = |table: &'static Table| {
            table.columns.iter().filter(move |column| column.category == category && column.class == class)
        };
        let holding: Vec<&Counted> =
            tables.iter().filter(|(table, _)| columns(table).next().is_some()).collect();
        if holding.is_empty() {
            return None;
        }
        let all =
            || -> Vec<&'static Column> { holding.iter().flat_map(|(table, _)| columns(table)).collect() };
        let uses = holding.iter().flat_map(|(table, _)| purposes::of(table));
        Some(Self {
            class,
            what: holding
                .iter()
                .map(|(table, amount)| (table.about, amount.clone(), table.rule.kept()))
                .collect(),
            sources: each_once(all().into_iter().map(|column| column.source.label())),
            purposes: each_once(uses.map(|purpose| purpose.label())),
            shared: each_once(all().into_iter().flat_map(|column| column.shared).map(|one| one.label())),
        })
    }
}

/// A category with what is in it.
struct Section {
    category: Category,
    parts: Vec<Part>,
}

fn sections(tables: &[Counted]) -> Vec<Section> {
    let section = |category| Section {
        category,
        parts: Class::ALL.into_iter().filter_map(|class| Part::of(category, class, tables)).collect(),
    };
    Category::PERSONAL.map(section).into_iter().filter(|section| !section.parts.is_empty()).collect()
}

#[derive(askama::Template)]
#[template(path = "privacy/categories/show.html")]
struct PublicPage {
    page: Page,
    as_of: String,
    sections: Vec<Section>,
    not_collected: [(&'static str, &'static str); 5],
}

#[derive(askama::Template)]
#[template(path = "privacy/categories/mine.html")]
struct OwnPage {
    page: Page,
    name: String,
    as_of: String,
    sections: Vec<Section>,
    not_collected: [(&'static str, &'static str); 5],
}

/// `GET /privacy/categories`: of everybody.
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let of_people = data_map::tables().filter(|table| table.owner != Owner::Nobody);
    let tables: Vec<Counted> = of_people.map(|table| (table, String::new())).collect();
    pages::ok(&PublicPage {
        page: Page::of(&request, "Categories of personal information"),
        as_of: day(&app.clock.now()),
        sections: sections(&tables),
        not_collected: Category::NOT_COLLECTED,
    })
}

/// `GET /privacy/your-data/categories`: of whoever asks, only where there is something of theirs.
pub async fn mine(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let mut conn = app.db.get().await?;
    let subject = Subject::find_person(&mut conn, &app.keys, who.person).await?;
    let found = queries::of(&mut conn, &subject).await?;
    drop(conn);
    let tables: Vec<Counted> =
        found.iter().map(|(table, found)| (*table, super::your_data::amount(found))).collect();
    pages::ok(&OwnPage {
        page: Page::of(&request, "Your data by category"),
        name: who.name.clone(),
        as_of: day(&app.clock.now()),
        sections: sections(&tables),
        not_collected: Category::NOT_COLLECTED,
    })
}

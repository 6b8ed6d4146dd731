//! The retention schedule (S71, S107): class by class what is kept, how long, counted from when, and what happens then.
//! It is made from the rules that the sweep keeps to and from the data map, and says nothing that they do not.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, day};
use crate::privacy::data_map::{self, Class, Table};
use crate::retention::invoice_laws::{LAWS, Law, OTHERS};
use crate::retention::rules::{OUTSIDE, RULES, Rule};
use crate::retention::subscriber_laws;

/// A rule, of one class of data.
struct Line {
    rule: &'static Rule,
    kept: String,
    /// What keeps to it.
    what: Vec<String>,
}

impl Line {
    fn of(class: Class, rule: &'static Rule) -> Option<Self> {
        let what: Vec<String> = data_map::tables().flat_map(|table| kept_to(table, class, rule)).collect();
        (!what.is_empty()).then(|| Self { rule, kept: rule.period.words(), what })
    }
}

/// What of a table keeps to a rule: its rows, or columns that are emptied before their row goes.
fn kept_to(table: &'static Table, class: Class, rule: &Rule) -> Vec<String> {
    if table.class() != class {
        return Vec::new();
    }
    let whole = (table.rule == rule).then(|| table.about.to_owned());
    let early = table.sooner.iter().filter(|(_, sooner)| *sooner == rule).filter_map(|(name, _)| {
        let column = table.columns.iter().find(|column| column.name == *name)?;
        Some(format!("{} Of it: {}", table.about, column.why()))
    });
    whole.into_iter().chain(early).collect()
}

/// A class with its rules.
struct Section {
    class: Class,
    lines: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "privacy/schedule.html")]
struct ShowPage {
    page: Page,
    as_of: String,
    sections: [Section; 4],
    /// Rules for what is not in a table.
    outside: Vec<Line>,
    /// How long invoices are kept, country by country (S74).
    laws: Vec<&'static Law>,
    /// Where a record of a subscriber is asked for, and how long it is kept (S75).
    subscriber_laws: &'static [subscriber_laws::Law],
}

/// `GET /privacy/retention`
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let lines = |class| RULES.iter().filter_map(|rule| Line::of(class, rule)).collect();
    pages::ok(&ShowPage {
        page: Page::of(&request, "How long we keep what"),
        as_of: day(&app.clock.now()),
        sections: Class::ALL.map(|class| Section { class, lines: lines(class) }),
        outside: OUTSIDE
            .iter()
            .map(|rule| Line { rule, kept: rule.period.words(), what: Vec::new() })
            .collect(),
        laws: LAWS.iter().chain([&OTHERS]).collect(),
        subscriber_laws: subscriber_laws::LAWS,
    })
}

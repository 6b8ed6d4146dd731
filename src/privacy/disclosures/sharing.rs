//! With whom data was shared in the last twelve months (S114, S123, S126), for anybody. It is made from what is written down
//! and names nobody: from the log of disclosures, from those of subscriber records and of partners, and for whoever always
//! gets something so that the service works, from the data map. What a law forbids to tell is not in it before its day.

use actix_web::{HttpRequest, web};
use chrono::Months;

use super::kinds::{Ground, RecipientKind};
use super::sharing_queries::{self, Lately};
use crate::platform::app::App;
use crate::platform::text::capitalised;
use crate::platform::web::pages::{self, Page, WebResult, date};
use crate::privacy::data_map::{self, Category, Recipient};

/// What is told of lies no longer ago.
const LATELY: Months = Months::new(12);

/// Somebody who can get data, and of which categories they got something lately.
struct Who {
    label: &'static str,
    terms: &'static str,
    categories: Vec<Category>,
    /// What they get is about somebody.
    is_personal: bool,
}

impl Who {
    /// At the head of a row.
    fn title(&self) -> String {
        capitalised(self.label)
    }

    /// Among others.
    fn listed(&self) -> String {
        let mut letters = self.label.chars();
        letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// A category, and who got something of it lately.
struct Line {
    category: Category,
    who: Vec<String>,
}

/// The categories of which the map shares a column with somebody.
fn by_map(one: Recipient) -> Vec<Category> {
    let is_shared = |category: &Category| {
        data_map::tables()
            .flat_map(|table| table.columns)
            .any(|column| column.category == *category && column.shared.contains(&one))
    };
    Category::PERSONAL.into_iter().filter(is_shared).collect()
}

/// Whether somebody of the map got something lately.
fn has_got(one: Recipient, lately: &Lately) -> bool {
    match one {
        Recipient::MailCarrier | Recipient::PhoneCarrier | Recipient::TaxAuthority => true,
        Recipient::LocalCarrier => lately.carriers,
        Recipient::Authority => lately.authorities,
        Recipient::Partner => lately.partners,
    }
}

/// Everybody who can get something.
fn everybody(lately: &Lately) -> Vec<Who> {
    let of_map = Recipient::ALL.iter().map(|one| Who {
        label: one.label(),
        terms: one.terms().words(),
        categories: if has_got(*one, lately) { by_map(*one) } else { Vec::new() },
        is_personal: true,
    });
    let of_log = RecipientKind::ALL.iter().map(|kind| Who {
        label: kind.label(),
        terms: kind.terms(),
        categories: lately.of(*kind),
        is_personal: *kind != RecipientKind::Deidentified,
    });
    of_map.chain(of_log).collect()
}

fn lines(everybody: &[Who]) -> Vec<Line> {
    let got = |who: &&Who, category: &Category| who.is_personal && who.categories.contains(category);
    let line = |category: Category| Line {
        category,
        who: everybody.iter().filter(|who| got(who, &category)).map(Who::listed).collect(),
    };
    Category::PERSONAL.map(line).into_iter().collect()
}

#[derive(askama::Template)]
#[template(path = "privacy/disclosures/sharing.html")]
struct SharingPage {
    page: Page,
    since: String,
    until: String,
    lines: Vec<Line>,
    everybody: Vec<Who>,
    grounds: &'static [Ground],
}

/// `GET /privacy/sharing`
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let today = app.clock.now().date_naive();
    let since = today.checked_sub_months(LATELY).unwrap_or(today);
    let lately = sharing_queries::lately(&mut *app.db.get().await?, since, today).await?;
    let everybody = everybody(&lately);
    pages::ok(&SharingPage {
        page: Page::of(&request, "With whom we share data"),
        since: date(since),
        until: date(today),
        lines: lines(&everybody),
        everybody,
        grounds: Ground::ALL,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_got_nothing_lately_stands_with_no_category_and_what_leads_to_nobody_counts_for_none() {
        let logged = vec![
            (Category::Professional, RecipientKind::Legal),
            (Category::Geolocation, RecipientKind::Deidentified),
        ];
        let lately = Lately { logged, carriers: false, authorities: false, partners: false };
        let everybody = everybody(&lately);
        let lines = lines(&everybody);
        let who = |of: Category| &lines.iter().find(|line| line.category == of).unwrap().who;
        let mail = Recipient::MailCarrier.label();
        assert_eq!(
            who(Category::Professional),
            &["a government, a court, the police or another on a legal ground"]
        );
        assert!(who(Category::Geolocation).is_empty());
        assert!(who(Category::Identifiers).iter().any(|who| who == mail));
        assert!(!who(Category::Identifiers).iter().any(|who| who == Recipient::Partner.label()));
        assert_eq!(everybody.len(), Recipient::ALL.len() + RecipientKind::ALL.len());
    }
}

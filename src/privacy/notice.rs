//! The privacy notice (S1, S3): nine sections, in the version that is in force, with the day since when it is. What it says
//! about lengths of time and about whom data is shared with is read from the rules and the data map, so that it stays true.
//!
//! A change of what it promises is a new [`VERSIONS`] entry: the day on top follows from there.

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;

use crate::accounts::closure;
use crate::content::end_users::ARRIVES_WITHIN;
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, date, span};
use crate::privacy::data_map::{self, Category, Recipient};
use crate::privacy::disputes::{ARBITRATION_TERMS, ASSOCIATION, POSTAL_ADDRESS};
use crate::retention::rules::{self, Period};
use crate::trust::suspensions::APPEAL_MONTHS;

/// A version of the notice: the day from which on it holds, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub NaiveDate);

/// Every version, the oldest first.
pub const VERSIONS: &[Version] = &[Version(NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day"))];

/// Name in the address and title of each section, in the order of the page.
pub const SECTIONS: [(&str, &str); 9] = [
    ("orientation", "Where you stand"),
    ("customers", "What we do with your own data"),
    ("end-users", "What we do with the data of your end users"),
    ("sharing", "When and why we share data"),
    ("automated-decisions", "Decisions that a program makes"),
    ("disputes", "If we disagree about your data"),
    ("security", "How we keep data safe"),
    ("other-information", "Other things to know"),
    ("ccpa", "For people in California"),
];

/// The version in force on a day; before there was any, the first.
fn in_force(versions: &[Version], today: NaiveDate) -> Version {
    let begun = versions.iter().rev().find(|version| version.0 <= today);
    *begun.or(versions.first()).expect("there is a version")
}

/// The categories of which anything is shared with anybody, by the map (S126).
fn shared_categories() -> Vec<&'static str> {
    let is_shared = |category: &Category| {
        data_map::tables()
            .flat_map(|table| table.columns)
            .any(|column| column.category == *category && !column.shared.is_empty())
    };
    Category::PERSONAL.into_iter().filter(is_shared).map(Category::label).collect()
}

/// A length of time, in years where it is some.
fn in_words(period: Period) -> String {
    match period {
        Period::Months(months) if months % 12 == 0 && months > 12 => format!("{} years", months / 12),
        other => other.words(),
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/notice.html")]
struct NoticePage {
    page: Page,
    updated: String,
    sections: [(&'static str, &'static str); 9],
    /// With whom data is shared, and on which terms.
    recipients: Vec<(&'static str, &'static str)>,
    shared_categories: Vec<&'static str>,
    /// How long that somebody was a customer is kept after their account is closed.
    customers_kept: String,
    /// How long what somebody wrote to us is.
    letters_kept: String,
    /// How long a deletion of an end user takes to arrive everywhere.
    arrives_within: String,
    /// Months in which a suspension can be appealed.
    appeal_months: u32,
    content_stays: String,
    data_stays: String,
    backups_kept: String,
    requests_kept: String,
    postal_address: &'static str,
    arbitration: &'static str,
    association: &'static str,
}

/// `GET /privacy`: the notice in the version that is in force.
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    pages::ok(&NoticePage {
        page: Page::of(&request, "Privacy notice"),
        updated: date(in_force(VERSIONS, app.clock.now().date_naive()).0),
        sections: SECTIONS,
        recipients: Recipient::ALL.iter().map(|one| (one.label(), one.terms().words())).collect(),
        shared_categories: shared_categories(),
        customers_kept: in_words(rules::FORMER_CUSTOMERS.period),
        letters_kept: in_words(rules::SALES_ENQUIRIES.period),
        arrives_within: span(ARRIVES_WITHIN),
        appeal_months: APPEAL_MONTHS.as_u32(),
        content_stays: span(closure::CONTENT_STAYS),
        data_stays: span(closure::DATA_STAYS),
        backups_kept: in_words(rules::BACKUPS.period),
        requests_kept: in_words(rules::DATA_REQUESTS.period),
        postal_address: POSTAL_ADDRESS,
        arbitration: ARBITRATION_TERMS,
        association: ASSOCIATION,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_version_holds_from_its_day_on_until_the_next_does() {
        let versions = [Version(day("2026-11-30")), Version(day("2027-03-01"))];
        for (today, since) in [
            ("2026-01-01", "2026-11-30"),
            ("2026-11-30", "2026-11-30"),
            ("2027-02-28", "2026-11-30"),
            ("2027-03-01", "2027-03-01"),
            ("2030-01-01", "2027-03-01"),
        ] {
            assert_eq!(in_force(&versions, day(today)).0, day(since), "{today}");
        }
        assert_eq!(
            (in_words(Period::Months(84)), in_words(Period::Days(30))),
            ("7 years".into(), "30 days".into())
        );
        assert!(VERSIONS.is_sorted_by(|one, next| one.0 < next.0) && !VERSIONS.is_empty());
    }
}

//! The privacy notice: its day, its sections, and that what it says about times and recipients is what programs do.

use std::collections::BTreeSet;

use portal::accounts::closure;
use portal::content::end_users::ARRIVES_WITHIN;
use portal::platform::web::pages::{date, span};
use portal::privacy::data_map::Recipient;
use portal::privacy::notice::{SECTIONS, VERSIONS};
use portal::retention::rules::{self, Period};
use portal::trust::suspensions::APPEAL_MONTHS;

use crate::support::TestApp;

#[tokio::test]
async fn the_notice_names_the_day_of_its_version_and_each_section_is_found_from_its_contents() {
    let app = TestApp::start().await;
    let page = app.browser().get("/privacy").await;
    assert_eq!(page.status, 200);
    let newest = VERSIONS.last().expect("a version");
    assert_eq!(page.heading(), "LossExpress privacy notice");
    assert!(page.words().contains(&format!("Last updated on {}", date(newest.0))), "{}", page.words());
    assert_eq!(page.all("nav[aria-label='Contents'] a"), SECTIONS.map(|(_, title)| title));
    for (id, title) in SECTIONS {
        assert_eq!(page.all(&format!("nav a[href='#{id}']")), [title], "{id}");
        assert_eq!(page.all(&format!("h2#{id}")), [title], "{id}");
    }
    assert_eq!(page.all("main h2").len(), SECTIONS.len(), "no section without a line in the contents");
}

#[tokio::test]
async fn every_time_and_recipient_of_the_notice_is_that_of_the_rules_and_the_map() {
    let app = TestApp::start().await;
    let words = app.browser().get("/privacy").await.words();
    let years = |period: Period| match period {
        Period::Months(months) => format!("{} years", months / 12),
        other => other.words(),
    };
    for said in [
        format!("that you were a customer is kept for up to {}", years(rules::FORMER_CUSTOMERS.period)),
        format!("what you wrote to us, and our answers, for up to {}", years(rules::SALES_ENQUIRIES.period)),
        format!("everything else is deleted within {}", span(closure::DATA_STAYS)),
        format!("For {} you can fetch your content", span(closure::CONTENT_STAYS)),
        format!("Backups are encrypted and go after {}", rules::BACKUPS.period.words()),
        format!("Records of requests are kept for {}", years(rules::DATA_REQUESTS.period)),
        format!(
            "requests and disputes about data, and receipts of what was done, for {}",
            years(rules::DISPUTES.period)
        ),
        "that a mailbox wants no mailings, as a digest".to_owned(),
        format!("What you have deleted is gone from all systems within {}", span(ARRIVES_WITHIN)),
        format!("For {} months they can have a person look", APPEAL_MONTHS.as_u32()),
    ] {
        assert!(words.contains(&said), "{said}: {words}");
    }
    for rule in [&rules::DATA_REQUESTS, &rules::RECEIPTS] {
        assert_eq!(
            years(rule.period),
            years(rules::DISPUTES.period),
            "the notice says one time of all three"
        );
    }
    for one in Recipient::ALL {
        assert!(words.contains(&format!("{}: {}", one.label(), one.terms().words())), "{}", one.label());
    }
    for said in ["We sell no data about anybody", "No service is perfectly safe", "Agreement to arbitrate"] {
        assert!(words.contains(said), "{said}");
    }
}

#[tokio::test]
async fn every_page_that_the_notice_leads_to_is_there_and_so_are_the_words_it_defines() {
    let app = TestApp::start().await;
    let visitor = app.browser();
    let page = visitor.get("/privacy").await;
    let links: BTreeSet<String> = page
        .attrs("main a[href^='/']", "href")
        .into_iter()
        .map(|to| to.split('#').next().unwrap().to_owned())
        .collect();
    assert!(links.len() > 12, "{links:?}");
    for link in links {
        let found = visitor.get(&link).await;
        let to_sign_in = found.status == 303 && found.location().starts_with("/sign-in");
        assert!(found.status == 200 || to_sign_in, "{link}: {}", found.status);
    }
    let terms = visitor.get("/terms").await;
    assert_eq!(terms.all("#section-18").len(), 1, "the section that the notice names");
    let defined = page.all("main dl dt").join(", ");
    for word in ["Sale", "Personal information", "business purpose", "service provider", "customer content"] {
        assert!(defined.contains(word), "{word}: {defined}");
    }
}

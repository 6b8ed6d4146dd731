//! The schedule that is published is the table of rules.

use std::collections::BTreeSet;

use portal::privacy::data_map;
use portal::retention::rules::RULES;

use crate::support::TestApp;

#[tokio::test]
async fn every_rule_stands_on_the_page_as_in_the_table_and_nothing_else_does() {
    let app = TestApp::start().await;
    let page = app.browser().get("/privacy/retention").await;
    assert_eq!(page.status, 200);
    for rule in RULES {
        let row = format!("tr[data-rule='{}']", rule.id);
        let heads = page.all(&format!("{row} > th"));
        assert!(!heads.is_empty(), "{} is not published", rule.id);
        for (head, cells) in heads.iter().zip(page.all(&format!("{row} > td")).chunks(3)) {
            assert!(head.starts_with(rule.about), "{head}");
            assert_eq!(
                cells,
                [rule.period.words(), rule.from.to_owned(), rule.then().to_owned()],
                "{}",
                rule.id
            );
        }
    }
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.about).collect();
    let rows = page.all("tr[data-rule] > th");
    assert!(rows.iter().all(|row| known.iter().any(|about| row.starts_with(about))), "{rows:?}");
    let words = page.words();
    for table in data_map::tables() {
        assert!(words.contains(table.about), "{} is on no row", table.name);
    }
}

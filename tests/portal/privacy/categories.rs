//! The category report: every category, from the map alone, for everybody and for somebody.

use portal::privacy::data_map::{self, Category, Class, Owner};

use crate::support::TestApp;

#[tokio::test]
async fn every_category_of_the_map_lists_its_sources_purposes_recipients_and_times() {
    let app = TestApp::start().await;
    let page = app.browser().get("/privacy/categories").await;
    assert_eq!(page.status, 200);
    for category in Category::PERSONAL {
        let section =
            page.first(&format!("section[aria-labelledby='category-{}']", category.letter())).unwrap();
        assert!(section.contains(category.label()), "{section}");
        for class in Class::ALL {
            let columns = data_map::tables()
                .filter(|table| table.owner != Owner::Nobody)
                .flat_map(|table| table.columns.iter().map(move |column| (table, column)));
            for (table, column) in
                columns.filter(|(_, column)| column.category == category && column.class == class)
            {
                assert!(section.contains(class.label()) && section.contains(class.role()));
                assert!(section.contains(table.about), "{}: {}", category.label(), table.about);
                assert!(section.contains(&table.rule.kept()), "{}", table.name);
                assert!(section.contains(column.source.label()), "{}", column.name);
                assert!(column.shared.iter().all(|one| section.contains(one.label())), "{}", column.name);
            }
        }
    }
    assert!(page.words().contains("What we do not collect"));
    assert!(page.text().contains("data-print"), "it can be printed");
}

#[tokio::test]
async fn the_report_of_somebody_holds_only_what_there_is_of_theirs() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let page = app.sign_in_as(&ada).await.get("/privacy/your-data/categories").await;
    assert_eq!(page.status, 200);
    let words = page.words();
    assert!(
        words.contains("What we hold about Ada") && words.contains("Somebody who can sign in. (1 entry)")
    );
    assert!(!words.contains("A claim on an insured vehicle."), "she has none");
    let everybody = app.browser().get("/privacy/categories").await.words();
    assert!(everybody.contains("A claim on an insured vehicle.") && !everybody.contains("Ada"));
}

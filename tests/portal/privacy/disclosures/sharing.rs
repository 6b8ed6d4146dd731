//! The public list of what was shared lately: made from the logs and the map, and naming nobody (S114, S123, S126).

use chrono::{Duration, NaiveTime};
use portal::privacy::data_map::Category;
use portal::privacy::disclosures::RecipientKind;

use super::{act, ada, recorded};
use crate::staff::desk::team;
use crate::support::TestApp;

/// The row of a category on the list.
async fn row(app: &TestApp, category: Category) -> String {
    let page = app.browser().get("/privacy/sharing").await;
    let rows = page.all("section[aria-labelledby=categories-title] tbody tr");
    rows.into_iter().find(|row| row.starts_with(category.label())).expect("every category is listed")
}

#[tokio::test]
async fn a_category_is_listed_with_who_got_it_and_what_may_not_be_told_from_its_day_on() {
    let app = TestApp::start().await;
    let ((_ada, sid), staff) = (ada(&app).await, team(&app).await);
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let nobody = format!("{} nobody", Category::Professional.label());
    assert_eq!(row(&app, Category::Professional).await, nobody);
    let until = (app.clock.now() + Duration::days(366)).date_naive();
    let day = until.to_string();
    let fields = [
        ("sid", sid.as_str()),
        ("categories", "professional"),
        ("silent_until", day.as_str()),
        ("silent_because", "Order of the court of 2026."),
    ];
    let path = recorded(&paul, &fields).await;
    act(&rosa, &path, "approval", &[]).await;
    act(&rosa, &path, "handover", &[("handed", "Where they work.")]).await;
    assert_eq!(row(&app, Category::Professional).await, nobody, "nobody may be told");
    app.travel(until.and_time(NaiveTime::MIN).and_utc() - app.clock.now()).await;
    let told = row(&app, Category::Professional).await;
    assert!(told.ends_with(" a government, a court, the police or another on a legal ground"), "{told}");
    app.travel(Duration::days(367)).await;
    assert_eq!(row(&app, Category::Professional).await, nobody, "that is no longer lately");
}

#[tokio::test]
async fn everybody_who_can_get_something_stands_there_and_the_notice_and_the_report_lead_to_it() {
    let app = TestApp::start().await;
    let words = app.browser().get("/privacy/sharing").await.words();
    for kind in RecipientKind::ALL {
        assert!(words.contains(&format!("{} {}", kind.label(), kind.terms())), "{}", kind.label());
    }
    assert!(words.contains("An emergency: to prevent a death"), "{words}");
    for page in ["/privacy", "/privacy/categories"] {
        assert_eq!(app.browser().get(page).await.link("with whom we share data"), "/privacy/sharing");
    }
}

//! The page of what we hold: everything there is of somebody, nothing of others, and the dates that the sweep keeps to.

use chrono::Duration;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use portal::platform::web::pages::day;
use portal::privacy::data_map::rows::Subject;
use portal::privacy::your_data::queries::{self, CAP};
use portal::retention::{rules, sweep};

use crate::support::{Page, TestApp, TestPerson};

async fn sign_in_at(app: &TestApp, person: &TestPerson<'_>, days_ago: i64) {
    diesel::sql_query("INSERT INTO sign_ins (id, person_id, at, method, outcome) VALUES (gen_random_uuid(), $1, $2, 'password', 'refused')")
        .bind::<SqlUuid, _>(person.id.0)
        .bind::<Timestamptz, _>(app.clock.now() - Duration::days(days_ago))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
}

fn of(page: &Page, table: &str) -> String {
    page.first(&format!("#table-{table}")).unwrap_or_default()
}

#[tokio::test]
async fn every_table_with_something_of_theirs_is_on_the_page_and_no_other() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    app.customer("bob@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/privacy/your-data").await;
    let subject = Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await.unwrap();
    let found = queries::of(&mut *app.conn().await, &subject).await.unwrap();
    assert_eq!(page.all("article.held").len(), found.len());
    for (table, found) in found {
        let line = of(&page, table.name);
        assert!(line.starts_with(&format!("{} {}", table.about.trim_end_matches('.'), found.rows)), "{line}");
        assert!(line.contains(&table.rule.kept()), "{line}");
    }
    assert!(of(&page, "claims").is_empty(), "there is none");
    let people = of(&page, "people");
    assert!(people.contains("Identifiers, Customer records"), "{people}");
    assert!(people.contains("No date as long as you have an account."), "{people}");
    assert!(people.contains("whoever carries our mail"), "{people}");
    assert!(people.contains("held, never handed out"), "{people}");
    assert!(!page.words().contains("(S3"), "numbers of promises are ours");
    assert!(page.words().contains("controller, or business"));
    assert!(page.link("Restrict").contains("kind=restriction"));
}

#[tokio::test]
async fn a_date_on_the_page_is_the_day_on_which_the_sweep_takes_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    sign_in_at(&app, &ada, 364).await;
    sign_in_at(&app, &ada, 10).await;
    let now = app.clock.now();
    let page = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    let (next, last) = (day(&(now + Duration::days(1))), day(&(now + Duration::days(355))));
    let line = of(&page, "sign_ins");
    assert!(line.contains(&format!("The next goes on {next}, the last on {last}.")), "{line}");
    app.travel(Duration::days(1)).await;
    sweep::nightly((*app).clone()).await.unwrap();
    let page = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    let line = of(&page, "sign_ins");
    assert!(line.contains(&format!("Goes on {last}.")), "{line}");
}

#[tokio::test]
async fn what_hangs_on_another_row_goes_on_the_day_of_that_row() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let asked = browser.post("/privacy/requests/new", &[("kind", "deletion"), ("home", "us")]).await;
    app.mailbox().await;
    let open = of(&browser.get("/privacy/your-data").await, "data_request_steps");
    assert!(open.contains("No date yet: it is counted from the end of the request"), "{open}");
    browser.post(&format!("{}/withdrawal", asked.location()), &[]).await;
    app.mailbox().await;
    let ended = of(&browser.get("/privacy/your-data").await, "data_request_steps");
    let goes = rules::DATA_REQUESTS.goes_at(app.clock.now()).unwrap();
    assert!(ended.contains(&format!("Goes on {}.", day(&goes))), "{ended}");
}

#[tokio::test]
async fn of_more_than_are_counted_the_page_says_so() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    diesel::sql_query(format!(
        "INSERT INTO sign_ins (id, person_id, at, method, outcome) \
         SELECT gen_random_uuid(), $1, now(), 'password', 'refused' FROM generate_series(1, {CAP} + 5)"
    ))
    .bind::<SqlUuid, _>(ada.id.0)
    .execute(&mut app.conn().await)
    .await
    .unwrap();
    let page = app.sign_in_as(&ada).await.get("/privacy/your-data").await;
    assert!(of(&page, "sign_ins").contains("more than 10,000"), "{}", of(&page, "sign_ins"));
}

//! Invoices whose account is gone: staff answer for them, and say why they look.

use chrono::Duration;
use portal::platform::web::pages::date;
use portal::retention::{invoice_laws, sweep};
use portal::staff::permissions::Role;

use crate::support::{TestApp, count};

const REASON: &str = "The tax office asks for it by its number.";

#[tokio::test]
async fn whoever_says_why_finds_an_invoice_by_its_number_when_its_account_is_gone() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let (account, today) = (ada.account().await, app.today());
    let id = app.invoice(account, "2026-0001", 0).await;
    let owner = app.sign_in_as(&ada).await;
    let closing = owner.get(&format!("/accounts/{account}/closure/new")).await;
    closing.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    for _ in 0..2 {
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
    }
    assert_eq!(count(&app, "accounts").await, 0);
    let desk = app.desk_of(Role::Privacy).await;
    let found = desk.get("/staff/invoices?number=2026-0001").await;
    let law = invoice_laws::of("DE");
    let until = law.kept_until(today).format("%-d %B %Y");
    let detail = [
        format!("Analytical G. · issued on {}", date(today)),
        format!("Kept until {until} · Germany: {}", law.source),
    ];
    assert_eq!(found.all(".row-detail"), detail);
    let page = desk.get(&found.link("2026-0001")).await;
    assert_eq!(page.path, format!("/staff/invoices/{id}"));
    let words = page.words();
    assert!(words.contains(&format!("Kept until {until}")) && words.contains(law.source), "{words}");
    assert!(!words.contains("Analytical") && !words.contains("1,190.00"), "{words}");
    let short = page.submit_to("/looks", &[("reason", "because")]).await;
    assert_eq!((short.status, short.errors()[0].0.as_str()), (422, "reason"));
    assert!(!short.words().contains("Analytical"), "{}", short.words());
    let open = short.submit_to("/looks", &[("reason", REASON)]).await.follow().await;
    let words = open.words();
    assert!(
        words.contains("Analytical Engines GmbH Hauptstraße 1 Hinterhaus 10115 Berlin Germany"),
        "{words}"
    );
    assert!(words.contains("1,190.00 EUR"), "{words}");
    let log = desk.get("/staff/audit?action=invoice").await.words();
    assert!(log.contains("invoice.viewed_masked") && log.contains(&format!("{REASON} ({id})")), "{log}");
    app.travel(Duration::minutes(15)).await;
    assert!(!desk.get(&page.path).await.words().contains("Analytical"), "it is over");
    app.mailbox().await;
}

#[tokio::test]
async fn what_an_account_is_there_for_is_read_by_its_owner_and_other_roles_find_no_desk() {
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    let own = app.invoice(account, "own", 1).await;
    let left = app.invoice_of_nobody(account, "left", 1).await;
    let desk = app.desk_of(Role::Privacy).await;
    let empty = desk.get("/staff/invoices?number=own").await;
    assert!(empty.words().contains("No such invoice is here"), "{}", empty.words());
    assert_eq!(desk.get("/staff/invoices").await.all(".row-title a"), ["left"]);
    let paths = [own, left].map(|id| format!("/staff/invoices/{id}"));
    assert_eq!(desk.get(&paths[0]).await.status, 404);
    assert_eq!(desk.post(&format!("{}/looks", paths[0]), &[("reason", REASON)]).await.status, 404);
    assert_eq!(count(&app, "desk_looks").await, 0);
    for sid in ["IV1", "left"] {
        assert_eq!(desk.get(&format!("/staff/invoices/{sid}")).await.status, 404, "{sid}");
    }
    for role in [Role::Support, Role::Reviewer, Role::Marketing, Role::Admin] {
        let other = app.sign_in_as(&app.staff(role).await).await;
        for path in ["/staff/invoices", paths[1].as_str()] {
            assert_eq!(other.get(path).await.status, 404, "{role:?} {path}");
        }
    }
}

#[tokio::test]
async fn the_list_goes_page_by_page_is_empty_without_any_and_says_what_is_wrong_with_a_number() {
    let app = TestApp::start().await;
    let desk = app.desk_of(Role::Privacy).await;
    let nothing = desk.get("/staff/invoices").await;
    assert!(nothing.words().contains("No invoice is without an account"), "{}", nothing.words());
    let account = app.customer("ada@example.com").await.account().await;
    for number in 1..=27 {
        app.invoice_of_nobody(account, &format!("N-{number:02}"), 60 - number).await;
    }
    let first = desk.get("/staff/invoices").await;
    let expected: Vec<String> = (3..=27).rev().map(|number| format!("N-{number:02}")).collect();
    assert_eq!(first.all(".row-title a"), expected, "newest first");
    let second = desk.get(&first.link("Older")).await;
    assert_eq!(second.all(".row-title a"), ["N-02", "N-01"]);
    assert_eq!(desk.get(&second.link("Newer")).await.all(".row-title a"), expected);
    for number in ["1".repeat(65), "a%00b".into()] {
        let wrong = desk.get(&format!("/staff/invoices?number={number}")).await;
        assert_eq!((wrong.status, wrong.errors()[0].0.as_str()), (422, "number"), "{number}");
    }
    assert_eq!(desk.get("/staff/invoices?number=N-0").await.all(".row-title a").len(), 0, "all of it");
}

#[tokio::test]
async fn nobody_finds_an_invoice_when_the_law_has_no_more_need_of_it() {
    let app = TestApp::start().await;
    let account = app.customer("ada@example.com").await.account().await;
    let id = app.invoice_of_nobody(account, "1", 0).await;
    let end = invoice_laws::of("DE").kept_until(app.today());
    app.travel(end - app.clock.now()).await;
    sweep::nightly((*app).clone()).await.unwrap();
    let desk = app.desk_of(Role::Privacy).await;
    assert_eq!(desk.get(&format!("/staff/invoices/{id}")).await.status, 404);
    assert!(desk.get("/staff/invoices?number=1").await.words().contains("No such invoice is here"));
    app.mailbox().await;
}

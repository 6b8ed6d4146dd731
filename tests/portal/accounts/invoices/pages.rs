//! The pages of invoices: what they show, and to whom.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::InvoiceId;
use portal::platform::web::pages::date;
use portal::retention::invoice_laws;

use crate::support::{Page, TestApp, TestPerson, count};

async fn list(app: &TestApp, person: &TestPerson<'_>) -> Page {
    let path = format!("/accounts/{}/invoices", person.account().await);
    app.sign_in_as(person).await.get(&path).await
}

#[tokio::test]
async fn an_account_without_invoices_says_so_and_others_show_them_page_by_page() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    assert!(list(&app, &ada).await.words().contains("No invoices yet"));
    let account = ada.account().await;
    for number in 1..=27 {
        app.invoice(account, &format!("N-{number:02}"), 60 - number).await;
    }
    let numbers = |page: &Page| page.all(".row-title a");
    let first = list(&app, &ada).await;
    let expected: Vec<String> = (3..=27).rev().map(|number| format!("N-{number:02}")).collect();
    assert_eq!(numbers(&first), expected, "newest first");
    let second = app.sign_in_as(&ada).await.get(&first.link("Older")).await;
    assert_eq!(numbers(&second), ["N-02", "N-01"]);
    let back = app.sign_in_as(&ada).await.get(&second.link("Newer")).await;
    assert_eq!(numbers(&back), expected);
}

#[tokio::test]
async fn each_invoice_says_what_it_is_over_and_where_it_stands() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    for (number, days_ago) in [("open", 1), ("last day", 14), ("overdue", 15), ("paid", 40), ("void", 41)] {
        app.invoice(account, number, days_ago).await;
    }
    app.pay("paid").await;
    app.pay("void").await;
    app.void("void", "It was issued twice.").await;
    let page = list(&app, &ada).await;
    let titles = page.all(".row-title");
    assert_eq!(titles, ["open Open", "last day Open", "overdue Overdue", "paid Paid", "void Void"]);
    let detail = page.all(".row-detail").remove(0);
    let (issued, due) = (app.today() - Duration::days(1), app.today() + Duration::days(13));
    assert_eq!(detail, format!("1,190.00 EUR · issued on {} · due on {}", date(issued), date(due)));
    let voided = app.sign_in_as(&ada).await.get(&page.link("void")).await.words();
    assert!(
        voided.contains("Taken back because It was issued twice.") && voided.contains("Paid on"),
        "{voided}"
    );
}

#[tokio::test]
async fn the_page_of_an_invoice_has_its_address_and_the_law_by_which_it_is_kept() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let ada = app.customer("ada@example.com").await;
    app.invoice(ada.account().await, "2026-0001", 0).await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&list(&app, &ada).await.link("2026-0001")).await;
    let words = page.words();
    for part in [
        "Invoice 2026-0001",
        "1,190.00 EUR",
        "190.00 EUR",
        "Analytical Engines GmbH",
        "Hinterhaus",
        "10115 Berlin Germany",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let kept = invoice_laws::of("DE").kept_until(app.today()).format("%-d %B %Y").to_string();
    assert!(words.contains(&format!("Until {kept}")) && words.contains("Germany"), "{words}");
    assert!(words.contains(invoice_laws::of("DE").source), "{words}");
    let schedule = app.browser().get("/privacy/retention").await.words();
    for law in invoice_laws::LAWS.iter().chain([&invoice_laws::OTHERS]) {
        let row = format!("{} {} years {}", law.name, law.years, law.source);
        assert!(schedule.contains(&row), "{row}");
    }
}

#[tokio::test]
async fn the_country_stands_on_an_invoice_by_its_name() {
    let app = super::hook::open().await;
    let ada = app.customer("ada@example.com").await;
    let mut event = super::hook::issued(&app, ada.account().await, "2026-0001");
    event["billing"]["country"] = "CI".into();
    assert_eq!(super::hook::tell(&app, &event).await.status, 204);
    let page = app.sign_in_as(&ada).await.get(&list(&app, &ada).await.link("2026-0001")).await;
    assert!(page.words().contains("10115 Berlin Côte d’Ivoire"), "{}", page.words());
    assert!(page.words().contains("Country Every other country"), "and the law is that of the others");
}

#[tokio::test]
async fn only_the_owner_and_members_for_billing_find_them() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    let account = ada.account().await;
    let id = app.invoice(account, "1", 0).await;
    let one = format!("/accounts/{account}/invoices/{id}");
    for (email, role, status) in [
        ("dev@example.com", AccountRole::Developer, 404),
        ("bill@example.com", AccountRole::Billing, 200),
        ("priv@example.com", AccountRole::Privacy, 404),
    ] {
        let member = app.customer(email).await;
        app.add_member(account, &member, role).await;
        let browser = app.sign_in_as(&member).await;
        for path in [&format!("/accounts/{account}/invoices"), &one] {
            assert_eq!(browser.get(path).await.status, status, "{email} {path}");
        }
        let overview = browser.get(&format!("/accounts/{account}")).await;
        assert_eq!(
            overview.text().contains(&format!("/accounts/{account}/invoices")),
            status == 200,
            "the tab"
        );
    }
    let browser = app.sign_in_as(&eve).await;
    let own = eve.account().await;
    assert_eq!(browser.get(&one).await.status, 404);
    assert_eq!(browser.get(&format!("/accounts/{own}/invoices/{id}")).await.status, 404, "not below hers");
    let nothing = InvoiceId::new(app.clock.now());
    let owner = app.sign_in_as(&ada).await;
    for sid in [nothing.to_string(), "IV1".into(), account.to_string()] {
        assert_eq!(owner.get(&format!("/accounts/{account}/invoices/{sid}")).await.status, 404, "{sid}");
    }
}

#[tokio::test]
async fn they_are_read_while_the_account_is_closing_and_when_it_is_closed() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    app.invoice(account, "1", 0).await;
    let page = app.sign_in_as(&ada).await.get(&format!("/accounts/{account}/closure/new")).await;
    page.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    for state in ["closing", "closed"] {
        let current = format!("account_states WHERE ended_at IS NULL AND state = '{state}'");
        assert_eq!(count(&app, &current).await, 1);
        let page = list(&app, &ada).await;
        assert_eq!(page.all(".row-title a"), ["1"], "{state}: {}", page.words());
        app.travel(Duration::days(30)).await;
        app.run_timetable().await;
        if state == "closed" {
            assert_eq!(count(&app, "invoices WHERE account_id IS NULL").await, 1, "the sixtieth day");
        }
    }
    app.mailbox().await;
}

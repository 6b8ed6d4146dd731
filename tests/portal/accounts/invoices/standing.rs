//! What an open invoice stands against: the portal does not delete its owner by itself, staff may; closing goes on.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::privacy::erasure::{self, Obstacle};
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp, count, run};

/// Asks for the deletion of everything and confirms it. Answers the page of the request.
pub async fn confirmed(app: &TestApp, browser: &Browser) -> String {
    let asked = browser.post("/privacy/requests/new", &[("kind", "deletion"), ("home", "us")]).await;
    let path = asked.location().to_owned();
    assert_eq!(browser.post(&format!("{path}/confirmation"), &[]).await.status, 303);
    app.mailbox().await;
    path
}

#[tokio::test]
async fn a_deletion_waits_for_staff_while_an_invoice_is_open_and_goes_on_when_it_is_paid() {
    for voided in [false, true] {
        let app = TestApp::start().await;
        let ada = app.customer("ada@example.com").await;
        app.invoice(ada.account().await, "2026-0001", 20).await;
        let browser = app.sign_in_as(&ada).await;
        let asking = browser.get("/privacy/requests/new?kind=deletion").await;
        assert!(asking.words().contains("2026-0001 for 1,190.00 EUR, due on"), "{}", asking.words());
        let path = confirmed(&app, &browser).await;
        assert!(browser.get(&path).await.words().contains("does not delete you by itself"));
        app.travel(Duration::days(8)).await;
        app.run_timetable().await;
        assert_eq!(count(&app, "people").await, 1);
        let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
        let at_desk = desk.get(&path.replace("/privacy/", "/staff/")).await;
        assert!(
            at_desk.words().contains("An invoice to an account that they own is open"),
            "{}",
            at_desk.words()
        );
        if voided {
            app.void("2026-0001", "It was issued twice.").await;
        } else {
            app.pay("2026-0001").await;
        }
        app.run_timetable().await;
        assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0, "by itself");
        assert_eq!(count(&app, "data_requests WHERE state = 'fulfilled'").await, 1);
        assert_eq!(count(&app, "invoices WHERE account_id IS NULL").await, 1, "and the invoice stays");
        app.mailbox().await;
    }
}

#[tokio::test]
async fn staff_may_decide_that_somebody_goes_although_an_invoice_is_open_and_nothing_else_stands_against_it()
{
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.invoice(account, "1", 20).await;
    let path = confirmed(&app, &app.sign_in_as(&ada).await).await.replace("/privacy/", "/staff/");
    app.add_member(account, &bob, AccountRole::Developer).await;
    app.travel(Duration::days(8)).await;
    let desk = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    desk.get(&path).await.submit_to("/claim", &[]).await;
    let refused = desk.get(&format!("{path}/decision?outcome=fulfilled")).await.submit(&[]).await;
    assert_eq!(refused.status, 422, "others use the account: {}", refused.words());
    assert_eq!(
        erasure::obstacle(&mut *app.conn().await, &app.keys, ada.id).await.unwrap(),
        Some(Obstacle::Members)
    );
    run(&app, "DELETE FROM account_members").await;
    assert_eq!(
        erasure::obstacle(&mut *app.conn().await, &app.keys, ada.id).await.unwrap(),
        Some(Obstacle::Invoice)
    );
    let decided = desk.get(&format!("{path}/decision?outcome=fulfilled")).await.submit(&[]).await;
    assert_eq!(decided.status, 303, "{}", decided.words());
    app.run_jobs().await;
    assert_eq!(count(&app, "people WHERE email = 'ada@example.com'").await, 0);
    assert_eq!(count(&app, "invoices WHERE account_id IS NULL AND settled_on IS NULL").await, 1);
    // What is told of it later finds it all the same.
    app.pay("1").await;
    app.mailbox().await;
}

#[tokio::test]
async fn closing_an_account_goes_on_and_says_what_is_open_and_what_stays() {
    let app = TestApp::start().await;
    app.wait_for_noon().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.invoice(account, "1", 0).await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    let kept =
        portal::retention::invoice_laws::of("DE").kept_until(app.today()).format("%-d %B %Y").to_string();
    let stays = format!("for taxes and audits, the last until {kept}");
    let browser = app.sign_in_as(&ada).await;
    let form = browser.get(&format!("/accounts/{account}/closure/new")).await;
    assert!(form.words().contains("What is open stays due: 1 for 1,190.00 EUR"), "{}", form.words());
    assert!(form.words().contains(&stays), "{}", form.words());
    let fields = [("understood", "on"), ("confirmation", "First account")];
    let closed = form.submit_to("/closure", &fields).await.follow().await;
    assert!(closed.words().contains("This account is being closed") && closed.words().contains(&stays));
    let member = app.sign_in_as(&bob).await.get(&format!("/accounts/{account}/closure")).await.words();
    assert!(
        !member.contains("1,190.00 EUR") && member.contains(&stays),
        "what it is over is for billing: {member}"
    );
    let receipts = browser.get("/privacy/receipts").await;
    let receipt = browser.get(&receipts.link("The closure of an account")).await.words();
    assert!(receipt.contains(&format!("Invoices, until {kept}")), "{receipt}");
    app.mailbox().await;
}

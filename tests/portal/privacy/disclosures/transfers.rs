//! Business transfers: every owner of an account is told ahead, and before that nothing goes over (S124).

use chrono::Duration;
use portal::privacy::disclosures;

use super::{act, recorded, send};
use crate::staff::desk::team;
use crate::support::{Browser, TestApp, count, run};

/// Which transfers may go over on their day, as the database sees it.
const MAY: &str = "disclosures WHERE may_transfer(id, transfer_on)";

/// The fields of a transfer on a day.
fn fields(on: &str) -> [(&str, &str); 6] {
    [
        ("kind", "transfer"),
        ("recipient", "Claims Holding"),
        ("ground", ""),
        ("order_reference", ""),
        ("words", "Accounts with their owners."),
        ("transfer_on", on),
    ]
}

fn in_days(app: &TestApp, days: i64) -> String {
    (app.clock.now() + Duration::days(days)).date_naive().to_string()
}

async fn planned(app: &TestApp, desk: &Browser, days: i64) -> String {
    recorded(desk, &fields(&in_days(app, days))).await
}

#[tokio::test]
async fn it_goes_over_on_its_day_once_every_owner_was_told() {
    let app = TestApp::start().await;
    let staff = team(&app).await;
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let ada = app.customer("ada@example.com").await;
    app.account_of(&ada, "Second account").await;
    app.customer("grace@example.com").await;
    let path = planned(&app, &paul, 60).await;
    act(&rosa, &path, "approval", &[]).await;
    assert!(rosa.get(&path).await.words().contains("Owners who are told 0 of 2"));
    assert_eq!(count(&app, MAY).await, 0);
    app.run_jobs().await;
    let mut told: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.to).collect();
    told.sort_unstable();
    assert_eq!(told, ["ada@example.com", "grace@example.com"], "one for each, with however many accounts");
    assert_eq!(count(&app, MAY).await, 1);
    let handed = [("handed", "All that belongs to the business.")];
    assert!(act(&rosa, &path, "handover", &handed).await.contains("has not come"));

    app.customer("late@example.com").await;
    assert_eq!(count(&app, MAY).await, 0, "somebody came who does not know");
    for _ in 0..2 {
        disclosures::tend((*app).clone()).await.unwrap();
    }
    app.run_jobs().await;
    let mails = app.mailbox().await;
    assert_eq!(
        (mails.len(), mails[0].to.as_str(), mails[0].name.as_str()),
        (1, "late@example.com", "transfer_ahead")
    );
    app.travel(Duration::days(60)).await;
    let rosa = app.sign_in_as(&staff.1).await;
    assert!(act(&rosa, &path, "handover", &handed).await.contains("handed over"));
    assert_eq!(count(&app, "disclosures WHERE state = 'disclosed'").await, 1);
    let words = app.sign_in_as(&ada).await.get("/privacy/disclosures").await.words();
    assert!(
        words.contains("Claims Holding Handed over") && words.contains("everybody who owns an account"),
        "{words}"
    );
}

#[tokio::test]
async fn one_that_is_too_near_is_not_approved_and_of_one_that_was_dropped_nobody_hears() {
    let app = TestApp::start().await;
    let staff = team(&app).await;
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    app.customer("ada@example.com").await;
    let refused = send(&paul, &fields(&in_days(&app, 29))).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "transfer_on"));
    let (near, far) = (planned(&app, &paul, 30).await, planned(&app, &paul, 60).await);
    act(&rosa, &far, "approval", &[]).await;
    act(&paul, &far, "withdrawal", &[("withdrawal", "The buyer stepped back.")]).await;
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
    app.travel(Duration::days(1)).await;
    let rosa = app.sign_in_as(&staff.1).await;
    assert!(act(&rosa, &near, "approval", &[]).await.contains("thirty days before its day"));
    assert_eq!(count(&app, "disclosures WHERE approved_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn whoever_was_told_of_one_that_does_not_come_about_is_told_that_once() {
    let app = TestApp::start().await;
    let staff = team(&app).await;
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let ada = app.customer("ada@example.com").await;
    let grace = app.customer("grace@example.com").await.id.0;
    let path = planned(&app, &paul, 60).await;
    act(&rosa, &path, "approval", &[]).await;
    app.run_jobs().await;
    app.mailbox().await;
    app.customer("late@example.com").await;
    let said = act(&paul, &path, "withdrawal", &[("withdrawal", "The buyer stepped back.")]).await;
    assert!(said.contains("told that by mail"), "{said}");
    let is_told = async || paul.get(&path).await.words().contains("does not come about 2 of 2");
    assert!(!is_told().await);
    app.run_jobs().await;
    assert!(is_told().await);
    let words = app.sign_in_as(&ada).await.get("/privacy/disclosures").await.words();
    assert!(words.contains("Would have gone over on"), "{words}");
    let mails = app.mailbox().await;
    let mut told: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["ada@example.com", "grace@example.com"], "and nobody who was not told of it");
    assert!(mails.iter().all(|mail| mail.name == "transfer_called_off"));
    // As where the worker was killed before it came to her.
    run(&app, &format!("UPDATE transfer_notices SET called_off_at = NULL WHERE person_id = '{grace}'")).await;
    for _ in 0..2 {
        disclosures::tend((*app).clone()).await.unwrap();
    }
    app.run_jobs().await;
    assert_eq!(app.mail_to("grace@example.com").await.name, "transfer_called_off");
    disclosures::tend((*app).clone()).await.unwrap();
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty(), "once");
}

#[tokio::test]
async fn whoever_takes_an_account_over_on_the_day_is_told_and_keeps_nothing_from_going_over() {
    let app = TestApp::start().await;
    let staff = team(&app).await;
    let (paul, rosa) = (app.sign_in_as(&staff.0).await, app.sign_in_as(&staff.1).await);
    let ada = app.customer("ada@example.com").await;
    let path = planned(&app, &paul, 60).await;
    act(&rosa, &path, "approval", &[]).await;
    app.run_jobs().await;
    app.travel(Duration::days(60)).await;
    assert_eq!(count(&app, MAY).await, 1);
    let (bob, account) = (app.customer("bob@example.com").await.id.0, ada.account().await.0);
    run(&app, &format!("UPDATE accounts SET owner_id = '{bob}' WHERE id = '{account}'")).await;
    let now = app.clock.now().to_rfc3339();
    let handover = format!(
        "INSERT INTO account_handovers (id, account_id, what, from_id, to_id, created_at, expires_at, accepted_at) \
         VALUES (gen_random_uuid(), '{account}', 'ownership', '{}', '{bob}', '{now}', '{now}', '{now}')",
        ada.id.0
    );
    run(&app, &handover).await;
    assert_eq!(count(&app, MAY).await, 0, "they do not know yet");
    disclosures::tend((*app).clone()).await.unwrap();
    app.run_jobs().await;
    assert_eq!(count(&app, MAY).await, 1);
    let told: Vec<String> = app.mailbox().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(told, ["ada@example.com", "bob@example.com"]);
}

//! Who decides about an alert, and who reads what was said about it.

use diesel_async::RunQueryDsl as _;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::AccountId;
use portal::staff::permissions::Role;
use portal::trust::rules::evaluation;

use super::alerts::waiting;
use super::{Desk, count};
use crate::support::{TestApp, count as rows, lock_waits, run};

const WHY: &str = "They told us about this mailing before.";

/// An account about which a rule asks.
async fn asked_about(app: &TestApp) -> (Desk, AccountId) {
    let desk = Desk::of(app).await;
    let path = desk.write(&[]).await;
    desk.move_on(app, &path, "review").await;
    let account = app.customer("ada@example.com").await.account().await;
    count(app, account, 0, &[("outbound", 500)]).await;
    evaluation::run(app).await.unwrap();
    (desk, account)
}

#[tokio::test]
async fn whoever_is_in_an_account_decides_no_alert_about_it() {
    let app = TestApp::start().await;
    let (_, account) = asked_about(&app).await;
    let rosa = app.staff(Role::Reviewer).await;
    let reviewer = app.sign_in_as(&rosa).await;
    let alert = waiting(&reviewer).await;
    reviewer.post(&format!("{alert}/claim"), &[]).await;
    app.add_member(account, &rosa, AccountRole::Developer).await;
    for answer in ["agree", "dismiss"] {
        let typed = [("answer", answer), ("reason", WHY)];
        let page = reviewer.post(&format!("{alert}/decision"), &typed).await.follow().await;
        assert!(page.notices().join(" ").contains("You are in this account"), "{answer}: {}", page.words());
    }
    assert_eq!(rows(&app, "rule_alerts WHERE outcome IS NULL").await, 1);
    assert_eq!(rows(&app, "suspensions").await, 0);
    assert!(reviewer.get(&alert).await.words().contains("Not yours to decide"));
    reviewer.post(&format!("{alert}/release"), &[]).await;
    let offered = reviewer.get(&alert).await;
    assert!(!offered.text().contains("/claim\""), "{}", offered.words());
    let page = reviewer.post(&format!("{alert}/claim"), &[]).await.follow().await;
    assert!(page.notices().join(" ").contains("You are in this account"), "{}", page.words());
    assert_eq!(rows(&app, "desk_claims").await, 0, "nobody claims what they do not decide");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_is_signed_out_while_their_decision_waits_decides_nothing() {
    let app = TestApp::start().await;
    let (_, account) = asked_about(&app).await;
    let reviewer = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let alert = waiting(&reviewer).await;
    reviewer.post(&format!("{alert}/claim"), &[]).await;
    let mut conn = app.conn().await;
    diesel::sql_query("BEGIN").execute(&mut conn).await.unwrap();
    diesel::sql_query(format!("SELECT FROM accounts WHERE id = '{}' FOR UPDATE", account.0))
        .execute(&mut conn)
        .await
        .unwrap();
    let (decision, typed) = (format!("{alert}/decision"), [("answer", "dismiss"), ("reason", WHY)]);
    let deciding = reviewer.post(&decision, &typed);
    let ending = async {
        lock_waits(&app, "the decision waits", 1).await;
        let changed = "UPDATE people SET credential_version = credential_version + 1 \
            WHERE id IN (SELECT person_id FROM staff_roles WHERE role = 'reviewer')";
        run(&app, changed).await;
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (page, ()) = tokio::join!(deciding, ending);
    assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.location());
    assert_eq!(rows(&app, "rule_alerts WHERE outcome IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn why_an_alert_was_decided_is_for_whoever_wrote_it_and_whoever_says_why_they_look() {
    let app = TestApp::start().await;
    let (desk, _) = asked_about(&app).await;
    let author = app.sign_in_as(&app.staff(Role::Reviewer).await).await;
    let alert = waiting(&author).await;
    author.post(&format!("{alert}/claim"), &[]).await;
    author.post(&format!("{alert}/decision"), &[("answer", "dismiss"), ("reason", WHY)]).await;
    assert!(author.get(&alert).await.words().contains(WHY), "their own words");
    let other = desk.one;
    let page = other.get(&alert).await;
    assert!(page.words().contains("Dismissed") && !page.words().contains(WHY), "{}", page.words());
    other.post(&format!("{alert}/looks"), &[("reason", "To answer the owner, who called us.")]).await;
    assert!(other.get(&alert).await.words().contains(WHY));
    app.mailbox().await;
}

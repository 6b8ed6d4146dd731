//! What happened in an account.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::permissions::AccountRole;
use portal::platform::audit::{self, Actor, Circumstances, Event};
use portal::platform::db::schema::auth_tokens;
use portal::platform::ids::AccountId;
use portal::staff::permissions::Role;
use uuid::Uuid;

use crate::support::TestApp;

async fn happened(app: &TestApp, account: AccountId, actor: Actor, action: &'static str, note: Option<&str>) {
    let from = Circumstances::default();
    let event = Event { actor, subject_kind: "account", subject: Some(account.0), action, note, from: &from };
    audit::append(&mut *app.conn().await, app.clock.now(), event).await.unwrap();
}

#[tokio::test]
async fn each_change_is_told_with_who_and_what() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    let browser = app.sign_in_as(&ada).await;
    browser.post(&format!("/accounts/{account}/name"), &[("name", "Claims")]).await;
    let role = format!("/accounts/{account}/members/{}/role", bob.id);
    browser.post(&role, &[("role", "billing")]).await;
    let page = app.sign_in_as(&bob).await.get(&format!("/accounts/{account}/activity")).await;
    assert_eq!(page.all(".timeline-title"), ["A member got another role", "The account got another name"]);
    assert_eq!(page.all(".timeline-detail"), ["Ada · Bob from developer to billing", "Ada"]);
    assert!(page.all(".timeline-when")[0].ends_with("UTC"));
    app.mailbox().await;
}

#[tokio::test]
async fn programs_are_named_by_their_credential_and_staff_by_their_role() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let support = app.staff(Role::Support).await;
    happened(&app, account, Actor::Staff(support.id.0), "account.never.heard_of", None).await;
    happened(&app, account, Actor::Program(Uuid::nil()), "account.renamed", None).await;
    happened(&app, account, Actor::System, "account.renamed", Some("Because of a closure")).await;
    let of_account = auth_tokens::table.filter(auth_tokens::account_id.eq(account));
    let token: Uuid =
        of_account.select(auth_tokens::id).first(&mut app.conn().await).await.expect("made with the account");
    happened(&app, account, Actor::Program(token), "account.renamed", None).await;
    let page = app.sign_in_as(&ada).await.get(&format!("/accounts/{account}/activity")).await;
    assert_eq!(
        page.all(".timeline-detail"),
        [
            format!("A program with the auth token AT{}", token.simple()),
            "The portal itself · Because of a closure".into(),
            "A program whose credential is gone".into(),
            "LossExpress staff (support)".into(),
        ]
    );
    assert_eq!(page.all(".timeline-title")[3], "Something was changed in the account");
    assert!(!page.text().contains("account.never"));
}

#[tokio::test]
async fn who_left_is_not_named_any_more_and_a_long_list_has_pages() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    let note = format!("{} as developer", bob.id);
    happened(&app, account, Actor::Customer(bob.id.0), "account.member.joined", Some(&note)).await;
    for _ in 0..25 {
        happened(&app, account, Actor::Customer(ada.id.0), "account.renamed", None).await;
    }
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&format!("/accounts/{account}/activity")).await;
    assert_eq!(page.all(".timeline-title").len(), 25);
    let page = browser.get(&page.link("Older")).await;
    let gone = "Somebody who is no longer a member · somebody who is no longer a member as developer";
    assert_eq!(page.all(".timeline-detail"), [gone]);
    assert!(!page.text().contains(&bob.id.to_string()));
}

//! What happened in an account.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::permissions::AccountRole;
use portal::platform::audit::{self, Actor, Circumstances, Event};
use portal::platform::db::schema::{auth_tokens, people};
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
    assert_eq!(page.all(".timeline-detail"), ["By Ada · Bob from developer to billing", "By Ada"]);
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
            format!("By a program with the auth token AT{}", token.simple()),
            "By the portal itself · Because of a closure".into(),
            "By a program whose credential is gone".into(),
            "By LossExpress staff (support)".into(),
        ]
    );
    assert_eq!(page.all(".timeline-title")[3], "Something was changed in the account");
    assert!(!page.text().contains("account.never"));
}

#[tokio::test]
async fn who_left_is_named_until_they_are_gone_and_a_long_list_has_pages() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    let note = format!("{} from developer to billing", bob.id);
    happened(&app, account, Actor::Customer(bob.id.0), "account.member.role_changed", Some(&note)).await;
    for _ in 0..25 {
        happened(&app, account, Actor::Customer(ada.id.0), "account.renamed", None).await;
    }
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&format!("/accounts/{account}/activity")).await;
    assert_eq!(page.all(".timeline-title").len(), 25);
    let older = page.link("Older");
    let told = async || browser.get(&older).await.all(".timeline-detail").join("");
    assert_eq!(told().await, "By Bob · Bob from developer to billing");
    diesel::delete(people::table.find(bob.id)).execute(&mut app.conn().await).await.unwrap();
    assert_eq!(told().await, "By somebody who has gone · somebody who has gone from developer to billing");
}

#[tokio::test]
async fn the_address_of_an_invitation_is_told_to_the_owner_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    let browser = app.sign_in_as(&ada).await;
    let invited = [("email", "carl@example.com"), ("role", "billing")];
    browser.post(&format!("/accounts/{account}/members/invitations/new"), &invited).await;
    let activity = format!("/accounts/{account}/activity");
    let own = browser.get(&activity).await.all(".timeline-detail").join("");
    assert_eq!(own, "By Ada · carl@example.com as billing");
    let others = app.sign_in_as(&bob).await.get(&activity).await.all(".timeline-detail").join("");
    assert_eq!(others, "By Ada · somebody as billing");
    app.mailbox().await;
}

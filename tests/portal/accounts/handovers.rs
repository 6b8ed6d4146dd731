//! Ownership and the point of contact change hands by consent of both sides.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::permissions::AccountRole;
use portal::platform::db::schema::{account_members, accounts};
use portal::platform::ids::{AccountId, PersonId};

use crate::support::{Browser, Page, TestApp, TestPerson};

/// Ada owns the account; Bob and Carl are in it.
struct Scene<'a> {
    app: &'a TestApp,
    ada: TestPerson<'a>,
    bob: TestPerson<'a>,
    carl: TestPerson<'a>,
    account: AccountId,
}

impl<'a> Scene<'a> {
    async fn set(app: &'a TestApp) -> Scene<'a> {
        let ada = app.customer("ada@example.com").await;
        let bob = app.customer("bob@example.com").await;
        let carl = app.customer("carl@example.com").await;
        let account = ada.account().await;
        app.add_member(account, &bob, AccountRole::Billing).await;
        app.add_member(account, &carl, AccountRole::Privacy).await;
        Self { app, ada, bob, carl, account }
    }

    fn page(&self, page: &str) -> String {
        format!("/accounts/{}{page}", self.account)
    }

    async fn offer(&self, browser: &Browser, what: &str, to: &TestPerson<'_>) -> Page {
        let to = to.id.to_string();
        browser.post(&self.page(what), &[("member", &to), ("confirmation", "First account")]).await
    }

    /// Offers, and answers the page of the offer.
    async fn offered(&self, browser: &Browser, what: &str, to: &TestPerson<'_>) -> String {
        let page = self.offer(browser, what, to).await;
        assert_eq!(page.status, 303, "{}", page.words());
        self.app.mail_to(&to.email).await.link("/accounts/")
    }

    /// Owner, point of contact, and members with their roles.
    async fn facts(&self) -> (PersonId, Option<PersonId>, Vec<(PersonId, String)>) {
        let mut conn = self.app.conn().await;
        let (owner, contact) = accounts::table
            .find(self.account)
            .select((accounts::owner_id, accounts::contact_id))
            .first(&mut conn)
            .await
            .unwrap();
        let members = account_members::table
            .filter(account_members::account_id.eq(self.account))
            .order(account_members::person_id)
            .select((account_members::person_id, account_members::role))
            .load(&mut conn)
            .await
            .unwrap();
        (owner, contact, members)
    }
}

#[tokio::test]
async fn ownership_changes_hands_when_both_want_it() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let page = bob.get(&link).await;
    assert!(page.words().contains("Ada offers you the ownership"));
    let page = page.submit_to("/acceptance", &[]).await.follow().await;
    assert!(page.notices()[0].contains("The account is yours now."));
    let (owner, contact, members) = scene.facts().await;
    assert_eq!(
        (owner, contact),
        (scene.bob.id, Some(scene.ada.id)),
        "the point of contact is handed over by itself"
    );
    assert_eq!(members, [(scene.ada.id, "developer".to_owned()), (scene.carl.id, "privacy".to_owned())]);
    assert_eq!(app.mail_to("bob@example.com").await.subject, "You now own First account");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob now owns First account");
    assert_eq!(ada.get(&scene.page("/name")).await.status, 404);
    // She is still the point of contact, and hands that over as such.
    let link = scene.offered(&ada, "/members/contact", &scene.bob).await;
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 303);
    assert_eq!(ada.post(&scene.page("/members/departure"), &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn an_offer_of_ownership_names_the_account_and_a_member() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let ada = app.sign_in_as(&scene.ada).await;
    let stranger = app.customer("eve@example.com").await;
    let (bob, eve) = (scene.bob.id.to_string(), stranger.id.to_string());
    for (member, name, field) in [
        (bob.as_str(), "first account", "confirmation"),
        (bob.as_str(), "", "confirmation"),
        ("", "First account", "member"),
        (eve.as_str(), "First account", "member"),
    ] {
        let page =
            ada.post(&scene.page("/members/ownership"), &[("member", member), ("confirmation", name)]).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, field), "{member} {name}");
    }
    scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let page = scene.offer(&ada, "/members/ownership", &scene.carl).await;
    assert_eq!(page.status, 422);
    assert!(page.words().contains("is offered to Bob"));
}

#[tokio::test]
async fn an_offer_can_be_declined_and_withdrawn_and_runs_out() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    assert_eq!(bob.get(&link).await.submit_to("/refusal", &[]).await.status, 303);
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob declined the ownership of First account");
    assert_eq!(bob.get(&link).await.status, 410);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    ada.get(&scene.page("/members")).await.submit_to("/withdrawal", &[]).await;
    assert!(app.mail_to("bob@example.com").await.subject.contains("is no longer offered to you"));
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 410);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    app.travel(Duration::days(7)).await;
    let bob = app.sign_in_as(&scene.bob).await;
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 410);
    assert!(!bob.get("/accounts").await.words().contains("Ownership of"));
    scene.offered(&app.sign_in_as(&scene.ada).await, "/members/ownership", &scene.carl).await;
    assert_eq!(scene.facts().await.0, scene.ada.id);
}

#[tokio::test]
async fn an_offer_can_be_accepted_until_the_last_second_with_a_recent_sign_in() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let link = scene.offered(&app.sign_in_as(&scene.ada).await, "/members/ownership", &scene.bob).await;
    app.travel(Duration::days(7) - Duration::seconds(310)).await;
    let bob = app.sign_in_as(&scene.bob).await;
    app.travel(Duration::seconds(301)).await;
    let page = bob.post(&format!("{link}/acceptance"), &[]).await;
    assert!(page.location().starts_with("/reauthentication?next=%2Faccounts%2F"), "{}", page.location());
    let bob = app.sign_in_as(&scene.bob).await;
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 303);
    assert_eq!(scene.facts().await.0, scene.bob.id);
    app.mailbox().await;
}

#[tokio::test]
async fn only_whom_it_was_offered_to_can_answer() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let ada = app.sign_in_as(&scene.ada).await;
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let carl = app.sign_in_as(&scene.carl).await;
    let elsewhere = link.replace(&scene.account.to_string(), &scene.carl.account().await.to_string());
    for (browser, link) in [(&carl, &link), (&ada, &link), (&carl, &elsewhere)] {
        assert_eq!(browser.get(link).await.status, 404);
        for answer in ["acceptance", "refusal"] {
            assert_eq!(browser.post(&format!("{link}/{answer}"), &[]).await.status, 404);
        }
    }
    assert_eq!(carl.post(&format!("{link}/withdrawal"), &[]).await.status, 404);
    let bob = app.sign_in_as(&scene.bob).await;
    assert_eq!(bob.post(&format!("{link}/withdrawal"), &[]).await.status, 404);
    assert_eq!(scene.facts().await.0, scene.ada.id);
}

#[tokio::test]
async fn the_point_of_contact_is_offered_by_the_owner_or_by_who_it_is() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/contact", &scene.bob).await;
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 303);
    assert_eq!(scene.facts().await.1, Some(scene.bob.id));
    app.mailbox().await;
    let link = scene.offered(&bob, "/members/contact", &scene.carl).await;
    let carl = app.sign_in_as(&scene.carl).await;
    assert_eq!(carl.post(&format!("{link}/acceptance"), &[]).await.status, 303);
    assert_eq!(scene.facts().await.1, Some(scene.carl.id));
    let told: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.to).collect();
    assert_eq!(told, ["carl@example.com", "bob@example.com", "ada@example.com"]);
    assert_eq!(bob.get(&scene.page("/members/contact")).await.status, 404);
}

#[tokio::test]
async fn of_two_acceptances_at_once_one_counts() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let link = scene.offered(&app.sign_in_as(&scene.ada).await, "/members/ownership", &scene.bob).await;
    let (one, two) = (app.sign_in_as(&scene.bob).await, app.sign_in_as(&scene.bob).await);
    let accept = format!("{link}/acceptance");
    let (one, two) = tokio::join!(one.post(&accept, &[]), two.post(&accept, &[]));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [303, 410]);
    assert_eq!(scene.facts().await.2.len(), 2);
    assert_eq!(app.mailbox().await.len(), 2);
}

#[tokio::test]
async fn of_accepting_and_withdrawing_at_once_one_comes_to_pass() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let (accept, withdraw) = (format!("{link}/acceptance"), format!("{link}/withdrawal"));
    let (accepted, withdrawn) = tokio::join!(bob.post(&accept, &[]), ada.post(&withdraw, &[]));
    // Who was the owner a moment ago is told that it is over, as who made the offer.
    let mut both = [accepted.status, withdrawn.status];
    both.sort_unstable();
    assert_eq!(both, [303, 410]);
    let owner = if accepted.status == 303 { scene.bob.id } else { scene.ada.id };
    assert_eq!(scene.facts().await.0, owner);
    app.mailbox().await;
}

#[tokio::test]
async fn of_accepting_and_removing_the_member_at_once_one_comes_to_pass() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let accept = format!("{link}/acceptance");
    let remove = scene.page(&format!("/members/{}/removal", scene.bob.id));
    let (accepted, removed) = tokio::join!(bob.post(&accept, &[]), ada.post(&remove, &[]));
    let mut both = [accepted.status, removed.status];
    both.sort_unstable();
    assert_eq!(both, [303, 404]);
    let (owner, _, members) = scene.facts().await;
    if accepted.status == 303 {
        assert_eq!((owner, members.len()), (scene.bob.id, 2));
    } else {
        assert_eq!((owner, members), (scene.ada.id, vec![(scene.carl.id, "privacy".to_owned())]));
    }
    app.mailbox().await;
}

#[tokio::test]
async fn of_leaving_and_accepting_an_offer_at_once_nobody_is_left_without_an_owner() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let ada = app.sign_in_as(&scene.ada).await;
    let (one, two) = (app.sign_in_as(&scene.bob).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    let (accept, leave) = (format!("{link}/acceptance"), scene.page("/members/departure"));
    let (accepted, left) = tokio::join!(one.post(&accept, &[]), two.post(&leave, &[]));
    let owner = scene.facts().await.0;
    match (accepted.status, left.status) {
        (303, 422) => assert_eq!(owner, scene.bob.id),
        (404, 303) => assert_eq!(owner, scene.ada.id),
        other => panic!("{other:?}"),
    }
    app.mailbox().await;
}

#[tokio::test]
async fn who_goes_takes_no_offer_along() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let (ada, bob) = (app.sign_in_as(&scene.ada).await, app.sign_in_as(&scene.bob).await);
    let link = scene.offered(&ada, "/members/ownership", &scene.bob).await;
    assert_eq!(bob.post(&scene.page("/members/departure"), &[]).await.status, 303);
    assert!(!bob.get("/accounts").await.words().contains("Ownership of"));
    app.add_member(scene.account, &scene.bob, AccountRole::Billing).await;
    assert_eq!(bob.post(&format!("{link}/acceptance"), &[]).await.status, 410);
    app.mailbox().await;
}

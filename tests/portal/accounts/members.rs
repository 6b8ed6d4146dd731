//! Who is in an account, and how they go.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::AccountId;

use crate::support::{Browser, TestApp, TestPerson};

/// Ada owns the account and Bob is a developer in it.
struct Scene<'a> {
    ada: Browser,
    bob: TestPerson<'a>,
    account: AccountId,
}

impl Scene<'_> {
    async fn set(app: &TestApp) -> Scene<'_> {
        let ada = app.customer("ada@example.com").await;
        let bob = app.customer("bob@example.com").await;
        let account = ada.account().await;
        app.add_member(account, &bob, AccountRole::Developer).await;
        Scene { ada: app.sign_in_as(&ada).await, bob, account }
    }

    fn page(&self, page: &str) -> String {
        format!("/accounts/{}{page}", self.account)
    }

    fn of_bob(&self, page: &str) -> String {
        self.page(&format!("/members/{}/{page}", self.bob.id))
    }
}

#[tokio::test]
async fn the_owner_changes_a_role_and_both_are_told() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let page = scene.ada.get(&scene.of_bob("role")).await;
    assert_eq!(page.submit(&[("role", "owner")]).await.errors()[0].0, "role");
    let same = page.submit(&[]).await.follow().await;
    assert!(same.notices()[0].contains("Nothing was different"));
    let page = page.submit(&[("role", "privacy")]).await.follow().await;
    assert!(page.notices()[0].contains("Bob now has the role Privacy."));
    assert_eq!(app.mail_to("bob@example.com").await.subject, "You have another role in First account");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob has another role in First account");
    let page = app.sign_in_as(&scene.bob).await.get(&scene.page("")).await;
    assert!(page.words().contains("Your role Privacy"));
}

#[tokio::test]
async fn a_member_who_is_removed_is_out_at_once() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let bob = app.sign_in_as(&scene.bob).await;
    assert_eq!(bob.get(&scene.page("/members")).await.status, 200);
    let page = scene.ada.get(&scene.of_bob("removal")).await;
    assert!(page.words().contains("Remove Bob from First account?"));
    let page = page.submit(&[]).await.follow().await;
    assert!(page.notices()[0].contains("Bob was removed"));
    assert_eq!(bob.get(&scene.page("/members")).await.status, 404);
    assert_eq!(app.mail_to("bob@example.com").await.subject, "You were removed from First account");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob was removed from First account");
    assert_eq!(scene.ada.post(&scene.of_bob("removal"), &[]).await.status, 404);
}

#[tokio::test]
async fn a_member_leaves_by_themself() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let bob = app.sign_in_as(&scene.bob).await;
    let page = bob.get(&scene.page("/members")).await;
    let page = bob.get(&page.link("Leave")).await.submit(&[]).await;
    assert_eq!(page.location(), "/accounts");
    assert!(page.follow().await.notices()[0].contains("You left First account."));
    assert_eq!(bob.get(&scene.page("")).await.status, 404);
    assert_eq!(app.mail_to("bob@example.com").await.subject, "You left First account");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob left First account");
}

#[tokio::test]
async fn the_owner_cannot_leave() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    assert!(scene.ada.get(&scene.page("/members/departure")).await.words().contains("The owner stays"));
    assert_eq!(scene.ada.post(&scene.page("/members/departure"), &[]).await.status, 422);
    assert_eq!(scene.ada.get(&scene.page("")).await.status, 200);
}

#[tokio::test]
async fn the_point_of_contact_stays_until_that_is_handed_over() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let bob = app.sign_in_as(&scene.bob).await;
    let id = scene.bob.id.to_string();
    scene.ada.get(&scene.page("/members/contact")).await.submit(&[("member", &id)]).await;
    bob.get("/accounts").await.submit_to("/acceptance", &[]).await;
    app.mailbox().await;
    let page = scene.ada.post(&scene.of_bob("removal"), &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.words().contains("The point of contact stays"));
    assert_eq!(bob.post(&scene.page("/members/departure"), &[]).await.status, 422);
    // Ada takes it back by herself: she manages the account and agrees with herself.
    let page = scene.ada.get(&scene.page("/members/contact")).await;
    assert!(page.words().contains("Yourself, at once"));
    let page = page.submit(&[]).await.follow().await;
    assert!(page.notices()[0].contains("You are the point of contact now."));
    assert_eq!(
        app.mail_to("bob@example.com").await.subject,
        "Ada is now the point of contact of First account"
    );
    assert_eq!(bob.post(&scene.page("/members/departure"), &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn members_see_who_is_in_the_account_and_change_nobody() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let bob = app.sign_in_as(&scene.bob).await;
    let page = bob.get(&scene.page("/members")).await;
    assert!(page.words().contains("ada@example.com") && page.words().contains("joined on"));
    for absent in ["Invite somebody", "Change role", "Remove", "Hand over"] {
        assert!(!page.words().contains(absent), "{absent}");
    }
    for path in [
        scene.of_bob("role"),
        scene.of_bob("removal"),
        scene.page("/members/ownership"),
        scene.page("/members/contact"),
    ] {
        assert_eq!(bob.get(&path).await.status, 404, "{path}");
        assert_eq!(bob.post(&path, &[("role", "privacy")]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn roles_and_removals_take_a_recent_sign_in() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    app.travel(Duration::seconds(301)).await;
    for page in ["role", "removal"] {
        assert!(scene.ada.post(&scene.of_bob(page), &[]).await.location().starts_with("/reauthentication"));
    }
}

#[tokio::test]
async fn a_long_list_of_members_has_pages() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    for number in 1..=25 {
        let member = app.customer(&format!("m{number}@example.com")).await;
        app.add_member(scene.account, &member, AccountRole::Billing).await;
    }
    let first = scene.ada.get(&scene.page("/members")).await;
    let second = scene.ada.get(&first.link("Older")).await;
    assert!(second.words().contains("bob@example.com") && !first.words().contains("bob@example.com"));
}

#[tokio::test]
async fn each_role_has_its_tabs() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let page = scene.ada.get(&scene.page("/members")).await;
    let tabs = page.all(".tabs-link");
    assert!(
        ["Overview", "Members", "Activity"].iter().all(|tab| tabs.contains(&(*tab).to_owned())),
        "{tabs:?}"
    );
    assert_eq!(page.first(".tabs-link[aria-current]").unwrap(), "Members");
    for tab in tabs {
        assert_eq!(scene.ada.get(&page.link(&tab)).await.status, 200, "{tab}");
    }
}

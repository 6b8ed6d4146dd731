//! An account that is being closed is read-only: what an owner still had open in other tabs is refused and changes nothing,
//! what protects somebody works, and a closure that begins in between counts.

use diesel_async::SimpleAsyncConnection as _;
use portal::accounts::closure::read_only;
use portal::accounts::permissions::AccountRole;
use portal::platform::ids::AccountId;
use serde_json::json;

use crate::support::{Browser, Page, TestApp, TestPerson, count, lock_waits, run};

/// Ada owns the account, Bob is a developer in it.
struct Scene<'a> {
    app: &'a TestApp,
    ada: Browser,
    bob: TestPerson<'a>,
    account: AccountId,
}

/// What an owner changes: its name, the page with its form, the end of the form's address, and what is typed.
type Change = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const CHANGES: [Change; 7] = [
    ("/name", "/name", &[("name", "Late name")]),
    ("/credentials/keys/new", "/keys/new", &[("name", "Late key"), ("scopes", "storage:read")]),
    ("/credentials", "/auth-token/secondary", &[]),
    ("/credentials", "/leak-response", &[("leak_response", "replace")]),
    ("/members/invitations/new", "/invitations/new", &[("email", "carl@example.com"), ("role", "billing")]),
    ("/members/{bob}/role", "/role", &[("role", "billing")]),
    ("/storage/claims", "/storage/claims", &[("days", "30"), ("confirmed", "yes")]),
];

impl<'a> Scene<'a> {
    async fn set(app: &'a TestApp) -> Scene<'a> {
        let ada = app.customer("ada@example.com").await;
        let bob = app.customer("bob@example.com").await;
        let account = ada.account().await;
        app.add_member(account, &bob, AccountRole::Developer).await;
        Self { app, ada: app.sign_in_as(&ada).await, bob, account }
    }

    fn page(&self, page: &str) -> String {
        format!("/accounts/{}{}", self.account, page.replace("{bob}", &self.bob.id.to_string()))
    }

    /// The forms of every change, open in a tab each.
    async fn tabs(&self) -> Vec<(Change, Page)> {
        let mut tabs = Vec::new();
        for change in CHANGES {
            let page = self.ada.get(&self.page(change.0)).await;
            assert_eq!(page.status, 200, "{}: {}", change.0, page.words());
            tabs.push((change, page));
        }
        tabs
    }

    async fn close(&self) -> Page {
        let form = self.ada.get(&self.page("/closure/new")).await;
        form.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await
    }

    async fn undo(&self) {
        let page = self.ada.get(&self.page("/closure")).await.submit_to("/undo", &[]).await;
        assert_eq!(page.status, 303, "{}", page.words());
    }

    /// Everything that the changes would leave behind.
    async fn traces(&self) -> i64 {
        let mut traces = 0;
        for of in [
            "accounts WHERE name <> 'First account' OR leak_response <> 'revoke'",
            "api_keys",
            "auth_tokens WHERE slot = 'secondary'",
            "account_invitations",
            "account_members WHERE role <> 'developer'",
            "storage_choices",
            "account_handovers",
        ] {
            traces += count(self.app, of).await;
        }
        traces
    }
}

fn assert_read_only(page: &Page, what: &str) {
    assert_eq!((page.status, page.heading().as_str()), (403, read_only::TITLE), "{what}: {}", page.words());
}

#[tokio::test]
async fn what_was_open_in_other_tabs_is_refused_with_the_reason_and_the_way_to_undo_it() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let tabs = scene.tabs().await;
    let until = (app.clock.now() + chrono::Duration::days(30)).format("%-d %B %Y").to_string();
    assert_eq!(scene.close().await.status, 303);
    for ((name, ending, typed), tab) in &tabs {
        let page = tab.submit_to(ending, typed).await;
        assert_read_only(&page, name);
        assert!(
            page.words().contains(&until) && page.words().contains("Nothing was changed"),
            "{}",
            page.words()
        );
        assert_eq!(page.link("undo the closure"), scene.page("/closure"));
    }
    let bob = scene.bob.id.to_string();
    let offer = [("member", bob.as_str()), ("confirmation", "First account")];
    assert_read_only(&scene.ada.post(&scene.page("/members/ownership"), &offer).await, "ownership");
    assert_eq!(scene.traces().await, 0);
    scene.undo().await;
    for ((name, ending, typed), tab) in &tabs {
        let page = tab.submit_to(ending, typed).await;
        assert!(page.status < 400, "{name}: {} {}", page.status, page.words());
    }
    assert_eq!(
        scene.traces().await,
        6,
        "each of the seven changed something, the name and the leaks in one row"
    );
    app.mailbox().await;
}

#[tokio::test]
async fn a_closure_that_begins_after_the_guard_has_looked_counts() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    for ((name, ending, typed), tab) in scene.tabs().await {
        let mut conn = app.conn().await;
        conn.batch_execute("BEGIN; SELECT id FROM accounts FOR UPDATE").await.unwrap();
        let closing = async {
            lock_waits(&app, name, 1).await;
            conn.batch_execute("UPDATE account_states SET state = 'closing'; COMMIT").await.unwrap();
        };
        let (page, ()) = tokio::join!(tab.submit_to(ending, typed), closing);
        assert_read_only(&page, name);
        assert_eq!(scene.traces().await, 0, "{name}");
        run(&app, "UPDATE account_states SET state = 'trial'").await;
    }
    app.mailbox().await;
}

#[tokio::test]
async fn of_a_closure_and_a_key_at_once_no_key_is_younger_than_the_closure() {
    for _ in 0..4 {
        let app = TestApp::start().await;
        let scene = Scene::set(&app).await;
        let form = scene.ada.get(&scene.page("/credentials/keys/new")).await;
        let closure = scene.ada.get(&scene.page("/closure/new")).await;
        let typed = [("name", "At once"), ("scopes", "storage:read")];
        let sure = [("understood", "on"), ("confirmation", "First account")];
        let (key, closed) =
            tokio::join!(form.submit_to("/keys/new", &typed), closure.submit_to("/closure", &sure));
        assert_eq!(closed.status, 303, "{}", closed.words());
        assert_eq!(count(&app, "api_keys").await, i64::from(key.status == 200), "{}", key.words());
        assert!([200, 403].contains(&key.status), "{}", key.status);
        let late =
            "api_keys k JOIN account_closures c USING (account_id) WHERE k.created_at > c.requested_at";
        assert_eq!(count(&app, late).await, 0);
        app.mailbox().await;
    }
}

#[tokio::test]
async fn what_protects_somebody_works_while_the_account_is_being_closed() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let form = scene.ada.get(&scene.page("/credentials/keys/new")).await;
    form.submit(&[("name", "Nightly"), ("scopes", "storage:read")]).await;
    let record = app.subscriber_record(&scene.ada, scene.account, "FR", "Martha Keel").await;
    scene.close().await;
    let list = scene.ada.get(&scene.page("/credentials")).await;
    assert!(
        !list.words().contains("New API key") && !list.words().contains("Make a secondary"),
        "{}",
        list.words()
    );
    let key = scene.ada.get(&list.attr("a[href$='/revocation']", "href").expect("a key")).await;
    assert_eq!(key.submit_to("/revocation", &[]).await.status, 303);
    assert_eq!(count(&app, "api_keys WHERE revoked_at IS NOT NULL").await, 1);
    let replaced = scene.ada.get(&list.link("Replace")).await.submit_to("/replacement", &[]).await;
    let fresh = replaced.follow().await.submit_to("/display", &[]).await;
    assert_eq!(
        app.program_shown(scene.account, &fresh).get("/claims").await.status,
        200,
        "to fetch what is in it"
    );
    assert_eq!(scene.ada.post(&format!("{record}/withdrawal"), &[]).await.status, 303);
    assert_eq!(count(&app, "subscriber_records WHERE ended_because = 'withdrawn'").await, 1);
    let removed = scene.ada.get(&scene.page("/members/{bob}/removal")).await.submit_to("/removal", &[]).await;
    assert_eq!((removed.status, count(&app, "account_members").await), (303, 0), "{}", removed.words());
    app.mailbox().await;
}

#[tokio::test]
async fn people_in_the_content_are_served_and_copies_ordered_while_the_account_is_being_closed() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    scene.close().await;
    let search = [("kind", "email"), ("value", "grace@example.net")];
    let person = scene.ada.post(&scene.page("/end-users"), &search).await.follow().await;
    let form = scene.ada.get(&person.link("Restrict")).await;
    assert_eq!(form.submit_to("/restriction", &[("reason", "Asked by letter.")]).await.status, 303);
    assert_eq!(count(&app, "restrictions").await, 1);
    let deletion = scene.ada.get(&person.link("Delete")).await;
    assert_eq!(deletion.submit_to("/deletion", &[("word", "delete")]).await.status, 303);
    let copy = scene.ada.get("/privacy/exports/new").await;
    assert_eq!(copy.submit_to("/privacy/exports", &[("of", "person")]).await.status, 303);
    app.run_jobs().await;
    app.mailbox().await;
}

#[tokio::test]
async fn the_point_of_contact_hands_that_over_and_leaves_and_ownership_stays_where_it_is() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let bob = scene.bob.id.to_string();
    let offer = [("member", bob.as_str()), ("confirmation", "First account")];
    scene.ada.post(&scene.page("/members/contact"), &offer).await;
    let contact = app.mail_to("bob@example.com").await.link("/accounts/");
    scene.ada.post(&scene.page("/members/ownership"), &offer).await;
    let ownership = app.mail_to("bob@example.com").await.link("/accounts/");
    scene.close().await;
    let his = app.sign_in_as(&scene.bob).await;
    let page = his.get(&ownership).await;
    assert!(page.words().contains("cannot be accepted at present") && !page.words().contains("Accept "));
    assert_read_only(&his.post(&format!("{ownership}/acceptance"), &[]).await, "ownership");
    assert_eq!(his.post(&format!("{contact}/acceptance"), &[]).await.status, 303);
    assert_eq!(his.post(&scene.page("/members/departure"), &[]).await.status, 422, "the point of contact");
    let page = scene.ada.get(&scene.page("/members/contact")).await;
    assert_eq!(page.submit(&[]).await.status, 303, "Ada takes it back");
    assert_eq!(his.post(&scene.page("/members/departure"), &[]).await.status, 303);
    assert_eq!(count(&app, "account_members").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn programs_are_told_why_and_where_it_is_undone() {
    let app = TestApp::start().await;
    let scene = Scene::set(&app).await;
    let program = app.program_in(scene.account).await;
    scene.close().await;
    let wish = json!({ "stored": true, "days": 30 });
    let path = "/storage/claims";
    let request = program.request(reqwest::Method::PUT, path).header("if-match", "*").json(&wish);
    let refused = program.send(request).await;
    assert_eq!(
        (refused.status, refused.json()["instance"].as_str()),
        (403, Some(scene.page("/closure").as_str()))
    );
    assert!(
        refused.json()["detail"].as_str().unwrap().contains("can be read, people in it can be restricted"),
        "{}",
        refused.text()
    );
    assert_eq!(count(&app, "storage_choices").await, 0);
    app.mailbox().await;
}

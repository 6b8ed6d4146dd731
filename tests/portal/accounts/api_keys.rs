//! API keys: made, shown once, looked at, revoked; told three days before they end (S57, S58, S60).

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::api::scopes::Scope;
use portal::platform::ids::AccountId;
use portal::routes;
use reqwest::Method;
use serde_json::json;

use crate::support::{Browser, Page, Program, TestApp, count, run};

async fn owner(app: &TestApp) -> (AccountId, Browser) {
    let ada = app.customer("ada@example.com").await;
    (ada.account().await, app.sign_in_as(&ada).await)
}

async fn form(browser: &Browser, account: AccountId) -> Page {
    browser.get(&format!("/accounts/{account}/credentials/keys/new")).await
}

#[tokio::test]
async fn a_new_key_shows_its_secret_once_and_does_what_its_scopes_say() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let empty = browser.get(&format!("/accounts/{account}/credentials")).await;
    assert!(empty.words().contains("No API keys yet"));
    let fields = [("name", "Nightly import"), ("scopes", "storage:read")];
    let shown = form(&browser, account).await.submit(&fields).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"), "{}", shown.words());
    let key = app.program_shown(account, &shown);
    assert_eq!(key.get("/storage").await.status, 200);
    assert!(!shown.path.contains(&key.secret));
    let list = browser.get(&format!("/accounts/{account}/credentials")).await;
    assert!(list.words().contains("Nightly import storage:read"), "{}", list.words());
    let page = browser.get(&list.link("Nightly import")).await;
    assert!(page.words().contains("by Ada") && page.words().contains("see how long content is kept"));
    for page in [list, page] {
        assert!(!page.text().contains(&key.secret));
    }
    let letter = app.mail_to("ada@example.com").await;
    assert_eq!(letter.subject, "An API key was made in First account");
    assert!(letter.text.contains("storage:read") && !letter.text.contains(&key.secret));
    assert_eq!(letter.link("/accounts/"), format!("/accounts/{account}/credentials"));
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let yesterday = (app.clock.now() - Duration::days(1)).date_naive().to_string();
    let page = form(&browser, account).await.submit(&[("name", " "), ("expires_on", &yesterday)]).await;
    let wrong: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((page.status, wrong), (422, ["name", "scopes", "expires_on"].map(String::from).to_vec()));
    assert_eq!(page.value("expires_on"), yesterday);
    let page =
        page.submit(&[("name", &"x".repeat(101)), ("scopes", "claims:write"), ("expires_on", "")]).await;
    assert_eq!(page.errors().len(), 1);
    assert_eq!(page.attr("[value='claims:write']", "checked"), Some(String::new()));
    let page = page.submit(&[("name", "Key"), ("scopes", "keys:write")]).await;
    assert_eq!(page.errors()[0].0, "scopes");
    assert_eq!(count(&app, "api_keys").await, 0);
}

#[tokio::test]
async fn keys_without_end_are_no_way_around_the_limit_of_each() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    run(&app, "DELETE FROM rate_limits").await;
    let fields = [("name", "One of many"), ("scopes", "claims:read")];
    for status in [200, 200, 429] {
        assert_eq!(form(&browser, account).await.submit(&fields).await.status, status);
        // As if 49 others had been made.
        run(&app, "UPDATE rate_limits SET full_at = full_at + interval '49 minutes' * 14.4").await;
    }
    assert_eq!(count(&app, "api_keys").await, 2);
    app.mailbox().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_key_and_says_so() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let page = form(&browser, account).await;
    let fields = [("name", "Nightly"), ("scopes", "claims:read")];
    let (one, other) = tokio::join!(page.submit(&fields), page.submit(&fields));
    let refused = if one.status == 409 { &one } else { &other };
    assert_eq!((one.status + other.status, count(&app, "api_keys").await), (609, 1));
    assert!(refused.error().contains("made the key “Nightly”"), "{}", refused.error());
    assert_eq!(refused.submit(&[("name", "Second")]).await.status, 200, "on purpose");
    assert_eq!(app.mailbox().await.len(), 2);
}

#[tokio::test]
async fn a_key_named_by_an_address_or_a_number_is_made_only_after_a_decision() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let name = "Import of ada@example.com";
    let fields = [("name", name), ("scopes", "claims:read"), ("expires_on", "2027-01-31")];
    let page = form(&browser, account).await.submit(&fields).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "name"));
    assert_eq!((page.value("name").as_str(), page.value("suggestion").as_str()), (name, "Import of"));
    assert_eq!(page.attr("[value='claims:read']", "checked"), Some(String::new()), "the rest stays");
    assert_eq!((page.value("expires_on").as_str(), count(&app, "api_keys").await), ("2027-01-31", 0));
    let taken = page.submit(&[("suggestion", "Import of")]).await;
    assert!(taken.status == 200 && taken.words().contains("“Import of”"), "{}", taken.words());
    let page = form(&browser, account).await.submit(&[("name", "+1 202 555 0100"), fields[1]]).await;
    assert_eq!(
        (page.status, page.attr("[name='suggestion']", "value")),
        (422, None),
        "nothing would be left"
    );
    let other = page.submit(&[("keep_name", "yes"), ("suggestion", "+1 202 555 0101")]).await;
    assert_eq!(other.status, 200, "kept: {}", other.words());
    assert_eq!(count(&app, "api_keys WHERE name LIKE '%@%'").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_chooses_the_id_of_a_key() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let eve = app.customer("eve@example.com").await;
    let theirs = form(&app.sign_in_as(&eve).await, eve.account().await).await.value("form");
    for sealed in ["", "c2VhbGVk", &theirs] {
        let fields = [("name", "Key"), ("scopes", "claims:read"), ("form", sealed)];
        let page = form(&browser, account).await.submit(&fields).await;
        assert_eq!((page.status, count(&app, "api_keys").await), (422, 0), "{sealed}");
        assert!(page.error().contains("send it once more"));
    }
}

#[tokio::test]
async fn a_revoked_key_is_dead_at_once_and_stays_on_a_list_of_its_own() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let fields = [("name", "Nightly"), ("scopes", "storage:read")];
    let key = app.program_shown(account, &form(&browser, account).await.submit(&fields).await);
    assert_eq!(key.get("/storage").await.status, 200);
    let confirm = browser.get(&format!("/accounts/{account}/credentials/keys/{}/revocation", key.user)).await;
    assert!(confirm.words().contains("Last used") && confirm.words().contains("stops working at once"));
    let list = confirm.submit(&[]).await.follow().await;
    assert_eq!(key.get("/storage").await.status, 401);
    assert!(list.words().contains("No API keys yet"), "{}", list.words());
    assert!(confirm.submit(&[]).await.follow().await.notices()[0].contains("revoked before"));
    let revoked = browser.get(&list.link("Revoked keys")).await;
    assert!(revoked.words().contains("Nightly Revoked storage:read"), "{}", revoked.words());
    let told: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(told, ["An API key was made in First account", "An API key was revoked in First account"]);
}

#[tokio::test]
async fn whoever_made_a_key_is_told_as_well_as_the_owner_until_they_leave() {
    let app = TestApp::start().await;
    let (account, owner) = owner(&app).await;
    let dev = app.customer("dev@example.com").await;
    run(
        &app,
        &format!(
            "INSERT INTO account_members (account_id, person_id, role, joined_at) VALUES ('{}', '{}', 'developer', now())",
            account.0, dev.id.0
        ),
    )
    .await;
    let browser = app.sign_in_as(&dev).await;
    let fields = [("name", "Nightly"), ("scopes", "claims:read")];
    let first = app.program_shown(account, &form(&browser, account).await.submit(&fields).await);
    let second = app.program_shown(account, &form(&browser, account).await.submit(&fields).await);
    let mut told: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.to).collect();
    told.sort_unstable();
    assert_eq!(told, ["ada@example.com", "ada@example.com", "dev@example.com", "dev@example.com"]);
    let path = |key: &Program| format!("/accounts/{account}/credentials/keys/{}/revocation", key.user);
    owner.post(&path(&first), &[]).await;
    assert_eq!(app.mailbox().await.len(), 2);
    run(&app, "DELETE FROM account_members").await;
    assert_eq!(browser.post(&path(&second), &[]).await.status, 404, "no longer a member");
    for (email, role) in [("next@example.com", "developer"), ("bills@example.com", "billing")] {
        let person = app.customer(email).await.id.0;
        let joined = format!("'{}', '{person}', '{role}', now()", account.0);
        run(
            &app,
            &format!(
                "INSERT INTO account_members (account_id, person_id, role, joined_at) VALUES ({joined})"
            ),
        )
        .await;
    }
    owner.post(&path(&second), &[]).await;
    let mut told: Vec<String> = app.mailbox().await.into_iter().map(|letter| letter.to).collect();
    told.sort_unstable();
    assert_eq!(told, ["ada@example.com", "next@example.com"], "who could care for it now");
}

#[tokio::test]
async fn the_end_of_a_key_is_announced_three_days_ahead_and_once() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let last = (app.clock.now() + Duration::days(10)).date_naive();
    let end = last.succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let fields = [("name", "Nightly"), ("scopes", "claims:read"), ("expires_on", &last.to_string())];
    assert_eq!(form(&browser, account).await.submit(&fields).await.status, 200);
    app.mailbox().await;
    let until = |left: Duration| end - left - app.clock.now();
    app.travel(until(Duration::days(3) + Duration::seconds(60))).await;
    app.run_timetable().await;
    assert_eq!(app.mailbox().await.len(), 0, "3 days and a minute before");
    app.travel(until(Duration::days(3) - Duration::seconds(1))).await;
    let twin = app.twin();
    let both = tokio::join!(portal::accounts::api_keys::announce(twin), app.run_timetable());
    both.0.expect("two at once");
    app.run_timetable().await;
    let letters = app.mailbox().await;
    assert_eq!(letters.len(), 1, "3 days less a second before");
    assert_eq!(letters[0].subject, "The API key “Nightly” expires soon");
    assert!(letters[0].text.contains("Last used:   never"), "{}", letters[0].text);
}

#[tokio::test]
async fn a_key_that_ends_in_less_than_three_days_needs_no_announcement_and_a_revoked_one_gets_none() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    let today = app.clock.now().date_naive().to_string();
    let fields = [("name", "Today"), ("scopes", "claims:read"), ("expires_on", &today)];
    assert_eq!(form(&browser, account).await.submit(&fields).await.status, 200);
    run(
        &app,
        "UPDATE api_keys SET revoked_at = now(), revoked_because = 'revoked', expiry_announced_at = NULL",
    )
    .await;
    let fields = [("name", "Other"), ("scopes", "claims:read"), ("expires_on", &today)];
    assert_eq!(form(&browser, account).await.submit(&fields).await.status, 200);
    app.mailbox().await;
    app.run_timetable().await;
    assert_eq!(app.mailbox().await.len(), 0);
    let list = browser.get(&format!("/accounts/{account}/credentials")).await;
    assert!(list.words().contains("Other Expires in"), "{}", list.words());
}

#[tokio::test]
async fn a_long_list_of_keys_has_pages() {
    let app = TestApp::start().await;
    let (account, browser) = owner(&app).await;
    run(
        &app,
        &format!(
            "INSERT INTO api_keys (id, account_id, name, scopes, secret_digest, created_at) \
             SELECT lpad(to_hex(n), 32, '0')::uuid, '{}', 'Key ' || n, '{{claims:read}}', sha256(n::text::bytea), now() - interval '400 days' \
             FROM generate_series(1, 27) AS n",
            account.0
        ),
    )
    .await;
    let page = browser.get(&format!("/accounts/{account}/credentials")).await;
    assert!(page.words().contains("Key 27 Older than a year Unused for 90 days"), "{}", page.words());
    assert!(!page.words().contains("Key 2 "));
    let next = browser.get(&page.link("Older").replace("&amp;", "&")).await;
    assert!(next.words().contains("Key 2 ") && next.words().contains("Key 1 "), "{}", next.words());
}

#[tokio::test]
async fn no_route_of_the_api_makes_or_changes_a_credential() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    let (key, token) = (app.program_with(&ada, &Scope::ALL).await, app.program(&ada).await);
    let state = async || {
        let query = "SELECT string_agg(c::text, ';') FROM (SELECT id, revoked_at, scopes FROM api_keys \
            UNION ALL SELECT id, revoked_at, ARRAY[slot] FROM auth_tokens ORDER BY id) c";
        let rows: Option<String> =
            diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Text>>(query)
                .get_result(&mut app.conn().await)
                .await
                .expect("the credentials");
        rows.expect("two of them")
    };
    let before = state().await;
    let body = json!({ "name": "Another", "scopes": ["claims:read"], "slot": "secondary" });
    for route in routes::routes().iter().filter(|route| route.path.starts_with("/v1/")) {
        assert!(!route.path.contains("keys") && !route.path.contains("token"), "{}", route.path);
        let path = route.path.replace("{account}", &account.to_string());
        for program in [&key, &token] {
            let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
            program.send(program.request(method, &path).header("if-match", "*").json(&body)).await;
        }
    }
    assert_eq!(state().await, before);
    let keys = key.post("/keys", &body).await;
    assert_eq!(keys.status, 404);
}

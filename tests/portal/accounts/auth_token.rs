//! The auth token: shown once, changed over without a pause, replaced when it is lost (S55, S58, S59, S60).

use chrono::Duration;
use portal::platform::ids::AccountId;

use crate::support::{Browser, Program, TestApp, TestPerson, run};

const STORAGE: &str = "/storage";

async fn owner(app: &TestApp) -> (TestPerson<'_>, AccountId, Browser) {
    let ada = app.customer("ada@example.com").await;
    let (account, browser) = (ada.account().await, app.sign_in_as(&ada).await);
    (ada, account, browser)
}

fn credentials(account: AccountId) -> String {
    format!("/accounts/{account}/credentials")
}

async fn subjects(app: &TestApp) -> Vec<String> {
    app.mailbox().await.into_iter().map(|letter| format!("{}: {}", letter.to, letter.subject)).collect()
}

#[tokio::test]
async fn the_secret_is_shown_once_with_guidance_and_is_not_stored() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    let page = browser.get(&credentials(account)).await;
    assert!(page.words().contains("Not yet shown"), "{}", page.words());
    let shown = page.submit_to("/display", &[]).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
    for words in ["shown only now", "source control", "password manager", "Copy"] {
        assert!(shown.words().contains(words), "{words}: {}", shown.words());
    }
    assert_eq!(app.program_shown(account, &shown).get(STORAGE).await.status, 200);
    let again = page.submit_to("/display", &[]).await;
    assert!(again.follow().await.notices()[0].contains("shown before"));
    let later = browser.get(&credentials(account)).await;
    assert!(!later.words().contains("Not yet shown"));
    assert!(!later.text().contains(&app.program_shown(account, &shown).secret));
}

#[tokio::test]
async fn of_two_tabs_that_ask_at_once_one_sees_the_secret() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    let path = format!("{}/auth-token/display", credentials(account));
    let fields = [("slot", "primary")];
    let (one, other) = tokio::join!(browser.post(&path, &fields), browser.post(&path, &fields));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 303]);
}

#[tokio::test]
async fn the_secret_on_the_page_comes_as_a_file_and_no_other_does() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    let shown = browser.get(&credentials(account)).await.submit_to("/display", &[]).await;
    let secret = app.program_shown(account, &shown).secret;
    let file = shown.submit_to("/credentials/file", &[]).await;
    assert!(file.header("content-disposition").contains("attachment"));
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.text().contains(&secret) && file.text().contains(&account.to_string()));
    let eve = app.customer("eve@example.com").await;
    let theirs = format!("{}/file", credentials(eve.account().await));
    let page = app.sign_in_as(&eve).await.post(&theirs, &[("secret", &secret)]).await;
    assert_eq!(page.status, 404, "a secret of another account");
}

#[tokio::test]
async fn tokens_change_over_without_a_pause() {
    let app = TestApp::start().await;
    let (ada, account, browser) = owner(&app).await;
    let old = app.program(&ada).await;
    let made = browser.get(&credentials(account)).await.submit_to("/secondary", &[]).await;
    let page = made.follow().await;
    assert!(page.words().contains("Secondary token Not yet shown"), "{}", page.words());
    let new = app.program_shown(account, &page.submit_to("/display", &[("slot", "secondary")]).await);
    assert_eq!((old.get(STORAGE).await.status, new.get(STORAGE).await.status), (200, 200), "the overlap");
    let confirm = browser.get(&page.link("Make it the primary one")).await;
    for words in ["stops working at once", "It was last used", "Something still runs with it"] {
        assert!(confirm.words().contains(words), "{words}: {}", confirm.words());
    }
    assert!(confirm.submit(&[]).await.follow().await.notices()[0].contains("primary one now"));
    assert_eq!((old.get(STORAGE).await.status, new.get(STORAGE).await.status), (401, 200));
    let page = browser.get(&credentials(account)).await;
    assert!(!page.words().contains("Secondary token "), "{}", page.words());
    assert_eq!(
        subjects(&app).await,
        [
            "ada@example.com: A secondary auth token was made in First account",
            "ada@example.com: The secondary auth token took over in First account",
        ]
    );
}

#[tokio::test]
async fn a_secondary_token_is_refused_where_there_is_one_and_can_be_removed() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    let path = format!("{}/auth-token/secondary", credentials(account));
    let (one, other) = tokio::join!(browser.post(&path, &[]), browser.post(&path, &[]));
    assert_eq!((one.status, other.status), (303, 303));
    let page = browser.get(&credentials(account)).await;
    assert_eq!(page.all(".row-title").iter().filter(|title| title.starts_with("Secondary")).count(), 1);
    let new = app.program_shown(account, &page.submit_to("/display", &[("slot", "secondary")]).await);
    let confirm = browser.get(&page.link("Remove")).await;
    assert_eq!(confirm.submit(&[]).await.status, 303);
    assert_eq!(new.get(STORAGE).await.status, 401);
    assert_eq!(subjects(&app).await.len(), 2, "made once and removed once");
}

#[tokio::test]
async fn a_confirmation_that_was_opened_before_the_tokens_changed_changes_nothing() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    browser.post(&format!("{}/auth-token/secondary", credentials(account)), &[]).await;
    let promotion = browser.get(&format!("{}/auth-token/secondary/promotion", credentials(account))).await;
    let removal = browser.get(&format!("{}/auth-token/secondary/removal", credentials(account))).await;
    removal.submit(&[]).await;
    browser.post(&format!("{}/auth-token/secondary", credentials(account)), &[]).await;
    let stale = promotion.submit(&[]).await.follow().await;
    assert!(stale.notices().iter().any(|notice| notice.contains("have changed since")), "{}", stale.words());
    assert!(stale.words().contains("Secondary token"), "the new one was not promoted");
    app.mailbox().await;
}

#[tokio::test]
async fn a_lost_token_is_replaced_at_once_but_not_beside_a_secondary_one() {
    let app = TestApp::start().await;
    let (ada, account, browser) = owner(&app).await;
    let old = app.program(&ada).await;
    let page = browser.get(&credentials(account)).await;
    let confirm = browser.get(&page.link("Replace")).await;
    assert!(confirm.words().contains("It was never used"), "{}", confirm.words());
    let done = confirm.submit(&[]).await.follow().await;
    assert_eq!(old.get(STORAGE).await.status, 401);
    let new = app.program_shown(account, &done.submit_to("/display", &[]).await);
    assert_eq!(new.get(STORAGE).await.status, 200);
    assert_eq!(confirm.submit(&[]).await.status, 303, "the same confirmation again");
    assert_eq!(new.get(STORAGE).await.status, 200, "replaces nothing");
    browser.post(&format!("{}/auth-token/secondary", credentials(account)), &[]).await;
    let page = browser.get(&format!("{}/auth-token/replacement", credentials(account))).await;
    assert_eq!(page.location(), credentials(account));
    app.mailbox().await;
}

#[tokio::test]
async fn tokens_change_over_while_both_are_in_use() {
    let app = TestApp::start().await;
    let (ada, account, browser) = owner(&app).await;
    let mut old = app.program(&ada).await;
    for _ in 0..3 {
        let made = browser.post(&format!("{}/auth-token/secondary", credentials(account)), &[]).await;
        let new = app.program_shown(
            account,
            &made.follow().await.submit_to("/display", &[("slot", "secondary")]).await,
        );
        let confirm = browser.get(&format!("{}/auth-token/secondary/promotion", credentials(account))).await;
        let busy = async |program: &Program| {
            for _ in 0..40 {
                let page = program.get(STORAGE).await;
                assert!(matches!(page.status, 200 | 401), "{}", page.text());
            }
        };
        let (done, ..) = tokio::join!(confirm.submit(&[]), busy(&old), busy(&new));
        assert_eq!(done.status, 303);
        assert_eq!((old.get(STORAGE).await.status, new.get(STORAGE).await.status), (401, 200));
        old = new;
    }
    app.mailbox().await;
}

#[tokio::test]
async fn an_account_without_a_token_gets_one_by_a_button() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    run(&app, "DELETE FROM auth_tokens").await;
    let page = browser.get(&credentials(account)).await;
    assert!(page.words().contains("No auth token"), "{}", page.words());
    let path = format!("{}/auth-token", credentials(account));
    let (one, other) = tokio::join!(browser.post(&path, &[]), browser.post(&path, &[]));
    assert_eq!((one.status, other.status), (303, 303));
    let page = browser.get(&credentials(account)).await;
    assert_eq!(page.all("form[action$='/display']").len(), 1);
    assert_eq!(subjects(&app).await, ["ada@example.com: An auth token was made in First account"]);
}

#[tokio::test]
async fn the_last_use_says_when_from_where_and_by_what() {
    let app = TestApp::start().await;
    let (ada, account, browser) = owner(&app).await;
    let program = app.program(&ada).await;
    program.client.call_yourself("LossImporter/2.1");
    app.travel(Duration::hours(1)).await;
    program.get(STORAGE).await;
    let words = browser.get(&credentials(account)).await.words();
    assert!(words.contains("UTC from unknown country (203.0.113."), "{words}");
    assert!(words.contains("LossImporter"), "{words}");
}

#[tokio::test]
async fn who_was_away_shows_who_they_are_before_a_secret_is_shown() {
    let app = TestApp::start().await;
    let (_, account, browser) = owner(&app).await;
    let page = browser.get(&credentials(account)).await;
    app.travel(Duration::seconds(301)).await;
    let answer = page.submit_to("/display", &[]).await;
    assert!(answer.location().starts_with("/reauthentication?next="), "{}", answer.location());
    assert!(answer.location().ends_with("credentials"), "{}", answer.location());
}

#[tokio::test]
async fn a_developer_may_do_it_too_and_other_members_may_not() {
    let app = TestApp::start().await;
    let (_, account, _) = owner(&app).await;
    for (role, status) in [("developer", 200), ("billing", 404), ("privacy", 404)] {
        let member = app.customer(&format!("{role}@example.com")).await;
        run(
            &app,
            &format!(
                "INSERT INTO account_members (account_id, person_id, role, joined_at) VALUES ('{}', '{}', '{role}', now())",
                account.0, member.id.0
            ),
        )
        .await;
        let browser = app.sign_in_as(&member).await;
        assert_eq!(browser.get(&credentials(account)).await.status, status, "{role}");
    }
}

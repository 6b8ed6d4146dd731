//! How somebody becomes a member of an account.

use chrono::Duration;
use portal::platform::ids::AccountId;

use crate::support::{Browser, Page, TestApp, count};

/// Ada, who owns the account, in her browser.
async fn owner(app: &TestApp) -> (Browser, AccountId) {
    let ada = app.customer("ada@example.com").await;
    (app.sign_in_as(&ada).await, ada.account().await)
}

async fn invite(browser: &Browser, account: AccountId, email: &str, role: &str) -> Page {
    let path = format!("/accounts/{account}/members/invitations/new");
    browser.post(&path, &[("email", email), ("role", role)]).await
}

/// Invites, and answers the link in the mail.
async fn invited(app: &TestApp, browser: &Browser, account: AccountId, email: &str) -> String {
    let page = invite(browser, account, email, "developer").await;
    assert_eq!(page.status, 303, "{}", page.words());
    app.mail_to(email).await.link("/accounts/invitations/")
}

async fn accept(browser: &Browser, link: &str) -> Page {
    browser.post(&format!("{link}/acceptance"), &[]).await
}

#[tokio::test]
async fn whoever_is_invited_accepts_signed_in_and_both_are_told() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    let link = invited(&app, &ada, account, "Bob@Example.com").await;
    assert!(
        ada.get(&format!("/accounts/{account}/members")).await.words().contains("Bob@Example.com Developer")
    );
    let page = bob.get(&link).await;
    assert!(page.words().contains("Ada invites you") && page.words().contains("First account"));
    let page = page.submit_to("/acceptance", &[]).await;
    assert_eq!(page.location(), format!("/accounts/{account}"));
    assert!(page.follow().await.notices()[0].contains("You are a member of First account now."));
    assert_eq!(app.mail_to("bob@example.com").await.subject, "You are a member of First account");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Bob joined First account");
    let members = bob.get(&format!("/accounts/{account}/members")).await;
    assert_eq!(members.all(".row-title")[..2], ["Ada Owner Point of contact", "Bob Developer"]);
}

#[tokio::test]
async fn an_address_with_and_one_without_an_account_are_answered_alike() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    app.customer("bob@example.com").await;
    let mut pages = Vec::new();
    for email in ["bob@example.com", "new@example.com"] {
        let answer = invite(&ada, account, email, "billing").await;
        let told = answer.follow().await.notices().join(" ").replace(email, "ADDRESS");
        let link = app.mail_to(email).await.link("/accounts/invitations/");
        let page = app.browser().get(&link).await.text().replace(email, "ADDRESS");
        // The minute may have passed meanwhile, and the page names it.
        let page = page.replace(&link, "LINK").replace(|c: char| c.is_ascii_digit(), "0");
        pages.push((answer.status, told, page));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn somebody_new_signs_up_and_finds_the_invitation_waiting() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let link = invited(&app, &ada, account, "new@example.com").await;
    let browser = app.browser();
    let page = browser.get(&link).await;
    assert_eq!(page.link("Sign in"), "/sign-in");
    assert!(page.attr("main a.is-primary", "href").unwrap().ends_with(&format!("next={link}")));
    let page = browser.get(&page.link("Create a sign-in")).await;
    let details = [
        ("name", "New"),
        ("email", "new@example.com"),
        ("phone", "+12125550199"),
        ("password", crate::support::PASSWORD),
        ("terms", "on"),
        ("old_enough", "on"),
    ];
    page.submit(&details).await;
    let confirmation = app.mail_to("new@example.com").await.link("/sign-up/email/");
    let page = browser.get(&confirmation).await.submit(&[]).await.follow().await;
    let code = app.mail_to("+12125550199").await.code();
    let page = page.submit(&[("code", &code)]).await;
    assert_eq!(page.location(), "/accounts");
    let page = page.follow().await;
    assert!(page.words().contains("Invitation to First account"));
    let page = page.submit_to("/acceptance", &[]).await;
    assert_eq!(page.location(), format!("/accounts/{account}"));
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_else_can_accept() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let link = invited(&app, &ada, account, "bob@example.com").await;
    let eve = app.sign_in_as(&app.customer("eve@example.com").await).await;
    assert!(eve.get(&link).await.words().contains("signed in with another address"));
    for browser in [eve.clone(), app.browser()] {
        assert_eq!(accept(&browser, &link).await.location(), link);
    }
    assert_eq!(eve.get(&format!("/accounts/{account}")).await.status, 404);
    assert!(!eve.get("/accounts").await.words().contains("Invitation"));
}

#[tokio::test]
async fn an_entry_of_the_list_counts_only_for_whoever_has_the_address() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    invited(&app, &ada, account, "bob@example.com").await;
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    let entry = bob.get("/accounts").await.link("Details");
    let eve = app.sign_in_as(&app.customer("eve@example.com").await).await;
    assert_eq!(eve.get(&entry).await.status, 404);
    assert_eq!(accept(&eve, &entry).await.status, 404);
    assert_eq!(eve.post(&format!("{entry}/refusal"), &[]).await.status, 404);
    assert!(app.browser().get(&entry).await.location().starts_with("/sign-in?next="));
    assert_eq!(bob.get(&entry).await.submit_to("/refusal", &[]).await.location(), "/accounts");
    assert!(!bob.get("/accounts").await.words().contains("Invitation"));
}

#[tokio::test]
async fn an_invitation_works_for_seven_days_and_once() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let (bob, carl) = (app.customer("bob@example.com").await, app.customer("carl@example.com").await);
    let early = invited(&app, &ada, account, &bob.email).await;
    let late = invited(&app, &ada, account, &carl.email).await;
    app.travel(Duration::days(7) - Duration::seconds(60)).await;
    let browser = app.sign_in_as(&bob).await;
    assert_eq!(accept(&browser, &early).await.status, 303);
    assert_eq!(accept(&browser, &early).await.status, 410);
    app.travel(Duration::seconds(60)).await;
    let browser = app.sign_in_as(&carl).await;
    assert_eq!(browser.get(&late).await.status, 410);
    assert_eq!(accept(&browser, &late).await.status, 410);
    assert!(!browser.get("/accounts").await.words().contains("Invitation"));
    app.mailbox().await;
}

#[tokio::test]
async fn a_newer_invitation_takes_the_place_of_the_older_and_a_withdrawn_one_is_gone() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let older = invited(&app, &ada, account, "bob@example.com").await;
    let newer = invited(&app, &ada, account, "BOB@example.com").await;
    let visitor = app.browser();
    assert_eq!((visitor.get(&older).await.status, visitor.get(&newer).await.status), (410, 200));
    let members = ada.get(&format!("/accounts/{account}/members")).await;
    assert!(
        members.submit_to("/withdrawal", &[]).await.follow().await.notices()[0].contains("was withdrawn")
    );
    assert_eq!(visitor.get(&newer).await.status, 410);
    assert_eq!(members.submit_to("/withdrawal", &[]).await.status, 410);
}

#[tokio::test]
async fn declining_needs_no_sign_in_and_is_the_end_of_it() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let link = invited(&app, &ada, account, "new@example.com").await;
    let page = app.browser().get(&link).await.submit_to("/refusal", &[]).await;
    assert_eq!(page.location(), "/");
    assert_eq!(app.browser().get(&link).await.status, 410);
    let activity = ada.get(&format!("/accounts/{account}/activity")).await;
    assert_eq!(activity.all(".timeline-title")[0], "An invitation was declined");
    assert!(activity.words().contains("By whoever was invited · new@example.com"));
}

#[tokio::test]
async fn of_accepting_and_withdrawing_at_once_one_comes_to_pass() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    let link = invited(&app, &ada, account, "bob@example.com").await;
    let members = ada.get(&format!("/accounts/{account}/members")).await;
    let (accepted, withdrawn) = tokio::join!(accept(&bob, &link), members.submit_to("/withdrawal", &[]));
    let mut both = [accepted.status, withdrawn.status];
    both.sort_unstable();
    assert_eq!(both, [303, 410]);
    let is_in = bob.get(&format!("/accounts/{account}")).await.status == 200;
    assert_eq!(is_in, accepted.status == 303);
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_acceptances_at_once_one_counts() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let bob = app.customer("bob@example.com").await;
    let link = invited(&app, &ada, account, &bob.email).await;
    let (one, two) = (app.sign_in_as(&bob).await, app.sign_in_as(&bob).await);
    let (one, two) = tokio::join!(accept(&one, &link), accept(&two, &link));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [303, 410]);
    assert_eq!(app.mailbox().await.len(), 2);
}

#[tokio::test]
async fn who_is_in_the_account_is_not_invited_again_and_keeps_their_role() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    for (email, role) in
        [("ada@example.com", "billing"), ("nonsense", "billing"), ("", "owner"), ("x@y.zz", "")]
    {
        let page = invite(&ada, account, email, role).await;
        assert_eq!(page.status, 422, "{email} {role}");
        assert_eq!(page.value("email"), email);
    }
    let bob = app.customer("bob@example.com").await;
    let link = invited(&app, &ada, account, &bob.email).await;
    app.add_member(account, &bob, portal::accounts::permissions::AccountRole::Billing).await;
    let browser = app.sign_in_as(&bob).await;
    let page = accept(&browser, &link).await.follow().await;
    assert!(page.notices()[0].contains("You were in this account already"));
    assert!(page.words().contains("Your role Billing"));
    assert_eq!(invite(&ada, account, "bob@example.com", "developer").await.status, 422);
}

#[tokio::test]
async fn an_account_sends_twenty_invitations_a_day_and_five_to_one_address() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    for _ in 0..5 {
        assert_eq!(invite(&ada, account, "bob@example.com", "billing").await.status, 303);
    }
    assert_eq!(invite(&ada, account, "BOB@example.com", "billing").await.status, 429);
    for number in 6..20 {
        assert_eq!(invite(&ada, account, &format!("p{number}@example.com"), "billing").await.status, 303);
    }
    let page = invite(&ada, account, "late@example.com", "billing").await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty());
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_is_invited_reads_that_the_account_began_to_close_meanwhile() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let bob = app.sign_in_as(&app.customer("bob@example.com").await).await;
    let link = invited(&app, &ada, account, "bob@example.com").await;
    let form = ada.get(&format!("/accounts/{account}/closure/new")).await;
    form.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    for browser in [&bob, &app.browser()] {
        let page = browser.get(&link).await;
        assert!(page.words().contains("nobody can join it meanwhile"), "{}", page.words());
        assert!(
            !page.text().contains("/acceptance")
                && !page.words().contains("create one with the same address")
        );
    }
    assert_eq!(accept(&bob, &link).await.status, 410);
    ada.get(&format!("/accounts/{account}/closure")).await.submit_to("/undo", &[]).await;
    let page = bob.get(&link).await;
    assert!(!page.words().contains("cannot join at present"), "{}", page.words());
    assert_eq!(page.submit_to("/acceptance", &[]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_is_invited_to_an_account_that_is_being_closed() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let form = ada.get(&format!("/accounts/{account}/closure/new")).await;
    form.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    assert_eq!(app.mail_to("ada@example.com").await.subject, "First account is being closed");
    let page = invite(&ada, account, "bob@example.com", "developer").await;
    assert_eq!((page.status, page.heading().as_str()), (403, "This account is read-only"));
    assert_eq!(page.link("undo the closure"), format!("/accounts/{account}/closure"));
    assert_eq!(count(&app, "account_invitations").await, 0);
    let members = ada.get(&format!("/accounts/{account}/members")).await;
    assert!(!members.words().contains("Invite somebody"), "{}", members.words());
}

#[tokio::test]
async fn inviting_takes_a_recent_sign_in_and_the_owner() {
    let app = TestApp::start().await;
    let (ada, account) = owner(&app).await;
    let bob = app.customer("bob@example.com").await;
    app.add_member(account, &bob, portal::accounts::permissions::AccountRole::Developer).await;
    assert_eq!(invite(&app.sign_in_as(&bob).await, account, "x@example.com", "billing").await.status, 404);
    app.travel(Duration::seconds(301)).await;
    let page = invite(&ada, account, "x@example.com", "billing").await;
    assert!(page.location().starts_with("/reauthentication?next="));
}

//! Which e-mail addresses the forms take, and which of them are one.

use portal::staff::permissions::Role;

use crate::support::{PASSWORD, TestApp, count, run};

const SIGN_UP: [(&str, &str); 5] = [
    ("name", "Ada Lovelace"),
    ("phone", "+1 212 555 0100"),
    ("password", "copper lantern wide river"),
    ("terms", "on"),
    ("old_enough", "on"),
];

fn details(email: &str) -> Vec<(&str, &str)> {
    [&SIGN_UP[..], &[("email", email)]].concat()
}

#[tokio::test]
async fn no_mail_goes_to_a_machine_by_its_number() {
    let app = TestApp::start().await;
    for email in ["ada@127.0.0.1", "ada@[127.0.0.1]", "ada@[IPv6:fd00::1.a]", "ada@１２７.0.0.1"] {
        let page = app.browser().post("/sign-up", &details(email)).await;
        assert_eq!((page.status, page.errors().len()), (422, 1), "{email}");
        assert_eq!(page.errors()[0].0, "email");
    }
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn an_address_in_letters_of_its_language_is_the_one_that_the_network_knows() {
    let app = TestApp::start().await;
    app.browser().post("/sign-up", &details("Ada@Bücher.example")).await;
    app.mail_to("ada@xn--bcher-kva.example").await.link("/sign-up/email/");
    app.customer("bob@xn--bcher-kva.example").await;
    let typed = [("email", "bob@BÜCHER.example"), ("password", PASSWORD)];
    assert_eq!(app.browser().post("/sign-in", &typed).await.location(), "/settings");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_writes_an_address_in_greek_capitals_signs_in_with_it() {
    let app = TestApp::start().await;
    let email = "ΑΔΑΣ@example.com";
    let browser = app.browser();
    browser.post("/sign-up", &details(email)).await;
    let stored = "sign_ups WHERE email = 'αδας@example.com'";
    assert_eq!(count(&app, stored).await, 1, "the database and we make small letters of it alike");
    app.customer("bob@example.com").await;
    run(&app, "UPDATE people SET email = (SELECT email FROM sign_ups)").await;
    let typed = [("email", email), ("password", PASSWORD)];
    assert_eq!(app.browser().post("/sign-in", &typed).await.location(), "/settings");
    app.mailbox().await;
}

#[tokio::test]
async fn whose_address_was_kept_in_its_earlier_spelling_signs_in_and_gets_no_second_account() {
    let app = TestApp::start().await;
    app.customer("bob@xn--bcher-kva.example").await;
    run(&app, "UPDATE people SET email = 'bob@bücher.example'").await;
    for email in ["bob@bücher.example", "Bob@BÜCHER.example", "bob@xn--bcher-kva.example"] {
        let typed = [("email", email), ("password", PASSWORD)];
        assert_eq!(app.browser().post("/sign-in", &typed).await.location(), "/settings", "{email}");
    }
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    let asked = support.get("/staff/people").await.submit(&[("q", "bob@bücher.example")]).await;
    let words = asked.follow().await.words();
    assert!(!words.contains("Nobody was found") && !words.contains("Nothing is looked for"), "{words}");
    app.browser().post("/sign-up", &details("bob@bücher.example")).await;
    let mail = app.mailbox().await;
    assert!(mail.iter().all(|one| !one.text.contains("/sign-up/email/")), "they are told that they have one");
}

#[tokio::test]
async fn an_invitation_is_for_whoever_is_kept_by_the_earlier_spelling_of_its_address() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    app.customer("bob@xn--bcher-kva.example").await;
    run(&app, "UPDATE people SET email = 'bob@bücher.example' WHERE email LIKE 'bob@%'").await;
    let form = format!("/accounts/{}/members/invitations/new", ada.account().await);
    let typed = [("email", "bob@bücher.example"), ("role", "billing")];
    app.sign_in_as(&ada).await.get(&form).await.submit_to("/invitations/new", &typed).await;
    let link = app.mail_to("bob@xn--bcher-kva.example").await.link("/accounts/invitations/");
    let his = app.browser();
    his.post("/sign-in", &[("email", "bob@bücher.example"), ("password", PASSWORD)]).await;
    let page = his.get(&link).await;
    assert_eq!(page.submit_to("/acceptance", &[]).await.status, 303, "{}", page.words());
    assert_eq!(count(&app, "account_members").await, 1);
    app.mailbox().await;
}

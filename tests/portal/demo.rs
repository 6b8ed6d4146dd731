//! The people of the demo.

use portal::demo::{self, DemoPerson};

use crate::support::{Browser, Page, TestApp};

async fn sign_in(browser: &Browser, person: &DemoPerson) -> Page {
    browser.post("/sign-in", &[("email", person.email), ("password", person.password)]).await
}

fn person(email: &str) -> DemoPerson {
    demo::people().into_iter().find(|person| person.email == email).expect("in the cast")
}

#[tokio::test]
async fn everybody_in_the_demo_can_sign_in_as_the_table_says() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let cannot = ["not signed up yet", "reported a break-in", "invited to the team"];
    for person in demo::people() {
        let browser = app.browser();
        let page = sign_in(&browser, &person).await;
        let home = if person.role == "customer" { "/settings" } else { "/staff" };
        if cannot.iter().any(|why| person.about.starts_with(why)) {
            assert_eq!(page.status, 422, "{}", person.email);
            continue;
        }
        let Some(secret) = person.totp_secret else {
            assert_eq!(page.location(), home, "{}", person.email);
            continue;
        };
        assert_eq!(page.location(), "/sign-in/code", "{}", person.email);
        let page = browser.post("/sign-in/code", &[("code", &app.code(secret))]).await;
        assert_eq!(page.location(), home, "{}", person.email);
    }
    app.mailbox().await;
}

/// A browser of somebody who has an authenticator app.
async fn signed_in(app: &TestApp, email: &str) -> Browser {
    let (person, browser) = (person(email), app.browser());
    sign_in(&browser, &person).await;
    browser.post("/sign-in/code", &[("code", &app.code(person.totp_secret.unwrap()))]).await;
    browser
}

/// The content in an account of the demo, as its owner sees it.
const CLAIMS_EUROPE: &str = "/accounts/AC01a205b3d00070008000000000010001";

/// All in one portal: to fill one takes longer than to look at it.
#[tokio::test]
async fn what_the_demo_has_is_there_once_however_often_it_starts() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    demo::populate(&app).await.unwrap();
    let marketing = signed_in(&app, "marketing@lossexpress.example").await;
    one_campaign_waits_for_a_colleague(&marketing).await;
    partners_have_a_list_and_one_yes_was_taken_back(&marketing).await;
    let privacy = signed_in(&app, "privacy@lossexpress.example").await;
    let grace = signed_in(&app, "grace@example.com").await;
    there_is_a_disclosure_in_each_state(&privacy, &grace).await;
    disputes_have_a_saved_view(&privacy).await;
    one_person_is_restricted_and_of_one_only_a_receipt_is_left(&grace).await;
    let joan = signed_in(&app, "joan@example.com").await;
    assert!(joan.get("/settings/passkeys").await.text().contains("Key of the demo"));
    programs_have_stored_claims_and_messages_with_what_they_say(&app).await;
    app.mailbox().await;
}

async fn one_campaign_waits_for_a_colleague(marketing: &Browser) {
    let words = marketing.get("/staff/campaigns").await.words();
    for (name, times) in
        [("October newsletter", 1), ("Draft", 1), ("Waits for approval", 1), ("of 900 sent", 1)]
    {
        assert_eq!(words.matches(name).count(), times, "{name}: {words}");
    }
}

async fn partners_have_a_list_and_one_yes_was_taken_back(marketing: &Browser) {
    let page = marketing.get("/staff/partners").await;
    let words = page.words();
    assert!(
        words.contains("Tool Shed Published") && words.contains("Glass Works Waits for approval"),
        "{words}"
    );
    let words = marketing.get(&page.link("Tool Shed")).await.words();
    assert!(words.contains("whose owner no longer allows it"), "{words}");
}

async fn there_is_a_disclosure_in_each_state(privacy: &Browser, grace: &Browser) {
    let words = privacy.get("/staff/disclosures?all=1").await.words();
    for (state, times) in [
        ("Waits for a decision", 2),
        ("We object", 1),
        ("Objection answered", 1),
        ("To be handed over", 1),
        ("Handed over", 3),
        ("Refused", 1),
        ("Withdrawn", 1),
        ("Not to be told", 1),
    ] {
        assert_eq!(words.matches(state).count(), times, "{state}: {words}");
    }
    let words = grace.get("/privacy/disclosures").await.words();
    assert!(words.contains("Long Lines") && !words.contains("Harbour Court"), "{words}");
}

async fn disputes_have_a_saved_view(privacy: &Browser) {
    let page = privacy.get("/staff/disputes?view=all").await;
    assert_eq!(page.all(".rows li").len(), 5);
    assert!(
        page.words().contains("2 under way, 1 overdue") && page.words().contains("Letters"),
        "{}",
        page.words()
    );
    assert_eq!(privacy.get(&page.link("Letters")).await.all(".rows li").len(), 1);
}

async fn one_person_is_restricted_and_of_one_only_a_receipt_is_left(grace: &Browser) {
    let find = async |email: &str| {
        let page = grace.get(&format!("{CLAIMS_EUROPE}/end-users")).await;
        page.submit_to("/end-users", &[("kind", "email"), ("value", email)]).await.follow().await.words()
    };
    assert!(find("martha.keel@example.com").await.contains("2 claims"));
    let restricted = find("nadia.verne@example.com").await;
    assert!(restricted.contains("1 claim") && restricted.contains("Restricted"), "{restricted}");
    let deleted = find("tomas.rask@example.com").await;
    assert!(!deleted.contains("EU-2026-0106") && deleted.contains("Deleted before"), "{deleted}");
    let list = grace.get(&format!("{CLAIMS_EUROPE}/end-users/deletions")).await.words();
    assert!(list.contains("1 claim, 2 communications with 2 bodies"), "{list}");
    let storage = grace.get(&format!("{CLAIMS_EUROPE}/storage")).await.words();
    assert!(storage.contains("30 days"), "{storage}");
}

async fn programs_have_stored_claims_and_messages_with_what_they_say(app: &TestApp) {
    let program = app.program_in(CLAIMS_EUROPE.rsplit('/').next().unwrap().parse().unwrap()).await;
    let numbers = |page: Page| {
        let data = page.json()["data"].as_array().unwrap().clone();
        data.iter().map(|one| one["claim_number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // Without the one that is restricted and the one that was deleted, the newest first.
    let left = ["EU-2026-0101", "EU-2026-0104", "EU-2026-0102", "EU-2026-0105", "EU-2026-0107"];
    assert_eq!(numbers(program.get("/claims").await), left);
    let messages = program.get("/communications").await.json()["data"].as_array().unwrap().clone();
    assert_eq!(messages.len(), 9);
    let kept = messages.iter().find(|one| one["status"] == "complained").expect("a complaint");
    let body = program.get(&format!("/communications/{}/body", kept["sid"].as_str().unwrap())).await;
    assert!(body.text().contains("floods are not part of your policy"), "{}", body.text());
    let trial = app.program_in("AC01a205b3d00070008000000000010002".parse().unwrap()).await;
    assert_eq!(numbers(trial.get("/claims").await), ["TRY-2", "TRY-1"]);
    assert_eq!(trial.get("/communications").await.json()["data"][0]["body_stored"], false);
}

#[tokio::test]
async fn a_sign_up_of_the_demo_goes_on_where_it_waits() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let (mary, browser) = (person("mary@example.com"), app.browser());
    let link = app.mail_to(mary.email).await.link("/sign-up/email/");
    let page = browser.post(&link, &[("password", mary.password)]).await;
    assert_eq!(page.location(), "/sign-up/phone");
    let code = app.mail_to("+12025550106").await.code();
    let page = browser.post("/sign-up/phone", &[("code", &code)]).await;
    assert_eq!(page.status, 303);
    assert_eq!(sign_in(&app.browser(), &mary).await.location(), "/settings");
    demo::populate(&app).await.unwrap();
    app.mailbox().await;
}

#[tokio::test]
async fn links_of_the_demo_lead_on() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let link = app.mail_to("hedy.lamarr@example.com").await.link("/settings/email/");
    assert_eq!(app.browser().post(&link, &[]).await.location(), "/sign-in");
    let hedy = person("hedy@example.com");
    assert_eq!(sign_in(&app.browser(), &hedy).await.status, 422, "the address is another one now");
    let link = app.mail_to("barbara@example.com").await.link("/password-reset/");
    assert_eq!(app.browser().get(&link).await.status, 200);
    let invited = person("invited@lossexpress.example");
    let link = app.mail_to(invited.email).await.link("/staff/invitations/");
    let page = app.browser().post(&link, &[("name", "Ivan Invited"), ("password", invited.password)]).await;
    assert_eq!(page.location(), "/sign-in");
    let browser = app.browser();
    assert_eq!(sign_in(&browser, &invited).await.location(), "/staff");
    assert_eq!(browser.get("/staff").await.location(), "/settings/two-factor");
    app.mailbox().await;
}

#[tokio::test]
async fn content_of_the_demo_that_somebody_took_away_does_not_come_back() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let program = app.program_in(CLAIMS_EUROPE.rsplit('/').next().unwrap().parse().unwrap()).await;
    for one in program.get("/claims").await.json()["data"].as_array().unwrap() {
        assert_eq!(program.delete(&format!("/claims/{}", one["sid"].as_str().unwrap())).await.status, 204);
    }
    app.mailbox().await;
    demo::populate(&app).await.unwrap();
    assert_eq!(program.get("/claims").await.json()["data"], serde_json::json!([]));
    assert_eq!(app.mailbox().await.len(), 0, "no mail goes out a second time");
}

#[tokio::test]
async fn a_second_start_restores_nothing_that_somebody_changed() {
    let app = TestApp::development().await;
    demo::populate(&app).await.unwrap();
    let browser = app.browser();
    sign_in(&browser, &person("ada@example.com")).await;
    browser.post("/settings/profile", &[("name", "Ada King"), ("company", ""), ("role", "")]).await;
    let before = app.mailbox().await.len();
    demo::populate(&app).await.unwrap();
    assert!(before > 0);
    assert_eq!(app.mailbox().await.len(), 0, "no mail goes out a second time");
    assert_eq!(browser.get("/settings/profile").await.value("name"), "Ada King");
}

#[tokio::test]
async fn outside_development_there_is_no_demo() {
    let app = TestApp::start().await;
    assert!(demo::populate(&app).await.is_err());
}

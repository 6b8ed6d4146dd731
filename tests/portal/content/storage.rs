//! What is stored and for how long, in the portal and in the API (S103, S107–S109).

use portal::api::scopes::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use super::communications::{ALL, claim, count, email};
use crate::support::{Browser, Page, Program, TestApp, TestPerson, run};

/// Decides about a product through the API, whatever holds.
pub async fn decide(program: &Program, product: &str, wish: Value) -> Page {
    decide_about(program, product, "*", wish).await
}

/// Decides about this version of a product through the API.
pub async fn decide_about(program: &Program, product: &str, etag: &str, wish: Value) -> Page {
    let request = program.request(Method::PUT, &format!("/storage/{product}")).header("if-match", etag);
    program.send(request.json(&wish)).await
}

async fn path(owner: &TestPerson<'_>, product: &str) -> String {
    format!("/accounts/{}/storage{product}", owner.account().await)
}

/// An owner of an account in their browser.
async fn owner(app: &TestApp) -> (TestPerson<'_>, Browser) {
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    (ada, browser)
}

/// Makes somebody a member of this person's account.
async fn member<'a>(app: &'a TestApp, of: &TestPerson<'_>, email: &str, role: &str) -> TestPerson<'a> {
    let person = app.customer(email).await;
    let statement = format!(
        "INSERT INTO account_members (account_id, person_id, role, joined_at) VALUES ('{}', '{}', '{role}', now())",
        of.account().await.0,
        person.id.0
    );
    run(app, &statement).await;
    person
}

#[tokio::test]
async fn every_product_is_on_the_page_with_what_holds() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    claim(&app, &app.program(&ada).await).await;
    let words = browser.get(&path(&ada, "").await).await.words();
    for wanted in [
        "Claims Stored",
        "Communications Stored",
        "Bodies of communications Not stored",
        "365 days, counted from the last change of the claim",
        "$0.40 per 1,000 records and month",
        "Records now 1",
        "it would cost $0.01 a month",
        "Nothing was decided yet",
    ] {
        assert!(words.contains(wanted), "{wanted:?} in {words}");
    }
}

#[tokio::test]
async fn what_is_included_is_saved_in_one_step_and_everybody_concerned_reads_of_it() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let pia = member(&app, &ada, "pia@example.com", "privacy").await;
    member(&app, &ada, "dev@example.com", "developer").await;
    let page = browser.get(&path(&ada, "/communication_bodies").await).await;
    let saved = page.submit(&[("stored", "on"), ("days", "20")]).await;
    assert_eq!(saved.status, 303, "{}", saved.words());
    let page = saved.follow().await;
    assert_eq!(page.notices()[0], "Bodies of communications: 20 days, from now on.");
    assert!(page.words().contains("by Ada"), "{}", page.words());
    for to in [&ada, &pia] {
        let mail = app.mail_to(&to.email).await;
        assert!(mail.text.contains("From now on: 20 days") && mail.text.contains("Before:      not stored"));
    }
    assert!(app.mailbox().await.is_empty(), "nobody else");
    let noted = "SELECT count(*) FROM audit_events WHERE action = 'account.storage.decided'";
    assert_eq!(count(&app, noted).await, 1);
}

#[tokio::test]
async fn longer_than_included_is_not_saved_before_its_price_was_accepted() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    claim(&app, &app.program(&ada).await).await;
    let page = browser.get(&path(&ada, "/claims").await).await;
    let asked = page.submit(&[("days", "366")]).await;
    assert_eq!(asked.status, 200);
    assert!(
        asked
            .words()
            .contains("$0.40 per 1,000 records and month. At the present 1 record that is $0.01 a month.")
    );
    let refused = asked.submit(&[]).await;
    assert_eq!((refused.status, refused.errors()[0].0.as_str()), (422, "accept_price"));
    assert_eq!(count(&app, "SELECT count(*) FROM storage_choices").await, 0);
    assert_eq!(refused.value("days"), "366", "nothing was lost");
    let back = browser.get(&refused.link("Back")).await;
    assert_eq!((back.status, back.value("days").as_str()), (200, "366"), "nor on the way back");
    assert_eq!(refused.submit(&[("accept_price", "39")]).await.status, 422, "another price is not this one");
    let saved = refused.submit(&[("accept_price", "40")]).await;
    assert_eq!(saved.status, 303, "{}", saved.words());
    assert!(saved.follow().await.words().contains("costs $0.01 a month"));
    assert_eq!(count(&app, "SELECT price_cents FROM storage_choices WHERE days = 366").await, 40);
    app.mailbox().await;
}

#[tokio::test]
async fn shorter_says_how_much_goes_and_asks_once_more() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let program = app.program(&ada).await;
    claim(&app, &program).await;
    app.travel(chrono::Duration::days(10)).await;
    claim(&app, &program).await;
    let browser = {
        app.sign_in_with(&browser, &ada).await;
        browser
    };
    let asked = browser.get(&path(&ada, "/claims").await).await.submit(&[("days", "10")]).await;
    assert_eq!(asked.status, 200);
    assert!(asked.words().contains("1 record by the next sweep"), "{}", asked.words());
    assert!(asked.words().contains("1 record until they are 10 days old"), "{}", asked.words());
    assert_eq!(count(&app, "SELECT count(*) FROM storage_choices").await, 0);
    assert_eq!(asked.submit(&[]).await.status, 303);
    app.run_timetable().await;
    assert_eq!(count(&app, "SELECT count(*) FROM claims").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_product_that_is_off_takes_nothing_more_and_is_emptied_by_the_next_sweep() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let program = app.program(&ada).await;
    program.post(ALL, &email()).await;
    let page = browser.get(&path(&ada, "/communications").await).await;
    let asked = page.submit(&[("stored", "")]).await;
    assert!(asked.words().contains("What programs send from now on: it is refused"), "{}", asked.words());
    assert_eq!(asked.submit(&[]).await.status, 303);
    let refused = program.post(ALL, &email()).await;
    assert_eq!((refused.status, refused.header("content-type")), (409, "application/problem+json"));
    app.run_timetable().await;
    assert_eq!(count(&app, "SELECT count(*) FROM communications").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn what_is_no_number_of_days_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let page = browser.get(&path(&ada, "/communication_bodies").await).await;
    for days in ["", "0", "3651", "-1", "ten", "99999999999"] {
        let answer = page.submit(&[("stored", "on"), ("days", days)]).await;
        assert_eq!((answer.status, answer.errors()[0].0.as_str()), (422, "days"), "{days}");
        assert_eq!(answer.value("days"), days);
        assert!(answer.attr("[name=stored]", "checked").is_some());
    }
    let same = browser.get(&path(&ada, "/claims").await).await.submit(&[]).await;
    assert_eq!(same.follow().await.notices()[0], "Nothing was different, so nothing was changed.");
    assert_eq!(browser.get(&path(&ada, "/pigeons").await).await.status, 404);
}

#[tokio::test]
async fn of_two_decisions_one_wins_and_the_other_is_told() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let page = browser.get(&path(&ada, "/communication_bodies").await).await;
    let (one, two) = tokio::join!(
        page.submit(&[("stored", "on"), ("days", "10")]),
        page.submit(&[("stored", "on"), ("days", "20")])
    );
    let (won, lost) = if one.status == 303 { (one, two) } else { (two, one) };
    assert_eq!((won.status, lost.status), (303, 422), "{}", lost.words());
    assert!(lost.error().starts_with("Somebody else decided meanwhile"), "{}", lost.error());
    assert_eq!(count(&app, "SELECT count(*) FROM storage_choices WHERE superseded_at IS NULL").await, 1);
    let again = lost.submit(&[("days", "25")]).await;
    assert_eq!(again.status, 303, "the form goes on from what holds now: {}", again.words());
    app.mailbox().await;
}

#[tokio::test]
async fn each_role_sees_and_decides_what_it_may() {
    let app = TestApp::start().await;
    let (ada, _) = owner(&app).await;
    for (email, role, sees, decides) in [
        ("b@example.com", "billing", 200, 404),
        ("p@example.com", "privacy", 200, 200),
        ("d@example.com", "developer", 404, 404),
    ] {
        let browser = app.sign_in_as(&member(&app, &ada, email, role).await).await;
        let page = browser.get(&path(&ada, "").await).await;
        assert_eq!(page.status, sees, "{role}");
        assert_eq!(page.words().contains("Change : Claims"), decides == 200, "{role}");
        assert_eq!(browser.get(&path(&ada, "/claims").await).await.status, decides, "{role}");
        let post = browser.post(&path(&ada, "/claims").await, &[("stored", "on"), ("days", "1")]).await;
        assert_eq!(post.status == 404, decides == 404, "{role}");
    }
}

#[tokio::test]
async fn the_history_names_who_decided_and_is_paged() {
    let app = TestApp::start().await;
    let (ada, browser) = owner(&app).await;
    let key = app.program_with(&ada, &[Scope::WriteStorage]).await;
    for days in 1..=26 {
        decide(&key, "claims", json!({ "stored": true, "days": days })).await;
    }
    app.mailbox().await;
    let first = browser.get(&path(&ada, "").await).await;
    assert_eq!(first.all("tbody tr").len(), 25);
    assert!(
        first.all("tbody tr")[0].contains("26 days")
            && first.words().contains("a program with the key Test key")
    );
    let older = browser.get(&first.link("Older")).await;
    assert_eq!(older.all("tbody tr").len(), 1);
    assert!(!older.words().contains("What is stored, and for how long"));
}

#[tokio::test]
async fn a_program_decides_and_has_to_accept_a_price_too() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let wish = |accepted: Value| json!({ "stored": true, "days": 91, "accepted_price_cents": accepted });
    for accepted in [json!(null), json!(9), json!(11)] {
        let refused = decide(&program, "communications", wish(accepted)).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json()["errors"][0]["pointer"], "/accepted_price_cents");
        assert!(
            refused.json()["detail"].as_str().unwrap().contains("cost 10 US cents"),
            "{}",
            refused.text()
        );
    }
    assert!(app.mailbox().await.is_empty());
    let saved = decide(&program, "communications", wish(json!(10))).await;
    assert_eq!((saved.status, &saved.json()["price_cents"]), (200, &json!(10)), "{}", saved.text());
    let again = decide(&program, "communications", wish(json!(10))).await;
    assert_eq!(again.json(), saved.json(), "what holds already is not written again");
    assert!(program.get("/storage").await.json()["data"].as_array().unwrap().contains(&saved.json()));
    assert!(app.mail_to(&ada.email).await.text.contains("a program with the auth token"));
}

#[tokio::test]
async fn a_wish_that_is_wrong_is_told_so_and_no_product_is_not_found() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    for (wish, pointers) in [
        (json!({}), vec!["/stored", "/days"]),
        (json!({ "stored": true, "days": 0 }), vec!["/days"]),
        (json!({ "stored": true, "days": 3651 }), vec!["/days"]),
        (json!({ "stored": 1, "days": 1 }), vec!["/stored"]),
    ] {
        let page = decide(&program, "claims", wish).await;
        let found: Vec<String> = page.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["pointer"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!((page.status, found), (422, pointers.into_iter().map(str::to_owned).collect()));
    }
    assert_eq!(decide(&program, "pigeons", json!({ "stored": true, "days": 1 })).await.status, 404);
    let reader = app.program_with(&ada, &[Scope::ReadStorage]).await;
    assert_eq!(decide(&reader, "claims", json!({ "stored": true, "days": 1 })).await.status, 403);
}

#[tokio::test]
async fn two_programs_that_decide_at_once_leave_one_choice() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let wish = |days: i32| decide(&program, "claims", json!({ "stored": true, "days": days }));
    let answers = tokio::join!(wish(10), wish(20), wish(30));
    let statuses = [answers.0.status, answers.1.status, answers.2.status];
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| [200, 409].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(count(&app, "SELECT count(*) FROM storage_choices WHERE superseded_at IS NULL").await, 1);
    let made = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(count(&app, "SELECT count(*) FROM storage_choices").await, made as i64);
    app.mailbox().await;
}

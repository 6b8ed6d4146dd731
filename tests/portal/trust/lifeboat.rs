//! The lifeboat: in every level whoever is stopped signs in, reads why, appeals, takes with them what is theirs and closes
//! what is dangerous. Every route of a customer is walked in every level and compared with the one table.

use actix_web::http::Method as HttpMethod;
use portal::routes::{self, Guard, Route};
use portal::trust::suspensions::{Act, Level};
use reqwest::Method;
use serde_json::json;

use super::suspend;
use crate::support::{Browser, Page, Program, TestApp, TestPerson, count, run};

/// Whether a suspension stood against it: a problem for a program, a way to the statement for a person.
fn is_refused(page: &Page) -> bool {
    let problem = page.header("content-type").starts_with("application/problem+json")
        && page.text().contains("#problem-account-suspended");
    let away = page.status == 303 && page.location().contains("/suspensions/SU");
    problem || (away && !page.path.contains("/suspensions/"))
}

fn path(route: &Route, person: &TestPerson<'_>, account: &str, suspension: &str) -> String {
    let nothing = |prefix: &str| format!("{prefix}{}", "0".repeat(32));
    route
        .path
        .replace("{account}", account)
        .replace("{suspension}", suspension)
        .replace("{person}", &person.id.to_string())
        .replace("{key}", &nothing("SK"))
        .replace("{claim}", &nothing("CL"))
        .replace("{communication}", &nothing("CM"))
        .replace("{restriction}", &nothing("RE"))
        .replace("{deletion}", &nothing("DE"))
        .replace("{product}", "claims")
        .replace("{export}", &nothing("EX"))
        .replace("{receipt}", &nothing("RC"))
        .replace("{request}", &nothing("DR"))
        .replace("{invitation}", &nothing("IN"))
        .replace("{invoice}", &nothing("IV"))
        .replace("{record}", &nothing("SR"))
        .replace("{handover}", &nothing("HO"))
        .replace("{id}", &nothing("PK"))
        .replace("{token}", "of-nothing")
}

/// Routes of a customer and of their programs; what ends the walk is left out.
fn theirs() -> Vec<Route> {
    let of_customer = |route: &Route| {
        matches!(
            route.guard,
            Guard::SignedIn
                | Guard::SessionHolder
                | Guard::Reauthenticated
                | Guard::Enrolling
                | Guard::Member(_)
                | Guard::RecentMember(_)
                | Guard::Changer(_)
                | Guard::RecentChanger(_)
                | Guard::Api(_)
                | Guard::AnyProgram
        )
    };
    let ends_it = |route: &Route| {
        route.method == HttpMethod::POST
            && [
                "/departure",
                "/closure",
                "/closure/undo",
                "/sessions/{id}/end",
                "end-others",
                "/settings/password",
            ]
            .iter()
            .any(|end| route.path.ends_with(end))
    };
    routes::routes().into_iter().filter(|route| of_customer(route) && !ends_it(route)).collect()
}

async fn ask(browser: &Browser, program: &Program, route: &Route, path: &str) -> Page {
    let method: Method = route.method.as_str().parse().expect("a method");
    if matches!(route.guard, Guard::Api(_) | Guard::AnyProgram) {
        return program
            .send(program.request(method, path).header("if-match", "\"1\"").json(&json!({})))
            .await;
    }
    match method {
        Method::GET => browser.get(path).await,
        _ => browser.post(path, &[]).await,
    }
}

#[tokio::test]
async fn every_route_of_a_customer_works_in_every_level_as_the_table_says() {
    for level in Level::ALL {
        let app = TestApp::start().await;
        let ada = app.customer("ada@example.com").await;
        let (account, program) = (ada.account().await, app.program(&ada).await);
        let suspension = suspend(&app, account, level).await.to_string();
        let mut seen = Vec::new();
        for route in theirs() {
            // A step of the walk may have ended the session, or used up a limit.
            run(&app, "DELETE FROM rate_limits").await;
            let browser = app.sign_in_as(&ada).await;
            let act = Act::of(&route);
            let path = path(&route, &ada, &account.to_string(), &suspension);
            let page = ask(&browser, &program, &route, &path).await;
            assert!(page.status < 500, "{} {path}: {}", route.method, page.status);
            assert_eq!(
                is_refused(&page),
                !level.allows(act),
                "{level:?}: {} {path} is {act:?} and was answered {} {}",
                route.method,
                page.status,
                page.text().chars().take(300).collect::<String>()
            );
            seen.push(act);
        }
        // Sending is judged by what is sent; its test stands with the suspensions.
        let missing: Vec<Act> =
            Act::ALL.into_iter().filter(|act| *act != Act::Send && !seen.contains(act)).collect();
        assert!(missing.is_empty(), "nothing in the site map is for {missing:?}");
        app.mailbox().await;
    }
}

#[tokio::test]
async fn whoever_is_suspended_fetches_a_copy_revokes_a_key_and_makes_none() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let account = ada.account().await;
    app.program_with(&ada, &portal::api::scopes::Scope::ALL).await;
    let id = suspend(&app, account, Level::Suspended).await;
    app.mailbox().await;
    let browser = app.sign_in_as(&ada).await;
    let ordered =
        browser.get("/privacy/exports/new").await.submit_to("/privacy/exports", &[("of", "person")]).await;
    assert_eq!(ordered.status, 303);
    app.run_jobs().await;
    assert_eq!(app.mail_to(&ada.email).await.name, "export_ready");
    let statement = format!("/accounts/{account}/suspensions/{id}");
    let keys = format!("/accounts/{account}/credentials/keys/new");
    assert_eq!(browser.get(&keys).await.location(), statement);
    assert_eq!(browser.post(&keys, &[("name", "x")]).await.location(), statement);
    let secondary = browser.post(&format!("/accounts/{account}/credentials/auth-token/secondary"), &[]).await;
    assert!(secondary.follow().await.notices().join(" ").contains("No credentials are made"));
    assert_eq!(count(&app, "api_keys").await + count(&app, "auth_tokens").await, 2);
    let list = browser.get(&format!("/accounts/{account}/credentials")).await;
    let revoked = browser
        .get(&list.attr("a[href$='/revocation']", "href").expect("a key"))
        .await
        .submit_to("/revocation", &[])
        .await;
    assert_eq!(revoked.status, 303, "{}", revoked.words());
    assert_eq!(count(&app, "api_keys WHERE revoked_at IS NOT NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn the_statement_shows_what_it_is_shown_by_as_a_drawing_and_as_a_table() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (account, now) = (ada.account().await, app.clock.now());
    let decision = portal::trust::suspensions::Decision {
        evidence: super::seen(now),
        ..super::decision(account, Level::Suspended, super::a_rule(1))
    };
    let id = super::carry_out(&app, &decision).await.expect("the first");
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get(&format!("/accounts/{account}/suspensions/{id}")).await;
    let words = page.words();
    for part in [
        "46 of 100 messages came back",
        "by itself and without a person",
        "46 %",
        "20 %",
        "A recipient complained.",
        "Programs that read",
        "Order a copy",
        "American Arbitration Association",
        "Fetch the receipt",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(page.attr("svg.chart-drawing", "aria-label").expect("a drawing").contains("counts from 20 %"));
    assert_eq!(page.all("svg.chart-drawing line.chart-limit").len(), 1);
    assert_eq!(page.all("details table tbody tr").len(), 24);
    assert_eq!(
        browser.get(&page.link("Fetch the receipt")).await.heading(),
        "An account was suspended or warned"
    );
    let list = browser.get(&format!("/accounts/{account}/suspensions")).await;
    assert_eq!(list.link("Unwanted messages"), format!("/accounts/{account}/suspensions/{id}"));
    let second = app.account_of(&ada, "Second account").await;
    assert!(
        browser
            .get(&format!("/accounts/{second}/suspensions"))
            .await
            .words()
            .contains("Nothing was ever stopped")
    );
    app.mailbox().await;
}

#[tokio::test]
async fn the_reference_of_the_api_has_the_same_table() {
    let app = TestApp::start().await;
    let page = app.browser().get("/docs/api").await;
    for level in Level::ALL {
        assert!(page.words().contains(level.about()), "{level:?}");
    }
    for act in Act::ALL {
        let row = format!(
            "{} {}",
            act.label(),
            Level::ALL.map(|level| if level.allows(act) { "Works" } else { "Stopped" }).join(" ")
        );
        assert!(page.words().contains(&row), "{row}");
    }
}

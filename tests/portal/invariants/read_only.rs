//! An account that is being closed is read-only: what changes it says so by its guard, and what stays open stands here.

use portal::accounts::closure::read_only;
use portal::routes::{self, Guard, Route};
use serde_json::json;

use crate::support::{Browser, Page, TestApp, TestPerson, run};

/// What can be sent all the same, and why. Whoever adds a route that changes an account gives it the guard `Changer` or
/// `RecentChanger`, or a line in here.
const OPEN: &[(&str, &str)] = &[
    ("/closure", "answers that it is being closed already"),
    ("/closure/undo", "takes the closure back"),
    ("/credentials/file", "writes what was just shown into a file, and changes nothing"),
    ("/credentials/auth-token/display", "reads a secret that waits, as after a replacement"),
    ("/credentials/auth-token/replacement", "ends a secret: nothing is gained by the one in its place"),
    ("/credentials/auth-token/secondary/promotion", "ends a secret"),
    ("/credentials/auth-token/secondary/removal", "ends a secret"),
    ("/credentials/keys/{key}/revocation", "ends a secret"),
    ("/members/departure", "lets somebody go"),
    ("/members/{person}/removal", "takes somebody's way in"),
    ("/members/invitations/{invitation}/withdrawal", "lets nobody in"),
    ("/members/contact", "the point of contact leaves only after somebody else took over (S96)"),
    (
        "/members/handovers/{handover}/acceptance",
        "of the point of contact; ownership is refused under the lock",
    ),
    ("/members/handovers/{handover}/refusal", "leaves everything as it is"),
    ("/members/handovers/{handover}/withdrawal", "leaves everything as it is"),
    ("/suspensions/{suspension}/appeal", "appeals (S129)"),
    ("/suspensions/{suspension}/appeal/messages", "appeals"),
    ("/suspensions/{suspension}/appeal/withdrawal", "appeals"),
    ("/subscriber-records/{record}/withdrawal", "ends a service, and keeps no more than before"),
    ("/end-users", "looks for somebody, and changes nothing"),
    ("/end-users/{token}/export", "hands out a copy (S163)"),
    ("/end-users/{token}/restriction", "serves somebody in the content (S159)"),
    ("/end-users/restrictions/{id}/lifting", "serves somebody in the content"),
    ("/end-users/{token}/deletion", "serves somebody in the content"),
];

/// What programs can send all the same, and why; and they read. Whoever adds a route of the API that changes content needs no
/// line in here: it is refused.
const OPEN_TO_PROGRAMS: &[(&str, &str)] = &[
    ("/end-users/search", "looks for somebody, and changes nothing"),
    ("/end-users/export", "hands out a copy (S163)"),
    ("/end-users/restrictions", "serves somebody in the content (S159)"),
    ("/end-users/restrictions/{restriction}/lifting", "serves somebody in the content, as on the pages"),
    ("/end-users/deletion", "serves somebody in the content, and keeps less"),
];

/// The routes of an account's pages, with what follows its own address.
fn pages() -> Vec<(Route, &'static str)> {
    let all = routes::routes().into_iter();
    all.filter_map(|route| route.path.strip_prefix("/accounts/{account}").map(|page| (route.clone(), page)))
        .collect()
}

fn is_refused(route: &Route) -> bool {
    matches!(route.guard, Guard::Changer(_) | Guard::RecentChanger(_))
}

#[test]
fn every_route_that_changes_an_account_says_what_it_does_while_that_is_being_closed() {
    let sent: Vec<(Route, &str)> = pages().into_iter().filter(|(route, _)| route.method != "GET").collect();
    for (route, page) in &sent {
        let stays_open = OPEN.iter().any(|(open, _)| open == page);
        assert!(
            stays_open != is_refused(route),
            "{} {}: guard it with `Changer`, or say in the list why it stays open",
            route.method,
            route.path
        );
    }
    for (open, why) in OPEN {
        assert!(sent.iter().any(|(_, page)| page == open), "{open} is gone, which {why}");
    }
    assert!(sent.iter().filter(|(route, _)| is_refused(route)).count() >= 10);
}

fn path(route: &Route, account: &str, owner: &TestPerson<'_>) -> String {
    let nothing = |prefix: &str| format!("{prefix}{}", "0".repeat(32));
    let path = route
        .path
        .replace("{account}", account)
        .replace("{person}", &owner.id.to_string())
        .replace("{product}", "claims")
        .replace("{key}", &nothing("SK"))
        .replace("{suspension}", &nothing("SU"))
        .replace("{file}", "none")
        .replace("{invoice}", &nothing("IV"))
        .replace("{record}", &nothing("SR"))
        .replace("{invitation}", &nothing("IN"))
        .replace("{handover}", &nothing("HO"))
        .replace("{id}", &nothing("RE"))
        .replace("{token}", "of-nothing");
    assert!(!path.contains('{'), "say what stands for the placeholder in {}", route.path);
    path
}

async fn ask(browser: &Browser, route: &Route, path: &str) -> Page {
    if route.method == "GET" { browser.get(path).await } else { browser.post(path, &[]).await }
}

/// Asks for every page and sends every form of the account but what ends the walk, and compares with the guards.
async fn walk(app: &TestApp, browser: &Browser, owner: &TestPerson<'_>, closing: bool) {
    let account = owner.account().await.to_string();
    for (route, page) in pages() {
        if page == "/closure/undo" || (page == "/closure" && route.method == "POST") {
            continue;
        }
        // A step of the walk may have used up a limit.
        run(app, "DELETE FROM rate_limits").await;
        let path = path(&route, &account, owner);
        let page = ask(browser, &route, &path).await;
        assert!(page.status < 500, "{} {path}: {}", route.method, page.status);
        let refused = page.status == 403 && page.heading() == read_only::TITLE;
        assert_eq!(refused, closing && is_refused(&route), "{} {path}: {}", route.method, page.status);
        if refused {
            assert_eq!(page.link("undo the closure"), format!("/accounts/{account}/closure"));
        }
    }
}

#[tokio::test]
async fn what_changes_an_account_is_refused_while_that_is_being_closed_and_works_once_that_is_undone() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let account = ada.account().await;
    let form = browser.get(&format!("/accounts/{account}/closure/new")).await;
    form.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    walk(&app, &browser, &ada, true).await;
    browser.get(&format!("/accounts/{account}/closure")).await.submit_to("/undo", &[]).await;
    walk(&app, &browser, &ada, false).await;
    app.mailbox().await;
}

#[tokio::test]
async fn programs_read_and_serve_the_people_in_an_account_that_is_being_closed_and_change_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await.to_string());
    run(&app, "UPDATE account_states SET state = 'closing'").await;
    let (mut open, mut refused) = (Vec::new(), 0);
    for route in routes::routes() {
        let (Guard::Api(_) | Guard::AnyProgram, Some(rest)) =
            (route.guard, route.path.strip_prefix("/v1/accounts/{account}"))
        else {
            continue;
        };
        run(&app, "DELETE FROM rate_limits").await;
        let (path, method) = (path_of_program(&route, &account), route.method.as_str());
        let request = program.request(method.parse().expect("a method"), &path).header("if-match", "\"1\"");
        let page = program.send(request.json(&json!({}))).await;
        let is_refused = page.status == 403 && page.text().contains("#problem-account-state");
        let stays_open = OPEN_TO_PROGRAMS.iter().any(|(open, _)| *open == rest);
        assert!(page.status < 500, "{method} {path}: {}", page.status);
        let reads = method == "GET";
        assert_eq!(is_refused, !reads && !stays_open, "{method} {path}: {} {}", page.status, page.text());
        open.extend((!reads && stays_open).then_some(rest));
        refused += usize::from(is_refused);
    }
    assert_eq!((open.len(), refused >= 8), (OPEN_TO_PROGRAMS.len(), true), "{open:?}, {refused} refused");
}

fn path_of_program(route: &Route, account: &str) -> String {
    let nothing = |prefix: &str| format!("{prefix}{}", "0".repeat(32));
    route
        .path
        .replace("{account}", account)
        .replace("{claim}", &nothing("CL"))
        .replace("{communication}", &nothing("CM"))
        .replace("{restriction}", &nothing("RE"))
        .replace("{deletion}", &nothing("DE"))
        .replace("{product}", "claims")
}

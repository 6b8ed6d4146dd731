//! Every page of the site map, in Chromium: accessible, valid, in both widths and both schemes.

use std::path::{Path, PathBuf};
use std::process::Command;

use portal::preferences::topics::Topic;

use super::visits::{self, Visit};
use crate::support::process::Folder;
use crate::support::{Browser, Chromium, Page, TestApp};

/// Every rule of axe, or those that judge colours and sizes.
const EVERYTHING: &str = "";
const COLOURS_AND_SIZES: &str = "runOnly: ['color-contrast', 'target-size', 'link-in-text-block']";

/// Each width and each scheme is judged by every rule once; their other pairs only by what they can change.
const LOOKS: &[(i64, &str, &str)] = &[
    (1280, "light", EVERYTHING),
    (1280, "dark", COLOURS_AND_SIZES),
    (360, "dark", EVERYTHING),
    (360, "light", COLOURS_AND_SIZES),
];

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Whether a page is looked at: all are, or with `PORTAL_PAGES` those whose path has one of these parts, with commas
/// between them; `=/staff` is that page alone.
fn wanted(visit: &Visit) -> bool {
    let fits = |part: &str| match part.strip_prefix('=') {
        Some(whole) => visit.pattern == whole,
        None => visit.pattern.contains(part),
    };
    std::env::var("PORTAL_PAGES").map_or(true, |parts| parts.split(',').any(fits))
}

/// Opens a page as its visitor, without a screen, and makes sure that it is the page.
async fn read(visit: &Visit) -> Page {
    let page = visit.visitor.get(&visit.path).await;
    let kind = page.header("content-type");
    assert!(
        page.status == 200 && kind.starts_with("text/html"),
        "{}: {} {kind} {}",
        visit.path,
        page.status,
        page.header("location")
    );
    page
}

/// Forms with everything wrong, and pages about errors: what the site map alone does not show.
async fn refusals(app: &TestApp) -> Vec<Page> {
    let visitor = app.browser();
    let ada = app.customer("ada@example.com").await;
    let customer = app.sign_in_as(&ada).await;
    let account = ada.account().await;
    vec![
        visitor.get("/nowhere").await,
        visitor.get("/password-reset/used").await,
        visitor.post("/sign-up", &[]).await,
        visitor.post("/sign-in", &[]).await,
        customer.post("/settings/profile", &[]).await,
        customer.post("/settings/email", &[("email", "ada")]).await,
        customer.post("/settings/phone", &[("phone", "1")]).await,
        customer.post("/settings/password", &[("password", "short")]).await,
        customer.post("/settings/two-factor", &[("code", "0")]).await,
        customer.post("/accounts/new", &[("name", "Claims of ada@example.com")]).await,
        customer.post("/privacy/requests/new", &[("kind", "correction")]).await,
        visitor.post("/privacy/requests/new", &[]).await,
        customer.post("/privacy/disputes/new", &[]).await,
        visitor.post("/privacy/disputes/new", &[]).await,
        refused_file(&customer).await,
        dispute_with_a_refused_file(&customer).await,
        customer.post(&format!("/accounts/{account}/members/invitations/new"), &[("email", "x")]).await,
        customer.post(&format!("/accounts/{account}/name"), &[("name", "")]).await,
    ]
}

/// The page of a request where a file was refused.
async fn refused_file(customer: &Browser) -> Page {
    let wish = [("kind", "correction"), ("details", "Number 7."), ("home", "us")];
    let page = customer.post("/privacy/requests/new", &wish).await.follow().await;
    page.submit_with_files("/messages", &[("body", "Please look.")], &[("a.exe", b"MZ\x90\0")]).await
}

/// The form of a dispute where a file was refused.
async fn dispute_with_a_refused_file(customer: &Browser) -> Page {
    let page = customer.get("/privacy/disputes/new").await;
    let words = [("subject", "A newsletter"), ("words", "It came on Monday.")];
    page.submit_with_files("/new", &words, &[("a.exe", b"MZ\x90\0")]).await
}

/// The desk of campaigns where something is wrong, and a draft that can be scheduled.
async fn desk_of_campaigns(app: &TestApp) -> (Page, Page) {
    let person = app.customer("milo@lossexpress.test").await.with_totp().await.bound().await;
    let grant = format!(
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'marketing', now())",
        person.id.0
    );
    diesel_async::RunQueryDsl::execute(diesel::sql_query(grant), &mut app.conn().await).await.unwrap();
    let browser = app.sign_in_as(&person).await;
    let words = [("name", "N"), ("topic", "newsletter"), ("subject", "S"), ("body", "Hello {name}")];
    let draft = browser.post("/staff/campaigns/new", &words).await.follow().await;
    (browser.post("/staff/campaigns/new", &[]).await, draft)
}

/// What the buttons under a mailing lead to, which has no address of its own.
async fn answers_to_readers(app: &TestApp) -> Vec<Page> {
    let reader = app.subscriber("another.reader@example.com", &[Topic::Newsletter]).await;
    let (visitor, token) = (app.browser(), reader.token(Some(Topic::Newsletter)));
    let unsubscribed = visitor.post(&format!("/unsubscribe/{token}"), &[("from", "page")]).await;
    let decision = reader.decisions().await[0].id.to_string();
    let told = [("decision", decision.as_str()), ("reason", "other")];
    let thanks = visitor.post(&format!("/unsubscribe/{token}/reason"), &told).await;
    let undone = visitor.post(&format!("/unsubscribe/{token}/undo"), &told).await;
    let saved = visitor.post(&format!("/preferences/{token}"), &[("act", "pause_30")]).await;
    let sent = visitor.post(&format!("/preferences/{token}/deletion"), &[]).await;
    let confirmation = app.mail_to(&reader.email).await.link("/contact-data/");
    let deleted = visitor.post(&confirmation, &[]).await;
    let gone = visitor.post(&format!("/unsubscribe/{token}"), &[("from", "page")]).await;
    let leaver = app.subscriber("leaver@example.com", &[Topic::Newsletter]).await;
    leaver.move_to("moved@example.com").await;
    let asked = visitor.get(&format!("/unsubscribe/{}", leaver.token(Some(Topic::Newsletter)))).await;
    let moved = asked.submit(&[]).await;
    vec![unsubscribed, thanks, undone, saved, sent, deleted, gone, asked, moved]
}

/// The walk takes longer than somebody stays recent who has shown who they are.
async fn keep_recent(app: &TestApp) {
    let query =
        diesel::sql_query("UPDATE sessions SET reauthenticated_at = $1 WHERE reauthenticated_at IS NOT NULL");
    let query = query.bind::<diesel::sql_types::Timestamptz, _>(app.clock.now());
    diesel_async::RunQueryDsl::execute(query, &mut app.conn().await).await.unwrap();
}

fn file_name(pattern: &str) -> String {
    let name: String =
        pattern.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    name.trim_matches('_').replace("__", "_")
}

#[tokio::test]
async fn the_html_of_every_page_is_valid() {
    let app = TestApp::development().await;
    let folder = Folder::new("html");
    let save = |name: String, page: &Page| {
        std::fs::write(folder.0.join(format!("{name}.html")), &page.body).unwrap()
    };
    for visit in visits::all(&app).await.into_iter().filter(wanted) {
        keep_recent(&app).await;
        save(format!("page_{}", file_name(visit.pattern)), &read(&visit).await);
    }
    let (refused, draft) = desk_of_campaigns(&app).await;
    assert_eq!((refused.status, draft.status), (422, 200));
    save("campaign_refused".into(), &refused);
    save("campaign_draft".into(), &draft);
    for page in refusals(&app).await {
        assert!((400..500).contains(&page.status), "{}: {}", page.path, page.status);
        save(format!("{}_{}", page.status, file_name(&page.path)), &page);
    }
    for (number, page) in answers_to_readers(&app).await.into_iter().enumerate() {
        assert_eq!(page.status, 200, "{}", page.path);
        save(format!("answer_{number}"), &page);
    }
    app.mailbox().await;
    let validator = tools().join("node_modules/html-validate/bin/html-validate.mjs");
    assert!(validator.is_file(), "html-validate is missing: script/install-prerequisites test");
    let mut node = Command::new("node");
    node.arg(validator)
        .arg("--config")
        .arg(tools().join(".htmlvalidate.json"))
        .arg("--formatter=text")
        .arg(&folder.0);
    let output = node.output().expect("Node.js is installed");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What axe finds wrong with the page that is open.
async fn violations(chromium: &Chromium, options: &str) -> Vec<String> {
    let run = "(async () => {
        const ending = document.getAnimations().filter((animation) => animation.effect.getComputedTiming().endTime < Infinity);
        ending.forEach((animation) => animation.finish());
        const { violations } = await axe.run(document, { preload: false, resultTypes: ['violations'], OPTIONS });
        return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`));
    })()";
    chromium.evaluate(&run.replace("OPTIONS", options)).await
}

/// Looks at the page that is open from all sides, and answers what is wrong.
async fn inspect(chromium: &Chromium, axe: &str, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    chromium.page.evaluate(axe).await.expect("axe loads");
    for (width, scheme, rules) in LOOKS {
        chromium.look(*width, scheme).await;
        let found = violations(chromium, rules).await;
        wrong.extend(found.into_iter().map(|violation| format!("{name} at {width} {scheme}: {violation}")));
        if std::env::var_os("PORTAL_SCREENSHOTS").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
            std::fs::create_dir_all(&folder).expect("a folder for pictures");
            chromium.save_picture(&folder.join(format!("{}-{width}-{scheme}.png", file_name(name)))).await;
        }
    }
    // WCAG 1.4.10: at 320 pixels nobody scrolls sideways.
    chromium.look(320, "light").await;
    let overflow: i64 = chromium
        .evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        .await;
    if overflow > 0 {
        wrong.push(format!("{name} is {overflow} pixels too wide for 320"));
    }
    wrong.extend(chromium.complaints().into_iter().map(|complaint| format!("{name}: {complaint}")));
    wrong
}

#[tokio::test]
async fn every_page_is_accessible_in_both_widths_and_both_schemes() {
    let app = TestApp::development().await;
    let chromium = app.chromium("axe").await;
    let axe = std::fs::read_to_string(tools().join("node_modules/axe-core/axe.min.js"))
        .expect("script/install-prerequisites test");
    let mut wrong = Vec::new();
    let mut present: Option<Browser> = None;
    for visit in visits::all(&app).await.into_iter().filter(wanted) {
        keep_recent(&app).await;
        read(&visit).await;
        if present
            .replace(visit.visitor.clone())
            .is_none_or(|before| before.cookies() != visit.visitor.cookies())
        {
            chromium.become_visitor(&visit.visitor).await;
        }
        chromium.open(&visit.path).await;
        assert_eq!(chromium.path().await, visit.path);
        wrong.extend(inspect(&chromium, &axe, visit.pattern).await);
    }
    app.mailbox().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_the_buttons_under_a_mailing_lead_to_is_accessible() {
    let app = TestApp::development().await;
    let chromium = app.chromium("mailing").await;
    let axe = std::fs::read_to_string(tools().join("node_modules/axe-core/axe.min.js"))
        .expect("script/install-prerequisites test");
    let reader = app.subscriber("reader@example.com", &[Topic::Newsletter]).await;
    let token = reader.token(Some(Topic::Newsletter));
    app.browser().post(&format!("/preferences/{token}/deletion"), &[]).await;
    let confirmation = app.mail_to(&reader.email).await.link("/contact-data/");
    let mut wrong = Vec::new();
    let path = format!("/unsubscribe/{token}");
    chromium.open(&path).await;
    for (button, leads_to, shows, name) in [
        ("main form button", path.clone(), "#field-reason", "unsubscribed"),
        ("main form[action$='/undo'] button", format!("{path}/undo"), "main", "unsubscription undone"),
    ] {
        chromium.click(button).await;
        chromium.finds_at(&leads_to, shows).await;
        wrong.extend(inspect(&chromium, &axe, name).await);
    }
    chromium.open(&confirmation).await;
    chromium.click("main form button").await;
    chromium.finds_at(&confirmation, "main:not(:has(form))").await;
    wrong.extend(inspect(&chromium, &axe, "contact deleted").await);
    assert_eq!(app.mail_to(&reader.email).await.name, "contact_deleted");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

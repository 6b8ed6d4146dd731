//! The desk: writing, looking, approving, scheduling, stopping, and what came of it.

use diesel_async::RunQueryDsl as _;
use portal::platform::audit::Circumstances;
use portal::platform::ids::CampaignId;
use portal::preferences::campaigns::{self, APPROVAL_ABOVE, Desk};
use portal::staff::permissions::Role;

use super::{ADDRESS, begun, desk, draft, reader, readers, state};
use crate::support::{Browser, TestApp};

const WORDS: &[(&str, &str)] = &[
    ("name", "November"),
    ("topic", "newsletter"),
    ("subject", "What is new in November"),
    ("body", "Hello {name},\n\nall is *well*."),
];

/// A browser of the desk with a draft, and where the draft is.
async fn written(app: &TestApp) -> (Browser, String) {
    let browser = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    let page = browser.get("/staff/campaigns/new").await.submit(WORDS).await;
    let path = page.location().to_owned();
    (browser, path)
}

fn id_of(path: &str) -> CampaignId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// A colleague at the same desk.
async fn colleague(app: &TestApp) -> Browser {
    let person = app.customer("colleague@lossexpress.test").await.with_totp().await.bound().await;
    let grant = format!(
        "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'marketing', now())",
        person.id.0
    );
    diesel::sql_query(grant).execute(&mut app.conn().await).await.unwrap();
    app.sign_in_as(&person).await
}

async fn turn(browser: &Browser, path: &str, turn: &str) -> u16 {
    browser.post(&format!("{path}/turn"), &[("turn", turn)]).await.status
}

#[tokio::test]
async fn a_draft_is_kept_with_the_count_of_those_who_would_get_it() {
    let app = TestApp::start().await;
    reader(&app, "ada@example.com").await;
    reader(&app, "eve@example.com").await;
    let (browser, path) = written(&app).await;
    let page = browser.get(&path).await;
    let words = page.words();
    assert!(words.contains("Draft") && words.contains("What is new in November"), "{words}");
    assert!(words.contains("Recipients 2 at this moment"), "{words}");
    assert!(words.contains("Of the subscribers, everybody"), "{words}");
    let narrower = browser.get(&format!("{path}/text")).await;
    assert_eq!(narrower.value("subject"), "What is new in November");
    assert_eq!(narrower.submit(&[("state", "customers"), ("country", "de")]).await.location(), path);
    let words = browser.get(&path).await.words();
    assert!(words.contains("Recipients 0 at this moment"), "{words}");
    assert!(words.contains("people with an account in DE"), "{words}");
    assert!(browser.get("/staff/campaigns").await.words().contains("November"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_beside_its_field_and_kept() {
    let app = TestApp::start().await;
    let browser = app.sign_in_as(&app.staff(Role::Marketing).await).await;
    assert!(browser.get("/staff/campaigns").await.words().contains("No campaign yet"));
    let page = browser.post("/staff/campaigns/new", &[("name", "Kept"), ("topic", "onboarding_calls")]).await;
    let fields: Vec<String> = page.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!((page.status, fields), (422, vec!["topic".into(), "subject".into(), "body".into()]));
    assert_eq!(page.value("name"), "Kept");
    for (field, value) in [
        ("subject", "Two\r\nBcc: eve@example.com"),
        ("subject", "{name}, what is new in November"),
        ("country", "Germany"),
        ("state", "nobody"),
        ("body", " "),
    ] {
        let mut fields = WORDS.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let page = browser.post("/staff/campaigns/new", &fields).await;
        assert_eq!((page.status, page.errors().len()), (422, 1), "{field}");
        assert_eq!(page.errors()[0].0, field);
    }
}

#[tokio::test]
async fn the_preview_shows_the_mail_alone_at_both_widths_and_in_both_schemes() {
    let app = TestApp::start().await;
    let (browser, path) = written(&app).await;
    let page = browser.get(&format!("{path}/preview")).await;
    assert!(
        page.text().contains("Hello Marketing,") && page.text().contains("<em>well</em>"),
        "{}",
        page.text()
    );
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert!(
        !page.text().contains("max-width: 360px")
            && page.text().contains("@media (prefers-color-scheme: dark)")
    );
    let page = browser.get(&format!("{path}/preview?width=phone&colours=dark")).await;
    assert!(
        page.text().contains("max-width: 360px") && page.text().contains("@media all"),
        "{}",
        page.text()
    );
    assert!(browser.get(&path).await.text().contains("all is well."), "the text part");
}

#[tokio::test]
async fn a_test_mail_goes_to_whoever_asks_and_its_links_lead_to_nobody() {
    let app = TestApp::start().await;
    reader(&app, "ada@example.com").await;
    let (browser, path) = written(&app).await;
    assert_eq!(browser.post(&format!("{path}/test"), &[]).await.location(), path);
    let mail = app.mail_to("marketing@lossexpress.test").await;
    assert_eq!(
        (mail.name.as_str(), mail.subject.as_str()),
        ("campaign_test", "[Test] What is new in November")
    );
    let page = app.browser().get(&mail.link("/unsubscribe/")).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Nothing is sent to you"));
    assert_eq!(app.browser().post(&mail.link("/unsubscribe/"), &[]).await.status, 200);
    assert_eq!(campaigns::counts(&app, id_of(&path)).await.unwrap().total, 0);
}

#[tokio::test]
async fn above_a_thousand_recipients_the_author_is_refused_and_a_colleague_approves() {
    let app = TestApp::with(ADDRESS).await;
    readers(&app, i32::try_from(APPROVAL_ABOVE).unwrap() + 1).await;
    let (browser, path) = written(&app).await;
    assert!(browser.get(&path).await.words().contains("a colleague approves it before it is sent"));
    browser.post(&format!("{path}/schedule"), &[("at", "2999-01-01 09:00")]).await;
    assert_eq!(state(&app, id_of(&path)).await, "waiting");
    let page = browser.get(&path).await;
    assert!(
        page.words().contains("You wrote this campaign, so a colleague approves it."),
        "{}",
        page.words()
    );
    assert!(!page.text().contains("/approval\""), "no button that is refused");
    let refused = browser.post(&format!("{path}/approval"), &[]).await.follow().await;
    assert!(refused.words().contains("You wrote this campaign yourself"));
    assert_eq!(state(&app, id_of(&path)).await, "waiting");
    let colleague = colleague(&app).await;
    assert!(colleague.get("/staff").await.words().contains("1 campaign waits."));
    let page = colleague.get(&path).await.submit_to("/approval", &[]).await;
    assert_eq!((page.status, state(&app, id_of(&path)).await.as_str()), (303, "scheduled"));
    assert_eq!(turn(&browser, &path, "cancel").await, 303);
}

/// A campaign that waits for approval: its writer, its path, and a colleague of theirs.
async fn waits_for_approval(app: &TestApp) -> (Browser, String, Browser) {
    readers(app, i32::try_from(APPROVAL_ABOVE).unwrap() + 1).await;
    let (browser, path) = written(app).await;
    browser.post(&format!("{path}/schedule"), &[("at", "2999-01-01 09:00")]).await;
    (browser, path, colleague(app).await)
}

#[tokio::test]
async fn whoever_changes_the_words_needs_another_approval() {
    let app = TestApp::with(ADDRESS).await;
    let (browser, path, colleague) = waits_for_approval(&app).await;
    let schedule = format!("{path}/schedule");
    colleague.get(&path).await.submit_to("/approval", &[]).await;
    assert_eq!(browser.post(&format!("{path}/text"), WORDS).await.status, 410, "it is no draft");
    assert_eq!(turn(&colleague, &path, "send_back").await, 303);
    assert_eq!(colleague.post(&format!("{path}/text"), WORDS).await.status, 303);
    browser.post(&schedule, &[("at", "2999-01-01 09:00")]).await;
    assert_eq!(state(&app, id_of(&path)).await, "waiting");
    colleague.post(&format!("{path}/approval"), &[]).await;
    assert_eq!(state(&app, id_of(&path)).await, "waiting", "the colleague wrote it now");
    browser.get(&path).await.submit_to("/approval", &[]).await;
    assert_eq!(state(&app, id_of(&path)).await, "scheduled");
    assert_eq!(turn(&browser, &path, "cancel").await, 303);
}

#[tokio::test]
async fn nobody_approves_other_words_than_they_have_read() {
    let app = TestApp::with(ADDRESS).await;
    let (browser, path, colleague) = waits_for_approval(&app).await;
    let schedule = format!("{path}/schedule");
    let read = colleague.get(&path).await;
    assert_eq!(turn(&browser, &path, "send_back").await, 303);
    assert_eq!(browser.post(&format!("{path}/text"), WORDS).await.status, 303);
    browser.post(&schedule, &[("at", "2999-01-01 09:00")]).await;
    assert_eq!(read.submit_to("/approval", &[]).await.status, 410, "it was changed since");
    assert_eq!(state(&app, id_of(&path)).await, "waiting");
    colleague.get(&path).await.submit_to("/approval", &[]).await;
    assert_eq!(state(&app, id_of(&path)).await, "scheduled");
    assert_eq!(turn(&browser, &path, "cancel").await, 303);
}

#[tokio::test]
async fn nothing_is_scheduled_for_the_past_nor_without_a_postal_address() {
    let app = TestApp::start().await;
    let (browser, path) = written(&app).await;
    let schedule = format!("{path}/schedule");
    for (at, said) in [("2020-01-01 09:00", "past"), ("tomorrow", "year-month-day"), ("", "postal address")] {
        let page = browser.post(&schedule, &[("at", at)]).await;
        assert_eq!(page.status, 422, "{at}");
        assert!(page.words().contains(said), "{at}: {}", page.words());
    }
    assert_eq!(state(&app, id_of(&path)).await, "draft");
}

#[tokio::test]
async fn a_campaign_is_paused_resumed_and_cancelled_by_buttons_and_each_step_is_told() {
    let app = TestApp::with(ADDRESS).await;
    readers(&app, 3).await;
    let (browser, path) = written(&app).await;
    assert_eq!(turn(&browser, &path, "pause").await, 410, "nothing is sent yet");
    assert_eq!(turn(&browser, &path, "explode").await, 400);
    browser.get(&path).await.submit_to("/schedule", &[]).await;
    campaigns::begin(&app, id_of(&path)).await.unwrap();
    for (button, stands, bar) in
        [("pause", "paused", "0 %"), ("resume", "sending", "0 %"), ("cancel", "cancelled", "100 %")]
    {
        assert_eq!(turn(&browser, &path, button).await, 303);
        assert_eq!(state(&app, id_of(&path)).await, stands);
        assert!(browser.get(&path).await.words().contains(&format!("Done {bar}")));
    }
    assert_eq!(turn(&browser, &path, "resume").await, 410);
    let words = browser.get(&path).await.words();
    assert!(words.contains("3 not sent because the campaign was cancelled"), "{words}");
    let log = app.sign_in_as(&app.staff(Role::Privacy).await).await.get("/staff/audit").await.words();
    for action in ["written", "scheduled", "paused", "resumed", "cancelled"] {
        assert!(log.contains(&format!("campaign.{action}")), "{action}: {log}");
    }
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn results_are_counted_and_drawn() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let mut links = Vec::new();
    for name in ["ada", "eve", "bob"] {
        reader(&app, &format!("{name}@example.com")).await;
    }
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    for name in ["ada", "eve", "bob"] {
        links.push(app.mail_to(&format!("{name}@example.com")).await.link("/unsubscribe/"));
    }
    app.browser().post(&links[0], &[("List-Unsubscribe", "One-Click")]).await;
    app.browser().post(&links[0], &[("List-Unsubscribe", "One-Click")]).await;
    app.browser().post(&links[1], &[("from", "page")]).await;
    let browser = colleague(&app).await;
    let page = browser.get(&format!("/staff/campaigns/{id}")).await;
    let words = page.words();
    assert!(
        words.contains("Sent 3") && words.contains("Unsubscribed 2") && words.contains("Done 100 %"),
        "{words}"
    );
    assert_eq!(page.all("svg.chart-drawing rect").len(), 2, "a bar of what was sent, a bar of who went");
    assert!(words.contains("we put no pixel into a mailing and lead no link past a counter"), "{words}");
    assert!(browser.get("/staff/campaigns").await.words().contains("3 of 3 sent"));
    assert_eq!(draft().name, page.heading());
}

#[tokio::test]
async fn each_kind_of_result_is_drawn_by_itself_in_the_time_in_which_it_came() {
    let app = TestApp::with(ADDRESS).await;
    let person = app.staff(Role::Marketing).await;
    let desk = Desk { person: person.id, from: Circumstances::default() };
    readers(&app, 5).await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    app.mailbox().await;
    // Of each kind another number, a good while after the first message left.
    for (order, set) in [
        (1, "state = 'refused', settled_at = settled_at + interval '100 minutes'"),
        (2, "bounced_at = settled_at + interval '100 minutes'"),
        (
            3,
            "bounced_at = settled_at + interval '100 minutes', complained_at = settled_at + interval '100 minutes'",
        ),
        (4, "unsubscribed_at = settled_at + interval '100 minutes'"),
    ] {
        let one = format!("(SELECT id FROM campaign_recipients ORDER BY id OFFSET {} LIMIT 1)", order - 1);
        let change = format!("UPDATE campaign_recipients SET {set} WHERE id = {one}");
        diesel::sql_query(change).execute(&mut app.conn().await).await.unwrap();
    }
    app.travel(chrono::Duration::hours(3)).await;
    let browser = app.sign_in_as(&person).await;
    let page = browser.get(&format!("/staff/campaigns/{id}")).await;
    let heads = page.all("figure.chart ~ details thead th");
    assert_eq!(heads, ["From", "Sent", "Refused", "Bounced", "Complained", "Unsubscribed"]);
    let rows: Vec<Vec<String>> = page
        .all("figure.chart ~ details tbody tr")
        .iter()
        .map(|row| row.split(' ').rev().take(5).map(str::to_owned).collect())
        .collect();
    assert_eq!(rows, [["0", "0", "0", "0", "4"], ["1", "1", "2", "1", "0"]], "the last column first");
    assert_eq!(page.all("svg.chart-drawing rect").len(), 5);
    let title = page.all("svg.chart-drawing title");
    for said in ["Sent 4", "Refused 1", "Bounced 2", "Complained 1", "Unsubscribed 1"] {
        assert!(title.iter().any(|title| title.ends_with(said)), "{said}: {title:?}");
    }
    let legend = page.all("figcaption.chart-legend span");
    assert_eq!(legend, heads[1..], "what each colour is");
}

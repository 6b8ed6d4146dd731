//! The desk of subscriber records: who sees one and why, how it is decided, and whom it was shown to.

use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use crate::support::subscriber_records::{NUMBER, at_desk};
use crate::support::{Browser, TestApp, count, lock_waits, run};

/// A record of Ada's account: her browser, her account's pages and the page of the record.
pub(super) async fn submitted(app: &TestApp) -> (Browser, String, String) {
    let ada = app.customer("ada@example.com").await;
    let (browser, account) = (app.sign_in_as(&ada).await, ada.account().await);
    let record = app.subscriber_record(&browser, account, "CH", "Martha Keel").await;
    (browser, format!("/accounts/{account}"), record)
}

/// Somebody of the privacy team.
pub(super) async fn desk(app: &TestApp) -> Browser {
    app.sign_in_as(&app.staff(Role::Privacy).await).await
}

#[tokio::test]
async fn the_privacy_team_sees_one_for_a_reason_that_the_account_reads_and_nobody_else_does() {
    let app = TestApp::start().await;
    let (ada, account, record) = submitted(&app).await;
    let path = at_desk(&record);
    for role in [Role::Support, Role::Reviewer, Role::Marketing, Role::Admin] {
        let other = app.sign_in_as(&app.staff(role).await).await;
        for page in ["/staff/subscriber-records", &path] {
            assert_eq!(other.get(page).await.status, 404, "{role:?} {page}");
        }
        assert_eq!(other.post(&format!("{path}/looks"), &[("reason", "I am curious.")]).await.status, 404);
    }
    let desk = desk(&app).await;
    let masked = desk.get(&path).await;
    assert!(masked.words().contains("What it says is hidden"), "{}", masked.words());
    for part in ["Martha", NUMBER, "Bahnhofgasse", "proof-1"] {
        assert!(!masked.text().contains(part), "{part}");
    }
    let file = ada.get(&format!("{record}/values")).await.link("proof-1.pdf");
    let at_desk = format!("{path}/files/{}", file.rsplit('/').next().unwrap());
    assert_eq!(desk.get(&at_desk).await.location(), path, "nor its file");
    assert_eq!(desk.post(&format!("{path}/looks"), &[("reason", "short")]).await.status, 422);
    let reason = "The police of Zürich asks, order 12 of 2026.";
    assert_eq!(desk.post(&format!("{path}/looks"), &[("reason", reason)]).await.location(), path);
    let open = desk.get(&path).await;
    for part in ["Martha Keel", NUMBER, "Bahnhofgasse 1"] {
        assert!(open.words().contains(part), "{part}: {}", open.words());
    }
    assert_eq!(desk.get(&at_desk).await.status, 200);
    let activity = ada.get(&format!("{account}/activity")).await;
    let told = ["A file of a subscriber record was opened", "A subscriber record was opened by our staff"];
    assert_eq!(activity.all(".timeline-title")[..2], told);
    let details = activity.all(".timeline-detail");
    assert!(details[..2].iter().all(|detail| detail.contains(reason)), "{details:?}");
    assert!(count(&app, "audit_events WHERE action = 'account.subscriber_record.viewed_masked'").await > 0);
}

#[tokio::test]
async fn a_refusal_has_words_which_the_owner_gets_by_mail_and_on_the_page() {
    let app = TestApp::start().await;
    let (ada, _, record) = submitted(&app).await;
    let (desk, path) = (desk(&app).await, at_desk(&record));
    let decision = format!("{path}/decision");
    let early = desk.post(&decision, &[("outcome", "accepted")]).await;
    assert_eq!(
        (early.location(), count(&app, "subscriber_records WHERE outcome IS NULL").await),
        (path.as_str(), 1)
    );
    app.open_record(&desk, &record).await;
    for (fields, wrong) in [
        (vec![("outcome", "refused"), ("words", "No.")], "words"),
        (vec![("outcome", ""), ("words", "Something")], "outcome"),
    ] {
        let page = desk.post(&decision, &fields).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, wrong));
    }
    let why = "The copy of the passport cannot be read.";
    assert_eq!(desk.post(&decision, &[("outcome", "refused"), ("words", why)]).await.status, 303);
    let mail = app.mail_to("ada@example.com").await;
    assert_eq!(mail.name, "subscriber_record_decided");
    assert!(mail.text.contains(why) && !mail.text.contains("Martha"), "{}", mail.text);
    let page = ada.get(&record).await;
    assert!(page.words().contains(why) && page.words().contains("Refused on"), "{}", page.words());
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_does_and_the_other_is_told() {
    let app = TestApp::start().await;
    let (_, _, record) = submitted(&app).await;
    let paul = app.staff(Role::Privacy).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&paul).await);
    let path = app.open_record(&one, &record).await;
    let (accept, refuse) =
        ([("outcome", "accepted")], [("outcome", "refused"), ("words", "Something is missing.")]);
    let decision = format!("{path}/decision");
    let (a, b) = tokio::join!(one.post(&decision, &accept), two.post(&decision, &refuse));
    assert_eq!((a.status, b.status), (303, 303));
    let told = [a.follow().await.words(), b.follow().await.words()];
    let late = |words: &&String| words.contains("Somebody decided this record meanwhile");
    assert_eq!(told.iter().filter(late).count(), 1, "{told:?}");
    let decided = "audit_events WHERE action IN ('account.subscriber_record.accepted', 'account.subscriber_record.refused')";
    assert_eq!(count(&app, decided).await, 1);
    assert_eq!(app.mail_to("ada@example.com").await.name, "subscriber_record_decided");
}

#[tokio::test]
async fn whoever_loses_their_role_while_they_wait_decides_nothing_and_notes_no_share() {
    let app = TestApp::start().await;
    let (_, _, record) = submitted(&app).await;
    let desk = desk(&app).await;
    let path = app.open_record(&desk, &record).await;
    let mut conn = app.conn().await;
    for statement in ["BEGIN", "SELECT FROM accounts FOR UPDATE"] {
        diesel::sql_query(statement).execute(&mut conn).await.unwrap();
    }
    let today = app.today().to_string();
    let share = [
        ("recipient_kind", "authority"),
        ("recipient", "Stadtpolizei Zürich"),
        ("ground", "order"),
        ("purpose", "Order 12 of 2026, about a fraud."),
        ("shared_on", today.as_str()),
    ];
    let (decision, shares) = (format!("{path}/decision"), format!("{path}/shares"));
    let ending = async {
        lock_waits(&app, "both wait", 2).await;
        let changed = "UPDATE people SET credential_version = credential_version + 1 \
            WHERE id IN (SELECT person_id FROM staff_roles WHERE role = 'privacy')";
        run(&app, changed).await;
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (one, two, ()) =
        tokio::join!(desk.post(&decision, &[("outcome", "accepted")]), desk.post(&shares, &share), ending);
    for page in [one, two] {
        assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.status);
    }
    assert_eq!(count(&app, "subscriber_records WHERE outcome IS NULL").await, 1);
    assert_eq!(count(&app, "subscriber_record_shares").await, 0);
}

#[tokio::test]
async fn nothing_is_decided_of_an_account_that_is_being_closed() {
    let app = TestApp::start().await;
    let (ada, account, record) = submitted(&app).await;
    let desk = desk(&app).await;
    let path = app.open_record(&desk, &record).await;
    let form = desk.get(&path).await;
    let closing = ada.get(&format!("{account}/closure/new")).await;
    closing.submit_to("/closure", &[("understood", "on"), ("confirmation", "First account")]).await;
    let late = form.submit_to("/decision", &[("outcome", "accepted")]).await.follow().await;
    assert!(late.words().contains("there is no service to decide it for"), "{}", late.words());
    assert!(!late.text().contains("/decision"), "nor is it offered");
    assert_eq!(count(&app, "subscriber_records WHERE outcome IS NULL").await, 1);
    app.mailbox().await;
}

#[tokio::test]
async fn a_decision_about_what_is_withdrawn_meanwhile_changes_nothing() {
    let app = TestApp::start().await;
    let (ada, _, record) = submitted(&app).await;
    let desk = desk(&app).await;
    let path = app.open_record(&desk, &record).await;
    ada.post(&format!("{record}/withdrawal"), &[]).await;
    let late = desk.post(&format!("{path}/decision"), &[("outcome", "accepted")]).await.follow().await;
    assert!(late.words().contains("or it ended"), "{}", late.words());
    assert_eq!(count(&app, "subscriber_records WHERE outcome IS NOT NULL").await, 0);
}

#[tokio::test]
async fn the_queue_shows_what_waits_page_by_page_and_the_rest_on_request() {
    let app = TestApp::start().await;
    let desk = desk(&app).await;
    assert!(desk.get("/staff/subscriber-records").await.words().contains("No such record"));
    let (ada, account, record) = submitted(&app).await;
    let account = account.trim_start_matches("/accounts/").parse().unwrap();
    for _ in 0..26 {
        app.subscriber_record(&ada, account, "FR", "Nadia Verne").await;
    }
    let first = desk.get("/staff/subscriber-records").await;
    assert_eq!(first.all(".row-title a").len(), 25);
    assert!(!first.text().contains("Nadia") && !first.text().contains("Martha"), "of nobody");
    assert_eq!(desk.get(&first.link("Older")).await.all(".row-title a").len(), 2);
    app.accept_record(&desk, &record).await;
    let sid = record.rsplit('/').next().unwrap();
    for (view, many) in [("accepted", 1), ("refused", 0), ("ended", 0)] {
        let page = desk.get(&format!("/staff/subscriber-records?view={view}")).await;
        assert_eq!(page.all(".row-title a").len(), many, "{view}");
        assert_eq!(page.text().contains(sid), many == 1, "{view}");
    }
    let overview = desk.get("/staff").await;
    assert!(
        overview.text().contains("data-count=\"subscriber-records.waiting\">26<"),
        "{}",
        overview.words()
    );
    assert_eq!(app.mail_to("ada@example.com").await.name, "subscriber_record_decided");
}

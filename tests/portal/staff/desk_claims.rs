//! Claims: two at once, their end, and what becomes of them when somebody leaves the team.

use chrono::Duration;
use portal::platform::ids::{PersonId, RequestId};
use portal::staff::desk::{Queue, claims};
use portal::staff::permissions::Role;

use super::desk::{asked, grant, team};
use crate::support::{Browser, TestApp, count, run};

async fn a_request(app: &TestApp) -> String {
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    asked(&ada, app, "Number 7 is wrong.").await
}

fn item(path: &str) -> uuid::Uuid {
    path.rsplit('/').next().unwrap().parse::<RequestId>().unwrap().0
}

async fn holder(app: &TestApp, path: &str) -> Option<PersonId> {
    let holder = claims::holder(&mut *app.conn().await, Queue::Requests, item(path), app.clock.now()).await;
    holder.unwrap().map(|holder| holder.staff)
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_has_it_and_the_other_is_told_who() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let path = a_request(&app).await;
        let (paul, rosa) = team(&app).await;
        let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
        let claim = format!("{path}/claim");
        let (first, second) = tokio::join!(one.post(&claim, &[]), two.post(&claim, &[]));
        let told = [first.follow().await, second.follow().await].map(|page| page.notices().join(" "));
        let (has, other) = if told[0].contains("is yours") { (0, 1) } else { (1, 0) };
        assert!(
            told[has].contains("is yours") && told[other].contains("works on this request until"),
            "{told:?}"
        );
        let person = holder(&app, &path).await.expect("somebody has it");
        assert_eq!(person, [paul.id, rosa.id][has]);
    }
}

#[tokio::test]
async fn a_claim_is_renewed_by_its_holder_and_ends_at_its_moment() {
    let app = TestApp::start().await;
    let path = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    let claim = format!("{path}/claim");
    one.post(&claim, &[]).await;
    app.travel(Duration::minutes(29)).await;
    one.post(&claim, &[]).await;
    app.travel(Duration::minutes(30) - Duration::seconds(60)).await;
    two.post(&claim, &[]).await;
    assert_eq!(holder(&app, &path).await, Some(paul.id));
    app.travel(Duration::seconds(60)).await;
    assert_eq!(holder(&app, &path).await, None);
    two.post(&claim, &[]).await;
    assert_eq!(holder(&app, &path).await, Some(rosa.id));
}

#[tokio::test]
async fn what_was_claimed_at_the_moment_of_its_end_is_decided_by_one() {
    let app = TestApp::start().await;
    let path = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    one.post(&format!("{path}/claim"), &[]).await;
    let form = one.get(&format!("{path}/decision?outcome=fulfilled")).await;
    app.travel(Duration::minutes(30)).await;
    two.post(&format!("{path}/claim"), &[]).await;
    let late = form.submit(&[]).await;
    assert!(late.error().contains("Only whoever has claimed"), "{}", late.words());
    let form = two.get(&format!("{path}/decision?outcome=fulfilled")).await;
    assert_eq!(form.submit(&[]).await.status, 303);
    assert_eq!(count(&app, "desk_claims").await, 0, "what is decided is nobody's");
    app.mailbox().await;
}

#[tokio::test]
async fn an_item_is_given_back_by_its_holder_alone() {
    let app = TestApp::start().await;
    let path = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    one.post(&format!("{path}/claim"), &[]).await;
    let not_theirs = two.post(&format!("{path}/release"), &[]).await.follow().await;
    assert!(not_theirs.notices().join(" ").contains("You had not claimed this request"));
    assert_eq!(holder(&app, &path).await, Some(paul.id));
    one.post(&format!("{path}/release"), &[]).await;
    assert_eq!(holder(&app, &path).await, None);
}

/// Takes a role from somebody, as an admin does.
async fn remove(app: &TestApp, admin: &Browser, person: PersonId, role: Role) {
    let path = format!("/staff/team/{person}/roles/{}/removal", role.as_str());
    assert_eq!(admin.get(&path).await.submit(&[]).await.location(), "/staff/team");
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_leaves_is_out_at_once_and_what_they_had_is_free() {
    let app = TestApp::start().await;
    let path = a_request(&app).await;
    let (paul, rosa) = team(&app).await;
    let (one, two) = (app.sign_in_as(&paul).await, app.sign_in_as(&rosa).await);
    let admin = app.sign_in_as(&app.staff(Role::Admin).await).await;
    one.post(&format!("{path}/claim"), &[]).await;
    one.post(&format!("{path}/looks"), &[("reason", "To compare it with another.")]).await;
    one.post("/staff/views/new", &[("queue", "requests"), ("query", "view=late"), ("name", "Late")]).await;
    let open = one.get(&format!("{path}/decision?outcome=fulfilled")).await;
    let review = (app.clock.now() + Duration::days(90)).format("%Y-%m-%d").to_string();
    let ada = app.customer("grace@example.com").await.id.to_string();
    let hold = [
        ("scope", "person"),
        ("sid", ada.as_str()),
        ("matter", "litigation"),
        ("reason", "Lawsuit 12 of 2026, file in the archive."),
        ("review_on", review.as_str()),
    ];
    let proposed = one.post("/staff/holds/new", &hold).await.location().to_owned();
    remove(&app, &admin, paul.id, Role::Privacy).await;

    for (method, answer) in [
        ("the queue", one.get("/staff/requests").await),
        ("a decision", open.submit(&[]).await),
        ("a claim", one.post(&format!("{path}/claim"), &[]).await),
        ("an approval", one.post(&format!("{proposed}/approval"), &[]).await),
        ("the settings", one.get("/settings").await),
    ] {
        assert!(answer.location().starts_with("/sign-in"), "{method}: {}", answer.location());
    }
    for table in ["desk_claims", "desk_looks", "saved_views"] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
    let again = app.sign_in_as(&paul).await;
    assert_eq!(again.get("/staff/requests").await.status, 404, "a customer like others");
    assert_eq!(again.post(&format!("{proposed}/approval"), &[]).await.status, 404);
    two.post(&format!("{path}/claim"), &[]).await;
    assert_eq!(holder(&app, &path).await, Some(rosa.id), "a colleague has it at once");
    assert_eq!(
        count(&app, "holds WHERE approved_by IS NULL AND ended_at IS NULL").await,
        1,
        "the proposal waits"
    );
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_keeps_another_role_keeps_what_belongs_to_its_desks() {
    let app = TestApp::start().await;
    let path = a_request(&app).await;
    let (paul, _) = team(&app).await;
    grant(&app, &paul, Role::Admin).await;
    let admin = app.staff(Role::Admin).await;
    let (one, admin) = (app.sign_in_as(&paul).await, app.sign_in_as(&admin).await);
    one.post(&format!("{path}/claim"), &[]).await;
    let job = format!(
        "INSERT INTO desk_claims VALUES ('jobs', gen_random_uuid(), '{}', now(), now() + interval '1 day')",
        paul.id.0
    );
    run(&app, &job).await;
    remove(&app, &admin, paul.id, Role::Privacy).await;
    assert_eq!(count(&app, "desk_claims WHERE queue = 'jobs'").await, 1);
    assert_eq!(count(&app, "desk_claims").await, 1);
    assert_eq!(app.sign_in_as(&paul).await.get("/staff/jobs").await.status, 200);
}

#[tokio::test]
async fn a_claim_and_a_removal_at_once_leave_no_claim_behind() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let path = a_request(&app).await;
        let (paul, _) = team(&app).await;
        let (one, admin) = (app.sign_in_as(&paul).await, app.sign_in_as(&app.staff(Role::Admin).await).await);
        let (claim, removal) =
            (format!("{path}/claim"), format!("/staff/team/{}/roles/privacy/removal", paul.id));
        let (_, removed) = tokio::join!(one.post(&claim, &[]), admin.post(&removal, &[]));
        assert_eq!(removed.location(), "/staff/team");
        assert_eq!(holder(&app, &path).await, None);
        app.mailbox().await;
    }
}

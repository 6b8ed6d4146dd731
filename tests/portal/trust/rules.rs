//! Who writes rules, who lets them do more, and what is refused.

use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use super::{Desk, count};
use crate::support::{TestApp, count as rows, lock_waits, run};

async fn refused(app: &TestApp, statement: &str) -> String {
    let done = diesel::sql_query(statement).execute(&mut app.conn().await).await;
    done.expect_err(statement).to_string()
}

#[tokio::test]
async fn a_rule_begins_in_shadow_and_two_people_let_it_do_more() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    assert!(desk.one.get(&path).await.words().contains("nobody is touched"));
    let early = desk
        .one
        .post(&format!("{path}/proposal"), &[("mode", "enforce"), ("why", "Because I say so.")])
        .await;
    assert!(early.follow().await.notices().join(" ").contains("replayed first"));
    desk.propose(&app, &path, "review").await;
    let own = Desk::decide(&desk.one, &path, "approved").await.follow().await;
    assert!(own.notices().join(" ").contains("somebody else decides"));
    let waits = desk.other.get(&path).await;
    assert!(
        waits.words().contains("Waits for a second person")
            && waits.words().contains("The replay names whom we mean.")
    );
    assert!(desk.other.get("/staff/rules").await.words().contains("Waits for a second person"));
    Desk::decide(&desk.other, &path, "approved").await;
    assert!(desk.one.get(&path).await.words().contains("It asks a person"));
    let again = Desk::decide(&desk.other, &path, "approved").await.follow().await;
    assert!(again.notices().join(" ").contains("moved on"));
    assert_eq!(
        rows(&app, "audit_events WHERE action IN ('rule.version_written', 'rule.proposed', 'rule.moved_on')")
            .await,
        3
    );
}

#[tokio::test]
async fn the_database_refuses_what_the_pages_do_not_offer() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    let mode = |mode: &str, by: &str| {
        format!(
            "INSERT INTO rule_modes (id, version_id, seq, mode, set_by, because, at) SELECT gen_random_uuid(), id, 1, '{mode}', {by}, 'x', now() FROM rule_versions"
        )
    };
    for attempt in ["enforce", "review"] {
        assert!(
            refused(&app, &mode(attempt, "gen_random_uuid()"))
                .await
                .contains("somebody else has approved it")
        );
        assert!(refused(&app, &mode(attempt, "NULL")).await.contains("somebody else has approved it"));
    }
    let version = "INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode, mode_since) \
        SELECT gen_random_uuid(), rule_id, 2, expression, parameters, weight, reason_code, words, level, created_by, now(), 'enforce', now() FROM rule_versions";
    assert!(refused(&app, version).await.contains("begins in shadow"));
    assert!(refused(&app, "UPDATE rule_versions SET mode = 'enforce'").await.contains("does not change"));
    assert!(
        refused(&app, "UPDATE rule_versions SET expression = 'networks > 1'")
            .await
            .contains("does not change")
    );
    assert!(refused(&app, "UPDATE rule_modes SET mode = 'enforce'").await.contains("append-only"));
    assert!(refused(&app, "DELETE FROM rule_modes").await.contains("append-only"));
    desk.propose(&app, &path, "enforce").await;
    let alone =
        "UPDATE rule_proposals SET outcome = 'approved', decided_by = proposed_by, decided_at = now()";
    assert!(refused(&app, alone).await.contains("rule_proposals_second_person"));
    let by_another = format!(
        "WITH yes AS (UPDATE rule_proposals SET outcome = 'approved', decided_by = gen_random_uuid(), decided_at = now() RETURNING 1) {}",
        mode("enforce", "gen_random_uuid()")
    );
    assert!(refused(&app, &by_another).await.contains("somebody else has approved it"));
    Desk::decide(&desk.other, &path, "approved").await;
    assert_eq!(rows(&app, "rule_versions WHERE mode = 'enforce'").await, 1);
}

#[tokio::test]
async fn of_two_people_who_approve_at_once_one_does() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.propose(&app, &path, "enforce").await;
    let (decision, seen) = (format!("{path}/decision"), Desk::proposal(&desk.other, &path).await);
    let twice = desk.other.clone();
    let (approve, decline) =
        ([("answer", "approved"), ("proposal", &*seen)], [("answer", "declined"), ("proposal", &*seen)]);
    let answers = tokio::join!(desk.other.post(&decision, &approve), twice.post(&decision, &decline));
    assert_eq!((answers.0.status, answers.1.status), (303, 303));
    assert_eq!(rows(&app, "rule_proposals WHERE outcome IN ('approved', 'declined')").await, 1);
    let moved = rows(&app, "rule_versions WHERE mode = 'enforce'").await;
    assert_eq!(moved, rows(&app, "rule_proposals WHERE outcome = 'approved'").await);
}

#[tokio::test]
async fn whoever_loses_their_role_while_their_approval_waits_approves_nothing() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.propose(&app, &path, "enforce").await;
    let seen = Desk::proposal(&desk.other, &path).await;
    let mut conn = app.conn().await;
    for statement in ["BEGIN", "SELECT FROM rules FOR UPDATE"] {
        diesel::sql_query(statement).execute(&mut conn).await.unwrap();
    }
    let (decision, typed) = (format!("{path}/decision"), [("answer", "approved"), ("proposal", &*seen)]);
    let ending = async {
        lock_waits(&app, "the approval waits", 1).await;
        let changed = "UPDATE people SET credential_version = credential_version + 1 \
            WHERE id IN (SELECT person_id FROM staff_roles WHERE role = 'admin')";
        run(&app, changed).await;
        diesel::sql_query("COMMIT").execute(&mut conn).await.unwrap();
    };
    let (page, ()) = tokio::join!(desk.other.post(&decision, &typed), ending);
    assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.location());
    assert_eq!(rows(&app, "rule_versions WHERE mode = 'enforce'").await, 0);
    assert_eq!(rows(&app, "rule_proposals WHERE outcome IS NULL").await, 1);
}

#[tokio::test]
async fn nobody_approves_another_proposal_than_they_have_seen() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.propose(&app, &path, "review").await;
    let seen = Desk::proposal(&desk.other, &path).await;
    assert_eq!(Desk::decide(&desk.one, &path, "withdrawn").await.status, 303);
    desk.propose(&app, &path, "enforce").await;
    let decision = [("answer", "approved"), ("proposal", &*seen)];
    let page = desk.other.post(&format!("{path}/decision"), &decision).await.follow().await;
    assert!(page.notices().join(" ").contains("moved on"), "{}", page.words());
    assert_eq!(rows(&app, "rule_versions WHERE mode = 'shadow'").await, 1);
    assert_eq!(
        rows(&app, "rule_proposals WHERE outcome IS NULL").await,
        1,
        "it waits for somebody to read it"
    );
}

#[tokio::test]
async fn a_new_version_is_in_shadow_beside_the_one_that_acts_and_takes_its_place_when_approved() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let first = desk.write(&[]).await;
    desk.move_on(&app, &first, "enforce").await;
    let rule = first.split("/versions").next().unwrap();
    let form = desk.one.get(&format!("{rule}/versions/new")).await;
    assert!(
        form.text().contains("outbound_day &gt; most") || form.text().contains("outbound_day &#62; most"),
        "{}",
        form.text()
    );
    let page = form.submit(&[("parameters", "most = 50")]).await;
    let second = page.location().to_owned();
    assert!(second.ends_with("/versions/2"));
    assert!(desk.one.get(&first).await.words().contains("It restricts accounts by itself"));
    desk.move_on(&app, &second, "enforce").await;
    let words = desk.one.get(&first).await.words();
    assert!(
        words.contains("does nothing any more") && words.contains("Version 2 takes its place"),
        "{words}"
    );
    assert_eq!(rows(&app, "rule_versions WHERE mode = 'enforce'").await, 1);
}

#[tokio::test]
async fn one_person_takes_a_rule_back_and_a_retired_one_stays_so() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    desk.move_on(&app, &path, "enforce").await;
    let page =
        desk.one.get(&path).await.submit_to("/return", &[("to", "review"), ("because", "short")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "because"));
    page.submit_to("/return", &[("to", "review"), ("because", "Too many mistakes last week.")]).await;
    assert!(desk.one.get(&path).await.words().contains("It asks a person"));
    desk.one
        .post(&format!("{path}/return"), &[("to", "retired"), ("because", "We have a better one now.")])
        .await;
    let words = desk.one.get(&path).await.words();
    assert!(words.contains("does nothing any more") && !words.contains("Let it do"), "{words}");
    let late = desk
        .one
        .post(&format!("{path}/return"), &[("to", "shadow"), ("because", "We want it back after all.")])
        .await;
    assert_eq!(late.status, 422);
}

#[tokio::test]
async fn the_form_keeps_what_was_typed_and_says_what_is_wrong_beside_each_field() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let wrong = [
        ("name", "x"),
        ("expression", "outbund_day > most"),
        ("weight", "101"),
        ("words", "short"),
        ("level", "gone"),
        ("lasts", "5"),
    ];
    let page = desk.send(&wrong).await;
    let fields: Vec<String> = page.errors().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        (page.status, fields),
        (422, ["name", "expression", "weight", "words", "level", "lasts"].map(String::from).to_vec())
    );
    assert!(page.text().contains("outbund_day") && page.words().contains("Did you mean"), "{}", page.words());
    for (expression, parameters, field) in [
        ("outbound_day / 2 > most", "most = 1", "expression"),
        ("outbound_day >", "most = 1", "expression"),
        ("most < 3", "most = 1", "expression"),
        ("outbound_day < most", "most = 1", "expression"),
        ("outbound_day > most", "most: 1", "parameters"),
        ("outbound_day > most", "most = 1\nidle = 2", "parameters"),
        ("size(outbound_day) > most", "most = 1", "expression"),
    ] {
        let page = desk.send(&[("expression", expression), ("parameters", parameters)]).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, field), "{expression}");
    }
    assert_eq!(rows(&app, "rules").await, 0);
    desk.write(&[]).await;
    let page = desk.send(&[]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "name"));
}

#[tokio::test]
async fn the_replay_names_whom_a_version_would_have_acted_on_and_since_when() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (adas, bobs) = (ada.account().await, bob.account().await);
    count(&app, adas, 100, &[("outbound", 101)]).await;
    count(&app, adas, 90, &[("outbound", 1)]).await;
    count(&app, bobs, 100, &[("outbound", 100)]).await;
    count(&app, bobs, 31 * 24, &[("outbound", 5000)]).await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    assert_eq!(desk.one.get(&format!("{path}/replay")).await.status, 404);
    desk.one.get(&path).await.submit_to("/replay", &[]).await;
    app.run_jobs().await;
    let page = desk.other.get(&format!("{path}/replay")).await;
    assert!(
        page.words().contains(&adas.to_string()) && !page.words().contains(&bobs.to_string()),
        "{}",
        page.words()
    );
    assert!(page.words().contains("1 of 2 accounts"), "{}", page.words());
    assert_eq!(rows(&app, "rule_replay_hits WHERE hours = 2").await, 1);
}

#[tokio::test]
async fn other_roles_see_no_rules() {
    let app = TestApp::start().await;
    let desk = Desk::of(&app).await;
    let path = desk.write(&[]).await;
    for role in [Role::Reviewer, Role::Privacy, Role::Marketing] {
        let browser = app.sign_in_as(&app.staff(role).await).await;
        assert_eq!((browser.get("/staff/rules").await.status, browser.get(&path).await.status), (404, 404));
    }
}

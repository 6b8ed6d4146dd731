//! What takes two people: the list in the code and the database say the same.

use diesel::QueryableByName;
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use portal::staff::two_persons::RULES;

use crate::support::TestApp;

/// How one person tries to do both: statements of which the last is refused. `$person` is theirs, `$account` somebody else's.
const ATTEMPTS: &[(&str, &[&str])] = &[
    (
        "holds",
        &[
            "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
             VALUES (gen_random_uuid(), 'table', 'surveys', 'audit', 'Of no consequence.', '$person', now(), now() + interval '3 days', '2999-01-01')",
            "UPDATE holds SET approved_by = '$person', approved_at = now()",
        ],
    ),
    (
        "disclosures",
        &[
            "INSERT INTO disclosures (id, recipient_kind, recipient, classes, categories, words, received_on, recorded_by, recorded_at) \
             VALUES ('01900000-0000-7000-8000-000000000006', 'operator', 'Long Lines', '{account}', '{identifiers}', 'Numbers to connect.', current_date, '$person', now())",
            "INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at) \
             VALUES (gen_random_uuid(), '01900000-0000-7000-8000-000000000006', 'received', '$person', now())",
            "INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at) \
             VALUES (gen_random_uuid(), '01900000-0000-7000-8000-000000000006', 'approved', '$person', now())",
        ],
    ),
    (
        "campaigns",
        &[
            "INSERT INTO campaigns (id, name, topic, subject, body, created_at, changed_at, changed_by) \
             VALUES (gen_random_uuid(), 'News', 'newsletter', 'News', 'Words', now(), now(), '$person')",
            "UPDATE campaigns SET approved_by = '$person', approved_at = now()",
        ],
    ),
    (
        "partners",
        &[
            "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at) \
             VALUES (gen_random_uuid(), 'Tool Shed', 'Offers', 'https://example.com', 'a@example.com', '$person', now())",
            "UPDATE partners SET approved_by = '$person', approved_at = now()",
        ],
    ),
    (
        "sub_processors",
        &[
            "INSERT INTO sub_processors (id, name, country, function, does, assurance, contract_on, diligence_on, proposed_by, proposed_at) \
             VALUES (gen_random_uuid(), 'Harbour', 'DE', 'hosting', 'Runs our machines.', 'A contract.', '2026-01-01', '2026-01-01', '$person', now())",
            "UPDATE sub_processors SET approved_by = '$person', approved_at = now()",
        ],
    ),
    (
        "rule_proposals",
        &[
            "INSERT INTO rules (id, name, created_by, created_at) VALUES ('01900000-0000-7000-8000-000000000001', 'Of a test', '$person', now())",
            "INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
             VALUES ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000001', 1, 'x > 1', '{}', 1, 'spam', 'Words that the customer reads.', 'warned', '$person', now(), now())",
            "INSERT INTO rule_replays (id, version_id, from_hour, to_hour, began_at, finished_at) \
             VALUES ('01900000-0000-7000-8000-000000000003', '01900000-0000-7000-8000-000000000002', now() - interval '1 hour', now(), now(), now())",
            "INSERT INTO rule_proposals (id, version_id, mode, replay_id, why, proposed_by, proposed_at) \
             VALUES (gen_random_uuid(), '01900000-0000-7000-8000-000000000002', 'review', '01900000-0000-7000-8000-000000000003', 'For the sake of a test.', '$person', now())",
            "UPDATE rule_proposals SET outcome = 'approved', decided_by = '$person', decided_at = now()",
        ],
    ),
    (
        "appeals",
        &[
            // Whom it is told is of no consequence here.
            "ALTER TABLE suspensions DISABLE TRIGGER suspensions_notice",
            "INSERT INTO suspensions (id, account_id, level, decided_by_kind, decided_by, reason_code, words, automated, began_at, appeal_until) \
             VALUES ('01900000-0000-7000-8000-000000000004', '$account', 'warned', 'staff', '$person', 'spam', 'Ten letters at least.', false, now(), now() + interval '7 months')",
            "INSERT INTO suspension_steps (id, suspension_id, seq, step, at, actor_kind, actor_id) \
             VALUES (gen_random_uuid(), '01900000-0000-7000-8000-000000000004', 0, 'began', now(), 'staff', '$person')",
            "INSERT INTO appeals (id, suspension_id, account_id, round, words, filed_at, due_at) \
             VALUES ('01900000-0000-7000-8000-000000000005', '01900000-0000-7000-8000-000000000004', '$account', 1, 'It was not us.', now(), now() + interval '2 days')",
            "INSERT INTO desk_claims (queue, item_id, staff_id, claimed_at, expires_at) \
             VALUES ('appeals', '01900000-0000-7000-8000-000000000005', '$person', now(), now() + interval '30 minutes')",
            "UPDATE appeals SET outcome = 'upheld', decided_by = '$person', decided_at = now(), decision_words = 'It stays as it is.', version = version + 1",
        ],
    ),
];

#[tokio::test]
async fn the_database_refuses_one_person_for_both_and_names_the_rule() {
    let app = TestApp::start().await;
    let person = app.customer("ada@example.com").await.id.0.to_string();
    let account = app.customer("grace@example.com").await.account().await.0.to_string();
    let filled = |text: &str| text.replace("$person", &person).replace("$account", &account);
    let mut conn = app.conn().await;
    for rule in RULES {
        let (_, statements) = ATTEMPTS
            .iter()
            .find(|(table, _)| *table == rule.table)
            .unwrap_or_else(|| panic!("say how one person tries both at {}", rule.table));
        let (last, before) = statements.split_last().unwrap();
        for statement in before {
            diesel::sql_query(filled(statement)).execute(&mut conn).await.unwrap();
        }
        let refused = diesel::sql_query(filled(last)).execute(&mut conn).await;
        let Err(Error::DatabaseError(_, info)) = refused else { panic!("{}: {refused:?}", rule.about) };
        assert_eq!(info.constraint_name(), Some(rule.refusal), "{}", rule.about);
        // Somebody else gets further: they are not refused by this rule.
        let other = last.replace("$person", "01900000-0000-7000-8000-00000000000f");
        let other = diesel::sql_query(filled(&other)).execute(&mut conn).await;
        let refusal = match &other {
            Err(Error::DatabaseError(_, info)) => info.constraint_name(),
            _ => None,
        };
        assert_ne!(refusal, Some(rule.refusal), "{}", rule.about);
        assert!(
            rule.about.ends_with('.') && !rule.proposes.roles().is_empty() && !rule.agrees.roles().is_empty()
        );
    }
}

#[tokio::test]
async fn no_rule_of_the_database_about_two_people_is_missing_from_the_list() {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let app = TestApp::start().await;
    let found: Vec<Row> = diesel::sql_query(
        "SELECT conname::text AS name FROM pg_constraint WHERE contype = 'c' \
         AND (conname LIKE '%second_person' OR pg_get_constraintdef(oid) ~ 'approved_by (<>|IS DISTINCT FROM)')",
    )
    .load(&mut app.conn().await)
    .await
    .unwrap();
    for row in &found {
        assert!(
            RULES.iter().any(|rule| rule.refusal == row.name),
            "{} is not in staff/two_persons.rs",
            row.name
        );
    }
    assert!(found.len() >= 2);
}

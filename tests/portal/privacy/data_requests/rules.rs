//! What the database refuses, whoever asks it: each rule has a name.

use diesel::result::Error;
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{PersonId, RequestId};
use portal::privacy::data_requests::reasons::REASONS;
use portal::staff::permissions::Role;

use crate::support::TestApp;

/// Moments of the tests: the request comes in at the first of December.
const RECEIVED: &str = "2026-12-01T12:00:00Z";

/// Runs a statement; the name of the rule that stands against it.
async fn run(app: &TestApp, statement: &str) -> Result<usize, String> {
    diesel::sql_query(statement).execute(&mut app.conn().await).await.map_err(|error| match error {
        Error::DatabaseError(_, info) => info.constraint_name().unwrap_or(info.message()).to_owned(),
        other => other.to_string(),
    })
}

async fn done(app: &TestApp, statement: &str) {
    if let Err(rule) = run(app, statement).await {
        panic!("{rule} stands against {statement}");
    }
}

async fn refuses(app: &TestApp, rule: &str, statement: &str) {
    assert_eq!(run(app, statement).await.as_ref().err().map(String::as_str), Some(rule), "{statement}");
}

/// An insertion of a request with these columns besides.
fn insertion(id: RequestId, kind: &str, columns: &str, values: &str) -> String {
    format!(
        "INSERT INTO data_requests (id, kind, asked_kind, ccpa, gdpr, received_at, due_at, longest_due_at, {columns}) \
         VALUES ('{}', '{kind}', '{kind}', true, false, '{RECEIVED}', timestamptz '{RECEIVED}' + interval '45 days', timestamptz '{RECEIVED}' + interval '90 days', {values})",
        id.0
    )
}

/// A step so many hours after the request came in, with further columns.
fn step_at(id: RequestId, act: &str, hours: i64, columns: &str, values: &str) -> String {
    let (comma, other) = if columns.is_empty() { ("", "") } else { (", ", ", ") };
    let actor = if columns.contains("actor_kind") { ("", "") } else { (", actor_kind", ", 'system'") };
    format!(
        "INSERT INTO data_request_steps (id, request_id, act, at{}{comma}{columns}) \
         VALUES (gen_random_uuid(), '{}', '{act}', timestamptz '{RECEIVED}' + interval '{hours} hours'{}{other}{values})",
        actor.0, id.0, actor.1
    )
}

/// A step with what it needs to be whole.
fn step(id: RequestId, act: &str, hours: i64) -> String {
    let (columns, values) = match act {
        "verified" => (
            "how, actor_kind, actor_id, note",
            "'staff', 'staff', gen_random_uuid(), 'Called back.'".to_owned(),
        ),
        "confirmed" => ("until", format!("timestamptz '{RECEIVED}' + interval '{} hours'", hours + 168)),
        "extended" => ("words", "'There is much of it.'".into()),
        "denied" => (
            "reason_code, legal_ground, words, look_again_on",
            "'security', '11 CCR 7024(b)', 'It would harm.', '2028-01-01'".into(),
        ),
        "recast" | "fraud_suspected" | "fraud_cleared" | "informing_barred" | "noted" => {
            ("note", "'So it is.'".into())
        }
        _ => ("", String::new()),
    };
    step_at(id, act, hours, columns, &values)
}

const WITHHELD: &str = "INSERT INTO data_request_withheld (id, request_id, item, reason_code, legal_ground, words, look_again_on) VALUES";

fn withheld(id: RequestId) -> String {
    format!(
        "{WITHHELD} (gen_random_uuid(), '{}', 'Invoices', 'legal_duty', 'GDPR Art. 17(3)(b)', 'A law.', '2028-01-01')",
        id.0
    )
}

/// A request by mail that went through these steps, an hour each.
async fn request(app: &TestApp, kind: &str, steps: &[&str]) -> RequestId {
    let id = RequestId::new(app.clock.now());
    done(app, &insertion(id, kind, "channel, email", "'email', 'ada@example.com'")).await;
    done(app, &step(id, "received", 0)).await;
    for (hours, act) in (1..).zip(steps) {
        if *act == "partly_fulfilled" {
            done(app, &withheld(id)).await;
        }
        done(app, &step(id, act, hours)).await;
    }
    id
}

/// A request from an account.
async fn from_account(app: &TestApp, kind: &str, person: PersonId) -> RequestId {
    let id = RequestId::new(app.clock.now());
    done(app, &insertion(id, kind, "channel, person_id", &format!("'portal', '{}'", person.0))).await;
    done(app, &step(id, "received", 0)).await;
    id
}

#[tokio::test]
async fn the_database_knows_the_reasons_of_the_program_and_no_other() {
    #[derive(diesel::QueryableByName)]
    struct Code {
        #[diesel(sql_type = diesel::sql_types::Text)]
        code: String,
    }
    let app = TestApp::start().await;
    let mut known: Vec<&str> = REASONS.iter().map(|reason| reason.code).collect();
    known.sort_unstable();
    for constraint in ["data_request_steps_reason", "data_request_withheld_reason"] {
        let codes: Vec<Code> = diesel::sql_query(format!(
            "SELECT m[1] AS code FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), $q$'([a-z_]+)'$q$, 'g') m \
             WHERE c.conname = '{constraint}' ORDER BY m[1] COLLATE \"C\""
        ))
        .load(&mut app.conn().await)
        .await
        .unwrap();
        assert_eq!(codes.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), known, "{constraint}");
    }
    let id = request(&app, "correction", &["verified"]).await;
    let denial = step(id, "denied", 3);
    refuses(&app, "data_request_steps_reason", &denial.replace("'security'", "'because'")).await;
    refuses(&app, "data_request_withheld_reason", &withheld(id).replace("'legal_duty'", "'Legal_duty'"))
        .await;
    for reason in REASONS {
        done(&app, &withheld(id).replace("'legal_duty'", &format!("'{}'", reason.code))).await;
    }
}

#[tokio::test]
async fn a_request_begins_without_anything_done_and_with_a_lawful_due_date() {
    let app = TestApp::start().await;
    let id = RequestId::new(app.clock.now());
    let by_mail = |columns: &str, values: &str| {
        insertion(
            id,
            "access",
            &format!("channel, email{columns}"),
            &format!("'email', 'a@example.com'{values}"),
        )
    };
    for (columns, values) in [(", state", ", 'open'"), (", version", ", 3"), (", acknowledged_at", ", now()")]
    {
        refuses(&app, "data_requests_beginning", &by_mail(columns, values)).await;
    }
    refuses(&app, "data_requests_requester", &insertion(id, "access", "channel", "'email'")).await;
    let late = by_mail("", "").replacen("interval '45 days'", "interval '45 days 1 second'", 1);
    refuses(&app, "data_requests_due", &late).await;
    let in_europe = by_mail("", "").replace("true, false", "false, true");
    refuses(&app, "data_requests_due", &in_europe).await;
    let month = in_europe.replace("interval '45 days'", "interval '1 month'");
    done(&app, &month.replace("interval '90 days'", "interval '3 months'")).await;
}

#[tokio::test]
async fn only_a_step_changes_a_request_and_a_step_stays() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified"]).await;
    let id_text = id.0;
    for change in [
        "state = 'fulfilled', closed_at = now()",
        "verified_at = NULL, verified_how = NULL",
        "due_at = due_at + interval '1 day'",
        "version = 9",
    ] {
        refuses(
            &app,
            "data_requests_by_step",
            &format!("UPDATE data_requests SET {change} WHERE id = '{id_text}'"),
        )
        .await;
    }
    refuses(&app, "data_requests_kept", &format!("DELETE FROM data_requests WHERE id = '{id_text}'")).await;
    for change in [
        "UPDATE data_request_steps SET at = now()",
        "UPDATE data_request_steps SET note = 'Something else.' WHERE act = 'verified'",
        "UPDATE data_request_steps SET actor_id = NULL WHERE act = 'verified'",
        "DELETE FROM data_request_steps",
    ] {
        refuses(&app, "data_request_steps_kept", change).await;
    }
    done(&app, &step(id, "withdrawn", 2)).await;
    done(&app, &format!("DELETE FROM data_requests WHERE id = '{id_text}'")).await;
}

/// How a request comes into each state.
const WAYS: [(&str, &[&str]); 9] = [
    ("received", &[]),
    ("verifying", &["verification_started"]),
    ("open", &["verified"]),
    ("extended", &["verified", "extended"]),
    ("fulfilled", &["verified", "fulfilled"]),
    ("partly_fulfilled", &["verified", "partly_fulfilled"]),
    ("denied", &["denied"]),
    ("withdrawn", &["withdrawn"]),
    ("expired", &["expired"]),
];

/// What may follow.
const FOLLOWS: [(&str, &[&str]); 10] = [
    ("received", &[]),
    ("verification_started", &["received"]),
    ("verified", &["received", "verifying"]),
    ("recast", &["received", "verifying"]),
    ("extended", &["open"]),
    ("fulfilled", &["open", "extended"]),
    ("denied", &["received", "verifying", "open", "extended"]),
    ("withdrawn", &["received", "verifying", "open", "extended"]),
    ("expired", &["received", "verifying"]),
    ("confirmed", &[]),
];

#[tokio::test]
async fn no_step_follows_a_state_that_it_does_not_belong_to() {
    let app = TestApp::start().await;
    for (state, way) in WAYS {
        for (act, after) in FOLLOWS {
            let id = request(&app, "access", way).await;
            let taken = run(&app, &step(id, act, 20)).await;
            let allowed = after.contains(&state);
            assert_eq!(taken.is_ok(), allowed, "{act} after {state}: {taken:?}");
            let unverified = act == "fulfilled" && ["received", "verifying"].contains(&state);
            let rule = if unverified { "data_requests_unverified" } else { "data_requests_transition" };
            assert!(allowed || taken == Err(rule.into()), "{act} after {state}: {taken:?}");
        }
    }
}

#[tokio::test]
async fn an_unverified_request_reaches_no_fulfilment_and_neither_does_its_duplicate() {
    let app = TestApp::start().await;
    request(&app, "access", &["verified"]).await;
    let duplicate = request(&app, "access", &["verification_started"]).await;
    refuses(&app, "data_requests_unverified", &step(duplicate, "fulfilled", 5)).await;
    refuses(&app, "data_requests_unverified", &step(duplicate, "partly_fulfilled", 5)).await;
    refuses(&app, "data_request_withheld_kept", &withheld(duplicate)).await;
    for how in ["signed_in", "mail_and_data", "mailbox", "agent", "a look at it"] {
        let verified = step_at(duplicate, "verified", 5, "how", &format!("'{how}'"));
        refuses(&app, "data_requests_verification", &verified).await;
    }
}

#[tokio::test]
async fn a_mailbox_shows_enough_for_categories_only_and_two_data_points_for_the_rest() {
    let app = TestApp::start().await;
    let right = |id: RequestId, what: &str, points: u8| {
        format!(
            "INSERT INTO data_request_tries (id, request_id, what, matched, points, tried_at) VALUES (gen_random_uuid(), '{}', '{what}', true, {points}, now())",
            id.0
        )
    };
    let by = |id, how: &str| step_at(id, "verified", 5, "how", &format!("'{how}'"));
    let categories = request(&app, "categories", &["verification_started"]).await;
    done(&app, &right(categories, "code", 0)).await;
    done(&app, &by(categories, "mailbox")).await;
    let access = request(&app, "access", &["verification_started"]).await;
    done(&app, &right(access, "code", 0)).await;
    refuses(&app, "data_requests_verification", &by(access, "mailbox")).await;
    done(&app, &right(access, "data", 1)).await;
    refuses(&app, "data_requests_verification", &by(access, "mail_and_data")).await;
    done(&app, &right(access, "data", 2)).await;
    done(&app, &by(access, "mail_and_data")).await;
}

#[tokio::test]
async fn tries_are_five_for_the_code_and_three_for_what_we_know() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verification_started"]).await;
    for (what, most) in [("code", 5), ("data", 3)] {
        let wrong = format!(
            "INSERT INTO data_request_tries (id, request_id, what, matched, tried_at) VALUES (gen_random_uuid(), '{}', '{what}', false, now())",
            id.0
        );
        for _ in 0..most {
            done(&app, &wrong).await;
        }
        refuses(&app, "data_requests_tries", &wrong).await;
        refuses(&app, "data_requests_tries", &wrong.replace("false", "true")).await;
    }
}

#[tokio::test]
async fn nothing_is_denied_or_withheld_without_reason_ground_words_and_a_day_to_look_again() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified"]).await;
    let whole = step(id, "denied", 5);
    for part in ["'security'", "'11 CCR 7024(b)'", "'It would harm.'", "'2028-01-01'"] {
        refuses(&app, "data_request_steps_denial", &whole.replace(part, "NULL")).await;
    }
    assert!(run(&app, &whole.replace("'It would harm.'", "'  '")).await.is_err(), "blank words");
    assert!(run(&app, &whole.replace("2028-01-01", "2026-12-01")).await.is_err(), "the same day");
    let entry = withheld(id);
    for part in ["'legal_duty'", "'GDPR Art. 17(3)(b)'", "'A law.'", "'2028-01-01'", "'Invoices'"] {
        assert!(run(&app, &entry.replace(part, "NULL")).await.is_err(), "{part}");
    }
    refuses(&app, "data_requests_withheld", &step(id, "partly_fulfilled", 5)).await;
    done(&app, &entry).await;
    refuses(&app, "data_requests_withheld", &step(id, "fulfilled", 5)).await;
    done(&app, &step(id, "partly_fulfilled", 5)).await;
    refuses(&app, "data_request_withheld_kept", "UPDATE data_request_withheld SET words = 'Other.'").await;
}

#[tokio::test]
async fn a_deletion_is_confirmed_once_and_can_be_undone_for_seven_days_to_the_hour() {
    let app = TestApp::start().await;
    let id = request(&app, "deletion", &["verified"]).await;
    refuses(&app, "data_requests_unconfirmed", &step(id, "fulfilled", 500)).await;
    let soon = step(id, "confirmed", 10).replace("'178 hours'", "'177 hours'");
    refuses(&app, "data_requests_grace", &soon).await;
    done(&app, &step(id, "confirmed", 10)).await;
    refuses(&app, "data_requests_transition", &step(id, "confirmed", 11)).await;
    refuses(&app, "data_requests_grace", &step(id, "fulfilled", 177)).await;
    done(&app, &step(id, "fulfilled", 178)).await;
}

#[tokio::test]
async fn a_suspicion_of_fraud_stops_everything_until_it_is_cleared() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified", "fraud_suspected"]).await;
    refuses(&app, "data_requests_fraud", &step(id, "fulfilled", 5)).await;
    assert!(run(&app, &step_at(id, "fraud_cleared", 6, "", "")).await.is_err(), "without a word why");
    done(&app, &step(id, "fraud_cleared", 6)).await;
    done(&app, &step(id, "fulfilled", 7)).await;
}

#[tokio::test]
async fn a_request_is_extended_once_before_it_is_due_and_with_its_reason() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified"]).await;
    refuses(&app, "data_request_steps_extension", &step_at(id, "extended", 5, "", "")).await;
    refuses(&app, "data_requests_due", &step(id, "extended", 45 * 24 + 1)).await;
    done(&app, &step(id, "extended", 45 * 24)).await;
    let due = format!("SELECT FROM data_requests WHERE due_at = longest_due_at AND id = '{}'", id.0);
    assert_eq!(run(&app, &due).await, Ok(1));
    refuses(&app, "data_requests_transition", &step(id, "extended", 45 * 24 + 2)).await;
}

#[tokio::test]
async fn staff_decide_only_what_they_have_claimed_and_have_looked_at() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified"]).await;
    let (paul, rosa) = (app.staff(Role::Privacy).await.id, PersonId::new(app.clock.now()));
    let fulfilled = |person: PersonId, hours, version: i32| {
        let values = format!("'staff', '{}', {version}", person.0);
        step_at(id, "fulfilled", hours, "actor_kind, actor_id, seen_version", &values)
    };
    refuses(&app, "data_requests_claim", &fulfilled(paul, 5, 2)).await;
    done(&app, &format!(
        "INSERT INTO desk_claims VALUES ('requests', '{}', '{}', '{RECEIVED}', timestamptz '{RECEIVED}' + interval '6 hours')",
        id.0, paul.0
    ))
    .await;
    refuses(&app, "data_requests_claim", &fulfilled(rosa, 5, 2)).await;
    refuses(&app, "data_requests_claim", &fulfilled(paul, 6, 2)).await;
    refuses(&app, "data_requests_stale", &fulfilled(paul, 5, 1)).await;
    done(&app, &fulfilled(paul, 5, 2)).await;
}

#[tokio::test]
async fn the_point_of_contact_is_deleted_only_after_handing_that_over() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    // Of an account of somebody else.
    app.customer("grace@example.com").await;
    let id = from_account(&app, "deletion", ada.id).await;
    for act in ["verified", "confirmed"] {
        done(&app, &step(id, act, 1)).await;
    }
    done(&app, &format!("UPDATE accounts SET contact_id = '{}'", ada.id.0)).await;
    refuses(&app, "data_requests_contact", &step(id, "fulfilled", 400)).await;
    done(&app, "UPDATE accounts SET contact_id = NULL").await;
    done(&app, &step(id, "fulfilled", 400)).await;
}

#[tokio::test]
async fn an_end_user_is_answered_only_with_our_customers_consent() {
    let app = TestApp::start().await;
    let id = request(&app, "end_user", &["verified"]).await;
    let message = format!(
        "INSERT INTO data_request_messages (id, request_id, author_kind, author_id, body, sent_at) VALUES (gen_random_uuid(), '{}', 'staff', gen_random_uuid(), 'We hold this.', now())",
        id.0
    );
    refuses(&app, "data_requests_customer", &message).await;
    refuses(&app, "data_requests_customer", &step(id, "fulfilled", 5)).await;
    refuses(&app, "data_requests_customer", &step(id, "customer_agreed", 5)).await;
    done(&app, &step(id, "customer_informed", 6)).await;
    refuses(&app, "data_requests_customer", &message).await;
    done(&app, &step(id, "customer_agreed", 7)).await;
    done(&app, &message).await;
    done(&app, &step(id, "fulfilled", 8)).await;
}

#[tokio::test]
async fn once_nothing_says_who_asked_no_note_and_no_message_does() {
    let app = TestApp::start().await;
    let id = request(&app, "access", &["verified", "withdrawn"]).await;
    done(&app, &format!(
        "INSERT INTO data_request_messages (id, request_id, author_kind, body, sent_at) VALUES (gen_random_uuid(), '{}', 'requester', 'I am Ada.', now())",
        id.0
    ))
    .await;
    done(&app, "UPDATE data_requests SET email = NULL").await;
    assert_eq!(run(&app, "SELECT FROM data_request_messages").await, Ok(0));
    assert_eq!(run(&app, "SELECT FROM data_request_steps WHERE note IS NOT NULL").await, Ok(0));
    assert_eq!(run(&app, "SELECT FROM data_request_steps").await, Ok(3), "the steps stay");
}

#[tokio::test]
async fn an_account_that_is_deleted_leaves_its_requests_without_a_name() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let id = from_account(&app, "access", ada.id).await;
    done(&app, &step(id, "withdrawn", 1)).await;
    done(&app, "DELETE FROM accounts").await;
    done(&app, "DELETE FROM people").await;
    assert_eq!(run(&app, "SELECT FROM data_requests WHERE person_id IS NULL").await, Ok(1));
}
